//! Totals and deep pages at a cost that does not grow: reading the tallies.
//!
//! What a request sees is the tallies plus the changes that are not folded into them yet, read in
//! one snapshot: exact at every moment.

mod fold;

use verax_query::tally::{
    Bucket, COLUMNS, Change, EVERYBODY, LEVEL_BITS, Piece, bucket_of, children, cover, locate,
};
use verax_query::{Arg, Query, Resource, Slice, Sql, Tenant, Window};

use crate::StoreError;
use crate::cells::{Reader, fetch_number};

pub use fold::pending as unfolded;

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
    pub async fn run(
        self,
        reader: &mut Reader,
        resource: &'static Resource,
    ) -> Result<u64, StoreError> {
        match self {
            Upkeep::Fold => {
                fold::fold(reader, resource, fold::FOLD_MAX).await.map(|count| count as u64)
            }
            Upkeep::Rebuild => fold::rebuild(reader, resource).await.map(|()| 0),
            Upkeep::Check => fold::check(reader, resource).await,
        }
    }
}

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
}

impl Tallied {
    /// Reads what is needed to answer the request, which is this slice.
    pub async fn read(
        reader: &mut Reader,
        query: &Query,
        tenant: &Tenant,
        slice: Slice,
    ) -> Result<Tallied, StoreError> {
        let resource = query.resource();
        let mut tallied = Tallied { resource, slice, pieces: Vec::new(), changes: Vec::new() };
        if tallied.slice.is_empty() {
            return Ok(tallied);
        }
        tallied.changes = tallied.fetch_changes(reader).await?;
        let buckets = tallied.fetch_cover(reader).await?;
        let (from, until) = (tallied.slice.from, tallied.slice.until);
        tallied.pieces = cover(0, from, until, &buckets, &tallied.changes);
        for piece in &mut tallied.pieces {
            if piece.count.is_none() {
                let dialect = reader.dialect();
                let sql = query.count_between_sql(dialect, tenant, piece.from, piece.until);
                piece.count = Some(fetch_number(reader, &sql).await?);
            }
        }
        Ok(tallied)
    }

    pub fn total(&self) -> u64 {
        let total: i64 = self.pieces.iter().filter_map(|piece| piece.count).sum();
        u64::try_from(total).unwrap_or(0)
    }

    /// A window that holds so many records after so many others, with few before them.
    pub async fn window(
        &self,
        reader: &mut Reader,
        skip: u64,
        size: u64,
    ) -> Result<Window, StoreError> {
        let mut window = Window { skip, ..in_order(&self.slice) };
        let down = self.slice.descending;
        if skip > 0
            && let Some((piece, skip)) = self.find(reader, skip).await?
        {
            window.skip = skip;
            if down { window.until = Some(piece.until) } else { window.from = Some(piece.from) }
        }
        let last = (skip + size).min(self.total()).saturating_sub(1);
        if window.is_unordered()
            && let Some((piece, _)) = self.find(reader, last).await?
        {
            if down { window.from = Some(piece.from) } else { window.until = Some(piece.until) }
        }
        Ok(window)
    }

    /// The finest bucket that holds the record with `before` others before it, and how many of
    /// those are in the bucket.
    async fn find(
        &self,
        reader: &mut Reader,
        before: u64,
    ) -> Result<Option<(Piece, u64)>, StoreError> {
        let mut found = locate(&self.pieces, self.slice.descending, before);
        while let Some((piece, skip)) = found
            && let Some((level, number)) = piece.split
        {
            let mut sql = Sql::default();
            self.push_buckets(&mut sql, level + 1, children(level, number));
            let buckets = self.fetch_buckets(reader, &sql).await?;
            let finer = cover(level + 1, piece.from, piece.until, &buckets, &self.changes);
            found = locate(&finer, self.slice.descending, skip);
        }
        Ok(found)
    }

    async fn fetch_changes(&self, reader: &mut Reader) -> Result<Vec<Change>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT created_at, n, status, type FROM tally_changes WHERE resource = ");
        sql.bind(Arg::Text(self.resource.table.to_owned()));
        if self.slice.scope != EVERYBODY {
            sql.push(" AND client = ").bind(Arg::Text(self.slice.scope.clone()));
        }
        let mut changes = Vec::new();
        reader
            .fetch(&sql, &mut |row| {
                let column =
                    self.slice.tally.column(row.text(2)?.unwrap_or_default(), row.text(3)?);
                if column.is_some_and(|column| self.slice.columns.contains(&column)) {
                    let created_at = row.integer(0)?.unwrap_or(0);
                    changes.push(Change { created_at, count: row.integer(1)?.unwrap_or(0) });
                }
                Ok(())
            })
            .await?;
        Ok(changes)
    }

    /// The coarsest buckets, and at the ends of the span the finer ones.
    async fn fetch_cover(&self, reader: &mut Reader) -> Result<Vec<Bucket>, StoreError> {
        let mut sql = Sql::default();
        let Slice { from, until, .. } = self.slice;
        self.push_buckets(&mut sql, 0, bucket_of(0, from)..=bucket_of(0, until - 1));
        for level in 1..LEVEL_BITS.len() {
            let mut parents = Vec::new();
            for end in [from, until] {
                let parent = bucket_of(level - 1, end);
                let cut = parent << LEVEL_BITS[level - 1] != end;
                if end != i64::MIN && end != i64::MAX && cut && !parents.contains(&parent) {
                    parents.push(parent);
                }
            }
            for parent in parents {
                let children = children(level - 1, parent);
                let first = bucket_of(level, from).max(*children.start());
                let last = bucket_of(level, until - 1).min(*children.end());
                sql.push(" UNION ALL ");
                self.push_buckets(&mut sql, level, first..=last);
            }
        }
        self.fetch_buckets(reader, &sql).await
    }

    fn push_buckets(&self, sql: &mut Sql, level: usize, numbers: std::ops::RangeInclusive<i64>) {
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
        sql.push(" AND bucket >= ").bind(Arg::Integer(*numbers.start()));
        sql.push(" AND bucket <= ").bind(Arg::Integer(*numbers.end()));
    }

    async fn fetch_buckets(
        &self,
        reader: &mut Reader,
        sql: &Sql,
    ) -> Result<Vec<Bucket>, StoreError> {
        let mut buckets = Vec::new();
        reader
            .fetch(sql, &mut |row| {
                buckets.push(Bucket {
                    level: usize::try_from(row.integer(0)?.unwrap_or(0)).unwrap_or(0),
                    number: row.integer(1)?.unwrap_or(0),
                    split: row.boolean(2)?.unwrap_or(false),
                    count: row.integer(3)?.unwrap_or(0),
                });
                Ok(())
            })
            .await?;
        Ok(buckets)
    }
}
