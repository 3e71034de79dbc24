//! What the capture pages need of a project, also without a token where the project allows it.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::capture_page::{flow_of_type, flow_view, project_view};
use verax_domain::records::{Values, project};
use verax_domain::resources::PROJECTS;
use verax_query::{Audience, Tenant, is_id};

use crate::app::access::Bearer;
use crate::http::answers::json as json_response;
use crate::http::error::{ApiError, access_denied, anonymous_rejected, project_not_found};
use crate::http::error_codes::MISSING_PARAMETER;
use crate::http::layers::authorize::MaybeBearer;
use crate::http::query_string::value_of;
use crate::http::state::State;

/// The flow that pages go through when they do not say which.
const ONBOARDING: &str = "onboarding";

/// `GET /v2/projects/kyc?id=`: what the capture pages need of a project and its flows. Without a
/// token only where the project allows it; who may not see it does not learn whether it is there.
pub async fn kyc(
    Extract(state): Extract<State>,
    MaybeBearer(bearer): MaybeBearer,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let raw = raw.unwrap_or_default();
    let id = value_of(&raw, "id").filter(|id| is_id(id));
    let tenant = match &bearer {
        None => Tenant::All,
        Some(bearer) => Tenant::Client(bearer.client().to_owned()),
    };
    let Some(id) = id else {
        return Err(match bearer {
            None => anonymous_rejected(),
            Some(_) => ApiError::new(&MISSING_PARAMETER, "\"id\" is required"),
        });
    };
    let shown = state.app.find_record(&PROJECTS, &tenant, id).await?;
    let project = shown.map(|shown| (Values::of_shown(&PROJECTS, &shown), shown));
    let (project, shown) = match (project, &bearer) {
        (Some(project), Some(_)) => project,
        (Some(it), None) if it.0.flag(project::ALLOW_ANONYMOUS) == Some(true) => it,
        (_, None) => return Err(anonymous_rejected()),
        (None, Some(Bearer::Caller(_))) => return Err(project_not_found()),
        (None, Some(Bearer::RecordToken(_))) => return Err(access_denied()),
    };
    let owner = project.text(project::CLIENT).unwrap_or_default();
    let flows = state.app.flows_of_project(&owner, id).await?;
    let audience = match bearer {
        Some(Bearer::Caller(_)) => Audience::Client,
        Some(Bearer::RecordToken(_)) | None => Audience::Device,
    };
    let kind = value_of(&raw, "type").unwrap_or(ONBOARDING);
    let view = |flow: &Value| flow_view(flow, audience);
    let mut seen = project_view(&shown);
    seen.insert("projectFlow".to_owned(), flow_of_type(&flows, kind).map(view).into());
    seen.insert("projectFlows".to_owned(), flows.iter().map(view).collect());
    Ok(json_response(json!({ "success": true, "data": seen }).to_string().into_bytes()))
}
