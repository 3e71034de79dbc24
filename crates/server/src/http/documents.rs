//! Documents: checked, and what was kept and seen of them.

pub mod calls;
pub mod errors;
pub mod images;
pub mod order;

use axum::extract::State as Extract;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use verax_domain::RecordTokenScope;
use verax_domain::document_check::DocumentCheck;
use verax_domain::resources::DOCUMENT_LIVENESS;

use self::order::DOCUMENT_BODY;
use super::body::table::Purpose;
use super::error_codes::{CONFLICT, IMAGE_TOO_LARGE, INVALID_IMAGE_FORMAT, INVALID_PARAMETERS};
use super::layers::access::{Access, RecordKinds, Rejection, WithoutToken};
use super::openapi::shapes::{envelope, members, query, record, score, sign};
use super::operation::{Answer, Description, Operation};
use super::path_id::PathId;
use super::state::State;
use crate::app::access::Caller;
use crate::app::journal::Origin;

/// A grey square of 64 pixels: enough to see the operation answer.
const EXAMPLE_IMAGE: &str = "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAAAAACPAi4CAAAAKklEQVR42u3MQREAAAwCIPs3sK0h9ttBANKjCAQCgUAgEAgEAoFAIPgeDJ3qkIjwmdT+AAAAAElFTkSuQmCC";

const NO_IMAGE: &str = "There is no such record, or its image was not stored";

pub fn operations() -> Vec<Operation> {
    let tag = DOCUMENT_LIVENESS.name;
    let registration = RecordKinds::one(RecordTokenScope::Registration);
    let checked = Answer::data_of(&DOCUMENT_LIVENESS, record(&DOCUMENT_LIVENESS));
    let unfinished = Answer::data_of(&DOCUMENT_LIVENESS, record(&DOCUMENT_LIVENESS))
        .with_status(StatusCode::ACCEPTED)
        .described(
            "The checks take longer than the server lets a caller wait: the record as it stands; \
             retrieve it later",
        );
    let signed_url = Access { without_token: WithoutToken::WithSignedUrl, ..Access::MEDIA };
    let mut all = vec![
        Operation::post(
            "/v2/document-liveness",
            calls::create,
            Description::new(
                "create_document_liveness",
                "Check a photographed document",
                tag,
                Access::WRITE.or_record(registration, Rejection::OtherRecord),
                checked.described("The record, with what was found"),
            )
            .doc(format!(
                "{} The token of an app registration makes the check that registration's.",
                DOCUMENT_LIVENESS.doc
            )),
        )
        .body(DOCUMENT_BODY, Purpose::Create, &INVALID_PARAMETERS)
        .example(json!({ "image": EXAMPLE_IMAGE }))
        .or_answer(unfinished)
        .errors(&[&INVALID_IMAGE_FORMAT, &CONFLICT, &IMAGE_TOO_LARGE]),
        Operation::get(
            "/v2/document-liveness/{id}/image",
            images::image,
            Description::new(
                "get_document_liveness_image",
                "The image that was stored with a document liveness validation",
                tag,
                signed_url,
                Answer::image(),
            )
            .doc("An `imageUrl` opens it until it expires; a token with `media:read` at any time."),
        )
        .parameters([
            query(
                "expires",
                "When the URL expires, in seconds since 1970.",
                json!({ "type": "integer" }),
            ),
            query("signature", "What makes the URL valid.", json!({ "type": "string" })),
        ])
        .unknown(NO_IMAGE),
        Operation::get(
            "/v2/document-liveness/{id}/evidence",
            images::evidence,
            Description::new(
                "get_document_liveness_evidence",
                "Where each check found what it names",
                tag,
                Access::MEDIA,
                Answer::json(evidence()).described("Regions and a heat map per check"),
            )
            .doc(
                "Made of the stored image when it is asked for first, and stored then; there is nothing to see \
                 without an image.",
            ),
        )
        .unknown(NO_IMAGE),
    ];
    all.extend(DocumentCheck::ALL.map(heat_map));
    all
}

/// The heat map of one check.
fn heat_map(check: DocumentCheck) -> Operation {
    let entry = check.entry();
    let answer = Answer {
        content: json!({ "image/png": { "schema": { "type": "string", "format": "binary" } } }),
        ..Answer::image().described("A PNG of at most 640 pixels")
    };
    Operation::get(
        format!("/v2/document-liveness/{{id}}/evidence/{}", entry.wire_name),
        move |Extract(state): Extract<State>, caller: Caller, origin: Origin, id: PathId| {
            images::heat_map(state, (caller, origin), id, check)
        },
        Description::new(
            format!("get_document_liveness_evidence_{}", entry.label),
            format!("The heat map of {}", entry.wire_name),
            DOCUMENT_LIVENESS.name,
            Access::MEDIA,
            answer,
        )
        .doc("The image in grey, red where the measurement stands out, the regions framed in yellow."),
    )
    .unknown("There is no such record, its image was not stored, or the check was not made")
}

fn evidence() -> Value {
    let number = || json!({ "type": "number" });
    let mut region =
        members(json!({ "x": number(), "y": number(), "width": number(), "height": number() }));
    region["description"] = "A part of the upright image, in pixels.".into();
    let check = members(json!({
        "regions": { "type": "array", "items": region },
        "heatMap": { "type": "string", "description": "A PNG in a data URI." },
    }));
    let mut answered = envelope(members(json!({
        "_id": { "type": "string" },
        "evidence": { "type": "object", "additionalProperties": check },
    })));
    sign(&DOCUMENT_LIVENESS, &mut answered);
    answered
}

/// Adds what a retrieved check says besides its fields.
pub fn add_schemas(schemas: &mut Map<String, Value>) {
    let properties = &mut schemas["DocumentLivenessValidation"]["properties"];
    properties["isLive"] = json!({
        "type": "boolean",
        "description": "Whether every check that was asked for was made and passed. To clients alone, as \
                        are the next ones, of a completed check.",
    });
    properties["aggregatedScore"] =
        described(score(), "1 less `riskScore`; half is the threshold.");
    for check in DocumentCheck::ALL {
        let name = format!("{}Probability", check.entry().wire_name);
        properties[name] = described(score(), "The score of the check, if it was made.");
    }
    let words = ["GLARE_ON_IMAGE", "IMAGE_IS_TOO_COMPRESSED", "IMAGE_TOO_BLURRY"];
    let warnings = json!({ "type": "array", "items": { "type": "string", "enum": words } });
    properties["aggregateWarnings"] =
        described(warnings, "What of the image lowers the confidence.");
}

fn described(mut schema: Value, doc: &str) -> Value {
    schema["description"] = doc.into();
    schema
}
