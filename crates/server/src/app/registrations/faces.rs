//! Whether the face of a registration is the one on its document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verax_domain::Timestamp;
use verax_domain::face_call::MatchCheck;
use verax_domain::lifecycle::Actor;
use verax_domain::records::app_registration::{AppRegistration, FaceComparison, FacePlace};
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::resources::{BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, DOCUMENT_VALIDATIONS};
use verax_query::{Resource, Tenant};
use verax_store::{Batch, KeptComparison, StoreError};
use verax_vision::faces::{MATCH, Template, Wanted};

use crate::app::App;
use crate::app::document_validations::DocumentValidationError;
use crate::app::document_validations::changes::{Change, ChangeOf};
use crate::app::documents::DocumentCheckError;
use crate::app::faces::{AnalysisError, FoundFace, SentImage};
use crate::app::journal::Origin;
use crate::app::persons::PersonError;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

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
    ReadDocument(#[from] DocumentValidationError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Compares the face with which the registration's person was enrolled with the largest face on
    /// its newest document. The limit is the flow's. The result is kept while the registration is open.
    pub async fn compare_registration(
        &self,
        client: &str,
        registration: &str,
        origin: &Origin,
    ) -> Result<FaceComparison, RegistrationFaceError> {
        let tenant = Tenant::Client(client.to_owned());
        let found: Option<AppRegistration> = self.database.find(&tenant, registration).await?;
        let found = found.ok_or(RegistrationFaceError::NoRegistration)?;
        let person = found.person.clone().ok_or(RegistrationFaceError::NoFace)?;
        let read = self.portrait_of_registration(&found).await?;
        let (read, portrait, document) = match read {
            Some((document, portrait)) => {
                let place = self.place_on_read_document(&tenant, &document.id).await?;
                (Some(document.id), portrait, place)
            }
            None => {
                let (portrait, place) = self.portrait_on_image(&tenant, &found).await?;
                (None, portrait, Some(place))
            }
        };
        let score = match self.match_person(client, &person, &portrait).await {
            // Deleted since, or enrolled with a model that is not here any more.
            Err(PersonError::NotFound) | Ok(None) => return Err(RegistrationFaceError::NoFace),
            Ok(Some(score)) => score,
            Err(error) => return Err(error.into()),
        };
        let flow = found.flow.as_deref().unwrap_or_default();
        let flow: ProjectFlow = self.database.find(&tenant, flow).await?.unwrap_or_default();
        let check = MatchCheck { score, min_score: flow.face_policy().match_score_min };
        if let Some(document) = &read {
            self.note_portrait(client, document, check.passed(), origin).await?;
        }
        let now = self.clock.now();
        let days = i64::from(self.config.now().validations.comparison_days);
        let comparison = FaceComparison {
            check,
            at: now,
            model: self.faces.template_model()?.to_owned(),
            scale: &MATCH.version,
            selfie: self.place_of_selfie(&tenant, &found).await?,
            document,
        };
        let kept = KeptComparison {
            client,
            registration,
            person: &person,
            comparison: &comparison.to_json().to_string(),
            until: Timestamp(now.0.saturating_add(days * DAY_MS)),
        };
        let mut batch = Batch::default();
        batch.keep_comparison(&kept, now, self.stamp(origin));
        self.database.commit(batch).await?;
        Ok(comparison)
    }

    /// The portrait on the stored image of a registration's document, and where it stands.
    async fn portrait_on_image(
        &self,
        tenant: &Tenant,
        registration: &AppRegistration,
    ) -> Result<(Template, FacePlace), RegistrationFaceError> {
        let document = self.document_with_image(tenant, registration).await?;
        let document = document.ok_or(RegistrationFaceError::NoDocument)?;
        let resource = match registration.document.as_deref() == Some(document.as_str()) {
            true => &DOCUMENT_VALIDATIONS,
            false => &DOCUMENT_LIVENESS,
        };
        let faces = self.faces_on_document(tenant, &document, Wanted::Yes).await?;
        let portrait = faces.into_iter().find_map(|mut face| {
            let template = face.template.take()?;
            Some((template, place(&face, resource, &document)))
        });
        portrait.ok_or(RegistrationFaceError::NoPortrait)
    }

    /// Where the portrait of a document that was read stands on its stored image: the largest face, whose
    /// template is the one that was kept.
    async fn place_on_read_document(
        &self,
        tenant: &Tenant,
        document: &str,
    ) -> Result<Option<FacePlace>, RegistrationFaceError> {
        match self.faces_on_document(tenant, document, Wanted::Yes).await {
            Ok(faces) => {
                // Without a template it was another face that was kept, of the back.
                let portrait = faces.first().filter(|face| face.template.is_some());
                Ok(portrait.map(|face| place(face, &DOCUMENT_VALIDATIONS, document)))
            }
            Err(RegistrationFaceError::NoDocument | RegistrationFaceError::Measure(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where the face stands on the image that passed the registration's face check.
    async fn place_of_selfie(
        &self,
        tenant: &Tenant,
        registration: &AppRegistration,
    ) -> Result<Option<FacePlace>, RegistrationFaceError> {
        let Some(validation) = &registration.validation else { return Ok(None) };
        let Some(bytes) = self.stored_face(tenant, validation).await? else { return Ok(None) };
        let image =
            SentImage { parameter: "selfie".to_owned(), base64: STANDARD.encode(&*bytes).into() };
        // What cannot be looked at now was compared all the same.
        let faces = self.detect_faces(image, Wanted::No).await.unwrap_or_default();
        Ok(faces.first().map(|face| place(face, &BIOMETRIC_VALIDATIONS, validation)))
    }

    /// The document is judged again, now that a face was compared with its portrait.
    async fn note_portrait(
        &self,
        client: &str,
        document: &str,
        shows: bool,
        origin: &Origin,
    ) -> Result<(), RegistrationFaceError> {
        let of = ChangeOf { client, document, actor: Actor::Reviewer, origin };
        match self.change_document(of, &Change::Portrait(shows)).await {
            // It was rejected, or is being read: its back will be judged with the face.
            Err(DocumentValidationError::Status(_) | DocumentValidationError::NotFound) => Ok(()),
            done => Ok(done?),
        }
    }

    /// After a face was enrolled: it is compared with the document that was read before, if one was.
    pub(in crate::app) async fn compare_enrolled(
        &self,
        client: &str,
        registration: &str,
        origin: &Origin,
    ) -> Result<(), RegistrationFaceError> {
        let tenant = Tenant::Client(client.to_owned());
        let found: Option<AppRegistration> = self.database.find(&tenant, registration).await?;
        let Some(found) = found.filter(|it| it.document.is_some()) else { return Ok(()) };
        if self.portrait_of_registration(&found).await?.is_none() {
            return Ok(());
        }
        self.compare_registration(client, registration, origin).await.map(drop)
    }
}

fn place(found: &FoundFace, resource: &'static Resource, record: &str) -> FacePlace {
    let (width_px, height_px) = found.image_px;
    let record = record.to_owned();
    FacePlace { resource: resource.name, record, width_px, height_px, face: found.face }
}
