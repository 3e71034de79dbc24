//! Work at hand: who is at it holds a lease, and whose lease has run out is known by it.

use verax_domain::Timestamp;
use verax_query::{Arg, Dialect, Sql};

use crate::StoreError;
use crate::cells::Reader;
use crate::write::{Batch, Rows};

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
