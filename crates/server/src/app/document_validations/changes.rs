//! What is said of a document after it was read: names are compared again, a reviewer is asked for or says
//! something, the document is called otherwise, its portrait is compared with a face that was enrolled since.

use verax_domain::events::{Entry, EventKind};
use verax_domain::flow_settings::reviews::CheckedSubject;
use verax_domain::lifecycle::{Actor, DocumentValidationStatus};
use verax_domain::records::IllegalTransition;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::document_validation::{
    DocumentValidation, ManualRequest, NameReview, ReadDocument,
};
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::records::review::{Review, ReviewSubject};
use verax_domain::stored_reading::NameMatch;
use verax_query::Tenant;
use verax_store::{Batch, JobKind, StoreError};

use super::DocumentValidationError;
use super::concluding::{reading_text, stored_reading};
use crate::app::App;
use crate::app::journal::Origin;

/// Somebody may change it while it is looked at: so often it is read again.
const READS_MAX: usize = 4;

/// Whose document is changed, and by whom.
#[derive(Clone, Copy)]
pub struct ChangeOf<'a> {
    pub client: &'a str,
    pub document: &'a str,
    pub actor: Actor,
    pub origin: &'a Origin,
}

/// What is said of a document.
#[derive(Clone, Debug)]
pub enum Change {
    /// The names that the person states now are compared again.
    Names,
    /// What a reviewer says of the names.
    Review(NameReview),
    /// Whether its portrait shows the person who was enrolled.
    Portrait(bool),
}

impl App {
    /// Judges a document again, with what is said of it. A registration whose document is rejected by it has
    /// none any more.
    ///
    /// # Errors
    /// `Status` while it is being read, and when it was rejected; `RegistrationOver` when a person asks whose
    /// registration is over.
    pub async fn change_document(
        &self,
        of: ChangeOf<'_>,
        change: &Change,
    ) -> Result<(), DocumentValidationError> {
        for _ in 0..READS_MAX {
            match self.try_change_document(of, change).await {
                Err(DocumentValidationError::Ended) => {}
                done => return done,
            }
        }
        Err(DocumentValidationError::Ended)
    }

    async fn try_change_document(
        &self,
        of: ChangeOf<'_>,
        change: &Change,
    ) -> Result<(), DocumentValidationError> {
        let tenant = Tenant::Client(of.client.to_owned());
        let (validation, registration) = self.document_and_registration(of).await?;
        let whose = (of.client, of.document);
        let kept = self.database.kept_reading(of.client, of.document).await?;
        let before = kept.and_then(|kept| kept.reading);
        let (Some(before), true) = (before, validation.completed_at.is_some()) else {
            // Nothing was read of it here: it is imported, or is being read.
            return Err(not_read(&validation));
        };
        let mut reading = stored_reading(&before)?;
        match change {
            Change::Names => {}
            Change::Review(review) => reading.names_reviewed = Some(review.are_same),
            Change::Portrait(shows) => reading.portrait_matches_face = Some(*shows),
        }
        let flow = validation.flow.as_deref().unwrap_or_default();
        let flow: ProjectFlow = self.database.find(&tenant, flow).await?.unwrap_or_default();
        let names = registration.as_ref().map(AppRegistration::names).unwrap_or_default();
        let (now, today) = (self.clock.now(), self.clock.now().day_text());
        let digest = self.note_number(&validation, &mut reading, (&flow, &names, &today)).await?;
        let verdict = reading.judge(&flow.reading.policy, &names, &today);
        let document = ReadDocument {
            reading: &reading,
            verdict: &verdict,
            names: NameMatch::of(&names, &verdict.values),
            today: &today,
            stores_front: false,
            stores_back: false,
        };
        let mut step = validation.judge(&document, now)?;
        if let Change::Review(review) = change {
            DocumentValidation::add_name_review(&mut step.changes, review, now);
        }
        let mut batch = Batch::default();
        batch.require_reading(whose, &before);
        batch.transition(&step, now, self.stamp(of.origin));
        let text = reading_text(&reading)?;
        batch.keep_reading(whose, &text, digest.as_deref());
        let (status, both) = (step.after.status, (&validation, &step.after));
        let checked = CheckedSubject::of_reading(status, &verdict, &reading.image_checks);
        self.add_review_of_judged(&mut batch, both, (&flow, checked), of.origin).await?;
        // One that was rejected before is the registration's by a reviewer's word.
        if let Some(registration) = &registration
            && step.after.status.is_rejected()
            && !validation.status.is_rejected()
        {
            let (id, stamp) = ((of.client, registration.id.as_str()), self.stamp(of.origin));
            batch.reject_document(id, of.document, now, stamp);
        }
        Ok(self.database.commit(batch).await?)
    }

