//! Tokens that were handed out: what is needed to reject them again. The token itself is not kept.

use verax_domain::Timestamp;
use verax_query::{Arg, Resource, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::row::Cells;
use crate::tables::records::push_record_key;

/// A token, without what makes it valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The `jti` of the JWT.
    pub id: String,
    pub client: String,
    /// Scope words with a space between them, or the one word of a narrow scope.
    pub scopes: String,
    /// The id of the one record that it is for; a client's own token has none.
    pub subject: Option<String>,
    /// `live` or `sandbox`.
    pub mode: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// The latest moment until which a renewal may be valid; `None`: it was made before that was
    /// recorded.
    pub renewable_until: Option<Timestamp>,
    /// The first token of its renewals; `None`: it is the first itself.
    pub renewal_of: Option<String>,
    /// The live client, where its client is a sandbox. Read from the client, never written.
    pub sandbox_of: Option<String>,
    /// The member whose session it is. Not read here, and not written.
    pub member: Option<String>,
}

impl Token {
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

impl Database {
    /// The token with this id, if it was handed out here and its client still exists. The session of a
    /// member is none: it is [`Database::session`]'s.
    pub async fn token(&self, id: &str) -> Result<Option<Token>, StoreError> {
        let mut sql = Sql::default();
        sql.push(COLUMNS).push(" WHERE clients.id IS NOT NULL AND member IS NULL AND tokens.id = ");
        sql.bind(Arg::Text(id.to_owned()));
        self.fetch_row(sql, token).await
    }

    /// The clients' own tokens, of one with its sandbox or of all, the newest first.
    pub async fn tokens(&self, client: Option<&str>) -> Result<Vec<Token>, StoreError> {
        let mut sql = Sql::default();
        sql.push(COLUMNS).push(" WHERE subject IS NULL AND member IS NULL");
        if let Some(client) = client {
            sql.push(" AND (tokens.client = ").bind(Arg::Text(client.to_owned()));
            sql.push(" OR clients.sandbox_of = ").bind(Arg::Text(client.to_owned())).push(")");
        }
        sql.push(" ORDER BY tokens.created_at DESC, tokens.id DESC");
        self.fetch_rows(sql, token).await
    }
}

impl Batch {
    pub fn insert_token(&mut self, token: &Token) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO tokens (id, client, scopes, subject, mode, ");
        sql.push("created_at, expires_at, renewable_until, renewal_of) VALUES (");
        sql.bind(Arg::Text(token.id.clone())).push(", ");
        sql.bind(Arg::Text(token.client.clone())).push(", ");
        sql.bind(Arg::Text(token.scopes.clone())).push(", ");
        sql.bind(token.subject.clone().map_or(Arg::Null, Arg::Text)).push(", ");
        sql.bind(Arg::Text(token.mode.clone())).push(", ");
        sql.bind(Arg::Integer(token.created_at.0)).push(", ");
        sql.bind(Arg::Integer(token.expires_at.0)).push(", ");
        let until = token.renewable_until.map_or(Arg::Null, |until| Arg::Integer(until.0));
        sql.bind(until).push(", ");
        sql.bind(token.renewal_of.clone().map_or(Arg::Null, Arg::Text)).push(")");
        self.push(sql, Rows::Exactly(1))
    }

    /// What follows is a conflict unless this token of the client is still valid: a revocation
    /// that was first has ended its renewals too.
    pub fn require_unrevoked(&mut self, client: &str, id: &str) -> &mut Batch {
        self.hold_client(client);
        let mut sql = Sql::default();
        sql.push("UPDATE tokens SET mode = mode WHERE revoked_at IS NULL AND id = ");
        sql.bind(Arg::Text(id.to_owned()));
        self.push(sql, Rows::Exactly(1))
    }

