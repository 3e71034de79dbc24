//! Tokens: minted, checked, renewed, revoked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use verax_domain::{NarrowScope, Scope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, StoreError, Token};

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
    /// `live` or `sandbox`.
    pub mode: String,
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
    pub mode: &'a str,
    pub valid: Duration,
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
        let header = jsonwebtoken::decode_header(token).map_err(|_| AccessError::Invalid)?;
        let key = header.kid.as_deref().and_then(|kid| self.keys.verifying(kid));
        let mut validation = Validation::new(Algorithm::HS256);
        // Expiry is compared with our own clock, below.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let key = key.ok_or(AccessError::Invalid)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map_err(|_| AccessError::Invalid)?
            .claims;
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
        let mut batch = Batch::default();
        let claims = self.claims(&client.id, &words(&scopes), mint.mode, mint.valid);
        let (token, kept) = self.sign(claims, None)?;
        batch.insert_token(&kept);
        self.database.commit(batch).await?;
        Ok(token)
    }

    /// A new token with the caller's client, scopes and mode.
    pub async fn renew_token(&self, caller: &Caller, valid: Duration) -> Result<String, MintError> {
        let (client, mode) = (caller.client(), &caller.token.mode);
        let claims = self.claims(client, &words(&caller.scopes()), mode, valid);
        let (token, kept) = self.sign(claims, None)?;
        let mut batch = Batch::default();
        batch.insert_token(&kept);
        self.database.commit(batch).await?;
        Ok(token)
    }

    /// A new token; all that the client had before are revoked in the same change.
    pub async fn renew_and_revoke(
        &self,
        caller: &Caller,
        valid: Duration,
    ) -> Result<String, MintError> {
        let (client, mode) = (caller.client(), &caller.token.mode);
        let claims = self.claims(client, &words(&caller.scopes()), mode, valid);
        let (token, kept) = self.sign(claims, None)?;
        let mut batch = Batch::default();
        batch.revoke_tokens_of(client, self.clock.now());
        batch.insert_token(&kept);
        self.database.commit(batch).await?;
        self.access.forget_all();
        Ok(token)
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
        let (kid, key) = self.keys.signing();
        let header = Header { kid: Some(kid), ..Header::new(Algorithm::HS256) };
        let token = jsonwebtoken::encode(&header, &claims, &key).map_err(|_| MintError::Signing)?;
        let kept = Token {
            id: claims.jti,
            client: claims.client,
            scopes: claims.scopes.join(" "),
            subject,
            mode: claims.mode,
            created_at: self.clock.now(),
            expires_at: Timestamp(claims.exp.saturating_mul(1000)),
            revoked_at: None,
        };
        Ok((token, kept))
    }
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
