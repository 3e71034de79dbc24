//! The statements of a list: one page, its total, each populated relation.

use crate::query::{
    Condition, Populate, Query, Retrieval, SelectedReverse, SortKey, Tenant, Test, Value,
};
use crate::{Arg, Dialect, Field, Form, Kind, Position, Resource, Sql};

/// A statement and the fields of its rows, in the order of its columns.
#[derive(Clone, Debug)]
pub struct Statement {
    pub sql: Sql,
    pub fields: Vec<&'static Field>,
}

/// A page that begins after a position instead of at a number.
#[derive(Clone, Copy, Debug)]
pub struct After<'a> {
    /// `None`: at the beginning.
    pub position: Option<&'a Position>,
    /// Rows at most.
    pub limit: u32,
}

/// A span of creation time in which a page is known to be, and how many of its matches come before
/// the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub from: Option<i64>,
    pub until: Option<i64>,
    pub skip: u64,
    /// Several stretches of an index hold the matches, so they have to be sorted.
    pub mixed: bool,
    /// The stretches of a mixed window, when each is in order: one per status.
    pub statuses: Vec<&'static str>,
}

impl Window {
    /// Whether nothing tells in which stretches of an index the matches are: all that is in the
    /// window is read and sorted, so it should be small.
    pub fn is_unordered(&self) -> bool {
        self.mixed && self.statuses.is_empty()
    }
}

impl Query {
    /// The rows of the page.
    pub fn page_sql(&self, dialect: Dialect, tenant: &Tenant) -> Statement {
        let whole = Window { skip: self.page.skip, ..Window::default() };
        self.window_sql(dialect, tenant, &whole)
    }

    /// The rows of the page, which are known to be in this window.
    pub fn window_sql(&self, dialect: Dialect, tenant: &Tenant, window: &Window) -> Statement {
        let fields = self.shown();
        let mut sql = select(&fields, Form::List, self.resource);
        let after = After { position: None, limit: self.page.size };
        self.push_rows(&mut sql, dialect, tenant, after, window);
        Statement { sql, fields }
    }

    /// The rows after a position, which are known to be in this window. After the fields of a row come
    /// its sort keys and its id.
    pub fn after_sql(
        &self,
        dialect: Dialect,
        tenant: &Tenant,
        after: After<'_>,
        window: &Window,
    ) -> Statement {
        let fields = self.shown();
        let positions = self.position_keys().iter().map(|key| key.field);
        let id = self.resource.fields.first();
        let columns: Vec<&'static Field> =
            fields.iter().copied().chain(positions).chain(id).collect();
        let mut sql = select(&columns, Form::List, self.resource);
        self.push_rows(&mut sql, dialect, tenant, after, window);
        Statement { sql, fields }
    }

    /// Appends which rows they are. Those of a mixed window are found by their ids first: sorting
    /// them whole would read the others whole too.
    pub(crate) fn push_rows(
        &self,
        sql: &mut Sql,
        dialect: Dialect,
        tenant: &Tenant,
        after: After<'_>,
        window: &Window,
    ) {
        let limit = u64::from(after.limit);
        let asks_related = self.conditions.iter().any(|it| matches!(it.test, Test::RelatedIn(..)));
        if !window.mixed && !asks_related {
            self.push_stretch(sql, dialect, tenant, after.position, window, None);
            return self.push_page(sql, window.skip, limit);
        }
        // What finds a row again the soonest.
        let (row, key, columns) = match dialect {
            Dialect::Sqlite => ("rowid", "rowid", "rowid, created_at, id"),
            Dialect::Postgres => ("(client, id)", "client, id", "client, created_at, id"),
        };
        sql.push(" WHERE ").push(row).push(" IN (SELECT ").push(key).push(" FROM ");
        if asks_related {
            // The order stands outside: for it SQLite would walk all records of the client, where the few that
            // are related are found by an index.
            sql.push(self.resource.table);
            self.push_stretch(sql, dialect, tenant, after.position, window, None);
            sql.push(")");
            return self.push_page(sql, window.skip, limit);
        }
        if window.statuses.is_empty() {
            sql.push(self.resource.table);
            self.push_stretch(sql, dialect, tenant, after.position, window, None);
        } else {
            for (index, status) in window.statuses.iter().enumerate() {
                sql.push(if index == 0 { "(SELECT " } else { " UNION ALL SELECT " });
                sql.push(columns).push(" FROM (SELECT ").push(columns).push(" FROM ");
                sql.push(self.resource.table);
                self.push_stretch(sql, dialect, tenant, after.position, window, Some(status));
                self.push_page(sql, 0, window.skip.saturating_add(limit));
                sql.push(") AS stretch");
            }
            sql.push(") AS stretches");
        }
        self.push_page(sql, window.skip, limit);
        sql.push(")");
        push_order(sql, &self.sort);
    }

