//! Totals and positions from tallies: which requests they answer, and the walk over their buckets.
//! Pure: what a bucket holds is handed in.
//!
//! A tally counts a client's records (and, under the scope `*`, everybody's) per span of creation
//! time, in columns: one per pair of status and type. Spans nest: each level's is 64 times shorter
//! than the one above, and a bucket has finer ones below it only when it holds many records.

use std::collections::HashMap;
use std::sync::Arc;

use crate::query::{Condition, Query, Tenant, Test, Value};
pub use crate::resource::Tally;
use crate::{Field, Kind, Words};

/// The scope that counts the records of all clients.
pub const EVERYBODY: &str = "*";

/// The span of a bucket per level, as a power of two of milliseconds: 2 years, 12 days, 5 hours,
/// 4 minutes, 4 seconds, 64 milliseconds, 1.
pub const LEVEL_BITS: [u32; 7] = [36, 30, 24, 18, 12, 6, 0];

/// The columns of a tally, one per pair of status and type.
pub const COLUMNS: [&str; 25] = [
    "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "c10", "c11", "c12", "c13", "c14",
    "c15", "c16", "c17", "c18", "c19", "c20", "c21", "c22", "c23", "c24",
];

impl Tally {
    /// The column of a record; records without a type have one of their own.
    pub fn column(&self, status: &str, kind: Option<&str>) -> Option<usize> {
        let position = |words: &Words, word: &str| words.words.iter().position(|it| *it == word);
        let status = position(self.status, status)?;
        let Some(kinds) = self.kind else { return Some(status) };
        let kind = match kind {
            Some(kind) => position(kinds, kind)?,
            None => kinds.words.len(),
        };
        Some(status * (kinds.words.len() + 1) + kind)
    }

    /// How many columns are in use.
    pub fn width(&self) -> usize {
        self.status.words.len() * self.kind.map_or(1, |kinds| kinds.words.len() + 1)
    }
}

/// A request that tallies can answer: one scope, some columns, a span of creation time.
#[derive(Clone, Debug)]
pub struct Slice {
    pub tally: &'static Tally,
    pub scope: String,
    /// Which of [`COLUMNS`] are counted.
    pub columns: Vec<usize>,
    /// Whether these are all columns in use.
    pub all_columns: bool,
    /// The first millisecond of the span.
    pub from: i64,
    /// The first millisecond after it.
    pub until: i64,
    /// Newest first.
    pub descending: bool,
}

impl Query {
    /// The slice that this request is, if it is one: client, statuses, types and a span of
    /// `createdAt`, sorted by `createdAt`.
    pub fn slice(&self, tenant: &Tenant) -> Option<Slice> {
        let tally = self.resource().tally?;
        let [first, rest @ ..] = self.sort() else { return None };
        let by_creation = first.field.name == "createdAt"
            && rest
                .first()
                .is_none_or(|key| key.field.name == "_id" && key.descending == first.descending);
        if !by_creation || !self.any_of().is_empty() {
            return None;
        }
        let mut slice = Slice {
            tally,
            scope: match tenant {
                Tenant::Client(client) => client.clone(),
                Tenant::All => EVERYBODY.to_owned(),
            },
            columns: Vec::new(),
            all_columns: true,
            from: i64::MIN,
            until: i64::MAX,
            descending: first.descending,
        };
        let mut wanted = Wanted::default();
        for condition in self.conditions() {
            slice.restrict(condition, &mut wanted)?;
        }
        for (column, (status, kind)) in pairs(tally).enumerate() {
            if wanted.takes(Some(status), kind) {
                slice.columns.push(column);
            }
        }
        slice.all_columns = slice.columns.len() == tally.width();
        slice.until = slice.until.max(slice.from);
        Some(slice)
    }
}

/// Status and type of each column, in order.
fn pairs(tally: &Tally) -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    let kinds: Vec<Option<&'static str>> = match tally.kind {
        None => vec![None],
        Some(kinds) => kinds.words.iter().copied().map(Some).chain([None]).collect(),
    };
    let statuses = tally.status.words.iter();
    statuses.flat_map(move |status| kinds.clone().into_iter().map(move |kind| (*status, kind)))
}

