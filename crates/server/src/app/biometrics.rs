//! Biometric validations: opened with a session, measured once, ended in one batch.

mod attempts;
mod ends;
mod found;
mod work;

use std::net::IpAddr;

use serde_json::{Map, Value, json};
use verax_domain::face_verdict::Reason;
use verax_domain::lifecycle::{RegistrationStatus, Teller};
use verax_domain::resources::{
    APP_LOGINS, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, LIVENESS_SESSIONS,
};
use verax_domain::{NarrowScope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, JobKind, StoreError};

use super::App;
use super::access::{MintError, NarrowMint};
use super::faces::{MeasureError, SentImage};
use super::persons::PersonError;
use super::records::said;
use super::registrations::Way;
use crate::vault::VaultError;
pub use attempts::LockedLogin;
use attempts::LoginAttempt;
use work::Work;
pub(super) use work::policy;

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

impl App {
    /// Opens a validation and its session. `members` are those of a body, checked; `login` is the
    /// app login whose second factor it is.
    pub async fn open_validation(
        &self,
        client: &str,
        mode: &str,
        mut members: Map<String, Value>,
        login: Option<&str>,
    ) -> Result<Opened, ValidationError> {
        let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
        let way = self.find_way(client, text("project"), text("projectFlow")).await?;
        let way = way.ok_or(ValidationError::NoProject)?;
        let now = self.clock.now();
        let usual =
            now.0.saturating_add(i64::from(self.config.now().validations.session_seconds) * 1000);
        let until = Timestamp::parse(text("expiresAt")).unwrap_or(Timestamp(usual));
        let (session, validation) = (self.new_id(), self.new_id());
        let mut opened = Map::new();
        for name in ["project", "projectFlow", "identifier"] {
            opened.insert(name.to_owned(), members.get(name).cloned().unwrap_or_default());
        }
        opened.insert("status".to_owned(), "active".into());
        opened.insert("expiresAt".to_owned(), until.to_string().into());
        let opened = self.new_record(&LIVENESS_SESSIONS, &session, client, opened)?;
        members.insert("livenessSession".to_owned(), session.as_str().into());
        members.insert("expiresAt".to_owned(), until.to_string().into());
        members.entry("requires2FA").or_insert_with(|| false.into());
        members.entry("language").or_insert_with(|| "en".into());
        let members = begun(members, &way);
        let record = self.new_record(&BIOMETRIC_VALIDATIONS, &validation, client, members)?;
        let scope = NarrowScope::Session;
        let mint = NarrowMint { scope, subject: &session, client, mode, until };
        let (token, kept) = self.narrow_token(&mint)?;
        let mut batch = Batch::default();
        batch.create_session(&opened, now, until).create_validation(&record, now, until);
        batch.insert_token(&kept);
        if let Some(login) = login {
            batch.bind_second_factor(client, &validation, login);
            let mut members = Map::new();
            members.insert("biometricValidation".to_owned(), validation.as_str().into());
            members.insert("status".to_owned(), "pending".into());
            batch.change(&said(&APP_LOGINS, login, client, members)?, now);
        }
        self.database.commit(batch).await?;
        let tenant = Tenant::Client(client.to_owned());
        let session = self.find_record(&LIVENESS_SESSIONS, &tenant, &session).await?;
        let validation = self.find_record(&BIOMETRIC_VALIDATIONS, &tenant, &validation).await?;
        let both = session.zip(validation).ok_or(ValidationError::NotFound)?;
        Ok(Opened { session: both.0, validation: both.1, token })
    }

