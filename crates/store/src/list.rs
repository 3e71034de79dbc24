//! A list and a retrieve, over either database: one page, at most one total, one statement per
//! populated relation.

mod related;

use std::collections::BTreeSet;
use std::sync::Arc;

use verax_query::{
    After, Included, Kind, Position, Query, Retrieval, Sql, Tenant, Timestamp, Value, Window,
};

use crate::StoreError;
use crate::connection::Connection;
use crate::database::Database;
use crate::render::{Draft, Layout, Slot};
use crate::row::{Cells, Visit};
use crate::tally::{Tallied, in_order};
use related::{Lookup, resolve};

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The rows as JSON objects.
    pub rows: Vec<u8>,
    /// How many records match, on all pages; `None`: it was not asked for.
    pub total: Option<u64>,
    /// Where a page that was asked for by a position ends; `None`: nothing comes after it.
    pub end: Option<Position>,
}

impl Database {
    /// The rows and the total of a page.
    pub async fn page(&self, query: &Query, tenant: &Tenant) -> Result<Listing, StoreError> {
        let request = Arc::new((query.clone(), tenant.clone()));
        let work =
            async move |connection: &mut Connection| page(connection, &request.0, &request.1).await;
        self.read_replica(tenant, work).await
    }

    /// The rows after a position in the list's order, `limit` at most.
    pub async fn page_after(
        &self,
        query: &Query,
        tenant: &Tenant,
        position: Option<Position>,
        limit: u32,
        layout: Layout,
    ) -> Result<Listing, StoreError> {
        let (query, own) = (query.clone(), tenant.clone());
        let work = async move |connection: &mut Connection| {
            let after = After { position: position.as_ref(), limit };
            page_after(connection, &query, &own, after, layout).await
        };
        self.read_replica(tenant, work).await
    }

    /// How many records match.
    pub async fn count(&self, query: &Query, tenant: &Tenant) -> Result<u64, StoreError> {
        let (query, own) = (query.clone(), tenant.clone());
        let work = async move |connection: &mut Connection| count(connection, &query, &own).await;
        self.read_replica(tenant, work).await
    }

    /// The record as a JSON object; `None` when the tenant has no such record.
    pub async fn record(
        &self,
        retrieval: &Retrieval,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let (retrieval, own, id) = (retrieval.clone(), tenant.clone(), id.to_owned());
        let work = async move |connection: &mut Connection| {
            record(connection, &retrieval, &own, &id).await
        };
        self.read_replica(tenant, work).await
    }

    /// The next whole records after the id `after` that match, a line each, and the id of the last;
    /// `None` at the end. Sort and page of the query do not matter.
    pub async fn walk(
        &self,
        query: &Query,
        tenant: &Tenant,
        after: &str,
        limit: u32,
        layout: Layout,
    ) -> Result<(Vec<u8>, Option<String>), StoreError> {
        let (query, own, after) = (query.clone(), tenant.clone(), after.to_owned());
        let work = async move |connection: &mut Connection| {
            walk(connection, &query, &own, &after, limit, layout).await
        };
        self.read_replica(tenant, work).await
    }
}

