//! A document is read: the record first, then the work, then what was found.

use std::sync::Arc;

use tokio::task::JoinHandle;
use verax_domain::label_reading::Label;
use verax_domain::lifecycle::Actor;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::document_validation::{
    DocumentValidation, InputMethod, ReadingOrder, ReadingPurpose,
};
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::stored_reading::StoredReading;
use verax_query::Tenant;
use verax_store::{Batch, BegunDocument, StoreError};
use verax_vision::document::DocumentEngine;
use verax_vision::workers::Permit;

use super::DocumentValidationError;
use super::measuring::LookedAt;
use super::reading::SideImages;
use crate::app::App;
use crate::app::journal::Origin;
use crate::metrics::{Measured, Subject};

const STOPPED: &str = "reading stopped before its end";

/// The images of a document, and what is to be done with them.
pub struct SentDocument {
    pub images: SideImages,
    pub input: InputMethod,
    /// Whether a document that the registration has is replaced.
    pub force: bool,
    /// Whether the images stay when it was read.
    pub save_images: bool,
}

/// What is asked of a document that is no registration's.
pub struct ScanOrder {
    pub purpose: ReadingPurpose,
    pub document_type: Option<String>,
    /// What is looked for besides.
    pub labels: Vec<Label>,
}

/// The id of a record, and the work under way. It does not stop when its caller does.
pub type BegunReading = (String, JoinHandle<Result<(), DocumentValidationError>>);

/// A thread to read on, and what looks at documents.
pub(super) type ReadingPermit = (Permit, Arc<DocumentEngine>);

/// A document that is being read.
pub(super) struct Work {
    pub validation: DocumentValidation,
    pub images: SideImages,
    pub save_images: bool,
    /// What was read of the front, where this is the back that was waited for.
    pub before: StoredReading,
    pub flow: ProjectFlow,
    pub origin: Origin,
}

impl App {
    /// Reads a document for a registration of this client.
    ///
    /// # Errors
    /// Why it is not read. What is wrong with an image is the work's error.
    pub async fn read_document_of_registration(
        &self,
        (client, registration): (&str, &str),
        sent: SentDocument,
        actor: Actor,
        permit: ReadingPermit,
        origin: &Origin,
    ) -> Result<BegunReading, DocumentValidationError> {
        if !self.document_reader.is_loaded() {
            return Err(DocumentValidationError::NoReader);
        }
        let tenant = Tenant::Client(client.to_owned());
        let found: Option<AppRegistration> = self.database.find(&tenant, registration).await?;
        let found = found.ok_or(DocumentValidationError::NoRegistration)?;
        if !found.is_open() {
            return Err(DocumentValidationError::RegistrationOver);
        }
        let usable = self.find_usable_flow(client, found.project.as_deref(), found.flow.as_deref());
        let flow = usable.await?.ok_or(DocumentValidationError::NoProject)?.flow;
        let existing: Option<DocumentValidation> = match &found.document {
            Some(document) => self.database.find(&tenant, document).await?,
            None => None,
        };
        let awaited = existing.as_ref().filter(|it| it.awaits_back() && sent.images.back.is_some());
        match awaited {
            Some(awaited) if !sent.force || sent.images.front.is_none() => {
                self.read_awaited_back(awaited.clone(), sent, flow, permit, origin).await
            }
            _ if sent.images.front.is_none() => Err(match existing {
                Some(_) => DocumentValidationError::AlreadyExists,
                None => DocumentValidationError::NoFront,
            }),
            _ if existing.is_some() && !sent.force => Err(DocumentValidationError::AlreadyExists),
            _ => self.begin_document(&found, sent, (flow, actor), permit, origin).await,
        }
    }

    /// Reads a document for whoever asks what stands on it: it is no registration's.
    ///
    /// # Errors
    /// Why it is not read.
    pub async fn scan_document(
        &self,
        client: &str,
        asked: ScanOrder,
        sent: SentDocument,
        permit: ReadingPermit,
        origin: &Origin,
    ) -> Result<BegunReading, DocumentValidationError> {
        if !self.document_reader.is_loaded() {
            return Err(DocumentValidationError::NoReader);
        }
        let order = ReadingOrder {
            purpose: asked.purpose,
            input: sent.input,
            project: None,
            flow: None,
            registration: None,
            document_type: asked.document_type,
        };
        let validation = DocumentValidation::open(self.new_id(), client.to_owned(), &order);
        let now = self.clock.now();
        let mut batch = Batch::default();
        let record = validation.to_record(&order, now);
        let lease = self.document_lease();
        batch.begin_document_validation(&record, now, lease, self.stamp(origin));
        self.database.commit(batch).await?;
        let flow = ProjectFlow::default();
        let work = work_of(validation, sent, flow, origin);
        let before = StoredReading { labels: asked.labels, ..StoredReading::default() };
        Ok(self.run_detached_reading(Work { before, ..work }, permit))
    }

