//! Limits over a window of time, for all nodes: each use is one guarded statement.

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;

/// So many uses within a window, which begins with the first of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// A digest of what is limited: the table does not say who it was.
    pub id: String,
    /// At least 1.
    pub max: u32,
    /// In milliseconds.
    pub window_ms: i64,
}

impl Database {
    /// When the last of these limits that are used up has room again; `None`: none is used up.
    pub async fn rate_limited_until(
        &self,
        client: &str,
        limits: &[RateLimit],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let ids = limits.iter().map(|limit| limit.id.clone()).collect();
        let mut sql = Sql::default();
        sql.push("SELECT id, used, began_at FROM rate_counters WHERE client = ");
        sql.bind(text(client)).push(" AND id").member_of(self.dialect(), Arg::TextList(ids));
        let counters = self
            .fetch_rows(sql, |row| {
                Ok((row.string(0)?, row.integer(1)?.unwrap_or(0), row.integer(2)?.unwrap_or(0)))
            })
            .await?;
        let until = |(id, used, began_at): &(String, i64, i64)| {
            let limit = limits.iter().find(|limit| limit.id == *id)?;
            let until = began_at.saturating_add(limit.window_ms);
            (*used >= i64::from(limit.max) && until > now.0).then_some(Timestamp(until))
        };
        Ok(counters.iter().filter_map(until).max())
    }
}

impl Batch {
    /// Uses a limit once; the batch is a `Conflict` when it is used up.
    pub fn use_rate_limit(
        &mut self,
        client: &str,
        limit: &RateLimit,
        now: Timestamp,
    ) -> &mut Batch {
        let old = now.0.saturating_sub(limit.window_ms);
        let mut sql = Sql::default();
        sql.push("INSERT INTO rate_counters (client, id, used, began_at) VALUES (");
        sql.bind(text(client)).push(", ").bind(text(&limit.id)).push(", 1, ");
        sql.bind(Arg::Integer(now.0)).push(") ON CONFLICT (client, id) DO UPDATE SET used = ");
        sql.push("CASE WHEN rate_counters.began_at <= ").bind(Arg::Integer(old));
        sql.push(" THEN 1 ELSE rate_counters.used + 1 END, began_at = ");
        sql.push("CASE WHEN rate_counters.began_at <= ").again(4);
        sql.push(" THEN excluded.began_at ELSE rate_counters.began_at END ");
        sql.push("WHERE rate_counters.began_at <= ").again(4);
        sql.push(" OR rate_counters.used < ").bind(Arg::Integer(limit.max.into()));
        self.push(sql, Rows::Exactly(1))
    }

    /// Forgets what was used in windows that began before `old`.
    pub fn forget_rate_counters(&mut self, old: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM rate_counters WHERE began_at <= ").bind(Arg::Integer(old.0));
        self.push(sql, Rows::Any)
    }
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
