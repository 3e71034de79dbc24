//! Tokens: minted, checked, renewed, revoked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use verax_domain::{RecordTokenScope, Scope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, Client, StoreError, Token};

use super::{
    AccessError, Bearer, CachedAnswer, Caller, Claims, Digest, LIVE, Mint, MintError, PageClaims,
    RecordToken, RecordTokenMint, RegistrationPage, SANDBOX,
};
use crate::app::App;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl App {
    /// Checks the value of an `Authorization` header: `Bearer`, `JWT` (in any case) or bare.
    pub async fn identify(&self, authorization: Option<&str>) -> Result<Bearer, AccessError> {
        let header = authorization.ok_or(AccessError::Missing)?;
        let digest: Digest = Sha256::digest(header).into();
        let cached = match self.access.tokens.recall(&digest) {
            Some(cached) => cached,
            None => {
                let claims = self.verify(bare_token(header))?;
                // What is revoked while the database is asked counts as revoked after it.
                let since = Instant::now();
                let token = self.database.token(&claims.jti).await?;
                // A client's own token says `exp`: what does not was made for a page.
                let is_right = |token: &Token| {
                    token.client == claims.client
                        && (token.subject.is_some() || claims.exp.is_some())
                };
                let token = token.filter(is_right).map(Arc::new);
                let expires_at = claims.expires_at().unwrap_or(0);
                let expires_at = Timestamp(expires_at.saturating_mul(1000));
                let cached = CachedAnswer { expires_at, token };
                self.access.tokens.remember(digest, since, cached.clone());
                cached
            }
        };
        let now = self.clock.now();
        if cached.expires_at <= now {
            return Err(AccessError::Expired);
        }
        match cached.token {
            Some(token) if token.revoked_at.is_some() => Err(AccessError::Revoked),
            Some(token) if token.expires_at <= now => Err(AccessError::Expired),
            // The wall between live records and sandboxes is the client; here it is checked.
            Some(token) if token.mode != mode_of(token.sandbox_of.as_deref()) => {
                Err(AccessError::OldSandbox)
            }
            Some(token) => match &token.subject {
                None => Ok(Bearer::Caller(Caller { token })),
                Some(_) => match RecordTokenScope::from_word(&token.scopes) {
                    Some(scope) => Ok(Bearer::RecordToken(RecordToken { token, scope })),
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
        let expires_at = claims.expires_at().ok_or(AccessError::Invalid)?;
        if expires_at.saturating_mul(1000) <= self.clock.now().0 {
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
        if let Some(wanted) = &mint.scopes {
            let foreign =
                wanted.iter().find(|wanted| **wanted != Scope::Staff && !scopes.contains(wanted));
            if let Some(scope) = foreign {
                let client = client.id;
                return Err(MintError::NotTheClients { client, scope: scope.word() });
            }
            scopes.clone_from(wanted);
        } else {
            // A record of a client that was imported may name any scope.
            scopes.retain(|scope| !scope.is_named_only());
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
        let mut claims = self.claims(&client, &words(&scopes), mode);
        claims.exp = Some(seconds_after(claims.iat, mint.valid));
        let (token, mut stored) = self.sign(claims, None)?;
        let renewable = mint.renewable.unwrap_or_else(|| self.renewable());
        stored.renewable_until = Some(later(stored.created_at, renewable).max(stored.expires_at));
        let mut batch = Batch::default();
        batch.insert_token(&stored);
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
        let mut claims = self.claims(&old.client, &words(&caller.scopes()), &old.mode);
        claims.exp = Some(seconds_after(claims.iat, valid).min(until.0.div_euclid(1000)));
        let (token, mut stored) = self.sign(claims, None)?;
        let first = old.renewal_of.as_ref().unwrap_or(&old.id);
        stored.renewable_until = Some(until);
        stored.renewal_of = Some(first.clone());
        let keep_max = self.config.now().tokens.renewals_max;
        batch.insert_token(&stored).delete_old_renewals(first, &stored.id, keep_max);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => Err(MintError::Revoked),
            done => Ok(done.map(|()| token)?),
        }
    }

    fn renewable(&self) -> Duration {
        DAY * self.config.now().tokens.renewable_days
    }

    /// A token for one record alone, for a page to keep; whoever asks commits what is kept of it,
    /// together with the record. It is valid until the last whole second before `until`.
    ///
    /// # Errors
    /// `Signing`.
    pub fn record_token(&self, mint: &RecordTokenMint<'_>) -> Result<(String, Token), MintError> {
        self.page_token(mint, PageClaims::default())
    }

    /// The same for a registration.
    ///
    /// # Errors
    /// `Signing`.
    pub fn registration_token(
        &self,
        mint: &RecordTokenMint<'_>,
        page: &RegistrationPage<'_>,
    ) -> Result<(String, Token), MintError> {
        let claims = PageClaims {
            app_registration: Some(mint.subject.to_owned()),
            project: page.project.map(str::to_owned),
            project_flow: page.flow.map(str::to_owned),
            access_type: Some(page.access.word().to_owned()),
            step: page.step.map(str::to_owned),
            ..PageClaims::default()
        };
        self.page_token(mint, claims)
    }

    /// The same for a server to keep, which reads `exp`.
    ///
    /// # Errors
    /// `Signing`.
    pub fn exchanged_token(
        &self,
        mint: &RecordTokenMint<'_>,
    ) -> Result<(String, Token), MintError> {
        let mut claims = self.claims(mint.client, &[mint.scope.word()], mint.mode);
        claims.exp = Some(mint.until.0.div_euclid(1000));
        self.sign(claims, Some(mint.subject.to_owned()))
    }

    fn page_token(
        &self,
        mint: &RecordTokenMint<'_>,
        page: PageClaims,
    ) -> Result<(String, Token), MintError> {
        let mut claims = self.claims(mint.client, &[mint.scope.word()], mint.mode);
        claims.page = PageClaims {
            issued_at: Some(claims.iat),
            expires_at: Some(mint.until.0.div_euclid(1000)),
            ..page
        };
        self.sign(claims, Some(mint.subject.to_owned()))
    }

    /// The clients' own tokens that this tenant may know of, the newest first.
    pub async fn client_tokens(&self, tenant: &Tenant) -> Result<Vec<Token>, StoreError> {
        match tenant {
            Tenant::Client(client) => self.database.tokens(Some(client)).await,
            Tenant::All => self.database.tokens(None).await,
        }
    }

    /// Revokes such a token, with those that were made from it; whether there was one.
    pub async fn revoke_client_token(&self, tenant: &Tenant, id: &str) -> Result<bool, StoreError> {
        let tokens = self.client_tokens(tenant).await?;
        if !tokens.iter().any(|token| token.id == id) {
            return Ok(false);
        }
        let (mut batch, now) = (Batch::default(), self.clock.now());
        batch.revoke_token(id, now).revoke_renewals(id, now);
        match self.database.commit(batch).await {
            // It is revoked already.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        self.forget_tokens();
        Ok(true)
    }

    /// What is remembered of tokens may be out of date: some were revoked.
    pub fn forget_tokens(&self) {
        self.access.forget_all();
    }

    /// What a token says, but until when it is valid.
    fn claims(&self, client: &str, scopes: &[&str], mode: &str) -> Claims {
        Claims {
            client: client.to_owned(),
            jti: format!("{:016x}{:016x}", self.random.number(), self.random.number()),
            iat: self.clock.now().0.div_euclid(1000),
            exp: None,
            scopes: scopes.iter().map(|word| (*word).to_owned()).collect(),
            mode: mode.to_owned(),
            page: PageClaims::default(),
        }
    }

    fn sign(&self, claims: Claims, subject: Option<String>) -> Result<(String, Token), MintError> {
        let token = self.keys.sign(&claims).map_err(|_| MintError::Signing)?;
        let expires_at = claims.expires_at().ok_or(MintError::Signing)?;
        let stored = Token {
            id: claims.jti,
            client: claims.client,
            scopes: claims.scopes.join(" "),
            subject,
            mode: claims.mode,
            created_at: self.clock.now(),
            expires_at: Timestamp(expires_at.saturating_mul(1000)),
            revoked_at: None,
            renewable_until: None,
            renewal_of: None,
            sandbox_of: None,
            member: None,
        };
        Ok((token, stored))
    }
}

fn mode_of(sandbox_of: Option<&str>) -> &'static str {
    if sandbox_of.is_some() { SANDBOX } else { LIVE }
}

fn seconds_after(seconds: i64, valid: Duration) -> i64 {
    seconds.saturating_add(i64::try_from(valid.as_secs()).unwrap_or(i64::MAX))
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
