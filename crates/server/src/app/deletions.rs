//! Deletions of records that the vault has something of: said first, and resumed when a crash comes
//! between.

use verax_domain::Timestamp;
use verax_domain::resources;
use verax_query::{Resource, Takes, Tenant};
use verax_store::{Batch, Deletion, StoreError};

use crate::app::App;
use crate::app::journal::Origin;
use crate::app::lists::records::RecordError;
use crate::app::persons::PersonError;
use crate::vault::VaultError;

/// A deletion takes less; and no more than one node in this time resumes it.
const INTERRUPTED_AFTER_MS: i64 = 60_000;
const RESUMED_AT_ONCE: u32 = 100;

impl App {
    /// Says that the keys of a record are about to be destroyed. `subject` is whose key opens what is
    /// stored of it; none: nothing is stored.
    ///
    /// # Errors
    /// `Vault(NotHeld)` when that key is not in this node's vault: what it opens may be in another, and
    /// would stay there. `Gone` when the record is gone.
    pub(in crate::app) async fn begin_deletion(
        &self,
        resource: &'static Resource,
        client: &str,
        id: &str,
        subject: Option<&str>,
    ) -> Result<(), RecordError> {
        if let Some(subject) = subject
            && !self.vault.holds_key(client, subject).await?
            && !self.database.is_being_deleted(client, resource, id).await?
        {
            // The key goes before the record and what is said here goes with it: asked in this order.
            let tenant = Tenant::Client(client.to_owned());
            if self.find_record(resource, &tenant, id).await?.is_none() {
                return Err(RecordError::Gone);
            }
            tracing::error!(
                resource = resource.name,
                "a record is not deleted: its key is not in this vault (see `verax vault check`)"
            );
            return Err(VaultError::NotHeld.into());
        }
        let mut batch = Batch::default();
        batch.begin_deletion(resource, client, id, self.clock.now());
        Ok(self.database.commit(batch).await?)
    }

    /// Ends deletions that were interrupted. Answers how many.
    pub async fn resume_deletions(&self) -> Result<u64, RecordError> {
        let now = self.clock.now();
        let before = Timestamp(now.0.saturating_sub(INTERRUPTED_AFTER_MS));
        let (mut count, mut failed) = (0, None);
        for deletion in self.database.interrupted_deletions(before, RESUMED_AT_ONCE).await? {
            let mut batch = Batch::default();
            batch.resume_deletion(&deletion, now);
            let resumed = match self.database.commit(batch).await {
                Err(StoreError::Conflict) => continue,
                Err(error) => Err(error.into()),
                Ok(()) => self.resume_deletion(&deletion).await,
            };
            match resumed {
                Ok(()) => count += 1,
                // The others do not wait for this one.
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(count),
        }
    }

    async fn resume_deletion(&self, deletion: &Deletion) -> Result<(), RecordError> {
        let (client, id) = (deletion.client.as_str(), deletion.record.as_str());
        let resource = resources::by_name(&deletion.resource);
        let takes = resource.and_then(|it| Some((it, it.deletion.as_ref()?.takes)));
        let ended = match takes {
            Some((_, Takes::Faces)) => {
                match self.delete_person(client, id, &Origin::system()).await {
                    Ok(()) | Err(PersonError::NotFound) => Ok(()),
                    Err(PersonError::Contended) => Err(RecordError::Gone),
                    Err(PersonError::Store(error)) => Err(error.into()),
                    Err(PersonError::Vault(error)) => Err(error.into()),
                    Err(error) => Err(StoreError::Statement(error.to_string()).into()),
                }
            }
            Some((resource, Takes::FaceImage | Takes::DocumentImage | Takes::ReadDocument)) => {
                self.delete_record(resource, client, id, &Origin::system()).await
            }
            _ => Ok(()),
        };
        match ended {
            // Somebody was faster, or it is gone.
            Ok(()) | Err(RecordError::Gone) => {}
            Err(error) => return Err(error),
        }
        let mut batch = Batch::default();
        batch.end_deletion(&deletion.resource, client, id);
        Ok(self.database.commit(batch).await?)
    }
}
