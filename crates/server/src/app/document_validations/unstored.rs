//! What is read and not stored, and which document it was that was read before.

use serde_json::Value;
use verax_domain::document_cross_checks::ReadingPolicy;
use verax_domain::records::document_validation::{DocumentValidation, ReadDocument, detected_type};
use verax_domain::stored_reading::{NameMatch, StatedNames, StoredReading};
use verax_query::Tenant;

use super::DocumentValidationError;
use super::making::ReadingPermit;
use super::measuring::LookedAt;
use super::reading::{ReadSides, SideImages};
use crate::app::App;

impl App {
    /// Reads a document and stores nothing of it.
    ///
    /// # Errors
    /// Why it is not read.
    pub async fn read_for_demo(
        &self,
        images: SideImages,
        permit: ReadingPermit,
    ) -> Result<Value, DocumentValidationError> {
        let read = self.read_unstored(images, permit, LookedAt::Everything).await?;
        let reading = StoredReading {
            sides: read.sides,
            image_checks: read.image_checks,
            ..StoredReading::default()
        };
        let today = self.clock.now().day_text();
        let verdict = reading.judge(&ReadingPolicy::default(), &StatedNames::default(), &today);
        let document = ReadDocument {
            reading: &reading,
            verdict: &verdict,
            names: NameMatch::default(),
            today: &today,
            stores_front: false,
            stores_back: false,
        };
        Ok(document.summary())
    }

    /// Which document the images show. Nothing is stored.
    ///
    /// # Errors
    /// Why it is not read.
    pub async fn detect_document_type(
        &self,
        images: SideImages,
        permit: ReadingPermit,
    ) -> Result<Value, DocumentValidationError> {
        let read = self.read_unstored(images, permit, LookedAt::ValuesAlone).await?;
        Ok(detected_type(&read.sides))
    }

    /// Which document it was that was read; where nothing was, it is none that is known.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn detected_document_type(
        &self,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Value, DocumentValidationError> {
        let found: Option<DocumentValidation> = self.database.find(tenant, id).await?;
        let found = found.ok_or(DocumentValidationError::NotFound)?;
        Ok(detected_type(&self.reading_of(&found).await?.sides))
    }

    async fn read_unstored(
        &self,
        images: SideImages,
        permit: ReadingPermit,
        looked_at: LookedAt,
    ) -> Result<ReadSides, DocumentValidationError> {
        if !self.document_reader.is_loaded() {
            return Err(DocumentValidationError::NoReader);
        }
        let read = self.read_sides(images, permit, looked_at).await;
        let read = read.ok_or(DocumentValidationError::Stopped)?;
        read.map_err(|(side, error)| DocumentValidationError::Image { side, error })
    }
}