    /// Whether this is a flow that the project opens to strangers for logging in. Another kind of
    /// flow, or one that is not in use yet, may have lower limits.
    pub async fn is_login_flow(
        &self,
        client: &str,
        members: &Map<String, Value>,
    ) -> Result<bool, StoreError> {
        let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
        let way = self.find_way(client, text("project"), text("projectFlow")).await?;
        Ok(way.is_some_and(|way| {
            way.flow["type"] == "login"
                && matches!(way.flow["status"].as_str(), None | Some("active"))
        }))
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
        let tenant = Tenant::Client(client.to_owned());
        let found = self.find_record(&LIVENESS_SESSIONS, &tenant, session).await?;
        let found = found.ok_or(ValidationError::NotFound)?;
        let raw = format!("where_livenessSession={session}&limit=1&columns=_id");
        let id = self.first_id(&BIOMETRIC_VALIDATIONS, &tenant, &raw).await?;
        let id = id.ok_or(ValidationError::NotFound)?;
        let validation = self.find_record(&BIOMETRIC_VALIDATIONS, &tenant, &id).await?;
        let validation = validation.ok_or(ValidationError::NotFound)?;
        let now = self.clock.now();
        let due = |record: &Value| {
            let until = record["expiresAt"].as_str().and_then(Timestamp::parse);
            record["status"] == "expired" || until.is_some_and(|until| until <= now)
        };
        if found["status"] == "completed"
            || !matches!(validation["status"].as_str(), Some("new" | "expired"))
        {
            return Err(ValidationError::Used);
        }
        if due(&found) || due(&validation) {
            // Before the job comes by, so that nobody reads anything else any more.
            for (kind, record, is_due) in [
                (JobKind::SessionExpiry, session, due(&found)),
                (JobKind::ValidationExpiry, id.as_str(), due(&validation)),
            ] {
                if is_due {
                    self.expire(kind, client, record).await?;
                }
            }
            return Err(ValidationError::Expired);
        }
        let text = |name: &str| validation[name].as_str().unwrap_or_default();
        let way = self.find_way(client, text("project"), text("projectFlow")).await?;
        let way = way.ok_or(ValidationError::NoProject)?;
        if validation["type"] == "onboarding" && way.project["assignedCollection"].is_null() {
            return Err(ValidationError::NoCollection);
        }
        let mut login = match validation["type"].as_str() {
            Some("login") => Some(self.login_attempt(client, &validation, address).await?),
            _ => None,
        };
        let enrolled = self.new_id();
        let begun = self.begin_session(client, &id, &enrolled, login.as_ref(), now).await;
        let begun = match (begun, &mut login) {
            (Err(StoreError::Conflict), Some(attempt)) => {
                if !self.meet_locks(attempt, now).await? {
                    return Err(ValidationError::Used);
                }
                self.begin_session(client, &id, &enrolled, Some(attempt), now).await
            }
            (begun, _) => begun,
        };
        begun.map_err(used)?;
        let work = Work {
            client: client.to_owned(),
            mode: mode.to_owned(),
            validation,
            session: Some(session.to_owned()),
            way,
            registration: None,
            teller: Teller::Person,
            force: false,
            login,
            enrolled,
        };
        self.to_the_end(work, image).await
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
        let found = self.find_record(&APP_REGISTRATIONS, &tenant, registration).await?;
        let found = found.ok_or(ValidationError::NoRegistration)?;
        let text = |name: &str| found[name].as_str().unwrap_or_default();
        let status = found["status"].as_str().unwrap_or("STARTED");
        let open = RegistrationStatus::from_word(status).is_some_and(RegistrationStatus::is_open);
        let replaced_by_client = force && teller == Teller::Reviewer;
        if !open && !replaced_by_client {
            return Err(ValidationError::RegistrationOver);
        }
        let way = self.find_way(client, text("project"), text("projectFlow")).await?;
        let way = way.ok_or(ValidationError::NoProject)?;
        if way.project["assignedCollection"].is_null() {
            return Err(ValidationError::NoCollection);
        }
        // Capture pages send it with every picture: from a device it says nothing by itself.
        let force =
            force && (teller == Teller::Reviewer || way.flow["liveness"]["allowForce"] == true);
        if !found["person"].is_null() && !force {
            return Err(ValidationError::PersonAlreadySet);
        }
        let usual = u64::from(self.config.now().validations.attempts_max);
        let attempts_max = way.flow["liveness"]["attemptLimit"].as_u64().unwrap_or(usual);
        let now = self.clock.now();
        let mut members = Map::new();
        for (name, value) in [
            ("project", &found["project"]),
            ("projectFlow", &found["projectFlow"]),
            ("appRegistration", &found["_id"]),
            ("language", &found["language"]),
        ] {
            members.insert(name.to_owned(), value.clone());
        }
        let identifier = match found["email"].as_str() {
            Some(email) => email.to_owned(),
            None => [text("countryCode"), text("phone")].concat(),
        };
        if !identifier.is_empty() {
            members.insert("identifier".to_owned(), identifier.into());
        }
        members.insert("type".to_owned(), "onboarding".into());
        let id = self.new_id();
        let members = begun(members, &way);
        let record = self.new_record(&BIOMETRIC_VALIDATIONS, &id, client, members)?;
        let enrolled = self.new_id();
        let mut batch = Batch::default();
        batch.insert_record(&record, now);
        batch.begin_validation(client, &id, Some(&enrolled), now, self.lease(now));
        batch.reserve_attempt(client, registration, attempts_max);
        match self.database.commit(batch).await {
            // All else in it is new.
            Err(StoreError::Conflict) => return Err(ValidationError::NoAttemptsLeft),
            begun => begun?,
        }
        let validation = self.find_record(&BIOMETRIC_VALIDATIONS, &tenant, &id).await?;
        let work = Work {
            client: client.to_owned(),
            mode: mode.to_owned(),
            validation: validation.ok_or(ValidationError::NotFound)?,
            session: None,
            way,
            registration: Some(found),
            teller,
            force,
            login: None,
            enrolled,
        };
        self.to_the_end(work, image).await?;
        let record = self.find_record(&APP_REGISTRATIONS, &tenant, registration).await?;
        record.ok_or(ValidationError::NoRegistration)
    }

    /// Begins the validation of a session, and counts its login, in one batch.
    async fn begin_session(
        &self,
        client: &str,
        id: &str,
        enrolled: &str,
        login: Option<&LoginAttempt>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.begin_validation(client, id, Some(enrolled), now, self.lease(now));
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

/// What every new validation has of its project.
fn begun(mut members: Map<String, Value>, way: &Way) -> Map<String, Value> {
    members.insert("status".to_owned(), "new".into());
    for name in ["assignedCollection", "collectionCode"] {
        members.insert(name.to_owned(), way.project[name].clone());
    }
    members
}

/// What a validation says that a crash left behind.
pub(super) fn interrupted() -> String {
    json!([{ "measurement": "image", "advice": INTERRUPTED }]).to_string()
}
