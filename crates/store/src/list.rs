//! A list and a retrieve, over either database: one page, at most one total, one statement per
//! populated relation.

use std::collections::{BTreeSet, HashMap};

use verax_query::{
    After, Included, Kind, Place, Populate, Query, Retrieval, Reverse, Sql, Statement, Tenant,
    Timestamp, Value, Window,
};

use crate::StoreError;
use crate::cells::{Cells, Reader, Visit, fetch_number};
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
    let page = query.page();
    let mut rows = Draft::default();
    let mut total = None;
    match query.slice(tenant) {
        Some(slice) => {
            let window = Window { skip: page.skip, ..in_order(&slice) };
            let begins = page.skip == 0 && !window.is_unordered();
            if begins && query.skips_total() {
                rows = draft(reader, query, tenant, &window).await?;
            } else {
                reader.begin_snapshot();
                let mut tallied = Tallied::of(query.resource(), slice);
                let changes = tallied.changes_sql();
                if begins {
                    let statement = query.window_sql(reader.dialect(), tenant, &window);
                    let (fields, included) = (&statement.fields, query.included());
                    let mut asked: [(&Sql, Visit<'_>); 2] = [
                        (&changes, &mut |row| tallied.push_change(row)),
                        (&statement.sql, &mut |row| rows.push_row(row, 0, fields, included)),
                    ];
                    reader.fetch_all(&mut asked).await?;
                    tallied.read_buckets(reader, query, tenant).await?;
                } else {
                    reader.fetch(&changes, &mut |row| tallied.push_change(row)).await?;
                    tallied.read_buckets(reader, query, tenant).await?;
                    if page.skip < tallied.total() {
                        let size = u64::from(page.size);
                        let window = tallied.window(reader, page.skip, size).await?;
                        rows = draft(reader, query, tenant, &window).await?;
                    }
                }
                total = Some(tallied.total());
            }
        }
        None => {
            let window = Window { skip: page.skip, ..Window::default() };
            rows = draft(reader, query, tenant, &window).await?;
            let found = rows.rows() as u64;
            // A page that is not full, and not beyond the end, has told the total already.
            if found > 0 && found < u64::from(page.size) {
                total = Some(page.skip + found);
            } else if !query.skips_total() {
                total = Some(count(reader, query, tenant).await?);
            }
        }
    }
    let rows = fill(reader, rows, query.included(), tenant).await?;
    reader.end_snapshot()?;
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
                reader.begin_snapshot();
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
    reader.end_snapshot()?;
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
        reader.begin_snapshot();
        let tallied = Tallied::read(reader, query, tenant, slice).await?;
        reader.end_snapshot()?;
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
    let mut draft = Draft::default();
    let (fields, included) = (&statement.fields, retrieval.included());
    reader.fetch(&statement.sql, &mut |row| draft.push_row(row, 0, fields, included)).await?;
    if draft.rows() == 0 {
        return Ok(None);
    }
    Ok(Some(fill(reader, draft, included, tenant).await?))
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
        let all: BTreeSet<String> = drafts.iter().flat_map(|draft| draft.ids(slot)).collect();
        all.into_iter().collect::<Vec<_>>()
    };
    let mut lookups = Vec::new();
    for (index, populate) in query.included().populates().iter().enumerate() {
        lookups.push(Lookup::populated(
            reader,
            index,
            populate,
            tenant,
            ids(Slot::Populate(index)),
        ));
    }
    let related = resolve(reader, tenant, lookups).await?;
    for draft in drafts {
        lines.extend_from_slice(&draft.finish(&related, true));
        lines.push(b'\n');
    }
    Ok((lines, last))
}

/// The rows of the page, which are known to be in this window.
async fn draft(
    reader: &mut Reader,
    query: &Query,
    tenant: &Tenant,
    window: &Window,
) -> Result<Draft, StoreError> {
    let mut draft = Draft::default();
    let statement = query.window_sql(reader.dialect(), tenant, window);
    let (fields, included) = (&statement.fields, query.included());
    reader.fetch(&statement.sql, &mut |row| draft.push_row(row, 0, fields, included)).await?;
    Ok(draft)
}

