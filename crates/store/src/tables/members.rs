//! The people who sign in: their accounts, and what they prove themselves by.

use verax_domain::Timestamp;
use verax_domain::contact::email_key;
use verax_domain::events::{Certainty, Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_domain::resources::PROJECT_MEMBERS;
use verax_domain::role::{MemberStatus, Role, SERVER_WIDE};
use verax_query::{Arg, Sql, fold};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::row::Cells;

/// A member, as commands and pages need them; what an API shows is the resource `project-members`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: String,
    /// [`SERVER_WIDE`] for a member who sees the records of all clients.
    pub client: String,
    pub name: Option<String>,
    pub email: String,
    pub role: Role,
    pub status: MemberStatus,
    pub has_totp: bool,
    /// A code of two letters; `None`: as the browser wants it.
    pub language: Option<String>,
    pub last_sign_in_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl Member {
    pub fn is_server_wide(&self) -> bool {
        self.client == SERVER_WIDE
    }
}

/// What a member proves themselves by.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// What Argon2id made of the password, with its salt; `None`: there is no password yet.
    pub password_hash: Option<String>,
    /// The secret of the codes follows from it; `None`: signing in takes no code.
    pub totp_salt: Option<String>,
    /// The same of a secret that was shown and is not confirmed.
    pub new_totp_salt: Option<String>,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
}

/// Who is invited.
#[derive(Clone, Debug)]
pub struct NewMember<'a> {
    pub id: &'a str,
    pub client: &'a str,
    pub name: Option<&'a str>,
    pub email: &'a str,
    pub role: Role,
}

/// The member of a client, by id.
pub type MemberKey<'a> = (&'a str, &'a str);

impl Database {
    pub async fn member(&self, (client, id): MemberKey<'_>) -> Result<Option<Member>, StoreError> {
        let mut sql = select();
        push_key(&mut sql, (client, id));
        self.fetch_row(sql, |row| member(row, 0)).await
    }

    /// The member and what they prove themselves by.
    pub async fn credentials(
        &self,
        key: MemberKey<'_>,
    ) -> Result<Option<(Member, Credentials)>, StoreError> {
        let mut sql = select();
        push_key(&mut sql, key);
        self.fetch_row(sql, |row| Ok((member(row, 0)?, credentials(row)?))).await
    }

    /// All with this address, of whatever clients: the one who was invited first is the first.
    pub async fn members_with_email(
        &self,
        email: &str,
    ) -> Result<Vec<(Member, Credentials)>, StoreError> {
        let mut sql = select();
        sql.push(" WHERE email_folded = ").bind(Arg::Text(email_key(email)));
        sql.push(" ORDER BY created_at, id");
        self.fetch_rows(sql, |row| Ok((member(row, 0)?, credentials(row)?))).await
    }

    /// The members of one client, or all, in the order in which they were invited.
    pub async fn members(&self, client: Option<&str>) -> Result<Vec<Member>, StoreError> {
        let mut sql = select();
        if let Some(client) = client {
            sql.push(" WHERE client = ").bind(text(client));
        }
        sql.push(" ORDER BY created_at, id");
        self.fetch_rows(sql, |row| member(row, 0)).await
    }

    /// Whether anybody was ever invited.
    pub async fn has_members(&self) -> Result<bool, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT 1 FROM project_members LIMIT 1");
        self.has_rows(sql).await
    }
}

impl Batch {
    /// Stores a member who has no password yet; a `Conflict` when the client has one with this address.
    pub fn invite_member(
        &mut self,
        new: &NewMember<'_>,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let optional = |value: Option<String>| value.map_or(Arg::Null, Arg::Text);
        let mut sql = Sql::default();
        sql.push("INSERT INTO project_members (id, client, name, name_folded, email, ");
        sql.push("email_folded, role, status, created_at, updated_at) VALUES (");
        sql.bind(text(new.id)).push(", ").bind(text(new.client)).push(", ");
        sql.bind(optional(new.name.map(str::to_owned))).push(", ");
        sql.bind(optional(new.name.map(fold))).push(", ");
        sql.bind(text(new.email)).push(", ").bind(Arg::Text(email_key(new.email))).push(", ");
        sql.bind(text(new.role.word())).push(", ").bind(text(MemberStatus::Invited.word()));
        sql.push(", ").bind(Arg::Integer(now.0)).push(", ").again(9);
        sql.push(") ON CONFLICT DO NOTHING");
        self.push(sql, Rows::Exactly(1));
        self.tell_of_member(EventKind::MemberInvited, (new.client, new.id), now, stamp)
    }

    /// Who was invited has a name and a password; a `Conflict` when they have joined already.
    pub fn join_member(
        &mut self,
        key: MemberKey<'_>,
        (name, password_hash): (&str, &str),
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = set(now);
        sql.push(", status = 'active', name = ").bind(text(name));
        sql.push(", name_folded = ").bind(Arg::Text(fold(name)));
        sql.push(", password_hash = ").bind(text(password_hash));
        push_key(&mut sql, key);
        sql.push(" AND status = 'invited'");
        self.push(sql, Rows::Exactly(1));
        self.tell_of_member(EventKind::MemberJoined, key, now, stamp)
    }

