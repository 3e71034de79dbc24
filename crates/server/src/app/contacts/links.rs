//! What the page of a link says.

use verax_domain::records::contact_validation::{Channel, Method};
use verax_domain::records::project::Project;
use verax_query::Tenant;
use verax_store::StoreError;

use crate::app::App;

/// What a link confirms, and for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkView {
    /// The name of the project.
    pub project: String,
    /// Whether it is the contact of a registration, which somebody else may have begun.
    pub is_registration: bool,
    /// Of the email; empty: it was asked for in none.
    pub language: String,
}

impl App {
    /// What the link of this validation confirms; `None`: it is no link, or no code of it is taken any more.
    pub async fn link_view(&self, id: &str) -> Result<Option<LinkView>, StoreError> {
        let found = self.find_contact_anywhere(Channel::Email, id).await?;
        let now = self.clock.now();
        let found = found.filter(|it| it.method == Method::Link && it.is_open_at(now));
        let Some(validation) = found else { return Ok(None) };
        let tenant = Tenant::Client(validation.client);
        let project = validation.project.as_deref().unwrap_or_default();
        let project: Option<Project> = self.database.find(&tenant, project).await?;
        Ok(Some(LinkView {
            project: project.and_then(|project| project.name).unwrap_or_default(),
            is_registration: validation.registration.is_some(),
            language: validation.language.unwrap_or_default(),
        }))
    }
}
