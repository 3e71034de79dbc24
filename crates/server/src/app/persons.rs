//! Persons: enrolled with their faces, found by them, changed, and forgotten.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use verax_domain::face_call::best_score;
use verax_domain::records::biometric_validation::response_without;
use verax_domain::records::id_of;
use verax_domain::records::person::{self, Person, PersonDetails};
use verax_domain::resources::PERSONS;
use verax_query::{Query, Tenant, fold};
use verax_store::{Batch, PersonPlace, SealedTemplate, StoreError};
use verax_vision::faces::{TEMPLATE_LEN, Template};

use super::App;
use super::faces::{MeasureError, Portrait};
use super::galleries::{Hit, Search};
use super::records::DeleteError;
use crate::vault::VaultError;

/// A person as they are enrolled. Whoever makes one has checked the details.
#[derive(Clone, Debug, Default)]
pub struct NewPerson {
    pub details: PersonDetails,
    /// Whether a small picture of each face is kept, sealed; the pictures themselves never are.
    pub thumbnails: Thumbnails,
}

/// What changes of a person; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    pub details: PersonDetails,
    /// All faces of the person, in the place of those before.
    pub faces: Option<(Vec<Portrait>, Thumbnails)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Thumbnails {
    Kept,
    #[default]
    NotKept,
}

/// Where nobody may be known by the new face already.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// The id of a collection; none: everywhere.
    pub collection: Option<String>,
    /// 0..=1.
    pub min_score: f64,
}

/// A small picture of a person's face.
pub struct Thumbnail {
    pub id: String,
    pub jpeg: Vec<u8>,
}

/// Why a person was not enrolled, found, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// Somebody of that name and day of birth is in one of the collections; this is their id.
    #[error("a person of that name and day of birth is there")]
    AlreadySet(String),
    /// Somebody with that face is there.
    #[error("a person with that face is there")]
    Duplicated(Hit),
    #[error("there is no such person")]
    NotFound,
    #[error("the client has {count} templates, and at most {max} are held in memory")]
    GalleryTooLarge { count: u64, max: usize },
    #[error("a kept template is damaged")]
    Damaged,
    /// Faces that may be those that are looked for cannot be opened: nobody is found, and nobody unknown.
    #[error("{count} stored faces cannot be opened: `verax vault check` lists them")]
    Unreadable { count: u64 },
    #[error("the work stopped before its end")]
    Stopped,
}

/// Stands for whoever is not there: no id holds a dot.
pub(super) const NOBODY: &str = ".nobody";

