//! The list of a resource: its query string is the API's, and all else comes from the table of resources.

mod bar;
mod columns;
mod views;

use askama::Template;
use serde_json::Value;
use verax_query::{Problem, Query, Resource};

pub use self::bar::{Bar, Chip};
pub use self::columns::{Choice, Column};
pub use self::views::{SavedView, ViewDraft, Views};
use crate::cell::{Cell, Reader, Room, list_href, record_href};
use crate::names;
use crate::record::Action;
use crate::shell::Shell;

#[derive(Template)]
#[template(path = "list.html")]
pub struct List {
    pub shell: Shell,
    /// What a record of the resource is.
    pub doc: &'static str,
    /// As the API words them; there is no table then.
    pub problems: Vec<Problem>,
    pub href: String,
    pub table: Option<Table>,
    /// The resource's fields, for a filter that the bar does not have: name and words.
    pub filterable: Vec<(&'static str, String)>,
    /// The query as it was sent, for the next one.
    pub query: String,
    /// What else may be done here: links to other pages.
    pub actions: Vec<Action>,
    pub views: Views,
}

/// What a query that was understood shows.
pub struct Table {
    pub bar: Bar,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    pub choices: Vec<Choice>,
    /// The query without its columns.
    pub without_columns: String,
    pub pages: Pages,
    pub csv_href: String,
    pub curl: String,
    /// What of the query meant nothing, as the API says it.
    pub ignored: Vec<String>,
}

pub struct Row {
    pub cells: Vec<(String, Cell)>,
}

/// Where the page lies in the list.
pub struct Pages {
    /// `1–20 of 1,234`.
    pub place: String,
    pub first: Option<String>,
    pub previous: Option<String>,
    pub next: Option<String>,
    pub last: Option<String>,
}

/// The fields that the rows of this query show as columns.
pub fn visible(query: &Query) -> Vec<&'static verax_query::Field> {
    columns::shown(query)
}

/// A page of rows, as the database gave it.
pub struct Listed<'a> {
    pub query: &'a Query,
    pub rows: &'a [Value],
    pub total: u64,
    /// Where the server's API is: `https://verax.example`.
    pub origin: &'a str,
}

impl List {
    /// A query that was understood.
    pub fn of(shell: Shell, reader: &Reader<'_>, listed: &Listed<'_>) -> List {
        let resource = listed.query.resource();
        let table = Some(Table::of(&shell, reader, listed));
        let query = listed.query.clone().at(0).to_query_string();
        List { table, ..List::around(shell, resource, query) }
    }

    /// A query that was not: the server's words for why.
    pub fn wrong(
        shell: Shell,
        resource: &'static Resource,
        query: String,
        problems: Vec<Problem>,
    ) -> List {
        List { problems, ..List::around(shell, resource, query) }
    }

    fn around(shell: Shell, resource: &'static Resource, query: String) -> List {
        let filterable = resource.fields.iter().filter(|field| field.is_scalar());
        let filterable = filterable.map(|it| (it.name, names::of_field(shell.texts, it))).collect();
        let (doc, href) = (resource.doc, list_href(resource));
        let (problems, actions) = (Vec::new(), Vec::new());
        let views = Views::default();
        List { shell, doc, problems, href, table: None, filterable, query, actions, views }
    }

    /// The same with links to what else may be done here.
    pub fn with_actions(self, actions: Vec<Action>) -> List {
        List { actions, ..self }
    }

    /// The same with these views, and the form that saves another one.
    pub fn with_views(self, views: Views) -> List {
        List { views, ..self }
    }

