//! Persons, their collections and their sealed templates, and at which change each was touched.

use std::collections::HashMap;

use verax_domain::resources::{COLLECTIONS, PERSONS};
use verax_domain::{Record, Timestamp};
use verax_query::{Arg, Resource, Sql};

use crate::cells::{Cells, Reader, fetch_number};
use crate::write::{Batch, Rows};
use crate::{Database, StoreError};

/// A collection, as far as other operations need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    pub id: String,
    pub code: String,
}

/// What a search needs to know of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonPlace {
    pub id: String,
    /// Ids of collections.
    pub collections: Vec<String>,
    pub active: bool,
}

/// A template that nobody here can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedTemplate {
    pub id: String,
    pub person: String,
    /// What computed it: templates of two models are never compared.
    pub model: String,
    /// Whether the object store keeps a small picture of the face.
    pub thumbnail: bool,
    /// In base64.
    pub sealed: String,
}

impl SealedTemplate {
    /// From a row of `id, person, model, thumbnail, sealed`.
    pub(crate) fn read(row: &dyn Cells) -> Result<SealedTemplate, StoreError> {
        Ok(SealedTemplate {
            id: row.text(0)?.unwrap_or_default().to_owned(),
            person: row.text(1)?.unwrap_or_default().to_owned(),
            model: row.text(2)?.unwrap_or_default().to_owned(),
            thumbnail: row.boolean(3)?.unwrap_or(false),
            sealed: row.text(4)?.unwrap_or_default().to_owned(),
        })
    }
}

/// How long the change that deleted a person is remembered. A server that has not looked for as
/// long must load the faces anew.
pub const CHANGES_KEPT_MS: i64 = 24 * 60 * 60 * 1000;

impl Database {
    /// The client's collection with this id, or else with this code.
    pub async fn collection(
        &self,
        client: &str,
        code_or_id: &str,
    ) -> Result<Option<Collection>, StoreError> {
        let (client, wanted) = (client.to_owned(), code_or_id.to_owned());
        self.read(async move |reader| collection(reader, &client, &wanted).await).await
    }

    /// Where the client's persons with these ids are, or all.
    pub async fn person_places(
        &self,
        client: &str,
        ids: Option<Vec<String>>,
    ) -> Result<Vec<PersonPlace>, StoreError> {
        let client = client.to_owned();
        self.read(async move |reader| places(reader, &client, ids).await).await
    }

    /// The client's persons of this name, folded, who were born on this day.
    pub async fn persons_alike(
        &self,
        client: &str,
        folded_name: &str,
        born: &str,
    ) -> Result<Vec<PersonPlace>, StoreError> {
        let (client, name, born) = (client.to_owned(), folded_name.to_owned(), born.to_owned());
        self.read(async move |reader| alike(reader, &client, &name, &born).await).await
    }

    /// The sealed templates of these persons, in the order of their ids.
    pub async fn templates(
        &self,
        client: &str,
        of: Vec<String>,
    ) -> Result<Vec<SealedTemplate>, StoreError> {
        let client = client.to_owned();
        self.read(async move |reader| templates(reader, &client, of).await).await
    }

    /// The sealed templates of a person who is in use, in the order of their ids.
    pub async fn templates_in_use(
        &self,
        client: &str,
        person: &str,
    ) -> Result<Vec<SealedTemplate>, StoreError> {
        let (client, person) = (client.to_owned(), person.to_owned());
        self.read(async move |reader| templates_in_use(reader, &client, &person).await).await
    }

    /// How many templates of this model a client has.
    pub async fn count_templates(&self, client: &str, model: &str) -> Result<u64, StoreError> {
        let (client, model) = (client.to_owned(), model.to_owned());
        self.read(async move |reader| count_templates(reader, &client, &model).await).await
    }

    /// How often the faces of a client have changed.
    pub async fn gallery_number(&self, client: &str) -> Result<i64, StoreError> {
        let client = client.to_owned();
        self.read(async move |reader| gallery_number(reader, &client).await).await
    }