    /// Another password of an active member.
    pub fn set_password(
        &mut self,
        key: MemberKey<'_>,
        password_hash: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = set(now);
        sql.push(", password_hash = ").bind(text(password_hash));
        push_key(&mut sql, key);
        sql.push(" AND status = 'active'");
        self.push(sql, Rows::Exactly(1));
        self.tell_of_member(EventKind::MemberPasswordChanged, key, now, stamp)
    }

    /// The member has signed in: a `Conflict` when they are not active, or the password that they have
    /// proved is not theirs any more.
    pub fn sign_member_in(
        &mut self,
        key: MemberKey<'_>,
        password_hash: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = set(now);
        sql.push(", last_sign_in_at = ").again(1);
        push_key(&mut sql, key);
        sql.push(" AND status = 'active' AND password_hash = ").bind(text(password_hash));
        self.push(sql, Rows::Exactly(1));
        self.tell_of_member(EventKind::MemberSignedIn, key, now, stamp)
    }

    pub fn set_role(
        &mut self,
        key: MemberKey<'_>,
        role: Role,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = set(now);
        sql.push(", role = ").bind(text(role.word()));
        push_key(&mut sql, key);
        sql.push(" AND role <> ").again(2);
        self.push(sql, Rows::Exactly(1));
        self.tell_of_member(EventKind::MemberRoleChanged, key, now, stamp)
    }

    /// An active member cannot sign in any more, or a disabled one can again; a `Conflict` when it is so
    /// already, or the member has never joined.
    pub fn set_enabled(
        &mut self,
        key: MemberKey<'_>,
        is_enabled: bool,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let (from, to, kind) = match is_enabled {
            true => (MemberStatus::Disabled, MemberStatus::Active, EventKind::MemberEnabled),
            false => (MemberStatus::Active, MemberStatus::Disabled, EventKind::MemberDisabled),
        };
        let mut sql = set(now);
        sql.push(", status = ").bind(text(to.word()));
        push_key(&mut sql, key);
        sql.push(" AND status = ").bind(text(from.word()));
        self.push(sql, Rows::Exactly(1));
        self.tell_of_member(kind, key, now, stamp)
    }

    /// A `Conflict` when the client would be left without an active owner. It comes before the change.
    /// Until that is committed, nobody changes another owner of the client.
    pub fn require_other_owner(&mut self, (client, id): MemberKey<'_>) -> &mut Batch {
        const OWNERS: &str = " AND role = 'owner' AND status = 'active'";
        let mut sql = Sql::default();
        sql.push("UPDATE project_members SET role = role WHERE client = ").bind(text(client));
        sql.push(OWNERS);
        self.push(sql, Rows::Any);
        let mut sql = Sql::default();
        sql.push("UPDATE project_members SET role = role WHERE client = ").bind(text(client));
        sql.push(" AND id = ").bind(text(id)).push(" AND (role <> 'owner' OR status <> 'active' ");
        sql.push("OR EXISTS (SELECT 1 FROM project_members AS other WHERE other.client = ");
        sql.again(1).push(" AND other.id <> ").again(2);
        sql.push(" AND other.role = 'owner' AND other.status = 'active'))");
        self.push(sql, Rows::Exactly(1))
    }

    /// What an active member is called, and in which language they read.
    pub fn set_profile(
        &mut self,
        key: MemberKey<'_>,
        (name, language): (&str, Option<&str>),
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = set(now);
        sql.push(", name = ").bind(text(name)).push(", name_folded = ").bind(Arg::Text(fold(name)));
        sql.push(", language = ").bind(language.map_or(Arg::Null, text));
        push_key(&mut sql, key);
        sql.push(" AND status = 'active'");
        self.push(sql, Rows::Exactly(1));
        self.tell_of_member(EventKind::MemberUpdated, key, now, stamp)
    }

    /// A secret is shown; it counts when a code of it was right.
    pub fn begin_totp(&mut self, key: MemberKey<'_>, salt: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE project_members SET new_totp_salt = ").bind(text(salt));
        push_key(&mut sql, key);
        sql.push(" AND status = 'active'");
        self.push(sql, Rows::Exactly(1))
    }

    /// The secret of this salt counts from now on, with these digests of recovery codes; a `Conflict` when
    /// it is not the one that was shown last.
    pub fn confirm_totp(
        &mut self,
        key: MemberKey<'_>,
        (salt, step): (&str, i64),
        recovery_codes: &[String],
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = set(now);
        sql.push(", has_totp = TRUE, totp_salt = new_totp_salt, new_totp_salt = NULL");
        sql.push(", totp_step = ").bind(Arg::Integer(step));
        sql.push(", recovery_codes = ").bind(Arg::Text(recovery_codes.join(" ")));
        push_key(&mut sql, key);
        sql.push(" AND new_totp_salt = ").bind(text(salt));
        self.push(sql, Rows::Exactly(1));
        self.tell_of_member(EventKind::MemberTotpAdded, key, now, stamp)
    }

