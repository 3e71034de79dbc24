//! Totals and deep pages at a cost that does not grow: reading the tallies.
//!
//! What a request sees is the tallies plus the changes that are not folded into them yet, read in
//! one snapshot: exact at every moment.

mod buckets;
pub mod cached;
mod fold;
mod split;
pub mod upkeep;

use std::collections::BTreeMap;
use std::sync::Arc;

use verax_query::tally::{
    Bucket, COLUMNS, Change, EVERYBODY, LEVEL_BITS, Nodes, Piece, TOP, bucket_of, children, cover,
    locate, node_of,
};
use verax_query::{Arg, Query, Resource, Slice, Sql, Tenant, Window};

use crate::StoreError;
use crate::connection::Connection;
use crate::row::Cells;

/// A window without ends: the order in which an index gives what the slice asks for.
pub fn in_order(slice: &Slice) -> Window {
    if slice.is_in_order() {
        return Window::default();
    }
    Window { mixed: true, statuses: slice.whole_statuses(), ..Window::default() }
}

/// The tally of one request, read at one moment.
pub struct Tallied {
    resource: &'static Resource,
    slice: Slice,
    pieces: Vec<Piece>,
    changes: Vec<Change>,
    /// Which state of the tallies this is.
    version: i64,
}

impl Tallied {
    /// Nothing is read yet.
    pub fn of(resource: &'static Resource, slice: Slice) -> Tallied {
        let (pieces, changes) = (Vec::new(), Vec::new());
        Tallied { resource, slice, pieces, changes, version: 0 }
    }

    /// Reads what is needed to answer the request, which is this slice.
    pub async fn read(
        connection: &mut Connection,
        query: &Query,
        tenant: &Tenant,
        slice: Slice,
    ) -> Result<Tallied, StoreError> {
        let mut tallied = Tallied::of(query.resource(), slice);
        let changes = tallied.changes_sql();
        connection.fetch(&changes, &mut |row| tallied.push_change(row)).await?;
        tallied.read_buckets(connection, query, tenant).await?;
        Ok(tallied)
    }

    /// Reads the rest, when the changes are known.
    pub async fn read_buckets(
        &mut self,
        connection: &mut Connection,
        query: &Query,
        tenant: &Tenant,
    ) -> Result<(), StoreError> {
        if self.slice.is_empty() {
            return Ok(());
        }
        let (from, until) = (self.slice.from, self.slice.until);
        let nodes = self.nodes(connection, cut_by(from, until)).await?;
        self.pieces = cover(&nodes, TOP, from, until, &self.changes);
        let known = Arc::clone(connection.cached_buckets());
        let list = known.list(self.resource, &self.slice, self.version);
        for piece in self.pieces.iter_mut().filter(|piece| piece.count.is_none()) {
            let span = piece.from..piece.until;
            let changed = self.changes.iter().filter(|change| span.contains(&change.created_at));
            let changed: i64 = changed.map(|change| change.count).sum();
            let folded = match list.recall_part((span.start, span.end)) {
                Some(folded) => folded,
                None => {
                    let dialect = connection.dialect();
                    let sql = query.count_between_sql(dialect, tenant, span.start, span.end);
                    let folded = connection.fetch_number(&sql).await? - changed;
                    list.remember_part((span.start, span.end), folded);
                    folded
                }
            };
            piece.count = Some(folded + changed);
        }
        Ok(())
    }

    pub fn total(&self) -> u64 {
        let total: i64 = self.pieces.iter().filter_map(|piece| piece.count).sum();
        u64::try_from(total).unwrap_or(0)
    }

    /// A window that holds so many records after so many others, with few before them.
    pub async fn window(
        &self,
        connection: &mut Connection,
        skip: u64,
        size: u64,
    ) -> Result<Window, StoreError> {
        let mut window = Window { skip, ..in_order(&self.slice) };
        let down = self.slice.descending;
        if skip > 0
            && let Some((piece, skip)) = self.find(connection, skip).await?
        {
            window.skip = skip;
            if down { window.until = Some(piece.until) } else { window.from = Some(piece.from) }
        }
        let last = (skip + size).min(self.total()).saturating_sub(1);
        if window.is_unordered()
            && let Some((piece, _)) = self.find(connection, last).await?
        {
            if down { window.from = Some(piece.from) } else { window.until = Some(piece.until) }
        }
        Ok(window)
    }

    /// The finest bucket that holds the record with `before` others before it, and how many of
    /// those are in the bucket.
    async fn find(
        &self,
        connection: &mut Connection,
        before: u64,
    ) -> Result<Option<(Piece, u64)>, StoreError> {
        let mut found = locate(&self.pieces, self.slice.descending, before);
        while let Some((piece, skip)) = found
            && let Some((level, number)) = piece.split
        {
            let node = (level + 1, number);
            let nodes = self.nodes(connection, vec![node]).await?;
            let finer = cover(&nodes, node, piece.from, piece.until, &self.changes);
            found = locate(&finer, self.slice.descending, skip);
        }
        Ok(found)
    }

