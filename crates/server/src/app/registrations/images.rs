//! The images of a person who registers: the face that was taken, and the one on the document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verax_domain::document_reading::DocumentSide;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::document_check::{self, StoredImage};
use verax_domain::records::document_validation::DocumentValidation;
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_query::{Query, Tenant};
use verax_store::StoreError;
use verax_vision::faces::Wanted;
use zeroize::Zeroizing;

use super::faces::RegistrationFaceError;
use crate::app::App;
use crate::app::faces::{FoundFace, SentImage};

/// Which image of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// The one that passed the face check.
    Taken,
    /// The largest on the newest document whose image was stored.
    OnDocument,
}

/// An image of a person that is stored.
pub struct IdentityImage {
    /// Of the check whose image it is.
    pub id: String,
    pub face: Face,
    pub bytes: Zeroizing<Vec<u8>>,
}

impl Face {
    pub const ALL: [Face; 2] = [Face::Taken, Face::OnDocument];

    /// The protocol's word.
    pub fn word(self) -> &'static str {
        match self {
            Face::Taken => "face",
            Face::OnDocument => "documentFace",
        }
    }
}

impl App {
    /// The image of a registration's person, as far as it is stored and a face can be seen on it.
    pub async fn image_of_registration(
        &self,
        registration: &AppRegistration,
        face: Face,
    ) -> Result<Option<IdentityImage>, RegistrationFaceError> {
        let tenant = Tenant::Client(registration.client.clone());
        match face {
            Face::Taken => match &registration.validation {
                Some(validation) => self.taken_face(&tenant, validation).await,
                None => Ok(None),
            },
            Face::OnDocument => match self.document_with_image(&tenant, registration).await? {
                Some(document) => self.document_face(&tenant, &document).await,
                None => Ok(None),
            },
        }
    }

    /// The image that a check of the tenant has stored: a face check, or a document check of a
    /// registration.
    pub async fn identity_image(
        &self,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<IdentityImage>, RegistrationFaceError> {
        match self.taken_face(tenant, id).await? {
            Some(image) => Ok(Some(image)),
            None => self.document_face(tenant, id).await,
        }
    }

    /// The document that was read for a registration, or else the newest that was checked for it, whose image
    /// was stored.
    pub(super) async fn document_with_image(
        &self,
        tenant: &Tenant,
        registration: &AppRegistration,
    ) -> Result<Option<String>, StoreError> {
        if let Some(document) = &registration.document {
            let read: Option<DocumentValidation> = self.database.find(tenant, document).await?;
            if let Some(read) = read.filter(|it| it.image == StoredImage::Here) {
                return Ok(Some(read.id));
            }
        }
        self.newest_document(tenant, &registration.id).await
    }

    /// The newest document of a registration whose image was stored.
    async fn newest_document(
        &self,
        tenant: &Tenant,
        registration: &str,
    ) -> Result<Option<String>, StoreError> {
        let newest = Query::of(&DOCUMENT_LIVENESS)
            .equal(document_check::REGISTRATION, registration)
            .equal(document_check::STATUS, document_check::COMPLETED)
            .equal(document_check::IMAGE_SAVED, &true);
        self.database.first_id(newest, tenant).await
    }

    /// The faces on the stored image of a document of this tenant, the largest first.
    pub(super) async fn faces_on_document(
        &self,
        tenant: &Tenant,
        document: &str,
        template: Wanted,
    ) -> Result<Vec<FoundFace>, RegistrationFaceError> {
        let stored = match self.stored_image(document).await? {
            Some(stored) => Some(stored),
            None => self.read_document_image(document, DocumentSide::Front).await?,
        };
        let own = stored.filter(|(client, _)| match tenant {
            Tenant::All => true,
            Tenant::Client(own) => own == client,
        });
        let (_, image) = own.ok_or(RegistrationFaceError::NoDocument)?;
        let image =
            SentImage { parameter: "document".to_owned(), base64: STANDARD.encode(&*image).into() };
        Ok(self.detect_faces(image, template).await?)
    }

    async fn taken_face(
        &self,
        tenant: &Tenant,
        validation: &str,
    ) -> Result<Option<IdentityImage>, RegistrationFaceError> {
        let image = self.stored_face(tenant, validation).await?;
        let id = validation.to_owned();
        Ok(image.map(|bytes| IdentityImage { id, face: Face::Taken, bytes }))
    }

    async fn document_face(
        &self,
        tenant: &Tenant,
        document: &str,
    ) -> Result<Option<IdentityImage>, RegistrationFaceError> {
        match self.faces_on_document(tenant, document, Wanted::No).await {
            Ok(found) => Ok(found.into_iter().next().map(|found| IdentityImage {
                id: document.to_owned(),
                face: Face::OnDocument,
                bytes: Zeroizing::new(found.thumbnail),
            })),
            // Not stored, or nobody can look for a face on it now.
            Err(RegistrationFaceError::NoDocument | RegistrationFaceError::Measure(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