    /// How often the faces of each of these clients have changed; none of one that has no faces.
    pub async fn gallery_numbers(
        &self,
        clients: Vec<String>,
    ) -> Result<HashMap<String, i64>, StoreError> {
        self.read(async move |reader| gallery_numbers(reader, &clients).await).await
    }

    /// The persons of a client that changed after this number.
    pub async fn changed_persons(
        &self,
        client: &str,
        after: i64,
    ) -> Result<Vec<String>, StoreError> {
        let client = client.to_owned();
        self.read(async move |reader| changed_persons(reader, &client, after).await).await
    }
}

impl Batch {
    /// Counts a change of the client's faces; the batch is a `Conflict` when there was another
    /// since `seen`. What was looked up before is still true then.
    pub fn change_gallery(&mut self, client: &str, seen: i64) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO galleries (client, number) VALUES (");
        sql.bind(text(client)).push(", 1) ON CONFLICT (client) DO UPDATE SET ");
        sql.push("number = galleries.number + 1 WHERE galleries.number = ");
        sql.bind(Arg::Integer(seen));
        self.push(sql, Rows::Exactly(1))
    }

    /// Says that the person is what the last change was about. Deletions are forgotten after
    /// [`CHANGES_KEPT_MS`].
    pub fn touch_person(&mut self, client: &str, person: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO gallery_changes (client, person, number, changed_at) ");
        sql.push("SELECT client, CAST(").bind(text(person)).push(" AS text), number, CAST(");
        sql.bind(Arg::Integer(now.0)).push(" AS bigint) FROM galleries WHERE client = ");
        sql.bind(text(client)).push(" ON CONFLICT (client, person) DO UPDATE SET ");
        sql.push("number = excluded.number, changed_at = excluded.changed_at");
        self.push(sql, Rows::Exactly(1));
        let mut sql = Sql::default();
        sql.push("DELETE FROM gallery_changes WHERE client = ").bind(text(client));
        sql.push(" AND changed_at < ").bind(Arg::Integer(now.0 - CHANGES_KEPT_MS));
        sql.push(" AND NOT EXISTS (SELECT 1 FROM persons WHERE persons.client = ");
        sql.push("gallery_changes.client AND persons.id = gallery_changes.person)");
        self.push(sql, Rows::Any)
    }

