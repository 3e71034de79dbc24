//! Work at hand: who is at it holds a lease, and whose lease has run out is known by it.

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

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
}

impl JobKind {
    pub(crate) fn word(self) -> Arg {
        let word = match self {
            JobKind::DocumentCheck => "document_check",
            JobKind::BiometricCheck => "biometric_check",
            JobKind::ValidationExpiry => "validation_expiry",
            JobKind::SessionExpiry => "session_expiry",
        };
        Arg::Text(word.to_owned())
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
    /// How often it was taken up.
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

    /// Takes up a job that was left behind; a `Conflict` when somebody else was faster.
    pub fn take_up_job(&mut self, job: &Job, lease_until: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE jobs SET attempts = attempts + 1, lease_until = ");
        sql.bind(Arg::Integer(lease_until.0)).push(" WHERE kind = ").bind(job.kind.word());
        sql.push(" AND record = ").bind(Arg::Text(job.record.clone()));
        sql.push(" AND lease_until = ").bind(Arg::Integer(job.lease_until.0));
        self.push(sql, Rows::Exactly(1))
    }

    /// The work is over; the batch is a `Conflict` when somebody else has ended it.
    pub fn delete_job(&mut self, kind: JobKind, record: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM jobs WHERE kind = ").bind(kind.word());
        sql.push(" AND record = ").bind(Arg::Text(record.to_owned()));
        self.push(sql, Rows::Exactly(1))
    }
}

/// Jobs whose lease has run out, the oldest first, a hundred at most.
pub async fn lapsed_jobs(
    reader: &mut Reader,
    kind: JobKind,
    now: Timestamp,
) -> Result<Vec<Job>, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT record, client, lease_until, detail, attempts FROM jobs WHERE kind = ");
    sql.bind(kind.word());
    sql.push(" AND lease_until < ").bind(Arg::Integer(now.0));
    sql.push(" ORDER BY lease_until, record LIMIT 100");
    let mut jobs = Vec::new();
    reader
        .fetch(&sql, &mut |row| {
            jobs.push(Job {
                kind,
                record: row.text(0)?.unwrap_or_default().to_owned(),
                client: row.text(1)?.unwrap_or_default().to_owned(),
                lease_until: Timestamp(row.integer(2)?.unwrap_or(0)),
                detail: row.text(3)?.map(str::to_owned),
                attempts: row.integer(4)?.unwrap_or(0),
            });
            Ok(())
        })
        .await?;
    Ok(jobs)
}
