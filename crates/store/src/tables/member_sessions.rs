//! Sessions of members: tokens that no header carries, each with the member as they are now.

use verax_domain::Timestamp;
use verax_domain::role::{MemberStatus, SERVER_WIDE};
use verax_query::{Arg, Sql};

use super::members::{COLUMNS, Member, MemberKey, member};
use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::row::Cells;

/// A session, without what makes it valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSession {
    /// The SHA-256 of its secret, in hexadecimal.
    pub id: String,
    pub created_at: Timestamp,
    /// When the member last proved who they are in it.
    pub signed_in_at: Timestamp,
    /// Written once a minute at most.
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// A session that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSession {
    pub session: MemberSession,
    pub member: Member,
    /// The live client, where the member's client is a sandbox.
    pub sandbox_of: Option<String>,
}

impl FoundSession {
    /// Whether it lets the member in: it was not revoked, and they may sign in.
    pub fn is_open(&self) -> bool {
        self.session.revoked_at.is_none() && self.member.status == MemberStatus::Active
    }
}

impl Database {
    /// The session with this id, if its member, and the client that they belong to, are still there.
    pub async fn session(&self, id: &str) -> Result<Option<FoundSession>, StoreError> {
        let mut sql = select();
        sql.push(", clients.sandbox_of, ").push(COLUMNS).push(" FROM tokens AS t ");
        sql.push("JOIN project_members AS m ON m.client = t.client AND m.id = t.member ");
        sql.push("LEFT JOIN clients ON clients.id = t.client WHERE t.id = ").bind(text(id));
        sql.push(" AND (clients.id IS NOT NULL OR t.client = ").bind(text(SERVER_WIDE)).push(")");
        self.fetch_row(sql, |row| {
            let sandbox_of = row.optional_string(6)?;
            Ok(FoundSession { session: session(row)?, sandbox_of, member: member(row, 7)? })
        })
        .await
    }

    /// The sessions of a member that are not over by time, the newest first.
    pub async fn sessions_of(
        &self,
        (client, member): MemberKey<'_>,
        now: Timestamp,
        used_after: Timestamp,
    ) -> Result<Vec<MemberSession>, StoreError> {
        let mut sql = select();
        sql.push(" FROM tokens AS t WHERE t.client = ").bind(text(client));
        sql.push(" AND t.member = ").bind(text(member));
        sql.push(" AND t.expires_at > ").bind(Arg::Integer(now.0));
        sql.push(" AND t.last_used_at > ").bind(Arg::Integer(used_after.0));
        sql.push(" AND t.revoked_at IS NULL ORDER BY t.created_at DESC, t.id");
        self.fetch_rows(sql, session).await
    }
}

impl Batch {
    pub fn insert_session(
        &mut self,
        (client, member): MemberKey<'_>,
        id: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        // What it may do is the member's role, which is read each time.
        sql.push("INSERT INTO tokens (id, client, member, scopes, mode, created_at, ");
        sql.push("signed_in_at, last_used_at, expires_at) VALUES (").bind(text(id)).push(", ");
        sql.bind(text(client)).push(", ").bind(text(member)).push(", '', 'live', ");
        sql.bind(Arg::Integer(now.0)).push(", ").again(4).push(", ").again(4).push(", ");
        sql.bind(Arg::Integer(expires_at.0)).push(")");
        self.push(sql, Rows::Exactly(1))
    }

    /// The session is in use.
    pub fn touch_session(&mut self, id: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE tokens SET last_used_at = ").bind(Arg::Integer(now.0));
        push_id(&mut sql, id);
        sql.push(" AND last_used_at < ").again(1);
        self.push(sql, Rows::Any)
    }

    /// The member has proved again who they are; a `Conflict` when the session is over.
    pub fn renew_session(&mut self, id: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE tokens SET signed_in_at = ").bind(Arg::Integer(now.0));
        sql.push(", last_used_at = ").again(1);
        push_id(&mut sql, id);
        sql.push(" AND revoked_at IS NULL");
        self.push(sql, Rows::Exactly(1))
    }

    /// Ends this session of a member, if they have it and it is not over.
    pub fn revoke_session(
        &mut self,
        (client, member): MemberKey<'_>,
        id: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE tokens SET revoked_at = ").bind(Arg::Integer(now.0));
        sql.push(" WHERE id = ").bind(text(id)).push(" AND client = ").bind(text(client));
        sql.push(" AND member = ").bind(text(member)).push(" AND revoked_at IS NULL");
        self.push(sql, Rows::Any)
    }

    /// Ends all sessions of a member, but for this one.
    pub fn revoke_sessions(
        &mut self,
        (client, member): MemberKey<'_>,
        but: Option<&str>,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE tokens SET revoked_at = ").bind(Arg::Integer(now.0));
        sql.push(" WHERE client = ").bind(text(client)).push(" AND member = ").bind(text(member));
        sql.push(" AND revoked_at IS NULL");
        if let Some(but) = but {
            sql.push(" AND id <> ").bind(text(but));
        }
        self.push(sql, Rows::Any)
    }

    pub(super) fn delete_sessions(&mut self, (client, member): MemberKey<'_>) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM tokens WHERE client = ").bind(text(client));
        sql.push(" AND member = ").bind(text(member));
        self.push(sql, Rows::Any)
    }

    /// Forgets sessions that are over by time.
    pub fn delete_expired_sessions(&mut self, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM tokens WHERE member IS NOT NULL AND expires_at <= ");
        sql.bind(Arg::Integer(now.0));
        self.push(sql, Rows::Any)
    }
}

fn select() -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT t.id, t.created_at, t.signed_in_at, t.last_used_at, t.expires_at, ");
    sql.push("t.revoked_at");
    sql
}

fn push_id(sql: &mut Sql, id: &str) {
    sql.push(" WHERE member IS NOT NULL AND id = ").bind(text(id));
}

fn session(row: &dyn Cells) -> Result<MemberSession, StoreError> {
    let time = |column| Ok::<_, StoreError>(Timestamp(row.integer(column)?.unwrap_or(0)));
    Ok(MemberSession {
        id: row.string(0)?,
        created_at: time(1)?,
        signed_in_at: time(2)?,
        last_used_at: time(3)?,
        expires_at: time(4)?,
        revoked_at: row.integer(5)?.map(Timestamp),
    })
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
