//! Signing in, and proving again who one is.

use std::net::IpAddr;

use verax_domain::role::MemberStatus;
use verax_store::{Batch, Credentials, Member, StoreError};

use super::errors::{MemberError, SignInError};
use super::limits::Attempt;
use super::passwords::check_new;
use super::sessions::{Session, SignedIn};
use crate::app::App;
use crate::app::journal::Origin;

/// What somebody signs in with.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    pub email: &'a str,
    pub password: &'a str,
    /// Of the program for codes, or a recovery code.
    pub code: Option<&'a str>,
    pub address: IpAddr,
}

impl App {
    /// Opens a session. Whoever has the same password in two clients is signed in to that which invited
    /// them first.
    ///
    /// # Errors
    /// As [`SignInError`] says; what is wrong of address and password is never told.
    pub async fn sign_in(
        &self,
        asked: SignIn<'_>,
        request: Option<String>,
    ) -> Result<SignedIn, SignInError> {
        let attempt = self.begin_attempt(asked.email, asked.address).await?;
        let done = self.try_sign_in(asked, request, &attempt).await;
        self.end_attempt(done, &attempt).await
    }

    async fn try_sign_in(
        &self,
        asked: SignIn<'_>,
        request: Option<String>,
        attempt: &Attempt,
    ) -> Result<SignedIn, SignInError> {
        let accounts = self.database.members_with_email(asked.email).await?;
        let proved = self.proved(asked.password, accounts).await?;
        let (member, _) = &proved;
        let second_factor = self.second_factor(&proved, asked.code).await?;
        let key = (member.client.as_str(), member.id.as_str());
        let mut batch = Batch::default();
        second_factor.take(key, &mut batch);
        let stamp = self.stamp(&Origin::member(&member.id, request));
        batch.sign_member_in(key, hash_of(&proved), self.clock.now(), stamp);
        let signed_in = self.open_session(key, &mut batch);
        attempt.pass(&mut batch);
        self.commit_proof(batch, &proved).await?;
        Ok(signed_in)
    }

    /// The member proves again who they are, for what is dangerous.
    ///
    /// # Errors
    /// As of [`App::sign_in`].
    pub async fn confirm_password(
        &self,
        session: &Session,
        (password, code): (&str, Option<&str>),
        address: IpAddr,
    ) -> Result<(), SignInError> {
        let attempt = self.begin_attempt(&session.member.email, address).await?;
        let done = self.try_confirm(session, (password, code), &attempt).await;
        self.end_attempt(done, &attempt).await
    }

    async fn try_confirm(
        &self,
        session: &Session,
        (password, code): (&str, Option<&str>),
        attempt: &Attempt,
    ) -> Result<(), SignInError> {
        let account = self.database.credentials(session.key()).await?;
        let proved = self.proved(password, account.into_iter().collect()).await?;
        let second_factor = self.second_factor(&proved, code).await?;
        let mut batch = Batch::default();
        second_factor.take(session.key(), &mut batch);
        batch.renew_session(&session.id, self.clock.now());
        attempt.pass(&mut batch);
        self.commit_proof(batch, &proved).await?;
        self.forget_tokens();
        Ok(())
    }

    /// Another password for the member of this session, who is signed out everywhere else.
    ///
    /// # Errors
    /// `ConfirmFirst`, `Password`, `Overloaded`.
    pub async fn change_password(
        &self,
        session: &Session,
        password: &str,
        origin: &Origin,
    ) -> Result<(), MemberError> {
        self.require_confirmed(session)?;
        check_new(password, &session.member.email)?;
        let accounts = self.database.members_with_email(&session.member.email).await?;
        let hash = self.passwords.hash(password, first_hash(&accounts), &self.random).await?;
        let now = self.clock.now();
        let mut batch = Batch::default();
        batch.set_password(session.key(), &hash, now, self.stamp(origin));
        batch.revoke_sessions(session.key(), Some(&session.id), now);
        batch.void_invitations(&session.member.client, Some(&session.member.id));
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => return Err(MemberError::Gone),
            changed => changed?,
        }
        self.forget_tokens();
        Ok(())
    }

    /// Whose password it is. As much is done where it is nobody's.
    async fn proved(
        &self,
        password: &str,
        accounts: Vec<(Member, Credentials)>,
    ) -> Result<(Member, Credentials), SignInError> {
        let hashes: Vec<Option<String>> =
            accounts.iter().map(|(_, it)| it.password_hash.clone()).collect();
        let matching = self.passwords.matching(password, &hashes, &self.random).await?;
        let mut right = accounts.into_iter().zip(matching).filter_map(|(it, is)| is.then_some(it));
        let proved = right.find(|(member, _)| member.status == MemberStatus::Active);
        proved.ok_or(SignInError::Rejected)
    }

    /// # Errors
    /// `CodeWrong`: the code was used. `Rejected`: the account has changed since it was looked at.
    async fn commit_proof(
        &self,
        batch: Batch,
        (member, _): &(Member, Credentials),
    ) -> Result<(), SignInError> {
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) if member.has_totp => Err(SignInError::CodeWrong),
            Err(StoreError::Conflict) => Err(SignInError::Rejected),
            committed => Ok(committed?),
        }
    }

    /// A try that was not judged to its end has not failed.
    async fn end_attempt<T>(
        &self,
        done: Result<T, SignInError>,
        attempt: &Attempt,
    ) -> Result<T, SignInError> {
        match &done {
            Ok(_) | Err(SignInError::Rejected | SignInError::CodeWrong) => {}
            Err(_) => self.give_back_attempt(attempt).await?,
        }
        done
    }
}

/// What all passwords that are kept for one address have the salt of.
pub(super) fn first_hash(accounts: &[(Member, Credentials)]) -> Option<&str> {
    accounts.iter().find_map(|(_, it)| it.password_hash.as_deref())
}

fn hash_of((_, credentials): &(Member, Credentials)) -> &str {
    credentials.password_hash.as_deref().unwrap_or_default()
}
