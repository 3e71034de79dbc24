//! Changes: statements that hold together or not at all.

use verax_domain::record::columns;
use verax_domain::{Record, Timestamp};
use verax_query::{Arg, Kind, Resource, Sql};

/// Statements that are committed together, each with the number of rows it must touch.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(crate) statements: Vec<(Sql, Rows)>,
    /// Personal data goes: nothing of it may be left in a log.
    pub(crate) erases: bool,
}

/// How many rows a statement must touch; another number rolls the whole batch back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    Exactly(u64),
    Any,
}

impl Batch {
    pub fn push(&mut self, sql: Sql, rows: Rows) -> &mut Batch {
        self.statements.push((sql, rows));
        self
    }

    /// Adds the statements of another batch after its own.
    pub fn append(&mut self, mut other: Batch) -> &mut Batch {
        self.statements.append(&mut other.statements);
        self.erases |= other.erases;
        self
    }

    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Stores the record, or adds what it says to the one that is there: what it does not say
    /// stays. A record of another client with the same id is not touched: `rows` says whether
    /// that is an error.
    pub fn upsert(&mut self, record: &Record, now: Timestamp, rows: Rows) -> &mut Batch {
        self.push(upsert(record, now), rows)
    }

    /// Stores these records as [`Batch::upsert`] does, in one statement. They are of one resource, have
    /// different ids, and say all that is required.
    pub(crate) fn upsert_many(&mut self, records: &[Record]) -> &mut Batch {
        let Some(first) = records.first() else { return self };
        self.push(upsert_many(first.resource, records), Rows::Exactly(records.len() as u64))
    }

    /// Changes what the record says of one that its client has; what it does not say stays.
    pub fn change(&mut self, record: &Record, now: Timestamp) -> &mut Batch {
        let resource = record.resource;
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(resource.table).push(" SET updated_at = ");
        sql.bind(Arg::Integer(now.0));
        let mut said = false;
        for ((field, column), value) in columns(resource).zip(&record.values) {
            // The longer form goes with the shorter one, which comes before it.
            said = *value != Arg::Null || (said && field.full == Some(column));
            if said && !matches!(column, "id" | "client" | "updated_at") {
                sql.push(", ").push(column).push(" = ").bind(value.clone());
            }
        }
        own(&mut sql, resource, &record.client, &record.id);
        self.push(sql, Rows::Exactly(1))
    }

    /// Deletes a record of this client.
    pub fn delete(&mut self, resource: &'static Resource, client: &str, id: &str) -> &mut Batch {
        self.erases = true;
        let mut sql = Sql::default();
        sql.push("DELETE FROM ").push(resource.table);
        own(&mut sql, resource, client, id);
        self.push(sql, Rows::Exactly(1))
    }

    /// Changes a row that means nothing: whoever commits it knows that the database takes writes.
    pub(crate) fn beat(&mut self, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO heartbeats (id, beat_at) VALUES ('probe', ");
        sql.bind(Arg::Integer(now.0));
        sql.push(") ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at");
        self.push(sql, Rows::Exactly(1))
    }

    /// Makes sure that a client with this id exists, whatever is known of it.
    pub fn ensure_client(&mut self, client: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO clients (id) VALUES (").bind(Arg::Text(client.to_owned()));
        sql.push(") ON CONFLICT (id) DO NOTHING");
        self.push(sql, Rows::Any)
    }
}

/// The one record of this client with this id.
pub(crate) fn own(sql: &mut Sql, resource: &'static Resource, client: &str, id: &str) {
    sql.push(" WHERE id = ").bind(Arg::Text(id.to_owned()));
    sql.push(" AND ").push(resource.tenant_column).push(" = ").bind(Arg::Text(client.to_owned()));
}

/// Whether the record has a value of its own for every field that may not be absent.
pub fn says_all_required(record: &Record) -> bool {
    columns(record.resource)
        .zip(&record.values)
        .all(|((field, _), value)| !field.required || *value != Arg::Null)
}

fn push_columns(sql: &mut Sql, resource: &'static Resource) {
    sql.push("INSERT INTO ").push(resource.table).push(" (");
    for (index, (_, column)) in columns(resource).enumerate() {
        sql.push(if index > 0 { ", " } else { "" }).push(column);
    }
    sql.push(") VALUES ");
}

fn upsert_many(resource: &'static Resource, records: &[Record]) -> Sql {
    let mut sql = Sql::default();
    push_columns(&mut sql, resource);
    for (row, record) in records.iter().enumerate() {
        sql.push(if row > 0 { ", (" } else { "(" });
        for (index, value) in record.values.iter().enumerate() {
            sql.push(if index > 0 { ", " } else { "" }).bind(value.clone());
        }
        sql.push(")");
    }
    push_merge(&mut sql, resource, |sql, _, column| {
        sql.push("excluded.").push(column);
    });
    sql
}

/// What a record that is there becomes: what the new one says, which `push_new` appends by the column's
/// place and name, and where it says nothing what it was. Another client's stays as it is.
fn push_merge(
    sql: &mut Sql,
    resource: &'static Resource,
    push_new: impl Fn(&mut Sql, usize, &'static str),
) {
    sql.push(" ON CONFLICT (");
    if resource.tenant_column != "id" {
        // Its keys begin with the client, so that its tables can be distributed by it.
        sql.push_on_postgres("client, ");
    }
    sql.push("id) DO UPDATE SET ");
    let mut begun = false;
    for (index, (field, column)) in columns(resource).enumerate() {
        if column == "id" || column == "client" {
            continue;
        }
        sql.push(if begun { ", " } else { "" }).push(column).push(" = COALESCE(");
        begun = true;
        push_new(sql, index, column);
        sql.push(", ");
        if field.full == Some(column) {
            // The longer form stays while the shorter one, in the column before, says the same.
            sql.push("CASE WHEN ");
            push_new(sql, index - 1, field.column);
            sql.push(" IS NULL OR ");
            push_new(sql, index - 1, field.column);
            sql.push(" = ");
            push_old(sql, resource, field.column);
            sql.push(" THEN ");
            push_old(sql, resource, column);
            sql.push(" END)");
        } else {
            push_old(sql, resource, column);
            sql.push(")");
        }
    }
    sql.push(" WHERE ").push(resource.table).push(".").push(resource.tenant_column).push(" = ");
    sql.push("excluded.").push(resource.tenant_column);
}

fn upsert(record: &Record, now: Timestamp) -> Sql {
    let resource = record.resource;
    let mut sql = Sql::default();
    push_columns(&mut sql, resource);
    sql.push("(");
    // SQLite numbers placeholders by their first appearance, so they must appear in order.
    let mut placeholders = Vec::new();
    for (index, (field, _)) in columns(resource).enumerate() {
        if index > 0 {
            sql.push(", ");
        }
        placeholders.push(sql.args().len() + 1);
        let value = record.values.get(index).cloned().unwrap_or(Arg::Null);
        match (field.required, &field.kind) {
            (true, Kind::Bool) => sql.push("COALESCE(").bind(value).push(", FALSE)"),
            (true, Kind::Time) => {
                sql.push("COALESCE(CAST(").bind(value).push(" AS bigint), CAST(");
                sql.bind(Arg::Integer(now.0)).push(" AS bigint))")
            }
            _ => sql.bind(value),
        };
    }
    sql.push(")");
    push_merge(&mut sql, resource, |sql, index, _| {
        sql.again(placeholders[index]);
    });
    sql
}

fn push_old(sql: &mut Sql, resource: &'static Resource, column: &'static str) {
    sql.push(resource.table).push(".").push(column);
}
