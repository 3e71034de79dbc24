//! A list and a retrieve, over either database: one page, at most one total, one statement per
//! populated relation.

use std::collections::HashMap;

use verax_query::{
    After, Included, Kind, Place, Populate, Query, Retrieval, Reverse, Statement, Tenant,
    Timestamp, Value, Window,
};

use crate::StoreError;
use crate::cells::{Cells, Reader, fetch_number};
use crate::render::{Draft, Layout, Related, Slot};
use crate::tally::{Tallied, in_order};

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The rows as JSON objects.
    pub rows: Vec<u8>,
    /// How many records match, on all pages; `None`: it was not asked for.
    pub total: Option<u64>,
    /// Where a page that was asked for by a place ends; `None`: nothing comes after it.
    pub end: Option<Place>,
}

pub async fn page(
    reader: &mut Reader,
    query: &Query,
    tenant: &Tenant,
) -> Result<Listing, StoreError> {
    let mut page = query.page();
    let mut window = Window { skip: page.skip, ..Window::default() };
    let mut total = None;
    let slice = query.slice(tenant);
    let counted = slice.is_some();
    if let Some(slice) = &slice {
        window = Window { skip: page.skip, ..in_order(slice) };
    }
    if let Some(slice) = slice
        && (page.skip > 0 || window.is_unordered() || !query.skips_total())
    {
        reader.begin_snapshot().await?;
        let tallied = Tallied::read(reader, query, tenant, slice).await?;
        total = Some(tallied.total());
        if page.skip < tallied.total() {
            window = tallied.window(reader, page.skip, u64::from(page.size)).await?;
        } else {
            page.size = 0;
        }
    }
    let mut rows = Vec::new();
    if page.size > 0 {
        let statement = query.window_sql(reader.dialect(), tenant, &window);
        let draft = draft(reader, &statement, query.included()).await?;
        let found = draft.rows() as u64;
        // A page that is not full, and not beyond the end, has told the total already.
        if found > 0 && found < u64::from(page.size) {
            total = total.or(Some(page.skip + found));
        }
        if !counted && total.is_none() && !query.skips_total() {
            total = Some(count(reader, query, tenant).await?);
        }
        rows = fill(reader, draft, query.included(), tenant).await?;
    }
    reader.end_snapshot().await?;
    Ok(Listing { rows, total: total.filter(|_| !query.skips_total()), end: None })
}

/// The rows after a place in the list's order: what comes before them costs nothing.
pub async fn page_after(
    reader: &mut Reader,
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
                reader.begin_snapshot().await?;
            }
            if !query.skips_total() {
                let tallied = Tallied::read(reader, query, tenant, slice.clone()).await?;
                total = Some(tallied.total());
            }
            if window.is_unordered() {
                let time = after.place.and_then(|place| match place.keys.first() {
                    Some(Some(Value::Time(time))) => Some(time.0),
                    _ => None,
                });
                let beyond = time.map_or_else(|| slice.clone(), |time| slice.beyond(time));
                let tallied = Tallied::read(reader, query, tenant, beyond).await?;
                window = tallied.window(reader, 0, u64::from(after.limit) + 1).await?;
            }
        }
        None if query.skips_total() => {}
        None => total = Some(count(reader, query, tenant).await?),
    }
    // One row more than is shown tells whether anything comes after them.
    let more = After { limit: after.limit + 1, ..after };
    let statement = query.after_sql(reader.dialect(), tenant, more, &window);
    let mut draft = Draft::new(layout);
    let (mut last, mut end) = (None, None);
    reader
        .fetch(&statement.sql, &mut |row| {
            if draft.rows() == after.limit as usize {
                end = last.take();
                return Ok(());
            }
            draft.push_row(row, 0, &statement.fields, query.included())?;
            if draft.rows() == after.limit as usize {
                last = Some(place(row, statement.fields.len(), query)?);
            }
            Ok(())
        })
        .await?;
    let rows = fill(reader, draft, query.included(), tenant).await?;
    reader.end_snapshot().await?;
    Ok(Listing { rows, total, end })
}

