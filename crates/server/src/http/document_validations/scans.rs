//! `/v2/ocr` and `/v3/ocr`: what stands on a document, for a client that asks.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::document_layouts::LAYOUTS;
use verax_domain::records::document_validation::ReadingPurpose;
use verax_domain::records::prompt_template::PromptTemplate;
use verax_domain::resources::PROMPT_TEMPLATES;
use verax_query::Tenant;

use super::errors::REMOVED;
use super::reading::{
    BACK, FRONT, INPUT, SAVE, about_document, await_reading, finish, shown_record, take_document,
};
use crate::app::access::{Bearer, Caller};
use crate::app::document_validations::making::ScanOrder;
use crate::app::journal::Origin;
use crate::http::answers::json as json_response;
use crate::http::answers::services::answer;
use crate::http::body::reading::read_measured;
use crate::http::body::table::{BodyField, Rule, optional};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::layers::allowed::Allowed;
use crate::http::state::State;

/// Where the protocol's newer call is.
pub const SCAN_STUDIO: &str = "/v3/ocr/scan-studio";
/// From this day on the older one is gone.
const REMOVED_ON: &str = "2026-11-25";

pub static SCAN_BODY: &[BodyField] = &[
    FRONT.required(),
    BACK,
    optional(
        "documentType",
        Rule::Text(1, 64),
        "What the document is, in the caller's words: it stays its documentType.",
    ),
    optional("promptTemplateId", Rule::Id, "The template of values that are looked for besides."),
    INPUT,
    SAVE,
    optional("cropFace", Rule::Flag, "Accepted for compatibility; has no effect."),
];

pub static SIDES_BODY: &[BodyField] = &[FRONT.required(), BACK];

/// Reads a document that is no registration's.
pub async fn scan(
    purpose: ReadingPurpose,
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (sent, slot) = read_measured(&state, &allowed, body, SCAN_BODY).await?;
    let sent = finish(sent)?;
    let document_type = sent.text("documentType").map(str::to_owned);
    let tenant = Tenant::Client(caller.client().to_owned());
    let template: Option<PromptTemplate> = match sent.text("promptTemplateId") {
        Some(template) => {
            let found = state.app.find(&tenant, template).await?;
            let found: PromptTemplate =
                found.ok_or_else(|| ApiError::not_found(&PROMPT_TEMPLATES))?;
            Some(found)
        }
        None => None,
    };
    let labels = template.filter(|it| it.is_active).map(|it| it.labels).unwrap_or_default();
    let sent = take_document(&state, sent).await?;
    let (permit, engine) = state.app.admission.try_document_permit()?;
    let permit = (permit.holding(slot), engine);
    let order = ScanOrder { purpose, document_type, labels };
    let begun = state.app.scan_document(caller.client(), order, sent, permit, &origin).await?;
    let id = begun.0.clone();
    let status = await_reading(&state, begun).await?;
    let bearer = Bearer::Caller(caller);
    let mut record = shown_record(&state, &bearer, &id).await?;
    if purpose == ReadingPurpose::ScanStudio {
        // No register is asked about the holder.
        record["infoValidationSupported"] = false.into();
    }
    let mut response = answer(&state, record);
    *response.status_mut() = status;
    Ok(about_document(&id, response))
}

/// `GET /v2/document-types`: what is recognised here.
pub async fn types() -> Response {
    let mut listed: Vec<Value> = Vec::new();
    for layout in LAYOUTS {
        let id = match layout.country {
            Some(country) => format!("{country}-{}", layout.code),
            None => layout.code.to_owned(),
        };
        // A document that is told by its zone or by its words is one.
        if listed.iter().any(|known| known["_id"] == id.as_str()) {
            continue;
        }
        listed.push(json!({
            "_id": id,
            "code": layout.code,
            "name": layout.name,
            "documentCategory": layout.kind.as_str(),
            "category": layout.kind.as_str(),
            "country": layout.country,
            "requiresBackSide": layout.has_back,
        }));
    }
    let body = json!({ "success": true, "data": listed });
    json_response(body.to_string().into_bytes())
}

/// `POST /v2/ocr/scan-studio`: removed, with its replacement.
pub async fn removed(
    Extract(state): Extract<State>,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    // Who calls it sends an image.
    let (_, _slot) = read_measured(&state, &allowed, body, SCAN_BODY).await?;
    let message = format!("This endpoint was removed. Use POST {SCAN_STUDIO}.");
    let deprecation = json!({
        "message": message,
        "code": REMOVED.code,
        "deadline": REMOVED_ON,
        "details": {
            "documentation": "/docs",
            "endpoint": "/v2/ocr/scan-studio",
            "replacement": SCAN_STUDIO,
        },
    });
    Err(ApiError::new(&REMOVED, message.clone())
        .with_member("message", REMOVED.code.into())
        .with_member("deprecation", deprecation))
}
