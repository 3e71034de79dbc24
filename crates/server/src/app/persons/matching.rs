//! Persons found by their faces, and compared with one.

use std::collections::HashMap;

use serde_json::Value;
use verax_domain::face_call::best_score;
use verax_domain::records::{Values, id_of, person};
use verax_domain::resources::PERSONS;
use verax_query::{Query, Tenant};
use verax_store::{EncryptedTemplate, Membership, StoreError};
use verax_vision::faces::{TEMPLATE_LEN, Template};

use super::{NOBODY, PersonError, Thumbnail, thumbnail_place};
use crate::app::App;
use crate::app::persons::galleries::{Hit, Search};
use crate::vault::VaultError;

impl App {
    /// The persons of a collection (by its id; none: of all) whose faces are most like this one, the
    /// best first, with a match score of at least `min_score`.
    pub async fn find_person_by_face(
        &self,
        client: &str,
        collection: Option<&str>,
        face: &Template,
        min_score: f64,
        max: usize,
    ) -> Result<Vec<Hit>, PersonError> {
        let search = Search {
            probes: vec![face.clone()],
            collection: collection.map(str::to_owned),
            active_only: false,
            min_score,
            max,
        };
        self.search_faces(client, search).await
    }

    /// The match score of this face and the most alike of the person's; none when the person has no
    /// face that this server's model made.
    ///
    /// # Errors
    /// `NotFound` when the client has no such person.
    pub async fn match_person(
        &self,
        client: &str,
        person: &str,
        face: &Template,
    ) -> Result<Option<f64>, PersonError> {
        self.membership(client, person).await?;
        let templates = self.database.templates(client, vec![person.to_owned()]).await?;
        let known = self.open_templates(client, templates).await?;
        Ok(best_score(known.iter().map(|it| face.compare(it).match_score)))
    }

    /// The same with templates that were read of a person who may not exist, under [`NOBODY`] if so: as
    /// many keys are asked for and a template is compared, so that the time of a rejection does not say
    /// whether somebody is enrolled.
    pub(in crate::app) async fn match_templates(
        &self,
        client: &str,
        templates: Vec<EncryptedTemplate>,
        face: &Template,
    ) -> Result<Option<f64>, PersonError> {
        let known = self.open_templates(client, templates).await?;
        let scores: Vec<f64> = known.iter().map(|it| face.compare(it).match_score).collect();
        if scores.is_empty() {
            // Nothing opens under this name; asking for its key takes as long.
            if let Err(error @ VaultError::Store(_)) =
                self.vault.decrypt(client, NOBODY, NOBODY, &[]).await
            {
                return Err(error.into());
            }
            let nobodys = Template::normalised(&[1.0; TEMPLATE_LEN]);
            std::hint::black_box(nobodys.map(|it| face.compare(&it).match_score));
        }
        Ok(best_score(scores))
    }

    /// The small images that are kept of a person.
    pub async fn thumbnails(
        &self,
        client: &str,
        person: &str,
    ) -> Result<Vec<Thumbnail>, PersonError> {
        let templates = self.database.templates(client, vec![person.to_owned()]).await?;
        let mut thumbnails = Vec::new();
        for template in templates.into_iter().filter(|template| template.thumbnail) {
            let location = thumbnail_place(&template.id);
            if let Some(jpeg) = self.vault.fetch(client, person, &location).await? {
                thumbnails.push(Thumbnail { id: template.id, jpeg: jpeg.to_vec() });
            }
        }
        Ok(thumbnails)
    }

    /// The records of these persons, as a list shows them, by id; at most a hundred.
    pub async fn person_records(
        &self,
        client: &str,
        ids: &[String],
    ) -> Result<HashMap<String, Values>, StoreError> {
        let query = Query::of(&PERSONS).one_of(person::ID, ids.iter().cloned()).at_most(100);
        let listing = self.database.page(&query, &Tenant::Client(client.to_owned())).await?;
        let rows: Vec<Value> =
            serde_json::from_slice(&[b"[", listing.rows.as_slice(), b"]"].concat())
                .map_err(|error| StoreError::Statement(error.to_string()))?;
        let by_id = |row: Value| Some((id_of(&row)?.to_owned(), Values::of_shown(&PERSONS, &row)));
        Ok(rows.into_iter().filter_map(by_id).collect())
    }

    /// Whether the client has such a person.
    pub async fn has_person(&self, client: &str, id: &str) -> Result<bool, StoreError> {
        let memberships = self.database.memberships(client, Some(vec![id.to_owned()])).await?;
        Ok(!memberships.is_empty())
    }

    pub(super) async fn membership(
        &self,
        client: &str,
        id: &str,
    ) -> Result<Membership, PersonError> {
        let mut memberships = self.database.memberships(client, Some(vec![id.to_owned()])).await?;
        memberships.pop().ok_or(PersonError::NotFound)
    }
}
