//! Collections: the sets that persons are in.

use verax_domain::Timestamp;
use verax_domain::events::{Certainty, Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_domain::resources::COLLECTIONS;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::tables::records::push_record_key;

/// A collection, as far as other operations need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    pub id: String,
    pub code: String,
}

impl Database {
    /// The client's collection with this id, or else with this code.
    pub async fn collection(
        &self,
        client: &str,
        code_or_id: &str,
    ) -> Result<Option<Collection>, StoreError> {
        // With OR instead, SQLite would read all collections of the client.
        let mut sql = Sql::default();
        sql.push("SELECT id, code FROM collections WHERE client = ").bind(text(client));
        sql.push(" AND id = ").bind(text(code_or_id));
        sql.push(" UNION ALL SELECT id, code FROM collections WHERE client = ").again(1);
        sql.push(" AND code = ").again(2);
        let found =
            self.fetch_rows(sql, |row| Ok(Collection { id: row.string(0)?, code: row.string(1)? }));
        let found = found.await?.into_iter();
        Ok(found.min_by_key(|it| (it.id != code_or_id, it.id.clone())))
    }
}

impl Batch {
    /// Deletes a collection and takes every person out of it, which is the collection's one event.
    pub fn delete_collection(
        &mut self,
        client: &str,
        id: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE persons SET updated_at = ").bind(Arg::Integer(now.0));
        // The id first in the list, further on, or alone; no id needs escaping in JSON.
        sql.push(", collections = replace(replace(replace(collections, ");
        sql.bind(text(&format!("\"{id}\","))).push(", ''), ");
        sql.bind(text(&format!(",\"{id}\""))).push(", ''), ");
        sql.bind(text(&format!("\"{id}\""))).push(", '') WHERE client = ").bind(text(client));
        sql.push(" AND replace(collections, ").again(4).push(", '') <> collections");
        self.push(sql, Rows::Any);
        let mut sql = Sql::default();
        sql.push("DELETE FROM collections");
        push_record_key(&mut sql, &COLLECTIONS, client, id);
        self.push(sql, Rows::Exactly(1));
        let entry = Entry::Event(EventKind::CollectionDeleted, stamp);
        self.journal(entry, (client, id), Certainty::Changed, now).forget_answers(client, id)
    }
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