    /// Asks for a reviewer: of the document, and of the registration whose document it is.
    ///
    /// # Errors
    /// `Status` when one is asked for already; `RegistrationOver`; `AlreadyExists` when a person asks whose
    /// registration has another document by now.
    pub async fn ask_for_document_review(
        &self,
        of: ChangeOf<'_>,
        request: &ManualRequest,
    ) -> Result<(), DocumentValidationError> {
        let (validation, registration) = self.document_and_registration(of).await?;
        let now = self.clock.now();
        let step = validation.ask_for_review(request, now)?;
        let mut batch = Batch::default();
        batch.transition(&step, now, self.stamp(of.origin));
        batch.delete_any_job(JobKind::DocumentReading, of.document);
        let flow = validation.flow.as_deref().unwrap_or_default();
        let tenant = Tenant::Client(of.client.to_owned());
        let flow: ProjectFlow = self.database.find(&tenant, flow).await?.unwrap_or_default();
        let (both, waiting) = ((&validation, &step.after), CheckedSubject::waiting());
        self.add_review_of_judged(&mut batch, both, (&flow, waiting), of.origin).await?;
        if let Some(registration) = &registration {
            let (id, stamp) = ((of.client, registration.id.as_str()), self.stamp(of.origin));
            batch.ask_for_document_review(id, of.document, of.actor, now, stamp);
        }
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) if of.actor == Actor::Person => {
                let (_, registration) = self.document_and_registration(of).await?;
                let document = registration.and_then(|it| it.document);
                Err(match document.is_some_and(|it| it != of.document) {
                    true => DocumentValidationError::AlreadyExists,
                    false => DocumentValidationError::Ended,
                })
            }
            done => Ok(done?),
        }
    }

    /// A document that is judged otherwise has a case, if its flow wants one; the case of one that needs manual
    /// verification no more is withdrawn.
    async fn add_review_of_judged(
        &self,
        batch: &mut Batch,
        (before, after): (&DocumentValidation, &DocumentValidation),
        (flow, checked): (&ProjectFlow, CheckedSubject),
        origin: &Origin,
    ) -> Result<(), StoreError> {
        if before.status == after.status {
            return Ok(());
        }
        let (client, subject) = (after.client.as_str(), ReviewSubject::of_document(after));
        let waited = before.status == DocumentValidationStatus::NeedsManualVerification;
        if waited {
            let review = self.undecided_review(client, &subject.resource, &subject.id).await?;
            if let Some(review) = review.filter(Review::waits_for_manual_verification_alone) {
                return self.add_withdrawal(batch, &review, origin);
            }
        }
        // What passed was drawn from, or not, when it was read.
        let checked = CheckedSubject { has_passed: false, ..checked };
        self.add_review_again(batch, (client, &subject), &flow.review, &checked, origin).await
    }

    /// Calls a document otherwise.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn rename_document(
        &self,
        of: ChangeOf<'_>,
        document_type: &str,
    ) -> Result<(), DocumentValidationError> {
        let (validation, _) = self.document_and_registration(of).await?;
        let stamp = self.stamp(of.origin);
        let mut batch = Batch::default();
        let kept = self.database.kept_reading(of.client, of.document).await?;
        if let Some(before) = kept.and_then(|kept| kept.reading) {
            let mut reading = stored_reading(&before)?;
            reading.requested_type = Some(document_type.to_owned());
            let text = reading_text(&reading)?;
            let whose = (of.client, of.document);
            batch.require_reading(whose, &before).rekeep_reading(whose, &text);
        }
        let entry = Entry::Event(EventKind::DocumentValidationUpdated, stamp);
        batch.change(&validation.rename(document_type), self.clock.now(), entry);
        Ok(self.database.commit(batch).await?)
    }

    /// # Errors
    /// `NotFound`; `RegistrationOver` when a person asks whose registration is over.
    async fn document_and_registration(
        &self,
        of: ChangeOf<'_>,
    ) -> Result<(DocumentValidation, Option<AppRegistration>), DocumentValidationError> {
        let tenant = Tenant::Client(of.client.to_owned());
        let found: Option<DocumentValidation> = self.database.find(&tenant, of.document).await?;
        let found = found.ok_or(DocumentValidationError::NotFound)?;
        let registration: Option<AppRegistration> = match &found.registration {
            Some(registration) => self.database.find(&tenant, registration).await?,
            None => None,
        };
        let is_over = registration.as_ref().is_none_or(|it| !it.is_open());
        if of.actor == Actor::Person && is_over {
            return Err(DocumentValidationError::RegistrationOver);
        }
        Ok((found, registration))
    }
}

fn not_read(validation: &DocumentValidation) -> DocumentValidationError {
    let status = validation.status.word();
    IllegalTransition { from: status, to: status }.into()
}
