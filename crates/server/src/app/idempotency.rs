//! `Idempotency-Key`: the same request twice is done once, and answered twice alike.
//!
//! The database holds two keyed digests, the status, the id of the record that the answer is about,
//! and the answer, encrypted under a key of that record. Both keys are in the key store alone: a
//! backup of the database opens nothing and confirms no guess, and an answer goes with its record.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use verax_domain::resources::{APP_LOGINS, APP_REGISTRATIONS, LIVENESS_SESSIONS};
use verax_domain::{RecordTokenScope, Timestamp};
use verax_query::Resource;
use verax_store::{Answer, Batch, StoreError};

use crate::app::App;
use crate::app::access::Bearer;
use crate::mac_key::MacKey;
use crate::vault::VaultError;

/// How long an answer is given again, in milliseconds.
const RETENTION_MS: i64 = 24 * 60 * 60 * 1000;
const EXPIRED_AT_ONCE: u32 = 200;

/// The key of the answers about a record is apart from that of its images: it ends a day after them.
/// No record is called so, as ids hold no dot; alone it is the client's own.
pub(in crate::app) const ANSWERS: &str = ".answers";
/// The client's key for the digests of its requests.
pub(in crate::app) const REQUESTS: &str = ".requests";

/// What an answer is about: it is given again as long as that exists.
#[derive(Clone, Debug)]
pub enum About {
    Record(&'static Resource, String),
    /// No record: the client alone.
    Client,
    /// Nothing was changed: the request is done again instead.
    Nothing,
}

/// What a request was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAnswer {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

/// A request under a key, by codes that say nothing of either.
pub struct NamedRequest {
    /// Under which the database knows it.
    pub id: String,
    request: String,
    client: String,
}

/// A request under a key, on its way to an answer.
pub struct Claim {
    id: String,
    client: String,
    lease_until: Timestamp,
}

/// What is known of a request under a key.
pub enum Claimed {
    /// It is the first: do it, then [`App::keep_answer`] or [`App::drop_claim`].
    First(Box<Claim>),
    /// It was answered before.
    Answered(StoredAnswer),
    /// It was answered before, and the answer is gone or was never stored.
    Gone,
    /// It is running.
    AtWork,
    /// The key came with another request before.
    OtherRequest,
}

/// Why a request cannot be claimed, or its answer not be stored.
#[derive(Debug, thiserror::Error)]
pub enum IdempotencyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl About {
    /// What answers to the token of one record are about, where they do not say something else.
    pub fn of_bearer(bearer: &Bearer) -> Option<About> {
        let Bearer::RecordToken(token) = bearer else { return None };
        let of =
            |scope, resource| token.subject(scope).map(|id| About::Record(resource, id.to_owned()));
        of(RecordTokenScope::Registration, &APP_REGISTRATIONS)
            .or_else(|| of(RecordTokenScope::Session, &LIVENESS_SESSIONS))
            .or_else(|| of(RecordTokenScope::Login, &APP_LOGINS))
    }

    fn record(&self) -> &str {
        match self {
            About::Record(_, id) => id,
            About::Client | About::Nothing => "",
        }
    }
}

impl App {
    /// Names a request of the caller. `request` is all that makes it this one: its path, query and
    /// body.
    pub async fn name_request(
        &self,
        caller: &Bearer,
        key: &str,
        request: &[&[u8]],
    ) -> Result<NamedRequest, VaultError> {
        let code_key = self.vault.code_key(caller.client(), REQUESTS).await?;
        // Who may do something else is answered something else: the rights belong to the key.
        let rights = caller.rights();
        let owner = [rights.as_bytes(), key.as_bytes()];
        let id = code(&code_key, "id", &owner);
        let request = code(&code_key, "request", &[&owner, request].concat());
        Ok(NamedRequest { id, request, client: caller.client().to_owned() })
    }

