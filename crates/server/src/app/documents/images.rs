//! The image that was stored with a record.

use verax_domain::records::document_check::{DocumentCheckRecord, StoredImage};
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_query::Tenant;
use verax_store::StoreError;
use zeroize::Zeroizing;

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
