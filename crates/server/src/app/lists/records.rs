//! Records that are made, changed and deleted as a whole.

use serde_json::{Map, Value};
use verax_domain::events::{Effect, EventKind};
use verax_domain::records::StoredRecord;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::biometric_validation::BiometricValidation;
use verax_domain::records::document_check::{DocumentCheckRecord, StoredImage};
use verax_domain::records::document_validation::DocumentValidation;
use verax_domain::resources::DOCUMENT_VALIDATIONS;
use verax_domain::{Record, RecordProblem, Timestamp};
use verax_query::{Resource, Retrieval, Takes, Tenant};
use verax_store::{Batch, ForgottenRegistration, JobKind, StoreError};

use crate::app::App;
use crate::app::journal::Origin;
use crate::app::validations::stored_faces::subject_of_face;
use crate::vault::VaultError;

/// Why a record is not changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Somebody else was faster with a change or a deletion.
    #[error("the record was changed by somebody else")]
    Gone,
    #[error(transparent)]
    Store(StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<StoreError> for RecordError {
    fn from(error: StoreError) -> RecordError {
        match error {
            StoreError::Conflict => RecordError::Gone,
            error => RecordError::Store(error),
        }
    }
}

/// What becomes of a record that is there.
pub struct Changes<'a> {
    pub members: Map<String, Value>,
    /// Members whose value is taken away.
    pub cleared: &'a [&'a str],
    /// When it last changed, as whoever changes it has read it: it is changed only if that is still so.
    pub last_changed: Option<Timestamp>,
}

impl Changes<'_> {
    /// These members have new values, whatever it was before.
    pub fn of(members: Map<String, Value>) -> Changes<'static> {
        Changes { members, cleared: &[], last_changed: None }
    }
}

/// What a record that is deleted takes with it.
enum Deleted {
    Project,
    Registration(Box<AppRegistration>),
    Validation(Box<BiometricValidation>),
    Document(DocumentCheckRecord),
    ReadDocument(DocumentValidation),
    /// Nothing but the record.
    Other,
}

impl Deleted {
    /// Whether people decide cases of such records.
    fn may_be_reviewed(&self) -> bool {
        !matches!(self, Deleted::Project | Deleted::Other)
    }
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

