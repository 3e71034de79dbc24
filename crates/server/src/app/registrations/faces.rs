//! Whether the face of a registration is the one on its document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verax_domain::face_call::MatchCheck;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::document_check;
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_query::{Query, Tenant};
use verax_store::StoreError;
use verax_vision::faces::Wanted;

use crate::app::App;
use crate::app::documents::DocumentCheckError;
use crate::app::faces::{AnalysisError, SentImage};
use crate::app::persons::PersonError;

/// Why the two faces were not compared.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationFaceError {
    #[error("there is no such registration")]
    NoRegistration,
    #[error("the registration has no face")]
    NoFace,
    #[error("the registration has no document whose image was stored")]
    NoDocument,
    #[error("the document shows no face that can be measured")]
    NoPortrait,
    #[error(transparent)]
    Measure(#[from] AnalysisError),
    #[error(transparent)]
    Persons(#[from] PersonError),
    #[error(transparent)]
    Document(#[from] DocumentCheckError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Compares the face with which the registration's person was enrolled with the largest face on
    /// its newest document. The limit is the flow's.
    pub async fn compare_registration(
        &self,
        client: &str,
        registration: &str,
    ) -> Result<MatchCheck, RegistrationFaceError> {
        let tenant = Tenant::Client(client.to_owned());
        let found: Option<AppRegistration> = self.database.find(&tenant, registration).await?;
        let found = found.ok_or(RegistrationFaceError::NoRegistration)?;
        let person = found.person.ok_or(RegistrationFaceError::NoFace)?;
        let newest = Query::of(&DOCUMENT_LIVENESS)
            .equal(document_check::REGISTRATION, registration)
            .equal(document_check::STATUS, document_check::COMPLETED)
            .equal(document_check::IMAGE_SAVED, &true);
        let document = self.database.first_id(newest, &tenant).await?;
        let document = document.ok_or(RegistrationFaceError::NoDocument)?;
        let image = self.stored_image(&document).await?;
        let (_, image) = image.ok_or(RegistrationFaceError::NoDocument)?;
        let image =
            SentImage { parameter: "document".to_owned(), base64: STANDARD.encode(&*image).into() };
        let faces = self.detect_faces(image, Wanted::Yes).await?;
        let portrait = faces.into_iter().find_map(|face| face.template);
        let portrait = portrait.ok_or(RegistrationFaceError::NoPortrait)?;
        let score = match self.match_person(client, &person, &portrait).await {
            // Deleted since, or enrolled with a model that is not here any more.
            Err(PersonError::NotFound) | Ok(None) => return Err(RegistrationFaceError::NoFace),
            Ok(Some(score)) => score,
            Err(error) => return Err(error.into()),
        };
        let flow = found.flow.unwrap_or_default();
        let flow: ProjectFlow = self.database.find(&tenant, &flow).await?.unwrap_or_default();
        Ok(MatchCheck { score, min_score: flow.face_policy().match_score_min })
    }
}
