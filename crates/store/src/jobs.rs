//! Work at hand: who is at it holds a lease, and whose lease has run out is known by it.

use verax_domain::Timestamp;
use verax_query::{Arg, Dialect, Sql};

use crate::cells::Reader;
use crate::write::{Batch, Rows};
use crate::{Database, StoreError};

/// What kind of work a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    DocumentCheck,
    BiometricCheck,
    /// A biometric validation that nobody comes for.
    ValidationExpiry,
    /// A liveness session that nobody uses.
    SessionExpiry,
    /// The scheduled backup, of no record.
    Backup,
    /// The look for what the vault holds of nobody. It has one row, of no client, that stays: its lease
    /// runs out when the next look is due.
    VaultSweep,
}

impl JobKind {
    /// Those of records.
    pub const OF_RECORDS: [JobKind; 4] = [
        JobKind::DocumentCheck,
        JobKind::BiometricCheck,
        JobKind::ValidationExpiry,
        JobKind::SessionExpiry,
    ];

    pub fn name(self) -> &'static str {
        match self {
            JobKind::DocumentCheck => "document_check",
            JobKind::BiometricCheck => "biometric_check",
            JobKind::ValidationExpiry => "validation_expiry",
            JobKind::SessionExpiry => "session_expiry",
            JobKind::Backup => "backup",
            JobKind::VaultSweep => "vault_sweep",
        }
    }

    pub(crate) fn word(self) -> Arg {
        Arg::Text(self.name().to_owned())
    }
}

/// A record that is being worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub kind: JobKind,
    /// The record's id.
    pub record: String,
    pub client: String,
    /// When it counts as left behind.
    pub lease_until: Timestamp,
    /// What whoever takes it up needs to know.
    pub detail: Option<String>,
    /// How often it was taken up before.
    pub attempts: i64,
}

impl Batch {
    pub fn insert_job(&mut self, job: &Job) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO jobs (kind, record, client, lease_until, detail) VALUES (");
        sql.bind(job.kind.word()).push(", ");
        sql.bind(Arg::Text(job.record.clone())).push(", ");
        sql.bind(Arg::Text(job.client.clone())).push(", ");
        sql.bind(Arg::Integer(job.lease_until.0)).push(", ");
        sql.bind(job.detail.clone().map_or(Arg::Null, Arg::Text)).push(")");
        self.push(sql, Rows::Exactly(1))
    }

    /// Makes a job that comes again and again, unless it is there; it is due now.
    pub fn ensure_periodic(&mut self, kind: JobKind, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO jobs (kind, record, client, lease_until) VALUES (");
        sql.bind(kind.word()).push(", ").bind(periodic_name()).push(", '', ");
        sql.bind(Arg::Integer(now.0 - 1)).push(") ON CONFLICT (kind, record) DO NOTHING");
        self.push(sql, Rows::Any)
    }

    /// Sets when a job that comes again is due, or counts as left behind, and what is known of its last
    /// run; a `Conflict` when somebody else has taken it up.
    pub fn postpone_periodic(&mut self, job: &Job, until: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE jobs SET attempts = 0, lease_until = ").bind(Arg::Integer(until.0));
        sql.push(", detail = ").bind(job.detail.clone().map_or(Arg::Null, Arg::Text));
        sql.push(" WHERE kind = ").bind(job.kind.word()).push(" AND record = ");
        sql.bind(periodic_name()).push(" AND lease_until = ");
        sql.bind(Arg::Integer(job.lease_until.0));
        self.push(sql, Rows::Exactly(1))
    }

    /// The record is gone, and what was at it with it.
    pub fn delete_any_job(&mut self, kind: JobKind, record: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM jobs WHERE kind = ").bind(kind.word());
        sql.push(" AND record = ").bind(Arg::Text(record.to_owned()));
        self.push(sql, Rows::Any)
    }

    /// The work is over; the batch is a `Conflict` when somebody else has ended it.
    pub fn delete_job(&mut self, kind: JobKind, record: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM jobs WHERE kind = ").bind(kind.word());
        sql.push(" AND record = ").bind(Arg::Text(record.to_owned()));
        self.push(sql, Rows::Exactly(1))
    }
}

impl Database {
    /// What is known of the last run of a job that comes again; `None` before its first end.
    pub async fn periodic_detail(&self, kind: JobKind) -> Result<Option<String>, StoreError> {
        self.read(async move |reader| {
            let mut sql = Sql::default();
            sql.push("SELECT detail FROM jobs WHERE kind = ").bind(kind.word());
            sql.push(" AND record = ").bind(periodic_name());
            let mut detail = None;
            reader
                .fetch(&sql, &mut |row| {
                    detail = row.text(0)?.map(str::to_owned);
                    Ok(())
                })
                .await?;
            Ok(detail)
        })
        .await
    }
}

/// No record is called so: an id holds no dot.
fn periodic_name() -> Arg {
    Arg::Text(".periodic".to_owned())
}

/// Takes up jobs whose lease has run out, the oldest first, `limit` at most. No two nodes get the
/// same one, and none waits for another.
pub async fn take_jobs(
    reader: &mut Reader,
    kind: JobKind,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<Job>, StoreError> {
    let mut sql = Sql::default();
    sql.push("WITH due AS MATERIALIZED (SELECT record FROM jobs WHERE kind = ").bind(kind.word());
    sql.push(" AND lease_until < ").bind(Arg::Integer(now.0));
    sql.push(" ORDER BY lease_until, record LIMIT ").bind(Arg::Integer(i64::from(limit)));
    if reader.dialect() == Dialect::Postgres {
        // SQLite has one writer: there is nobody to skip.
        sql.push(" FOR UPDATE SKIP LOCKED");
    }
    sql.push(") UPDATE jobs SET attempts = attempts + 1, lease_until = ");
    sql.bind(Arg::Integer(lease_until.0)).push(" WHERE kind = ").again(1);
    sql.push(" AND record IN (SELECT record FROM due)");
    sql.push(" RETURNING record, client, detail, attempts - 1");
    let mut jobs = Vec::new();
    reader
        .fetch(&sql, &mut |row| {
            jobs.push(Job {
                kind,
                record: row.text(0)?.unwrap_or_default().to_owned(),
                client: row.text(1)?.unwrap_or_default().to_owned(),
                lease_until,
                detail: row.text(2)?.map(str::to_owned),
                attempts: row.integer(3)?.unwrap_or(0),
            });
            Ok(())
        })
        .await?;
    Ok(jobs)
}
