//! Lists and records as they are read for a caller: bytes, ready for the envelope.

use verax_query::{Position, Query, Retrieval, Tenant};
use verax_store::StoreError;
pub use verax_store::{Layout, Listing};

use crate::app::App;

impl App {
    /// The page that a query asks for, with its total.
    pub async fn page(&self, query: &Query, tenant: &Tenant) -> Result<Listing, StoreError> {
        self.database.page(query, tenant).await
    }

    /// So many records at most after a position; `None`: from the beginning.
    pub async fn page_after(
        &self,
        query: &Query,
        tenant: &Tenant,
        position: Option<Position>,
        limit: u32,
        layout: Layout,
    ) -> Result<Listing, StoreError> {
        self.database.page_after(query, tenant, position, limit, layout).await
    }

    /// How many records a query matches.
    pub async fn count_listed(&self, query: &Query, tenant: &Tenant) -> Result<u64, StoreError> {
        self.database.count(query, tenant).await
    }

    /// One record as JSON; nothing when the tenant has no such record.
    pub async fn record_bytes(
        &self,
        retrieval: &Retrieval,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.database.record(retrieval, tenant, id).await
    }
}
