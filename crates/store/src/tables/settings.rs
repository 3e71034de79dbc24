//! What the operator has set for all nodes.

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;

impl Database {
    /// What is set for all nodes: names and values, in the order of the names.
    pub async fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT name, value FROM settings ORDER BY name");
        self.fetch_rows(sql, |row| Ok((row.string(0)?, row.string(1)?))).await
    }
}

impl Batch {
    /// Sets a setting for all nodes, whatever it was before.
    pub fn set_setting(&mut self, name: &str, value: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO settings (name, value, changed_at) VALUES (");
        sql.bind(Arg::Text(name.to_owned())).push(", ").bind(Arg::Text(value.to_owned()));
        sql.push(", ").bind(Arg::Integer(now.0)).push(") ON CONFLICT (name) DO UPDATE SET ");
        sql.push("value = excluded.value, changed_at = excluded.changed_at");
        self.push(sql, Rows::Exactly(1))
    }

    /// Leaves a setting to each node again; a `Conflict` when nothing was set.
    pub fn unset_setting(&mut self, name: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM settings WHERE name = ").bind(Arg::Text(name.to_owned()));
        self.push(sql, Rows::Exactly(1))
    }
}
