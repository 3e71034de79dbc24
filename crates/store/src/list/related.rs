//! What a page's relations point to, and what points to its rows.

use std::collections::{BTreeSet, HashMap};

use verax_query::{Included, Populate, SelectedReverse, Sql, Statement, Tenant};

use crate::StoreError;
use crate::connection::Connection;
use crate::render::{Draft, Related, Slot};
use crate::row::{Cells, Visit};

/// The records of one relation that a page names.
pub struct Lookup {
    slot: Slot,
    /// `None`: all are known.
    statement: Option<Statement>,
    /// The first column that is shown. Column 0 is the id that the page names.
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
    pub fn populated(
        connection: &Connection,
        index: usize,
        populate: &Populate,
        tenant: &Tenant,
        mut ids: Vec<String>,
    ) -> Lookup {
        let mut found = HashMap::new();
        // What is populated inside others is part of their text: two requests may differ in it alone.
        let is_flat = populate.nested.is_empty() && populate.unstored.is_empty();
        let shelf = is_flat.then(|| shelf(populate, tenant));
        if let Some(shelf) = &shelf {
            ids.retain(|id| match connection.recall(&format!("{shelf}{id}")) {
                Some(text) => {
                    found.insert(id.clone(), text.to_vec());
                    false
                }
                None => true,
            });
        }
        let statement = || populate.records_sql(connection.dialect(), tenant, ids.clone());
        Lookup {
            slot: Slot::Populate(index),
            statement: (!ids.is_empty()).then(statement),
            first: 0,
            nested: Included::of(populate),
            drafts: HashMap::new(),
            shelf,
            found,
        }
    }

    /// The records that point here, with commas between them, by the id pointed to.
    pub fn pointing(
        connection: &Connection,
        index: usize,
        reverse: &SelectedReverse,
        tenant: &Tenant,
        ids: Vec<String>,
    ) -> Lookup {
        let statement = || reverse.records_sql(connection.dialect(), tenant, ids.clone());
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
pub async fn resolve(
    connection: &mut Connection,
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
    connection.fetch_all(&mut asked).await?;
    let mut related = Related::new();
    for Lookup { slot, nested, drafts, shelf, mut found, .. } in lookups {
        let mut deeper = Vec::new();
        for (index, populate) in nested.populates().iter().enumerate() {
            let slot = Slot::Populate(index);
            let ids: BTreeSet<String> = drafts.values().flat_map(|draft| draft.ids(slot)).collect();
            let ids = ids.into_iter().collect();
            deeper.push(Lookup::populated(connection, index, populate, tenant, ids));
        }
        // One level deeper at the most: the request's limit on depth is two.
        let within = match &deeper[..] {
            [] => Related::new(),
            _ => Box::pin(resolve(connection, tenant, deeper)).await?,
        };
        for (id, draft) in drafts {
            let text = draft.finish(&within, false);
            if let Some(shelf) = &shelf {
                connection.remember(format!("{shelf}{id}"), &text);
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
