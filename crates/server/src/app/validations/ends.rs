//! How a validation that was begun ends: completed, failed, or given back.

use verax_domain::flow_settings::reviews::CheckedSubject;
use verax_domain::records::app_login::AppLogin;
use verax_domain::records::biometric_validation::{
    BiometricValidation, CheckResult, ValidationStatus,
};
use verax_domain::records::review::ReviewSubject;
use verax_domain::resources::PERSONS;
use verax_domain::{RecordTokenScope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, PassedFace, StoreError};

use super::attempts::LoginAttempt;
use super::outcome::FaceOutcome;
use super::work::Work;
use super::{Passed, ValidationError};
use crate::app::App;
use crate::app::access::RecordTokenMint;
use crate::app::faces::AnalysisError;
use crate::app::journal::Origin;
use crate::app::persons::PersonError;

/// Why nothing was decided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Image,
    /// The work on the image was given up.
    Measuring,
    Server,
}

const NOT_COMPARED: &str = "the enrolled faces could not be read: nothing was decided";

impl App {
    /// An image that cannot be measured does not use up its session, but for the last that it may
    /// have; the server's own fault ends the validation. No login has failed by either; an image is
    /// counted for its source address.
    pub(super) async fn not_measured(
        &self,
        work: &Work,
        error: AnalysisError,
    ) -> Result<ValidationError, StoreError> {
        let fault = match &error {
            AnalysisError::Image { .. } => Fault::Image,
            AnalysisError::Failed(_) => Fault::Measuring,
            _ => Fault::Server,
        };
        self.give_back(work, fault, &error.to_string()).await?;
        Ok(error.into())
    }

    /// The persons could not be asked: nothing was decided, and nobody has failed by it.
    pub(super) async fn not_compared(
        &self,
        work: &Work,
        error: PersonError,
    ) -> Result<ValidationError, StoreError> {
        self.give_back(work, Fault::Server, NOT_COMPARED).await?;
        if let Err(error) = self.destroy_face(&work.client, work.id()).await {
            tracing::warn!(cause = %error, "the image of a face check was not destroyed");
        }
        Ok(error.into())
    }

    async fn give_back(&self, work: &Work, fault: Fault, why: &str) -> Result<(), StoreError> {
        let until = work.validation.order.expires_at;
        let now = self.clock.now();
        let of_image = fault == Fault::Image;
        let give_back = |batch: &mut Batch| match &work.login {
            Some(login) if of_image => login.give_back_image(batch),
            Some(login) => login.give_back(batch),
            None => {}
        };
        let mut result = CheckResult::unmeasured("image", why);
        if let (Some(until), Some(session), true) =
            (until, &work.session, fault != Fault::Measuring)
        {
            let mut batch = Batch::default();
            let released = work.validation.release(now)?;
            batch.release_validation(&released, now, until, self.stamp(&work.origin));
            give_back(&mut batch);
            if of_image {
                let max = self.config.now().validations.unmeasured_images_max;
                batch.count_unmeasured(&work.client, &session.id, max);
            }
            match self.database.commit(batch).await {
                Err(StoreError::Conflict) if of_image => {}
                released => return released,
            }
            result.add_reason("image", "the session has had as many such images as it may");
        }
        let mut batch = Batch::default();
        give_back(&mut batch);
        if let (Some(registration), false) = (&work.registration, of_image) {
            batch.return_attempt(&work.client, &registration.id);
        }
        self.fail_with(work, &FaceOutcome::of(result), batch).await
    }

    /// The image was accepted before: whoever sends it again need not be there.
    pub(super) async fn reject_replayed(
        &self,
        work: &Work,
        outcome: &mut FaceOutcome,
    ) -> Result<ValidationError, StoreError> {
        outcome.result.add_reason("image", "this image was accepted before");
        self.fail(work, outcome).await?;
        Ok(ValidationError::ImageReplayed)
    }

