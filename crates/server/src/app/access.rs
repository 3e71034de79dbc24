//! Who calls: the token of a client or of one record, and what it may do.

mod tokens;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use verax_domain::journal::Principal;
use verax_domain::role::SERVER_WIDE;
use verax_domain::{RecordTokenScope, Scope, Timestamp};
use verax_query::{Audience, Tenant};
pub use verax_store::Token;
use verax_store::{FoundSession, StoreError};

/// The payload of a token. The field order is the wire's: payloads begin with `clientId`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    #[serde(rename = "clientId")]
    pub client: String,
    pub jti: String,
    /// Seconds since 1970.
    pub iat: i64,
    /// Of tokens that capture pages keep there is `expiresAt` instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    pub scopes: Vec<String>,
    /// [`LIVE`] or [`SANDBOX`].
    pub mode: String,
    #[serde(flatten)]
    pub page: PageClaims,
}

/// What the payload of a token has for capture pages. They take every token with `exp` for the session of
/// somebody who has signed in, and none without `accessType` for that of a registration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageClaims {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_registration: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_flow: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

impl Claims {
    /// Until when the token says that it is valid, in seconds since 1970; `None`: it does not say.
    pub fn expires_at(&self) -> Option<i64> {
        [self.exp, self.page.expires_at].into_iter().flatten().min()
    }
}

/// The mode of a token of a live client.
pub const LIVE: &str = "live";

/// The mode of a token of a client's sandbox, which is a client of its own.
pub const SANDBOX: &str = "sandbox";

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
        let is_server_wide = self.token.member.is_some() && self.token.client == SERVER_WIDE;
        match self.has(Scope::Staff) || is_server_wide {
            true => Tenant::All,
            false => Tenant::Client(self.token.client.clone()),
        }
    }

    /// The id of the member who has signed in; `None`: it is a client's own token.
    pub fn member(&self) -> Option<&str> {
        self.token.member.as_deref()
    }

    /// Who the caller is, for as long as they are it: a token that renews another one is the same caller.
    pub fn principal(&self) -> Principal {
        match &self.token.member {
            Some(member) => Principal::Member(member.clone()),
            None => {
                Principal::Token(self.token.renewal_of.as_ref().unwrap_or(&self.token.id).clone())
            }
        }
    }

    /// The same caller among the records of this client alone, where they see it.
    pub fn within(&self, client: &str) -> Option<Caller> {
        let sees = match self.tenant() {
            Tenant::All => true,
            Tenant::Client(own) => own == client,
        };
        let token = Token { client: client.to_owned(), ..Token::clone(&self.token) };
        sees.then(|| Caller { token: Arc::new(token) })
    }

    /// Whether the caller may say who the members of this client are.
    pub fn may_manage_members(&self, client: &str) -> bool {
        self.has(Scope::WriteMembers) && self.within(client).is_some()
    }

    /// Who is signed in by a session, which this token stands for.
    pub(crate) fn of_session(token: Token) -> Caller {
        Caller { token: Arc::new(token) }
    }
}

/// Who holds the token of one record. It opens the operations of that record that ask for its
/// narrow scope, and nothing else: a handler that takes a [`Caller`] never sees it.
#[derive(Clone, Debug)]
pub struct RecordToken {
    token: Arc<Token>,
    scope: RecordTokenScope,
}

impl RecordToken {
    /// The id of the record that the token is for, if it is a token of this scope.
    pub fn subject(&self, scope: RecordTokenScope) -> Option<&str> {
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

    pub fn expires_at(&self) -> Timestamp {
        self.token.expires_at
    }
}

/// A token of either kind.
#[derive(Clone, Debug)]
pub enum Bearer {
    Caller(Caller),
    RecordToken(RecordToken),
}

impl Bearer {
    pub fn client(&self) -> &str {
        match self {
            Bearer::Caller(caller) => caller.client(),
            Bearer::RecordToken(record_token) => record_token.client(),
        }
    }

    pub fn mode(&self) -> &str {
        match self {
            Bearer::Caller(caller) => caller.mode(),
            Bearer::RecordToken(record_token) => record_token.mode(),
        }
    }