async fn page(
    connection: &mut Connection,
    query: &Query,
    tenant: &Tenant,
) -> Result<Listing, StoreError> {
    let page = query.page();
    let mut rows = Draft::default();
    let mut total = None;
    match query.slice(tenant) {
        Some(slice) => {
            let window = Window { skip: page.skip, ..in_order(&slice) };
            let begins = page.skip == 0 && !window.is_unordered();
            if begins && query.skips_total() {
                rows = draft(connection, query, tenant, &window).await?;
            } else {
                connection.begin_snapshot();
                let tallied = if begins {
                    let mut tallied = Tallied::of(query.resource(), slice);
                    let changes = tallied.changes_sql();
                    let statement = query.window_sql(connection.dialect(), tenant, &window);
                    let (fields, included) = (&statement.fields, query.included());
                    let mut asked: [(&Sql, Visit<'_>); 2] = [
                        (&changes, &mut |row| tallied.push_change(row)),
                        (&statement.sql, &mut |row| rows.push_row(row, 0, fields, included)),
                    ];
                    connection.fetch_all(&mut asked).await?;
                    tallied.read_buckets(connection, query, tenant).await?;
                    tallied
                } else {
                    let tallied = Tallied::read(connection, query, tenant, slice).await?;
                    if page.skip < tallied.total() {
                        let size = u64::from(page.size);
                        let window = tallied.window(connection, page.skip, size).await?;
                        rows = draft(connection, query, tenant, &window).await?;
                    }
                    tallied
                };
                total = Some(tallied.total());
            }
        }
        None => {
            let window = Window { skip: page.skip, ..Window::default() };
            rows = draft(connection, query, tenant, &window).await?;
            let found = rows.rows() as u64;
            // A page that is not full, and not beyond the end, has told the total already.
            if found > 0 && found < u64::from(page.size) {
                total = Some(page.skip + found);
            } else if !query.skips_total() {
                total = Some(count(connection, query, tenant).await?);
            }
        }
    }
    let rows = fill(connection, rows, query.included(), tenant).await?;
    connection.end_snapshot()?;
    Ok(Listing { rows, total: total.filter(|_| !query.skips_total()), end: None })
}

/// The rows after a position in the list's order: what comes before them costs nothing.
async fn page_after(
    connection: &mut Connection,
    query: &Query,
    tenant: &Tenant,
    after: After<'_>,
    layout: Layout,
) -> Result<Listing, StoreError> {
    let mut total = None;
    let mut window = Window::default();
    match query.slice(tenant) {
        Some(slice) => {
            window = in_order(&slice);
            if window.is_unordered() || !query.skips_total() {
                connection.begin_snapshot();
            }
            if !query.skips_total() {
                let tallied = Tallied::read(connection, query, tenant, slice.clone()).await?;
                total = Some(tallied.total());
            }
            if window.is_unordered() {
                let time = after.position.and_then(|position| match position.keys.first() {
                    Some(Some(Value::Time(time))) => Some(time.0),
                    _ => None,
                });
                let beyond = time.map_or_else(|| slice.clone(), |time| slice.beyond(time));
                let tallied = Tallied::read(connection, query, tenant, beyond).await?;
                window = tallied.window(connection, 0, u64::from(after.limit) + 1).await?;
            }
        }
        None if query.skips_total() => {}
        None => total = Some(count(connection, query, tenant).await?),
    }
    // One row more than is shown tells whether anything comes after them.
    let more = After { limit: after.limit + 1, ..after };
    let statement = query.after_sql(connection.dialect(), tenant, more, &window);
    let mut draft = Draft::new(layout);
    let (mut last, mut end) = (None, None);
    connection
        .fetch(&statement.sql, &mut |row| {
            if draft.rows() == after.limit as usize {
                end = last.take();
                return Ok(());
            }
            draft.push_row(row, 0, &statement.fields, query.included())?;
            if draft.rows() == after.limit as usize {
                last = Some(position(row, statement.fields.len(), query)?);
            }
            Ok(())
        })
        .await?;
    let rows = fill(connection, draft, query.included(), tenant).await?;
    connection.end_snapshot()?;
    Ok(Listing { rows, total, end })
}

/// Where a row stands, from the columns that begin at `first`.
fn position(row: &dyn Cells, first: usize, query: &Query) -> Result<Position, StoreError> {
    let mut keys = Vec::new();
    for (index, key) in query.position_keys().iter().enumerate() {
        let column = first + index;
        keys.push(match key.field.kind {
            Kind::Bool => row.boolean(column)?.map(Value::Bool),
            Kind::Integer => row.integer(column)?.map(Value::Integer),
            Kind::Number => row.number(column)?.map(Value::Number),
            Kind::Time => row.integer(column)?.map(|time| Value::Time(Timestamp(time))),
            _ => row.text(column)?.map(|text| Value::Text(text.to_owned())),
        });
    }
    let id = row.text(first + keys.len())?.unwrap_or_default().to_owned();
    Ok(Position { keys, id })
}

async fn count(
    connection: &mut Connection,
    query: &Query,
    tenant: &Tenant,
) -> Result<u64, StoreError> {
    if let Some(slice) = query.slice(tenant) {
        connection.begin_snapshot();
        let tallied = Tallied::read(connection, query, tenant, slice).await?;
        connection.end_snapshot()?;
        return Ok(tallied.total());
    }
    let number = connection.fetch_number(&query.count_sql(connection.dialect(), tenant)).await?;
    Ok(u64::try_from(number).unwrap_or(0))
}

/// The record as a JSON object; `None` when the tenant has no such record.
async fn record(
    connection: &mut Connection,
    retrieval: &Retrieval,
    tenant: &Tenant,
    id: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let statement = retrieval.record_sql(tenant, id);
    let mut draft = Draft::default();
    let (fields, included) = (&statement.fields, retrieval.included());
    connection.fetch(&statement.sql, &mut |row| draft.push_row(row, 0, fields, included)).await?;
    if draft.rows() == 0 {
        return Ok(None);
    }
    Ok(Some(fill(connection, draft, included, tenant).await?))
}

/// The next whole records after the id `after`, a line each, and the last one's id.
async fn walk(
    connection: &mut Connection,
    query: &Query,
    tenant: &Tenant,
    after: &str,
    limit: u32,
    layout: Layout,
) -> Result<(Vec<u8>, Option<String>), StoreError> {
    let statement = query.walk_sql(connection.dialect(), tenant, after, limit);
    let mut last = None;
    let mut lines = Vec::new();
    let mut drafts = Vec::new();
    connection
        .fetch(&statement.sql, &mut |row| {
            last = row.text(0)?.map(str::to_owned);
            let mut draft = Draft::new(layout);
            draft.push_row(row, 0, &statement.fields, query.included())?;
            drafts.push(draft);
            Ok(())
        })
        .await?;
    let ids = |slot| {
        let all: BTreeSet<String> = drafts.iter().flat_map(|draft| draft.ids(slot)).collect();
        all.into_iter().collect::<Vec<_>>()
    };
    let mut lookups = Vec::new();
    for (index, populate) in query.included().populates().iter().enumerate() {
        lookups.push(Lookup::populated(
            connection,
            index,
            populate,
            tenant,
            ids(Slot::Populate(index)),
        ));
    }
    let related = resolve(connection, tenant, lookups).await?;
    for draft in drafts {
        lines.extend_from_slice(&draft.finish(&related, true));
    }
    Ok((lines, last))
}

/// The rows of the page, which are known to be in this window.
async fn draft(
    connection: &mut Connection,
    query: &Query,
    tenant: &Tenant,
    window: &Window,
) -> Result<Draft, StoreError> {
    let mut draft = Draft::default();
    let statement = query.window_sql(connection.dialect(), tenant, window);
    let (fields, included) = (&statement.fields, query.included());
    connection.fetch(&statement.sql, &mut |row| draft.push_row(row, 0, fields, included)).await?;
    Ok(draft)
}

async fn fill(
    connection: &mut Connection,
    draft: Draft,
    included: &Included,
    tenant: &Tenant,
) -> Result<Vec<u8>, StoreError> {
    let mut lookups = Vec::new();
    for (index, populate) in included.populates().iter().enumerate() {
        let ids = draft.ids(Slot::Populate(index));
        lookups.push(Lookup::populated(connection, index, populate, tenant, ids));
    }
    for (index, reverse) in included.reverses().iter().enumerate() {
        let ids = draft.ids(Slot::Reverse(index));
        lookups.push(Lookup::pointing(connection, index, reverse, tenant, ids));
    }
    Ok(draft.finish(&resolve(connection, tenant, lookups).await?, false))
}
