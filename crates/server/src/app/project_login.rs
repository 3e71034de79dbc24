//! The token that a passed check has made, exchanged once for one that lasts.

use std::time::Duration;

use serde_json::{Map, Value};
use verax_domain::resources::{APP_LOGINS, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS};
use verax_domain::{NarrowScope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, StoreError};

use super::App;
use super::access::{Holder, MintError, NarrowMint};

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

impl App {
    /// Exchanges the token of a login, or of a validation, that was passed: each once, whichever of
    /// its tokens is sent. The new token opens what the old ones did; those, of which one has been in a
    /// redirect's address, open nothing any more.
    pub async fn exchange_token(
        &self,
        holder: &Holder,
        valid: Option<Duration>,
    ) -> Result<Exchanged, ExchangeError> {
        let tenant = Tenant::Client(holder.client().to_owned());
        let (scope, subject, passed) = if let Some(login) = holder.subject(NarrowScope::Login) {
            (NarrowScope::Login, login, self.find_record(&APP_LOGINS, &tenant, login).await?)
        } else if let Some(session) = holder.subject(NarrowScope::Session) {
            let raw = format!("where_livenessSession={session}&limit=1&columns=_id");
            let passed = match self.first_id(&BIOMETRIC_VALIDATIONS, &tenant, &raw).await? {
                Some(id) => self.find_record(&BIOMETRIC_VALIDATIONS, &tenant, &id).await?,
                None => None,
            };
            // What a login has passed is its app login's, and exchanged with that one's token.
            let login = |it: &&Value| it["type"] == "login" && it["status"] == "completed";
            if passed.as_ref().filter(login).is_some() {
                return Err(ExchangeError::OtherToken);
            }
            (NarrowScope::Session, session, passed)
        } else {
            return Err(ExchangeError::OtherToken);
        };
        let passed = passed.filter(|record| record["status"] == "completed");
        let passed = passed.ok_or(ExchangeError::NotPassed)?;
        let now = self.clock.now();
        let usual = Duration::from_secs(u64::from(self.config.now().validations.login_seconds));
        let millis = i64::try_from(valid.unwrap_or(usual).as_millis()).unwrap_or(i64::MAX);
        let (client, mode) = (holder.client(), holder.mode());
        let until = Timestamp(now.0.saturating_add(millis));
        let (token, kept) =
            self.narrow_token(&NarrowMint { scope, subject, client, mode, until })?;
        let resource =
            if scope == NarrowScope::Login { &APP_LOGINS } else { &BIOMETRIC_VALIDATIONS };
        let id = passed["_id"].as_str().unwrap_or_default();
        let mut batch = Batch::default();
        batch.exchange(resource, client, id, now);
        batch.revoke_tokens_for(subject, now).insert_token(&kept);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => return Err(ExchangeError::Exchanged),
            done => done?,
        }
        self.forget_tokens();
        Ok(Exchanged { token, registration: self.registration_of(&tenant, &passed).await? })
    }

    /// The registration of the person who has logged in.
    async fn registration_of(
        &self,
        tenant: &Tenant,
        login: &Value,
    ) -> Result<Option<Value>, StoreError> {
        let (Some(person), Some(project)) = (login["person"].as_str(), login["project"].as_str())
        else {
            return Ok(None);
        };
        let raw = format!(
            "where_person={person}&where_project={project}&where_status=COMPLETED&limit=1\
             &columns=_id"
        );
        let Some(id) = self.first_id(&APP_REGISTRATIONS, tenant, &raw).await? else {
            return Ok(None);
        };
        let record = self.find_record(&APP_REGISTRATIONS, tenant, &id).await?;
        let shown = |record: Value| -> Map<String, Value> {
            let members = ["_id", "fullName", "email", "status"];
            members.map(|name| (name.to_owned(), record[name].clone())).into_iter().collect()
        };
        Ok(record.map(|record| shown(record).into()))
    }
}
