//! Records that come from elsewhere, stored all or none.

use std::collections::{HashMap, HashSet};

use verax_domain::events::RECORDS_IMPORTED;
use verax_domain::journal::Stamp;
use verax_domain::resources::PERSONS;
use verax_domain::{Record, Timestamp};
use verax_query::{Arg, Resource, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::tables::records::says_all_required;

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub records: u64,
    /// Records that were populated inside them.
    pub related: u64,
}

/// What an import is to the journal: one event for each client whose records it brings, with the first of
/// the records.
#[derive(Clone, Debug)]
pub enum ImportEntries {
    Events(Vec<ImportEvent>),
    /// Nobody is told, for this reason.
    Quiet(&'static str),
}

/// That records of a client are imported.
#[derive(Clone, Debug)]
pub struct ImportEvent {
    pub client: String,
    pub resource: &'static Resource,
    /// How many records of the client the import has.
    pub count: u64,
    /// The SHA-256 of the whole input, in hexadecimal.
    pub digest: String,
    pub stamp: Stamp,
}

/// Records in one statement. Statements are remembered by their text, so it is this many or one.
const TOGETHER: usize = 50;

/// A table and an id in it.
type Key = (&'static str, String);

impl Database {
    /// Stores records that come from elsewhere, all or none.
    pub async fn import(
        &self,
        records: &[Record],
        now: Timestamp,
        entries: ImportEntries,
    ) -> Result<Imported, StoreError> {
        let mut owners = HashMap::new();
        for (resource, ids) in related_ids(records) {
            let found = self.owners(resource, ids).await?;
            owners.extend(found.into_iter().map(|(id, client)| ((resource.table, id), client)));
        }
        let (mut batch, imported) = import_batch(records, owners, now);
        if let ImportEntries::Events(events) = &entries {
            events.iter().for_each(|event| write(&mut batch, event, now));
        }
        self.commit(batch).await?;
        self.journaled().ring();
        Ok(imported)
    }
}

/// Writes the import down.
fn write(batch: &mut Batch, event: &ImportEvent, now: Timestamp) {
    let text = |text: &str| Arg::Text(text.to_owned());
    let stamp = &event.stamp;
    let mut sql = Sql::default();
    sql.push("INSERT INTO events (id, client, type, resource, record, sequence, actor, request, ");
    sql.push("record_count, digest, salt, created_at) VALUES (").bind(text(&stamp.id)).push(", ");
    sql.bind(text(&event.client)).push(", ").bind(text(RECORDS_IMPORTED)).push(", ");
    sql.bind(text(event.resource.name)).push(", ").again(1).push(", 1, ");
    sql.bind(text(&stamp.actor.text())).push(", ");
    sql.bind(stamp.request.as_deref().map_or(Arg::Null, text)).push(", ");
    sql.bind(Arg::Integer(i64::try_from(event.count).unwrap_or(i64::MAX))).push(", ");
    sql.bind(text(&event.digest)).push(", ").bind(text(&stamp.salt)).push(", ");
    sql.bind(Arg::Integer(now.0)).push(")");
    batch.push(sql, Rows::Exactly(1));
}

/// The ids of what was populated inside these records, by resource.
fn related_ids(records: &[Record]) -> Vec<(&'static Resource, Vec<String>)> {
    let mut all: HashMap<&str, (&'static Resource, HashSet<&str>)> = HashMap::new();
    for related in records.iter().flat_map(|record| &record.related) {
        let of = all.entry(related.resource.table).or_insert((related.resource, HashSet::new()));
        of.1.insert(&related.id);
    }
    let owned = |ids: HashSet<&str>| ids.into_iter().map(str::to_owned).collect();
    all.into_values().map(|(resource, ids)| (resource, owned(ids))).collect()
}

/// The batch that stores these records: their clients first, then what was populated inside them,
/// then they themselves. An import tells of its own: of what was populated, that of which `owners`
/// says that it is another client's stays as it is.
fn import_batch(
    records: &[Record],
    mut owners: HashMap<Key, String>,
    now: Timestamp,
) -> (Batch, Imported) {
    let mut batch = Batch::default();
    let mut imported = Imported::default();
    let mut clients: Vec<&str> = Vec::new();
    let mut given: HashMap<(&str, &str), &Record> = HashMap::new();
    for chunk in records.chunks(TOGETHER) {
        let together = go_together(chunk);
        for record in chunk {
            if record.resource.tenant_column != "id" && !clients.contains(&record.client.as_str()) {
                clients.push(&record.client);
                batch.ensure_client(&record.client);
            }
            for related in &record.related {
                imported.related += 1;
                let key = (related.resource.table, related.id.clone());
                if *owners.entry(key).or_insert_with(|| related.client.clone()) != related.client {
                    continue;
                }
                // A page names the same few projects over and over: what was just said is not said
                // again.
                let place = (related.resource.table, related.id.as_str());
                if given
                    .insert(place, related)
                    .is_some_and(|before| before.values == related.values)
                {
                    continue;
                }
                batch.upsert(related, now, Rows::Exactly(1)).hold_imported(related);
            }
            if !together {
                batch.upsert(record, now, Rows::Exactly(1));
            }
            if record.resource.table == PERSONS.table {
                // The person may have templates, and be in other collections now.
                batch.touch_imported_person(&record.client, &record.id, now);
            }
            imported.records += 1;
        }
        if together {
            batch.upsert_many(chunk);
        }
        for record in chunk {
            batch.hold_imported(record);
        }
    }
    (batch, imported)
}

/// Whether one statement can store these as well as one each.
fn go_together(records: &[Record]) -> bool {
    let Some(first) = records.first() else { return false };
    let table = first.resource.table;
    let mut ids = HashSet::new();
    records.len() == TOGETHER
        && table != PERSONS.table
        && records.iter().all(|record| {
            record.resource.table == table
                && says_all_required(record)
                && ids.insert(&record.id)
                // What is inside is stored before them.
                && record.related.iter().all(|related| related.resource.table != table)
        })
}
