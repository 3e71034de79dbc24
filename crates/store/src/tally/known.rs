//! Buckets in memory: what was read before, as long as the tallies are as they were then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use verax_query::tally::{Bucket, Nodes};
use verax_query::{Resource, Slice};

/// More nodes than this, of up to 64 buckets and 1.5 KiB each, are forgotten rather than kept.
const NODES_MAX: usize = 8_192;

/// What all connections of one database remember of its tallies.
#[derive(Default)]
pub struct KnownBuckets {
    nodes: Mutex<HashMap<Key, Known>>,
}

struct Known {
    version: i64,
    buckets: Arc<[Bucket]>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    table: &'static str,
    scope: Arc<str>,
    /// The columns that are counted, a bit each.
    columns: u32,
    node: (usize, i64),
}

/// The buckets of one kind of request, in one state of the tallies.
pub struct KnownList<'a> {
    all: &'a KnownBuckets,
    list: Key,
    version: i64,
}

impl KnownBuckets {
    pub fn list(&self, resource: &Resource, slice: &Slice, version: i64) -> KnownList<'_> {
        let columns = slice.columns.iter().fold(0, |bits, column| bits | 1 << column);
        let scope = slice.scope.as_str().into();
        let list = Key { table: resource.table, scope, columns, node: (0, 0) };
        KnownList { all: self, list, version }
    }
}

impl KnownList<'_> {
    pub fn recall(&self, wanted: &[(usize, i64)]) -> Nodes {
        let known = self.all.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut nodes = Nodes::new();
        for node in wanted {
            let found = known.get(&Key { node: *node, ..self.list.clone() });
            if let Some(found) = found.filter(|found| found.version == self.version) {
                nodes.insert(*node, Arc::clone(&found.buckets));
            }
        }
        nodes
    }

    pub fn remember(&self, node: (usize, i64), buckets: Arc<[Bucket]>) {
        let mut nodes = self.all.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if nodes.len() >= NODES_MAX {
            nodes.clear();
        }
        let known = Known { version: self.version, buckets };
        nodes.insert(Key { node, ..self.list.clone() }, known);
    }
}
