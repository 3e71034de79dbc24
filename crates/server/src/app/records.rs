//! Records that are made, changed and deleted as a whole.

use serde_json::{Map, Value};
use verax_domain::Record;
use verax_query::{Query, Resource, Retrieval, Tenant};
use verax_store::{Batch, StoreError};

use super::App;

impl App {
    /// The whole record, as a retrieve shows it.
    pub async fn find_record(
        &self,
        resource: &'static Resource,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<Value>, StoreError> {
        let record = self.database.record(&Retrieval::whole(resource), tenant, id).await?;
        let read = |bytes: Vec<u8>| {
            serde_json::from_slice(&bytes).map_err(|error| StoreError::Statement(error.to_string()))
        };
        record.map(read).transpose()
    }

    /// The whole record, if this client has it.
    pub async fn whole_record(
        &self,
        resource: &'static Resource,
        client: &str,
        id: &str,
    ) -> Result<Option<Value>, StoreError> {
        self.find_record(resource, &Tenant::Client(client.to_owned()), id).await
    }

    /// The id of the first record that a list of this query has.
    pub(super) async fn first_id(
        &self,
        resource: &'static Resource,
        tenant: &Tenant,
        raw: &str,
    ) -> Result<Option<String>, StoreError> {
        let query = Query::parse(resource, raw)
            .map_err(|problems| StoreError::Statement(format!("{problems:?}")))?;
        let rows = self.database.page(&query, tenant).await?.rows;
        let row: Value = serde_json::from_slice(&rows).unwrap_or_default();
        Ok(row["_id"].as_str().map(str::to_owned))
    }

    /// Makes a record of this client and answers its id.
    pub async fn create_record(
        &self,
        resource: &'static Resource,
        client: &str,
        members: Map<String, Value>,
    ) -> Result<String, StoreError> {
        let id = self.new_id();
        let mut batch = Batch::default();
        let record = self.new_record(resource, &id, client, members)?;
        batch.insert_record(&record, self.clock.now());
        self.database.commit(batch).await?;
        Ok(id)
    }

    /// Changes these members of a record of this client.
    ///
    /// # Errors
    /// `Conflict` when the client has no such record.
    pub async fn change_record(
        &self,
        resource: &'static Resource,
        client: &str,
        id: &str,
        members: Map<String, Value>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.change(&said(resource, id, client, members)?, self.clock.now());
        self.database.commit(batch).await
    }

    /// Deletes a record that this client has, and what is nothing without it.
    ///
    /// # Errors
    /// `Conflict` when somebody else was faster.
    pub async fn delete_record(
        &self,
        resource: &'static Resource,
        client: &str,
        record: &Value,
    ) -> Result<(), StoreError> {
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let (id, now) = (text("_id"), self.clock.now());
        let mut batch = Batch::default();
        match resource.name {
            "projects" => {
                batch.delete_flows_of(client, id);
            }
            "biometric-validations" => {
                let session = text("livenessSession");
                batch.delete_validation_rests(client, id, session).revoke_tokens_for(session, now);
            }
            _ => {}
        }
        batch.delete(resource, client, id).revoke_tokens_for(id, now);
        self.database.commit(batch).await?;
        self.forget_tokens();
        Ok(())
    }

    /// A record that begins now.
    pub fn new_record(
        &self,
        resource: &'static Resource,
        id: &str,
        client: &str,
        mut members: Map<String, Value>,
    ) -> Result<Record, StoreError> {
        let now = self.clock.now().to_string();
        members.insert("createdAt".to_owned(), now.clone().into());
        members.insert("updatedAt".to_owned(), now.into());
        said(resource, id, client, members)
    }
}

/// What the server says of this record of this client.
pub fn said(
    resource: &'static Resource,
    id: &str,
    client: &str,
    mut members: Map<String, Value>,
) -> Result<Record, StoreError> {
    members.insert("_id".to_owned(), id.into());
    members.insert("client".to_owned(), client.into());
    record_of(resource, &Value::Object(members))
}

/// What the server itself says of a record always has the resource's shape.
pub fn record_of(resource: &'static Resource, said: &Value) -> Result<Record, StoreError> {
    Record::from_json(resource, said, None).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        StoreError::Statement(problems.join("; "))
    })
}