    /// Appends the conditions of the rows; with `status`, of those that have this one.
    fn push_stretch(
        &self,
        sql: &mut Sql,
        dialect: Dialect,
        tenant: &Tenant,
        position: Option<&Position>,
        window: &Window,
        status: Option<&'static str>,
    ) {
        let mut scope = self.push_where(sql, dialect, tenant, status);
        if let Some(from) = window.from {
            scope.and(sql).push("created_at >= ").bind(Arg::Integer(from));
        }
        if let Some(until) = window.until {
            scope.and(sql).push("created_at < ").bind(Arg::Integer(until));
        }
        if let Some(position) = position {
            self.push_after(scope.and(sql), position);
        }
    }

    fn push_page(&self, sql: &mut Sql, skip: u64, limit: u64) {
        let number = |number: u64| Arg::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        push_order(sql, &self.sort);
        sql.push(" LIMIT ").bind(number(limit)).push(" OFFSET ").bind(number(skip));
    }

    /// One row of one number: how many records match and were created in `from..until`.
    pub fn count_between_sql(
        &self,
        dialect: Dialect,
        tenant: &Tenant,
        from: i64,
        until: i64,
    ) -> Sql {
        let mut sql = Sql::default();
        sql.push("SELECT count(*) FROM ").push(self.resource.table);
        let mut scope = self.push_where(&mut sql, dialect, tenant, None);
        scope.and(&mut sql).push("created_at >= ").bind(Arg::Integer(from));
        sql.push(" AND created_at < ").bind(Arg::Integer(until));
        sql
    }

    /// One row of one number: how many records match.
    pub fn count_sql(&self, dialect: Dialect, tenant: &Tenant) -> Sql {
        let mut sql = Sql::default();
        sql.push("SELECT count(*) FROM ").push(self.resource.table);
        self.push_where(&mut sql, dialect, tenant, None);
        sql
    }

    /// The next `limit` whole records after `after`, by id: what an export walks.
    pub fn walk_sql(
        &self,
        dialect: Dialect,
        tenant: &Tenant,
        after: &str,
        limit: u32,
    ) -> Statement {
        let fields: Vec<&'static Field> = self.resource.fields.iter().collect();
        let mut sql = select(&fields, Form::Full, self.resource);
        let mut scope = self.push_where(&mut sql, dialect, tenant, None);
        scope.and(&mut sql).push("id > ").bind(Arg::Text(after.to_owned()));
        sql.push(" ORDER BY id LIMIT ").bind(Arg::Integer(i64::from(limit)));
        Statement { sql, fields }
    }

    /// With `status`, instead of the request's own conditions on it.
    fn push_where(
        &self,
        sql: &mut Sql,
        dialect: Dialect,
        tenant: &Tenant,
        status: Option<&'static str>,
    ) -> Where {
        let mut scope = Where::default();
        scope.tenant(sql, self.resource, tenant);
        if let Some(status) = status {
            scope.and(sql).push("status = ").bind(Arg::Text(status.to_owned()));
        }
        let conditions = self.conditions.iter();
        for condition in conditions.filter(|it| status.is_none() || it.field.name != "status") {
            scope.and(sql);
            push_condition(sql, dialect, tenant, condition);
        }
        for group in self.any_of() {
            scope.and(sql).push("(");
            for (index, condition) in group.iter().enumerate() {
                if index > 0 {
                    sql.push(" OR ");
                }
                push_condition(sql, dialect, tenant, condition);
            }
            sql.push(")");
        }
        scope
    }
}