async fn fill(
    reader: &mut Reader,
    draft: Draft,
    included: &Included,
    tenant: &Tenant,
) -> Result<Vec<u8>, StoreError> {
    let mut lookups = Vec::new();
    for (index, populate) in included.populates().iter().enumerate() {
        let ids = draft.ids(Slot::Populate(index));
        lookups.push(Lookup::populated(reader, index, populate, tenant, ids));
    }
    for (index, reverse) in included.reverses().iter().enumerate() {
        let ids = draft.ids(Slot::Reverse(index));
        lookups.push(Lookup::pointing(reader, index, reverse, tenant, ids));
    }
    Ok(draft.finish(&resolve(reader, tenant, lookups).await?, false))
}

/// The records of one relation that a page names.
struct Lookup {
    slot: Slot,
    /// `None`: all are known.
    statement: Option<Statement>,
    /// The first column that is shown; before it, and if there is none before it in it, is the id.
    first: usize,
    nested: Included,
    drafts: HashMap<String, Draft>,
    /// Where what is read is remembered.
    shelf: Option<String>,
    /// Rendered, by the id that the page names.
    found: HashMap<String, Vec<u8>>,
}

impl Lookup {
    /// The related records of a relation. The same few are asked for with page after page, so those
    /// that have not changed are remembered.
    fn populated(
        reader: &Reader,
        index: usize,
        populate: &Populate,
        tenant: &Tenant,
        mut ids: Vec<String>,
    ) -> Lookup {
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
        let statement = || populate.records_sql(reader.dialect(), tenant, ids.clone());
        Lookup {
            slot: Slot::Populate(index),
            statement: (!ids.is_empty()).then(statement),
            first: 0,
            nested: Included::of(populate.nested.clone()),
            drafts: HashMap::new(),
            shelf,
            found,
        }
    }

    /// The records that point here, with commas between them, by the id pointed to.
    fn pointing(
        reader: &Reader,
        index: usize,
        reverse: &'static Reverse,
        tenant: &Tenant,
        ids: Vec<String>,
    ) -> Lookup {
        let statement = || reverse.records_sql(reader.dialect(), tenant, ids.clone());
        Lookup {
            slot: Slot::Reverse(index),
            statement: (!ids.is_empty()).then(statement),
            first: 1,
            nested: Included::default(),
            drafts: HashMap::new(),
            shelf: None,
            found: HashMap::new(),
        }
    }
}

/// Reads what is looked up: one statement per relation, all at once.
async fn resolve(
    reader: &mut Reader,
    tenant: &Tenant,
    mut lookups: Vec<Lookup>,
) -> Result<Related, StoreError> {
    let mut visits = Vec::new();
    for lookup in &mut lookups {
        let Lookup { statement: Some(statement), first, nested, drafts, .. } = lookup else {
            continue;
        };
        let (first, fields) = (*first, &statement.fields[*first..]);
        let visit = move |row: &dyn Cells| {
            let id = row.text(0)?.unwrap_or_default().to_owned();
            drafts.entry(id).or_default().push_row(row, first, fields, nested)
        };
        visits.push((&statement.sql, visit));
    }
    let mut asked: Vec<(&Sql, Visit<'_>)> = Vec::with_capacity(visits.len());
    asked.extend(visits.iter_mut().map(|(sql, visit)| (*sql, visit as Visit<'_>)));
    reader.fetch_all(&mut asked).await?;
    let mut related = Related::new();
    for Lookup { slot, nested, drafts, shelf, mut found, .. } in lookups {
        let mut deeper = Vec::new();
        for (index, populate) in nested.populates().iter().enumerate() {
            let slot = Slot::Populate(index);
            let ids: BTreeSet<String> = drafts.values().flat_map(|draft| draft.ids(slot)).collect();
            let ids = ids.into_iter().collect();
            deeper.push(Lookup::populated(reader, index, populate, tenant, ids));
        }
        // One level deeper at the most: the request's limit on depth is two.
        let within = match &deeper[..] {
            [] => Related::new(),
            _ => Box::pin(resolve(reader, tenant, deeper)).await?,
        };
        for (id, draft) in drafts {
            let text = draft.finish(&within, false);
            if let Some(shelf) = &shelf {
                reader.remember(format!("{shelf}{id}"), &text);
            }
            found.insert(id, text);
        }
        related.push((slot, found));
    }
    Ok(related)
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
