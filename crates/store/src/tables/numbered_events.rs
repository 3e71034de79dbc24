//! Events in the order of their numbers: what the feed reads.

use std::sync::Arc;

use verax_domain::resources::EVENTS;
use verax_query::{Arg, Included, Query, Sql, Tenant};

use crate::StoreError;
use crate::connection::Connection;
use crate::database::Database;
use crate::render::{Draft, Layout};

/// An event that has its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedEvent {
    /// Of a client's events which it is; for staff, of all clients'.
    pub number: i64,
    /// The row of the list as a JSON object, and its number before all else.
    pub json: Vec<u8>,
}

impl Database {
    /// The events of this tenant with a number above `after`, in the order of their numbers, `limit` at most.
    /// Never from a replica: what has a number already might not be there yet, and nobody asks again.
    pub async fn events_after(
        &self,
        tenant: &Tenant,
        after: i64,
        limit: u32,
    ) -> Result<Vec<NumberedEvent>, StoreError> {
        let request = Arc::new(statement(tenant, after, limit));
        let work = async move |connection: &mut Connection| {
            let fields = Query::whole(&EVENTS).shown();
            let mut events = Vec::new();
            let read = &mut |row: &dyn crate::row::Cells| {
                let number = row.integer(fields.len())?.unwrap_or(0);
                let mut draft = Draft::new(Layout::Array);
                draft.push_row(row, 0, &fields, &Included::default())?;
                let row_json = draft.finish(&Vec::new(), false);
                let mut json = format!("{{\"number\":{number},").into_bytes();
                json.extend_from_slice(row_json.get(1..).unwrap_or_default());
                events.push(NumberedEvent { number, json });
                Ok(())
            };
            connection.fetch(&request, read).await?;
            Ok(events)
        };
        self.read_primary(tenant, work).await
    }

    /// The number of this tenant's last event that has one; 0 where none has.
    pub async fn last_event_number(&self, tenant: &Tenant) -> Result<i64, StoreError> {
        let Tenant::Client(client) = tenant else { return self.journal_size().await };
        let mut sql = Sql::default();
        sql.push("SELECT COALESCE(max(number), 0) FROM journal_heads WHERE client = ");
        sql.bind(Arg::Text(client.clone()));
        self.fetch_number(sql).await
    }
}

fn statement(tenant: &Tenant, after: i64, limit: u32) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT ");
    for field in Query::whole(&EVENTS).shown() {
        sql.push("e.").push(field.column).push(", ");
    }
    let number = match tenant {
        Tenant::Client(_) => "l.number",
        Tenant::All => "l.position",
    };
    sql.push(number).push(" FROM journal_leaves AS l JOIN events AS e ");
    sql.push("ON e.client = l.client AND e.id = l.id WHERE ").push(number).push(" > ");
    sql.bind(Arg::Integer(after));
    if let Tenant::Client(client) = tenant {
        sql.push(" AND l.client = ").bind(Arg::Text(client.clone()));
    }
    sql.push(" ORDER BY ").push(number).push(" LIMIT ").bind(Arg::Integer(limit.into()));
    sql
}
