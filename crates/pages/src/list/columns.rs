//! The columns of a list: those that the query names, and else the ones that tell rows apart.

use verax_query::{Field, Kind, Query, Resource};

use crate::names;
use crate::texts::Texts;

/// Of a list whose query names none.
const COLUMNS: usize = 7;

pub struct Column {
    pub label: String,
    pub name: &'static str,
    pub doc: &'static str,
    /// The list in the order of this column; `None`: it has none.
    pub sort_href: Option<String>,
    /// `ascending` or `descending`, where it is sorted by this; else `none`.
    pub order: &'static str,
}

/// A field that may be a column.
pub struct Choice {
    pub name: &'static str,
    pub label: String,
    pub is_shown: bool,
}

impl Column {
    pub fn of(
        texts: Texts,
        query: &Query,
        field: &'static Field,
        to: &impl Fn(&Query) -> String,
    ) -> Column {
        let key = query.sort().first().filter(|key| key.field == field);
        let order = match key.map(|key| key.descending) {
            None => "none",
            Some(false) => "ascending",
            Some(true) => "descending",
        };
        // What is new comes first; names begin with A.
        let is_time = matches!(field.kind, Kind::Time);
        let descending = key.map_or(is_time, |key| !key.descending);
        let sort_href = field.sorts().then(|| to(&query.clone().sorted_by(field, descending)));
        let label = names::of_field(texts, field);
        Column { label, name: field.name, doc: field.doc, sort_href, order }
    }

    pub fn is_sorted(&self) -> bool {
        self.order != "none"
    }
}

/// The fields of a row.
pub fn shown(query: &Query) -> Vec<&'static Field> {
    let fields = query.shown();
    if query.names_columns() {
        return fields;
    }
    let mut ranked: Vec<(usize, usize)> = fields
        .iter()
        .enumerate()
        .map(|(place, field)| (rank(query.resource(), field), place))
        .filter(|(rank, _)| *rank < usize::MAX)
        .collect();
    ranked.sort_unstable();
    ranked.truncate(COLUMNS);
    ranked.sort_unstable_by_key(|(_, place)| *place);
    ranked.into_iter().map(|(_, place)| fields[place]).collect()
}

/// The lower, the more a field tells of its record.
fn rank(resource: &Resource, field: &Field) -> usize {
    match (field.name, &field.kind) {
        ("_id", _) => 0,
        ("createdAt", _) => 1,
        ("status" | "state" | "type", _) => 2,
        ("name" | "fullName" | "identifier" | "email" | "record", _) => 3,
        _ if field.column == resource.tenant_column => usize::MAX,
        (_, Kind::Text) if field.folded.is_some() => 4,
        (_, Kind::Word(_)) => 5,
        (_, Kind::Relation(_)) => 6,
        (_, Kind::Number | Kind::Integer | Kind::Bool) => 7,
        (_, Kind::Text | Kind::Date) => 8,
        (_, Kind::Time) => 9,
        _ => usize::MAX,
    }
}

/// Every field of a row, with whether it is shown.
pub fn choices(texts: Texts, resource: &'static Resource, shown: &[&Field]) -> Vec<Choice> {
    let choice = |field: &'static Field| Choice {
        name: field.name,
        label: names::of_field(texts, field),
        is_shown: shown.contains(&field),
    };
    resource.fields.iter().filter(|field| field.name != "_id").map(choice).collect()
}
