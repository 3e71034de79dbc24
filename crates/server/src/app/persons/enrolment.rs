//! Persons enrolled, changed, and taken out of a collection.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verax_domain::events::EventKind;
use verax_domain::records::person::{Person, PersonDetails};
use verax_query::{Tenant, fold};
use verax_store::{Batch, EncryptedTemplate, Membership, StoreError};

use super::{
    ATTEMPTS, NewPerson, PersonChange, PersonError, Thumbnails, Unknown, run_detached,
    template_place, thumbnail_place,
};
use crate::app::App;
use crate::app::faces::Portrait;
use crate::app::journal::Origin;
use crate::app::persons::galleries::Search;

impl App {
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
        origin: &Origin,
    ) -> Result<String, PersonError> {
        self.enrol_person_as((client, self.new_id()), person, faces, unknown, origin).await
    }

    /// The same under an id that is known before.
    pub async fn enrol_person_as(
        &self,
        (client, id): (&str, String),
        person: NewPerson,
        faces: Vec<Portrait>,
        unknown: Option<Unknown>,
        origin: &Origin,
    ) -> Result<String, PersonError> {
        let (app, client, origin) = (self.clone(), client.to_owned(), origin.clone());
        run_detached(async move {
            let enrolled = app.enrol((&client, &id), person, &faces, unknown, &origin).await;
            match &enrolled {
                // The person may be there after all; what belongs to nobody is swept.
                Ok(())
                | Err(PersonError::Store(StoreError::Busy(_) | StoreError::Unavailable(_))) => {}
                // What was encrypted for it belongs to nobody.
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
        origin: &Origin,
    ) -> Result<(), PersonError> {
        let (app, client, id) = (self.clone(), client.to_owned(), id.to_owned());
        let origin = origin.clone();
        run_detached(async move { app.change(&client, &id, change, &origin).await }).await
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
        origin: &Origin,
    ) -> Result<(), PersonError> {
        let membership = self.membership(client, id).await?;
        if !membership.collections.iter().any(|known| known == collection) {
            return Err(PersonError::NotFound);
        }
        let others = membership.collections.into_iter().filter(|known| known != collection);
        let others: Vec<String> = others.collect();
        if others.is_empty() {
            return self.delete_person(client, id, origin).await;
        }
        let details = PersonDetails { collections: Some(others), ..PersonDetails::default() };
        self.change_person(client, id, PersonChange { details, faces: None }, origin).await
    }

    async fn enrol(
        &self,
        (client, id): (&str, &str),
        person: NewPerson,
        faces: &[Portrait],
        unknown: Option<Unknown>,
        origin: &Origin,
    ) -> Result<(), PersonError> {
        let begun = self.clock.now();
        let (enrolled, record) = Person::enrol((id, client), &person.details, begun);
        let held = self.galleries.of(client);
        let _turn = held.enrolling.lock().await;
        let mut encrypted = None;
        for _ in 0..ATTEMPTS {
            let seen = self.database.gallery_number(client).await?;
            if let Some(unknown) = &unknown {
                self.reject_known(client, faces, unknown).await?;
            }
            self.reject_alike(&enrolled).await?;
            if encrypted.is_none() {
                encrypted = Some(self.encrypt_faces(client, id, faces, person.thumbnails).await?);
            }
            let now = self.clock.now();
            let mut batch = Batch::default();
            let entry = self.entry(Some(EventKind::PersonCreated), origin);
            batch.change_gallery(client, seen).insert_record(&record, now, entry);
            for template in encrypted.iter().flatten() {
                batch.insert_template(client, template, now);
            }
            batch.touch_person(client, id, now);
            match self.database.commit(batch).await {
                Err(StoreError::Conflict) => {}
                committed => return Ok(committed?),
            }
        }
        Err(PersonError::Contended)
    }

    async fn change(
        &self,
        client: &str,
        id: &str,
        change: PersonChange,
        origin: &Origin,
    ) -> Result<(), PersonError> {
        let held = self.galleries.of(client);
        let _turn = held.enrolling.lock().await;
        let mut encrypted: Option<Vec<EncryptedTemplate>> = None;
        for _ in 0..ATTEMPTS {
            let seen = self.database.gallery_number(client).await?;
            let tenant = Tenant::Client(client.to_owned());
            let known: Option<Person> = self.database.find(&tenant, id).await?;
            let Some(known) = known else {
                if encrypted.is_some() {
                    // Deleted in between: what was encrypted since must not stay.
                    self.vault.destroy(client, id).await?;
                }
                return Err(PersonError::NotFound);
            };
            let (person, record) = known.change(&change.details);
            if change.details.identifies() {
                self.reject_alike(&person).await?;
            }
            if let (None, Some((faces, thumbnails))) = (&encrypted, &change.faces) {
                encrypted = Some(self.encrypt_faces(client, id, faces, *thumbnails).await?);
            }
            let now = self.clock.now();
            let mut batch = Batch::default();
            let entry = self.entry(Some(EventKind::PersonUpdated), origin);
            batch.change_gallery(client, seen).change(&record, now, entry);
            if let Some(templates) = &encrypted {
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
        Err(PersonError::Contended)
    }

    /// Rejects a face that somebody has.
    async fn reject_known(
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

    /// Rejects a second person of one name and day of birth in one collection, or outside of all.
    /// Without the day nobody can tell namesakes apart, so they are not rejected.
    async fn reject_alike(&self, person: &Person) -> Result<(), PersonError> {
        let Some(born) = &person.date_of_birth else { return Ok(()) };
        let alike = self.database.persons_alike(&person.client, &fold(&person.name), born).await?;
        let shares = |membership: &Membership| match person.collections.as_slice() {
            [] => membership.collections.is_empty(),
            collections => membership.collections.iter().any(|known| collections.contains(known)),
        };
        match alike.into_iter().find(|membership| membership.id != person.id && shares(membership))
        {
            Some(membership) => Err(PersonError::AlreadySet(membership.id)),
            None => Ok(()),
        }
    }

    /// Encrypts the templates, and keeps the small images if that is wanted.
    async fn encrypt_faces(
        &self,
        client: &str,
        person: &str,
        faces: &[Portrait],
        thumbnails: Thumbnails,
    ) -> Result<Vec<EncryptedTemplate>, PersonError> {
        let model = self.faces.template_model()?.to_owned();
        let known = self.database.templates(client, vec![person.to_owned()]).await?;
        let mut templates = Vec::new();
        for (index, face) in faces.iter().enumerate() {
            let id = format!("{person}-{}", index + 1);
            let plain = zeroize::Zeroizing::new(face.template.to_bytes());
            let encrypted =
                self.vault.encrypt(client, person, &template_place(&id), &plain).await?;
            let jpeg = face.thumbnail.as_ref().filter(|_| thumbnails == Thumbnails::Stored);
            if let Some(jpeg) = jpeg {
                self.vault.keep(client, person, &thumbnail_place(&id), jpeg).await?;
            }
            templates.push(EncryptedTemplate {
                id,
                person: person.to_owned(),
                model: model.clone(),
                thumbnail: jpeg.is_some(),
                encrypted: STANDARD.encode(encrypted),
            });
        }
        // An image of a face that is replaced goes with it.
        let kept = |id: &str| templates.iter().any(|new| new.id == id && new.thumbnail);
        for old in known.iter().filter(|old| old.thumbnail && !kept(&old.id)) {
            self.vault.keep(client, person, &thumbnail_place(&old.id), b"").await?;
        }
        Ok(templates)
    }
}
