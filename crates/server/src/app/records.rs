//! Records that are made, changed and deleted as a whole.

use serde_json::{Map, Value};
use verax_domain::Record;
use verax_query::{Query, Resource, Retrieval, Tenant};
use verax_store::{Batch, ForgottenRegistration, JobKind, StoreError};

use super::App;
use super::document_checks::keeps_document;
use super::kept_faces::subject_of_face;
use crate::vault::VaultError;

/// Why a record is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

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

    /// Deletes a record that this client has, what is nothing without it, and what other records say
    /// of it. What opens its images and answers is destroyed first: interrupted after that, the
    /// record is still there and can be deleted again. Work that is running writes nothing any more.
    ///
    /// # Errors
    /// `Store(Conflict)` when somebody else was faster; `Vault(NotHeld)` when the record has an image whose
    /// key is not in this vault.
    pub async fn delete_record(
        &self,
        resource: &'static Resource,
        client: &str,
        record: &Value,
    ) -> Result<(), DeleteError> {
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let (id, session) = (text("_id"), text("livenessSession"));
        let has_image = record["imageSaved"] == true;
        match resource.name {
            "document-liveness" => {
                let subject = keeps_document(record).then_some(id);
                self.begin_deletion(resource, client, id, subject).await?;
            }
            "biometric-validations" => {
                let subject = has_image.then(|| subject_of_face(id));
                self.begin_deletion(resource, client, id, subject.as_deref()).await?;
            }
            _ => {}
        }
        self.destroy_stored(resource, client, id, session).await?;
        let mut batch = Batch::default();
        // The record first: who stores an answer about it at this moment is before or after.
        batch.delete(resource, client, id).delete_tokens_for(id).forget_answers(client, id);
        batch.end_deletion(resource.name, client, id);
        match resource.name {
            "projects" => {
                batch.forget_answers_of_flows(client, id).delete_flows_of(client, id);
            }
            "app-registrations" => {
                let (email, phone) = (text("email"), text("phone"));
                let (person, country_code) = (record["person"].as_str(), text("countryCode"));
                let gone = ForgottenRegistration { id, person, email, phone, country_code };
                batch.redact_registration(client, gone);
            }
            "biometric-validations" => {
                batch.delete_validation_rests(client, id, session).delete_tokens_for(session);
                batch.forget_answers(client, session);
            }
            "document-liveness" => {
                batch.delete_any_job(JobKind::DocumentCheck, id).forget_document(client, id);
            }
            _ => {}
        }
        if let Err(error) = self.database.commit(batch).await {
            if matches!(error, StoreError::Conflict) {
                // Somebody was faster, and nothing is left to resume.
                let mut batch = Batch::default();
                batch.end_deletion(resource.name, client, id);
                self.database.commit(batch).await?;
            }
            return Err(error.into());
        }
        self.forget_tokens();
        // What was encrypted for it since belongs to nobody.
        self.destroy_stored(resource, client, id, session).await?;
        Ok(())
    }

    /// Destroys what is stored of a record outside the database, and the keys of it.
    async fn destroy_stored(
        &self,
        resource: &'static Resource,
        client: &str,
        id: &str,
        session: &str,
    ) -> Result<(), VaultError> {
        match resource.name {
            "document-liveness" => self.vault.destroy(client, id).await?,
            "biometric-validations" => {
                self.destroy_face(client, id).await?;
                if !session.is_empty() {
                    self.destroy_answers(client, session).await?;
                }
            }
            _ => {}
        }
        self.destroy_answers(client, id).await
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
