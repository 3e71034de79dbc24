//! The picture of a face that was measured for a validation, kept when the operator asks for it.

use serde_json::Value;
use verax_domain::resources::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS};
use verax_query::Tenant;
use verax_store::{Batch, StoreError};
use zeroize::Zeroizing;

use super::App;
use super::idempotency::{ANSWERS, REQUESTS};
use super::persons::PersonError;
use crate::vault::VaultError;

/// Where the vault has it.
pub(super) const PICTURE: &str = "picture";
/// The picture has a key of its own: who was enrolled by a validation has its id, and outlives it.
/// No record is called so, as ids hold no dot.
const SUBJECT: &str = ".face";

/// The record that something in the vault was kept for; empty: it is the client's own.
pub fn record_of_subject(subject: &str) -> &str {
    let parts = [SUBJECT, ANSWERS, REQUESTS];
    parts.into_iter().find_map(|part| subject.strip_suffix(part)).unwrap_or(subject)
}

impl App {
    /// Seals the picture of a validation.
    pub(super) async fn keep_face(
        &self,
        client: &str,
        validation: &str,
        picture: &[u8],
    ) -> Result<(), VaultError> {
        self.vault.keep(client, &subject_of_face(validation), PICTURE, picture).await
    }

    /// Destroys the picture of a validation, and before it the key that opens it. There need not be
    /// one.
    pub(super) async fn destroy_face(
        &self,
        client: &str,
        validation: &str,
    ) -> Result<(), VaultError> {
        self.vault.destroy(client, &subject_of_face(validation)).await
    }

    /// A person begins the face check of their registration again. What was measured stays for its
    /// client to see; a passed check counts as failed from then on, and whom it enrolled is forgotten.
    ///
    /// # Errors
    /// `Store(Conflict)` when the registration is over, or the picture is being measured.
    pub async fn set_aside_validation(
        &self,
        client: &str,
        registration: &str,
        record: &Value,
    ) -> Result<(), PersonError> {
        let id = record["_id"].as_str().unwrap_or_default();
        let now = self.clock.now();
        let tenant = Tenant::Client(client.to_owned());
        let found = self.find_record(&APP_REGISTRATIONS, &tenant, registration).await?;
        let counts = found.as_ref().is_some_and(|found| found["biometricValidation"] == id);
        let enrolled = found.as_ref().and_then(|found| found["person"].as_str());
        let mut batch = Batch::default();
        if counts {
            batch.set_aside_face(client, registration, id, now);
        } else if record["status"] == "pending" {
            return Err(StoreError::Conflict.into());
        } else {
            batch.touch_open_registration(client, registration, now);
        }
        self.database.commit(batch).await?;
        let Some(enrolled) = enrolled.filter(|_| counts) else { return Ok(()) };
        match self.delete_person(client, enrolled).await {
            Err(PersonError::NotFound) => Ok(()),
            forgotten => forgotten,
        }
    }

    /// The picture that was kept with a validation. `None` when the tenant has no such record, or it
    /// was not kept.
    pub async fn kept_face(
        &self,
        tenant: &Tenant,
        validation: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, PersonError> {
        let record = self.find_record(&BIOMETRIC_VALIDATIONS, tenant, validation).await?;
        let Some(record) = record.filter(|record| record["imageSaved"] == true) else {
            return Ok(None);
        };
        let client = record["client"].as_str().unwrap_or_default();
        match self.vault.fetch(client, &subject_of_face(validation), PICTURE).await {
            Err(VaultError::NoKey) => Ok(None),
            fetched => Ok(fetched?),
        }
    }
}

/// Whose key opens the picture of a validation.
pub fn subject_of_face(validation: &str) -> String {
    format!("{validation}{SUBJECT}")
}
