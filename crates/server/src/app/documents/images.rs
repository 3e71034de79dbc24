//! The image that was kept with a record, and where on it the checks found what they name.

use std::sync::Arc;

use verax_domain::records::document_check::{DocumentCheckRecord, StoredImage};
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_query::Tenant;
use verax_store::StoreError;
use verax_vision::document::{DocumentEngine, DocumentRequest, EvidenceMap, evidence};
use verax_vision::workers::Permit;
use zeroize::Zeroizing;

use super::measurement::{find, inspect};
use super::{DocumentCheckError, IMAGE};
use crate::app::App;
use crate::vault::VaultError;

impl App {
    pub(super) async fn saves_image(&self, id: &str, client: &str) -> Result<bool, StoreError> {
        let record = self.document_record(&Tenant::Client(client.to_owned()), id).await?;
        Ok(record.is_some_and(|record| record.image != StoredImage::NotStored))
    }

    pub(super) async fn document_record(
        &self,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<DocumentCheckRecord>, StoreError> {
        self.database.find(tenant, id).await
    }

    /// Looks at a kept image again and answers where the checks that were made found what they
    /// name. `None` when the tenant has no such record, or its image was not stored.
    pub async fn document_evidence(
        &self,
        tenant: &Tenant,
        id: &str,
        (permit, engine): (Permit, Arc<DocumentEngine>),
    ) -> Result<Option<Vec<EvidenceMap>>, DocumentCheckError> {
        let Some(record) = self.document_record(tenant, id).await? else { return Ok(None) };
        let Some((_, image)) = self.stored_image(id).await? else { return Ok(None) };
        let request = DocumentRequest { checks: record.made, ..DocumentRequest::ALL };
        let faces = self.faces.engine();
        let maps = inspect(
            permit,
            image.to_vec(),
            self.config.now().images.decode_limits(),
            move |bytes, image| {
                evidence(&find(&engine, faces.as_deref(), bytes, image, request), image)
            },
        );
        Ok(Some(maps.await.ok_or(DocumentCheckError::Stopped)??))
    }

    /// The image that was kept with a record, and whose it is; nothing when there is none.
    pub async fn stored_image(
        &self,
        id: &str,
    ) -> Result<Option<(String, Zeroizing<Vec<u8>>)>, DocumentCheckError> {
        let mut owners = self.database.owners(&DOCUMENT_LIVENESS, vec![id.to_owned()]).await?;
        let Some(client) = owners.remove(id) else { return Ok(None) };
        // While it is checked, an image that was not asked to be kept is nobody's to see.
        if !self.saves_image(id, &client).await? {
            return Ok(None);
        }
        match self.vault.fetch(&client, id, IMAGE).await {
            Ok(image) => Ok(image.map(|image| (client, image))),
            Err(VaultError::NoKey) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