    /// How a field is compared: the beginning of a filter's name, and its words.
    pub fn operators(&self) -> [(&'static str, String); 8] {
        let words = |id: &str| self.shell.t(id);
        [
            ("where_", words("operator-is")),
            ("wherenot_", words("operator-is-not")),
            ("like_", words("operator-contains")),
            ("notLike_", words("operator-contains-not")),
            ("where>=_", words("operator-from")),
            ("where<=_", words("operator-until")),
            ("where-not-null_", words("operator-present")),
            ("where-null_", words("operator-absent")),
        ]
    }
}

impl Table {
    fn of(shell: &Shell, reader: &Reader<'_>, listed: &Listed<'_>) -> Table {
        let (query, resource) = (listed.query, listed.query.resource());
        let shown = columns::shown(query);
        let row = |record| Row::of(reader, &shown, record).opening(resource, record);
        let rows = listed.rows.iter().map(row);
        let href = list_href(resource);
        let to = |query: &Query| format!("{href}?{}", query.to_query_string());
        Table {
            bar: Bar::of(shell, query),
            columns: shown.iter().map(|it| Column::of(shell.texts, query, it, &to)).collect(),
            rows: rows.collect(),
            choices: columns::choices(shell.texts, resource, &shown),
            without_columns: query.clone().with_all_columns().to_query_string(),
            pages: Pages::of(shell, listed, &to),
            csv_href: format!("{href}.csv?{}", streamed(query).to_query_string()),
            curl: curl(resource, listed),
            ignored: query.ignored().iter().map(ignored).collect(),
        }
    }
}

/// A parameter that meant nothing, and what may have been meant.
fn ignored(ignored: &verax_query::Ignored) -> String {
    match &ignored.hint {
        Some(hint) => format!("{}: {hint}", ignored.parameter),
        None => ignored.parameter.clone(),
    }
}

impl Row {
    fn of(reader: &Reader<'_>, shown: &[&'static verax_query::Field], record: &Value) -> Row {
        let cells = shown.iter().map(|field| {
            let label = names::of_field(reader.texts, field);
            (label, reader.cell(field, record, Room::Row))
        });
        Row { cells: cells.collect() }
    }

    /// The same with its first cell leading to the record.
    fn opening(mut self, resource: &Resource, record: &Value) -> Row {
        let id = record.get("_id").and_then(Value::as_str).unwrap_or_default();
        if let Some((_, cell @ Cell::Text { .. })) = self.cells.first_mut()
            && let Cell::Text { text, .. } = cell
        {
            let label = std::mem::take(text);
            *cell = Cell::Link { href: record_href(resource, id), label, is_id: true };
        }
        self
    }
}

impl Pages {
    fn of(shell: &Shell, listed: &Listed<'_>, to: &impl Fn(&Query) -> String) -> Pages {
        let (query, total) = (listed.query, listed.total);
        let (size, skip) = (u64::from(query.page().size), query.page().skip);
        let shown = listed.rows.len() as u64;
        let at = |skip: u64| Some(to(&query.clone().at(skip)));
        let last = total.saturating_sub(1) / size * size;
        let has_more = skip + shown < total;
        let (texts, first) = (shell.texts, if shown == 0 { 0 } else { skip + 1 });
        let words = [
            ("first", texts.number(first)),
            ("last", texts.number(skip + shown)),
            ("total", texts.number(total)),
        ];
        let words: Vec<(&'static str, &str)> =
            words.iter().map(|(name, word)| (*name, word.as_str())).collect();
        Pages {
            place: texts.with("list-place", &words),
            first: (skip > 0).then(|| at(0)).flatten(),
            previous: (skip > 0).then(|| at(skip.saturating_sub(size))).flatten(),
            next: (shown > 0 && has_more).then(|| at(skip + size)).flatten(),
            last: (shown > 0 && has_more).then(|| at(last)).flatten(),
        }
    }
}

/// The query as a stream can be asked for: in the order of the records' making.
fn streamed(query: &Query) -> Query {
    let created = query.resource().fields.iter().find(|field| field.name == "createdAt");
    let is_ordered = query.sort().iter().all(|key| Some(key.field) == created);
    match created {
        Some(created) if !is_ordered => query.clone().sorted_by(created, true),
        _ => query.clone().at(0),
    }
}

fn curl(resource: &Resource, listed: &Listed<'_>) -> String {
    let version = resource.versions.first().copied().unwrap_or("v2");
    let query = listed.query.to_query_string();
    format!(
        "curl -H \"Authorization: Bearer $VERAX_TOKEN\" '{}/{version}/{}?{query}'",
        listed.origin, resource.name
    )
}
