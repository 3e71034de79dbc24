//! `Idempotency-Key`: the same request twice is done once, and answered twice alike.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use verax_domain::Timestamp;
use verax_store::{Batch, StoreError};

use super::App;
use super::access::Bearer;
use crate::vault::SealingKey;

/// How long an answer is given again, in milliseconds.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What a request was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

/// A request under a key, on its way to an answer.
pub struct Claim {
    id: String,
    lease_until: Timestamp,
    seal: SealingKey,
}

/// What is known of a request under a key.
pub enum Claimed {
    /// It is the first: do it, then [`App::keep_answer`] or [`App::drop_claim`].
    First(Box<Claim>),
    /// It was answered before.
    Answered(KeptAnswer),
    /// Somebody is at it.
    AtWork,
    /// The key came with another request before.
    OtherRequest,
}

impl App {
    /// Asks for the right to do a request of the caller. `request` is all that makes it this one:
    /// its method, path, query and body.
    pub async fn claim_request(
        &self,
        caller: &Bearer,
        key: &str,
        request: &[&[u8]],
    ) -> Result<Claimed, StoreError> {
        // Who may do something else is answered something else: the rights belong to the key.
        let rights = caller.rights();
        let owner = [caller.client().as_bytes(), rights.as_bytes(), key.as_bytes()];
        let (id, request) = (digest(&owner), digest(request));
        let seal = SealingKey::derive(&owner.join(&0));
        let now = self.clock.now();
        let lease_ms = i64::try_from(self.config.now().http.request_seconds).unwrap_or(0) * 1000;
        let lease_until = Timestamp(now.0.saturating_add(lease_ms));
        let old = Timestamp(now.0.saturating_sub(KEPT_MS));
        let mut batch = Batch::default();
        batch.begin_request(&id, &request, now, lease_until, old);
        match self.database.commit(batch).await {
            Ok(()) => return Ok(Claimed::First(Box::new(Claim { id, lease_until, seal }))),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        let Some(begun) = self.database.begun_request(&id).await? else {
            // It was dropped in between: whoever asks again may do it.
            return Ok(Claimed::AtWork);
        };
        if begun.request != request {
            return Ok(Claimed::OtherRequest);
        }
        let Some(answer) = begun.answer else { return Ok(Claimed::AtWork) };
        let defect = || StoreError::Statement("an answer that was kept does not open".to_owned());
        let sealed = STANDARD.decode(answer).map_err(|_| defect())?;
        let opened = seal.open(&id, &sealed).map_err(|_| defect())?;
        Ok(Claimed::Answered(serde_json::from_slice(&opened).map_err(|_| defect())?))
    }

    /// Keeps the answer of a request that was done.
    pub async fn keep_answer(&self, claim: &Claim, answer: &KeptAnswer) -> Result<(), StoreError> {
        let plain =
            serde_json::to_vec(answer).map_err(|error| StoreError::Statement(error.to_string()))?;
        let sealed = claim.seal.seal(&claim.id, &plain, &self.random);
        let mut batch = Batch::default();
        batch.answer_request(&claim.id, claim.lease_until, &STANDARD.encode(sealed));
        self.database.commit(batch).await
    }

    /// Lets the request be done again.
    pub async fn drop_claim(&self, claim: &Claim) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.forget_request(&claim.id, claim.lease_until);
        self.database.commit(batch).await
    }

    /// Forgets answers that are a day old, for as long as the server runs.
    pub async fn keep_answers_short(self) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        loop {
            tick.tick().await;
            let mut batch = Batch::default();
            batch.forget_requests(Timestamp(self.clock.now().0.saturating_sub(KEPT_MS)));
            if let Err(error) = self.database.commit(batch).await {
                tracing::warn!(cause = %error, "old answers could not be forgotten");
            }
        }
    }
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps `ab` + `c` and `a` + `bc` apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    STANDARD.encode(hash.finalize())
}
