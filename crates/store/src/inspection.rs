//! What an operator's commands look at.

use verax_domain::Timestamp;
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_query::{Arg, Resource, Sql};

use crate::cells::{Reader, fetch_number};
use crate::persons::SealedTemplate;
use crate::write::{Batch, Rows, own};
use crate::{Database, StoreError};

impl Database {
    /// The client's templates after this one (its person and its id), in the order of persons.
    pub async fn templates_after(
        &self,
        client: &str,
        after: (String, String),
        limit: u32,
    ) -> Result<Vec<SealedTemplate>, StoreError> {
        let client = client.to_owned();
        self.read(async move |reader| templates_after(reader, &client, &after, limit).await).await
    }

    /// The latest moment at which a server has written by its own clock, as far as that is known.
    pub async fn newest_moment(&self) -> Result<Timestamp, StoreError> {
        self.read(async |reader: &mut Reader| {
            let mut sql = Sql::default();
            sql.push("SELECT max(moment) FROM (SELECT max(beat_at) AS moment FROM heartbeats ");
            sql.push("UNION ALL SELECT max(created_at) FROM tokens) AS moments");
            Ok(Timestamp(fetch_number(reader, &sql).await?))
        })
        .await
    }

    /// Writes a row and takes it back, each in a change of its own.
    pub async fn write_and_take_back(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut sql = Sql::default();
        sql.push("INSERT INTO heartbeats (id, beat_at) VALUES ('doctor', ");
        sql.bind(Arg::Integer(now.0));
        sql.push(") ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at");
        let mut batch = Batch::default();
        batch.push(sql, Rows::Exactly(1));
        self.commit(batch).await?;
        let mut sql = Sql::default();
        sql.push("DELETE FROM heartbeats WHERE id = 'doctor'");
        let mut batch = Batch::default();
        // Another doctor may have been here meanwhile.
        batch.push(sql, Rows::Any);
        self.commit(batch).await
    }
}

impl Batch {
    /// A document, or a validation, says from now on that no image of it was kept.
    pub fn forget_image(
        &mut self,
        resource: &'static Resource,
        client: &str,
        id: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(resource.table).push(" SET image_saved = ");
        sql.bind(Arg::Bool(false));
        if resource.name == DOCUMENT_LIVENESS.name {
            sql.push(", image_url = NULL");
        }
        sql.push(", updated_at = ").bind(Arg::Integer(now.0));
        own(&mut sql, resource, client, id);
        // It may have been deleted meanwhile.
        self.push(sql, Rows::Any)
    }

    /// Takes away a template that nothing opens.
    pub fn delete_template(&mut self, client: &str, id: &str) -> &mut Batch {
        self.erases = true;
        let mut sql = Sql::default();
        sql.push("DELETE FROM person_templates WHERE client = ").bind(Arg::Text(client.to_owned()));
        sql.push(" AND id = ").bind(Arg::Text(id.to_owned()));
        self.push(sql, Rows::Any)
    }
}

async fn templates_after(
    reader: &mut Reader,
    client: &str,
    (person, id): &(String, String),
    limit: u32,
) -> Result<Vec<SealedTemplate>, StoreError> {
    let text = |text: &str| Arg::Text(text.to_owned());
    let mut sql = Sql::default();
    sql.push("SELECT id, person, model, thumbnail, sealed FROM person_templates WHERE client = ");
    sql.bind(text(client)).push(" AND (person, id) > (").bind(text(person)).push(", ");
    sql.bind(text(id)).push(") ORDER BY person, id LIMIT ").bind(Arg::Integer(limit.into()));
    let mut templates = Vec::new();
    reader
        .fetch(&sql, &mut |row| {
            templates.push(SealedTemplate::read(row)?);
            Ok(())
        })
        .await?;
    Ok(templates)
}
