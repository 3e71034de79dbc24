//! Whether the face of a registration is the one on its document.

use verax_domain::Timestamp;
use verax_domain::face_call::MatchCheck;
use verax_domain::lifecycle::Actor;
use verax_domain::records::app_registration::{AppRegistration, FaceComparison};
use verax_domain::records::project_flow::ProjectFlow;
use verax_query::Tenant;
use verax_store::{Batch, KeptComparison, StoreError};
use verax_vision::faces::{Template, Wanted};

use crate::app::App;
use crate::app::document_validations::DocumentValidationError;
use crate::app::document_validations::changes::{Change, ChangeOf};
use crate::app::documents::DocumentCheckError;
use crate::app::faces::AnalysisError;
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
        let (read, portrait) = match read {
            Some((document, portrait)) => (Some(document.id), portrait),
            None => (None, self.portrait_on_image(&tenant, &found).await?),
        };
        let score = match self.match_person(client, &person, &portrait).await {
            // Deleted since, or enrolled with a model that is not here any more.
            Err(PersonError::NotFound) | Ok(None) => return Err(RegistrationFaceError::NoFace),
            Ok(Some(score)) => score,
            Err(error) => return Err(error.into()),
        };
        let flow = found.flow.unwrap_or_default();
        let flow: ProjectFlow = self.database.find(&tenant, &flow).await?.unwrap_or_default();
        let check = MatchCheck { score, min_score: flow.face_policy().match_score_min };
        if let Some(document) = &read {
            self.note_portrait(client, document, check.passed(), origin).await?;
        }
        let now = self.clock.now();
        let days = i64::from(self.config.now().validations.comparison_days);
        let comparison = FaceComparison { check, at: now };
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

    /// The portrait on the stored image of a registration's document.
    async fn portrait_on_image(
        &self,
        tenant: &Tenant,
        registration: &AppRegistration,
    ) -> Result<Template, RegistrationFaceError> {
        let document = self.document_with_image(tenant, registration).await?;
        let document = document.ok_or(RegistrationFaceError::NoDocument)?;
        let faces = self.faces_on_document(tenant, &document, Wanted::Yes).await?;
        let portrait = faces.into_iter().find_map(|face| face.template);
        portrait.ok_or(RegistrationFaceError::NoPortrait)
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