    /// Deletes the oldest renewals of the first token `of`, so that `keep_max` stay; the one with
    /// the id `newest` always does.
    pub fn delete_old_renewals(&mut self, of: &str, newest: &str, keep_max: u32) -> &mut Batch {
        let others_max = i64::from(keep_max).saturating_sub(1);
        let mut sql = Sql::default();
        sql.push("DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE renewal_of = ");
        sql.bind(Arg::Text(of.to_owned())).push(" AND id <> ");
        sql.bind(Arg::Text(newest.to_owned())).push(" ORDER BY created_at DESC, id DESC LIMIT ");
        // SQLite knows no OFFSET without a LIMIT.
        sql.bind(Arg::Integer(i64::MAX)).push(" OFFSET ").bind(Arg::Integer(others_max)).push(")");
        self.push(sql, Rows::Any)
    }

    pub fn revoke_token(&mut self, id: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE tokens SET revoked_at = ").bind(Arg::Integer(now.0));
        sql.push(" WHERE revoked_at IS NULL AND member IS NULL AND id = ");
        sql.bind(Arg::Text(id.to_owned()));
        self.push(sql, Rows::Exactly(1))
    }

    /// Revokes what was renewed from the first token `of`.
    pub fn revoke_renewals(&mut self, of: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE tokens SET revoked_at = ").bind(Arg::Integer(now.0));
        sql.push(" WHERE revoked_at IS NULL AND renewal_of = ").bind(Arg::Text(of.to_owned()));
        self.push(sql, Rows::Any)
    }

    /// A record whose check was passed is exchanged for a token, once.
    pub fn exchange(
        &mut self,
        resource: &'static Resource,
        client: &str,
        id: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(resource.table).push(" SET exchanged_at = ");
        sql.bind(Arg::Integer(now.0));
        push_record_key(&mut sql, resource, client, id);
        sql.push(" AND exchanged_at IS NULL AND status = 'completed'");
        self.push(sql, Rows::Exactly(1))
    }

    /// Revokes the tokens that are for this record alone.
    pub fn revoke_tokens_for(&mut self, subject: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE tokens SET revoked_at = ").bind(Arg::Integer(now.0));
        sql.push(" WHERE revoked_at IS NULL AND subject = ").bind(Arg::Text(subject.to_owned()));
        self.push(sql, Rows::Any)
    }

    /// Forgets the tokens of single records that have expired: there are as many as captures.
    pub fn delete_expired_record_tokens(&mut self, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM tokens WHERE subject IS NOT NULL AND expires_at <= ");
        sql.bind(Arg::Integer(now.0));
        self.push(sql, Rows::Any)
    }

    /// Revokes all tokens that the client has now. Its members stay signed in.
    pub fn revoke_tokens_of(&mut self, client: &str, now: Timestamp) -> &mut Batch {
        self.hold_client(client);
        let mut sql = Sql::default();
        sql.push("UPDATE tokens SET revoked_at = ").bind(Arg::Integer(now.0));
        sql.push(" WHERE revoked_at IS NULL AND member IS NULL AND client = ")
            .bind(Arg::Text(client.to_owned()));
        self.push(sql, Rows::Any)
    }

    /// Renewing and revoking tokens of one client wait for each other: what is renewed beside a
    /// revocation would not be seen by it.
    fn hold_client(&mut self, client: &str) {
        let mut sql = Sql::default();
        sql.push("UPDATE clients SET status = status WHERE id = ");
        sql.bind(Arg::Text(client.to_owned()));
        self.push(sql, Rows::Any);
    }
}

const COLUMNS: &str = "SELECT tokens.id, tokens.client, tokens.scopes, tokens.subject, \
                       tokens.mode, tokens.created_at, tokens.expires_at, tokens.revoked_at, \
                       tokens.renewable_until, tokens.renewal_of, clients.sandbox_of \
                       FROM tokens LEFT JOIN clients ON clients.id = tokens.client";

fn token(row: &dyn Cells) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.string(0)?,
        client: row.string(1)?,
        scopes: row.string(2)?,
        subject: row.optional_string(3)?,
        mode: row.string(4)?,
        created_at: Timestamp(row.integer(5)?.unwrap_or(0)),
        expires_at: Timestamp(row.integer(6)?.unwrap_or(0)),
        revoked_at: row.integer(7)?.map(Timestamp),
        renewable_until: row.integer(8)?.map(Timestamp),
        renewal_of: row.optional_string(9)?,
        sandbox_of: row.optional_string(10)?,
        member: None,
    })
}