/// The conditions on status and type.
#[derive(Default)]
struct Wanted<'a> {
    status: Vec<&'a Test>,
    kind: Vec<&'a Test>,
}

impl Wanted<'_> {
    fn takes(&self, status: Option<&str>, kind: Option<&str>) -> bool {
        self.status.iter().all(|test| holds(test, status))
            && self.kind.iter().all(|test| holds(test, kind))
    }
}

fn holds(test: &Test, word: Option<&str>) -> bool {
    let among = |values: &[Value]| {
        let is = |value: &Value| matches!(value, Value::Text(text) if Some(text.as_str()) == word);
        values.iter().any(is)
    };
    match test {
        Test::In(values) => among(values),
        Test::NotIn(values) => !among(values),
        Test::Absent => word.is_none(),
        Test::Present => word.is_some(),
        _ => false,
    }
}

impl Slice {
    /// `None` when a tally cannot tell this condition.
    fn restrict<'a>(&mut self, condition: &'a Condition, wanted: &mut Wanted<'a>) -> Option<()> {
        let Field { name, kind, .. } = condition.field;
        match (*name, kind, &condition.test) {
            (
                "status",
                Kind::Word(_),
                test @ (Test::In(_) | Test::NotIn(_) | Test::Absent | Test::Present),
            ) => wanted.status.push(test),
            (
                "type",
                Kind::Word(_),
                test @ (Test::In(_) | Test::NotIn(_) | Test::Absent | Test::Present),
            ) => wanted.kind.push(test),
            ("client", Kind::Relation(_), Test::In(values)) => match &values[..] {
                [Value::Text(client)] if self.scope == EVERYBODY || self.scope == *client => {
                    self.scope.clone_from(client);
                }
                // Another client's records, seen by this one: there are none.
                _ if self.scope != EVERYBODY => {
                    let own = Value::Text(self.scope.clone());
                    if !values.contains(&own) {
                        self.until = i64::MIN;
                    }
                }
                _ => return None,
            },
            ("createdAt", Kind::Time, test) => match test {
                Test::Greater(Value::Time(time)) => self.from = self.from.max(time.0 + 1),
                Test::GreaterOrEqual(Value::Time(time)) => self.from = self.from.max(time.0),
                Test::Less(Value::Time(time)) => self.until = self.until.min(time.0),
                Test::LessOrEqual(Value::Time(time)) => self.until = self.until.min(time.0 + 1),
                Test::In(values) => match &values[..] {
                    [Value::Day(day)] => {
                        self.from = self.from.max(day.0);
                        self.until = self.until.min(day.day_end().0 + 1);
                    }
                    _ => return None,
                },
                Test::Present => {}
                _ => return None,
            },
            _ => return None,
        }
        Some(())
    }

    /// Whether an index gives exactly these records in this order.
    pub fn is_in_order(&self) -> bool {
        self.all_columns || self.whole_statuses().len() == 1
    }

    /// The statuses whose records these are, if types make no difference; else none.
    pub fn whole_statuses(&self) -> Vec<&'static str> {
        let kinds = self.tally.kind.map_or(1, |kinds| kinds.words.len() + 1);
        let positions: Vec<usize> = self.columns.iter().map(|column| column / kinds).collect();
        let of_a_status: Vec<&[usize]> = positions.chunk_by(|one, next| one == next).collect();
        if of_a_status.iter().any(|columns| columns.len() != kinds) {
            return Vec::new();
        }
        of_a_status.iter().map(|columns| self.tally.status.words[columns[0]]).collect()
    }

    /// What comes after a moment in this order.
    pub fn beyond(&self, time: i64) -> Slice {
        let mut slice = self.clone();
        if slice.descending {
            slice.until = slice.until.min(time).max(slice.from);
        } else {
            slice.from = slice.from.max(time.saturating_add(1)).min(slice.until);
        }
        slice
    }

    pub fn is_empty(&self) -> bool {
        self.columns.is_empty() || self.from >= self.until
    }
}

