//! Biometric validations: opened with a session, measured once, ended in one batch.

mod attempts;
mod ends;
mod outcome;
mod work;

use std::net::IpAddr;

use serde_json::{Map, Value};
use verax_domain::face_verdict::Reason;
use verax_domain::lifecycle::Teller;
use verax_domain::records::app_login::AppLogin;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::biometric_validation::{
    BiometricValidation, CheckResult, Purpose, ValidationOrder, ValidationStatus,
};
use verax_domain::records::liveness_session::{LivenessSession, SessionStatus};
use verax_domain::records::{Transition, Values};
use verax_domain::resources::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS};
use verax_domain::{NarrowScope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, JobKind, StoreError};

use super::App;
use super::access::{MintError, NarrowMint};
use super::faces::{MeasureError, SentImage};
use super::persons::PersonError;
use super::registrations::UsableFlow;
use crate::vault::VaultError;
pub use attempts::LockedLogin;
use attempts::LoginAttempt;
use work::Work;

/// A session and the validation that it is for.
pub struct Opened {
    pub session: Value,
    pub validation: Value,
    /// For this session alone.
    pub token: String,
}

/// A validation that was passed, and a token that says so.
pub struct Passed {
    pub validation: Value,
    pub token: String,
}

/// Why there is no completed validation.
#[derive(Debug, thiserror::Error)]
pub enum ValidationError {
    #[error("there is no such project with this flow, or it is paused")]
    NoProject,
    #[error("there is no such validation")]
    NotFound,
    #[error("there is no such registration")]
    NoRegistration,
    #[error("the session has expired")]
    Expired,
    #[error("the session was used")]
    Used,
    #[error("the registration is over")]
    RegistrationOver,
    #[error("the flow allows no more attempts")]
    NoAttemptsLeft,
    #[error("the project has no collection")]
    NoCollection,
    #[error("the registration has a person")]
    PersonAlreadySet,
    #[error("somebody with that face is there")]
    DuplicatedPerson,
    /// The record is `failed` and says so.
    #[error("no live person was seen")]
    NotLive { reasons: Vec<Reason> },
    /// Also where nobody is enrolled. The record is `failed` and says which it is.
    #[error("the face is not that of an enrolled person")]
    NotThePerson,
    /// The record is `failed` and says so.
    #[error("the image was accepted before")]
    ImageReplayed,
    /// Nothing was measured.
    #[error("too many logins have failed: the next may be tried in {seconds} seconds")]
    LoginLocked { seconds: u64 },
    #[error(transparent)]
    Measure(#[from] MeasureError),
    #[error("the persons cannot be asked: {0}")]
    Persons(PersonError),
    #[error("the work stopped before its end")]
    Stopped,
    #[error(transparent)]
    Mint(#[from] MintError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<VaultError> for ValidationError {
    fn from(error: VaultError) -> ValidationError {
        ValidationError::Persons(error.into())
    }
}

impl From<PersonError> for ValidationError {
    fn from(error: PersonError) -> ValidationError {
        match error {
            PersonError::Measure(error) => ValidationError::Measure(error),
            PersonError::Store(error) => ValidationError::Store(error),
            PersonError::AlreadySet(_) | PersonError::Duplicated(_) => {
                ValidationError::DuplicatedPerson
            }
            error => ValidationError::Persons(error),
        }
    }
}

const INTERRUPTED: &str = "the server stopped before the face was measured";
const LANGUAGE_DEFAULT: &str = "en";

impl App {
    /// Opens a validation and its session. `members` are those of a body, checked; `login` is the
    /// app login whose second factor it is.
    pub async fn open_validation(
        &self,
        client: &str,
        mode: &str,
        members: Map<String, Value>,
        login: Option<&str>,
    ) -> Result<Opened, ValidationError> {
        let order = ValidationOrder::read(&Values::of_body(&BIOMETRIC_VALIDATIONS, &members));
        let order = order.map_err(StoreError::from)?;
        let usable = self.usable_flow(client, &order).await?.ok_or(ValidationError::NoProject)?;
        let now = self.clock.now();
        let usual =
            now.0.saturating_add(i64::from(self.config.now().validations.session_seconds) * 1000);
        let until = order.expires_at.unwrap_or(Timestamp(usual));
        let order = ValidationOrder {
            expires_at: Some(until),
            requires_2fa: order.requires_2fa.or(Some(false)),
            language: order.language.or_else(|| Some(LANGUAGE_DEFAULT.to_owned())),
            ..order
        };
        let (session, id) = (self.new_id(), self.new_id());
        let session = LivenessSession::open((session, client.to_owned()), &order, until, now);
        let validation = BiometricValidation::open(
            (id, client.to_owned()),
            Some(session.id.clone()),
            order,
            &usable.project,
            now,
        );
        let scope = NarrowScope::Session;
        let mint = NarrowMint { scope, subject: &session.id, client, mode, until };
        let (token, kept) = self.narrow_token(&mint)?;
        let (opened, record) = (session.to_record(), validation.to_record());
        let mut batch = Batch::default();
        batch.create_session(&opened, now, until).create_validation(&record, now, until);
        batch.insert_token(&kept);
        if let Some(login) = login {
            batch.bind_second_factor(client, &validation.id, login);
            batch.change(&AppLogin::ask_second_factor(login, client, &validation.id), now);
        }
        self.database.commit(batch).await?;
        Ok(Opened { session: opened.to_json(), validation: record.to_json(), token })
    }

    /// Whether this is a flow that the project opens to strangers for logging in. Another kind of
    /// flow, or one that is not in use yet, may have lower limits.
    pub async fn is_login_flow(
        &self,
        client: &str,
        members: &Map<String, Value>,
    ) -> Result<bool, StoreError> {
        let order = ValidationOrder::read(&Values::of_body(&BIOMETRIC_VALIDATIONS, members))?;
        let usable = self.usable_flow(client, &order).await?;
        Ok(usable.is_some_and(|usable| usable.flow.is_public_login()))
    }

    async fn usable_flow(
        &self,
        client: &str,
        order: &ValidationOrder,
    ) -> Result<Option<UsableFlow>, StoreError> {
        self.find_usable_flow(client, order.project.as_deref(), order.flow.as_deref()).await
    }

    /// Measures a picture for a session, once. What has begun reaches its end although its caller
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
        let mut login = match validation.is_for(Purpose::Login) {
            true => Some(self.login_attempt(&validation, opened.second_factor, address).await?),
            false => None,
        };
        let enrolled = self.new_id();
        let begun = validation.begin(now).map_err(StoreError::from)?;
        let begins = self.begin_session(&begun, &enrolled, login.as_ref(), now).await;
        let begins = match (begins, &mut login) {
            (Err(StoreError::Conflict), Some(attempt)) => {
                if !self.meet_locks(attempt, now).await? {
                    return Err(ValidationError::Used);
                }
                self.begin_session(&begun, &enrolled, Some(attempt), now).await
            }
            (begins, _) => begins,
        };
        begins.map_err(used)?;
        let work = Work {
            client: client.to_owned(),
            mode: mode.to_owned(),
            validation: begun.after,
            session: Some(session),
            usable: UsableFlow { project, flow },
            registration: None,
            teller: Teller::Person,
            force: false,
            login,
            enrolled,
        };
        self.run_detached(work, image).await
    }

    /// Measures a picture for a registration, enrols the person in the project's collection, and
    /// answers the registration as it is then. `force` enrols somebody who is known, or another in the
    /// place of the registration's person: it is the client's, and a device's only where the flow says
    /// so. A client may do it to a registration that is over, too.
    ///
    /// # Errors
    /// Why the face was not accepted, or the person is there already.
    pub async fn validate_registration(
        &self,
        (client, mode): (&str, &str),
        registration: &str,
        image: SentImage,
        teller: Teller,
        force: bool,
    ) -> Result<Value, ValidationError> {
        self.ready_to_validate()?;
        let tenant = Tenant::Client(client.to_owned());
        let found: Option<AppRegistration> = self.database.find(&tenant, registration).await?;
        let found = found.ok_or(ValidationError::NoRegistration)?;
        let replaced_by_client = force && teller == Teller::Reviewer;
        if !found.is_open() && !replaced_by_client {
            return Err(ValidationError::RegistrationOver);
        }
        let usable = self.find_usable_flow(client, found.project.as_deref(), found.flow.as_deref());
        let usable = usable.await?.ok_or(ValidationError::NoProject)?;
        if usable.project.assigned_collection.is_none() {
            return Err(ValidationError::NoCollection);
        }
        let limits = usable.flow.liveness;
        // Capture pages send it with every picture: from a device it says nothing by itself.
        let force = force && (teller == Teller::Reviewer || limits.allows_force);
        if found.person.is_some() && !force {
            return Err(ValidationError::PersonAlreadySet);
        }
        let usual = u64::from(self.config.now().validations.attempts_max);
        let attempts_max = limits.attempts_max.unwrap_or(usual);
        let now = self.clock.now();
        let order = ValidationOrder {
            project: found.project.clone(),
            flow: found.flow.clone(),
            registration: Some(found.id.clone()),
            identifier: found.contact.identifier(),
            purpose: Some(Purpose::Onboarding),
            language: found.language.clone(),
            ..ValidationOrder::default()
        };
        let whose = (self.new_id(), client.to_owned());
        let validation = BiometricValidation::open(whose, None, order, &usable.project, now);
        let begun = validation.begin(now).map_err(StoreError::from)?;
        let enrolled = self.new_id();
        let mut batch = Batch::default();
        batch.insert_record(&validation.to_record(), now);
        batch.begin_validation(&begun, Some(&enrolled), now, self.lease(now));
        batch.reserve_attempt(client, registration, attempts_max);
        match self.database.commit(batch).await {
            // All else in it is new.
            Err(StoreError::Conflict) => return Err(ValidationError::NoAttemptsLeft),
            done => done?,
        }
        let work = Work {
            client: client.to_owned(),
            mode: mode.to_owned(),
            validation: begun.after,
            session: None,
            usable,
            registration: Some(found),
            teller,
            force,
            login: None,
            enrolled,
        };
        self.run_detached(work, image).await?;
        let record = self.find_record(&APP_REGISTRATIONS, &tenant, registration).await?;
        record.ok_or(ValidationError::NoRegistration)
    }

    /// Begins the validation of a session, and counts its login, in one batch.
    async fn begin_session(
        &self,
        begun: &Transition<BiometricValidation>,
        enrolled: &str,
        login: Option<&LoginAttempt>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.begin_validation(begun, Some(enrolled), now, self.lease(now));
        if let Some(attempt) = login {
            attempt.reserve(&mut batch, now);
        }
        self.database.commit(batch).await
    }

    /// What is needed to judge a face; before anything is begun.
    fn ready_to_validate(&self) -> Result<(), ValidationError> {
        let missing = self.faces.missing();
        if !missing.is_empty() {
            return Err(MeasureError::ModelsMissing(missing).into());
        }
        Ok(self.measuring.refuse_when_full().map_err(MeasureError::from)?)
    }

    fn lease(&self, now: Timestamp) -> Timestamp {
        let lease_ms = i64::from(self.config.now().validations.lease_seconds) * 1000;
        Timestamp(now.0.saturating_add(lease_ms))
    }
}

/// Another picture was faster.
fn used(error: StoreError) -> ValidationError {
    match error {
        StoreError::Conflict => ValidationError::Used,
        error => error.into(),
    }
}

/// What a validation says that a crash left behind.
pub(super) fn interrupted() -> String {
    CheckResult::unmeasured("image", INTERRUPTED).reasons_text()
}
