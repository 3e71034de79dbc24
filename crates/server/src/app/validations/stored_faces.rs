//! The image of a face that was measured for a validation, kept when the operator asks for it.

use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::biometric_validation::{BiometricValidation, ValidationStatus};
use verax_query::Tenant;
use verax_store::Batch;
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::journal::Origin;
use crate::app::persons::PersonError;
use crate::vault::VaultError;

/// Where the vault has it.
pub(in crate::app) const IMAGE: &str = "picture";
/// The image has a key of its own: who was enrolled by a validation has its id, and outlives it.
/// No record is called so, as ids hold no dot.
pub(in crate::app) const SUBJECT: &str = ".face";

impl App {
    /// Encrypts the image of a validation.
    pub(in crate::app) async fn keep_face(
        &self,
        client: &str,
        validation: &str,
        image: &[u8],
    ) -> Result<(), VaultError> {
        self.vault.keep(client, &subject_of_face(validation), IMAGE, image).await
    }

    /// Destroys the image of a validation, and before it the key that opens it. There need not be
    /// one.
    pub(in crate::app) async fn destroy_face(
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
    /// `Contended` when the registration is over, or the image is being measured.
    pub async fn set_aside_validation(
        &self,
        client: &str,
        registration: &str,
        id: &str,
        origin: &Origin,
    ) -> Result<(), PersonError> {
        let now = self.clock.now();
        let tenant = Tenant::Client(client.to_owned());
        let found: Option<AppRegistration> = self.database.find(&tenant, registration).await?;
        let counted = found.filter(|found| found.validation.as_deref() == Some(id));
        let mut batch = Batch::default();
        if counted.is_some() {
            batch.set_aside_face(client, registration, id, now, self.stamp(origin));
        } else {
            let validation: Option<BiometricValidation> = self.database.find(&tenant, id).await?;
            if validation.is_some_and(|it| it.status == ValidationStatus::Pending) {
                return Err(PersonError::Contended);
            }
            batch.touch_open_registration(client, registration, now);
        }
        self.database.commit(batch).await?;
        let Some(enrolled) = counted.and_then(|it| it.person) else { return Ok(()) };
        match self.delete_person(client, &enrolled, origin).await {
            Err(PersonError::NotFound) => Ok(()),
            forgotten => forgotten,
        }
    }

    /// The image that was kept with a validation. `None` when the tenant has no such record, or it
    /// was not kept.
    pub async fn stored_face(
        &self,
        tenant: &Tenant,
        validation: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, PersonError> {
        let record: Option<BiometricValidation> = self.database.find(tenant, validation).await?;
        let Some(record) = record.filter(|record| record.image_saved) else { return Ok(None) };
        match self.vault.fetch(&record.client, &subject_of_face(validation), IMAGE).await {
            Err(VaultError::NoKey) => Ok(None),
            fetched => Ok(fetched?),
        }
    }
}

/// Whose key opens the image of a validation.
pub fn subject_of_face(validation: &str) -> String {
    format!("{validation}{SUBJECT}")
}
