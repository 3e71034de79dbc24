//! A code comes back: counted first, then compared, then acted on in one batch.

use verax_domain::records::app_login::{AppLogin, LoginStatus};
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::contact_validation::{
    Channel, ContactPurpose, ContactStatus, ContactValidation,
};
use verax_domain::{RecordTokenScope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, ContactOf, StoreError};

use super::errors::ContactError;
use super::order::{CodeBearer, Confirmed, ContactOutcome, ValidatedContact};
use crate::app::App;
use crate::app::access::{RecordTokenMint, SANDBOX};
use crate::app::journal::Origin;
use crate::constant_time::same_code;

/// Its code may be sent, or its record moved on, while it is looked at: so often it is read again.
const READS_MAX: usize = 4;
const WRONG_TOO_OFTEN: &str = "wrong codes came too often";

impl App {
    /// Takes a code. A wrong one is counted before it is compared, so that calls at once and several nodes
    /// never try more than there are.
    pub async fn confirm_contact(
        &self,
        bearer: CodeBearer<'_>,
        validation: ContactValidation,
        code: &str,
        origin: &Origin,
    ) -> Result<ValidatedContact, ContactError> {
        let now = self.clock.now();
        if let Err(standing) = self.check_open(&validation, now) {
            return Err(self.told(bearer, &validation, standing).await);
        }
        let project = validation.project.as_deref().unwrap_or_default();
        let client = bearer.client;
        let lock = self.code_lock(client, project, &validation.contact);
        let source = bearer.source.and_then(|source| self.code_source(client, source));
        let mut batch = Batch::default();
        batch.count_code(&validation, now).reserve_login(client, &lock, now);
        if let Some(source) = &source {
            batch.reserve_login(client, source, now);
        }
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                self.check_code_lock(client, &lock, now).await?;
                if let Some(source) = &source {
                    self.check_code_lock(client, source, now).await?;
                }
                let again = self.reread(&validation).await?;
                return Err(match self.check_open(&again, now) {
                    Err(standing) => self.told(bearer, &again, standing).await,
                    Ok(()) => ContactError::Moved,
                });
            }
            counted => counted?,
        }
        let counted = self.reread(&validation).await?;
        if !self.is_code(&counted, bearer.mode, code).await? {
            self.reject_code(&counted, origin).await?;
            return Err(ContactError::WrongCode);
        }
        let right = |batch: &mut Batch| {
            batch.clear_logins(client, &lock.id);
            if let Some(source) = &source {
                batch.return_login(client, &source.id);
            }
        };
        self.accept_code(bearer, counted, right, origin).await
    }

    /// Why no code of this validation is taken, as far as this bearer may know it: somebody who names a contact
    /// alone hears of one that was asked for lately, which whoever asks makes themselves, and of no other.
    async fn told(
        &self,
        bearer: CodeBearer<'_>,
        validation: &ContactValidation,
        standing: ContactError,
    ) -> ContactError {
        let lately_ms = i64::from(self.config.now().codes.seconds) * 1000;
        let is_lately = validation.expires_at.0.saturating_add(lately_ms) > self.clock.now().0;
        let tells_more = matches!(standing, ContactError::AlreadyValidated);
        match bearer.may_know || (is_lately && !tells_more) {
            true => standing,
            false => self.reject_guess(bearer).await,
        }
    }

    /// What a code is answered that somebody brings for a contact of whose validation they are told nothing:
    /// what a wrong one is, and it is counted as one against where they call from.
    pub async fn reject_guess(&self, bearer: CodeBearer<'_>) -> ContactError {
        let (client, now) = (bearer.client, self.clock.now());
        let source = bearer.source.and_then(|source| self.code_source(client, source));
        let Some(source) = source else { return ContactError::WrongCode };
        let mut batch = Batch::default();
        batch.reserve_login(client, &source, now);
        match self.database.commit(batch).await {
            Ok(()) => ContactError::WrongCode,
            Err(StoreError::Conflict) => {
                let locked = self.check_code_lock(client, &source, now).await;
                locked.err().unwrap_or(ContactError::WrongCode)
            }
            Err(error) => error.into(),
        }
    }

    /// The validation with this id, whosever it is.
    pub async fn find_contact_anywhere(
        &self,
        channel: Channel,
        id: &str,
    ) -> Result<Option<ContactValidation>, StoreError> {
        self.database.contact_validation(channel, &Tenant::All, id).await
    }

    /// The validation that whoever brings a code means, if it is theirs.
    pub async fn find_contact(
        &self,
        bearer: CodeBearer<'_>,
        channel: Channel,
        which: &Confirmed<'_>,
    ) -> Result<Option<ContactValidation>, StoreError> {
        let (client, registration) = (bearer.client, bearer.registration);
        match which {
            Confirmed::ById(id) => {
                let tenant = Tenant::Client(client.to_owned());
                let found = self.database.contact_validation(channel, &tenant, id).await?;
                Ok(found.filter(|found| {
                    registration.is_none() || found.registration.as_deref() == registration
                }))
            }
            Confirmed::ByContact { flow, key } => {
                let of = ContactOf { client, flow, registration, key, purpose: None };
                self.database.newest_contact_validation(channel, of).await
            }
        }
    }

    async fn reread(
        &self,
        validation: &ContactValidation,
    ) -> Result<ContactValidation, ContactError> {
        let (channel, tenant) = (validation.channel(), Tenant::Client(validation.client.clone()));
        let found = self.database.contact_validation(channel, &tenant, &validation.id).await?;
        found.ok_or(ContactError::NotFound(channel))
    }

    fn check_open(
        &self,
        validation: &ContactValidation,
        now: Timestamp,
    ) -> Result<(), ContactError> {
        let used_up = validation.attempts >= validation.attempts_max;
        match validation.status {
            ContactStatus::Validated => Err(ContactError::AlreadyValidated),
            ContactStatus::Expired => Err(ContactError::Expired(validation.channel())),
            _ if used_up => Err(ContactError::NoAttemptsLeft),
            ContactStatus::Failed => Err(ContactError::NotSent),
            _ if validation.expires_at <= now => Err(ContactError::Expired(validation.channel())),
            _ => Ok(()),
        }
    }

    async fn is_code(
        &self,
        validation: &ContactValidation,
        mode: &str,
        sent: &str,
    ) -> Result<bool, ContactError> {
        let channel = validation.channel();
        if mode == SANDBOX {
            let project = validation.project.as_deref().unwrap_or_default();
            let demo = self.demo_otp(&validation.client, project).await?;
            if demo.is_some_and(|demo| same_code(&demo, sent)) {
                return Ok(true);
            }
        }
        let seed = self.database.code_seed(channel, &validation.client, &validation.id).await?;
        // Where its key is gone nobody has the code.
        let code = seed.and_then(|seed| self.code(validation, &seed));
        Ok(code.is_some_and(|code| same_code(&code, sent)))
    }

    async fn reject_code(
        &self,
        validation: &ContactValidation,
        origin: &Origin,
    ) -> Result<(), ContactError> {
        let now = self.clock.now();
        let mut batch = Batch::default();
        batch.code_was_incorrect(validation, now, self.stamp(origin));
        self.database.commit(batch).await?;
        // Whoever has counted the last one ends it, unless the right code came at the same time.
        for _ in 0..READS_MAX {
            let current = self.reread(validation).await?;
            if !current.status.is_open() || current.attempts < current.attempts_max {
                break;
            }
            let failed = current.fail(WRONG_TOO_OFTEN).map_err(StoreError::from)?;
            let mut batch = Batch::default();
            batch.transition(&failed, now, self.stamp(origin));
            match self.database.commit(batch).await {
                Err(StoreError::Conflict) => {}
                done => return Ok(done?),
            }
        }
        Ok(())
    }

    async fn accept_code(
        &self,
        bearer: CodeBearer<'_>,
        counted: ContactValidation,
        right: impl Fn(&mut Batch),
        origin: &Origin,
    ) -> Result<ValidatedContact, ContactError> {
        let mut current = counted.clone();
        for _ in 0..READS_MAX {
            // Only for the code that was compared: a newer one has begun to count anew.
            if !current.status.is_open() || current.attempts < counted.attempts {
                self.check_open(&current, self.clock.now())?;
                return Err(ContactError::WrongCode);
            }
            match self.commit_validated(bearer, &current, &right, origin).await {
                Err(ContactError::Moved) => current = self.reread(&current).await?,
                done => return done,
            }
        }
        Err(ContactError::Moved)
    }

    async fn commit_validated(
        &self,
        bearer: CodeBearer<'_>,
        validation: &ContactValidation,
        right: impl Fn(&mut Batch),
        origin: &Origin,
    ) -> Result<ValidatedContact, ContactError> {
        let (now, client, channel) = (self.clock.now(), bearer.client, validation.channel());
        let validated = validation.validate(now).map_err(StoreError::from)?;
        let mut batch = Batch::default();
        batch.transition(&validated, now, self.stamp(origin));
        right(&mut batch);
        let outcome = match (&validation.registration, validation.purpose) {
            (Some(registration), _) => {
                batch.bind_contact(validation, registration, now, self.stamp(origin));
                ContactOutcome::Validated
            }
            (None, ContactPurpose::Login) => {
                self.log_in_by_contact(bearer, validation, &mut batch, origin).await?
            }
            (None, ContactPurpose::Onboarding) => {
                self.resume_by_contact(bearer, validation, &mut batch).await?
            }
            (None, ContactPurpose::Validation | ContactPurpose::OneTimeLink) => {
                ContactOutcome::Validated
            }
        };
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                if let Some(registration) = &validation.registration {
                    self.check_bindable(client, registration, validation).await?;
                }
                return Err(ContactError::Moved);
            }
            done => done?,
        }
        if matches!(outcome, ContactOutcome::Resumed { .. }) {
            self.forget_tokens();
        }
        let tenant = Tenant::Client(client.to_owned());
        let shown = self.find_record(channel.resource(), &tenant, &validation.id).await?;
        let validation = shown.ok_or(ContactError::NotFound(channel))?;
        Ok(ValidatedContact { validation, channel, outcome })
    }

    /// A login by a contact. Whose registration holds it is known by it, and the person that belongs to
    /// it is not: that is for a face to say.
    async fn log_in_by_contact(
        &self,
        bearer: CodeBearer<'_>,
        validation: &ContactValidation,
        batch: &mut Batch,
        origin: &Origin,
    ) -> Result<ContactOutcome, ContactError> {
        let (client, channel) = (bearer.client, validation.channel());
        let project = validation.project.as_deref().unwrap_or_default();
        let flow = validation.flow.as_deref().unwrap_or_default();
        let usable = self.find_usable_flow(client, Some(project), Some(flow)).await?;
        let usable = usable.ok_or(ContactError::NoProject)?;
        let key = validation.contact.key();
        let registration =
            self.database.registration_holding(client, project, channel, &key).await?;
        let requires_2fa = validation.requires_2fa || usable.flow.requires_2fa;
        let login = AppLogin::by_contact(self.new_id(), validation, registration, requires_2fa);
        let now = self.clock.now();
        let entry = self.entry(Some(login.status.event()), origin);
        let record = login.to_record(now);
        batch.insert_record(&record, now, entry);
        let seconds = i64::from(match login.status {
            // As long as the face check that comes next may take.
            LoginStatus::Pending => self.config.now().validations.session_seconds,
            _ => self.config.now().validations.login_seconds,
        });
        let until = Timestamp(now.0.saturating_add(seconds * 1000));
        let (scope, mode) = (RecordTokenScope::Login, bearer.mode);
        let mint = RecordTokenMint { scope, subject: &login.id, client, mode, until };
        let (token, stored) = self.record_token(&mint)?;
        batch.insert_token(&stored);
        Ok(ContactOutcome::LoggedIn { login: record.to_json(), token })
    }

    /// Somebody who has proved this contact in this flow before goes on where they were.
    async fn resume_by_contact(
        &self,
        bearer: CodeBearer<'_>,
        validation: &ContactValidation,
        batch: &mut Batch,
    ) -> Result<ContactOutcome, ContactError> {
        let (client, mode) = (bearer.client, bearer.mode);
        let key = validation.contact.key();
        let flow = validation.flow.as_deref().unwrap_or_default();
        let of = ContactOf { client, flow, registration: None, key: &key, purpose: None };
        let found = self.database.registration_to_resume(validation.channel(), of).await?;
        let Some(registration) = found else { return Ok(ContactOutcome::Validated) };
        let tenant = Tenant::Client(client.to_owned());
        let found: Option<AppRegistration> = self.database.find(&tenant, &registration).await?;
        let Some(found) = found else { return Ok(ContactOutcome::Validated) };
        let token = self.add_resumed_token(batch, (client, mode), &found, validation)?;
        Ok(ContactOutcome::Resumed { registration, token })
    }

    /// # Errors
    /// Why the registration cannot have the validation.
    async fn check_bindable(
        &self,
        client: &str,
        registration: &str,
        validation: &ContactValidation,
    ) -> Result<(), ContactError> {
        let tenant = Tenant::Client(client.to_owned());
        let found: Option<AppRegistration> = self.database.find(&tenant, registration).await?;
        let found = found.ok_or(ContactError::NoRegistration)?;
        match found.is_open() {
            false => Err(ContactError::RegistrationOver),
            true if !found.contact.is(&validation.contact) => Err(ContactError::OtherContact),
            true => Ok(()),
        }
    }
}
