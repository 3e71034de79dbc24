//! What a reviewer's decision makes of a registration: the step that a client can take too, in the same
//! commit as the decision.

use verax_domain::lifecycle::{
    Actor, Decision, DocumentValidationStatus, REVIEW, RegistrationStatus,
};
use verax_domain::records::app_registration::{AppRegistration, Review as LoggedReview, Reviewer};
use verax_domain::records::document_validation::DocumentValidation;
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::records::review::{DECISION, Review, STATE, SUBJECT_ID, Verdict};
use verax_domain::resources::{DOCUMENT_VALIDATIONS, REVIEWS};
use verax_domain::review_reasons::ReviewStep;
use verax_query::{Query, Tenant};
use verax_store::{Batch, HeldContact, StoreError};

use super::{Hold, RegistrationError, SyncOrder, contacts};
use crate::app::App;
use crate::app::journal::Origin;

/// A registration as a decision finds it.
pub(in crate::app) struct ReviewedRegistration {
    pub record: AppRegistration,
    pub flow: ProjectFlow,
    /// Where the document stands that was read for it.
    pub document: Option<DocumentValidationStatus>,
}

/// What is still to be seen to when a decision is written.
#[derive(Default)]
pub(in crate::app) struct AfterDecision {
    /// The registration is completed with its contact, unless another holds it.
    pub holds_contact: bool,
    /// The face check that the person makes again.
    pub face_set_aside: Option<String>,
}

impl App {
    pub(in crate::app) async fn reviewed_flow(
        &self,
        review: &Review,
    ) -> Result<ProjectFlow, StoreError> {
        let tenant = Tenant::Client(review.client.clone());
        let flow = review.subject.flow.as_deref().unwrap_or_default();
        Ok(self.database.find(&tenant, flow).await?.unwrap_or_default())
    }

    /// The registration of a review; `None`: it has none, or not any more.
    pub(in crate::app) async fn reviewed_registration(
        &self,
        review: &Review,
    ) -> Result<Option<ReviewedRegistration>, StoreError> {
        let Some(id) = &review.subject.registration else { return Ok(None) };
        let tenant = Tenant::Client(review.client.clone());
        let Some(record) = self.database.find::<AppRegistration>(&tenant, id).await? else {
            return Ok(None);
        };
        let document = self.document_status(&tenant, &record).await?;
        Ok(Some(ReviewedRegistration { record, flow: self.reviewed_flow(review).await?, document }))
    }

    /// Where the document of a registration stands. One that a reviewer has approved is as good as accepted,
    /// whatever was measured.
    pub(in crate::app) async fn document_status(
        &self,
        tenant: &Tenant,
        registration: &AppRegistration,
    ) -> Result<Option<DocumentValidationStatus>, StoreError> {
        let Some(id) = &registration.document else { return Ok(None) };
        let Some(document) = self.database.find::<DocumentValidation>(tenant, id).await? else {
            return Ok(None);
        };
        if document.status.is_accepted() {
            return Ok(Some(document.status));
        }
        let approved = Query::of(&REVIEWS)
            .equal(SUBJECT_ID, id.as_str())
            .equal(STATE, "decided")
            .equal(DECISION, Decision::Approve.word());
        let is_approved = self.database.first_id(approved, tenant).await?.is_some();
        Ok(Some(if is_approved { DocumentValidationStatus::Active } else { document.status }))
    }

    /// Whether a person may make this step once more.
    pub(in crate::app) async fn may_try_again(
        &self,
        (client, registration): (&str, &str),
        flow: &ProjectFlow,
        step: ReviewStep,
    ) -> Result<bool, StoreError> {
        let counts = self.database.registration_attempts(client, registration).await?;
        let config = self.config.now();
        let (used, max) = match step {
            ReviewStep::Document => {
                let usual = u64::from(config.documents.checks_per_registration_max);
                (counts.0, flow.reading.attempts_max.unwrap_or(usual))
            }
            ReviewStep::Liveness => {
                let usual = u64::from(config.validations.attempts_max);
                (counts.1, flow.liveness.attempts_max.unwrap_or(usual))
            }
            ReviewStep::Form => return Ok(true),
        };
        Ok(used < i64::try_from(max).unwrap_or(i64::MAX))
    }

    pub(in crate::app) async fn holder_of_contact(
        &self,
        registration: &AppRegistration,
    ) -> Result<Option<HeldContact>, StoreError> {
        let project = registration.project.as_deref().unwrap_or_default();
        let contacts = contacts(&registration.contact);
        self.database
            .contact_holder(&registration.client, project, contacts, &registration.id)
            .await
    }

    /// Adds what a decision makes of the registration to the batch that says it.
    ///
    /// # Errors
    /// `Rejected` where an imported registration is over in another system's word.
    pub(in crate::app) fn add_decision(
        &self,
        batch: &mut Batch,
        (before, flow, document): (
            &AppRegistration,
            &ProjectFlow,
            Option<DocumentValidationStatus>,
        ),
        (review, verdict, by): (&Review, &Verdict, Reviewer),
        origin: &Origin,
    ) -> Result<AfterDecision, RegistrationError> {
        let now = self.clock.now();
        let own = (before.client.as_str(), before.id.as_str());
        let is_of_document = review.subject.resource == DOCUMENT_VALIDATIONS.name;
        let wanted = match verdict.decision {
            Decision::Approve => {
                let is_its_document = before.document.as_deref() == Some(&review.subject.id);
                let approved = DocumentValidationStatus::Active;
                let document = if is_its_document { Some(approved) } else { document };
                let is_ready = !before.is_open() || before.meets(flow, document);
                (is_ready && !review.is_sample()).then_some(RegistrationStatus::Completed)
            }
            Decision::Decline => Some(RegistrationStatus::Failed),
            Decision::Resubmit => Some(RegistrationStatus::Ongoing),
        };
        let is_approved_document = verdict.decision == Decision::Approve && is_of_document;
        let mut after = AfterDecision::default();
        match wanted.filter(|wanted| Some(*wanted) != before.status) {
            Some(wanted) => {
                let order = SyncOrder {
                    step: REVIEW.to_owned(),
                    wanted: Some(wanted),
                    note: verdict.note.clone(),
                    actor: Actor::Reviewer,
                    reviewer: by,
                    origin: origin.clone(),
                };
                let status = before
                    .sync(REVIEW, Some(wanted), Actor::Reviewer, flow, document)
                    .map_err(RegistrationError::Rejected)?;
                let step = self.registration_step(before, status, order)?;
                after.holds_contact = step.hold == Hold::Taken;
                batch.sync_registration(&step, now, self.stamp(origin));
            }
            None => {
                // It stays where it is.
                let Some(status) = before.status else { return Ok(after) };
                let logged = LoggedReview { after: status, note: verdict.note.as_deref(), by: &by };
                let log = before.reviewed(logged, now);
                batch.log_review(own, status, &log, now, self.stamp(origin));
            }
        }
        if is_approved_document {
            batch.accept_rejected_document(own, &review.subject.id);
        }
        if verdict.decision == Decision::Resubmit {
            let step = review.resubmitted_step(&verdict.reasons);
            batch.return_to_step(own.0, own.1, step.word());
            match (step, &before.document) {
                (ReviewStep::Document, Some(document)) => {
                    batch.reject_document(own, document, now, self.stamp(origin));
                }
                (ReviewStep::Liveness, _) => after.face_set_aside.clone_from(&before.validation),
                _ => {}
            }
        }
        Ok(after)
    }
}
