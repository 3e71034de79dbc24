//! The images that were stored of a document, and where on them each value stands.

use verax_domain::document_reading::DocumentSide;
use verax_domain::records::document_check::StoredImage;
use verax_domain::records::document_validation::DocumentValidation;
use verax_domain::resources::DOCUMENT_VALIDATIONS;
use verax_domain::stored_reading::StoredReading;
use verax_query::Tenant;
use zeroize::Zeroizing;

use super::{BACK, DocumentValidationError, FRONT};
use crate::app::App;
use crate::vault::VaultError;

/// What was read of a document, and the images on which it stands, as far as they are stored.
pub struct ReadEvidence {
    pub reading: StoredReading,
    pub images: Vec<(DocumentSide, Zeroizing<Vec<u8>>)>,
}

impl App {
    /// The image of one side of a document, and whose it is; nothing when it was not stored.
    pub async fn read_document_image(
        &self,
        id: &str,
        side: DocumentSide,
    ) -> Result<Option<(String, Zeroizing<Vec<u8>>)>, DocumentValidationError> {
        let mut owners = self.database.owners(&DOCUMENT_VALIDATIONS, vec![id.to_owned()]).await?;
        let Some(client) = owners.remove(id) else { return Ok(None) };
        let tenant = Tenant::Client(client.clone());
        let found: Option<DocumentValidation> = self.database.find(&tenant, id).await?;
        let Some(found) = found.filter(|it| it.image == StoredImage::Here) else { return Ok(None) };
        let location = match side {
            DocumentSide::Front => FRONT,
            DocumentSide::Back if found.has_back_image => BACK,
            DocumentSide::Back => return Ok(None),
        };
        match self.vault.fetch(&client, id, location).await {
            Ok(image) => Ok(image.map(|image| (client, image))),
            Err(VaultError::NoKey) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What was read of a document of the tenant; `None`: there is none, or nothing was read of it.
    pub async fn read_document_evidence(
        &self,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<ReadEvidence>, DocumentValidationError> {
        let Some(reading) = self.read_document_values(tenant, id).await? else { return Ok(None) };
        let mut images = Vec::new();
        for side in [DocumentSide::Front, DocumentSide::Back] {
            let image = self.read_document_image(id, side).await?;
            images.extend(image.map(|(_, image)| (side, image)));
        }
        Ok(Some(ReadEvidence { reading, images }))
    }

    /// The same without the images.
    pub async fn read_document_values(
        &self,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<StoredReading>, DocumentValidationError> {
        let found: Option<DocumentValidation> = self.database.find(tenant, id).await?;
        let Some(found) = found else { return Ok(None) };
        let reading = self.reading_of(&found).await?;
        Ok(Some(reading).filter(|reading| !reading.sides.is_empty()))
    }
}
