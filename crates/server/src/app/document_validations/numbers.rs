//! Numbers of documents, compared without being kept in the clear for it: as HMAC-SHA-256 under a key of the
//! client's that is in the vault, and not in the database.

use std::fmt::Write as _;

use verax_domain::lifecycle::Actor;
use verax_domain::records::document_validation::DocumentValidation;
use verax_domain::stored_reading::{StoredReading, country_of};
use verax_store::NumberOf;

use super::changes::{Change, ChangeOf};
use super::{DocumentValidationError, NUMBERS};
use crate::app::App;
use crate::app::journal::Origin;

impl App {
    /// The digest of a number of this document: the same number of another state is another one.
    pub(super) async fn number_digest(
        &self,
        client: &str,
        reading: &StoredReading,
        number: &str,
    ) -> Result<String, DocumentValidationError> {
        let key = self.vault.code_key(client, NUMBERS).await?;
        let country = country_of(&reading.sides).unwrap_or_default();
        let tag = key.sign_parts(&[country.as_bytes(), number.as_bytes()]);
        let mut digest = String::new();
        for byte in tag.as_ref() {
            // Writing to a String does not fail.
            let _ = write!(digest, "{byte:02x}");
        }
        Ok(digest)
    }

    /// Whether another registration of the client has a document with this number; `None`: it is of no
    /// registration.
    pub(super) async fn is_number_of_another(
        &self,
        (client, document): (&str, &str),
        registration: Option<&str>,
        digest: &str,
    ) -> Result<Option<bool>, DocumentValidationError> {
        let Some(registration) = registration else { return Ok(None) };
        let of = NumberOf { client, registration, document, digest };
        Ok(Some(self.database.is_number_of_another(of).await?))
    }

    /// Two registrations may have one document read at the same moment. Neither sees the other's number before it
    /// is written; who looks last afterwards does.
    pub(super) async fn recheck_number(
        &self,
        validation: &DocumentValidation,
        digest: &str,
        origin: &Origin,
    ) -> Result<(), DocumentValidationError> {
        let (client, document) = (validation.client.as_str(), validation.id.as_str());
        let registration = validation.registration.as_deref();
        let is_anothers = self.is_number_of_another((client, document), registration, digest);
        if is_anothers.await? != Some(true) {
            return Ok(());
        }
        let of = ChangeOf { client, document, actor: Actor::Reviewer, origin };
        match self.change_document(of, &Change::Names).await {
            // Somebody has decided in between.
            Err(DocumentValidationError::Status(_) | DocumentValidationError::Ended) => Ok(()),
            changed => changed,
        }
    }
}
