//! Sessions of members: a token that no header carries, looked up by the digest of a cookie's value.

use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use verax_domain::{Scope, Timestamp};
pub use verax_store::MemberSession;
use verax_store::{Batch, FoundSession, Member, MemberKey, StoreError, Token};
use zeroize::Zeroizing;

use super::errors::MemberError;
use super::later;
use crate::app::App;
use crate::app::access::{AccessError, Caller, Digest, LIVE, SANDBOX};
use crate::app::journal::Origin;

const MINUTE_MS: i64 = 60_000;
/// That it is used is written down no more often.
const TOUCHED_EVERY_MS: i64 = MINUTE_MS;
/// So long after the member has proved who they are, dangerous things are done without asking again.
const CONFIRMED_MS: i64 = 10 * MINUTE_MS;
const SECRET_BYTES: usize = 32;

/// Somebody has signed in.
pub struct SignedIn {
    /// The value of the cookie: 256 bits in base64url. It is kept nowhere.
    pub secret: Zeroizing<String>,
    pub expires_at: Timestamp,
}

/// The session of a member that is open.
#[derive(Clone, Debug)]
pub struct Session {
    /// What others know it by: not its secret.
    pub id: String,
    /// What the member may do, among whose records.
    pub caller: Caller,
    pub member: Member,
    /// When the member last proved who they are.
    pub signed_in_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Session {
    /// The member, as changes of them name it.
    pub fn key(&self) -> MemberKey<'_> {
        (&self.member.client, &self.member.id)
    }

    /// Who makes a change, as the journal writes it down.
    pub fn origin(&self, request: Option<String>) -> Origin {
        Origin::member(&self.member.id, request)
    }

    /// Whether the member has proved who they are so lately that dangerous things need not ask again.
    pub fn is_confirmed(&self, now: Timestamp) -> bool {
        now < later(self.signed_in_at, CONFIRMED_MS)
    }
}

impl App {
    /// The session with this secret: the value of a cookie. Role, status and client are those that the
    /// member has now.
    ///
    /// # Errors
    /// `Missing`, `Invalid` (no session has this secret), `Expired` (by time, or not used for too long),
    /// `Revoked` (signed out, or disabled), `Store`.
    pub async fn session(&self, secret: &str) -> Result<Session, AccessError> {
        if secret.is_empty() {
            return Err(AccessError::Missing);
        }
        let digest: Digest = Sha256::digest(secret).into();
        let since = Instant::now();
        let found = match self.access.sessions.recall(&digest) {
            Some(found) => found,
            None => {
                let found = self.database.session(&HEXLOWER.encode(&digest)).await?;
                let found = Arc::new(found.ok_or(AccessError::Invalid)?);
                self.access.sessions.remember(digest, since, Arc::clone(&found));
                found
            }
        };
        let now = self.clock.now();
        let session = &found.session;
        if !found.is_open() {
            return Err(AccessError::Revoked);
        }
        if session.expires_at <= now || session.last_used_at <= self.sessions_used_before(now) {
            return Err(AccessError::Expired);
        }
        if later(session.last_used_at, TOUCHED_EVERY_MS) <= now {
            let mut batch = Batch::default();
            batch.touch_session(&session.id, now);
            self.database.commit(batch).await?;
            let mut found = FoundSession::clone(&found);
            found.session.last_used_at = now;
            self.access.sessions.remember(digest, since, Arc::new(found));
        }
        Ok(opened(&found))
    }

    /// Ends the session with this secret. That there is none is no error.
    pub async fn sign_out(&self, secret: &str) -> Result<(), StoreError> {
        let id = HEXLOWER.encode(&Sha256::digest(secret));
        let Some(found) = self.database.session(&id).await? else { return Ok(()) };
        let key = (found.member.client.as_str(), found.member.id.as_str());
        self.revoke_session(key, &id).await
    }

    /// Where the member of this session is signed in, the newest first.
    pub async fn sessions_of(&self, key: MemberKey<'_>) -> Result<Vec<MemberSession>, StoreError> {
        let now = self.clock.now();
        self.database.sessions_of(key, now, self.sessions_used_before(now)).await
    }

    /// Ends a session of this member.
    pub async fn revoke_session(&self, key: MemberKey<'_>, id: &str) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.revoke_session(key, id, self.clock.now());
        self.database.commit(batch).await?;
        self.forget_tokens();
        Ok(())
    }

    /// Ends all sessions of this member, but for this one.
    pub async fn revoke_sessions(
        &self,
        key: MemberKey<'_>,
        but: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.revoke_sessions(key, but, self.clock.now());
        self.database.commit(batch).await?;
        self.forget_tokens();
        Ok(())
    }

    /// # Errors
    /// `ConfirmFirst`: it was too long ago that the member has proved who they are.
    pub fn require_confirmed(&self, session: &Session) -> Result<(), MemberError> {
        match session.is_confirmed(self.clock.now()) {
            true => Ok(()),
            false => Err(MemberError::ConfirmFirst),
        }
    }

    /// A new session, in the batch that says that the member has signed in.
    pub(super) fn open_session(&self, key: MemberKey<'_>, batch: &mut Batch) -> SignedIn {
        let (secret, id) = self.new_secret();
        let now = self.clock.now();
        let hours = i64::from(self.config.now().console.session_hours);
        let expires_at = later(now, hours * 60 * MINUTE_MS);
        batch.insert_session(key, &id, now, expires_at);
        SignedIn { secret, expires_at }
    }

    /// 256 random bits as they are handed out, and what is kept of them.
    pub(super) fn new_secret(&self) -> (Zeroizing<String>, String) {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        self.random.fill(&mut *bytes);
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes));
        let id = HEXLOWER.encode(&Sha256::digest(secret.as_bytes()));
        (secret, id)
    }

    /// A session that was last used then is over.
    fn sessions_used_before(&self, now: Timestamp) -> Timestamp {
        let minutes = i64::from(self.config.now().console.session_idle_minutes);
        Timestamp(now.0.saturating_sub(minutes * MINUTE_MS))
    }
}

fn opened(found: &FoundSession) -> Session {
    let FoundSession { session, member, sandbox_of } = found;
    let scopes: Vec<&str> = member.role.scopes().iter().copied().map(Scope::word).collect();
    let token = Token {
        id: session.id.clone(),
        client: member.client.clone(),
        scopes: scopes.join(" "),
        subject: None,
        mode: if sandbox_of.is_some() { SANDBOX } else { LIVE }.to_owned(),
        created_at: session.created_at,
        expires_at: session.expires_at,
        revoked_at: None,
        renewable_until: None,
        renewal_of: None,
        sandbox_of: sandbox_of.clone(),
        member: Some(member.id.clone()),
    };
    Session {
        id: session.id.clone(),
        caller: Caller::of_session(token),
        member: member.clone(),
        signed_in_at: session.signed_in_at,
        expires_at: session.expires_at,
    }
}
