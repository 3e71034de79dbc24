//! Persons: in which collections they are, and whether they are in use.

use verax_domain::Timestamp;
use verax_domain::events::{Certainty, Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_domain::resources::PERSONS;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::row::Cells;
use crate::tables::records::push_record_key;

/// What a search needs to know of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub id: String,
    /// Ids of collections.
    pub collections: Vec<String>,
    pub active: bool,
}

impl Database {
    /// Where the client's persons with these ids are, or all.
    pub async fn memberships(
        &self,
        client: &str,
        ids: Option<Vec<String>>,
    ) -> Result<Vec<Membership>, StoreError> {
        let mut sql = select(client);
        if let Some(ids) = ids {
            sql.push(" AND id").member_of(self.dialect(), Arg::TextList(ids));
        }
        self.fetch_rows(sql, membership).await
    }

    /// The client's persons of this name, folded, who were born on this day.
    pub async fn persons_alike(
        &self,
        client: &str,
        folded_name: &str,
        born: &str,
    ) -> Result<Vec<Membership>, StoreError> {
        let mut sql = select(client);
        sql.push(" AND name_folded = ").bind(text(folded_name));
        sql.push(" AND date_of_birth = ").bind(text(born)).push(" ORDER BY id");
        self.fetch_rows(sql, membership).await
    }
}

impl Batch {
    /// Deletes a person with its templates; a `Conflict` when there is none.
    pub fn delete_person(
        &mut self,
        client: &str,
        person: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM persons");
        push_record_key(&mut sql, &PERSONS, client, person);
        self.push(sql, Rows::Exactly(1));
        let entry = Entry::Event(EventKind::PersonDeleted, stamp);
        self.journal(entry, (client, person), Certainty::Changed, now);
        self.delete_templates(client, person).redact_person(client, person)
    }
}

fn select(client: &str) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT id, collections, status FROM persons WHERE client = ").bind(text(client));
    sql
}

fn membership(row: &dyn Cells) -> Result<Membership, StoreError> {
    let collections = row.text(1)?.and_then(|list| serde_json::from_str(list).ok());
    Ok(Membership {
        id: row.string(0)?,
        collections: collections.unwrap_or_default(),
        // An import may not say: only who is said to be out of use is.
        active: row.text(2)?.is_none_or(|status| status == "active"),
    })
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
