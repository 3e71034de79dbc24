//! At which change each person's faces were touched: what a node has in memory is brought up to date
//! by it.

use std::collections::HashMap;

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::row::Cells;

/// How long the change that deleted a person is remembered. A server that has not looked for as
/// long must load the faces anew.
pub const CHANGES_RETENTION_MS: i64 = 24 * 60 * 60 * 1000;

impl Database {
    /// How often the faces of a client have changed.
    pub async fn gallery_number(&self, client: &str) -> Result<i64, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT number FROM galleries WHERE client = ").bind(text(client));
        self.fetch_number(sql).await
    }

    /// How often the faces of each of these clients have changed; none of one that has no faces.
    pub async fn gallery_numbers(
        &self,
        clients: Vec<String>,
    ) -> Result<HashMap<String, i64>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT client, number FROM galleries WHERE client");
        sql.member_of(self.dialect(), Arg::TextList(clients));
        let number = |row: &dyn Cells| Ok((row.string(0)?, row.integer(1)?.unwrap_or(0)));
        Ok(self.fetch_rows(sql, number).await?.into_iter().collect())
    }

    /// The persons of a client that changed after this number.
    pub async fn changed_persons(
        &self,
        client: &str,
        after: i64,
    ) -> Result<Vec<String>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT person FROM gallery_changes WHERE client = ").bind(text(client));
        sql.push(" AND number > ").bind(Arg::Integer(after));
        self.fetch_rows(sql, |row| row.string(0)).await
    }
}

impl Batch {
    /// Counts a change of the client's faces; the batch is a `Conflict` when there was another
    /// since `seen`. What was looked up before is still true then.
    pub fn change_gallery(&mut self, client: &str, seen: i64) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO galleries (client, number) VALUES (");
        sql.bind(text(client)).push(", 1) ON CONFLICT (client) DO UPDATE SET ");
        sql.push("number = galleries.number + 1 WHERE galleries.number = ");
        sql.bind(Arg::Integer(seen));
        self.push(sql, Rows::Exactly(1))
    }

    /// Says that the person is what the last change was about. Deletions are forgotten after
    /// [`CHANGES_RETENTION_MS`].
    pub fn touch_person(&mut self, client: &str, person: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO gallery_changes (client, person, number, changed_at) ");
        sql.push("SELECT client, CAST(").bind(text(person)).push(" AS text), number, CAST(");
        sql.bind(Arg::Integer(now.0)).push(" AS bigint) FROM galleries WHERE client = ");
        sql.bind(text(client)).push(" ON CONFLICT (client, person) DO UPDATE SET ");
        sql.push("number = excluded.number, changed_at = excluded.changed_at");
        self.push(sql, Rows::Exactly(1));
        let mut sql = Sql::default();
        sql.push("DELETE FROM gallery_changes WHERE client = ").bind(text(client));
        sql.push(" AND changed_at < ").bind(Arg::Integer(now.0 - CHANGES_RETENTION_MS));
        sql.push(" AND NOT EXISTS (SELECT 1 FROM persons WHERE persons.client = ");
        sql.push("gallery_changes.client AND persons.id = gallery_changes.person)");
        self.push(sql, Rows::Any)
    }

    /// The same as a change that nothing was looked up for.
    pub fn touch_imported_person(
        &mut self,
        client: &str,
        person: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO galleries (client, number) VALUES (").bind(text(client));
        sql.push(", 1) ON CONFLICT (client) DO UPDATE SET number = galleries.number + 1");
        self.push(sql, Rows::Exactly(1)).touch_person(client, person, now)
    }
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
