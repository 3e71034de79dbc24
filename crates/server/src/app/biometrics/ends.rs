//! How a validation that was begun ends: completed, failed, or given back.

use serde_json::{Map, Value, json};
use verax_domain::lifecycle::ValidationStep;
use verax_domain::resources::{APP_LOGINS, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, PERSONS};
use verax_domain::{NarrowScope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, StoreError};

use super::found::Found;
use super::work::Work;
use super::{Passed, ValidationError};
use crate::app::App;
use crate::app::access::NarrowMint;
use crate::app::faces::MeasureError;
use crate::app::persons::PersonError;
use crate::app::records::said;

impl App {
    /// A picture that cannot be measured does not use up its session; the server's own fault ends
    /// the validation.
    pub(super) async fn not_measured(
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

    pub(super) async fn complete(
        &self,
        work: &Work,
        found: &Found,
    ) -> Result<Passed, ValidationError> {
        let now = self.clock.now();
        let (client, id) = (work.client.as_str(), work.id());
        let mut batch = Batch::default();
        batch.end_validation(ValidationStep::Complete, &found.record(&work.validation)?, now);
        hold_person(&mut batch, work, found);
        if let Some(session) = &work.session {
            batch.use_session(&work.client, session, now);
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
        let seconds = i64::from(self.config.now().validations.login_seconds);
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

    pub(super) async fn fail(&self, work: &Work, found: &mut Found) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut batch = Batch::default();
        batch.end_validation(ValidationStep::Fail, &found.record(&work.validation)?, now);
        hold_person(&mut batch, work, found);
        if let Some(session) = &work.session {
            batch.use_session(&work.client, session, now);
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

    /// Given up or deleted in between: nobody may stay enrolled by it, and no picture be kept.
    pub(super) async fn undo(&self, work: &Work) -> Result<(), PersonError> {
        let tenant = Tenant::Client(work.client.clone());
        let record = self.find_record(&BIOMETRIC_VALIDATIONS, &tenant, work.id()).await?;
        self.forget_unfinished(&work.client, work.id(), record.as_ref()).await
    }

    /// What a validation leaves that was not completed.
    pub(in crate::app) async fn forget_unfinished(
        &self,
        client: &str,
        id: &str,
        record: Option<&Value>,
    ) -> Result<(), PersonError> {
        if record.is_none_or(|record| record["imageSaved"] != true) {
            self.destroy_face(client, id).await?;
        }
        // Whom a validation enrols has its id; one that was completed keeps its person.
        if record.is_none_or(|record| record["status"] == "failed") {
            match self.delete_person(client, id).await {
                Ok(()) | Err(PersonError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Nothing names a person who is being deleted: then the check comes to no end of its own.
fn hold_person(batch: &mut Batch, work: &Work, found: &Found) {
    if let Some(person) = &found.person {
        batch.hold_record(&PERSONS, &work.client, person);
    }
}
