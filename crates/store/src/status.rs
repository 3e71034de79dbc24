//! What a database says of itself, for whoever watches it: pools, the replica, jobs.

use std::time::Duration;

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

use crate::cells::Reader;
use crate::jobs::JobKind;
use crate::{Database, StoreError};

/// The connections of one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    pub name: &'static str,
    pub used: usize,
    pub idle: usize,
    pub max: usize,
    /// Requests that wait for one; `None` where nobody counts them.
    pub waiting: Option<usize>,
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
    /// The pools of connections, from memory.
    pub fn pools(&self) -> Vec<PoolStatus> {
        match self {
            Database::Sqlite(sqlite) => vec![sqlite.pool()],
            Database::Postgres(postgres) => postgres.pools(),
        }
    }

    /// How long ago the replica had all that the primary had; `None`: there is no replica.
    pub fn replica_lag(&self) -> Option<Duration> {
        match self {
            Database::Sqlite(_) => None,
            Database::Postgres(postgres) => postgres.replica_lag(),
        }
    }

    /// The jobs of each kind, of those whose leases end first.
    pub async fn jobs(&self) -> Result<Vec<JobStatus>, StoreError> {
        match self {
            Database::Sqlite(sqlite) => sqlite.read(None, jobs).await,
            Database::Postgres(postgres) => jobs(&mut postgres.probe_reader().await?).await,
        }
    }
}

async fn jobs(reader: &mut Reader) -> Result<Vec<JobStatus>, StoreError> {
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
        reader
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
