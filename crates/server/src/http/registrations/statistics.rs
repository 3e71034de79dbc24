//! What a dashboard shows of all registrations of a project: how far they have come, and a table of them.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::resources::APP_REGISTRATIONS;
use verax_query::{Ignored, Problem, is_id};

use crate::app::access::Caller;
use crate::app::registrations::statistics::LabelCount;
use crate::http::error::ApiError;
use crate::http::error_codes::URI_TOO_LONG;
use crate::http::layers::access::Access;
use crate::http::layers::caching::IfNoneMatch;
use crate::http::layers::handling::RequestHandling;
use crate::http::listing::calls::{list, short};
use crate::http::listing::description::list_parameters;
use crate::http::listing::streams::{Format, Mark};
use crate::http::openapi::shapes::{id_schema, members, query};
use crate::http::operation::{Answer, Description, Operation};
use crate::http::query_string::{decoded, parts};
use crate::http::registrations::calls::answer;
use crate::http::state::State;

const TAG: &str = APP_REGISTRATIONS.name;
/// Names that are told of, at most.
const IGNORED_MAX: usize = 20;
const READ: Access = Access::reading(APP_REGISTRATIONS.scopes);

pub fn operations() -> Vec<Operation> {
    let content = json!({ "text/csv": { "schema": { "type": "string" } } });
    let csv = Answer { content, ..Answer::json(Value::Null) };
    let funnel = Answer::data(funnel_schema());
    let counted = "How far the registrations of a project have come";
    let exported = "The list with its filters, whole, as CSV";
    vec![
        Operation::get(
            "/v2/app-registrations/statistics",
            statistics,
            Description::new("get_app_registration_statistics", counted, TAG, READ, funnel),
        )
        .parameters([
            query("project", "The project; absent: all projects.", id_schema()),
            query("funnel", "Accepted for compatibility.", json!({ "type": "boolean" })),
        ])
        .checking_query()
        .errors(&[&URI_TOO_LONG]),
        Operation::get(
            "/v2/app-registrations/export-cv",
            export_csv,
            Description::new("export_app_registrations", exported, TAG, READ, csv),
        )
        .parameters(list_parameters(&APP_REGISTRATIONS))
        .checking_query()
        .errors(&[&URI_TOO_LONG])
        .compressed(),
    ]
}

/// `GET /v2/app-registrations/statistics?project=…`.
pub async fn statistics(
    Extract(state): Extract<State>,
    caller: Caller,
    handling: RequestHandling,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let raw = short(raw)?;
    let (mut project, mut ignored) = (None, Vec::new());
    for (name, value) in parts(&raw).filter_map(decoded) {
        match name.as_str() {
            // The first counts.
            "project" => drop(project.get_or_insert(value)),
            // What the dashboard sends: this is the only answer that there is.
            "funnel" | "" => {}
            name if ignored.len() < IGNORED_MAX => {
                ignored.push(Ignored::unknown(name, ["project"].into_iter()));
            }
            _ => {}
        }
    }
    let problems = handling.note(ignored);
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    let project = project.filter(|value| !value.is_empty());
    if project.as_deref().is_some_and(|project| !is_id(project)) {
        let message = "must be an id: 1 to 64 letters, digits, `_` or `-`".to_owned();
        let parameter = "project".to_owned();
        return Err(ApiError::invalid(vec![Problem { parameter, message }]));
    }
    let funnel = state.app.registration_funnel(&caller.tenant(), project.as_deref()).await?;
    let total: u64 = funnel.by_status.iter().map(|it| it.count).sum();
    let rows = |all: &[LabelCount]| -> Value {
        all.iter().map(|it| json!({ "label": it.label, "count": it.count })).collect()
    };
    let funnel = json!({
        "total": total,
        "byStatus": rows(&funnel.by_status),
        "byCurrentStep": rows(&funnel.by_step),
        "documentFailures": rows(&funnel.document_failures),
        "livenessFailures": rows(&funnel.liveness_failures),
    });
    Ok(answer(&json!({ "funnel": funnel })))
}

pub fn funnel_schema() -> Value {
    let count = || json!({ "type": "integer", "minimum": 0 });
    let rows = || {
        let row = members(json!({ "label": { "type": "string" }, "count": count() }));
        json!({ "type": "array", "items": row })
    };
    members(json!({ "funnel": members(json!({
        "total": count(), "byStatus": rows(), "byCurrentStep": rows(),
        "documentFailures": rows(), "livenessFailures": rows(),
    })) }))
}

/// `GET /v2/app-registrations/export-cv`: the list with its filters, whole, as CSV.
pub async fn export_csv(
    state: Extract<State>,
    caller: Caller,
    known: IfNoneMatch,
    handling: RequestHandling,
    query: RawQuery,
) -> Result<Response, ApiError> {
    let format = Format::Csv(Mark::Bare);
    list(state, caller, format, known, (query, handling), &APP_REGISTRATIONS).await
}