    /// The record as its type.
    pub async fn find<R: StoredRecord>(
        &self,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<R>, StoreError> {
        self.database.find(tenant, id).await
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

    /// Makes a record of this client and answers its id.
    pub async fn create_record(
        &self,
        resource: &'static Resource,
        client: &str,
        members: Map<String, Value>,
        origin: &Origin,
    ) -> Result<String, StoreError> {
        let (id, now) = (self.new_id(), self.clock.now());
        let mut record = body_record(resource, &id, client, members)?;
        let mut batch = Batch::default();
        let entry = self.entry(EventKind::of(resource, Effect::Created), origin);
        batch.insert_record(record.made_at(now), now, entry);
        self.database.commit(batch).await?;
        Ok(id)
    }

    /// Changes a record of this client.
    ///
    /// # Errors
    /// `Gone` when the client has no such record, or somebody has changed it since it was read.
    pub async fn change_record(
        &self,
        resource: &'static Resource,
        (client, id): (&str, &str),
        changes: Changes<'_>,
        origin: &Origin,
    ) -> Result<(), RecordError> {
        let record = body_record(resource, id, client, changes.members)?;
        let mut batch = Batch::default();
        batch.clear(resource, (client, id), changes.cleared);
        let entry = self.entry(EventKind::of(resource, Effect::Changed), origin);
        batch.change_if(&record, changes.last_changed, self.clock.now(), entry);
        Ok(self.database.commit(batch).await?)
    }

    /// Deletes a record that this client has, what is nothing without it, and what other records say
    /// of it. What opens its images and answers is destroyed first: interrupted after that, the
    /// record is still there and can be deleted again. Work that is running writes nothing any more.
    ///
    /// # Errors
    /// `Gone` when somebody else was faster; `Vault(NotHeld)` when the record has an image whose
    /// key is not in this vault.
    pub async fn delete_record(
        &self,
        resource: &'static Resource,
        client: &str,
        id: &str,
        origin: &Origin,
    ) -> Result<(), RecordError> {
        let deleted = self.find_deleted(resource, client, id).await?;
        match &deleted {
            Deleted::Document(record) => {
                let subject = (record.image == StoredImage::Here).then_some(id);
                self.begin_deletion(resource, client, id, subject).await?;
            }
            Deleted::ReadDocument(record) => {
                let subject = (record.image == StoredImage::Here).then_some(id);
                self.begin_deletion(resource, client, id, subject).await?;
            }
            Deleted::Validation(record) => {
                let subject = record.image_saved.then(|| subject_of_face(id));
                self.begin_deletion(resource, client, id, subject.as_deref()).await?;
            }
            _ => {}
        }
        if matches!(deleted, Deleted::Registration(_)) {
            // They say who the person is, and are nothing without it.
            for document in self.database.documents_of_registration(client, id).await? {
                let deletion = self.delete_record(&DOCUMENT_VALIDATIONS, client, &document, origin);
                match Box::pin(deletion).await {
                    Err(RecordError::Gone) => {}
                    done => done?,
                }
            }
        }
        self.destroy_stored(&deleted, client, id).await?;
        let mut batch = Batch::default();
        // The record first: who stores an answer about it at this moment is before or after.
        let entry = self.entry(EventKind::of(resource, Effect::Deleted), origin);
        batch.delete(resource, (client, id), self.clock.now(), entry);
        batch.delete_tokens_for(id).forget_answers(client, id);
        batch.end_deletion(resource.name, client, id);
        match &deleted {
            Deleted::Project => {
                batch.forget_answers_of_flows(client, id).delete_flows_of(client, id);
            }
            Deleted::Registration(record) => {
                let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
                let contact = &record.contact;
                let gone = ForgottenRegistration {
                    id,
                    person: record.person.as_deref(),
                    email: &text(&contact.email),
                    phone: &text(&contact.phone),
                    country_code: &text(&contact.country_code),
                };
                batch.redact_registration(client, gone);
            }
            Deleted::Validation(record) => {
                let session = record.session.as_deref().unwrap_or_default();
                batch.delete_validation_rests(client, id, session).delete_tokens_for(session);
                batch.forget_answers(client, session);
            }
            Deleted::Document(_) => {
                batch.delete_any_job(JobKind::DocumentCheck, id).forget_document(client, id);
            }
            Deleted::ReadDocument(_) => {
                batch.delete_any_job(JobKind::DocumentReading, id).forget_read_document(client, id);
            }
            Deleted::Other => {}
        }
        if deleted.may_be_reviewed() {
            batch.forget_answers_of_reviews(client, id).erase_notes_about(client, id);
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
        if deleted.may_be_reviewed() {
            self.withdraw_reviews_of_deleted(resource, (client, id), origin).await?;
        }
        // What was encrypted for it since belongs to nobody.
        self.destroy_stored(&deleted, client, id).await?;
        Ok(())
    }

    /// # Errors
    /// `Conflict` when the client has no such record any more.
    async fn find_deleted(
        &self,
        resource: &'static Resource,
        client: &str,
        id: &str,
    ) -> Result<Deleted, StoreError> {
        let (tenant, database) = (Tenant::Client(client.to_owned()), &self.database);
        let takes = resource.deletion.as_ref().map_or(Takes::Nothing, |deletion| deletion.takes);
        let found = match takes {
            Takes::Parts => Some(Deleted::Project),
            Takes::Identity => {
                database.find(&tenant, id).await?.map(|it| Deleted::Registration(Box::new(it)))
            }
            Takes::FaceImage => {
                database.find(&tenant, id).await?.map(|it| Deleted::Validation(Box::new(it)))
            }
            Takes::DocumentImage => database.find(&tenant, id).await?.map(Deleted::Document),
            Takes::ReadDocument => database.find(&tenant, id).await?.map(Deleted::ReadDocument),
            // Persons and collections have a way of their own.
            Takes::Nothing | Takes::Faces | Takes::Memberships => Some(Deleted::Other),
        };
        found.ok_or(StoreError::Conflict)
    }

    /// Destroys what is stored of a record outside the database, and the keys of it.
    async fn destroy_stored(
        &self,
        deleted: &Deleted,
        client: &str,
        id: &str,
    ) -> Result<(), VaultError> {
        match deleted {
            Deleted::Document(_) | Deleted::ReadDocument(_) => {
                self.vault.destroy(client, id).await?;
            }
            Deleted::Validation(record) => {
                self.destroy_face(client, id).await?;
                if let Some(session) = &record.session {
                    self.destroy_answers(client, session).await?;
                }
            }
            _ => {}
        }
        self.destroy_answers(client, id).await
    }
}

/// What a checked body says of this record of this client; what it does not say is not said.
pub(in crate::app) fn body_record(
    resource: &'static Resource,
    id: &str,
    client: &str,
    members: Map<String, Value>,
) -> Result<Record, StoreError> {
    Record::of_body(resource, id, client, members).map_err(|problems| {
        // Whoever checked the body has let something through.
        let problems: Vec<String> = problems.iter().map(RecordProblem::to_string).collect();
        StoreError::Statement(problems.join("; "))
    })
}