impl Retrieval {
    /// The record, if the tenant has one with this id.
    pub fn record_sql(&self, tenant: &Tenant, id: &str) -> Statement {
        let fields = self.shown();
        let mut sql = select(&fields, Form::Full, self.resource);
        let mut scope = Where::default();
        scope.and(&mut sql).push("id = ").bind(Arg::Text(id.to_owned()));
        scope.tenant(&mut sql, self.resource, tenant);
        Statement { sql, fields }
    }

    /// The records with these ids, whichever client's they are.
    pub fn records_sql(&self, dialect: Dialect, ids: Vec<String>) -> Statement {
        let fields = self.shown();
        let mut sql = select(&fields, Form::Full, self.resource);
        sql.push(" WHERE id").member_of(dialect, Arg::TextList(ids));
        Statement { sql, fields }
    }
}

impl Populate {
    /// The related records with these ids: what is shown of them, then the ids of the relations
    /// that are populated in turn. Another client's records are not found.
    pub fn records_sql(&self, dialect: Dialect, tenant: &Tenant, ids: Vec<String>) -> Statement {
        let mut fields = self.shown.clone();
        fields.extend(self.nested.iter().map(|nested| nested.field));
        let resource = self.relation.resource;
        let mut sql = select(&fields, Form::List, resource);
        let mut scope = Where::default();
        match &ids[..] {
            // Most often: a page of one client, of one project.
            [id] => scope.and(&mut sql).push("id = ").bind(Arg::Text(id.clone())),
            _ => scope.and(&mut sql).push("id").member_of(dialect, Arg::TextList(ids)),
        };
        scope.tenant(&mut sql, resource, tenant);
        Statement { sql, fields }
    }
}

impl SelectedReverse {
    /// The records that point to one of these ids: first the id pointed to, then what is shown.
    pub fn records_sql(&self, dialect: Dialect, tenant: &Tenant, ids: Vec<String>) -> Statement {
        let (reverse, resource) = (self.reverse, self.reverse.resource);
        let via = resource.field(reverse.via);
        let fields: Vec<&'static Field> = via.into_iter().chain(reverse.fields()).collect();
        let mut sql = select(&fields, Form::List, resource);
        let mut scope = Where::default();
        if let Some(via) = via {
            scope.and(&mut sql).push(via.column).member_of(dialect, Arg::TextList(ids));
        }
        scope.tenant(&mut sql, resource, tenant);
        if let Some(only) = &self.only {
            scope.and(&mut sql);
            push_condition(&mut sql, dialect, tenant, only);
        }
        sql.push(" ORDER BY id LIMIT 1000");
        Statement { sql, fields }
    }
}

pub(crate) fn select(fields: &[&'static Field], form: Form, resource: &'static Resource) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT ");
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            sql.push(", ");
        }
        match (form, field.full) {
            (Form::Full, Some(full)) => {
                sql.push("COALESCE(").push(full).push(", ").push(field.column).push(")");
            }
            _ => {
                sql.push(field.column);
            }
        }
    }
    sql.push(" FROM ").push(resource.table);
    sql
}

#[derive(Default)]
struct Where {
    begun: bool,
}

impl Where {
    fn and<'a>(&mut self, sql: &'a mut Sql) -> &'a mut Sql {
        let word = if self.begun { " AND " } else { " WHERE " };
        self.begun = true;
        sql.push(word)
    }

    fn tenant(&mut self, sql: &mut Sql, resource: &'static Resource, tenant: &Tenant) {
        if let Tenant::Client(client) = tenant {
            self.and(sql).push(resource.tenant_column).push(" = ").bind(Arg::Text(client.clone()));
        }
    }
}

/// Whether few records have one of these values: SQLite's planner takes an index for them where it sees how
/// many they are, and not for what stands in a list.
fn is_one_of_few(field: &Field, values: &[Value]) -> bool {
    const FEW: usize = 8;
    values.len() <= FEW && matches!(field.kind, Kind::Id | Kind::Text)
}

