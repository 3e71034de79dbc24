//! How a validation that was begun ends: completed, failed, or given back.

use serde_json::{Map, Value, json};
use verax_domain::events::EventKind;
use verax_domain::resources::{APP_LOGINS, BIOMETRIC_VALIDATIONS, PERSONS};
use verax_domain::{NarrowScope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, PassedFace, StoreError};

use super::attempts::LoginAttempt;
use super::found::Found;
use super::work::Work;
use super::{Passed, ValidationError};
use crate::app::App;
use crate::app::access::NarrowMint;
use crate::app::faces::MeasureError;
use crate::app::persons::PersonError;
use crate::app::records::said;

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
    /// A picture that cannot be measured does not use up its session, but for the last that it may
    /// have; the server's own fault ends the validation. No login has failed by either; a picture is
    /// counted for its source address.
    pub(super) async fn not_measured(
        &self,
        work: &Work,
        error: MeasureError,
    ) -> Result<ValidationError, StoreError> {
        let fault = match &error {
            MeasureError::Image { .. } => Fault::Image,
            MeasureError::Failed(_) => Fault::Measuring,
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
        let until = work.validation["expiresAt"].as_str().and_then(Timestamp::parse);
        let now = self.clock.now();
        let of_image = fault == Fault::Image;
        let give_back = |batch: &mut Batch| match &work.login {
            Some(login) if of_image => login.give_back_image(batch),
            Some(login) => login.give_back(batch),
            None => {}
        };
        let mut found = Found::default();
        found.reason("image", why);
        if let (Some(until), Some(session), true) =
            (until, &work.session, fault != Fault::Measuring)
        {
            let mut batch = Batch::default();
            batch.release_validation(&work.client, work.id(), now, until);
            give_back(&mut batch);
            if of_image {
                let max = self.config.now().validations.unmeasured_images_max;
                batch.count_unmeasured(&work.client, session, max);
            }
            match self.database.commit(batch).await {
                Err(StoreError::Conflict) if of_image => {}
                released => return released,
            }
            found.reason("image", "the session has had as many such images as it may");
        }
        let mut batch = Batch::default();
        give_back(&mut batch);
        if let (Some(registration), false) = (&work.registration, of_image) {
            let registration = registration["_id"].as_str().unwrap_or_default();
            batch.return_attempt(&work.client, registration);
        }
        self.fail_with(work, &found, batch).await
    }

    /// The image was accepted before: whoever sends it again need not be there.
    pub(super) async fn refuse_replayed(
        &self,
        work: &Work,
        found: &mut Found,
    ) -> Result<ValidationError, StoreError> {
        found.reason("image", "this image was accepted before");
        self.fail(work, found).await?;
        Ok(ValidationError::ImageReplayed)
    }

    pub(super) async fn complete(
        &self,
        work: &Work,
        found: &mut Found,
    ) -> Result<Passed, ValidationError> {
        let now = self.clock.now();
        let (client, id) = (work.client.as_str(), work.id());
        let mut batch = Batch::default();
        batch.end_validation(EventKind::ValidationCompleted, &found.record(&work.validation)?, now);
        hold_person(&mut batch, work, found);
        if let Some(person) = &found.enrolled {
            batch.name_enrolled(client, person, id);
        }
        if let Some(session) = &work.session {
            batch.use_session(&work.client, session, now);
        }
        if let Some(registration) = &work.registration {
            batch.pass_face(
                &PassedFace {
                    client,
                    registration: registration["_id"].as_str().unwrap_or_default(),
                    validation: id,
                    person: found.enrolled.as_deref().unwrap_or_default(),
                    replaces: registration["person"].as_str(),
                    teller: work.teller,
                },
                now,
            );
            batch.return_attempt(client, registration["_id"].as_str().unwrap_or_default());
        }
        let (scope, subject) = if let Some(login) = &work.login {
            let subject = self.log_in(work, login, found, &mut batch)?;
            login.pass(&mut batch);
            (NarrowScope::Login, subject)
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
        let old = self.images_forgotten_before(now);
        for digest in found.digests() {
            batch.accept_image(client, digest, now, old);
        }
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                let digests = found.digests().to_vec();
                if !self.database.was_accepted(client, digests, old).await? {
                    return Err(StoreError::Conflict.into());
                }
                // The same image was accepted while this one was measured.
                let refused = self.refuse_replayed(work, found).await?;
                self.undo(work).await?;
                return Err(refused);
            }
            committed => committed?,
        }
        let tenant = Tenant::Client(client.to_owned());
        let validation = self.find_record(&BIOMETRIC_VALIDATIONS, &tenant, id).await?;
        Ok(Passed { validation: validation.ok_or(ValidationError::NotFound)?, token })
    }

    /// The login that a face has made, or completed as its second factor; answers its id.
    fn log_in(
        &self,
        work: &Work,
        login: &LoginAttempt,
        found: &Found,
        batch: &mut Batch,
    ) -> Result<String, StoreError> {
        let now = self.clock.now();
        let mut members = Map::new();
        members.insert("status".to_owned(), "completed".into());
        members.insert("person".to_owned(), json!(found.person));
        if let Some(known) = &login.app_login {
            let id = known["_id"].as_str().unwrap_or_default().to_owned();
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

    pub(super) async fn fail(&self, work: &Work, found: &Found) -> Result<(), StoreError> {
        self.fail_with(work, found, Batch::default()).await
    }

    /// The same with what else changes, which comes last.
    async fn fail_with(&self, work: &Work, found: &Found, more: Batch) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut batch = Batch::default();
        batch.end_validation(EventKind::ValidationFailed, &found.record(&work.validation)?, now);
        hold_person(&mut batch, work, found);
        if let Some(session) = &work.session {
            batch.use_session(&work.client, session, now);
        }
        if let Some(registration) = &work.registration {
            let registration = registration["_id"].as_str().unwrap_or_default();
            batch.fail_face(&work.client, registration, work.id(), now);
        }
        let app_login = work.login.as_ref().and_then(|login| login.app_login.as_ref());
        if let Some(login) = app_login {
            let mut members = Map::new();
            members.insert("status".to_owned(), "failed".into());
            let login = login["_id"].as_str().unwrap_or_default();
            batch.change(&said(&APP_LOGINS, login, &work.client, members)?, now);
        }
        batch.append(more);
        self.database.commit(batch).await
    }

    /// Given up or deleted in between: nobody may stay enrolled by it, and no picture be kept.
    pub(super) async fn undo(&self, work: &Work) -> Result<(), PersonError> {
        let tenant = Tenant::Client(work.client.clone());
        let record = self.find_record(&BIOMETRIC_VALIDATIONS, &tenant, work.id()).await?;
        self.forget_unfinished(&work.client, work.id(), &work.enrolled, record.as_ref()).await
    }

    /// What a validation leaves that was not completed; `person` is whom it would have enrolled.
    pub(in crate::app) async fn forget_unfinished(
        &self,
        client: &str,
        id: &str,
        person: &str,
        record: Option<&Value>,
    ) -> Result<(), PersonError> {
        if record.is_none_or(|record| record["imageSaved"] != true) {
            self.destroy_face(client, id).await?;
        }
        // One that was completed keeps its person.
        if record.is_none_or(|record| record["status"] == "failed") {
            match self.delete_person(client, person).await {
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
