//! Records of any resource: stored, changed, held and deleted, each of its client alone.

use std::collections::HashMap;
use verax_domain::events::{Certainty, Entry};
use verax_domain::journal::Stamp;
use verax_domain::record::columns;
use verax_domain::records::Transition;
use verax_domain::{Record, Timestamp};
use verax_query::{Arg, Kind, Resource, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;

impl Database {
    /// Which clients own the records with these ids, as far as there are such records.
    pub async fn owners(
        &self,
        resource: &'static Resource,
        ids: Vec<String>,
    ) -> Result<HashMap<String, String>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT id, ").push(resource.tenant_column).push(" FROM ").push(resource.table);
        sql.push(" WHERE id").member_of(self.dialect(), Arg::TextList(ids));
        let owners = self.fetch_rows(sql, |row| Ok((row.string(0)?, row.string(1)?))).await?;
        Ok(owners.into_iter().collect())
    }

    /// When a record of this client last changed, as far as it says so.
    pub async fn updated_at(
        &self,
        resource: &'static Resource,
        (client, id): (&str, &str),
    ) -> Result<Option<Timestamp>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT updated_at FROM ").push(resource.table);
        push_record_key(&mut sql, resource, client, id);
        Ok(self.fetch_row(sql, |row| row.integer(0)).await?.flatten().map(Timestamp))
    }
}

impl Batch {
    /// Stores a record that is new; the batch is a `Conflict` when its id is taken.
    pub fn insert_record(&mut self, record: &Record, now: Timestamp, entry: Entry) -> &mut Batch {
        self.upsert(record, now, Rows::Exactly(1));
        self.journal(entry, (&record.client, &record.id), Certainty::Changed, now)
    }

    /// Stores the record, or adds what it says to the one that is there: what it does not say
    /// stays. A record of another client with the same id is not touched: `rows` says whether
    /// that is an error.
    pub(crate) fn upsert(&mut self, record: &Record, now: Timestamp, rows: Rows) -> &mut Batch {
        self.push(upsert(record, now), rows)
    }

    /// Stores these records as [`Batch::upsert`] does, in one statement. They are of one resource, have
    /// different ids, and say all that is required.
    pub(crate) fn upsert_many(&mut self, records: &[Record]) -> &mut Batch {
        let Some(first) = records.first() else { return self };
        self.push(upsert_many(first.resource, records), Rows::Exactly(records.len() as u64))
    }

    /// Changes what the record says of one that its client has; what it does not say stays.
    pub fn change(&mut self, record: &Record, now: Timestamp, entry: Entry) -> &mut Batch {
        self.change_if(record, None, now, entry)
    }

    /// The same, where it last changed at this moment: a `Conflict` when somebody has changed it since.
    pub fn change_if(
        &mut self,
        record: &Record,
        last_changed: Option<Timestamp>,
        now: Timestamp,
        entry: Entry,
    ) -> &mut Batch {
        // Two changes of one millisecond are told apart.
        let now_after = last_changed.map_or(now, |at| Timestamp(now.0.max(at.0 + 1)));
        let mut sql = changes(record, now_after);
        if let Some(at) = last_changed {
            sql.push(" AND updated_at = ").bind(Arg::Integer(at.0));
        }
        self.push(sql, Rows::Exactly(1));
        self.journal(entry, (&record.client, &record.id), Certainty::Changed, now)
    }

    /// Takes away what these fields of a record say. It comes before the change that has the event.
    pub fn clear(
        &mut self,
        resource: &'static Resource,
        (client, id): (&str, &str),
        fields: &[&str],
    ) -> &mut Batch {
        for field in fields.iter().filter_map(|name| resource.field(name)) {
            let mut sql = Sql::default();
            sql.push("UPDATE ").push(resource.table).push(" SET ").push(field.column);
            sql.push(" = NULL");
            push_record_key(&mut sql, resource, client, id);
            self.push(sql, Rows::Exactly(1));
        }
        self
    }

    /// Takes a step of a record, where it still has the status that it was read with, with the event that
    /// it is to others: a `Conflict` when it has another status.
    pub fn transition<R>(
        &mut self,
        step: &Transition<R>,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = changes(&step.changes, now);
        sql.push(" AND status = ").bind(Arg::Text(step.from.to_owned()));
        self.push(sql, Rows::Exactly(1));
        let Record { client, id, .. } = &step.changes;
        let entry = match step.event {
            Some(kind) => Entry::Event(kind, stamp),
            None => Entry::quiet("the step has no event"),
        };
        self.journal(entry, (client, id), Certainty::Changed, now)
    }

    /// Deletes a record of this client.
    pub fn delete(
        &mut self,
        resource: &'static Resource,
        (client, id): (&str, &str),
        now: Timestamp,
        entry: Entry,
    ) -> &mut Batch {
        self.erases = true;
        let mut sql = Sql::default();
        sql.push("DELETE FROM ").push(resource.table);
        push_record_key(&mut sql, resource, client, id);
        self.push(sql, Rows::Exactly(1));
        self.journal(entry, (client, id), Certainty::Changed, now)
    }

    /// A `Conflict` when the record is gone; until this batch is committed nobody deletes it.
    pub fn hold_record(
        &mut self,
        resource: &'static Resource,
        client: &str,
        id: &str,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(resource.table).push(" SET updated_at = updated_at");
        push_record_key(&mut sql, resource, client, id);
        self.push(sql, Rows::Exactly(1))
    }

    /// A document, or a validation, says from now on that no image of it was kept.
    pub fn forget_image(
        &mut self,
        resource: &'static Resource,
        (client, id): (&str, &str),
        now: Timestamp,
        entry: Entry,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(resource.table).push(" SET image_saved = ");
        sql.bind(Arg::Bool(false));
        if resource.fields.iter().any(|field| field.column == "image_url") {
            sql.push(", image_url = NULL");
        }
        if resource.fields.iter().any(|field| field.column == "back_url") {
            sql.push(", url = NULL, back_url = NULL, portrait_model = NULL");
        }
        sql.push(", updated_at = ").bind(Arg::Integer(now.0));
        push_record_key(&mut sql, resource, client, id);
        // It may have been deleted meanwhile.
        self.push(sql, Rows::Any);
        self.journal(entry, (client, id), Certainty::ChangedIfOpen, now)
    }
}

/// What the record says becomes of the one that is there.
fn changes(record: &Record, now: Timestamp) -> Sql {
    let resource = record.resource;
    let mut sql = Sql::default();
    sql.push("UPDATE ").push(resource.table).push(" SET updated_at = ");
    sql.bind(Arg::Integer(now.0));
    let mut given = false;
    for ((field, column), value) in columns(resource).zip(&record.values) {
        // The longer form goes with the shorter one, which comes before it.
        given = *value != Arg::Null || (given && field.full == Some(column));
        if given && !matches!(column, "id" | "client" | "updated_at") {
            sql.push(", ").push(column).push(" = ").bind(value.clone());
        }
    }
    push_record_key(&mut sql, resource, &record.client, &record.id);
    sql
}

/// The one record of this client with this id.
pub(crate) fn push_record_key(sql: &mut Sql, resource: &'static Resource, client: &str, id: &str) {
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