    /// The same as a change that nothing was looked up for.
    pub fn touch_imported_person(
        &mut self,
        client: &str,
        person: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO galleries (client, number) VALUES (").bind(text(client));
        sql.push(", 1) ON CONFLICT (client) DO UPDATE SET number = galleries.number + 1");
        self.push(sql, Rows::Exactly(1)).touch_person(client, person, now)
    }

    /// Stores a record that is new; the batch is a `Conflict` when its id is taken.
    pub fn insert_record(&mut self, record: &Record, now: Timestamp) -> &mut Batch {
        self.upsert(record, now, Rows::Exactly(1))
    }

    /// Changes what `record` says of a record that is there; a `Conflict` when it is not.
    pub fn update_record(&mut self, record: &Record, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(record.resource.table).push(" SET updated_at = ");
        sql.bind(Arg::Integer(now.0)).push(" WHERE id = ").bind(text(&record.id));
        sql.push(" AND client = ").bind(text(&record.client));
        self.push(sql, Rows::Exactly(1)).upsert(record, now, Rows::Exactly(1))
    }

    pub fn insert_template(
        &mut self,
        client: &str,
        template: &SealedTemplate,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO person_templates (id, client, person, model, thumbnail, sealed, ");
        sql.push("created_at) VALUES (").bind(text(&template.id)).push(", ").bind(text(client));
        sql.push(", ").bind(text(&template.person)).push(", ").bind(text(&template.model));
        sql.push(", ").bind(Arg::Bool(template.thumbnail)).push(", ");
        sql.bind(text(&template.sealed)).push(", ").bind(Arg::Integer(now.0)).push(")");
        self.push(sql, Rows::Exactly(1))
    }

    pub fn delete_templates(&mut self, client: &str, person: &str) -> &mut Batch {
        self.erases = true;
        self.push(of_person("DELETE FROM person_templates", "person", client, person), Rows::Any)
    }

    /// Deletes a person with its templates; a `Conflict` when there is none.
    pub fn delete_person(&mut self, client: &str, person: &str) -> &mut Batch {
        self.push(of_person("DELETE FROM persons", "id", client, person), Rows::Exactly(1));
        self.delete_templates(client, person).redact_person(client, person)
    }

    /// Deletes a collection and takes every person out of it.
    pub fn delete_collection(&mut self, client: &str, id: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE persons SET updated_at = ").bind(Arg::Integer(now.0));
        // The id first in the list, further on, or alone; no id needs escaping in JSON.
        sql.push(", collections = replace(replace(replace(collections, ");
        sql.bind(text(&format!("\"{id}\","))).push(", ''), ");
        sql.bind(text(&format!(",\"{id}\""))).push(", ''), ");
        sql.bind(text(&format!("\"{id}\""))).push(", '') WHERE client = ").bind(text(client));
        sql.push(" AND replace(collections, ").again(4).push(", '') <> collections");
        self.push(sql, Rows::Any);
        self.push(of_person("DELETE FROM collections", "id", client, id), Rows::Exactly(1));
        self.forget_answers(client, id)
    }
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}

fn of_person(statement: &'static str, column: &'static str, client: &str, id: &str) -> Sql {
    let mut sql = Sql::default();
    sql.push(statement).push(" WHERE client = ").bind(text(client)).push(" AND ");
    sql.push(column).push(" = ").bind(text(id));
    sql
}

/// The collection with this id, or else with this code.
pub async fn collection(
    reader: &mut Reader,
    client: &str,
    code_or_id: &str,
) -> Result<Option<Collection>, StoreError> {
    // With OR instead, SQLite would read all collections of the client.
    let mut sql = select("SELECT id, code FROM ", &COLLECTIONS, client);
    sql.push(" AND id = ").bind(text(code_or_id));
    sql.push(" UNION ALL SELECT id, code FROM collections WHERE client = ").again(1);
    sql.push(" AND code = ").again(2);
    let mut found: Vec<Collection> = Vec::new();
    reader
        .fetch(&sql, &mut |row| {
            found.push(Collection {
                id: row.text(0)?.unwrap_or_default().to_owned(),
                code: row.text(1)?.unwrap_or_default().to_owned(),
            });
            Ok(())
        })
        .await?;
    Ok(found.into_iter().min_by_key(|it| (it.id != code_or_id, it.id.clone())))
}

/// Where the persons with these ids are, or all of the client's.
pub async fn places(
    reader: &mut Reader,
    client: &str,
    ids: Option<Vec<String>>,
) -> Result<Vec<PersonPlace>, StoreError> {
    let mut sql = select("SELECT id, collections, status FROM ", &PERSONS, client);
    if let Some(ids) = ids {
        sql.push(" AND id").member_of(reader.dialect(), Arg::TextList(ids));
    }
    fetch_places(reader, &sql).await
}

/// Persons of this name, folded, who were born on this day.
pub async fn alike(
    reader: &mut Reader,
    client: &str,
    folded_name: &str,
    born: &str,
) -> Result<Vec<PersonPlace>, StoreError> {
    let mut sql = select("SELECT id, collections, status FROM ", &PERSONS, client);
    sql.push(" AND name_folded = ").bind(text(folded_name));
    sql.push(" AND date_of_birth = ").bind(text(born)).push(" ORDER BY id");
    fetch_places(reader, &sql).await
}

async fn fetch_places(reader: &mut Reader, sql: &Sql) -> Result<Vec<PersonPlace>, StoreError> {
    let mut places = Vec::new();
    reader
        .fetch(sql, &mut |row| {
            let collections = row.text(1)?.and_then(|list| serde_json::from_str(list).ok());
            places.push(PersonPlace {
                id: row.text(0)?.unwrap_or_default().to_owned(),
                collections: collections.unwrap_or_default(),
                // An import may not say: only who is said to be out of use is.
                active: row.text(2)?.is_none_or(|status| status == "active"),
            });
            Ok(())
        })
        .await?;
    Ok(places)
}

/// The templates of these persons, or all of the client's, in the order of their ids.
pub async fn templates(
    reader: &mut Reader,
    client: &str,
    persons: Vec<String>,
) -> Result<Vec<SealedTemplate>, StoreError> {
    let mut sql = select_templates(client);
    sql.push(" AND person").member_of(reader.dialect(), Arg::TextList(persons));
    sql.push(" ORDER BY id");
    fetch_templates(reader, &sql).await
}

/// The templates of a person who is in use.
pub async fn templates_in_use(
    reader: &mut Reader,
    client: &str,
    person: &str,
) -> Result<Vec<SealedTemplate>, StoreError> {
    let mut sql = select_templates(client);
    sql.push(" AND person = ").bind(text(person));
    sql.push(" AND NOT EXISTS (SELECT 1 FROM persons WHERE client = ").again(1);
    sql.push(" AND id = ").again(2).push(" AND status <> 'active') ORDER BY id");
    fetch_templates(reader, &sql).await
}

fn select_templates(client: &str) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT id, person, model, thumbnail, sealed FROM person_templates WHERE client = ");
    sql.bind(text(client));
    sql
}

async fn fetch_templates(
    reader: &mut Reader,
    sql: &Sql,
) -> Result<Vec<SealedTemplate>, StoreError> {
    let mut templates = Vec::new();
    reader
        .fetch(sql, &mut |row| {
            templates.push(SealedTemplate::read(row)?);
            Ok(())
        })
        .await?;
    Ok(templates)
}

/// How many templates of this model a client has.
pub async fn count_templates(
    reader: &mut Reader,
    client: &str,
    model: &str,
) -> Result<u64, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT count(*) FROM person_templates WHERE client = ").bind(text(client));
    sql.push(" AND model = ").bind(text(model));
    Ok(u64::try_from(fetch_number(reader, &sql).await?).unwrap_or(0))
}

