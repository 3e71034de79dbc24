//! Tokens: minted, checked, renewed, revoked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use verax_domain::{NarrowScope, Scope, Timestamp};
use verax_query::{Audience, Tenant};
use verax_store::{Batch, Client, StoreError, Token};

use super::App;

/// The payload of a token. The field order is the wire's: payloads begin with `clientId`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    #[serde(rename = "clientId")]
    pub client: String,
    pub jti: String,
    /// Seconds since 1970.
    pub iat: i64,
    pub exp: i64,
    pub scopes: Vec<String>,
    /// [`LIVE`] or [`SANDBOX`].
    pub mode: String,
}

/// The mode of a token of a live client.
pub const LIVE: &str = "live";
/// The mode of a token of a client's sandbox, which is a client of its own.
pub const SANDBOX: &str = "sandbox";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether an answer may show a URL that opens a stored image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageUrls {
    Signed,
    /// The path alone, which opens nothing without a token.
    Unsigned,
}

/// Who calls. What a caller may do is read from the record of its token, not from the token: a
/// signing key that leaked cannot add a scope.
#[derive(Clone, Debug)]
pub struct Caller {
    token: Arc<Token>,
}

impl Caller {
    pub fn has(&self, scope: Scope) -> bool {
        self.token.scopes.split(' ').any(|word| word == scope.word())
    }

    pub fn client(&self) -> &str {
        &self.token.client
    }

    /// The id of the token.
    pub fn token_id(&self) -> &str {
        &self.token.id
    }

    pub fn mode(&self) -> &str {
        &self.token.mode
    }

    pub fn image_urls(&self) -> ImageUrls {
        if self.has(Scope::ReadMedia) { ImageUrls::Signed } else { ImageUrls::Unsigned }
    }

    fn scopes(&self) -> Vec<Scope> {
        self.token.scopes.split(' ').filter_map(Scope::from_word).collect()
    }

    /// Whose records the caller sees.
    pub fn tenant(&self) -> Tenant {
        if self.has(Scope::Staff) { Tenant::All } else { Tenant::Client(self.token.client.clone()) }
    }
}

/// Who holds the token of one record. It opens the operations of that record that ask for its
/// narrow scope, and nothing else: a handler that takes a [`Caller`] never sees it.
#[derive(Clone, Debug)]
pub struct Holder {
    token: Arc<Token>,
    scope: NarrowScope,
}

impl Holder {
    /// The id of the record that the token is for, if it is a token of this scope.
    pub fn subject(&self, scope: NarrowScope) -> Option<&str> {
        self.token.subject.as_deref().filter(|_| self.scope == scope)
    }

    pub fn client(&self) -> &str {
        &self.token.client
    }

    /// The id of the token.
    pub fn token_id(&self) -> &str {
        &self.token.id
    }

    pub fn mode(&self) -> &str {
        &self.token.mode
    }
}

/// A token of either kind.
#[derive(Clone, Debug)]
pub enum Bearer {
    Caller(Caller),
    Holder(Holder),
}

impl Bearer {
    pub fn client(&self) -> &str {
        match self {
            Bearer::Caller(caller) => caller.client(),
            Bearer::Holder(holder) => holder.client(),
        }
    }

    pub fn mode(&self) -> &str {
        match self {
            Bearer::Caller(caller) => caller.mode(),
            Bearer::Holder(holder) => holder.mode(),
        }
    }

    /// A device has the image that it sent: its token opens none.
    pub fn image_urls(&self) -> ImageUrls {
        match self {
            Bearer::Caller(caller) => caller.image_urls(),
            Bearer::Holder(_) => ImageUrls::Unsigned,
        }
    }

    /// What is shown to the bearer of a record.
    pub fn audience(&self) -> Audience {
        match self {
            Bearer::Caller(_) => Audience::Client,
            Bearer::Holder(_) => Audience::Device,
        }
    }

    /// What the token may do, as one word that is another for other rights.
    pub fn rights(&self) -> String {
        match self {
            Bearer::Caller(caller) => caller.token.scopes.clone(),
            Bearer::Holder(holder) => {
                let subject = holder.token.subject.as_deref().unwrap_or_default();
                format!("{}:{subject}", holder.scope.word())
            }
        }
    }

