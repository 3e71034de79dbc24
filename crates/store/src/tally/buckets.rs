//! The stored buckets: their keys, how many records make one full, and which state of them it is.

use verax_query::tally::COLUMNS;
use verax_query::{Arg, Resource, Sql};

use crate::StoreError;
use crate::connection::Connection;

/// A bucket with more records than this gets finer ones below it.
pub const SPLIT_ABOVE: i64 = 512;

/// The shifts of [`LEVEL_BITS`] as statement text.
pub const LEVEL_SHIFTS: [&str; 7] = ["36", "30", "24", "18", "12", "6", "0"];

pub const WIDTH: usize = COLUMNS.len();

/// Scope, level, number: the order in which buckets are written is the table's own.
pub type Key = (String, usize, i64);

/// Whoever remembers buckets of another version reads them again.
pub async fn renew_version(
    connection: &mut Connection,
    resource: &'static Resource,
) -> Result<(), StoreError> {
    let mut sql = Sql::default();
    sql.push("INSERT INTO tally_versions (resource, version) VALUES (").bind(table(resource));
    sql.push(", 1) ON CONFLICT (resource) DO UPDATE SET version = tally_versions.version + 1");
    connection.execute(&sql).await.map(drop)
}

pub fn table(resource: &'static Resource) -> Arg {
    Arg::Text(resource.table.to_owned())
}