/// A bucket of a tally, or the part of one that a request's span covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub from: i64,
    pub until: i64,
    /// How many of the request's records are in it; `None`: to be counted record by record.
    pub count: Option<i64>,
    /// The bucket below which there are finer ones.
    pub split: Option<(usize, i64)>,
}

/// What a tally says of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub number: i64,
    pub count: i64,
    pub split: bool,
}

/// Buckets of one level, in order, by that level and the bucket above them; those of level 0 are
/// under [`TOP`].
pub type Nodes = HashMap<(usize, i64), Arc<[Bucket]>>;

/// The node that holds the coarsest buckets.
pub const TOP: (usize, i64) = (0, 0);

/// A record that was added or removed and is not in the buckets yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub created_at: i64,
    pub count: i64,
}

/// The buckets of one level that cover a bucket of the level above.
pub fn children(level: usize, number: i64) -> std::ops::RangeInclusive<i64> {
    let bits = LEVEL_BITS[level] - LEVEL_BITS[level + 1];
    (number << bits)..=((number << bits) + (1 << bits) - 1)
}

pub fn bucket_of(level: usize, time: i64) -> i64 {
    time >> LEVEL_BITS[level]
}

/// The node that a bucket is in.
pub fn node_of(level: usize, number: i64) -> (usize, i64) {
    if level == 0 { TOP } else { (level, number >> (LEVEL_BITS[level - 1] - LEVEL_BITS[level])) }
}

fn span(level: usize, number: i64) -> (i64, i64) {
    let from = number << LEVEL_BITS[level];
    (from, from + (1 << LEVEL_BITS[level]))
}

/// Covers the span `from..until` with pieces, oldest first: whole buckets of a node, the finer ones
/// below those that the span cuts, and what it cuts of the finest there are. A node that is not among
/// `nodes` is empty.
pub fn cover(
    nodes: &Nodes,
    node: (usize, i64),
    from: i64,
    until: i64,
    changes: &[Change],
) -> Vec<Piece> {
    let level = node.0;
    let within = |number: i64| {
        let (begin, end) = span(level, number);
        begin < until && end > from
    };
    let stored = nodes.get(&node).map_or(&[][..], |buckets| buckets);
    let mut known: Vec<Bucket> =
        stored.iter().filter(|bucket| within(bucket.number)).copied().collect();
    // A change may be the first of its bucket.
    for change in changes.iter().filter(|it| (from..until).contains(&it.created_at)) {
        let number = bucket_of(level, change.created_at);
        if let Err(at) = known.binary_search_by_key(&number, |bucket| bucket.number) {
            known.insert(at, Bucket { number, count: 0, split: false });
        }
    }
    let mut pieces = Vec::with_capacity(known.len());
    for bucket in known {
        let (begin, end) = span(level, bucket.number);
        if begin >= from && end <= until {
            let changed = changes.iter().filter(|it| (begin..end).contains(&it.created_at));
            let count = bucket.count + changed.map(|it| it.count).sum::<i64>();
            let split = bucket.split.then_some((level, bucket.number));
            pieces.push(Piece { from: begin, until: end, count: Some(count), split });
        } else if bucket.split {
            let (from, until) = (begin.max(from), end.min(until));
            pieces.extend(cover(nodes, (level + 1, bucket.number), from, until, changes));
        } else {
            let (from, until) = (begin.max(from), end.min(until));
            pieces.push(Piece { from, until, count: None, split: None });
        }
    }
    pieces
}

/// The piece in which the record with this many before it is, and how many before it are in that
/// piece; `None`: there is no such record. Pieces are oldest first.
pub fn locate(pieces: &[Piece], descending: bool, before: u64) -> Option<(Piece, u64)> {
    let mut left = before;
    let mut find = |piece: &Piece| {
        let count = u64::try_from(piece.count.unwrap_or(0)).unwrap_or(0);
        if left < count {
            return Some((*piece, left));
        }
        left -= count;
        None
    };
    if descending {
        pieces.iter().rev().find_map(&mut find)
    } else {
        pieces.iter().find_map(&mut find)
    }
}
