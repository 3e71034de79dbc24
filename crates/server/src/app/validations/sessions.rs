//! An image comes for a session.

use std::net::IpAddr;

use verax_domain::Timestamp;
use verax_domain::lifecycle::Actor;
use verax_domain::records::Transition;
use verax_domain::records::biometric_validation::{BiometricValidation, Purpose, ValidationStatus};
use verax_domain::records::liveness_session::SessionStatus;
use verax_store::{Batch, JobKind, StoreError};

use super::{Passed, ValidationError};
use crate::app::App;
use crate::app::faces::{AnalysisError, SentImage};
use crate::app::journal::Origin;
use crate::app::registrations::UsableFlow;
use crate::app::validations::attempts::LoginAttempt;
use crate::app::validations::work::Work;

impl App {
    /// Measures an image for a session, once. What has begun reaches its end although its caller
    /// goes. A login counts for the `address` that it comes from, too.
    ///
    /// # Errors
    /// `Expired`, `Used`, `LoginLocked`; or why the face was not accepted.
    pub async fn validate_session(
        &self,
        client: &str,
        mode: &str,
        session: &str,
        address: IpAddr,
        image: SentImage,
        origin: &Origin,
    ) -> Result<Passed, ValidationError> {
        self.ready_to_validate()?;
        let opened = self.database.opened_session(client, session).await?;
        let opened = opened.ok_or(ValidationError::NotFound)?;
        let (session, validation) = (opened.session, opened.validation);
        let now = self.clock.now();
        let is_over = |until: Option<Timestamp>| until.is_some_and(|until| until <= now);
        let session_is_due =
            session.status == SessionStatus::Expired || is_over(session.expires_at);
        let validation_is_due =
            validation.status == ValidationStatus::Expired || is_over(validation.order.expires_at);
        if session.status == SessionStatus::Completed
            || !matches!(validation.status, ValidationStatus::New | ValidationStatus::Expired)
        {
            return Err(ValidationError::Used);
        }
        if session_is_due || validation_is_due {
            // Before the job comes by, so that nobody reads anything else any more.
            for (kind, record, is_due) in [
                (JobKind::SessionExpiry, &session.id, session_is_due),
                (JobKind::ValidationExpiry, &validation.id, validation_is_due),
            ] {
                if is_due {
                    self.expire(kind, client, record).await?;
                }
            }
            return Err(ValidationError::Expired);
        }
        let usable = opened.project.zip(opened.flow).filter(|(it, flow)| flow.is_usable_in(it));
        let (project, flow) = usable.ok_or(ValidationError::NoProject)?;
        if validation.is_for(Purpose::Onboarding) && project.assigned_collection.is_none() {
            return Err(ValidationError::NoCollection);
        }
        let usable = UsableFlow { project, flow };
        let mut login = match validation.is_for(Purpose::Login) {
            true => {
                let second_factor = opened.second_factor;
                Some(self.login_attempt(&validation, second_factor, address, &usable).await?)
            }
            false => None,
        };
        let enrolled = self.new_id();
        let begun = validation.begin(now).map_err(StoreError::from)?;
        let begins = self.begin_session(&begun, &enrolled, login.as_ref(), now, origin).await;
        let begins = match (begins, &mut login) {
            (Err(StoreError::Conflict), Some(attempt)) => {
                if !self.meet_locks(attempt, now).await? {
                    return Err(ValidationError::Used);
                }
                self.begin_session(&begun, &enrolled, Some(attempt), now, origin).await
            }
            (begins, _) => begins,
        };
        begins.map_err(used)?;
        let work = Work {
            client: client.to_owned(),
            mode: mode.to_owned(),
            validation: begun.after,
            session: Some(session),
            usable,
            registration: None,
            actor: Actor::Person,
            force: false,
            login,
            enrolled,
            origin: origin.clone(),
        };
        self.run_detached(work, image).await
    }

    /// Begins the validation of a session, and counts its login, in one batch.
    async fn begin_session(
        &self,
        begun: &Transition<BiometricValidation>,
        enrolled: &str,
        login: Option<&LoginAttempt>,
        now: Timestamp,
        origin: &Origin,
    ) -> Result<(), StoreError> {
        let (mut batch, stamp) = (Batch::default(), self.stamp(origin));
        batch.begin_validation(begun, Some(enrolled), now, self.lease(now), stamp);
        if let Some(attempt) = login {
            attempt.reserve(&mut batch, now);
        }
        self.database.commit(batch).await
    }

    /// What is needed to judge a face; before anything is begun.
    pub(super) fn ready_to_validate(&self) -> Result<(), ValidationError> {
        let missing = self.faces.missing();
        if !missing.is_empty() {
            return Err(AnalysisError::ModelsMissing(missing).into());
        }
        Ok(self.admission.reject_when_full().map_err(AnalysisError::from)?)
    }

    pub(super) fn lease(&self, now: Timestamp) -> Timestamp {
        let lease_ms = i64::from(self.config.now().validations.lease_seconds) * 1000;
        Timestamp(now.0.saturating_add(lease_ms))
    }
}

/// Another image was faster.
pub(super) fn used(error: StoreError) -> ValidationError {
    match error {
        StoreError::Conflict => ValidationError::Used,
        error => error.into(),
    }
}
