//! The token that a passed check has made, exchanged once for one that lasts.

use std::time::Duration;

use serde_json::Value;
use verax_domain::lifecycle::RegistrationStatus;
use verax_domain::records::app_login::{AppLogin, LoginStatus};
use verax_domain::records::app_registration::{self, AppRegistration};
use verax_domain::records::biometric_validation::{self, BiometricValidation, Purpose};
use verax_domain::resources::{APP_LOGINS, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS};
use verax_domain::{RecordTokenScope, Timestamp};
use verax_query::{Query, Resource, Tenant};
use verax_store::{Batch, StoreError};

use crate::app::App;
use crate::app::access::{MintError, RecordToken, RecordTokenMint};

/// What a token was exchanged for.
pub struct Exchanged {
    pub token: String,
    /// Whose registration the person has, in the words in which it is shown populated.
    pub registration: Option<Value>,
}

/// Why a token is not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    #[error("it is the token of no login and of no validation, or of a login's session")]
    OtherToken,
    #[error("the check was not passed")]
    NotPassed,
    #[error("it was exchanged")]
    Exchanged,
    #[error(transparent)]
    Mint(#[from] MintError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A check that was passed, and its record.
struct PassedCheck {
    scope: RecordTokenScope,
    /// Whose tokens are exchanged.
    subject: String,
    resource: &'static Resource,
    id: String,
    /// Who has logged in, and in which project; of a login by code nobody was recognised.
    person: Option<(String, String)>,
    /// Whose contact was validated.
    registration: Option<String>,
}

impl App {
    /// Exchanges the token of a login, or of a validation, that was passed: each once, whichever of
    /// its tokens is sent. The new token opens what the old ones did; those, of which one has been in a
    /// redirect's address, open nothing any more.
    pub async fn exchange_token(
        &self,
        record_token: &RecordToken,
        valid: Option<Duration>,
    ) -> Result<Exchanged, ExchangeError> {
        let tenant = Tenant::Client(record_token.client().to_owned());
        let passed = if let Some(login) = record_token.subject(RecordTokenScope::Login) {
            self.passed_login(&tenant, login).await?
        } else if let Some(session) = record_token.subject(RecordTokenScope::Session) {
            self.passed_validation(&tenant, session).await?
        } else {
            return Err(ExchangeError::OtherToken);
        };
        let now = self.clock.now();
        let usual = Duration::from_secs(u64::from(self.config.now().validations.login_seconds));
        let millis = i64::try_from(valid.unwrap_or(usual).as_millis()).unwrap_or(i64::MAX);
        let (client, mode) = (record_token.client(), record_token.mode());
        let (scope, subject) = (passed.scope, passed.subject.as_str());
        let until = Timestamp(now.0.saturating_add(millis));
        let (token, stored) =
            self.exchanged_token(&RecordTokenMint { scope, subject, client, mode, until })?;
        let mut batch = Batch::default();
        batch.exchange(passed.resource, client, &passed.id, now);
        batch.revoke_tokens_for(subject, now).insert_token(&stored);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => return Err(ExchangeError::Exchanged),
            done => done?,
        }
        self.forget_tokens();
        let registration: Option<AppRegistration> = match (&passed.person, &passed.registration) {
            (Some((person, project)), _) => self.registration_of(&tenant, person, project).await?,
            (None, Some(registration)) => self.database.find(&tenant, registration).await?,
            (None, None) => None,
        };
        let registration = registration.map(|it| it.summary());
        Ok(Exchanged { token, registration })
    }

    async fn passed_login(&self, tenant: &Tenant, id: &str) -> Result<PassedCheck, ExchangeError> {
        let login: Option<AppLogin> = self.database.find(tenant, id).await?;
        let login = login.filter(|login| login.status == LoginStatus::Completed);
        let login = login.ok_or(ExchangeError::NotPassed)?;
        Ok(PassedCheck {
            scope: RecordTokenScope::Login,
            subject: id.to_owned(),
            resource: &APP_LOGINS,
            person: login.person.zip(login.project),
            registration: login.registration,
            id: login.id,
        })
    }

    async fn passed_validation(
        &self,
        tenant: &Tenant,
        session: &str,
    ) -> Result<PassedCheck, ExchangeError> {
        let query = Query::of(&BIOMETRIC_VALIDATIONS).equal(biometric_validation::SESSION, session);
        let passed: Option<BiometricValidation> = self.database.first(query, tenant).await?;
        let passed = passed.filter(BiometricValidation::is_completed);
        let passed = passed.ok_or(ExchangeError::NotPassed)?;
        // What a login has passed is its app login's, and exchanged with that one's token.
        if passed.is_for(Purpose::Login) {
            return Err(ExchangeError::OtherToken);
        }
        Ok(PassedCheck {
            scope: RecordTokenScope::Session,
            subject: session.to_owned(),
            resource: &BIOMETRIC_VALIDATIONS,
            id: passed.id,
            person: None,
            registration: None,
        })
    }

    /// The registration of the person who has logged in.
    async fn registration_of(
        &self,
        tenant: &Tenant,
        person: &str,
        project: &str,
    ) -> Result<Option<AppRegistration>, StoreError> {
        let query = Query::of(&APP_REGISTRATIONS)
            .equal(app_registration::PERSON, person)
            .equal(app_registration::PROJECT, project)
            .equal(app_registration::STATUS, RegistrationStatus::Completed.word());
        self.database.first(query, tenant).await
    }
}
