//! How far the registrations of a project have come.

use verax_query::Tenant;
use verax_store::StoreError;
pub use verax_store::{LabelCount, RegistrationFunnel};

use crate::app::App;

impl App {
    /// The statistics of the registrations of a project, or of all projects.
    pub async fn registration_funnel(
        &self,
        tenant: &Tenant,
        project: Option<&str>,
    ) -> Result<RegistrationFunnel, StoreError> {
        self.database.registration_funnel(tenant, project).await
    }
}