    pub fn token_id(&self) -> &str {
        match self {
            Bearer::Caller(caller) => caller.token_id(),
            Bearer::Holder(holder) => holder.token_id(),
        }
    }
}

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("no access token was sent")]
    Missing,
    #[error("the access token is not valid")]
    Invalid,
    #[error("the access token has expired")]
    Expired,
    #[error("the access token was revoked")]
    Revoked,
    /// It was made before sandboxes were clients of their own.
    #[error("the sandbox token is of a live client")]
    OldSandbox,
    /// It is for one record alone, and this operation is not for that.
    #[error("the access token is for one record alone")]
    Narrow,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a token is not made.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    #[error("there is no client {0}: see `verax client list`")]
    NoClient(String),
    #[error("the client {client} does not have the scope {scope}")]
    NotTheClients { client: String, scope: &'static str },
    #[error("a sandbox token cannot have the scope staff, which sees live records")]
    SandboxStaff,
    #[error("the token to renew was revoked")]
    Revoked,
    #[error("the token could not be signed")]
    Signing,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a new token is for.
pub struct Mint<'a> {
    pub client: &'a str,
    /// `None`: all that its client has, but never `staff`.
    pub scopes: Option<Vec<Scope>>,
    pub staff: bool,
    /// [`SANDBOX`]: for the sandbox of the client, which is made when there is none.
    pub mode: &'a str,
    pub valid: Duration,
    /// How long after now its renewals may be valid; `None`: the setting `tokens.renewable_days`.
    pub renewable: Option<Duration>,
}

/// What a new token for one record alone is for.
pub struct NarrowMint<'a> {
    pub scope: NarrowScope,
    /// The record's id.
    pub subject: &'a str,
    pub client: &'a str,
    pub mode: &'a str,
    pub until: Timestamp,
}

/// Answers about tokens, remembered for seconds by a digest of the whole header.
#[derive(Clone)]
pub struct Access {
    known: Arc<Mutex<HashMap<Digest, Known>>>,
    remembered: Duration,
}

type Digest = [u8; 32];

/// A token with a right signature, when the database was asked about it, and what it said.
#[derive(Clone)]
struct Known {
    since: Instant,
    /// As the token itself says.
    expires_at: Timestamp,
    /// `None`: of another database, of a client that is gone, or forged.
    token: Option<Arc<Token>>,
}

/// More tokens than this in a few seconds are forgotten rather than kept.
const KNOWN_MAX: usize = 20_000;

impl Access {
    pub fn new(cache_seconds: u64) -> Access {
        Access { known: Arc::default(), remembered: Duration::from_secs(cache_seconds) }
    }