    pub(super) async fn complete(
        &self,
        work: &Work,
        outcome: &mut FaceOutcome,
    ) -> Result<Passed, ValidationError> {
        let now = self.clock.now();
        let (client, id) = (work.client.as_str(), work.id());
        let completed = work.validation.complete(outcome.result.clone(), now);
        let completed = completed.map_err(StoreError::from)?;
        let mut batch = Batch::default();
        batch.end_validation(&completed, now, self.stamp(&work.origin));
        self.add_face_review(&mut batch, work, outcome, true);
        hold_person(&mut batch, work, outcome);
        if let Some(person) = &outcome.enrolled {
            batch.name_enrolled(client, person, id);
        }
        if let Some(session) = &work.session {
            let ended = session.complete(now).map_err(StoreError::from)?;
            batch.transition(&ended, now, self.stamp(&work.origin));
        }
        if let Some(registration) = &work.registration {
            batch.pass_face(
                &PassedFace {
                    client,
                    registration: &registration.id,
                    validation: id,
                    person: outcome.enrolled.as_deref().unwrap_or_default(),
                    replaces: registration.person.as_deref(),
                    actor: work.actor,
                },
                now,
                self.stamp(&work.origin),
            );
            batch.return_attempt(client, &registration.id);
        }
        let (scope, subject) = if let Some(login) = &work.login {
            let subject = self.log_in(work, login, outcome, &mut batch);
            login.pass(&mut batch);
            (RecordTokenScope::Login, subject)
        } else {
            let session = work.session.as_ref().map(|session| session.id.clone());
            (RecordTokenScope::Session, session.unwrap_or_default())
        };
        let seconds = i64::from(self.config.now().validations.login_seconds);
        let until = Timestamp(now.0.saturating_add(seconds * 1000));
        let mint = RecordTokenMint { scope, subject: &subject, client, mode: &work.mode, until };
        let (token, stored) = self.record_token(&mint)?;
        if !subject.is_empty() {
            batch.insert_token(&stored);
        }
        let old = self.images_forgotten_before(now);
        for digest in &outcome.digests {
            batch.accept_image(client, digest, now, old);
        }
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                let digests = outcome.digests.clone();
                if !self.database.was_accepted(client, digests, old).await? {
                    return Err(ValidationError::Ended);
                }
                // The same image was accepted while this one was measured.
                let rejected = self.reject_replayed(work, outcome).await?;
                self.undo(work).await?;
                return Err(rejected);
            }
            committed => committed?,
        }
        Ok(Passed { validation: completed.after.to_record().to_json(), token })
    }

    fn add_face_review(
        &self,
        batch: &mut Batch,
        work: &Work,
        outcome: &FaceOutcome,
        has_passed: bool,
    ) {
        let subject = ReviewSubject::of_face(&work.validation);
        let checked = CheckedSubject::of_face(has_passed, &outcome.result);
        let settings = &work.usable.flow.review;
        self.add_review(batch, (&work.client, &subject), settings, &checked, &work.origin);
    }

    /// The login that a face has made, or completed as its second factor; answers its id.
    fn log_in(
        &self,
        work: &Work,
        login: &LoginAttempt,
        outcome: &FaceOutcome,
        batch: &mut Batch,
    ) -> String {
        let (now, person) = (self.clock.now(), outcome.person.as_deref());
        if let Some(known) = &login.app_login {
            let passed = known.second_factor_passed(person);
            batch.transition(&passed, now, self.stamp(&work.origin));
            return known.id.clone();
        }
        let login = AppLogin::by_face(self.new_id(), &work.validation, person.map(str::to_owned));
        let entry = self.entry(Some(login.status.event()), &work.origin);
        batch.insert_record(&login.to_record(now), now, entry);
        login.id
    }

    pub(super) async fn fail(&self, work: &Work, outcome: &FaceOutcome) -> Result<(), StoreError> {
        self.fail_with(work, outcome, Batch::default()).await
    }

    /// The same with what else changes, which comes last.
    async fn fail_with(
        &self,
        work: &Work,
        outcome: &FaceOutcome,
        more: Batch,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut batch = Batch::default();
        let failed = work.validation.fail(outcome.result.clone(), now)?;
        batch.end_validation(&failed, now, self.stamp(&work.origin));
        self.add_face_review(&mut batch, work, outcome, false);
        hold_person(&mut batch, work, outcome);
        if let Some(session) = &work.session {
            batch.transition(&session.complete(now)?, now, self.stamp(&work.origin));
        }
        if let Some(registration) = &work.registration {
            let (client, stamp) = (&work.client, self.stamp(&work.origin));
            batch.fail_face(client, &registration.id, work.id(), now, stamp);
        }
        if let Some(login) = work.login.as_ref().and_then(|login| login.app_login.as_ref()) {
            batch.transition(&login.second_factor_failed(), now, self.stamp(&work.origin));
        }
        batch.append(more);
        self.database.commit(batch).await
    }

    /// Given up or deleted in between: nobody may stay enrolled by it, and no image be stored.
    pub(super) async fn undo(&self, work: &Work) -> Result<(), PersonError> {
        let tenant = Tenant::Client(work.client.clone());
        let record: Option<BiometricValidation> = self.database.find(&tenant, work.id()).await?;
        let of = (work.client.as_str(), work.id(), &work.origin);
        self.forget_unfinished(of, &work.enrolled, record.as_ref()).await
    }

    /// What a validation leaves that was not completed; `person` is whom it would have enrolled.
    pub(in crate::app) async fn forget_unfinished(
        &self,
        (client, id, origin): (&str, &str, &Origin),
        person: &str,
        record: Option<&BiometricValidation>,
    ) -> Result<(), PersonError> {
        if record.is_none_or(|record| !record.image_saved) {
            self.destroy_face(client, id).await?;
        }
        // One that was completed keeps its person.
        if record.is_none_or(|record| matches!(record.status, ValidationStatus::Failed { .. })) {
            match self.delete_person(client, person, origin).await {
                Ok(()) | Err(PersonError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Nothing names a person who is being deleted: then the check comes to no end of its own.
fn hold_person(batch: &mut Batch, work: &Work, outcome: &FaceOutcome) {
    if let Some(person) = &outcome.person {
        batch.hold_record(&PERSONS, &work.client, person);
    }
}
