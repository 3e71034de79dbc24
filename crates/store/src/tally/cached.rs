//! Buckets in memory: what was read before, as long as the tallies are as they were then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use verax_query::tally::{Bucket, Nodes};
use verax_query::{Resource, Slice};

/// More nodes than this, of up to 64 buckets and 1.5 KiB each, are forgotten rather than kept.
const NODES_MAX: usize = 8_192;

/// More parts of buckets than this are forgotten rather than kept.
const PARTS_MAX: usize = 4_096;

/// What all connections of one database remember of its tallies.
#[derive(Default)]
pub struct CachedBuckets {
    nodes: Remembered<(usize, i64), Arc<[Bucket]>>,
    parts: Remembered<(i64, i64), i64>,
}

type Remembered<K, T> = Mutex<HashMap<(List, K), Cached<T>>>;

/// In which state of the tallies it was so.
struct Cached<T> {
    version: i64,
    it: T,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct List {
    table: &'static str,
    scope: Arc<str>,
    /// The columns that are counted, a bit each.
    columns: u32,
}

/// The buckets of one kind of request, in one state of the tallies.
pub struct KnownList<'a> {
    all: &'a CachedBuckets,
    list: List,
    version: i64,
}

impl CachedBuckets {
    pub fn list(&self, resource: &Resource, slice: &Slice, version: i64) -> KnownList<'_> {
        let columns = slice.columns.iter().fold(0, |bits, column| bits | 1 << column);
        let scope = slice.scope.as_str().into();
        let list = List { table: resource.table, scope, columns };
        KnownList { all: self, list, version }
    }
}

impl KnownList<'_> {
    pub fn recall(&self, wanted: &[(usize, i64)]) -> Nodes {
        let known = self.all.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut nodes = Nodes::new();
        for node in wanted {
            let found = known.get(&(self.list.clone(), *node));
            if let Some(found) = found.filter(|found| found.version == self.version) {
                nodes.insert(*node, Arc::clone(&found.it));
            }
        }
        nodes
    }

    pub fn remember(&self, node: (usize, i64), buckets: Arc<[Bucket]>) {
        let mut nodes = self.all.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if nodes.len() >= NODES_MAX {
            nodes.clear();
        }
        let known = Cached { version: self.version, it: buckets };
        nodes.insert((self.list.clone(), node), known);
    }

    /// How many records of a part of a bucket, `from..until`, are in the tallies.
    pub fn recall_part(&self, span: (i64, i64)) -> Option<i64> {
        let parts = self.all.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let found = parts.get(&(self.list.clone(), span))?;
        (found.version == self.version).then_some(found.it)
    }

    pub fn remember_part(&self, span: (i64, i64), count: i64) {
        let mut parts = self.all.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if parts.len() >= PARTS_MAX {
            parts.clear();
        }
        parts.insert((self.list.clone(), span), Cached { version: self.version, it: count });
    }
}
