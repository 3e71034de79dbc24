//! Limits of tries: failed logins with their locks, attempts of a registration, images of a session,
//! and the images that were accepted. Each is taken by one guarded statement, so that calls at once
//! and several nodes never get more than there is.

use std::sync::Arc;

use verax_domain::Timestamp;
use verax_query::{Arg, Dialect, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::row::Cells;
use crate::row::Visit;
use crate::tables::person_templates::{EncryptedTemplate, in_use_sql, template};

/// What failed logins are counted under, and how many there may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptLimit {
    /// A digest: the table does not say who it was.
    pub id: String,
    /// Failed tries before a lock, at least 1; as many again before the next, which is twice as long.
    pub tries_max: u32,
    /// How long the first lock is, in milliseconds.
    pub lock_ms: i64,
    /// The longest lock, in milliseconds.
    pub lock_ms_max: i64,
    /// After so long without a try or a lock the count begins again, in milliseconds.
    pub forget_ms: i64,
}

impl Database {
    /// Which of these counts of failed logins are locked at this moment, and until when.
    pub async fn login_locks(
        &self,
        client: &str,
        ids: Vec<String>,
        now: Timestamp,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT id, locked_until FROM login_attempts WHERE client = ").bind(text(client));
        sql.push(" AND locked_until > ").bind(Arg::Integer(now.0)).push(" AND id");
        sql.member_of(self.dialect(), Arg::TextList(ids));
        let lock = |row: &dyn Cells| Ok((row.string(0)?, Timestamp(row.integer(1)?.unwrap_or(0))));
        self.fetch_rows(sql, lock).await
    }

    /// Whether an image with one of these digests was accepted after `old`.
    pub async fn was_accepted(
        &self,
        client: &str,
        digests: Vec<String>,
        old: Timestamp,
    ) -> Result<bool, StoreError> {
        self.has_rows(accepted_sql(self.dialect(), client, digests, old)).await
    }

    /// The same, and the encrypted templates of a person who is in use, in the order of their ids: both in
    /// one round trip.
    pub async fn login_evidence(
        &self,
        client: &str,
        digests: Vec<String>,
        old: Timestamp,
        person: &str,
    ) -> Result<(bool, Vec<EncryptedTemplate>), StoreError> {
        let accepted = accepted_sql(self.dialect(), client, digests, old);
        let asked = Arc::new((accepted, in_use_sql(client, person)));
        self.read(async move |connection| {
            let (mut replayed, mut templates) = (false, Vec::new());
            let mut asked: [(&Sql, Visit<'_>); 2] = [
                (&asked.0, &mut |_| {
                    replayed = true;
                    Ok(())
                }),
                (&asked.1, &mut |row| {
                    templates.push(template(row)?);
                    Ok(())
                }),
            ];
            connection.fetch_all(&mut asked).await?;
            Ok((replayed, templates))
        })
        .await
    }
}

/// A row for each of these images that was accepted after `old`.
fn accepted_sql(dialect: Dialect, client: &str, digests: Vec<String>, old: Timestamp) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT digest FROM accepted_images WHERE client = ").bind(text(client));
    sql.push(" AND accepted_at > ").bind(Arg::Integer(old.0)).push(" AND digest");
    sql.member_of(dialect, Arg::TextList(digests));
    sql
}

impl Batch {
    /// Counts a try as failed before it is made. The batch is a `Conflict` while there is a lock.
    pub fn reserve_login(
        &mut self,
        client: &str,
        limit: &AttemptLimit,
        now: Timestamp,
    ) -> &mut Batch {
        let tries_max = i64::from(limit.tries_max.max(1));
        let first_lock = if tries_max == 1 { now.0.saturating_add(limit.lock_ms) } else { 0 };
        let old = now.0.saturating_sub(limit.forget_ms);
        let mut sql = Sql::default();
        sql.push(
            "INSERT INTO login_attempts (client, id, failed, tried_at, locked_until) VALUES (",
        );
        sql.bind(text(client)).push(", ").bind(text(&limit.id)).push(", 1, ");
        sql.bind(Arg::Integer(now.0)).push(", ").bind(Arg::Integer(first_lock));
        sql.push(") ON CONFLICT (client, id) DO UPDATE SET failed = ");
        sql.push("CASE WHEN login_attempts.tried_at <= ").bind(Arg::Integer(old));
        sql.push(" AND login_attempts.locked_until <= ").again(5);
        sql.push(" THEN 1 ELSE login_attempts.failed + 1 END, tried_at = excluded.tried_at, ");
        // Each lock is twice as long as the one before it; more than 20 doublings are the longest.
        sql.push("locked_until = CASE WHEN ");
        push_count(&mut sql);
        sql.push(" % ").bind(Arg::Integer(tries_max)).push(" <> 0 THEN 0 WHEN ");
        push_count(&mut sql);
        sql.push(" / ").again(6).push(" > 20 OR (CAST(").bind(Arg::Integer(limit.lock_ms));
        sql.push(" AS bigint) << CAST(");
        push_count(&mut sql);
        sql.push(" / ").again(6).push(" - 1 AS integer)) > ");
        sql.bind(Arg::Integer(limit.lock_ms_max));
        sql.push(" THEN excluded.tried_at + ").again(8);
        sql.push(" ELSE excluded.tried_at + (CAST(").again(7).push(" AS bigint) << CAST(");
        push_count(&mut sql);
        sql.push(" / ").again(6).push(" - 1 AS integer)) END ");
        sql.push("WHERE login_attempts.locked_until <= excluded.tried_at");
        self.push(sql, Rows::Exactly(1))
    }

