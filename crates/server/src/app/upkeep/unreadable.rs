//! Faces and images that no key here opens: looked for, and given up when an operator says so.

use verax_domain::events::EventKind;
use verax_domain::records::StoredRecord;
use verax_domain::records::biometric_validation::{self, BiometricValidation};
use verax_domain::records::document_check::{self, DocumentCheckRecord, StoredImage};
use verax_domain::records::document_validation::{self, DocumentValidation};
use verax_domain::resources::{BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, DOCUMENT_VALIDATIONS};
use verax_query::{Key, Query, Tenant};
use verax_store::Batch;

use crate::app::App;
use crate::app::journal::Origin;
use crate::app::persons::PersonError;
use crate::app::validations::stored_faces::subject_of_face;
use crate::vault::VaultError;

/// Something that is stored and cannot be opened.
#[derive(Clone, Debug)]
pub struct Unreadable {
    pub client: String,
    /// The name of the resource of the record that it belongs to.
    pub resource: &'static str,
    /// The id of that record.
    pub record: String,
    pub why: String,
    lost: Lost,
}

/// What of it cannot be opened.
#[derive(Clone, Debug)]
enum Lost {
    /// By its id.
    Template(String),
    FaceImage,
    DocumentImage,
    ReadDocument,
}

/// What a look has found.
#[derive(Debug, Default)]
pub struct Inspected {
    pub templates: u64,
    pub images: u64,
    pub unreadable: Vec<Unreadable>,
    /// Not all was looked at.
    pub stopped_early: bool,
}

const AT_ONCE: u32 = 500;

impl App {
    /// Opens every template, and looks for the key and the bytes of every stored image, of one client or
    /// of all; no more than so many of either.
    ///
    /// # Errors
    /// The database or the object store does not answer: then nothing is known.
    pub async fn find_unreadable(
        &self,
        client: Option<&str>,
        max: u64,
    ) -> Result<Inspected, PersonError> {
        let mut found = Inspected::default();
        let clients = match client {
            Some(client) => vec![client.to_owned()],
            None => self.database.clients().await?.into_iter().map(|it| it.id).collect(),
        };
        for client in &clients {
            self.inspect_templates(client, max, &mut found).await?;
            let whose = (client.as_str(), max);
            let document = (Lost::DocumentImage, document_check::IMAGE_SAVED);
            self.inspect_images(whose, document, &mut found, document_subject).await?;
            let read = (Lost::ReadDocument, document_validation::IMAGE_SAVED);
            self.inspect_images(whose, read, &mut found, read_subject).await?;
            let face = |it: &BiometricValidation| Some(subject_of_face(&it.id));
            let validation = (Lost::FaceImage, biometric_validation::IMAGE_SAVED);
            self.inspect_images(whose, validation, &mut found, face).await?;
        }
        Ok(found)
    }

    /// Gives up what cannot be opened: a template goes, and a record says from then on that no image was
    /// stored. Both can be deleted then like any other.
    pub async fn forget_unreadable(&self, unreadable: &[Unreadable]) -> Result<(), PersonError> {
        let origin = Origin::command();
        for lost in unreadable {
            let of = (lost.client.as_str(), lost.record.as_str());
            let now = self.clock.now();
            let mut batch = Batch::default();
            match &lost.lost {
                Lost::Template(template) => {
                    let seen = self.database.gallery_number(&lost.client).await?;
                    batch
                        .change_gallery(&lost.client, seen)
                        .delete_template(&lost.client, template);
                    batch.touch_person(&lost.client, &lost.record, now);
                }
                Lost::FaceImage => {
                    // Bytes that nothing opens.
                    self.vault.destroy(&lost.client, &subject_of_face(&lost.record)).await?;
                    let entry = self.entry(Some(EventKind::ValidationUpdated), &origin);
                    batch.forget_image(&BIOMETRIC_VALIDATIONS, of, now, entry);
                }
                Lost::DocumentImage => {
                    self.vault.destroy(&lost.client, &lost.record).await?;
                    let entry = self.entry(Some(EventKind::DocumentCheckUpdated), &origin);
                    batch.forget_image(&DOCUMENT_LIVENESS, of, now, entry);
                }
                Lost::ReadDocument => {
                    self.vault.destroy(&lost.client, &lost.record).await?;
                    let entry = self.entry(Some(EventKind::DocumentValidationUpdated), &origin);
                    batch.forget_image(&DOCUMENT_VALIDATIONS, of, now, entry);
                }
            }
            self.database.commit(batch).await?;
        }
        Ok(())
    }

    async fn inspect_templates(
        &self,
        client: &str,
        max: u64,
        found: &mut Inspected,
    ) -> Result<(), PersonError> {
        let mut after = (String::new(), String::new());
        loop {
            let some = self.database.templates_after(client, after.clone(), AT_ONCE).await?;
            let Some(last) = some.last() else { return Ok(()) };
            after = (last.person.clone(), last.id.clone());
            for template in &some {
                if found.templates >= max {
                    found.stopped_early = true;
                    return Ok(());
                }
                found.templates += 1;
                let why = match self.open_template(client, template).await {
                    Ok(_) => continue,
                    Err(error @ PersonError::Vault(VaultError::Store(_))) => return Err(error),
                    Err(error) => error.to_string(),
                };
                let ids = vec![template.id.clone()];
                if self.database.lasting_templates(client, ids).await?.is_empty() {
                    continue;
                }
                found.unreadable.push(Unreadable {
                    client: client.to_owned(),
                    resource: "persons",
                    record: template.person.clone(),
                    why,
                    lost: Lost::Template(template.id.clone()),
                });
            }
        }
    }

    /// Looks for the images of records of one kind; `subject` says whose key opens one, if it is here.
    async fn inspect_images<R: StoredRecord>(
        &self,
        (client, max): (&str, u64),
        (lost, image_saved): (Lost, Key<bool>),
        found: &mut Inspected,
        subject: impl Fn(&R) -> Option<String>,
    ) -> Result<(), PersonError> {
        let query = Query::of(R::RESOURCE).equal(image_saved, &true);
        let tenant = Tenant::Client(client.to_owned());
        let mut after = String::new();
        loop {
            let records: Vec<R> =
                self.database.walk_records(&query, &tenant, &after, AT_ONCE).await?;
            let Some(last) = records.last() else { return Ok(()) };
            after = last.id().to_owned();
            for record in &records {
                if found.images >= max {
                    found.stopped_early = true;
                    return Ok(());
                }
                let Some(subject) = subject(record) else { continue };
                found.images += 1;
                let why = match self.vault.fetch(client, &subject, "picture").await {
                    Ok(Some(_)) => continue,
                    Ok(None) => "its bytes are not in the object store".to_owned(),
                    Err(error @ VaultError::Store(_)) => return Err(error.into()),
                    Err(error) => error.to_string(),
                };
                if self.database.find::<R>(&tenant, record.id()).await?.is_none() {
                    continue;
                }
                found.unreadable.push(Unreadable {
                    client: client.to_owned(),
                    resource: R::RESOURCE.name,
                    record: record.id().to_owned(),
                    why,
                    lost: lost.clone(),
                });
            }
        }
    }
}

/// An imported record's image may be another server's.
fn document_subject(record: &DocumentCheckRecord) -> Option<String> {
    (record.image == StoredImage::Here).then(|| record.id.clone())
}

/// One without an image of its front has one of its back.
fn read_subject(record: &DocumentValidation) -> Option<String> {
    (record.image == StoredImage::Here).then(|| record.id.clone())
}
