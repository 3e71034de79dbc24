//! The journal: a row for every event, in the change's own commit.

use verax_domain::events::{Certainty, Effect, Event};
use verax_domain::resources::{APP_REGISTRATIONS, PROJECT_FLOWS};
use verax_query::{Arg, Resource, Sql};

use crate::batch::{Batch, Rows};

const INSERT: &str = "INSERT INTO events (id, client, type, resource, record, actor, request, salt, \
     created_at, sequence, status, project_flow, app_registration) SELECT ";
/// The events of the same record; the second, fourth and fifth arguments of the statement say which it is.
const OF_RECORD: &str = " FROM events WHERE client = $2 AND record = $5 AND resource = $4)";

/// Writes an event down. Its statement comes after the change, which holds the record's row: whoever else
/// changes that record waits, and counts on from here.
pub fn write(batch: &mut Batch, event: &Event) {
    let row = event.kind.event_type();
    let resource = row.resource;
    let mut sql = Sql::default();
    sql.push(INSERT);
    let stamp = &event.stamp;
    for (index, value) in [
        Some(stamp.id.as_str()),
        Some(&event.client),
        Some(row.name),
        Some(resource.name),
        Some(&event.record),
        Some(&stamp.actor.text()),
        stamp.request.as_deref(),
        Some(&stamp.salt),
    ]
    .into_iter()
    .enumerate()
    {
        sql.push(if index > 0 { ", CAST(" } else { "CAST(" });
        sql.bind(value.map_or(Arg::Null, |value| Arg::Text(value.to_owned()))).push(" AS text)");
    }
    sql.push(", CAST(").bind(Arg::Integer(event.at.0)).push(" AS bigint)");
    sql.push(", (SELECT COALESCE(max(sequence), 0) + 1").push(OF_RECORD);
    if row.effect == Effect::Deleted {
        // What a record that is gone belonged to is what its events said.
        sql.push(", CAST(NULL AS text)");
        push_belongs(&mut sql, resource, &|sql, column| {
            sql.push("(SELECT max(").push(column).push(")").push(OF_RECORD);
        });
        batch.push(sql, Rows::Exactly(1));
        return;
    }
    match row.to {
        Some(to) => sql.push(", CAST(").bind(Arg::Text(to.to_owned())).push(" AS text)"),
        None if has_column(resource, "status") => sql.push(", changed.status"),
        None => sql.push(", CAST(NULL AS text)"),
    };
    push_belongs(&mut sql, resource, &|sql, column| {
        match has_column(resource, column) {
            true => sql.push("changed.").push(column),
            false => sql.push("CAST(NULL AS text)"),
        };
    });
    sql.push(" FROM ").push(resource.table).push(" AS changed");
    sql.push(" WHERE changed.id = ").again(5).push(" AND changed.client = ").again(2);
    if event.certainty == Certainty::Changed {
        batch.push(sql, Rows::Exactly(1));
        return;
    }
    sql.push(" AND changed.updated_at = ").again(9);
    if row.to.is_some() {
        sql.push(" AND changed.status = ").again(10);
        // Whoever ended it at the same moment has written it down.
        sql.push(" AND NOT EXISTS (SELECT 1 FROM events WHERE client = ").again(2);
        sql.push(" AND record = ").again(5).push(" AND resource = ").again(4);
        sql.push(" AND type = ").again(3).push(" AND created_at = ").again(9).push(")");
    }
    batch.push(sql, Rows::Any);
}

/// The record's flow and its registration, which it may be itself.
fn push_belongs(sql: &mut Sql, resource: &Resource, push_column: &dyn Fn(&mut Sql, &'static str)) {
    for (column, itself) in
        [("project_flow", &PROJECT_FLOWS), ("app_registration", &APP_REGISTRATIONS)]
    {
        sql.push(", ");
        match resource.name == itself.name {
            true => {
                sql.push("CAST(").again(5).push(" AS text)");
            }
            false => push_column(sql, column),
        }
    }
}

fn has_column(resource: &Resource, column: &str) -> bool {
    // A list of flows is no flow that the record belongs to.
    resource.fields.iter().any(|field| field.column == column && !field.is_list())
}
