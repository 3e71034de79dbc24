//! Faces and images that no key here opens: looked for, and given up when an operator says so.

use serde_json::Value;
use verax_domain::resources::{BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS};
use verax_query::{Query, Resource, Tenant};
use verax_store::{Batch, Layout, StoreError};

use super::App;
use super::document_checks::keeps_document;
use super::kept_faces::subject_of_face;
use super::persons::PersonError;
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
    /// The template, of a person.
    template: Option<String>,
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
    pub async fn look_for_unreadable(
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
            self.look_at_templates(client, max, &mut found).await?;
            for resource in [&DOCUMENT_LIVENESS, &BIOMETRIC_VALIDATIONS] {
                self.look_at_images(resource, client, max, &mut found).await?;
            }
        }
        Ok(found)
    }

    /// Gives up what cannot be opened: a template goes, and a record says from then on that no image was
    /// kept. Both can be deleted then like any other.
    pub async fn forget_unreadable(&self, unreadable: &[Unreadable]) -> Result<(), PersonError> {
        for lost in unreadable {
            let now = self.clock.now();
            let mut batch = Batch::default();
            match &lost.template {
                Some(template) => {
                    let seen = self.database.gallery_number(&lost.client).await?;
                    batch
                        .change_gallery(&lost.client, seen)
                        .delete_template(&lost.client, template);
                    batch.touch_person(&lost.client, &lost.record, now);
                }
                None => {
                    let resource = match lost.resource {
                        name if name == DOCUMENT_LIVENESS.name => &DOCUMENT_LIVENESS,
                        _ => &BIOMETRIC_VALIDATIONS,
                    };
                    // Bytes that nothing opens.
                    let subject = match resource.name == DOCUMENT_LIVENESS.name {
                        true => lost.record.clone(),
                        false => subject_of_face(&lost.record),
                    };
                    self.vault.destroy(&lost.client, &subject).await?;
                    batch.forget_image(resource, &lost.client, &lost.record, now);
                }
            }
            self.database.commit(batch).await?;
        }
        Ok(())
    }

    async fn look_at_templates(
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
                    template: Some(template.id.clone()),
                });
            }
        }
    }

    async fn look_at_images(
        &self,
        resource: &'static Resource,
        client: &str,
        max: u64,
        found: &mut Inspected,
    ) -> Result<(), PersonError> {
        let query = Query::parse(resource, "where_imageSaved=true")
            .map_err(|problems| StoreError::Statement(format!("{problems:?}")))?;
        let tenant = Tenant::Client(client.to_owned());
        let mut after = String::new();
        loop {
            let (rows, last) =
                self.database.walk(&query, &tenant, &after, AT_ONCE, Layout::Lines).await?;
            for row in rows.split(|byte| *byte == b'\n').filter(|row| !row.is_empty()) {
                if found.images >= max {
                    found.stopped_early = true;
                    return Ok(());
                }
                let record: Value = serde_json::from_slice(row).unwrap_or_default();
                let id = record["_id"].as_str().unwrap_or_default();
                let subject = match resource.name == DOCUMENT_LIVENESS.name {
                    true if !keeps_document(&record) => continue,
                    true => id.to_owned(),
                    false => subject_of_face(id),
                };
                found.images += 1;
                let why = match self.vault.fetch(client, &subject, "picture").await {
                    Ok(Some(_)) => continue,
                    Ok(None) => "its bytes are not in the object store".to_owned(),
                    Err(error @ VaultError::Store(_)) => return Err(error.into()),
                    Err(error) => error.to_string(),
                };
                if self.find_record(resource, &tenant, id).await?.is_none() {
                    continue;
                }
                found.unreadable.push(Unreadable {
                    client: client.to_owned(),
                    resource: resource.name,
                    record: id.to_owned(),
                    why,
                    template: None,
                });
            }
            match last {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }
}