    /// A try that was counted has not failed: the count, and the lock that it brought, are as before.
    pub fn return_login(&mut self, client: &str, id: &str) -> &mut Batch {
        let statement = "UPDATE login_attempts SET failed = failed - 1, locked_until = 0 \
                         WHERE failed > 0 AND client = ";
        self.push(of(statement, client, " AND id = ", id), Rows::Any)
    }

    /// Forgets what was counted, and lifts the lock.
    pub fn clear_logins(&mut self, client: &str, id: &str) -> &mut Batch {
        let statement = "DELETE FROM login_attempts WHERE client = ";
        self.push(of(statement, client, " AND id = ", id), Rows::Any)
    }

    /// Forgets counts without a try or a lock since `old`.
    pub fn forget_logins(&mut self, old: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM login_attempts WHERE tried_at <= ").bind(Arg::Integer(old.0));
        sql.push(" AND locked_until <= ").again(1);
        self.push(sql, Rows::Any)
    }

    /// Takes an attempt of a registration; a `Conflict` when there is none left.
    pub fn reserve_attempt(&mut self, client: &str, registration: &str, max: u64) -> &mut Batch {
        let statement = "UPDATE app_registrations SET failed_attempts = failed_attempts + 1 \
                         WHERE client = ";
        let mut sql = of(statement, client, " AND id = ", registration);
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        sql.push(" AND failed_attempts < ").bind(Arg::Integer(max));
        self.push(sql, Rows::Exactly(1))
    }

    /// The attempt has not failed.
    pub fn return_attempt(&mut self, client: &str, registration: &str) -> &mut Batch {
        let statement = "UPDATE app_registrations SET failed_attempts = failed_attempts - 1 \
                         WHERE failed_attempts > 0 AND client = ";
        self.push(of(statement, client, " AND id = ", registration), Rows::Any)
    }

    /// Counts an image that could not be measured; a `Conflict` when the session may have no more
    /// after it.
    pub fn count_unmeasured(&mut self, client: &str, session: &str, max: u32) -> &mut Batch {
        let statement = "UPDATE liveness_sessions SET unmeasured_images = unmeasured_images + 1 \
                         WHERE client = ";
        let mut sql = of(statement, client, " AND id = ", session);
        sql.push(" AND unmeasured_images + 1 < ").bind(Arg::Integer(i64::from(max)));
        self.push(sql, Rows::Exactly(1))
    }

    /// Remembers an image as accepted; a `Conflict` when it was accepted after `old`.
    pub fn accept_image(
        &mut self,
        client: &str,
        digest: &str,
        now: Timestamp,
        old: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO accepted_images (client, digest, accepted_at) VALUES (");
        sql.bind(text(client)).push(", ").bind(text(digest)).push(", ").bind(Arg::Integer(now.0));
        sql.push(
            ") ON CONFLICT (client, digest) DO UPDATE SET accepted_at = excluded.accepted_at ",
        );
        sql.push("WHERE accepted_images.accepted_at <= ").bind(Arg::Integer(old.0));
        self.push(sql, Rows::Exactly(1))
    }

    /// Forgets images that were accepted before `old`.
    pub fn forget_accepted_images(&mut self, old: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM accepted_images WHERE accepted_at <= ").bind(Arg::Integer(old.0));
        self.push(sql, Rows::Any)
    }
}

/// How many failed tries there are with this one. The fifth argument is when a count is forgotten.
fn push_count(sql: &mut Sql) {
    sql.push("(CASE WHEN login_attempts.tried_at <= ").again(5);
    sql.push(" AND login_attempts.locked_until <= ").again(5);
    sql.push(" THEN 1 ELSE login_attempts.failed + 1 END)");
}

fn of(statement: &'static str, client: &str, key: &'static str, id: &str) -> Sql {
    let mut sql = Sql::default();
    sql.push(statement).bind(text(client)).push(key).bind(text(id));
    sql
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
