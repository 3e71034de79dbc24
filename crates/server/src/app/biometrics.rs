//! Biometric validations: opened with a session, measured once, ended in one batch.

mod found;

use found::Found;
use serde_json::{Map, Value, json};
use verax_domain::face_findings::FaceComparison;
use verax_domain::face_verdict::{CheckOutcome, FacePolicy, Reason, judge};
use verax_domain::lifecycle::{RegistrationStatus, ValidationStep};
use verax_domain::resources::{
    APP_LOGINS, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, LIVENESS_SESSIONS,
};
use verax_domain::{NarrowScope, Timestamp};
use verax_query::{Query, Resource, Tenant};
use verax_store::{Batch, StoreError};
use verax_vision::faces::Template;

use super::App;
use super::access::{MintError, NarrowMint};
use super::faces::{MeasureError, Portrait, Selfie, SentImage};
use super::persons::{NewPerson, PersonError, Unknown};
use super::records::said;
use super::registrations::Way;

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
    NotLive { score: f64, reasons: Vec<Reason> },
    /// The record is `failed` and says so.
    #[error("the face is not that of the enrolled person")]
    NotThePerson { reasons: Vec<Reason> },
    /// The record is `failed` and says so.
    #[error("nobody is enrolled under that name")]
    NobodyEnrolled,
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

/// A validation that is being measured.
struct Work {
    client: String,
    mode: String,
    validation: Value,
    /// The session that is used up by it, if it has one.
    session: Option<String>,
    way: Way,
    /// The registration that it is for, if it is for one.
    registration: Option<Value>,
    /// Whether somebody who is known already may be enrolled again.
    force: bool,
}

