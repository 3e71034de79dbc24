//! Links that set a member's password. What is kept of one does not open it.

use verax_domain::Timestamp;
use verax_domain::role::SERVER_WIDE;
use verax_query::{Arg, Sql};

use super::members::{COLUMNS, Member, MemberKey, member};
use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;

/// A link, without what makes it valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The SHA-256 of its secret, in hexadecimal.
    pub id: String,
    pub expires_at: Timestamp,
    /// Whose password it sets; `None`: it makes the first owner.
    pub member: Option<Member>,
}

impl Database {
    /// The link with this digest, if it is valid now.
    pub async fn invitation(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT i.id, i.expires_at, ")
            .push(COLUMNS)
            .push(" FROM member_invitations AS i ");
        sql.push("LEFT JOIN project_members AS m ON m.client = i.client AND m.id = i.member ");
        sql.push("WHERE i.id = ").bind(text(id));
        sql.push(" AND i.expires_at > ").bind(Arg::Integer(now.0));
        // With the first member the link that makes one is nothing any more.
        sql.push(" AND (m.id IS NOT NULL OR (i.member IS NULL AND NOT EXISTS ");
        sql.push("(SELECT 1 FROM project_members)))");
        self.fetch_row(sql, |row| {
            let is_of_member = row.optional_string(2)?.is_some();
            Ok(Invitation {
                id: row.string(0)?,
                expires_at: Timestamp(row.integer(1)?.unwrap_or(0)),
                member: if is_of_member { Some(member(row, 2)?) } else { None },
            })
        })
        .await
    }
}

impl Batch {
    /// Keeps a link for this member in the place of those before it; without a member one that makes the
    /// first owner.
    pub fn insert_invitation(
        &mut self,
        id: &str,
        (client, member): (&str, Option<&str>),
        now: Timestamp,
        expires_at: Timestamp,
    ) -> &mut Batch {
        self.void_invitations(client, member);
        let mut sql = Sql::default();
        sql.push("INSERT INTO member_invitations (id, client, member, created_at, expires_at) ");
        sql.push("VALUES (").bind(text(id)).push(", ").bind(text(client)).push(", ");
        sql.bind(member.map_or(Arg::Null, text)).push(", ").bind(Arg::Integer(now.0)).push(", ");
        sql.bind(Arg::Integer(expires_at.0)).push(")");
        self.push(sql, Rows::Exactly(1))
    }

    /// The links of this member open nothing any more; without a member that which makes the first owner.
    pub fn void_invitations(&mut self, client: &str, member: Option<&str>) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM member_invitations WHERE client = ").bind(text(client));
        match member {
            Some(member) => sql.push(" AND member = ").bind(text(member)),
            None => sql.push(" AND member IS NULL"),
        };
        self.push(sql, Rows::Any)
    }

    /// Uses the link of a member up; a `Conflict` when it was used, or is valid no more.
    pub fn take_invitation(
        &mut self,
        id: &str,
        (client, member): MemberKey<'_>,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = take(id, client, now);
        sql.push(" AND member = ").bind(text(member));
        self.push(sql, Rows::Exactly(1))
    }

    /// Uses the link up that makes the first owner; a `Conflict` also when there is a member.
    pub fn take_first_invitation(&mut self, id: &str, now: Timestamp) -> &mut Batch {
        let mut sql = take(id, SERVER_WIDE, now);
        sql.push(" AND member IS NULL AND NOT EXISTS (SELECT 1 FROM project_members)");
        self.push(sql, Rows::Exactly(1))
    }

    /// Forgets links that are valid no more.
    pub fn delete_expired_invitations(&mut self, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM member_invitations WHERE expires_at <= ");
        sql.bind(Arg::Integer(now.0));
        self.push(sql, Rows::Any)
    }
}

fn take(id: &str, client: &str, now: Timestamp) -> Sql {
    let mut sql = Sql::default();
    sql.push("DELETE FROM member_invitations WHERE client = ").bind(text(client));
    sql.push(" AND id = ").bind(text(id)).push(" AND expires_at > ").bind(Arg::Integer(now.0));
    sql
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
