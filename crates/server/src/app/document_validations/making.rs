//! A document is read: the record first, then the work, then what was found.

use std::sync::Arc;

use tokio::task::JoinHandle;
use verax_domain::Timestamp;
use verax_domain::document_cross_checks::ReadingPolicy;
use verax_domain::label_reading::Label;
use verax_domain::lifecycle::Actor;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::document_validation::{
    DocumentValidation, InputMethod, ReadDocument, ReadingOrder, ReadingPurpose,
};
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::stored_reading::{NameMatch, StatedNames, StoredReading, lacks_other_side};
use verax_query::Tenant;
use verax_store::{Batch, BegunDocument, JobKind, StoreError};
use verax_vision::document::DocumentEngine;
use verax_vision::workers::Permit;

use super::reading::{ReadSides, SideImages};
use super::{BACK, DocumentValidationError, FRONT};
use crate::app::App;
use crate::app::journal::Origin;
use crate::metrics::{Measured, Subject};

const STOPPED: &str = "reading stopped before its end";
const HOUR_MS: i64 = 3_600_000;

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
type ReadingPermit = (Permit, Arc<DocumentEngine>);

/// A document that is being read.
struct Work {
    validation: DocumentValidation,
    images: SideImages,
    save_images: bool,
    /// What was read of the front, where this is the back that was waited for.
    before: StoredReading,
    flow: ProjectFlow,
    origin: Origin,
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