/// A match score at or above it is somebody who is known already, where the flow does not say.
const SEARCH_SCORE_DEFAULT: f64 = 0.9;
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
        let usual = now.0.saturating_add(i64::from(self.config.validations.session_seconds) * 1000);
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

    /// Measures a picture for a session, once. What has begun reaches its end although its caller
    /// goes.
    ///
    /// # Errors
    /// `Expired`, `Used`; or why the face was not accepted.
    pub async fn validate_session(
        &self,
        client: &str,
        mode: &str,
        session: &str,
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
            // Before the keeper comes by, so that nobody reads anything else any more.
            self.expire_due().await?;
            return Err(ValidationError::Expired);
        }
        let text = |name: &str| validation[name].as_str().unwrap_or_default();
        let way = self.find_way(client, text("project"), text("projectFlow")).await?;
        let way = way.ok_or(ValidationError::NoProject)?;
        if validation["type"] == "onboarding" && way.project["assignedCollection"].is_null() {
            return Err(ValidationError::NoCollection);
        }
        let mut batch = Batch::default();
        batch.begin_validation(client, &id, now, self.lease(now));
        match self.database.commit(batch).await {
            // Another picture was faster.
            Err(StoreError::Conflict) => return Err(ValidationError::Used),
            begun => begun?,
        }
        let work = Work {
            client: client.to_owned(),
            mode: mode.to_owned(),
            validation,
            session: Some(session.to_owned()),
            way,
            registration: None,
            force: false,
        };
        self.to_the_end(work, image).await
    }

    /// Measures a picture for a registration, enrols the person in the project's collection, and
    /// answers the registration as it is then.
    ///
    /// # Errors
    /// Why the face was not accepted, or the person is there already.
    pub async fn validate_registration(
        &self,
        client: &str,
        mode: &str,
        registration: &str,
        image: SentImage,
        force: bool,
    ) -> Result<Value, ValidationError> {
        self.ready_to_validate()?;
        let tenant = Tenant::Client(client.to_owned());
        let found = self.find_record(&APP_REGISTRATIONS, &tenant, registration).await?;
        let found = found.ok_or(ValidationError::NoRegistration)?;
        let text = |name: &str| found[name].as_str().unwrap_or_default();
        let status = found["status"].as_str().unwrap_or("STARTED");
        if !RegistrationStatus::from_word(status).is_some_and(RegistrationStatus::is_open) {
            return Err(ValidationError::RegistrationOver);
        }
        let way = self.find_way(client, text("project"), text("projectFlow")).await?;
        let way = way.ok_or(ValidationError::NoProject)?;
        if way.project["assignedCollection"].is_null() {
            return Err(ValidationError::NoCollection);
        }
        if !found["person"].is_null() && !force {
            return Err(ValidationError::PersonAlreadySet);
        }
        let failed = found["failedBiometricValidations"].as_array().map_or(0, Vec::len);
        let limit = way.flow["liveness"]["attemptLimit"].as_u64();
        if limit.is_some_and(|limit| failed as u64 >= limit) {
            return Err(ValidationError::NoAttemptsLeft);
        }
        let now = self.clock.now();
        let mut members = Map::new();
        for (name, value) in [
            ("project", &found["project"]),
            ("projectFlow", &found["projectFlow"]),
            ("appRegistration", &found["_id"]),
            ("language", &found["language"]),
            (
                "identifier",
                if found["email"].is_null() { &found["phone"] } else { &found["email"] },
            ),
        ] {
            members.insert(name.to_owned(), value.clone());
        }
        members.insert("type".to_owned(), "onboarding".into());
        let id = self.new_id();
        let members = begun(members, &way);
        let record = self.new_record(&BIOMETRIC_VALIDATIONS, &id, client, members)?;
        let mut batch = Batch::default();
        batch.insert_record(&record, now).begin_validation(client, &id, now, self.lease(now));
        self.database.commit(batch).await?;
        let validation = self.find_record(&BIOMETRIC_VALIDATIONS, &tenant, &id).await?;
        let work = Work {
            client: client.to_owned(),
            mode: mode.to_owned(),
            validation: validation.ok_or(ValidationError::NotFound)?,
            session: None,
            way,
            registration: Some(found),
            force,
        };
        self.to_the_end(work, image).await?;
        let record = self.find_record(&APP_REGISTRATIONS, &tenant, registration).await?;
        record.ok_or(ValidationError::NoRegistration)
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
        let lease_ms = i64::from(self.config.validations.lease_seconds) * 1000;
        Timestamp(now.0.saturating_add(lease_ms))
    }

    async fn to_the_end(&self, work: Work, image: SentImage) -> Result<Passed, ValidationError> {
        let app = self.clone();
        let running = tokio::spawn(async move {
            let outcome = app.work(&work, image).await;
            if let Err(ValidationError::Store(error)) = &outcome {
                tracing::warn!(cause = %error, "a face check could not be ended");
            }
            outcome
        });
        running.await.unwrap_or(Err(ValidationError::Stopped))
    }

    async fn work(&self, work: &Work, image: SentImage) -> Result<Passed, ValidationError> {
        let selfie = match self.measure_selfie(image).await {
            Ok(selfie) => selfie,
            Err(error) => return Err(self.not_measured(work, error).await?),
        };
        let policy = policy(&work.way.flow);
        let person = self.enrolled_person(work).await?;
        let score = match &person {
            Some(person) => match self.match_person(&work.client, person, &selfie.template).await {
                // Deleted since: nobody is enrolled.
                Err(PersonError::NotFound) => None,
                asked => asked?,
            },
            None => None,
        };
        // The scale of the protocol is all that a verdict reads.
        let comparison = score.map(|match_score| FaceComparison { cosine: f64::NAN, match_score });
        let verdict = judge(&selfie.findings, comparison.as_ref(), &policy);
        let mut found = Found::new(&verdict, person.filter(|_| score.is_some()), score);
        if verdict.liveness_detection != CheckOutcome::Passed {
            self.fail(work, &mut found).await?;
            let score = verdict.liveness_score.unwrap_or(0.0);
            return Err(ValidationError::NotLive { score, reasons: verdict.reasons });
        }
        match work.validation["type"].as_str() {
            Some("login") => match verdict.identity_match {
                CheckOutcome::Passed => {}
                CheckOutcome::Failed => {
                    self.fail(work, &mut found).await?;
                    return Err(ValidationError::NotThePerson { reasons: verdict.reasons });
                }
                CheckOutcome::NotChecked => {
                    found.reason("person", "nobody is enrolled under this identifier");
                    self.fail(work, &mut found).await?;
                    return Err(ValidationError::NobodyEnrolled);
                }
            },
            Some("onboarding") => match self.enrol_for(work, &selfie).await {
                Ok(person) => found.enrolled = Some(person),
                Err(error) => {
                    found.reason("person", "a person with this face, or name, is enrolled already");
                    self.fail(work, &mut found).await?;
                    return Err(error);
                }
            },
            _ => {}
        }
        let passed = self.complete(work, &found).await;
        if let (Err(ValidationError::Store(StoreError::Conflict)), Some(person)) =
            (&passed, &found.enrolled)
        {
            // Given up or deleted in between: nobody may stay enrolled by it.
            self.delete_person(&work.client, person).await?;
        }
        passed
    }

    /// A picture that cannot be measured does not use up its session; the server's own fault ends
    /// the validation.
    async fn not_measured(
        &self,
        work: &Work,
        error: MeasureError,
    ) -> Result<ValidationError, StoreError> {
        let id = work.id();
        let until = work.validation["expiresAt"].as_str().and_then(Timestamp::parse);
        let now = self.clock.now();
        if let (Some(until), true) = (until, !matches!(error, MeasureError::Failed(_))) {
            let mut batch = Batch::default();
            batch.release_validation(&work.client, id, now, until);
            self.database.commit(batch).await?;
        } else {
            let mut found = Found::default();
            found.reason("image", &error.to_string());
            self.fail(work, &mut found).await?;
        }
        Ok(error.into())
    }

    /// The person whom a login is compared with.
    async fn enrolled_person(&self, work: &Work) -> Result<Option<String>, StoreError> {
        if work.validation["type"] != "login" {
            return Ok(None);
        }
        if let Some(login) = self.login_of(work).await? {
            let person = login["person"].as_str().map(str::to_owned);
            if person.is_some() {
                return Ok(person);
            }
        }
        let text = |name: &str| work.validation[name].as_str().unwrap_or_default();
        self.database.person_by_identifier(&work.client, text("project"), text("identifier")).await
    }

    /// The login whose second factor the validation is.
    async fn login_of(&self, work: &Work) -> Result<Option<Value>, StoreError> {
        let tenant = Tenant::Client(work.client.clone());
        let raw = format!("where_biometricValidation={}&limit=1&columns=_id", work.id());
        match self.first_id(&APP_LOGINS, &tenant, &raw).await? {
            Some(id) => self.find_record(&APP_LOGINS, &tenant, &id).await,
            None => Ok(None),
        }
    }

    /// Enrols whom nobody knows yet in the project's collection. The person's id is the
    /// validation's, so that what a crash leaves behind is found again.
    async fn enrol_for(&self, work: &Work, selfie: &Selfie) -> Result<String, ValidationError> {
        let wanted = work.way.project["assignedCollection"].as_str().unwrap_or_default();
        let collection = self.collection(&work.client, wanted).await?;
        let collection = collection.ok_or(ValidationError::NoCollection)?;
        let registration = work.registration.as_ref().unwrap_or(&work.validation);
        let text = |name: &str| registration[name].as_str().map(str::to_owned);
        let person = NewPerson {
            name: text("fullName").or_else(|| text("identifier")).unwrap_or_default(),
            collections: vec![collection.id.clone()],
            email: text("email"),
            phone: text("phone"),
            ..NewPerson::default()
        };
        let min_score = &work.way.flow["liveness"]["searchMinScore"];
        let min_score = min_score.as_f64().unwrap_or(SEARCH_SCORE_DEFAULT);
        let unknown = Unknown { collection: Some(collection.id), min_score };
        let unknown = (!work.force).then_some(unknown);
        let faces = vec![portrait(&selfie.template)];
        let id = work.id().to_owned();
        Ok(self.enrol_person_as(&work.client, id, person, faces, unknown).await?)
    }

    async fn complete(&self, work: &Work, found: &Found) -> Result<Passed, ValidationError> {
        let now = self.clock.now();
        let (client, id) = (work.client.as_str(), work.id());
        let mut batch = Batch::default();
        batch.end_validation(ValidationStep::Complete, &found.record(&work.validation)?, now);
        if let Some(session) = &work.session {
            batch.use_session(session, now);
        }
        if let Some(registration) = &work.registration {
            let mut members = Map::new();
            members.insert("biometricValidation".to_owned(), id.into());
            members.insert("person".to_owned(), json!(found.enrolled));
            let registration = registration["_id"].as_str().unwrap_or_default();
            batch.change(&said(&APP_REGISTRATIONS, registration, client, members)?, now);
        }
        let (scope, subject) = if work.validation["type"] == "login" {
            (NarrowScope::Login, self.log_in(work, found, &mut batch).await?)
        } else {
            (NarrowScope::Session, work.session.clone().unwrap_or_default())
        };
        let seconds = i64::from(self.config.validations.login_seconds);
        let until = Timestamp(now.0.saturating_add(seconds * 1000));
        let mint = NarrowMint { scope, subject: &subject, client, mode: &work.mode, until };
        let (token, kept) = self.narrow_token(&mint)?;
        if !subject.is_empty() {
            batch.insert_token(&kept);
        }
        self.database.commit(batch).await?;
        let tenant = Tenant::Client(client.to_owned());
        let validation = self.find_record(&BIOMETRIC_VALIDATIONS, &tenant, id).await?;
        Ok(Passed { validation: validation.ok_or(ValidationError::NotFound)?, token })
    }

    /// The login that a face has made, or completed as its second factor; answers its id.
    async fn log_in(
        &self,
        work: &Work,
        found: &Found,
        batch: &mut Batch,
    ) -> Result<String, StoreError> {
        let now = self.clock.now();
        let mut members = Map::new();
        members.insert("status".to_owned(), "completed".into());
        members.insert("person".to_owned(), json!(found.person));
        if let Some(login) = self.login_of(work).await? {
            let id = login["_id"].as_str().unwrap_or_default().to_owned();
            batch.change(&said(&APP_LOGINS, &id, &work.client, members)?, now);
            return Ok(id);
        }
        for (name, value) in [
            ("name", &work.validation["identifier"]),
            ("project", &work.validation["project"]),
            ("projectFlow", &work.validation["projectFlow"]),
            ("biometricValidation", &work.validation["_id"]),
        ] {
            members.insert(name.to_owned(), value.clone());
        }
        members.insert("type".to_owned(), "faceLiveness".into());
        let id = self.new_id();
        batch.insert_record(&self.new_record(&APP_LOGINS, &id, &work.client, members)?, now);
        Ok(id)
    }

    async fn fail(&self, work: &Work, found: &mut Found) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut batch = Batch::default();
        batch.end_validation(ValidationStep::Fail, &found.record(&work.validation)?, now);
        if let Some(session) = &work.session {
            batch.use_session(session, now);
        }
        if let Some(registration) = &work.registration {
            let failed = registration["failedBiometricValidations"].as_array();
            let mut failed = failed.cloned().unwrap_or_default();
            failed.push(work.id().into());
            let mut members = Map::new();
            members.insert("failedBiometricValidations".to_owned(), failed.into());
            let registration = registration["_id"].as_str().unwrap_or_default();
            batch.change(&said(&APP_REGISTRATIONS, registration, &work.client, members)?, now);
        }
        if let Some(login) = self.login_of(work).await? {
            let mut members = Map::new();
            members.insert("status".to_owned(), "failed".into());
            let login = login["_id"].as_str().unwrap_or_default();
            batch.change(&said(&APP_LOGINS, login, &work.client, members)?, now);
        }
        self.database.commit(batch).await
    }

    async fn first_id(
        &self,
        resource: &'static Resource,
        tenant: &Tenant,
        raw: &str,
    ) -> Result<Option<String>, StoreError> {
        let query = Query::parse(resource, raw)
            .map_err(|problems| StoreError::Statement(format!("{problems:?}")))?;
        let rows = self.database.page(&query, tenant).await?.rows;
        let row: Value = serde_json::from_slice(&rows).unwrap_or_default();
        Ok(row["_id"].as_str().map(str::to_owned))
    }
}

impl Work {
    fn id(&self) -> &str {
        self.validation["_id"].as_str().unwrap_or_default()
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

/// The limits of a flow; where it says nothing, the protocol's.
fn policy(flow: &Value) -> FacePolicy {
    let usual = FacePolicy::default();
    let liveness = &flow["liveness"];
    FacePolicy {
        liveness_score_min: liveness["minScore"].as_f64().unwrap_or(usual.liveness_score_min),
        match_score_min: liveness["compareMinScore"].as_f64().unwrap_or(usual.match_score_min),
        ..usual
    }
}

/// No picture of the face is kept.
fn portrait(template: &Template) -> Portrait {
    Portrait { template: template.clone(), thumbnail: None, liveness_score: None }
}

/// What a validation says that a crash left behind.
pub(super) fn interrupted() -> String {
    json!([{ "measurement": "image", "advice": INTERRUPTED }]).to_string()
}
