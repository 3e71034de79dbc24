//! An image comes for a registration.

use serde_json::Value;
use verax_domain::events::EventKind;
use verax_domain::lifecycle::Actor;
use verax_domain::records::Values;
use verax_domain::records::app_registration::{self, AppRegistration};
use verax_domain::records::biometric_validation::{BiometricValidation, Purpose, ValidationOrder};
use verax_domain::resources::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, PERSONS};
use verax_query::Tenant;
use verax_store::{Batch, StoreError};

use super::ValidationError;
use crate::app::App;
use crate::app::faces::SentImage;
use crate::app::journal::Origin;
use crate::app::validations::work::Work;

impl App {
    /// A registration as its pages read it: the face check that it passed, and the person, as records.
    pub async fn with_face_records(
        &self,
        client: &str,
        mut registration: Value,
    ) -> Result<Value, StoreError> {
        let tenant = Tenant::Client(client.to_owned());
        let values = Values::of_shown(&APP_REGISTRATIONS, &registration);
        let pairs = [
            (app_registration::VALIDATION, &BIOMETRIC_VALIDATIONS),
            (app_registration::PERSON, &PERSONS),
        ];
        for (key, resource) in pairs {
            if let Some(id) = values.text(key)
                && let Some(record) = self.find_record(resource, &tenant, &id).await?
            {
                registration[key.field().name] = record;
            }
        }
        Ok(registration)
    }

    /// Measures an image for a registration, enrols the person in the project's collection, and
    /// answers the registration as it is then. `force` enrols somebody who is known, or another in the
    /// place of the registration's person: it is the client's, and a device's only where the flow says
    /// so. A client may do it to a registration that is over, too.
    ///
    /// # Errors
    /// Why the face was not accepted, or the person is there already.
    pub async fn validate_registration(
        &self,
        (client, mode, origin): (&str, &str, &Origin),
        registration: &str,
        image: SentImage,
        actor: Actor,
        force: bool,
    ) -> Result<Value, ValidationError> {
        self.ready_to_validate()?;
        let tenant = Tenant::Client(client.to_owned());
        let found: Option<AppRegistration> = self.database.find(&tenant, registration).await?;
        let found = found.ok_or(ValidationError::NoRegistration)?;
        let replaced_by_client = force && actor == Actor::Reviewer;
        if !found.is_open() && !replaced_by_client {
            return Err(ValidationError::RegistrationOver);
        }
        let usable = self.find_usable_flow(client, found.project.as_deref(), found.flow.as_deref());
        let usable = usable.await?.ok_or(ValidationError::NoProject)?;
        if usable.project.assigned_collection.is_none() {
            return Err(ValidationError::NoCollection);
        }
        let limits = usable.flow.liveness;
        // Capture pages send it with every image: from a device it says nothing by itself.
        let force = force && (actor == Actor::Reviewer || limits.allows_force);
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
        let created = self.entry(Some(EventKind::ValidationCreated), origin);
        batch.insert_record(&validation.to_record(), now, created);
        let (lease, stamp) = (self.lease(now), self.stamp(origin));
        batch.begin_validation(&begun, Some(&enrolled), now, lease, stamp);
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
            actor,
            force,
            login: None,
            enrolled,
            origin: origin.clone(),
        };
        self.run_detached(work, image).await?;
        if let Err(error) = self.compare_enrolled(client, registration, origin).await {
            // The face was enrolled all the same: its page asks for the comparison, too.
            tracing::warn!(cause = %error, "a face was not compared with the document");
        }
        let record = self.find_record(&APP_REGISTRATIONS, &tenant, registration).await?;
        record.ok_or(ValidationError::NoRegistration)
    }
}
