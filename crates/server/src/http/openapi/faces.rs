//! The face calls in the OpenAPI document.

use serde_json::{Map, Value, json};
use verax_domain::NarrowScope;

use super::super::body::{Member, Purpose, schema};
use super::super::error::{
    ErrorCode, FORBIDDEN, MISSING_PARAMETER, TOO_MANY_REQUESTS, UNAUTHORIZED,
};
use super::super::face_calls::{
    COMPARE_BODY, COMPARE_LIVE_BODY, COMPARE_WITH_LIVENESS_BODY, LIVENESS_BODY, SCOPES,
};
use super::super::face_errors::ONLY_BASE64;
use super::super::lifecycle_errors::CONFLICT;
use super::super::person_calls::DETECT_BODY;
use super::super::person_errors::INVALID_COLLECTION;
use super::{answer, reference};

/// One call.
pub struct Call {
    pub name: &'static str,
    pub id: &'static str,
    pub summary: &'static str,
    pub body: (&'static [Member], Purpose),
    pub data: Value,
}

pub fn add(paths: &mut Map<String, Value>) {
    for call in calls() {
        let path = format!("/v2/face-recognition/{}", call.name);
        paths.insert(path, json!({ "post": operation(&call) }));
    }
    let mut registration = operation(&Call {
        name: "compare/app-registration",
        id: "compare_registration_faces",
        summary: "Whether the face of a registration is the one on its document",
        body: (&[], Purpose::Change),
        data: comparison_schema(),
    });
    registration["x-scopes"] = json!([NarrowScope::Registration.word()]);
    registration["responses"]["409"] = answer(CONFLICT.when, "Error");
    registration["responses"]["404"] = answer("The registration was deleted", "Error");
    let path = "/v2/face-recognition/compare/app-registration";
    paths.insert(path.to_owned(), json!({ "post": registration }));
}

fn calls() -> [Call; 9] {
    let call = |name, id, summary, body, data| Call {
        name,
        id,
        summary,
        body: (body, Purpose::Create),
        data,
    };
    let liveness = |name, id, summary| call(name, id, summary, LIVENESS_BODY, liveness_schema());
    let compare = |name, id, summary| call(name, id, summary, COMPARE_BODY, comparison_schema());
    let found = || json!({ "type": "array", "items": found_schema() });
    let detect = |name, id, summary| call(name, id, summary, DETECT_BODY, found());
    [
        liveness("liveness", "check_liveness", "Whether a photograph shows a live face"),
        liveness("liveness-score", "score_liveness", "The same as `liveness`"),
        liveness("liveness/demo", "check_liveness_demo", "The same as `liveness`"),
        compare("compare", "compare_faces", "Whether two faces are the same"),
        compare("compare/demo", "compare_faces_demo", "The same as `compare`"),
        call(
            "compare-live",
            "compare_live_face",
            "Whether two faces are the same, and the first is live",
            COMPARE_LIVE_BODY,
            live_comparison_schema(),
        ),
        call(
            "compare-with-liveness",
            "compare_faces_then_check_liveness",
            "Whether two faces are the same, and if so whether the first is live",
            COMPARE_WITH_LIVENESS_BODY,
            object(json!({
                "comparison": comparison_schema(),
                "liveness": { "anyOf": [nested_liveness_schema(), { "type": "null" }] },
            })),
        ),
        detect("detect", "detect_faces", "Every face of a photograph, and whose it is"),
        detect("detect/demo", "detect_faces_demo", "The same as `detect`"),
    ]
}

pub fn operation(call: &Call) -> Value {
    let (known, purpose) = call.body;
    let body = schema(known, purpose);
    // What is all optional need not be there.
    let needed = purpose == Purpose::Create;
    let envelope = json!({
        "type": "object",
        "required": ["id", "data", "signature"],
        "properties": {
            "id": { "type": "string", "pattern": "^[0-9A-Z]{5}$" },
            "data": call.data,
            "signature": { "$ref": reference("Signature") },
        },
    });
    let content = json!({ "application/json": { "schema": envelope } });
    let mut responses = Map::new();
    responses.insert("200".to_owned(), json!({ "description": "OK", "content": content }));
    let coded: [&ErrorCode; 6] = [
        &UNAUTHORIZED,
        &FORBIDDEN,
        &INVALID_COLLECTION,
        &MISSING_PARAMETER,
        &ONLY_BASE64,
        &TOO_MANY_REQUESTS,
    ];
    for code in coded {
        responses.insert(code.status.as_str().to_owned(), answer(code.when, "Error"));
    }
    for (status, description) in [
        ("400", "The body is no JSON object, or an image cannot be read"),
        ("413", "The body or an image is too large"),
        ("422", "There is no face, more than one, or one that cannot be measured"),
        ("503", "The server is busy, or the model it would need is not installed"),
    ] {
        responses.insert(status.to_owned(), answer(description, "Error"));
    }
    json!({
        "operationId": call.id,
        "summary": call.summary,
        "tags": ["face-recognition"],
        "x-scopes": SCOPES,
        "requestBody": { "required": needed, "content": { "application/json": { "schema": body } } },
        "responses": responses,
    })
}

pub fn score() -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 1 })
}

pub fn object(members: Value) -> Value {
    let names: Vec<&String> = members.as_object().into_iter().flat_map(Map::keys).collect();
    json!({ "type": "object", "required": names, "properties": members })
}

fn liveness_members() -> Value {
    json!({ "passed": { "type": "boolean" }, "min_score": score(), "liveness_score": score() })
}

pub fn liveness_schema() -> Value {
    object(liveness_members())
}

fn nested_liveness_schema() -> Value {
    let mut members = liveness_members();
    members["result"] = liveness_schema();
    object(members)
}

fn comparison_members() -> Value {
    json!({ "score": score(), "passed": { "type": "boolean" }, "compare_min_score": score() })
}

fn comparison_schema() -> Value {
    let mut members = comparison_members();
    members["result"] = object(comparison_members());
    object(members)
}

fn live_comparison_schema() -> Value {
    object(json!({
        "score": score(),
        "compare_min_score": score(),
        "liveness": liveness_schema(),
        "liveness_min_score": score(),
        "result": object(json!({
            "score": score(), "compare_min_score": score(), "liveness_score": score(),
        })),
    }))
}

fn found_schema() -> Value {
    let px = || json!({ "type": "integer" });
    let point = || json!({ "type": "array", "items": px(), "minItems": 2, "maxItems": 2 });
    object(json!({
        "box": object(json!({ "top": px(), "left": px(), "right": px(), "bottom": px() })),
        "landmarks": object(json!({
            "nose": point(), "left_eye": point(), "right_eye": point(),
            "left_mouth": point(), "right_mouth": point(),
        })),
        "thumbnail": { "type": "string", "description": "A JPEG of the face, in base64." },
        "detection_score": score(),
        "persons": { "type": "array", "items": { "$ref": reference("FoundPerson") } },
    }))
}
