//! Documents that were not read to their end: a crash, an image that cannot be used, a back that did not come.

use verax_domain::records::document_check::StoredImage;
use verax_domain::records::document_validation::DocumentValidation;
use verax_query::Tenant;
use verax_store::{Batch, Job, JobKind};

use super::DocumentValidationError;
use crate::app::App;
use crate::app::journal::Origin;

const INTERRUPTED: &str = "interrupted: the server stopped before the document was read";
const NO_BACK: &str = "the image of the back did not come";

impl App {
    /// Ends a document whose lease has run out: its images are gone. Answers whether it was left behind.
    pub async fn abandon_reading(&self, job: &Job) -> Result<bool, DocumentValidationError> {
        let tenant = Tenant::Client(job.client.clone());
        let found: Option<DocumentValidation> = self.database.find(&tenant, &job.record).await?;
        let reason = if job.waits_for_back() { NO_BACK } else { INTERRUPTED };
        if let Some(validation) = found {
            match self.end_unread(&validation, reason, &Origin::system()).await {
                Ok(()) => return Ok(true),
                // It has come to its end all the same.
                Err(DocumentValidationError::Ended | DocumentValidationError::Status(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let mut batch = Batch::default();
        batch.delete_any_job(JobKind::DocumentReading, &job.record);
        self.database.commit(batch).await?;
        Ok(false)
    }

    /// The record is `FAILED` and says why, and the registration has no document.
    pub(super) async fn end_unread(
        &self,
        validation: &DocumentValidation,
        reason: &str,
        origin: &Origin,
    ) -> Result<(), DocumentValidationError> {
        let now = self.clock.now();
        let (client, id) = (validation.client.as_str(), validation.id.as_str());
        let failed = validation.fail(reason, now)?;
        let mut batch = Batch::default();
        batch.forget_read_images(client, id);
        batch.transition(&failed, now, self.stamp(origin));
        batch.delete_any_job(JobKind::DocumentReading, id);
        if let Some(registration) = &validation.registration {
            let stamp = self.stamp(origin);
            batch.reject_document((client, registration), id, now, stamp);
        }
        self.database.commit(batch).await?;
        Ok(self.vault.destroy(client, id).await?)
    }

    /// What was put into the vault for a record that does not say so belongs to nobody.
    pub(super) async fn destroy_unowned(
        &self,
        validation: &DocumentValidation,
    ) -> Result<(), DocumentValidationError> {
        let (client, id) = (validation.client.as_str(), validation.id.as_str());
        let tenant = Tenant::Client(client.to_owned());
        let found: Option<DocumentValidation> = self.database.find(&tenant, id).await?;
        let kept = self.database.kept_reading(client, id).await?;
        let has_portrait = kept.is_some_and(|kept| kept.portrait_model.is_some());
        if found.is_some_and(|it| it.image != StoredImage::NotStored) || has_portrait {
            return Ok(());
        }
        Ok(self.vault.destroy(client, id).await?)
    }
}
