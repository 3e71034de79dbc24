//! Asks a database for a list in every way there is, and compares.

use serde_json::Value as Json;
use verax_query::{Query, Tenant};
use verax_store::{Database, Layout};

/// The page, its total and the count are those that are wanted.
pub async fn agrees(
    database: &Database,
    query: &Query,
    tenant: &Tenant,
    wanted: &(Vec<String>, u64),
    raw: &str,
) {
    let listing = database.page(query, tenant).await.expect("a page");
    let found = (ids(&listing.rows), listing.total.expect("a total"));
    assert_eq!(found, *wanted, "{raw} as {tenant:?}");
    let quick = query.clone().without_total();
    let listing = database.page(&quick, tenant).await.expect("a page");
    assert_eq!((ids(&listing.rows), listing.total), (wanted.0.clone(), None), "{raw}");
    let count = database.count(query, tenant).await.expect("a count");
    assert_eq!(count, wanted.1, "{raw} as {tenant:?}");
}

/// Page after page, each from where the one before ended, gives every record once and in order.
pub async fn walks(
    database: &Database,
    query: &Query,
    tenant: &Tenant,
    wanted: &[String],
    raw: &str,
) {
    // Few enough that the walk has steps, enough that it has not too many.
    let limit = query.page().size * 11;
    let (mut found, mut fixture, mut steps) = (Vec::new(), None, 0);
    loop {
        let listing = database.page_after(query, tenant, fixture, limit, Layout::Array).await;
        let listing = listing.expect("a page");
        assert_eq!(listing.total, Some(wanted.len() as u64), "{raw} as {tenant:?}");
        found.extend(ids(&listing.rows));
        steps += 1;
        let Some(end) = listing.end else { break };
        // As a cursor carries it.
        fixture = Some(query.read_position(&end.to_text()).expect("what was written"));
        assert_eq!(fixture, Some(end), "{raw}");
    }
    assert_eq!(found, wanted, "{raw} as {tenant:?}");
    assert_eq!(steps, wanted.len().div_ceil(limit as usize).max(1), "{raw} as {tenant:?}");
}

fn ids(rows: &[u8]) -> Vec<String> {
    let text = format!("[{}]", std::str::from_utf8(rows).expect("UTF-8"));
    let rows: Vec<Json> = serde_json::from_str(&text).expect("JSON");
    rows.iter().map(|row| row["_id"].as_str().expect("an id").to_owned()).collect()
}