    fn recall(&self, header: &Digest) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(header).filter(|known| known.since.elapsed() < self.remembered).cloned()
    }

    fn remember(&self, header: Digest, answer: Known) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(header, answer);
    }

    fn forget_all(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl App {
    /// Checks the value of an `Authorization` header: `Bearer`, `JWT` (in any case) or bare.
    pub async fn identify(&self, authorization: Option<&str>) -> Result<Bearer, AccessError> {
        let header = authorization.ok_or(AccessError::Missing)?;
        let digest: Digest = Sha256::digest(header).into();
        let known = match self.access.recall(&digest) {
            Some(known) => known,
            None => {
                let claims = self.verify(bare_token(header))?;
                // What is revoked while the database is asked counts as revoked after it.
                let since = Instant::now();
                let token = self.database.token(&claims.jti).await?;
                let token = token.filter(|token| token.client == claims.client).map(Arc::new);
                let expires_at = Timestamp(claims.exp.saturating_mul(1000));
                let known = Known { since, expires_at, token };
                self.access.remember(digest, known.clone());
                known
            }
        };
        let now = self.clock.now();
        if known.expires_at <= now {
            return Err(AccessError::Expired);
        }
        match known.token {
            Some(token) if token.revoked_at.is_some() => Err(AccessError::Revoked),
            Some(token) if token.expires_at <= now => Err(AccessError::Expired),
            // The wall between live records and sandboxes is the client; here it is checked.
            Some(token) if token.mode != mode_of(token.sandbox_of.as_deref()) => {
                Err(AccessError::OldSandbox)
            }
            Some(token) => match &token.subject {
                None => Ok(Bearer::Caller(Caller { token })),
                Some(_) => match NarrowScope::from_word(&token.scopes) {
                    Some(scope) => Ok(Bearer::Holder(Holder { token, scope })),
                    None => Err(AccessError::Invalid),
                },
            },
            None => Err(AccessError::Invalid),
        }
    }

    /// What a token says, if one of our keys has signed it and it has not expired.
    fn verify(&self, token: &str) -> Result<Claims, AccessError> {
        if token.is_empty() {
            return Err(AccessError::Missing);
        }
        let claims: Claims = self.keys.verify(token).ok_or(AccessError::Invalid)?;
        if claims.exp.saturating_mul(1000) <= self.clock.now().0 {
            return Err(AccessError::Expired);
        }
        Ok(claims)
    }

    /// Makes a token of a client and keeps what is needed to revoke it.
    pub async fn mint_token(&self, mint: &Mint<'_>) -> Result<String, MintError> {
        let client = self.database.client(mint.client).await?;
        let client = client.ok_or_else(|| MintError::NoClient(mint.client.to_owned()))?;
        let mut scopes: Vec<Scope> = match &client.scopes {
            Some(words) => words.split(' ').filter_map(Scope::from_word).collect(),
            None => Scope::ALL.to_vec(),
        };
        // Never by default: a record of a client that was imported may name any scope.
        scopes.retain(|scope| *scope != Scope::Staff);
        if let Some(wanted) = &mint.scopes {
            let foreign =
                wanted.iter().find(|wanted| **wanted != Scope::Staff && !scopes.contains(wanted));
            if let Some(scope) = foreign {
                let client = client.id;
                return Err(MintError::NotTheClients { client, scope: scope.word() });
            }
            scopes.clone_from(wanted);
        }
        if mint.staff && !scopes.contains(&Scope::Staff) {
            scopes.push(Scope::Staff);
        }
        let (client, mode) = match client.sandbox_of {
            Some(_) => (client.id, SANDBOX),
            None if mint.mode == SANDBOX => (self.sandbox_of(&client).await?, SANDBOX),
            None => (client.id, LIVE),
        };
        if mode == SANDBOX && scopes.contains(&Scope::Staff) {
            return Err(MintError::SandboxStaff);
        }
        let claims = self.claims(&client, &words(&scopes), mode, mint.valid);
        let (token, mut kept) = self.sign(claims, None)?;
        let renewable = mint.renewable.unwrap_or_else(|| self.renewable());
        kept.renewable_until = Some(later(kept.created_at, renewable).max(kept.expires_at));
        let mut batch = Batch::default();
        batch.insert_token(&kept);
        self.database.commit(batch).await?;
        Ok(token)
    }

    /// The id of the sandbox of a live client, which is made when there is none.
    async fn sandbox_of(&self, client: &Client) -> Result<String, StoreError> {
        let mut batch = Batch::default();
        batch.insert_sandbox(&self.new_id(), client, self.clock.now());
        self.database.commit(batch).await?;
        let sandbox = self.database.sandbox_of(&client.id).await?;
        Ok(sandbox.ok_or(StoreError::Conflict)?.id)
    }

    /// The mode that tokens of this client have.
    pub async fn mode_of(&self, client: &str) -> Result<&'static str, StoreError> {
        let client = self.database.client(client).await?;
        Ok(mode_of(client.and_then(|client| client.sandbox_of).as_deref()))
    }

    /// A new token with the caller's client, scopes and mode. It is valid no longer than renewals
    /// of the caller's token may be.
    ///
    /// # Errors
    /// `Revoked` when that was faster.
    pub async fn renew_token(&self, caller: &Caller, valid: Duration) -> Result<String, MintError> {
        let mut batch = Batch::default();
        batch.require_unrevoked(caller.client(), caller.token_id());
        self.renew(caller, valid, batch).await
    }

    /// The same; all tokens that the client had before are revoked in the same change.
    ///
    /// # Errors
    /// `Revoked` when that was faster.
    pub async fn renew_and_revoke(
        &self,
        caller: &Caller,
        valid: Duration,
    ) -> Result<String, MintError> {
        let mut batch = Batch::default();
        batch.require_unrevoked(caller.client(), caller.token_id());
        batch.revoke_tokens_of(caller.client(), self.clock.now());
        let token = self.renew(caller, valid, batch).await?;
        self.access.forget_all();
        Ok(token)
    }

    async fn renew(
        &self,
        caller: &Caller,
        valid: Duration,
        mut batch: Batch,
    ) -> Result<String, MintError> {
        let old = &caller.token;
        let renewable = || later(old.created_at, self.renewable());
        let until = old.renewable_until.unwrap_or_else(renewable).max(old.expires_at);
        let mut claims = self.claims(&old.client, &words(&caller.scopes()), &old.mode, valid);
        claims.exp = claims.exp.min(until.0.div_euclid(1000));
        let (token, mut kept) = self.sign(claims, None)?;
        let first = old.renewal_of.as_ref().unwrap_or(&old.id);
        kept.renewable_until = Some(until);
        kept.renewal_of = Some(first.clone());
        let keep_max = self.config.now().tokens.renewals_max;
        batch.insert_token(&kept).delete_old_renewals(first, &kept.id, keep_max);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => Err(MintError::Revoked),
            done => Ok(done.map(|()| token)?),
        }
    }

    fn renewable(&self) -> Duration {
        DAY * self.config.now().tokens.renewable_days
    }

    /// A token for one record alone; whoever asks commits what is kept of it, together with the
    /// record. It is valid until the last whole second before `until`.
    ///
    /// # Errors
    /// `Signing`.
    pub fn narrow_token(&self, narrow: &NarrowMint<'_>) -> Result<(String, Token), MintError> {
        let scope = [narrow.scope.word()];
        let mut claims = self.claims(narrow.client, &scope, narrow.mode, Duration::ZERO);
        claims.exp = narrow.until.0.div_euclid(1000);
        self.sign(claims, Some(narrow.subject.to_owned()))
    }

    /// What is remembered of tokens may be out of date: some were revoked.
    pub fn forget_tokens(&self) {
        self.access.forget_all();
    }

    fn claims(&self, client: &str, scopes: &[&str], mode: &str, valid: Duration) -> Claims {
        let iat = self.clock.now().0.div_euclid(1000);
        let valid_seconds = i64::try_from(valid.as_secs()).unwrap_or(i64::MAX);
        Claims {
            client: client.to_owned(),
            jti: format!("{:016x}{:016x}", self.random.number(), self.random.number()),
            iat,
            exp: iat.saturating_add(valid_seconds),
            scopes: scopes.iter().map(|word| (*word).to_owned()).collect(),
            mode: mode.to_owned(),
        }
    }

    fn sign(&self, claims: Claims, subject: Option<String>) -> Result<(String, Token), MintError> {
        let token = self.keys.sign(&claims).map_err(|_| MintError::Signing)?;
        let kept = Token {
            id: claims.jti,
            client: claims.client,
            scopes: claims.scopes.join(" "),
            subject,
            mode: claims.mode,
            created_at: self.clock.now(),
            expires_at: Timestamp(claims.exp.saturating_mul(1000)),
            revoked_at: None,
            renewable_until: None,
            renewal_of: None,
            sandbox_of: None,
        };
        Ok((token, kept))
    }
}

fn mode_of(sandbox_of: Option<&str>) -> &'static str {
    if sandbox_of.is_some() { SANDBOX } else { LIVE }
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Timestamp(time.0.saturating_add(millis))
}

fn words(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.word()).collect()
}

fn bare_token(header: &str) -> &str {
    let header = header.trim();
    match header.split_once(|c: char| c.is_ascii_whitespace()) {
        Some((scheme, token))
            if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("jwt") =>
        {
            token.trim()
        }
        _ => header,
    }
}
