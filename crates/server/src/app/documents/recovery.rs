//! Checks that a crash left behind, and the end of each.

use std::sync::Arc;

use verax_domain::records::document_check::DocumentCheckRecord;
use verax_store::{Batch, Job, JobKind, StoreError};
use verax_vision::document::DocumentEngine;
use verax_vision::workers::Permit;

use super::{DocumentCheckError, DocumentOrder, IMAGE};
use crate::app::App;
use crate::app::journal::Origin;
use crate::vault::VaultError;

const INTERRUPTED: &str = "interrupted: the server stopped before the checks were made";

impl App {
    /// Makes the check of a job that was claimed. What is wrong with the image is said in its record.
    pub async fn resume_document_check(
        &self,
        job: &Job,
        permit: (Permit, Arc<DocumentEngine>),
    ) -> Result<(), DocumentCheckError> {
        match self.try_document_check(job, permit).await {
            Err(DocumentCheckError::Image(_)) => Ok(()),
            resumed => resumed,
        }
    }

    /// Ends a check that was tried too often: its record is `failed` and says so.
    pub async fn bury_document_check(&self, job: &Job) -> Result<(), DocumentCheckError> {
        self.abandon_document_check(&job.record, &job.client, INTERRUPTED).await
    }

    async fn try_document_check(
        &self,
        job: &Job,
        permit: (Permit, Arc<DocumentEngine>),
    ) -> Result<(), DocumentCheckError> {
        let (id, client) = (&job.record, &job.client);
        let order = job.detail.as_deref().and_then(|it| serde_json::from_str(it).ok());
        let image = match self.vault.fetch(client, id, IMAGE).await {
            // Its key is gone, or was never made.
            Err(VaultError::NoKey) => None,
            fetched => fetched?,
        };
        let order: Option<DocumentOrder> = order;
        let (Some(order), Some(image)) = (order, image) else {
            return self.abandon_document_check(id, client, INTERRUPTED).await;
        };
        let mut batch = Batch::default();
        let origin = Origin::system();
        batch.resume_document_check(client, id, self.clock.now(), self.stamp(&origin));
        match self.database.commit(batch).await {
            Ok(()) => {
                let order = DocumentOrder { image: image.to_vec(), ..order };
                let registration = order.app_registration.clone();
                let check = DocumentCheckRecord::resumed(id.clone(), client.clone(), registration);
                self.clone().analyse_document(check, order, permit, origin).await
            }
            // It has reached its end, or was deleted; only its image was left to see to.
            Err(StoreError::Conflict) => {
                let owned = self.saves_image(id, client).await?;
                let fate = if owned { ImageFate::Stored } else { ImageFate::Destroyed };
                self.close_document_check(id, client, fate).await
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn abandon_document_check(
        &self,
        id: &str,
        client: &str,
        reason: &str,
    ) -> Result<(), DocumentCheckError> {
        let mut batch = Batch::default();
        let stamp = self.stamp(&Origin::system());
        batch.abandon_document_check(client, id, reason, self.clock.now(), stamp);
        self.database.commit(batch).await?;
        self.close_document_check(id, client, ImageFate::Destroyed).await
    }

    /// The job goes last: until then, whoever takes it up sees to the image.
    pub(super) async fn close_document_check(
        &self,
        id: &str,
        client: &str,
        image: ImageFate,
    ) -> Result<(), DocumentCheckError> {
        if image == ImageFate::Destroyed {
            self.vault.destroy(client, id).await?;
        }
        let mut batch = Batch::default();
        batch.delete_job(JobKind::DocumentCheck, id);
        match self.database.commit(batch).await {
            // The record was deleted in the meantime, and its job with it.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// What becomes of an image when its check has ended.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ImageFate {
    Stored,
    Destroyed,
}
