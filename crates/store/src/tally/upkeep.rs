//! Looking after the tallies: changes are folded into them, or all of them are made again or checked.

use verax_query::Resource;

use super::fold::{Folded, check, fold, pending, rebuild};
use super::split::{count as count_split, split_all, write as write_split};
use crate::StoreError;
use crate::connection::Connection;
use crate::database::Database;
use crate::postgres::connection::{Lock, Singleton};

/// What there is to do for the tallies of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// Fold the oldest changes; answers how many.
    Fold,
    /// Make them anew from the records.
    Rebuild,
    /// Answers how many buckets are wrong.
    Check,
}

impl Upkeep {
    /// All of it in the transaction of this connection.
    pub async fn run(
        self,
        connection: &mut Connection,
        resource: &'static Resource,
    ) -> Result<u64, StoreError> {
        match self {
            Upkeep::Fold => {
                let folded = fold(connection, resource).await?;
                split_all(connection, resource, folded.full).await?;
                Ok(folded.count as u64)
            }
            Upkeep::Rebuild => rebuild(connection, resource).await.map(|()| 0),
            Upkeep::Check => check(connection, resource).await,
        }
    }
}

impl Database {
    /// Looks after the tallies of a resource. On PostgreSQL folding is left to another node that is at
    /// it.
    pub async fn upkeep(
        &self,
        upkeep: Upkeep,
        resource: &'static Resource,
    ) -> Result<u64, StoreError> {
        let work = async move |connection: &mut Connection| upkeep.run(connection, resource).await;
        match self {
            Database::Sqlite(_) if upkeep == Upkeep::Fold => {
                self.fold_beside_writers(resource).await
            }
            Database::Sqlite(sqlite) => sqlite.transact(work).await,
            Database::Postgres(postgres) => {
                let lock = if upkeep == Upkeep::Fold { Lock::IfFree } else { Lock::Wait };
                Ok(postgres.transact_alone(Singleton::Upkeep, lock, work).await?.unwrap_or(0))
            }
        }
    }

    /// How many changes are not folded into the tallies of a resource yet.
    pub async fn unfolded(&self, resource: &'static Resource) -> Result<u64, StoreError> {
        let count = self.fetch_number(pending(resource)).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Folds the oldest changes; answers how many. The records of a bucket that is split are counted by
    /// a reader: the one writer of SQLite does not wait for that.
    async fn fold_beside_writers(&self, resource: &'static Resource) -> Result<u64, StoreError> {
        let fold = async move |connection: &mut Connection| fold(connection, resource).await;
        let Folded { count, mut full } = self.change(fold).await?;
        while !full.is_empty() {
            let count = async move |connection: &mut Connection| {
                count_split(connection, resource, full).await
            };
            let split = match self.read(count).await {
                Ok(Some(split)) => split,
                // A later fold of the bucket splits it: until then it is right, if slow to read.
                Ok(None) | Err(StoreError::Busy(_)) => break,
                Err(error) => return Err(error),
            };
            let write = async move |connection: &mut Connection| {
                write_split(connection, resource, &split).await.map(|()| split.left)
            };
            full = match self.change(write).await {
                Ok(left) => left,
                Err(StoreError::Conflict) => break,
                Err(error) => return Err(error),
            };
        }
        Ok(count as u64)
    }
}