    /// Reads a document and stores nothing of it.
    ///
    /// # Errors
    /// Why it is not read.
    pub async fn read_for_demo(
        &self,
        images: SideImages,
        permit: ReadingPermit,
    ) -> Result<serde_json::Value, DocumentValidationError> {
        if !self.document_reader.is_loaded() {
            return Err(DocumentValidationError::NoReader);
        }
        let read = self.read_sides(images, permit).await;
        let read = read.ok_or(DocumentValidationError::Stopped)?;
        let read = read.map_err(|(side, error)| DocumentValidationError::Image { side, error })?;
        let reading = StoredReading {
            sides: read.sides,
            image_checks: read.image_checks,
            ..StoredReading::default()
        };
        let today = self.clock.now().day_text();
        let verdict = reading.judge(&ReadingPolicy::default(), &StatedNames::default(), &today);
        let document = ReadDocument {
            reading: &reading,
            verdict: &verdict,
            names: NameMatch::default(),
            today: &today,
            stores_front: false,
            stores_back: false,
        };
        Ok(document.summary())
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

    /// What a document was judged by; nothing yet where it was not read.
    pub(super) async fn reading_of(
        &self,
        validation: &DocumentValidation,
    ) -> Result<StoredReading, DocumentValidationError> {
        let kept = self.database.kept_reading(&validation.client, &validation.id).await?;
        let Some(reading) = kept.and_then(|kept| kept.reading) else {
            return Ok(StoredReading::default());
        };
        stored_reading(&reading)
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
        let read = self.read_sides(work.images.clone(), permit).await;
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

    /// Writes what was found, and what it makes of the registration.
    async fn conclude(&self, work: &Work, read: ReadSides) -> Result<(), DocumentValidationError> {
        let validation = &work.validation;
        let whose = (validation.client.as_str(), validation.id.as_str());
        let tenant = Tenant::Client(validation.client.clone());
        let registration: Option<AppRegistration> = match &validation.registration {
            Some(registration) => self.database.find(&tenant, registration).await?,
            None => None,
        };
        let mut reading = work.before.clone();
        if reading.sides.is_empty() {
            reading.requested_type.clone_from(&validation.document_type);
        }
        reading.sides.extend(read.sides);
        for (check, passed) in read.image_checks {
            *reading.image_checks.entry(check).or_insert(true) &= passed;
        }
        // Small and pale as it is, a second portrait that is not alike proves nothing.
        let limit = work.flow.face_policy().match_score_min;
        let is_alike = read.ghost_score.is_some_and(|score| score >= limit);
        reading.ghost_portrait_matches =
            is_alike.then_some(true).or(reading.ghost_portrait_matches);

        let mut portrait_model = None;
        if let (Some(portrait), Some(registration)) = (&read.portrait, &registration) {
            portrait_model = self.keep_portrait(whose, portrait).await?;
            reading.portrait_matches_face =
                self.shows_person(registration, &work.flow, portrait).await?;
        }
        let names = registration.as_ref().map(AppRegistration::names).unwrap_or_default();
        let today = self.clock.now().day_text();
        let digest =
            self.note_number(validation, &mut reading, (&work.flow, &names, &today)).await?;
        let verdict = reading.judge(&work.flow.reading.policy, &names, &today);
        self.store_images(whose, work).await?;
        let saves = |image: &Option<Vec<u8>>| work.save_images && image.is_some();
        let document = ReadDocument {
            reading: &reading,
            verdict: &verdict,
            names: NameMatch::of(&names, &verdict.values),
            today: &today,
            stores_front: saves(&work.images.front),
            stores_back: saves(&work.images.back),
        };
        let now = self.clock.now();
        let mut batch = Batch::default();
        let awaits_back = validation.registration.is_some() && lacks_other_side(&reading.sides);
        let step = match awaits_back {
            true => {
                batch.wait_for_back(&validation.id, self.back_awaited_until());
                validation.await_back(&document, now)?
            }
            false => {
                batch.delete_job(JobKind::DocumentReading, &validation.id);
                validation.judge(&document, now)?
            }
        };
        batch.transition(&step, now, self.stamp(&work.origin));
        let text = reading_text(&reading)?;
        batch.keep_reading(whose, &text, digest.as_deref());
        if let Some(model) = &portrait_model {
            batch.keep_portrait(whose, model);
        }
        if let Some(registration) = &registration
            && !awaits_back
        {
            let of = (whose.0, registration.id.as_str());
            let stamp = self.stamp(&work.origin);
            match step.after.status.is_rejected() {
                true => batch.reject_document(of, &validation.id, now, stamp),
                false => batch.reach_document_step(of, &validation.id, now, stamp),
            };
        }
        Ok(self.database.commit(batch).await?)
    }

    /// The digest of the number that was read, and whether somebody else's is the same.
    pub(super) async fn note_number(
        &self,
        validation: &DocumentValidation,
        reading: &mut StoredReading,
        (flow, names, today): (&ProjectFlow, &StatedNames, &str),
    ) -> Result<Option<String>, DocumentValidationError> {
        let verdict = reading.judge(&flow.reading.policy, names, today);
        let read = ReadDocument {
            reading,
            verdict: &verdict,
            names: NameMatch::default(),
            today,
            stores_front: false,
            stores_back: false,
        };
        let Some(number) = read.number() else { return Ok(None) };
        let digest = self.number_digest(&validation.client, reading, number).await?;
        let whose = (validation.client.as_str(), validation.id.as_str());
        let registration = validation.registration.as_deref();
        reading.number_of_another = self.is_number_of_another(whose, registration, &digest).await?;
        Ok(Some(digest))
    }

    async fn store_images(
        &self,
        (client, id): (&str, &str),
        work: &Work,
    ) -> Result<(), DocumentValidationError> {
        if !work.save_images {
            return Ok(());
        }
        for (location, image) in [(FRONT, &work.images.front), (BACK, &work.images.back)] {
            if let Some(image) = image {
                self.vault.keep(client, id, location, image).await?;
            }
        }
        Ok(())
    }

    /// Until when the back of a document is waited for: as long as a registration's token is valid.
    fn back_awaited_until(&self) -> Timestamp {
        let hours = i64::from(self.config.now().validations.registration_hours);
        Timestamp(self.clock.now().0.saturating_add(hours * HOUR_MS))
    }
}

/// What was stored. What is wrong with it is not said: it could say a value.
pub(super) fn stored_reading(text: &str) -> Result<StoredReading, DocumentValidationError> {
    serde_json::from_str(text).map_err(|_| unreadable().into())
}

pub(super) fn reading_text(reading: &StoredReading) -> Result<String, DocumentValidationError> {
    serde_json::to_string(reading).map_err(|_| unreadable().into())
}

fn unreadable() -> StoreError {
    StoreError::Statement("what was read of a document is not known here".to_owned())
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
