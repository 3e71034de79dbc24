//! What deliveries are signed with: an endpoint's secrets follow from a key of its own in the vault, a
//! client's signing key from another. Nothing of them is in the database.

use std::sync::Arc;

use verax_domain::Timestamp;
use verax_store::{Batch, Endpoint};
use zeroize::Zeroizing;

use super::errors::WebhookError;
use super::signers::Signer;
use crate::app::App;
use crate::app::journal::Origin;
use crate::mac_key::MacKey;
use crate::vault::VaultError;
use crate::webhook_signature::{Secret, SigningKey};

/// Behind the id of an endpoint: the subject of its key in the vault.
pub const SUBJECT: &str = ".webhook";

/// The subject of an endpoint's key.
pub fn subject_of(webhook: &str) -> String {
    format!("{webhook}{SUBJECT}")
}

impl App {
    /// What signs deliveries to an endpoint now.
    pub async fn signer(&self, endpoint: &Endpoint) -> Result<Arc<Signer>, VaultError> {
        let overlaps = endpoint.old_secret_until.is_some_and(|until| until > self.clock.now());
        let (client, id, number) = (&endpoint.client, &endpoint.id, endpoint.secret_number);
        let key = (client.clone(), id.clone(), number, overlaps);
        if let Some(signer) = self.signers.recall(&key) {
            return Ok(signer);
        }
        // It was made with the endpoint: where it is not there, the endpoint is gone, or this is not its vault.
        if endpoint.is_made() && !self.vault.holds_key(client, &subject_of(id)).await? {
            return Err(VaultError::NoKey);
        }
        let mac = self.secret_key(endpoint).await?;
        let numbers = std::iter::once(number).chain(overlaps.then_some(number - 1));
        let secrets = numbers.map(|number| secret_of(&mac, number)).collect();
        let signer = Arc::new(Signer { secrets, key: self.webhook_key(client).await? });
        self.signers.remember(key, &signer);
        Ok(signer)
    }

    /// The key that signs all deliveries of a client, for whoever verifies without a secret.
    pub async fn webhook_key(&self, client: &str) -> Result<SigningKey, VaultError> {
        let mac = self.vault.code_key(client, SUBJECT).await?;
        let tag = mac.sign(b"ed25519");
        let mut seed = Zeroizing::new([0; 32]);
        seed.copy_from_slice(tag.as_ref());
        Ok(SigningKey::from_seed(&seed))
    }

    /// The same, for anybody who asks: of a client that has made a webhook.
    pub async fn published_webhook_key(
        &self,
        client: &str,
    ) -> Result<Option<SigningKey>, WebhookError> {
        // A key is made when it is asked for the first time, which is not a stranger's to do.
        match self.database.has_endpoints(client).await? {
            true => Ok(Some(self.webhook_key(client).await?)),
            false => Ok(None),
        }
    }

    /// What signs for a client where there is no endpoint.
    pub(super) async fn signer_of_client(&self, client: &str) -> Result<Signer, VaultError> {
        Ok(Signer { secrets: Vec::new(), key: self.webhook_key(client).await? })
    }

    /// The secret that counts, and that somebody is shown it.
    pub async fn show_webhook_secret(
        &self,
        client: &str,
        id: &str,
        origin: &Origin,
    ) -> Result<Secret, WebhookError> {
        let endpoint = self.endpoint(client, id).await?;
        let secret = self.webhook_secret(&endpoint).await?;
        let mut batch = Batch::default();
        batch.show_secret(&endpoint, self.clock.now(), self.stamp(origin));
        self.database.commit(batch).await?;
        Ok(secret)
    }

    /// The secret that counts, for whoever has just made it.
    pub async fn webhook_secret(&self, endpoint: &Endpoint) -> Result<Secret, VaultError> {
        Ok(secret_of(&self.secret_key(endpoint).await?, endpoint.secret_number))
    }

    /// What an endpoint's secrets follow from. One that was made by hand has a key of its own, which goes with
    /// it. Those that flows and validations name come and go by statements: theirs follow from the client's.
    async fn secret_key(&self, endpoint: &Endpoint) -> Result<MacKey, VaultError> {
        let (client, id) = (&endpoint.client, &endpoint.id);
        match endpoint.is_made() {
            true => self.vault.code_key(client, &subject_of(id)).await,
            false => Ok(self.vault.code_key(client, SUBJECT).await?.derive(id)),
        }
    }

    /// A new secret; the one before it counts for so many hours more.
    pub async fn rotate_webhook_secret(
        &self,
        client: &str,
        id: &str,
        overlap_hours: i64,
        origin: &Origin,
    ) -> Result<Secret, WebhookError> {
        let endpoint = self.endpoint(client, id).await?;
        let now = self.clock.now();
        // Three secrets would be too many to know, and the first was promised to count for so long.
        if overlap_hours > 0 && endpoint.old_secret_until.is_some_and(|until| until > now) {
            return Err(WebhookError::Rotating);
        }
        let until = Timestamp(now.0.saturating_add(overlap_hours * 60 * 60 * 1000));
        let mut batch = Batch::default();
        batch.rotate_secret(&endpoint, until, now, self.stamp(origin));
        self.database.commit(batch).await?;
        Ok(self.webhook_secret(&self.endpoint(client, id).await?).await?)
    }
}

fn secret_of(mac: &MacKey, number: i64) -> Secret {
    Secret::from_bytes(mac.sign(format!("secret {number}").as_bytes()).as_ref())
}