    /// The changes that are not in the buckets yet, and the buckets' version.
    pub fn changes_sql(&self) -> Sql {
        let slice = &self.slice;
        let mut sql = Sql::default();
        sql.push("SELECT created_at, n, status, type FROM tally_changes WHERE resource = ");
        sql.bind(Arg::Text(self.resource.table.to_owned()));
        if slice.scope != EVERYBODY {
            sql.push(" AND client = ").bind(Arg::Text(slice.scope.clone()));
        }
        sql.push(
            " UNION ALL SELECT version, NULL, NULL, NULL FROM tally_versions WHERE resource = ",
        );
        sql.bind(Arg::Text(self.resource.table.to_owned()));
        sql
    }

    pub fn push_change(&mut self, row: &dyn Cells) -> Result<(), StoreError> {
        let first = row.integer(0)?.unwrap_or(0);
        let Some(count) = row.integer(1)? else {
            self.version = first;
            return Ok(());
        };
        let status = row.text(2)?.unwrap_or_default();
        let column = self.slice.tally.column(status, row.text(3)?);
        if column.is_some_and(|column| self.slice.columns.contains(&column)) {
            self.changes.push(Change { created_at: first, count });
        }
        Ok(())
    }

    /// These nodes, from memory as far as they are as they were; the others in one statement.
    async fn nodes(
        &self,
        connection: &mut Connection,
        wanted: Vec<(usize, i64)>,
    ) -> Result<Nodes, StoreError> {
        let known = Arc::clone(connection.cached_buckets());
        let list = known.list(self.resource, &self.slice, self.version);
        let mut nodes = list.recall(&wanted);
        let missing = wanted.into_iter().filter(|node| !nodes.contains_key(node));
        let mut read: BTreeMap<(usize, i64), Vec<Bucket>> =
            missing.map(|node| (node, Vec::new())).collect();
        if read.is_empty() {
            return Ok(nodes);
        }
        let mut sql = Sql::default();
        for (index, node) in read.keys().enumerate() {
            sql.push(if index > 0 { " UNION ALL " } else { "" });
            self.push_node(&mut sql, *node);
        }
        connection
            .fetch(&sql, &mut |row| {
                let level = usize::try_from(row.integer(0)?.unwrap_or(0)).unwrap_or(0);
                let number = row.integer(1)?.unwrap_or(0);
                let split = row.boolean(2)?.unwrap_or(false);
                let count = row.integer(3)?.unwrap_or(0);
                let node = read.entry(node_of(level, number)).or_default();
                node.push(Bucket { number, count, split });
                Ok(())
            })
            .await?;
        for (node, mut buckets) in read {
            buckets.sort_unstable_by_key(|bucket| bucket.number);
            let buckets: Arc<[Bucket]> = buckets.into();
            list.remember(node, Arc::clone(&buckets));
            nodes.insert(node, buckets);
        }
        Ok(nodes)
    }

    fn push_node(&self, sql: &mut Sql, (level, above): (usize, i64)) {
        sql.push("SELECT level, bucket, split, ");
        if self.slice.all_columns {
            sql.push("n");
        } else {
            for (index, column) in self.slice.columns.iter().enumerate() {
                sql.push(if index > 0 { " + " } else { "" }).push(COLUMNS[*column]);
            }
        }
        sql.push(" FROM tallies WHERE resource = ");
        sql.bind(Arg::Text(self.resource.table.to_owned()));
        sql.push(" AND scope = ").bind(Arg::Text(self.slice.scope.clone()));
        sql.push(" AND level = ").bind(Arg::Integer(level as i64));
        if let Some(parent) = level.checked_sub(1) {
            let numbers = children(parent, above);
            sql.push(" AND bucket >= ").bind(Arg::Integer(*numbers.start()));
            sql.push(" AND bucket <= ").bind(Arg::Integer(*numbers.end()));
        }
    }
}

/// The nodes that the ends of a span may cut: the coarsest, and at each end the finer ones.
fn cut_by(from: i64, until: i64) -> Vec<(usize, i64)> {
    let mut nodes = vec![TOP];
    for level in 1..LEVEL_BITS.len() {
        for end in [from, until] {
            let above = bucket_of(level - 1, end);
            let cut = above << LEVEL_BITS[level - 1] != end;
            if end != i64::MIN && end != i64::MAX && cut && !nodes.contains(&(level, above)) {
                nodes.push((level, above));
            }
        }
    }
    nodes
}