    async fn begin_document(
        &self,
        registration: &AppRegistration,
        sent: SentDocument,
        (flow, actor): (ProjectFlow, Actor),
        permit: ReadingPermit,
        origin: &Origin,
    ) -> Result<BegunReading, DocumentValidationError> {
        let (client, now) = (registration.client.as_str(), self.clock.now());
        let order = ReadingOrder {
            purpose: ReadingPurpose::Registration,
            input: sent.input,
            project: registration.project.clone(),
            flow: registration.flow.clone(),
            registration: Some(registration.id.clone()),
            document_type: None,
        };
        let validation = DocumentValidation::open(self.new_id(), client.to_owned(), &order);
        let usual = u64::from(self.config.now().documents.checks_per_registration_max);
        let max = flow.reading.attempts_max.unwrap_or(usual);
        let readings_max = i64::try_from(max).unwrap_or(i64::MAX);
        let begun = BegunDocument {
            client,
            registration: &registration.id,
            document: &validation.id,
            replaces: registration.document.as_deref(),
            readings_max: (actor == Actor::Person).then_some(readings_max),
        };
        let mut batch = Batch::default();
        let record = validation.to_record(&order, now);
        let lease = self.document_lease();
        batch.begin_document_validation(&record, now, lease, self.stamp(origin));
        batch.begin_document(&begun, now, self.stamp(origin));
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                let readings = self.database.document_readings(client, &registration.id).await?;
                return Err(match readings {
                    None => DocumentValidationError::RegistrationOver,
                    Some(readings) if begun.readings_max.is_some_and(|max| readings >= max) => {
                        DocumentValidationError::NoAttemptsLeft
                    }
                    // Another one has begun in between.
                    Some(_) => DocumentValidationError::AlreadyExists,
                });
            }
            begun => begun?,
        }
        Ok(self.run_detached_reading(work_of(validation, sent, flow, origin), permit))
    }

    /// The back of a document whose front was read: the same record goes on.
    async fn read_awaited_back(
        &self,
        validation: DocumentValidation,
        sent: SentDocument,
        flow: ProjectFlow,
        permit: ReadingPermit,
        origin: &Origin,
    ) -> Result<BegunReading, DocumentValidationError> {
        let before = self.reading_of(&validation).await?;
        let mut batch = Batch::default();
        batch.take_back(&validation.id, self.document_lease());
        match self.database.commit(batch).await {
            // It has come before, or nobody waits for it any more.
            Err(StoreError::Conflict) => return Err(DocumentValidationError::AlreadyExists),
            taken => taken?,
        }
        let work = work_of(validation, sent, flow, origin);
        // The front was read: it is not read again.
        let images = SideImages { front: None, back: work.images.back };
        Ok(self.run_detached_reading(Work { before, images, ..work }, permit))
    }

    fn run_detached_reading(&self, work: Work, permit: ReadingPermit) -> BegunReading {
        let (app, id) = (self.clone(), work.validation.id.clone());
        let running = tokio::spawn(async move {
            let outcome = app.read_document(work, permit).await;
            // Logged here, because nobody may be waiting any more: no value and no image.
            if let Err(error) = &outcome {
                tracing::warn!(cause = %error, "a document was not read");
            }
            outcome
        });
        (id, running)
    }

    async fn read_document(
        &self,
        work: Work,
        permit: ReadingPermit,
    ) -> Result<(), DocumentValidationError> {
        let read = self.read_sides(work.images.clone(), permit, LookedAt::Everything).await;
        let how = match &read {
            Some(Ok(_)) => Measured::Done,
            Some(Err(_)) => Measured::ImageRejected,
            None => Measured::Failed,
        };
        self.metrics.measured(Subject::Document, how);
        match read {
            Some(Ok(read)) => {
                let concluded = self.conclude(&work, read).await;
                if concluded.is_err() {
                    self.destroy_unowned(&work.validation).await?;
                }
                concluded
            }
            // The front is as good as it was: the back may come again.
            Some(Err((side, error))) if !work.before.sides.is_empty() => {
                let mut batch = Batch::default();
                batch.wait_for_back(&work.validation.id, self.back_awaited_until());
                self.database.commit(batch).await?;
                Err(DocumentValidationError::Image { side, error })
            }
            Some(Err((side, error))) => {
                let reason = format!("{side}: {error}");
                self.end_unread(&work.validation, &reason, &work.origin).await?;
                Err(DocumentValidationError::Image { side, error })
            }
            None => {
                self.end_unread(&work.validation, STOPPED, &work.origin).await?;
                Err(DocumentValidationError::Stopped)
            }
        }
    }
}

fn work_of(
    validation: DocumentValidation,
    sent: SentDocument,
    flow: ProjectFlow,
    origin: &Origin,
) -> Work {
    Work {
        validation,
        images: sent.images,
        save_images: sent.save_images,
        before: StoredReading::default(),
        flow,
        origin: origin.clone(),
    }
}
