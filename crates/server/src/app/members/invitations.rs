//! Links: by one somebody joins, or sets a new password.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use verax_domain::Timestamp;
use verax_domain::contact::{is_email, visible};
use verax_domain::journal::Principal;
use verax_domain::role::{MemberStatus, Role, SERVER_WIDE};
use verax_query::nfc;
use verax_store::{Batch, Invitation as StoredInvitation, MemberKey, NewMember, StoreError};

use super::errors::MemberError;
use super::later;
use super::passwords::check_new;
use super::sessions::SignedIn;
use super::signing_in::first_hash;
use crate::app::App;
use crate::app::journal::Origin;

/// The page of a link; its secret follows.
pub const LINK_PATH: &str = "/console/join/";

const HOUR_MS: i64 = 60 * 60 * 1000;
const INVITATION_MS: i64 = 72 * HOUR_MS;
/// Of links that an operator prints.
const PRINTED_MS: i64 = 24 * HOUR_MS;
const NAME_CHARS_MAX: usize = 120;

/// Who is invited.
#[derive(Clone, Copy, Debug)]
pub struct Invite<'a> {
    /// `None`: for the whole server.
    pub client: Option<&'a str>,
    pub email: &'a str,
    pub name: Option<&'a str>,
    pub role: Role,
}

/// A link as it is handed out. Its secret is kept nowhere.
#[derive(Clone, Debug)]
pub struct InvitationLink {
    /// The id of the member.
    pub member: String,
    /// It begins with `http.public_url`; where that is empty, with the path.
    pub url: String,
    pub expires_at: Timestamp,
}

/// What a link is for.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// `None`: whoever has it becomes the first owner, and says their address.
    pub email: Option<String>,
    pub name: Option<String>,
    pub role: Role,
    /// Whether the member has joined before: it sets a new password.
    pub has_joined: bool,
    pub expires_at: Timestamp,
}

impl Invitation {
    pub fn is_first_owner(&self) -> bool {
        self.email.is_none()
    }
}

/// What somebody joins with.
#[derive(Clone, Copy)]
pub struct Acceptance<'a> {
    /// Of the first owner; of others it is not looked at.
    pub email: Option<&'a str>,
    pub name: &'a str,
    pub password: &'a str,
}