    /// Asks for the right to do a request.
    pub async fn claim_request(&self, named: &NamedRequest) -> Result<Claimed, IdempotencyError> {
        let NamedRequest { id, request, client } = named;
        let now = self.clock.now();
        let lease_ms = i64::try_from(self.config.now().http.request_seconds).unwrap_or(0) * 1000;
        let lease_until = Timestamp(now.0.saturating_add(lease_ms));
        let mut batch = Batch::default();
        batch.begin_request(id, client, request, (now, lease_until, expired(now)));
        match self.database.commit(batch).await {
            Ok(()) => {
                let (id, client) = (id.clone(), client.clone());
                return Ok(Claimed::First(Box::new(Claim { id, client, lease_until })));
            }
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let Some(begun) = self.database.begun_request(id).await? else {
            // It was dropped in between: whoever asks again may do it.
            return Ok(Claimed::AtWork);
        };
        if begun.request != *request {
            return Ok(Claimed::OtherRequest);
        }
        if begun.status.is_none() {
            return Ok(Claimed::AtWork);
        }
        let Some(encrypted) = begun.answer.and_then(|answer| STANDARD.decode(answer).ok()) else {
            return Ok(Claimed::Gone);
        };
        match self.vault.decrypt(client, &answers_of(&begun.record), id, &encrypted).await {
            // Its key was destroyed, perhaps made again since.
            Err(VaultError::NoKey | VaultError::DoesNotOpen(_)) => Ok(Claimed::Gone),
            opened => Ok(serde_json::from_slice(&opened?).map_or(Claimed::Gone, Claimed::Answered)),
        }
    }

    /// Stores the answer of a request that was done. Of one that says not what it is about only the
    /// status is stored, and so of one whose record was deleted in the meantime.
    pub async fn keep_answer(
        &self,
        claim: &Claim,
        about: Option<&About>,
        answer: &StoredAnswer,
    ) -> Result<(), IdempotencyError> {
        if let Some(About::Nothing) = about {
            return Ok(self.drop_claim(claim).await?);
        }
        if let Some(about) = about {
            match self.store_answer(claim, about, answer).await {
                Ok(()) => return Ok(()),
                // Its record is gone.
                Err(IdempotencyError::Store(StoreError::Conflict)) => {}
                Err(error) => tracing::warn!(cause = %error, "an answer could not be stored"),
            }
        }
        // What was done must not be done again.
        let (record, status) = (about.map_or("", About::record), answer.status);
        let mut batch = Batch::default();
        batch.answer_request(&claim.id, claim.lease_until, Answer { record, status, body: None });
        Ok(self.database.commit(batch).await?)
    }

    async fn store_answer(
        &self,
        claim: &Claim,
        about: &About,
        answer: &StoredAnswer,
    ) -> Result<(), IdempotencyError> {
        let Claim { id, client, lease_until } = claim;
        let (record, status) = (about.record(), answer.status);
        let plain =
            serde_json::to_vec(answer).map_err(|error| StoreError::Statement(error.to_string()))?;
        let encrypted = self.vault.encrypt(client, &answers_of(record), id, &plain).await?;
        let encrypted = STANDARD.encode(encrypted);
        let mut batch = Batch::default();
        // A deletion that comes now waits, and finds the answer.
        if let About::Record(resource, record) = about {
            batch.hold_record(resource, client, record);
        }
        batch.answer_request(id, *lease_until, Answer { record, status, body: Some(&encrypted) });
        Ok(self.database.commit(batch).await?)
    }

    /// Lets the request be done again.
    pub async fn drop_claim(&self, claim: &Claim) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.forget_request(&claim.id, claim.lease_until);
        self.database.commit(batch).await
    }

    /// Destroys the key of the answers about a record.
    pub(in crate::app) async fn destroy_answers(
        &self,
        client: &str,
        record: &str,
    ) -> Result<(), VaultError> {
        self.vault.destroy_key(client, &answers_of(record)).await
    }

    /// Forgets answers that are a day old, their keys first.
    pub async fn forget_old_answers(&self) -> Result<(), IdempotencyError> {
        let old = expired(self.clock.now());
        loop {
            let found = self.database.expired_answers(old, EXPIRED_AT_ONCE).await?;
            let mut batch = Batch::default();
            for answer in &found {
                if !answer.key_is_in_use {
                    self.destroy_answers(&answer.client, &answer.record).await?;
                }
                batch.forget_expired(&answer.id, old);
            }
            if found.is_empty() {
                batch.forget_requests(old);
            }
            self.database.commit(batch).await?;
            if found.is_empty() {
                return Ok(());
            }
        }
    }
}

/// Begun before it is a day old.
fn expired(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_sub(RETENTION_MS))
}

fn answers_of(record: &str) -> String {
    format!("{record}{ANSWERS}")
}

fn code(key: &MacKey, purpose: &str, parts: &[&[u8]]) -> String {
    STANDARD.encode(key.sign_parts(&[&[purpose.as_bytes()], parts].concat()))
}
