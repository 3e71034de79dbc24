//! A list and a retrieve, over either database: one page, at most one total, one statement per
//! populated relation.

use std::collections::HashMap;

use verax_query::{Included, Populate, Query, Retrieval, Reverse, Slice, Statement, Tenant};

use crate::StoreError;
use crate::cells::{Cells, Reader, fetch_number};
use crate::render::{Draft, Related, Slot};
use crate::tally::Tallied;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The rows as JSON objects with commas between them.
    pub rows: Vec<u8>,
    /// How many records match, on all pages.
    pub total: u64,
}

pub async fn page(
    reader: &mut Reader,
    query: &Query,
    tenant: &Tenant,
) -> Result<Listing, StoreError> {
    if let Some(slice) = query.slice(tenant) {
        reader.begin_snapshot().await?;
        let listing = tallied_page(reader, query, tenant, slice).await?;
        reader.end_snapshot().await?;
        return Ok(listing);
    }
    let statement = query.page_sql(reader.dialect(), tenant);
    let draft = rows(reader, &statement, query.included()).await?;
    let page = query.page();
    let found = draft.rows() as u64;
    // A page that is not full, and not beyond the end, has told the total already.
    let total = if found > 0 && found < u64::from(page.size) {
        page.skip + found
    } else {
        count(reader, query, tenant).await?
    };
    let rows = fill(reader, draft, query.included(), tenant).await?;
    Ok(Listing { rows, total })
}

/// The page by the tallies: its cost depends on the page alone.
async fn tallied_page(
    reader: &mut Reader,
    query: &Query,
    tenant: &Tenant,
    slice: Slice,
) -> Result<Listing, StoreError> {
    let tallied = Tallied::read(reader, query, tenant, slice).await?;
    let total = tallied.total();
    if query.page().skip >= total {
        return Ok(Listing { rows: Vec::new(), total });
    }
    let window = tallied.window(reader, query).await?;
    let statement = query.window_sql(reader.dialect(), tenant, &window);
    let draft = rows(reader, &statement, query.included()).await?;
    let rows = fill(reader, draft, query.included(), tenant).await?;
    Ok(Listing { rows, total })
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
    let draft = rows(reader, &statement, retrieval.included()).await?;
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
        for (id, text) in records(reader, populate, tenant, ids(slot)).await? {
            related.insert((slot, id), text);
        }
    }
    for draft in drafts {
        lines.extend_from_slice(&draft.finish(&related, true));
        lines.push(b'\n');
    }
    Ok((lines, last))
}

async fn rows(
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
        for (id, text) in records(reader, populate, tenant, draft.ids(slot)).await? {
            related.insert((slot, id), text);
        }
    }
    for (index, reverse) in included.reverses().iter().enumerate() {
        let slot = Slot::Reverse(index);
        for (id, text) in pointing(reader, reverse, tenant, draft.ids(slot)).await? {
            related.insert((slot, id), text);
        }
    }
    Ok(draft.finish(&related, false))
}

/// The related records of one relation, rendered, by id.
async fn records(
    reader: &mut Reader,
    populate: &Populate,
    tenant: &Tenant,
    ids: Vec<String>,
) -> Result<HashMap<String, Vec<u8>>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
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
        related.extend(found.into_iter().map(|(id, text)| ((slot, id), text)));
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