impl App {
    /// Invites somebody, who joins by the link.
    ///
    /// # Errors
    /// `EmailInvalid`, `EmailTaken`, `NameInvalid`, `NoClient`.
    pub async fn invite_member(
        &self,
        invite: Invite<'_>,
        origin: &Origin,
    ) -> Result<InvitationLink, MemberError> {
        let email = checked_email(invite.email)?;
        let name = invite.name.map(checked_name).transpose()?;
        let client = invite.client.unwrap_or(SERVER_WIDE);
        if invite.client.is_some() && self.database.client(client).await?.is_none() {
            return Err(MemberError::NoClient);
        }
        let id = self.new_id();
        let new =
            NewMember { id: &id, client, name: name.as_deref(), email: &email, role: invite.role };
        let mut batch = Batch::default();
        batch.invite_member(&new, self.clock.now(), self.stamp(origin));
        let link = self.insert_link((client, &id), INVITATION_MS, &mut batch);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => Err(MemberError::EmailTaken),
            invited => Ok(invited.map(|()| link)?),
        }
    }

    /// Another link for somebody who has not joined yet. Those before it open nothing any more.
    ///
    /// # Errors
    /// `Joined`, `Gone`.
    pub async fn invite_again(
        &self,
        key: MemberKey<'_>,
        origin: &Origin,
    ) -> Result<InvitationLink, MemberError> {
        match self.member(key).await?.status {
            MemberStatus::Invited => self.new_link(key, INVITATION_MS, origin).await,
            _ => Err(MemberError::Joined),
        }
    }

    /// A link by which somebody joins, or sets a new password. Whoever has it is that member: it is for
    /// operators alone.
    ///
    /// # Errors
    /// `NotActive` (disabled), `Gone`.
    pub async fn password_link(
        &self,
        key: MemberKey<'_>,
        origin: &Origin,
    ) -> Result<InvitationLink, MemberError> {
        match self.member(key).await?.status {
            MemberStatus::Disabled => Err(MemberError::NotActive),
            _ => self.new_link(key, PRINTED_MS, origin).await,
        }
    }

    async fn new_link(
        &self,
        key: MemberKey<'_>,
        valid_ms: i64,
        origin: &Origin,
    ) -> Result<InvitationLink, MemberError> {
        let mut batch = Batch::default();
        batch.note_new_link(key, self.clock.now(), self.stamp(origin));
        let link = self.insert_link(key, valid_ms, &mut batch);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => Err(MemberError::Gone),
            made => Ok(made.map(|()| link)?),
        }
    }

    fn insert_link(
        &self,
        (client, id): MemberKey<'_>,
        valid_ms: i64,
        batch: &mut Batch,
    ) -> InvitationLink {
        let (secret, digest) = self.new_secret();
        let now = self.clock.now();
        let expires_at = later(now, valid_ms);
        batch.insert_invitation(&digest, (client, Some(id)), now, expires_at);
        InvitationLink { member: id.to_owned(), url: self.link_url(&secret), expires_at }
    }

    /// The link by which the first owner joins, while nobody was ever invited; a new one voids the old.
    pub async fn first_owner_link(&self) -> Result<Option<String>, StoreError> {
        if self.database.has_members().await? {
            return Ok(None);
        }
        let (secret, digest) = self.new_secret();
        let now = self.clock.now();
        let mut batch = Batch::default();
        batch.insert_invitation(&digest, (SERVER_WIDE, None), now, later(now, PRINTED_MS));
        self.database.commit(batch).await?;
        Ok(Some(self.link_url(&secret)))
    }

    fn link_url(&self, secret: &str) -> String {
        format!("{}{LINK_PATH}{secret}", self.config.now().http.public_url)
    }

    /// What the link with this secret is for. Looking uses nothing up.
    ///
    /// # Errors
    /// `LinkInvalid`.
    pub async fn open_invitation(&self, secret: &str) -> Result<Invitation, MemberError> {
        let StoredInvitation { member, expires_at, .. } = self.stored_invitation(secret).await?;
        Ok(match member {
            Some(member) => Invitation {
                email: Some(member.email),
                name: member.name,
                role: member.role,
                has_joined: member.status != MemberStatus::Invited,
                expires_at,
            },
            None => {
                let (email, name, role) = (None, None, Role::Owner);
                Invitation { email, name, role, has_joined: false, expires_at }
            }
        })
    }

    async fn stored_invitation(&self, secret: &str) -> Result<StoredInvitation, MemberError> {
        let digest = HEXLOWER.encode(&Sha256::digest(secret));
        let found = self.database.invitation(&digest, self.clock.now()).await?;
        found.ok_or(MemberError::LinkInvalid)
    }

    /// The member joins, or has a new password and is signed out everywhere. `None`: they sign in with it
    /// and a code.
    ///
    /// # Errors
    /// `LinkInvalid`, `Password`, `NameInvalid`, `EmailInvalid`, `Overloaded`.
    pub async fn accept_invitation(
        &self,
        secret: &str,
        acceptance: Acceptance<'_>,
        request: Option<String>,
    ) -> Result<Option<SignedIn>, MemberError> {
        let invitation = self.stored_invitation(secret).await?;
        let now = self.clock.now();
        let mut batch = Batch::default();
        let (id, email) = match &invitation.member {
            Some(member) => (member.id.clone(), member.email.clone()),
            None => (self.new_id(), checked_email(acceptance.email.unwrap_or_default())?),
        };
        let name = checked_name(acceptance.name)?;
        check_new(acceptance.password, &email)?;
        let accounts = self.database.members_with_email(&email).await?;
        let hash = self.passwords.hash(acceptance.password, first_hash(&accounts), &self.random);
        let hash = hash.await?;
        let origin = Origin::member(&id, request);
        let client = invitation.member.as_ref().map_or(SERVER_WIDE, |it| it.client.as_str());
        let key = (client, id.as_str());
        match &invitation.member {
            None => {
                batch.take_first_invitation(&invitation.id, now);
                let name = Some(name.as_str());
                let new = NewMember { id: &id, client, name, email: &email, role: Role::Owner };
                batch.invite_member(&new, now, self.stamp(&origin));
            }
            Some(_) => {
                batch
                    .take_invitation(&invitation.id, key, now)
                    .void_invitations(client, Some(id.as_str()));
            }
        }
        match invitation.member.as_ref().map(|member| member.status) {
            None | Some(MemberStatus::Invited) => {
                batch.join_member(key, (&name, &hash), now, self.stamp(&origin));
            }
            Some(MemberStatus::Active) => {
                batch.set_password(key, &hash, now, self.stamp(&origin));
                batch.revoke_sessions(key, None, now);
            }
            Some(MemberStatus::Disabled) => return Err(MemberError::LinkInvalid),
        }
        self.clear_account(&email, &mut batch);
        let needs_code = invitation.member.as_ref().is_some_and(|member| member.has_totp);
        let signed_in = (!needs_code).then(|| {
            batch.sign_member_in(key, &hash, now, self.stamp(&origin));
            self.open_session(key, &mut batch)
        });
        let committed = self.database.commit(batch).await;
        self.forget_tokens();
        match committed {
            Err(StoreError::Conflict) => Err(MemberError::LinkInvalid),
            committed => Ok(committed.map(|()| signed_in)?),
        }
    }
}

fn checked_email(email: &str) -> Result<String, MemberError> {
    let email = visible(&nfc(email));
    if is_email(&email) { Ok(email) } else { Err(MemberError::EmailInvalid) }
}

pub(super) fn checked_name(name: &str) -> Result<String, MemberError> {
    // What cannot be seen is left out, and nobody is called as records name others who do something: a name
    // stands where they have done something.
    let name = visible(&nfc(name));
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
    let mut others = [Principal::Anonymous, Principal::Command, Principal::System].iter();
    let is_taken_for_another = name.contains(':') || others.any(|other| other.text() == name);
    match fits && !name.contains(char::is_control) && !is_taken_for_another {
        true => Ok(name),
        false => Err(MemberError::NameInvalid),
    }
}
