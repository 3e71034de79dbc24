//! Job queue: a worker holds a lease; expired leases are reclaimed.

use verax_domain::Timestamp;
use verax_domain::records::contact_validation::Channel;
use verax_query::{Arg, Dialect, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::connection::Connection;
use crate::database::Database;
use crate::row::Cells;

/// What kind of work a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    DocumentCheck,
    BiometricCheck,
    /// A document that is read, or whose back is waited for.
    DocumentReading,
    /// A biometric validation that nobody comes for.
    ValidationExpiry,
    /// A liveness session that nobody uses.
    SessionExpiry,
    /// The code of an email validation, which is to be sent.
    EmailCode,
    /// The code of a phone validation, which is to be sent.
    PhoneCode,
    /// The scheduled backup, of no record.
    Backup,
    /// The look for what the vault holds of nobody. It has one row, of no client, that stays: its lease
    /// runs out when the next look is due.
    VaultSweep,
}

impl JobKind {
    /// Those of records.
    pub const OF_RECORDS: [JobKind; 7] = [
        JobKind::DocumentCheck,
        JobKind::BiometricCheck,
        JobKind::DocumentReading,
        JobKind::ValidationExpiry,
        JobKind::SessionExpiry,
        JobKind::EmailCode,
        JobKind::PhoneCode,
    ];

    /// The sending of a code.
    pub const fn of_code(channel: Channel) -> JobKind {
        match channel {
            Channel::Email => JobKind::EmailCode,
            Channel::Phone => JobKind::PhoneCode,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            JobKind::DocumentCheck => "document_check",
            JobKind::BiometricCheck => "biometric_check",
            JobKind::DocumentReading => "document_reading",
            JobKind::ValidationExpiry => "validation_expiry",
            JobKind::SessionExpiry => "session_expiry",
            JobKind::EmailCode => "email_code",
            JobKind::PhoneCode => "phone_code",
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

/// The jobs of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobStatus {
    pub kind: JobKind,
    /// No more than [`JOBS_COUNTED_MAX`].
    pub count: u64,
    /// The lease that ends, or ended, first.
    pub oldest_lease: Option<Timestamp>,
    /// How often the one that was begun most often was resumed.
    pub attempts_max: u64,
}

/// Every open session has a job: a look at all of them could take long.
pub const JOBS_COUNTED_MAX: u64 = 10_000;

impl Database {
    /// Takes jobs whose lease has run out, the oldest first, `limit` at most: until the new lease ends
    /// they are the caller's. No two nodes get the same one, and none waits for another.
    pub async fn take_jobs(
        &self,
        kind: JobKind,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Job>, StoreError> {
        let mut sql = Sql::default();
        sql.push("WITH due AS MATERIALIZED (SELECT record FROM jobs WHERE kind = ")
            .bind(kind.word());
        sql.push(" AND lease_until < ").bind(Arg::Integer(now.0));
        sql.push(" ORDER BY lease_until, record LIMIT ").bind(Arg::Integer(i64::from(limit)));
        if self.dialect() == Dialect::Postgres {
            // SQLite has one writer: there is nobody to skip.
            sql.push(" FOR UPDATE SKIP LOCKED");
        }
        sql.push(") UPDATE jobs SET attempts = attempts + 1, lease_until = ");
        sql.bind(Arg::Integer(lease_until.0)).push(" WHERE kind = ").again(1);
        sql.push(" AND record IN (SELECT record FROM due)");
        sql.push(" RETURNING record, client, detail, attempts - 1");
        let job = move |row: &dyn Cells| {
            Ok(Job {
                kind,
                record: row.string(0)?,
                client: row.string(1)?,
                lease_until,
                detail: row.optional_string(2)?,
                attempts: row.integer(3)?.unwrap_or(0),
            })
        };
        self.change(async move |connection| connection.fetch_rows(&sql, job).await).await
    }

    /// What the last time has left, and until when somebody has the work; `None` before the first time.
    pub async fn periodic_work(
        &self,
        kind: JobKind,
    ) -> Result<Option<(Timestamp, Option<String>)>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT lease_until, detail FROM jobs WHERE kind = ").bind(kind.word());
        sql.push(" AND record = ").bind(periodic_record(kind));
        self.fetch_row(sql, |row| {
            Ok((Timestamp(row.integer(0)?.unwrap_or(0)), row.optional_string(1)?))
        })
        .await
    }

    /// The jobs of each kind, of those whose leases end first.
    pub async fn jobs(&self) -> Result<Vec<JobStatus>, StoreError> {
        match self {
            Database::Sqlite(sqlite) => sqlite.read(None, jobs).await,
            Database::Postgres(postgres) => jobs(&mut postgres.probe_connection().await?).await,
        }
    }
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

    /// Makes the row of periodic work, if there is none: whoever comes first may take it.
    pub fn ensure_periodic(&mut self, kind: JobKind) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO jobs (kind, record, client, lease_until) VALUES (").bind(kind.word());
        sql.push(", ").bind(periodic_record(kind));
        sql.push(", '', 0) ON CONFLICT (kind, record) DO NOTHING");
        self.push(sql, Rows::Any)
    }

    /// Whoever holds periodic work until `held` keeps it until `until`, or says when it is due next, and
    /// what came of it, where there is a `detail`; a `Conflict` when another has it by now.
    pub fn postpone_periodic(
        &mut self,
        kind: JobKind,
        held: Timestamp,
        until: Timestamp,
        detail: Option<&str>,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE jobs SET attempts = 0, lease_until = ").bind(Arg::Integer(until.0));
        if let Some(detail) = detail {
            sql.push(", detail = ").bind(Arg::Text(detail.to_owned()));
        }
        sql.push(" WHERE kind = ").bind(kind.word());
        sql.push(" AND record = ").bind(periodic_record(kind));
        sql.push(" AND lease_until = ").bind(Arg::Integer(held.0));
        self.push(sql, Rows::Exactly(1))
    }
}

/// Periodic work is of no record, but its row has this in a record's place, which stays as it was written.
fn periodic_record(kind: JobKind) -> Arg {
    Arg::Text(if kind == JobKind::Backup { "periodic" } else { ".periodic" }.to_owned())
}

async fn jobs(connection: &mut Connection) -> Result<Vec<JobStatus>, StoreError> {
    let mut found = Vec::new();
    for kind in JobKind::OF_RECORDS {
        let mut sql = Sql::default();
        sql.push(
            "SELECT count(*), min(lease_until), max(attempts) FROM (SELECT lease_until, attempts",
        );
        sql.push(" FROM jobs WHERE kind = ").bind(kind.word());
        sql.push(" ORDER BY lease_until LIMIT ");
        sql.bind(Arg::Integer(i64::try_from(JOBS_COUNTED_MAX).unwrap_or(i64::MAX)));
        sql.push(") AS first_ones");
        connection
            .fetch(&sql, &mut |row| {
                let number = |value: Option<i64>| u64::try_from(value.unwrap_or(0)).unwrap_or(0);
                found.push(JobStatus {
                    kind,
                    count: number(row.integer(0)?),
                    oldest_lease: row.integer(1)?.map(Timestamp),
                    attempts_max: number(row.integer(2)?),
                });
                Ok(())
            })
            .await?;
    }
    Ok(found)
}
