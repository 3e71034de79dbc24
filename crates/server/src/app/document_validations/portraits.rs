//! The portrait on a document: kept as a template for as long as the record is there, and compared with the
//! face of its registration.

use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::document_validation::DocumentValidation;
use verax_domain::records::project_flow::ProjectFlow;
use verax_query::Tenant;
use verax_vision::faces::Template;

use super::{DocumentValidationError, PORTRAIT};
use crate::app::App;
use crate::app::persons::PersonError;
use crate::vault::VaultError;

impl App {
    /// The template of the portrait on a document of this client, where the models that are loaded have
    /// made it.
    pub(in crate::app) async fn stored_portrait(
        &self,
        client: &str,
        document: &str,
    ) -> Result<Option<Template>, DocumentValidationError> {
        let Some(kept) = self.database.kept_reading(client, document).await? else {
            return Ok(None);
        };
        let model = self.faces.template_model().ok();
        if kept.portrait_model.is_none() || kept.portrait_model.as_deref() != model {
            return Ok(None);
        }
        match self.vault.fetch(client, document, PORTRAIT).await {
            Ok(bytes) => Ok(bytes.and_then(|bytes| Template::from_bytes(&bytes))),
            Err(VaultError::NoKey) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the template of a portrait. Answers what it was made by, if it could be kept.
    pub(super) async fn keep_portrait(
        &self,
        (client, document): (&str, &str),
        portrait: &Template,
    ) -> Result<Option<String>, DocumentValidationError> {
        let Ok(model) = self.faces.template_model() else { return Ok(None) };
        let model = model.to_owned();
        self.vault.keep(client, document, PORTRAIT, &portrait.to_bytes()).await?;
        Ok(Some(model))
    }

    /// Whether a portrait shows the person whose face was enrolled for the registration; `None`: nobody was,
    /// or not with the models of now.
    pub(super) async fn shows_person(
        &self,
        registration: &AppRegistration,
        flow: &ProjectFlow,
        portrait: &Template,
    ) -> Result<Option<bool>, DocumentValidationError> {
        let Some(person) = &registration.person else { return Ok(None) };
        match self.match_person(&registration.client, person, portrait).await {
            Ok(score) => Ok(score.map(|score| score >= flow.face_policy().match_score_min)),
            Err(PersonError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The document of a registration, if one was read and its portrait can be compared.
    pub(in crate::app) async fn portrait_of_registration(
        &self,
        registration: &AppRegistration,
    ) -> Result<Option<(DocumentValidation, Template)>, DocumentValidationError> {
        let Some(document) = &registration.document else { return Ok(None) };
        let tenant = Tenant::Client(registration.client.clone());
        let record: Option<DocumentValidation> = self.database.find(&tenant, document).await?;
        let Some(record) = record else { return Ok(None) };
        let portrait = self.stored_portrait(&registration.client, document).await?;
        Ok(portrait.map(|portrait| (record, portrait)))
    }
}
