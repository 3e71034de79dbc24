//! What forms make and change, and how it is saved.

use serde_json::Value;
use verax_domain::Scope;
use verax_domain::resources::{CLIENTS, PROJECT_FLOWS, PROJECTS};
use verax_domain::role::SERVER_WIDE;
use verax_pages::cell::list_href;
use verax_query::{Resource, is_id};

use crate::app::access::SANDBOX;
use crate::http::body::checked::CheckedBody;
use crate::http::body::table::BodyField;
use crate::http::console::typed_form::TypedForm;
use crate::http::console::visitor::Visitor;
use crate::http::error::ApiError;
use crate::http::project_service::bodies::{FLOW_BODY, PROJECT_BODY};
use crate::http::project_service::{self, Author, Present};
use crate::http::state::State;

/// A resource whose records forms make and change.
pub struct Edited {
    pub resource: &'static Resource,
    /// What may be said of a record: as in the API.
    pub fields: &'static [BodyField],
    /// The name of the page's title where a record is made.
    pub title_of_new: &'static str,
    /// Where people and data are sent, and what lets strangers in: whoever changes these gives the password
    /// again.
    pub asks: &'static [&'static str],
}

pub static PROJECT: Edited = Edited {
    resource: &PROJECTS,
    fields: PROJECT_BODY,
    title_of_new: "project-new",
    asks: &["demoOTP", "allowAnonymous"],
};

pub static FLOW: Edited = Edited {
    resource: &PROJECT_FLOWS,
    fields: FLOW_BODY,
    title_of_new: "flow-new",
    asks: &[
        "redirectUrl",
        "webhookUrl",
        "identityUrl",
        "webhook",
        "security.apiUrl",
        "integrations.redirectUrl",
        "integrations.webhook",
    ],
};

impl Edited {
    /// Where a record is made; a flow perhaps of this project.
    pub fn new_path(&self, project: &str) -> String {
        let path = format!("{}/-/new", list_href(self.resource));
        match project {
            "" => path,
            project => format!("{path}?project={project}"),
        }
    }

    /// Whether a form shows this member to a visitor.
    pub fn shows(&self, visitor: &Visitor, name: &str) -> bool {
        match name {
            // A flow has a form of its own.
            "projectFlow" | "projectFlowType" => false,
            "demoOTP" => visitor.caller().is_ok_and(|caller| caller.mode() == SANDBOX),
            "webhookUrl" => visitor.has(Scope::WriteWebhooks),
            _ => true,
        }
    }

    /// Whether a visitor says whose a new record is: a flow is of its project's client.
    pub fn asks_client(&self, visitor: &Visitor) -> bool {
        visitor.is_of_all() && self.resource.name == PROJECTS.name
    }

    /// The client of a record that is made. `None`: what was typed names nobody.
    pub async fn client_of_new(
        &self,
        state: &State,
        visitor: &Visitor,
        values: &TypedForm<'_>,
    ) -> Result<Option<String>, ApiError> {
        let caller = visitor.caller()?;
        if !visitor.is_of_all() {
            return Ok(Some(caller.client().to_owned()));
        }
        let (name, resource, client) = match self.asks_client(visitor) {
            true => ("client", &CLIENTS, "_id"),
            false => ("project", &PROJECTS, "client"),
        };
        let id = values.get(name).map(str::trim).filter(|id| is_id(id));
        let Some(id) = id.filter(|id| *id != SERVER_WIDE) else { return Ok(None) };
        let found = state.app.find_record(resource, &caller.tenant(), id).await?;
        let client = found.as_ref().and_then(|it| it.get(client)).and_then(Value::as_str);
        Ok(client.map(str::to_owned))
    }

    /// Makes a record, or changes the one that is there; its id.
    ///
    /// # Errors
    /// Those of the call of the API that does the same.
    pub async fn save(
        &self,
        state: &State,
        author: &Author<'_>,
        present: Option<Present<'_>>,
        sent: CheckedBody,
    ) -> Result<String, ApiError> {
        let is_project = self.resource.name == PROJECTS.name;
        Ok(match (is_project, present) {
            (true, None) => project_service::create_project(state, author, sent).await?.done.id,
            (true, Some(present)) => {
                project_service::change_project(state, author, present, sent).await?.done.id
            }
            (false, None) => project_service::create_flow(state, author, sent).await?.id,
            (false, Some(present)) => {
                project_service::change_flow(state, author, present, sent).await?.id
            }
        })
    }
}