/// Where a row stands, from the columns that begin at `first`.
fn place(row: &dyn Cells, first: usize, query: &Query) -> Result<Place, StoreError> {
    let mut keys = Vec::new();
    for (index, key) in query.place_keys().iter().enumerate() {
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
    Ok(Place { keys, id })
}

pub async fn count(reader: &mut Reader, query: &Query, tenant: &Tenant) -> Result<u64, StoreError> {
    if let Some(slice) = query.slice(tenant) {
        reader.begin_snapshot().await?;
        let tallied = Tallied::read(reader, query, tenant, slice).await?;
        reader.end_snapshot().await?;
        return Ok(tallied.total());
    }
    let number = fetch_number(reader, &query.count_sql(reader.dialect(), tenant)).await?;
    Ok(u64::try_from(number).unwrap_or(0))
}

/// The record as a JSON object; `None` when the tenant has no such record.
pub async fn record(
    reader: &mut Reader,
    retrieval: &Retrieval,
    tenant: &Tenant,
    id: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let statement = retrieval.record_sql(tenant, id);
    let draft = draft(reader, &statement, retrieval.included()).await?;
    if draft.rows() == 0 {
        return Ok(None);
    }
    Ok(Some(fill(reader, draft, retrieval.included(), tenant).await?))
}

/// The next whole records after the id `after`, one JSON object per line, and the last one's id.
pub async fn walk(
    reader: &mut Reader,
    query: &Query,
    tenant: &Tenant,
    after: &str,
    limit: u32,
) -> Result<(Vec<u8>, Option<String>), StoreError> {
    let statement = query.walk_sql(reader.dialect(), tenant, after, limit);
    let mut last = None;
    let mut lines = Vec::new();
    let mut drafts = Vec::new();
    reader
        .fetch(&statement.sql, &mut |row| {
            last = row.text(0)?.map(str::to_owned);
            let mut draft = Draft::default();
            draft.push_row(row, 0, &statement.fields, query.included())?;
            drafts.push(draft);
            Ok(())
        })
        .await?;
    let ids = |slot| {
        let all: std::collections::BTreeSet<String> =
            drafts.iter().flat_map(|draft| draft.ids(slot)).collect();
        all.into_iter().collect::<Vec<_>>()
    };
    let mut related = Related::new();
    for (index, populate) in query.included().populates().iter().enumerate() {
        let slot = Slot::Populate(index);
        related.push((slot, records(reader, populate, tenant, ids(slot)).await?));
    }
    for draft in drafts {
        lines.extend_from_slice(&draft.finish(&related, true));
        lines.push(b'\n');
    }
    Ok((lines, last))
}

async fn draft(
    reader: &mut Reader,
    statement: &Statement,
    included: &Included,
) -> Result<Draft, StoreError> {
    let mut draft = Draft::default();
    reader
        .fetch(&statement.sql, &mut |row| draft.push_row(row, 0, &statement.fields, included))
        .await?;
    Ok(draft)
}

async fn fill(
    reader: &mut Reader,
    draft: Draft,
    included: &Included,
    tenant: &Tenant,
) -> Result<Vec<u8>, StoreError> {
    let mut related = Related::new();
    for (index, populate) in included.populates().iter().enumerate() {
        let slot = Slot::Populate(index);
        related.push((slot, records(reader, populate, tenant, draft.ids(slot)).await?));
    }
    for (index, reverse) in included.reverses().iter().enumerate() {
        let slot = Slot::Reverse(index);
        related.push((slot, pointing(reader, reverse, tenant, draft.ids(slot)).await?));
    }
    Ok(draft.finish(&related, false))
}

/// The related records of one relation, rendered, by id. The same few are asked for with page after
/// page, so those that have not changed are remembered.
async fn records(
    reader: &mut Reader,
    populate: &Populate,
    tenant: &Tenant,
    mut ids: Vec<String>,
) -> Result<HashMap<String, Vec<u8>>, StoreError> {
    let mut found = HashMap::new();
    // What is populated inside others is part of their text: two requests may differ in it alone.
    let shelf = populate.nested.is_empty().then(|| shelf(populate, tenant));
    if let Some(shelf) = &shelf {
        ids.retain(|id| match reader.recall(&format!("{shelf}{id}")) {
            Some(text) => {
                found.insert(id.clone(), text.to_vec());
                false
            }
            None => true,
        });
    }
    if ids.is_empty() {
        return Ok(found);
    }
    for (id, text) in fetch_records(reader, populate, tenant, ids).await? {
        if let Some(shelf) = &shelf {
            reader.remember(format!("{shelf}{id}"), &text);
        }
        found.insert(id, text);
    }
    Ok(found)
}

/// What else than its id a related record's text depends on.
fn shelf(populate: &Populate, tenant: &Tenant) -> String {
    let mut shelf = populate.relation.resource.table.to_owned();
    for field in &populate.shown {
        shelf.push(' ');
        shelf.push_str(field.column);
    }
    // No id has a line feed.
    shelf.push('\n');
    if let Tenant::Client(client) = tenant {
        shelf.push_str(client);
    }
    shelf.push('\n');
    shelf
}

async fn fetch_records(
    reader: &mut Reader,
    populate: &Populate,
    tenant: &Tenant,
    ids: Vec<String>,
) -> Result<HashMap<String, Vec<u8>>, StoreError> {
    let statement = populate.records_sql(reader.dialect(), tenant, ids);
    let nested = Included::of(populate.nested.clone());
    let mut drafts: Vec<(String, Draft)> = Vec::new();
    reader
        .fetch(&statement.sql, &mut |row| {
            let id = row.text(0)?.unwrap_or_default().to_owned();
            let mut draft = Draft::default();
            draft.push_row(row, 0, &statement.fields, &nested)?;
            drafts.push((id, draft));
            Ok(())
        })
        .await?;
    let mut related = Related::new();
    for (index, populate) in nested.populates().iter().enumerate() {
        let slot = Slot::Populate(index);
        let ids: std::collections::BTreeSet<String> =
            drafts.iter().flat_map(|(_, draft)| draft.ids(slot)).collect();
        // One level deeper at the most: the request's limit on depth is two.
        let found = Box::pin(records(reader, populate, tenant, ids.into_iter().collect())).await?;
        related.push((slot, found));
    }
    Ok(drafts.into_iter().map(|(id, draft)| (id, draft.finish(&related, false))).collect())
}

/// The records that point here, rendered with commas between them, by the id pointed to.
async fn pointing(
    reader: &mut Reader,
    reverse: &'static Reverse,
    tenant: &Tenant,
    ids: Vec<String>,
) -> Result<HashMap<String, Vec<u8>>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let statement = reverse.records_sql(reader.dialect(), tenant, ids);
    let nothing = Included::default();
    let mut drafts: HashMap<String, Draft> = HashMap::new();
    reader
        .fetch(&statement.sql, &mut |row: &dyn Cells| {
            let target = row.text(0)?.unwrap_or_default().to_owned();
            let draft = drafts.entry(target).or_default();
            draft.push_row(row, 1, &statement.fields[1..], &nothing)
        })
        .await?;
    let none = Related::new();
    Ok(drafts.into_iter().map(|(id, draft)| (id, draft.finish(&none, false))).collect())
}