fn push_condition(sql: &mut Sql, dialect: Dialect, tenant: &Tenant, condition: &Condition) {
    let field = condition.field;
    let column = field.column;
    let folded = field.folded.unwrap_or(column);
    match &condition.test {
        Test::In(values) if field.is_list() => push_names(sql, field, values),
        Test::NotIn(values) if field.is_list() => {
            push_or_absent(sql, field, column, |sql| {
                sql.push("NOT ");
                push_names(sql, field, values);
            });
        }
        Test::In(values) if values.iter().any(Value::is_day) => push_moments(sql, column, values),
        Test::NotIn(values) if values.iter().any(Value::is_day) => {
            push_or_absent(sql, field, column, |sql| {
                sql.push("NOT ");
                push_moments(sql, column, values);
            });
        }
        Test::In(values) => match &values[..] {
            [value] => {
                sql.push(column).push(" = ").bind(value.arg());
            }
            values if dialect == Dialect::Sqlite && is_one_of_few(field, values) => {
                sql.push(column);
                for (index, value) in values.iter().enumerate() {
                    sql.push(if index > 0 { ", " } else { " IN (" }).bind(value.arg());
                }
                sql.push(")");
            }
            values => {
                sql.push(column).member_of(dialect, list(values));
            }
        },
        Test::NotIn(values) => {
            push_or_absent(sql, field, column, |sql| {
                sql.push("NOT ").push(column).member_of(dialect, list(values));
            });
        }
        Test::Less(value) => {
            sql.push(column).push(" < ").bind(value.arg());
        }
        Test::LessOrEqual(value) => {
            sql.push(column).push(" <= ").bind(value.arg());
        }
        Test::Greater(value) => {
            sql.push(column).push(" > ").bind(value.arg());
        }
        Test::GreaterOrEqual(value) => {
            sql.push(column).push(" >= ").bind(value.arg());
        }
        Test::Absent => {
            sql.push(column).push(" IS NULL");
        }
        Test::Present => {
            sql.push(column).push(" IS NOT NULL");
        }
        Test::FoldedIn(values) => {
            sql.push(folded).member_of(dialect, Arg::TextList(values.clone()));
        }
        Test::RelatedIn(related, texts) => {
            push_related(sql, dialect, tenant, (field, related), texts)
        }
        Test::Contains(text) => {
            sql.push(folded).push(" LIKE ").bind(containing(text)).push(" ESCAPE '\\'");
        }
        Test::ContainsNot(text) => {
            push_or_absent(sql, field, folded, |sql| {
                sql.push(folded).push(" NOT LIKE ").bind(containing(text)).push(" ESCAPE '\\'");
            });
        }
    }
}

