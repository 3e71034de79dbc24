//! Whether each record that is there has its events, each event its record and its delivery: a kill comes
//! between none of them.

use anyhow::{Result, ensure};

use super::{COLLECTIONS, DOCUMENTS, Work};
use crate::http::Connection;

const EVENTS: &str = "/v2/events";
const DELIVERIES: &str = "/v2/webhook-events";

impl Work {
    /// Compares what is there with what was written down, acknowledged or not.
    pub(super) fn compare_events(&self, connection: &mut Connection) -> Result<()> {
        let told = |connection: &mut Connection, name: &str| {
            self.total(connection, &format!("{EVENTS}?where_type={name}"), "limit")
        };
        let collections = self.total(connection, COLLECTIONS, "limit")?;
        let made = told(connection, "collection.created")?;
        let deleted = told(connection, "collection.deleted")?;
        ensure!(
            made == collections + deleted,
            "{collections} collections are there; {made} events say that one was made, {deleted} that \
             one was deleted"
        );
        let documents = self.total(connection, DOCUMENTS, "limit")?;
        let ordered = told(connection, "document_liveness.created")?;
        ensure!(
            ordered == documents,
            "{documents} document checks are there, and {ordered} events of their beginning"
        );
        let ends = told(connection, "document_liveness.completed")?
            + told(connection, "document_liveness.failed")?;
        let ended = format!("{DOCUMENTS}?in_status[]=completed&in_status[]=failed");
        let ended = self.total(connection, &ended, "limit")?;
        ensure!(ends == ended, "{ended} document checks have ended, and {ends} events say so");
        // Imports, and what becomes of the webhook itself, are not delivered to it.
        let all = self.total(connection, EVENTS, "limit")?;
        let imports = told(connection, "records.imported")?;
        let own = self.total(connection, &format!("{EVENTS}?where_resource=webhooks"), "limit")?;
        let deliveries = self.total(connection, DELIVERIES, "limit")?;
        ensure!(
            deliveries == all - imports - own,
            "{all} events, {imports} of imports and {own} of the webhook, have {deliveries} deliveries"
        );
        Ok(())
    }
}