    /// Other recovery codes in the place of those that are left.
    pub fn set_recovery_codes(
        &mut self,
        key: MemberKey<'_>,
        recovery_codes: &[String],
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = set(now);
        sql.push(", recovery_codes = ").bind(Arg::Text(recovery_codes.join(" ")));
        push_key(&mut sql, key);
        sql.push(" AND has_totp");
        self.push(sql, Rows::Exactly(1));
        self.tell_of_member(EventKind::MemberTotpAdded, key, now, stamp)
    }

    /// Signing in takes no code any more; a `Conflict` when it did not.
    pub fn remove_totp(&mut self, key: MemberKey<'_>, now: Timestamp, stamp: Stamp) -> &mut Batch {
        let mut sql = set(now);
        sql.push(", has_totp = FALSE, totp_salt = NULL, new_totp_salt = NULL, recovery_codes = ''");
        push_key(&mut sql, key);
        sql.push(" AND has_totp");
        self.push(sql, Rows::Exactly(1));
        self.tell_of_member(EventKind::MemberTotpRemoved, key, now, stamp)
    }

    /// A code of this time step is used; a `Conflict` when one of it, or of a later one, was, or the secret
    /// is another.
    pub fn use_totp_step(&mut self, key: MemberKey<'_>, (salt, step): (&str, i64)) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE project_members SET totp_step = ").bind(Arg::Integer(step));
        push_key(&mut sql, key);
        sql.push(" AND totp_step < ").again(1).push(" AND totp_salt = ").bind(text(salt));
        self.push(sql, Rows::Exactly(1))
    }

    /// The recovery code with this digest is used; a `Conflict` when there is none.
    pub fn use_recovery_code(&mut self, key: MemberKey<'_>, digest: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE project_members SET recovery_codes = replace(recovery_codes, ");
        sql.bind(text(digest)).push(", '')");
        push_key(&mut sql, key);
        sql.push(" AND replace(recovery_codes, ").again(1).push(", '') <> recovery_codes");
        self.push(sql, Rows::Exactly(1))
    }

    /// Deletes a member with their links, sessions and views.
    pub fn delete_member(
        &mut self,
        key: MemberKey<'_>,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        self.void_invitations(key.0, Some(key.1)).delete_sessions(key).delete_views_of(key);
        let entry = Entry::Event(EventKind::MemberDeleted, stamp);
        self.delete(&PROJECT_MEMBERS, key, now, entry)
    }

    /// A member who is not disabled has another link; a `Conflict` when there is no such one.
    pub fn note_new_link(
        &mut self,
        key: MemberKey<'_>,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = set(now);
        push_key(&mut sql, key);
        sql.push(" AND status <> 'disabled'");
        self.push(sql, Rows::Exactly(1));
        self.tell_of_member(EventKind::MemberUpdated, key, now, stamp)
    }

    /// That this happened to the member.
    fn tell_of_member(
        &mut self,
        kind: EventKind,
        key: MemberKey<'_>,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        self.journal(Entry::Event(kind, stamp), key, Certainty::Changed, now)
    }
}

/// The columns of [`member`], and behind them those of [`credentials`].
pub(super) const COLUMNS: &str = "m.id, m.client, m.name, m.email, m.role, m.status, m.has_totp, \
     m.last_sign_in_at, m.created_at, m.language";

fn select() -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT ").push(COLUMNS).push(", m.password_hash, m.totp_salt, m.new_totp_salt, ");
    sql.push("m.recovery_codes FROM project_members AS m");
    sql
}

fn set(now: Timestamp) -> Sql {
    let mut sql = Sql::default();
    sql.push("UPDATE project_members SET updated_at = ").bind(Arg::Integer(now.0));
    sql
}

fn push_key(sql: &mut Sql, (client, id): MemberKey<'_>) {
    sql.push(" WHERE client = ").bind(text(client)).push(" AND id = ").bind(text(id));
}

/// Reads [`COLUMNS`], the first of which is at this place.
pub(super) fn member(row: &dyn Cells, first: usize) -> Result<Member, StoreError> {
    let unknown = |what: &str| StoreError::Statement(format!("a member has an unknown {what}"));
    let role = row.string(first + 4)?;
    let status = row.string(first + 5)?;
    Ok(Member {
        id: row.string(first)?,
        client: row.string(first + 1)?,
        name: row.optional_string(first + 2)?,
        email: row.string(first + 3)?,
        role: Role::from_word(&role).ok_or_else(|| unknown("role"))?,
        status: MemberStatus::from_word(&status).ok_or_else(|| unknown("status"))?,
        has_totp: row.boolean(first + 6)?.unwrap_or(false),
        last_sign_in_at: row.integer(first + 7)?.map(Timestamp),
        created_at: Timestamp(row.integer(first + 8)?.unwrap_or(0)),
        language: row.optional_string(first + 9)?,
    })
}

fn credentials(row: &dyn Cells) -> Result<Credentials, StoreError> {
    Ok(Credentials {
        password_hash: row.optional_string(10)?,
        totp_salt: row.optional_string(11)?,
        new_totp_salt: row.optional_string(12)?,
        recovery_codes: row.string(13)?.split_whitespace().count(),
    })
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