/// Whether a folded field of the related record is one of these texts. The tenant stands inside as well:
/// whose records are looked at must not depend on what another client has.
fn push_related(
    sql: &mut Sql,
    dialect: Dialect,
    tenant: &Tenant,
    (field, related): (&Field, &'static Field),
    texts: &[String],
) {
    let Kind::Relation(relation) = field.kind else { return };
    let owner = relation.resource.tenant_column;
    match tenant {
        Tenant::Client(_) => sql.push(field.column).push(" IN (SELECT id FROM "),
        // Where records are distributed by client, an id is one of each client's.
        Tenant::All => {
            sql.push("(").push(owner).push(", ").push(field.column).push(") IN (SELECT ");
            sql.push(owner).push(", id FROM ")
        }
    };
    sql.push(relation.resource.table);
    let mut scope = Where::default();
    scope.tenant(sql, relation.resource, tenant);
    scope.and(sql).push(related.folded.unwrap_or(related.column));
    match texts {
        [text] => sql.push(" = ").bind(Arg::Text(text.clone())),
        texts => sql.member_of(dialect, Arg::TextList(texts.to_vec())),
    };
    sql.push(")");
}

/// Whether a JSON list of ids or texts, or a set of words, names one of these: both databases mean the same by
/// `replace`.
fn push_names(sql: &mut Sql, field: &Field, values: &[Value]) {
    if let Kind::Set(set) = field.kind {
        let words: Vec<String> = values.iter().filter_map(Value::as_text).collect();
        let mask = set.mask(words.iter().map(String::as_str));
        // Most sets are empty: an index has the others alone, and this says that it is enough.
        sql.push("(").push(field.column).push(" <> 0 AND (").push(field.column).push(" & ");
        sql.bind(Arg::Integer(mask)).push(") <> 0)");
        return;
    }
    let needles = values.iter().filter_map(Value::as_text).flat_map(|text| needles(field, &text));
    sql.push("(");
    for (index, needle) in needles.enumerate() {
        sql.push(if index > 0 { " OR " } else { "" });
        sql.push("replace(").push(field.column).push(", ").bind(Arg::Text(needle));
        sql.push(", '') <> ").push(field.column);
    }
    sql.push(")");
}

/// What is in the text of a JSON list where this is in the list. No id needs escaping in JSON, so an id between
/// quotes is enough. A text may hold quotes, which are escaped: those that begin one follow a bracket or a comma.
fn needles(field: &Field, text: &str) -> Vec<String> {
    match field.kind {
        Kind::Texts => {
            let text = serde_json::Value::from(text);
            ["[", ","].map(|before| format!("{before}{text}")).into()
        }
        _ => vec![format!("\"{text}\"")],
    }
}

/// Whether a time is one of these moments, or in one of these days.
fn push_moments(sql: &mut Sql, column: &'static str, values: &[Value]) {
    sql.push("(");
    for (index, value) in values.iter().enumerate() {
        sql.push(if index > 0 { " OR " } else { "" }).push(column);
        match value {
            Value::Day(day) => {
                sql.push(" >= ").bind(Arg::Integer(day.0)).push(" AND ").push(column);
                sql.push(" <= ").bind(Arg::Integer(day.day_end().0));
            }
            value => {
                sql.push(" = ").bind(value.arg());
            }
        }
    }
    sql.push(")");
}

/// `(column IS NULL OR …)`: a record without the field is not equal to anything.
fn push_or_absent(sql: &mut Sql, field: &Field, column: &'static str, test: impl FnOnce(&mut Sql)) {
    if field.required {
        return test(sql);
    }
    sql.push("(").push(column).push(" IS NULL OR ");
    test(sql);
    sql.push(")");
}

fn push_order(sql: &mut Sql, sort: &[SortKey]) {
    sql.push(" ORDER BY ");
    let mut last_descending = true;
    for key in sort {
        last_descending = key.descending;
        if key.field.name == "_id" {
            break;
        }
        sql.push(key.field.column);
        sql.push(match (key.descending, key.field.required) {
            (true, true) => " DESC, ",
            (false, true) => ", ",
            (true, false) => " DESC NULLS LAST, ",
            (false, false) => " NULLS LAST, ",
        });
    }
    sql.push(if last_descending { "id DESC" } else { "id" });
}

/// A LIKE pattern for the text itself: its `%`, `_` and `\` mean themselves.
fn containing(text: &str) -> Arg {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    Arg::Text(pattern)
}

impl Value {
    pub(crate) fn arg(&self) -> Arg {
        match self {
            Value::Text(text) => Arg::Text(text.clone()),
            Value::Bool(value) => Arg::Bool(*value),
            Value::Integer(value) => Arg::Integer(*value),
            Value::Number(value) => Arg::Number(*value),
            Value::Time(value) | Value::Day(value) => Arg::Integer(value.0),
        }
    }
}

/// The values as one list; they have one type, since one field read them.
fn list(values: &[Value]) -> Arg {
    match values.first() {
        Some(Value::Bool(_)) => Arg::BoolList(values.iter().filter_map(Value::as_bool).collect()),
        Some(Value::Number(_)) => {
            Arg::NumberList(values.iter().filter_map(Value::as_number).collect())
        }
        Some(Value::Integer(_) | Value::Time(_)) => {
            Arg::IntegerList(values.iter().filter_map(Value::as_integer).collect())
        }
        _ => Arg::TextList(values.iter().filter_map(Value::as_text).collect()),
    }
}

impl Value {
    fn is_day(&self) -> bool {
        matches!(self, Value::Day(_))
    }

    fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self { Some(*value) } else { None }
    }

    fn as_number(&self) -> Option<f64> {
        if let Value::Number(value) = self { Some(*value) } else { None }
    }

    fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(value) => Some(*value),
            Value::Time(value) => Some(value.0),
            _ => None,
        }
    }

    fn as_text(&self) -> Option<String> {
        if let Value::Text(value) = self { Some(value.clone()) } else { None }
    }
}