    /// A device has the image that it sent: its token opens none.
    pub fn image_urls(&self) -> ImageUrls {
        match self {
            Bearer::Caller(caller) => caller.image_urls(),
            Bearer::RecordToken(_) => ImageUrls::Unsigned,
        }
    }

    /// What is shown to the bearer of a record.
    pub fn audience(&self) -> Audience {
        match self {
            Bearer::Caller(_) => Audience::Client,
            Bearer::RecordToken(_) => Audience::Device,
        }
    }

    /// What the token may do, as one word that is another for other rights.
    pub fn rights(&self) -> String {
        match self {
            Bearer::Caller(caller) => caller.token.scopes.clone(),
            Bearer::RecordToken(record_token) => {
                let subject = record_token.token.subject.as_deref().unwrap_or_default();
                format!("{}:{subject}", record_token.scope.word())
            }
        }
    }

    pub fn token_id(&self) -> &str {
        match self {
            Bearer::Caller(caller) => caller.token_id(),
            Bearer::RecordToken(record_token) => record_token.token_id(),
        }
    }
}

/// Why a token is rejected.
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
    RecordToken,
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
    /// `None`: all that its client has, but for those that are given where they are named alone.
    pub scopes: Option<Vec<Scope>>,
    pub staff: bool,
    /// [`SANDBOX`]: for the sandbox of the client, which is made when there is none.
    pub mode: &'a str,
    pub valid: Duration,
    /// How long after now its renewals may be valid; `None`: the setting `tokens.renewable_days`.
    pub renewable: Option<Duration>,
}

/// What a new token for one record alone is for.
pub struct RecordTokenMint<'a> {
    pub scope: RecordTokenScope,
    /// The record's id.
    pub subject: &'a str,
    pub client: &'a str,
    pub mode: &'a str,
    pub until: Timestamp,
}

/// The registration whose token is made, as its pages read it.
pub struct RegistrationPage<'a> {
    pub project: Option<&'a str>,
    pub flow: Option<&'a str>,
    pub step: Option<&'a str>,
    pub access: PageAccess,
}

/// How somebody has come to the token of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageAccess {
    /// By registering.
    Created,
    /// By a link that the client has asked for.
    Linked,
}

impl PageAccess {
    pub fn word(self) -> &'static str {
        match self {
            PageAccess::Created => "app_registration_created",
            PageAccess::Linked => "app_registration_initiated",
        }
    }
}

/// Answers about tokens and sessions, remembered for seconds by a digest of what was sent.
#[derive(Clone)]
pub struct Access {
    tokens: Remembered<CachedAnswer>,
    /// Sessions of members that are open.
    pub(crate) sessions: Remembered<Arc<FoundSession>>,
}

pub(crate) type Digest = [u8; 32];

/// A token with a right signature, and what the database said of it.
#[derive(Clone)]
struct CachedAnswer {
    /// As the token itself says.
    expires_at: Timestamp,
    /// `None`: of another database, of a client that is gone, or forged.
    token: Option<Arc<Token>>,
}

/// More answers than this in a few seconds are forgotten rather than kept.
const CACHED_MAX: usize = 20_000;

impl Access {
    pub fn new(cache_seconds: u64) -> Access {
        Access { tokens: Remembered::new(cache_seconds), sessions: Remembered::new(cache_seconds) }
    }

    fn forget_all(&self) {
        self.tokens.forget_all();
        self.sessions.forget_all();
    }
}

/// Answers of the database, with when it was asked. Clones share them.
#[derive(Clone)]
pub(crate) struct Remembered<T> {
    cached: Arc<Mutex<HashMap<Digest, (Instant, T)>>>,
    remembered: Duration,
}

impl<T: Clone> Remembered<T> {
    fn new(cache_seconds: u64) -> Remembered<T> {
        let remembered = Duration::from_secs(cache_seconds);
        Remembered { cached: Arc::default(), remembered }
    }

    pub(crate) fn recall(&self, sent: &Digest) -> Option<T> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, answer) = cached.get(sent)?;
        (since.elapsed() < self.remembered).then(|| answer.clone())
    }

    /// `since`: a moment before the database was asked.
    pub(crate) fn remember(&self, sent: Digest, since: Instant, answer: T) {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.len() >= CACHED_MAX {
            cached.clear();
        }
        cached.insert(sent, (since, answer));
    }

    fn forget_all(&self) {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
