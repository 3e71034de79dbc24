//! What a reviewer is shown, as a digest: of the subject's record, of what was found, of its images.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use verax_domain::Timestamp;
use verax_domain::records::review::{Review, evidence_text};
use verax_domain::resources::{
    self, BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, DOCUMENT_VALIDATIONS,
};
use verax_query::{Resource, Tenant};

use super::ReviewError;
use crate::app::App;
use crate::app::document_validations::{BACK, FRONT};
use crate::app::documents::IMAGE;
use crate::app::validations::stored_faces::{IMAGE as FACE_IMAGE, subject_of_face};
use crate::vault::VaultError;

/// What a reviewer is shown.
pub(super) struct Evidence {
    pub resource: &'static Resource,
    /// When the subject's record last changed.
    pub updated_at: Option<Timestamp>,
    /// SHA-256 in hexadecimal.
    pub digest: String,
}

impl App {
    /// What there is of the subject of a review now; `None`: it is gone.
    pub(super) async fn evidence_of(
        &self,
        review: &Review,
    ) -> Result<Option<Evidence>, ReviewError> {
        let (client, id) = (review.client.as_str(), review.subject.id.as_str());
        let Some(resource) = resources::by_name(&review.subject.resource) else { return Ok(None) };
        let tenant = Tenant::Client(client.to_owned());
        // First the time: what changes afterwards changes it.
        let updated_at = self.database.updated_at(resource, (client, id)).await?;
        let Some(record) = self.find_record(resource, &tenant, id).await? else { return Ok(None) };
        let mut digest = Sha256::new();
        add(&mut digest, evidence_text(resource, record).as_bytes());
        if resource.name == DOCUMENT_VALIDATIONS.name {
            let kept = self.database.kept_reading(client, id).await?;
            let reading = kept.and_then(|kept| kept.reading).unwrap_or_default();
            add(&mut digest, reading.as_bytes());
        }
        for (subject, location) in images_of(resource, id) {
            let image = match self.vault.fetch(client, &subject, location).await {
                // It was not stored, or was destroyed.
                Err(VaultError::NoKey) => None,
                fetched => fetched?,
            };
            let image = image.map(|image| Sha256::digest(&*image));
            add(&mut digest, image.as_deref().unwrap_or_default());
        }
        let digest = HEXLOWER.encode(&digest.finalize());
        Ok(Some(Evidence { resource, updated_at, digest }))
    }
}

/// Whose keys open the images of a record, and where they are.
fn images_of(resource: &Resource, id: &str) -> Vec<(String, &'static str)> {
    let own = |location| (id.to_owned(), location);
    match resource.name {
        name if name == DOCUMENT_VALIDATIONS.name => vec![own(FRONT), own(BACK)],
        name if name == DOCUMENT_LIVENESS.name => vec![own(IMAGE)],
        name if name == BIOMETRIC_VALIDATIONS.name => vec![(subject_of_face(id), FACE_IMAGE)],
        _ => Vec::new(),
    }
}

/// Each part with its length: no part runs into the next one.
fn add(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_be_bytes());
    digest.update(part);
}
