//! Why a document is not checked.

use crate::app::documents::DocumentCheckError;
use crate::http::error::{ApiError, conflict};

impl From<DocumentCheckError> for ApiError {
    fn from(error: DocumentCheckError) -> ApiError {
        match error {
            // The work has logged its error itself.
            DocumentCheckError::Store(error) => ApiError::from(error).logged(),
            DocumentCheckError::Image(error) => ApiError::image(&error),
            DocumentCheckError::Vault(error) => error.into(),
            DocumentCheckError::RegistrationOver => {
                conflict("registration_is_over", "The registration is over.")
            }
            DocumentCheckError::ChecksLimit(max) => conflict(
                "document_checks_limit",
                &format!("The device of a registration begins {max} document checks at most."),
            ),
            DocumentCheckError::ImagesLimit(max) => conflict(
                "saved_images_limit",
                &format!("The device of a registration keeps {max} images at most."),
            ),
            DocumentCheckError::Ended | DocumentCheckError::Stopped => ApiError::internal(),
        }
    }
}