/// Validations that a person is taken out of in one change: others must be able to come between.
const REDACTED_AT_ONCE: u32 = 100;
/// How often a change is tried again when another comes between looking and writing.
const ATTEMPTS: usize = 20;

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
        self.person_place(client, person).await?;
        let templates = self.database.templates(client, vec![person.to_owned()]).await?;
        let known = self.open_templates(client, templates).await?;
        Ok(best_score(known.iter().map(|it| face.compare(it).match_score)))
    }

    /// The same with templates that were read of a person who may not exist, under [`NOBODY`] if so: as
    /// many keys are asked for and a template is compared, so that the time of a refusal does not say
    /// whether somebody is enrolled.
    pub(super) async fn match_templates(
        &self,
        client: &str,
        templates: Vec<SealedTemplate>,
        face: &Template,
    ) -> Result<Option<f64>, PersonError> {
        let known = self.open_templates(client, templates).await?;
        let scores: Vec<f64> = known.iter().map(|it| face.compare(it).match_score).collect();
        if scores.is_empty() {
            // Nothing opens under this name; asking for its key takes as long.
            if let Err(error @ VaultError::Store(_)) =
                self.vault.unseal(client, NOBODY, NOBODY, &[]).await
            {
                return Err(error.into());
            }
            let nobodys = Template::normalised(&[1.0; TEMPLATE_LEN]);
            std::hint::black_box(nobodys.map(|it| face.compare(&it).match_score));
        }
        Ok(best_score(scores))
    }

    /// Enrols a person and answers their id. With `unknown` only if nobody has that face. It reaches
    /// its end although its caller goes.
    ///
    /// # Errors
    /// `AlreadySet`, `Duplicated`.
    pub async fn enrol_person(
        &self,
        client: &str,
        person: NewPerson,
        faces: Vec<Portrait>,
        unknown: Option<Unknown>,
    ) -> Result<String, PersonError> {
        self.enrol_person_as(client, self.new_id(), person, faces, unknown).await
    }

    /// The same under an id that is known before.
    pub async fn enrol_person_as(
        &self,
        client: &str,
        id: String,
        person: NewPerson,
        faces: Vec<Portrait>,
        unknown: Option<Unknown>,
    ) -> Result<String, PersonError> {
        let (app, client) = (self.clone(), client.to_owned());
        run_detached(async move {
            let enrolled = app.enrol(&client, &id, person, &faces, unknown).await;
            match &enrolled {
                // The person may be there after all; what belongs to nobody is swept.
                Ok(())
                | Err(PersonError::Store(StoreError::Busy(_) | StoreError::Unavailable(_))) => {}
                // What was sealed for it belongs to nobody.
                Err(_) => app.vault.destroy(&client, &id).await?,
            }
            enrolled.map(|()| id)
        })
        .await
    }

    /// Changes a person, if there is such a one.
    ///
    /// # Errors
    /// `NotFound`, `AlreadySet`.
    pub async fn change_person(
        &self,
        client: &str,
        id: &str,
        change: PersonChange,
    ) -> Result<(), PersonError> {
        let (app, client, id) = (self.clone(), client.to_owned(), id.to_owned());
        run_detached(async move { app.change(&client, &id, change).await }).await
    }

    /// Deletes a person: first the keys that open their faces and the answers about them, then what
    /// other records say of them, then all that was stored. Interrupted in between, the person is
    /// still there and can be deleted again.
    ///
    /// # Errors
    /// `NotFound`; `Vault(NotHeld)` when the key that opens the faces is not in this vault.
    pub async fn delete_person(&self, client: &str, id: &str) -> Result<(), PersonError> {
        let (app, client, id) = (self.clone(), client.to_owned(), id.to_owned());
        run_detached(async move {
            app.person_place(&client, &id).await?;
            let faces = app.database.templates(&client, vec![id.clone()]).await?;
            let subject = (!faces.is_empty()).then_some(id.as_str());
            match app.begin_deletion(&PERSONS, &client, &id, subject).await {
                Err(DeleteError::Store(StoreError::Conflict)) => return Err(PersonError::NotFound),
                Err(DeleteError::Store(error)) => return Err(error.into()),
                Err(DeleteError::Vault(error)) => return Err(error.into()),
                Ok(()) => {}
            }
            app.vault.destroy(&client, &id).await?;
            app.destroy_answers(&client, &id).await?;
            app.redact_responses(&client, &id).await?;
            for _ in 0..ATTEMPTS {
                let seen = app.database.gallery_number(&client).await?;
                let now = app.clock.now();
                let mut batch = Batch::default();
                batch.change_gallery(&client, seen).delete_person(&client, &id);
                batch.touch_person(&client, &id, now).forget_answers(&client, &id);
                batch.end_deletion(PERSONS.name, &client, &id);
                match app.database.commit(batch).await {
                    Err(StoreError::Conflict) => match app.person_place(&client, &id).await {
                        Err(PersonError::NotFound) => {
                            // Somebody was faster, and nothing is left to resume.
                            let mut batch = Batch::default();
                            batch.end_deletion(PERSONS.name, &client, &id);
                            app.database.commit(batch).await?;
                            return Err(PersonError::NotFound);
                        }
                        found => found.map(drop)?,
                    },
                    committed => {
                        committed?;
                        // A check that named the person in between; from here on none does.
                        app.redact_responses(&client, &id).await?;
                        app.destroy_answers(&client, &id).await?;
                        app.forget_changed(&client).await;
                        return Ok(());
                    }
                }
            }
            Err(StoreError::Conflict.into())
        })
        .await
    }

    /// Takes a person out of one collection (by its id); whoever is in no other is deleted.
    ///
    /// # Errors
    /// `NotFound`, also when the person is not in it.
    pub async fn leave_collection(
        &self,
        client: &str,
        id: &str,
        collection: &str,
    ) -> Result<(), PersonError> {
        let place = self.person_place(client, id).await?;
        if !place.collections.iter().any(|known| known == collection) {
            return Err(PersonError::NotFound);
        }
        let others = place.collections.into_iter().filter(|known| known != collection);
        let others: Vec<String> = others.collect();
        if others.is_empty() {
            return self.delete_person(client, id).await;
        }
        let details = PersonDetails { collections: Some(others), ..PersonDetails::default() };
        self.change_person(client, id, PersonChange { details, faces: None }).await
    }

    /// The small pictures that are kept of a person.
    pub async fn thumbnails(
        &self,
        client: &str,
        person: &str,
    ) -> Result<Vec<Thumbnail>, PersonError> {
        let templates = self.database.templates(client, vec![person.to_owned()]).await?;
        let mut thumbnails = Vec::new();
        for template in templates.into_iter().filter(|template| template.thumbnail) {
            let place = thumbnail_place(&template.id);
            if let Some(jpeg) = self.vault.fetch(client, person, &place).await? {
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
    ) -> Result<HashMap<String, Value>, StoreError> {
        let query = Query::of(&PERSONS).one_of(person::ID, ids.iter().cloned()).at_most(100);
        let listing = self.database.page(&query, &Tenant::Client(client.to_owned())).await?;
        let rows: Vec<Value> =
            serde_json::from_slice(&[b"[", listing.rows.as_slice(), b"]"].concat())
                .map_err(|error| StoreError::Statement(error.to_string()))?;
        let by_id = |row: Value| Some((id_of(&row)?.to_owned(), row));
        Ok(rows.into_iter().filter_map(by_id).collect())
    }

    async fn enrol(
        &self,
        client: &str,
        id: &str,
        person: NewPerson,
        faces: &[Portrait],
        unknown: Option<Unknown>,
    ) -> Result<(), PersonError> {
        let begun = self.clock.now();
        let (enrolled, record) = Person::enrol((id, client), &person.details, begun);
        let held = self.galleries.of(client);
        let _turn = held.enrolling.lock().await;
        let mut sealed = None;
        for _ in 0..ATTEMPTS {
            let seen = self.database.gallery_number(client).await?;
            if let Some(unknown) = &unknown {
                self.refuse_known(client, faces, unknown).await?;
            }
            self.refuse_alike(&enrolled).await?;
            if sealed.is_none() {
                sealed = Some(self.seal_faces(client, id, faces, person.thumbnails).await?);
            }
            let now = self.clock.now();
            let mut batch = Batch::default();
            batch.change_gallery(client, seen).insert_record(&record, now);
            for template in sealed.iter().flatten() {
                batch.insert_template(client, template, now);
            }
            batch.touch_person(client, id, now);
            match self.database.commit(batch).await {
                Err(StoreError::Conflict) => {}
                committed => return Ok(committed?),
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn change(
        &self,
        client: &str,
        id: &str,
        change: PersonChange,
    ) -> Result<(), PersonError> {
        let held = self.galleries.of(client);
        let _turn = held.enrolling.lock().await;
        let mut sealed: Option<Vec<SealedTemplate>> = None;
        for _ in 0..ATTEMPTS {
            let seen = self.database.gallery_number(client).await?;
            let tenant = Tenant::Client(client.to_owned());
            let known: Option<Person> = self.database.find(&tenant, id).await?;
            let Some(known) = known else {
                if sealed.is_some() {
                    // Deleted in between: what was sealed since must not stay.
                    self.vault.destroy(client, id).await?;
                }
                return Err(PersonError::NotFound);
            };
            let (person, record) = known.change(&change.details);
            if change.details.identifies() {
                self.refuse_alike(&person).await?;
            }
            if let (None, Some((faces, thumbnails))) = (&sealed, &change.faces) {
                sealed = Some(self.seal_faces(client, id, faces, *thumbnails).await?);
            }
            let now = self.clock.now();
            let mut batch = Batch::default();
            batch.change_gallery(client, seen).change(&record, now);
            if let Some(templates) = &sealed {
                batch.delete_templates(client, id);
                for template in templates {
                    batch.insert_template(client, template, now);
                }
            }
            batch.touch_person(client, id, now);
            match self.database.commit(batch).await {
                Err(StoreError::Conflict) => {}
                committed => {
                    committed?;
                    self.forget_changed(client).await;
                    return Ok(());
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Takes a person out of the responses of all validations that name them.
    async fn redact_responses(&self, client: &str, person: &str) -> Result<(), StoreError> {
        loop {
            let named = self.database.validations_naming(client, person, REDACTED_AT_ONCE).await?;
            let mut batch = Batch::default();
            for naming in &named {
                batch.redact_response(
                    client,
                    person,
                    naming,
                    response_without(&naming.response, person),
                );
            }
            match named.len() {
                0 => return Ok(()),
                _ => self.database.commit(batch).await?,
            }
        }
    }

    /// Refuses a face that somebody has.
    async fn refuse_known(
        &self,
        client: &str,
        faces: &[Portrait],
        unknown: &Unknown,
    ) -> Result<(), PersonError> {
        let search = Search {
            probes: faces.iter().map(|face| face.template.clone()).collect(),
            collection: unknown.collection.clone(),
            active_only: false,
            min_score: unknown.min_score,
            max: 1,
        };
        match self.search_faces(client, search).await?.pop() {
            Some(hit) => Err(PersonError::Duplicated(hit)),
            None => Ok(()),
        }
    }

    /// Refuses a second person of one name and day of birth in one collection, or outside of all.
    /// Without the day nobody can tell namesakes apart, so they are not refused.
    async fn refuse_alike(&self, person: &Person) -> Result<(), PersonError> {
        let Some(born) = &person.date_of_birth else { return Ok(()) };
        let alike = self.database.persons_alike(&person.client, &fold(&person.name), born).await?;
        let shares = |place: &PersonPlace| match person.collections.as_slice() {
            [] => place.collections.is_empty(),
            collections => place.collections.iter().any(|known| collections.contains(known)),
        };
        match alike.into_iter().find(|place| place.id != person.id && shares(place)) {
            Some(place) => Err(PersonError::AlreadySet(place.id)),
            None => Ok(()),
        }
    }

    /// Seals the templates, and keeps the small pictures if that is wanted.
    async fn seal_faces(
        &self,
        client: &str,
        person: &str,
        faces: &[Portrait],
        thumbnails: Thumbnails,
    ) -> Result<Vec<SealedTemplate>, PersonError> {
        let model = self.faces.template_model()?.to_owned();
        let known = self.database.templates(client, vec![person.to_owned()]).await?;
        let mut templates = Vec::new();
        for (index, face) in faces.iter().enumerate() {
            let id = format!("{person}-{}", index + 1);
            let plain = zeroize::Zeroizing::new(face.template.to_bytes());
            let sealed = self.vault.seal(client, person, &template_place(&id), &plain).await?;
            let jpeg = face.thumbnail.as_ref().filter(|_| thumbnails == Thumbnails::Kept);
            if let Some(jpeg) = jpeg {
                self.vault.keep(client, person, &thumbnail_place(&id), jpeg).await?;
            }
            templates.push(SealedTemplate {
                id,
                person: person.to_owned(),
                model: model.clone(),
                thumbnail: jpeg.is_some(),
                sealed: STANDARD.encode(sealed),
            });
        }
        // A picture of a face that is replaced goes with it.
        let kept = |id: &str| templates.iter().any(|new| new.id == id && new.thumbnail);
        for old in known.iter().filter(|old| old.thumbnail && !kept(&old.id)) {
            self.vault.keep(client, person, &thumbnail_place(&old.id), b"").await?;
        }
        Ok(templates)
    }

    async fn person_place(&self, client: &str, id: &str) -> Result<PersonPlace, PersonError> {
        let mut places = self.database.person_places(client, Some(vec![id.to_owned()])).await?;
        places.pop().ok_or(PersonError::NotFound)
    }
}

pub(super) fn template_place(id: &str) -> String {
    format!("template/{id}")
}

pub(super) fn thumbnail_place(id: &str) -> String {
    format!("thumbnail/{id}")
}

/// Runs work that must not stop half-way when its caller goes.
async fn run_detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, PersonError>> + Send + 'static,
) -> Result<T, PersonError> {
    tokio::spawn(work).await.unwrap_or(Err(PersonError::Stopped))
}
