//! What the capture pages need of a project, also without a token where the project allows it.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::records::{Values, project, project_flow};
use verax_domain::resources::{PROJECT_FLOWS, PROJECTS};
use verax_query::{Query, Tenant, is_id};

use crate::app::access::Bearer;
use crate::http::answers::json as json_response;
use crate::http::error::{ApiError, access_denied, anonymous_rejected, project_not_found};
use crate::http::error_codes::MISSING_PARAMETER;
use crate::http::layers::authorize::MaybeBearer;
use crate::http::query_string::value_of;
use crate::http::state::State;

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
    let fields = PROJECT_FLOWS.fields.iter().filter(|field| KYC_FLOW.contains(&field.name));
    let query = Query::of(&PROJECT_FLOWS)
        .equal(project_flow::PROJECT, id)
        .oldest_first()
        .at_most(100)
        .showing(&fields.collect::<Vec<_>>());
    let owner = Tenant::Client(project.text(project::CLIENT).unwrap_or_default());
    let flows = state.app.page(&query, &owner).await?;
    let mut flows: Vec<Value> =
        serde_json::from_slice(&[b"[", &flows.rows[..], b"]"].concat()).unwrap_or_default();
    if !matches!(bearer, Some(Bearer::Caller(_))) {
        flows.iter_mut().for_each(hide_thresholds);
    }
    let mut seen = Map::new();
    for name in KYC {
        if let Some(value) = shown.get(name) {
            seen.insert(name.to_owned(), value.clone());
        }
    }
    seen.insert("projectFlows".to_owned(), flows.into());
    Ok(json_response(json!({ "success": true, "data": seen }).to_string().into_bytes()))
}

/// Who is checked does not learn what score is enough.
fn hide_thresholds(flow: &mut Value) {
    for name in ["loginSettings", "liveness"] {
        if let Some(settings) = flow[name].as_object_mut() {
            settings.retain(|name, _| !name.ends_with("inScore"));
        }
    }
}

/// What anybody may see of the flows of a project whose pages they use.
const KYC_FLOW: [&str; 10] = [
    "name",
    "type",
    "status",
    "target",
    "redirectUrl",
    "loginSettings",
    "signUpForm",
    "documents",
    "liveness",
    "steps",
];

/// What anybody may see of a project whose pages they use.
const KYC: [&str; 14] = [
    "_id",
    "name",
    "description",
    "identifier",
    "contactEmail",
    "privacyUrl",
    "termsAndConditionsUrl",
    "allowedCountries",
    "defaultLanguage",
    "dataProtection",
    "branding",
    "status",
    "target",
    "version",
];
