//! Blocks of rows, whose bytes mean the same for both databases: columns in the order of their names,
//! flags as numbers. So a table's digest is the same wherever its rows are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::StoreError;
use crate::forgetting::{TABLES_OF_NO_CLIENT, tables_of_clients};

/// Tables that are not copied: their rows follow from those of others, by triggers and by counting, or
/// mean nothing elsewhere.
pub static REBUILT_TABLES: [&str; 9] = [
    "fingerprints",
    "heartbeats",
    "journal_new",
    "refinery_schema_history",
    "tallies",
    "tally_changes",
    "tally_versions",
    "text_folding",
    "validation_persons",
];

/// Triggers have written every event into the queue: those that came with a number leave it, and the others
/// stand in their order.
pub const REQUEUE: &str = "DELETE FROM journal_new; \
    INSERT INTO journal_new (client, source, id) SELECT client, 'events', id FROM ( \
        SELECT e.client, e.id, e.sequence, max(e.created_at) OVER ( \
            PARTITION BY e.client, e.resource, e.record ORDER BY e.sequence) AS moment \
        FROM events AS e WHERE NOT EXISTS (SELECT 1 FROM journal_leaves AS l \
            WHERE l.client = e.client AND l.id = e.id) \
    ) AS waiting ORDER BY moment, sequence, id;";

/// Schemas before this one have no such queue.
pub const REQUEUE_SINCE: i64 = 22;

/// Every other table of the schema.
pub fn copied_tables() -> impl Iterator<Item = &'static str> {
    let all = tables_of_clients().map(|(table, _)| table).chain(TABLES_OF_NO_CLIENT);
    all.filter(|table| !REBUILT_TABLES.contains(table))
}

/// The copied table of this name.
pub fn copied_table(name: &str) -> Option<&'static str> {
    copied_tables().find(|table| *table == name)
}

/// Some rows of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowBlock {
    pub table: &'static str,
    /// In the order of their names.
    pub columns: Vec<String>,
    /// Each row is its length and its values.
    pub bytes: Vec<u8>,
}

/// How many rows a table has, and a sum over all of them that does not depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableDigest {
    pub rows: u64,
    sum: [u64; 4],
}

/// By table.
pub type TableDigests = BTreeMap<&'static str, TableDigest>;

/// A block, the end, or why there is neither.
pub(crate) type Reading = Result<Option<RowBlock>, StoreError>;

pub(crate) enum Step {
    Block(RowBlock),
    /// Those were all: what is there must be this.
    Finish(TableDigests),
}

const BLOCK_BYTES: usize = 256 * 1024;

impl RowBlock {
    /// The encoded rows, one by one.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Result<&[u8], StoreError>> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            (!rest.is_empty()).then(|| {
                let row = length_prefixed(&mut rest);
                if row.is_err() {
                    rest = &[];
                }
                row
            })
        })
    }
}

impl TableDigest {
    pub fn add(&mut self, block: &RowBlock) -> Result<(), StoreError> {
        for row in block.rows() {
            self.rows += 1;
            let digest = Sha256::digest(row?);
            for (sum, eight) in self.sum.iter_mut().zip(digest.as_chunks::<8>().0) {
                *sum = sum.wrapping_add(u64::from_be_bytes(*eight));
            }
        }
        Ok(())
    }

    /// The sum in hexadecimal.
    pub fn sum(&self) -> String {
        self.sum.iter().fold(String::new(), |mut text, part| {
            // Writing to a String does not fail.
            let _ = write!(text, "{part:016x}");
            text
        })
    }

    /// From what [`TableDigest::sum`] has written.
    pub fn read(rows: u64, sum: &str) -> Option<TableDigest> {
        let part = |index: usize| sum.get(index * 16..index * 16 + 16);
        let part = |index| part(index).and_then(|text| u64::from_str_radix(text, 16).ok());
        Some(TableDigest { rows, sum: [part(0)?, part(1)?, part(2)?, part(3)?] })
    }
}

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Integer(i64),
    Number(f64),
    Text(&'a str),
}

/// Collects rows of one table into blocks.
pub(crate) struct BlockWriter {
    block: RowBlock,
    order: Vec<usize>,
}

impl BlockWriter {
    /// Of a table with these columns.
    pub fn new(table: &'static str, columns: &[&str]) -> BlockWriter {
        let order = in_order_of_names(columns);
        let columns = order.iter().map(|at| columns[*at].to_owned()).collect();
        BlockWriter { block: RowBlock { table, columns, bytes: Vec::new() }, order }
    }

