//! Who has looked at images: written down before the first byte of one is sent.

use verax_domain::events::Entry;
use verax_domain::records::access::Seen;
use verax_store::{Batch, StoreError};

use super::App;
use super::journal::Origin;

impl App {
    /// Writes down that somebody looks at this. `purpose`: what for, where that is known. Whether there is
    /// such a record.
    pub async fn note_access(
        &self,
        seen: Seen<'_>,
        purpose: Option<&str>,
        origin: &Origin,
    ) -> Result<bool, StoreError> {
        let owners = self.database.owners(seen.resource, vec![seen.record.to_owned()]).await?;
        let Some(client) = owners.get(seen.record) else { return Ok(false) };
        let now = self.clock.now();
        let access = seen.access(client, purpose, &self.stamp(origin), now);
        let mut batch = Batch::default();
        batch.insert_record(&access, now, Entry::quiet("an access is no change of a record"));
        self.database.commit(batch).await?;
        Ok(true)
    }
}