/// How often the client's faces have changed.
pub async fn gallery_number(reader: &mut Reader, client: &str) -> Result<i64, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT number FROM galleries WHERE client = ").bind(text(client));
    fetch_number(reader, &sql).await
}

async fn gallery_numbers(
    reader: &mut Reader,
    clients: &[String],
) -> Result<HashMap<String, i64>, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT client, number FROM galleries WHERE client");
    sql.member_of(reader.dialect(), Arg::TextList(clients.to_vec()));
    let mut numbers = HashMap::new();
    reader
        .fetch(&sql, &mut |row| {
            numbers
                .insert(row.text(0)?.unwrap_or_default().to_owned(), row.integer(1)?.unwrap_or(0));
            Ok(())
        })
        .await?;
    Ok(numbers)
}

/// The persons that changed after this number.
pub async fn changed_persons(
    reader: &mut Reader,
    client: &str,
    after: i64,
) -> Result<Vec<String>, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT person FROM gallery_changes WHERE client = ").bind(text(client));
    sql.push(" AND number > ").bind(Arg::Integer(after));
    let mut persons = Vec::new();
    reader
        .fetch(&sql, &mut |row| {
            persons.push(row.text(0)?.unwrap_or_default().to_owned());
            Ok(())
        })
        .await?;
    Ok(persons)
}

fn select(columns: &'static str, resource: &'static Resource, client: &str) -> Sql {
    let mut sql = Sql::default();
    sql.push(columns).push(resource.table).push(" WHERE client = ").bind(text(client));
    sql
}
