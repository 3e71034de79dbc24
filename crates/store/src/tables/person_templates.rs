//! Encrypted templates of persons.

use std::collections::HashSet;

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::row::Cells;

/// A template that nobody here can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedTemplate {
    pub id: String,
    pub person: String,
    /// What computed it: templates of two models are never compared.
    pub model: String,
    /// Whether the object store keeps a small image of the face.
    pub thumbnail: bool,
    /// In base64.
    pub encrypted: String,
}

impl Database {
    /// The encrypted templates of these persons, in the order of their ids.
    pub async fn templates(
        &self,
        client: &str,
        of: Vec<String>,
    ) -> Result<Vec<EncryptedTemplate>, StoreError> {
        let mut sql = select(client);
        sql.push(" AND person").member_of(self.dialect(), Arg::TextList(of));
        sql.push(" ORDER BY id");
        self.fetch_rows(sql, template).await
    }

    /// The client's templates after this one (its person and its id), in the order of persons.
    pub async fn templates_after(
        &self,
        client: &str,
        (person, id): (String, String),
        limit: u32,
    ) -> Result<Vec<EncryptedTemplate>, StoreError> {
        let mut sql = select(client);
        sql.push(" AND (person, id) > (").bind(Arg::Text(person)).push(", ");
        sql.bind(Arg::Text(id)).push(") ORDER BY person, id LIMIT ");
        sql.bind(Arg::Integer(limit.into()));
        self.fetch_rows(sql, template).await
    }

    /// How many templates of this model a client has.
    pub async fn count_templates(&self, client: &str, model: &str) -> Result<u64, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT count(*) FROM person_templates WHERE client = ").bind(text(client));
        sql.push(" AND model = ").bind(text(model));
        Ok(u64::try_from(self.fetch_number(sql).await?).unwrap_or(0))
    }

    /// Those of these templates that are still there, and whose persons nobody deletes.
    pub async fn lasting_templates(
        &self,
        client: &str,
        ids: Vec<String>,
    ) -> Result<HashSet<String>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT id FROM person_templates WHERE client = ").bind(text(client));
        sql.push(" AND id").member_of(self.dialect(), Arg::TextList(ids));
        sql.push(" AND NOT EXISTS (SELECT 1 FROM deletions WHERE deletions.client = ");
        sql.push("person_templates.client AND deletions.resource = 'persons' ");
        sql.push("AND deletions.record = person_templates.person)");
        Ok(self.fetch_rows(sql, |row| row.string(0)).await?.into_iter().collect())
    }
}

/// The encrypted templates of a person who is in use, in the order of their ids.
pub(super) fn in_use_sql(client: &str, person: &str) -> Sql {
    let mut sql = select(client);
    sql.push(" AND person = ").bind(text(person));
    sql.push(" AND NOT EXISTS (SELECT 1 FROM persons WHERE client = ").again(1);
    sql.push(" AND id = ").again(2).push(" AND status <> 'active') ORDER BY id");
    sql
}

impl Batch {
    pub fn insert_template(
        &mut self,
        client: &str,
        template: &EncryptedTemplate,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO person_templates (id, client, person, model, thumbnail, sealed, ");
        sql.push("created_at) VALUES (").bind(text(&template.id)).push(", ").bind(text(client));
        sql.push(", ").bind(text(&template.person)).push(", ").bind(text(&template.model));
        sql.push(", ").bind(Arg::Bool(template.thumbnail)).push(", ");
        sql.bind(text(&template.encrypted)).push(", ").bind(Arg::Integer(now.0)).push(")");
        self.push(sql, Rows::Exactly(1))
    }

    pub fn delete_templates(&mut self, client: &str, person: &str) -> &mut Batch {
        self.erases = true;
        let mut sql = Sql::default();
        sql.push("DELETE FROM person_templates WHERE client = ").bind(text(client));
        sql.push(" AND person = ").bind(text(person));
        self.push(sql, Rows::Any)
    }

    /// Takes away a template that nothing opens.
    pub fn delete_template(&mut self, client: &str, id: &str) -> &mut Batch {
        self.erases = true;
        let mut sql = Sql::default();
        sql.push("DELETE FROM person_templates WHERE client = ").bind(text(client));
        sql.push(" AND id = ").bind(text(id));
        self.push(sql, Rows::Any)
    }
}

fn select(client: &str) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT id, person, model, thumbnail, sealed FROM person_templates WHERE client = ");
    sql.bind(text(client));
    sql
}

pub(super) fn template(row: &dyn Cells) -> Result<EncryptedTemplate, StoreError> {
    Ok(EncryptedTemplate {
        id: row.string(0)?,
        person: row.string(1)?,
        model: row.string(2)?,
        thumbnail: row.boolean(3)?.unwrap_or(false),
        encrypted: row.string(4)?,
    })
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
