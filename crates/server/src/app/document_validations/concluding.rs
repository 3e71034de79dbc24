//! What was read of a document is written, and what it makes of its registration.

use verax_domain::Timestamp;
use verax_domain::flow_settings::reviews::CheckedSubject;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::document_validation::{DocumentValidation, ReadDocument};
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::records::review::ReviewSubject;
use verax_domain::stored_reading::{NameMatch, StatedNames, StoredReading, lacks_other_side};
use verax_query::Tenant;
use verax_store::{Batch, JobKind, StoreError};

use super::making::Work;
use super::reading::ReadSides;
use super::{BACK, DocumentValidationError, FRONT};
use crate::app::App;

const HOUR_MS: i64 = 3_600_000;

impl App {
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

    /// Writes what was found, and what it makes of the registration.
    pub(super) async fn conclude(
        &self,
        work: &Work,
        read: ReadSides,
    ) -> Result<(), DocumentValidationError> {
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
        if !awaits_back {
            let (subject, status) = (ReviewSubject::of_document(validation), step.after.status);
            let checked = CheckedSubject::of_reading(status, &verdict, &reading.image_checks);
            let settings = &work.flow.review;
            self.add_review(&mut batch, (whose.0, &subject), settings, &checked, &work.origin);
        }
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
        self.database.commit(batch).await?;
        let may_be_anothers = reading.number_of_another == Some(false)
            && !step.after.status.is_rejected()
            && !awaits_back;
        match digest.filter(|_| may_be_anothers) {
            Some(digest) => self.recheck_number(validation, &digest, &work.origin).await,
            None => Ok(()),
        }
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
    pub(super) fn back_awaited_until(&self) -> Timestamp {
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
