//! The companies whose records are kept.

use verax_domain::Timestamp;
use verax_query::{Arg, Sql, fold};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::row::Cells;

/// A client as commands and tokens need it; what an API shows of it is the resource `clients`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    /// Scope words with a space between them; `None`: all but `staff`.
    pub scopes: Option<String>,
    pub created_at: Option<Timestamp>,
    /// The live client whose sandbox it is; `None`: it is live itself.
    pub sandbox_of: Option<String>,
}

#[derive(Clone, Debug)]
pub struct NewClient {
    pub id: String,
    pub name: String,
    pub email: String,
    pub scopes: Option<String>,
    pub created_at: Timestamp,
}

impl Database {
    pub async fn client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        let mut sql = select();
        sql.push(" WHERE id = ").bind(Arg::Text(id.to_owned()));
        self.fetch_row(sql, client).await
    }

    /// The sandbox of this live client, if it has one.
    pub async fn sandbox_of(&self, live: &str) -> Result<Option<Client>, StoreError> {
        let mut sql = select();
        sql.push(" WHERE sandbox_of = ").bind(Arg::Text(live.to_owned())).push(" ORDER BY id");
        self.fetch_row(sql, client).await
    }

    /// All clients, in the order of their ids.
    pub async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        let mut sql = select();
        sql.push(" ORDER BY id");
        self.fetch_rows(sql, client).await
    }
}

impl Batch {
    /// Makes sure that a client with this id exists, whatever is known of it.
    pub fn ensure_client(&mut self, client: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO clients (id) VALUES (").bind(Arg::Text(client.to_owned()));
        sql.push(") ON CONFLICT (id) DO NOTHING");
        self.push(sql, Rows::Any)
    }

    /// Creates the client; the batch is a `Conflict` when the id is taken by one with a name.
    pub fn insert_client(&mut self, client: &NewClient) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO clients (id, name, name_folded, email, email_folded, status, ");
        sql.push("scopes, created_at, updated_at) VALUES (");
        sql.bind(Arg::Text(client.id.clone())).push(", ");
        sql.bind(Arg::Text(client.name.clone())).push(", ");
        sql.bind(Arg::Text(fold(&client.name))).push(", ");
        sql.bind(Arg::Text(client.email.clone())).push(", ");
        sql.bind(Arg::Text(fold(&client.email))).push(", 'joined', ");
        sql.bind(client.scopes.clone().map_or(Arg::Null, Arg::Text)).push(", ");
        sql.bind(Arg::Integer(client.created_at.0)).push(", ").again(7);
        sql.push(") ON CONFLICT (id) DO UPDATE SET name = excluded.name, ");
        sql.push("name_folded = excluded.name_folded, email = excluded.email, ");
        sql.push("email_folded = excluded.email_folded, status = excluded.status, ");
        sql.push("scopes = excluded.scopes, created_at = excluded.created_at, ");
        sql.push("updated_at = excluded.updated_at WHERE clients.name IS NULL");
        self.push(sql, Rows::Exactly(1))
    }

    /// Creates the sandbox of a live client under this id, unless it has one.
    pub fn insert_sandbox(&mut self, id: &str, of: &Client, now: Timestamp) -> &mut Batch {
        // Staff tells the two apart by their names.
        let name = format!("{} (sandbox)", of.name.as_deref().unwrap_or(&of.id));
        let text = |text: &Option<String>| text.clone().map_or(Arg::Null, Arg::Text);
        let mut sql = Sql::default();
        sql.push("INSERT INTO clients (id, sandbox_of, name, name_folded, email, email_folded, ");
        sql.push("status, scopes, created_at, updated_at) VALUES (");
        sql.bind(Arg::Text(id.to_owned())).push(", ");
        sql.bind(Arg::Text(of.id.clone())).push(", ");
        sql.bind(Arg::Text(name.clone())).push(", ");
        sql.bind(Arg::Text(fold(&name))).push(", ");
        sql.bind(text(&of.email)).push(", ");
        sql.bind(text(&of.email.as_deref().map(fold))).push(", 'joined', ");
        sql.bind(text(&of.scopes)).push(", ");
        sql.bind(Arg::Integer(now.0)).push(", ").again(8);
        sql.push(") ON CONFLICT DO NOTHING");
        self.push(sql, Rows::Any)
    }

    /// Makes this live client a sandbox that belongs to no other: its records are synthetic.
    pub fn mark_sandbox(&mut self, id: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE clients SET sandbox_of = id WHERE sandbox_of IS NULL AND id = ");
        sql.bind(Arg::Text(id.to_owned()));
        self.push(sql, Rows::Exactly(1))
    }

    /// Deletes the client and all that is its. Work that is under way for it finds nothing to write
    /// its end to.
    pub fn delete_client(&mut self, id: &str) -> &mut Batch {
        self.empty_client(id);
        let mut sql = Sql::default();
        sql.push("DELETE FROM clients WHERE id = ").bind(Arg::Text(id.to_owned()));
        self.push(sql, Rows::Exactly(1))
    }
}

fn select() -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT id, name, email, scopes, created_at, sandbox_of FROM clients");
    sql
}

fn client(row: &dyn Cells) -> Result<Client, StoreError> {
    Ok(Client {
        id: row.string(0)?,
        name: row.optional_string(1)?,
        email: row.optional_string(2)?,
        scopes: row.optional_string(3)?,
        created_at: row.integer(4)?.map(Timestamp),
        sandbox_of: row.optional_string(5)?,
    })
}
