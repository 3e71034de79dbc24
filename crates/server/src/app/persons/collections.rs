//! Collections: the sets that persons are searched in.

use serde_json::{Map, Value};
use verax_domain::events::EventKind;
use verax_domain::records::collection;
use verax_domain::resources::COLLECTIONS;
use verax_query::{Tenant, is_id};
pub use verax_store::Collection;
use verax_store::{Batch, StoreError};

use crate::app::App;
use crate::app::journal::Origin;
use crate::app::lists::records::{Changes, RecordError, body_record};

impl App {
    /// The collections of the projects that have a flow of this type.
    pub async fn collections_of_flows(
        &self,
        tenant: &Tenant,
        flow_type: &str,
    ) -> Result<Vec<String>, StoreError> {
        self.database.collections_of_flows(tenant, flow_type).await
    }

    /// The client's collection with this id, or else with this code.
    pub async fn collection(
        &self,
        client: &str,
        code_or_id: &str,
    ) -> Result<Option<Collection>, StoreError> {
        if !is_id(code_or_id) {
            return Ok(None);
        }
        self.database.collection(client, code_or_id).await
    }

    /// Stores a collection that is new, with a code of its own; answers its id.
    pub async fn create_collection(
        &self,
        client: &str,
        members: Map<String, Value>,
        origin: &Origin,
    ) -> Result<String, StoreError> {
        let (id, now) = (self.new_id(), self.clock.now());
        let mut bytes = uuid::Bytes::default();
        self.random.fill(&mut bytes);
        let code = uuid::Builder::from_random_bytes(bytes).into_uuid().to_string();
        let mut record = body_record(&COLLECTIONS, &id, client, members)?;
        record.set(collection::CODE, Some(code.as_str())).made_at(now);
        let mut batch = Batch::default();
        batch.insert_record(&record, now, self.entry(Some(EventKind::CollectionCreated), origin));
        self.database.commit(batch).await?;
        Ok(id)
    }

    /// Changes what is said of a collection that is there.
    ///
    /// # Errors
    /// `Gone` when it is not there any more.
    pub async fn change_collection(
        &self,
        client: &str,
        known: &Collection,
        members: Map<String, Value>,
        origin: &Origin,
    ) -> Result<(), RecordError> {
        self.change_record(&COLLECTIONS, (client, &known.id), Changes::of(members), origin).await
    }

    /// Deletes a collection; its persons stay, outside it.
    ///
    /// # Errors
    /// `Gone` when it is not there any more.
    pub async fn delete_collection(
        &self,
        client: &str,
        id: &str,
        origin: &Origin,
    ) -> Result<(), RecordError> {
        self.destroy_answers(client, id).await?;
        let mut batch = Batch::default();
        batch.delete_collection(client, id, self.clock.now(), self.stamp(origin));
        self.database.commit(batch).await?;
        // A key that was made in between belongs to nobody.
        Ok(self.destroy_answers(client, id).await?)
    }
}