    /// Adds a row, whose value in each column is asked for; answers a block when one is full.
    pub fn push<'a>(
        &mut self,
        mut value: impl FnMut(usize) -> Result<Value<'a>, StoreError>,
    ) -> Result<Option<RowBlock>, StoreError> {
        let bytes = &mut self.block.bytes;
        let begin = bytes.len();
        bytes.extend([0; 4]);
        for at in &self.order {
            match value(*at)? {
                Value::Null => bytes.push(0),
                Value::Integer(value) => {
                    bytes.push(1);
                    bytes.extend(value.to_le_bytes());
                }
                Value::Number(value) => {
                    bytes.push(2);
                    // SQLite has no negative zero.
                    bytes.extend((value + 0.0).to_le_bytes());
                }
                Value::Text(text) => {
                    bytes.push(3);
                    bytes.extend(length(text.len())?.to_le_bytes());
                    bytes.extend(text.as_bytes());
                }
            }
        }
        let row = length(bytes.len() - begin - 4)?;
        bytes[begin..begin + 4].copy_from_slice(&row.to_le_bytes());
        Ok((bytes.len() >= BLOCK_BYTES).then(|| self.take()))
    }

    /// The rows that are not in a full block.
    pub fn rest(&mut self) -> Option<RowBlock> {
        (!self.block.bytes.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> RowBlock {
        let bytes = std::mem::take(&mut self.block.bytes);
        RowBlock { bytes, ..self.block.clone() }
    }
}

/// Where the columns of a table are that rows are written to.
pub(crate) struct Columns {
    order: Vec<usize>,
    count: usize,
}

impl Columns {
    /// # Errors
    /// The table has other columns than the block.
    pub fn matching(names: &[&str], block: &RowBlock) -> Result<Columns, StoreError> {
        let order = in_order_of_names(names);
        if !order.iter().map(|at| names[*at]).eq(block.columns.iter().map(String::as_str)) {
            let other = format!("the table {} has other columns than the copied rows", block.table);
            return Err(StoreError::Address(other));
        }
        Ok(Columns { order, count: names.len() })
    }

    /// The values of a row, in the order of the table.
    pub fn values<'a>(&self, row: &'a [u8]) -> Result<Vec<Value<'a>>, StoreError> {
        let mut values = vec![Value::Null; self.count];
        let mut rest = row;
        for at in &self.order {
            values[*at] = match take::<1>(&mut rest)? {
                [0] => Value::Null,
                [1] => Value::Integer(i64::from_le_bytes(take(&mut rest)?)),
                [2] => Value::Number(f64::from_le_bytes(take(&mut rest)?)),
                [3] => {
                    let text = length_prefixed(&mut rest)?;
                    Value::Text(std::str::from_utf8(text).map_err(|_| damaged())?)
                }
                _ => return Err(damaged()),
            };
        }
        if rest.is_empty() { Ok(values) } else { Err(damaged()) }
    }
}

/// Compares what was written with what it must be.
pub(crate) fn compare(
    expected: &TableDigests,
    table: &str,
    found: TableDigest,
) -> Result<(), StoreError> {
    let wanted = expected.get(table).copied().unwrap_or_default();
    if wanted == found {
        return Ok(());
    }
    let counts = format!("{} of {} rows", found.rows, wanted.rows);
    let text = format!("the table {table} is not what was copied ({counts}): nothing was kept");
    Err(StoreError::Address(text))
}

pub(crate) fn not_empty(table: &str) -> StoreError {
    StoreError::Address(format!("the database is not empty: its table {table} has rows"))
}

fn in_order_of_names(columns: &[&str]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|at| columns[*at]);
    order
}

fn length(bytes: usize) -> Result<u32, StoreError> {
    u32::try_from(bytes).map_err(|_| StoreError::Statement("a row is too long".to_owned()))
}

fn length_prefixed<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], StoreError> {
    let length = u32::from_le_bytes(take(rest)?) as usize;
    let (taken, left) = rest.split_at_checked(length).ok_or_else(damaged)?;
    *rest = left;
    Ok(taken)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], StoreError> {
    let (taken, left) = rest.split_first_chunk::<N>().ok_or_else(damaged)?;
    *rest = left;
    Ok(*taken)
}

fn damaged() -> StoreError {
    StoreError::Address("the copied rows are damaged".to_owned())
}
