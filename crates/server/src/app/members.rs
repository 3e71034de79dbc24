//! Members: the people who sign in. Who they are, what they may do, and what they prove themselves by.

pub mod errors;
pub mod invitations;
pub mod limits;
pub mod passwords;
pub mod profile;
pub mod sessions;
pub mod signing_in;
pub mod totp;

use verax_domain::Timestamp;
use verax_domain::role::{MemberStatus, Role};
use verax_store::{Batch, Member, MemberKey, StoreError};

pub use self::errors::{MemberError, SignInError};
use crate::app::App;
use crate::app::journal::Origin;

/// Behind the id of a member: the subject of its key in the vault.
pub const SUBJECT: &str = ".member";

impl App {
    pub async fn member(&self, key: MemberKey<'_>) -> Result<Member, MemberError> {
        self.database.member(key).await?.ok_or(MemberError::Gone)
    }

    /// The members of one client (or of [`SERVER_WIDE`](verax_domain::role::SERVER_WIDE)), or all, in the
    /// order in which they were invited.
    pub async fn members(&self, client: Option<&str>) -> Result<Vec<Member>, StoreError> {
        self.database.members(client).await
    }

    /// Every member with this address, of whatever clients.
    pub async fn members_with_email(&self, email: &str) -> Result<Vec<Member>, StoreError> {
        let members = self.database.members_with_email(email).await?;
        Ok(members.into_iter().map(|(member, _)| member).collect())
    }

    /// The member may do something else from now on: here at once, on other nodes within the seconds of
    /// `tokens.cache_seconds`. That they have the role already is no error.
    ///
    /// # Errors
    /// `LastOwner`, `Gone`.
    pub async fn change_role(
        &self,
        key: MemberKey<'_>,
        role: Role,
        origin: &Origin,
    ) -> Result<(), MemberError> {
        let mut batch = Batch::default();
        if role != Role::Owner {
            batch.require_other_owner(key);
        }
        batch.set_role(key, role, self.clock.now(), self.stamp(origin));
        self.commit_members(batch, key, |member| member.role == role).await
    }

    /// The member cannot sign in any more, and is signed out; links that were made for them open nothing.
    ///
    /// # Errors
    /// `LastOwner`, `NotActive` (has never joined), `Gone`.
    pub async fn disable_member(
        &self,
        key: MemberKey<'_>,
        origin: &Origin,
    ) -> Result<(), MemberError> {
        let now = self.clock.now();
        let mut batch = Batch::default();
        batch.require_other_owner(key);
        batch.set_enabled(key, false, now, self.stamp(origin));
        batch.void_invitations(key.0, Some(key.1)).revoke_sessions(key, None, now);
        self.commit_members(batch, key, |member| member.status == MemberStatus::Disabled).await
    }

    /// The member can sign in again.
    ///
    /// # Errors
    /// `NotActive` (has never joined), `Gone`.
    pub async fn enable_member(
        &self,
        key: MemberKey<'_>,
        origin: &Origin,
    ) -> Result<(), MemberError> {
        let mut batch = Batch::default();
        batch.set_enabled(key, true, self.clock.now(), self.stamp(origin));
        self.commit_members(batch, key, |member| member.status == MemberStatus::Active).await
    }

    /// Deletes a member with their sessions and links. What they have done stays, under their id.
    ///
    /// # Errors
    /// `LastOwner`, `Gone`.
    pub async fn delete_member(
        &self,
        key: MemberKey<'_>,
        origin: &Origin,
    ) -> Result<(), MemberError> {
        let mut batch = Batch::default();
        batch.require_other_owner(key);
        batch.delete_member(key, self.clock.now(), self.stamp(origin));
        batch.forget_answers(key.0, key.1);
        self.commit_members(batch, key, |_| false).await?;
        self.vault.destroy_key(key.0, &subject_of(key.1)).await?;
        Ok(self.destroy_answers(key.0, key.1).await?)
    }

    /// Commits a change of a member; where somebody was faster, says what is in the way. `is_so`: whether
    /// the member is already what the change makes of them.
    async fn commit_members(
        &self,
        batch: Batch,
        key: MemberKey<'_>,
        is_so: impl Fn(&Member) -> bool,
    ) -> Result<(), MemberError> {
        let committed = self.database.commit(batch).await;
        self.forget_tokens();
        match committed {
            Err(StoreError::Conflict) => {}
            committed => return Ok(committed?),
        }
        let member = self.member(key).await?;
        match member.status {
            _ if is_so(&member) => Ok(()),
            MemberStatus::Invited => Err(MemberError::NotActive),
            _ => Err(MemberError::LastOwner),
        }
    }
}

/// The subject of a member's key.
fn subject_of(member: &str) -> String {
    format!("{member}{SUBJECT}")
}

fn later(time: Timestamp, millis: i64) -> Timestamp {
    Timestamp(time.0.saturating_add(millis))
}
