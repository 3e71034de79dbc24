//! The face calls in the OpenAPI document.

use serde_json::{Map, Value, json};

use super::super::error::{
    ErrorCode, FORBIDDEN, MISSING_PARAMETER, TOO_MANY_REQUESTS, UNAUTHORIZED,
};
use super::super::face_body::IMAGES_MAX;
use super::super::face_calls::{LIVENESS_SCORE_DEFAULT, MATCH_SCORE_DEFAULT, SCOPES};
use super::super::face_errors::ONLY_BASE64;
use super::super::person_errors::INVALID_COLLECTION;
use super::{answer, reference};

/// One call.
pub struct Call {
    pub name: &'static str,
    pub id: &'static str,
    pub summary: &'static str,
    pub required: &'static [&'static str],
    pub members: Value,
    pub data: Value,
}

pub fn add(paths: &mut Map<String, Value>) {
    for call in calls() {
        let path = format!("/v2/face-recognition/{}", call.name);
        paths.insert(path, json!({ "post": operation(&call) }));
    }
}

fn calls() -> [Call; 9] {
    let os = json!({ "type": "string", "minLength": 1, "maxLength": 64 });
    let mode = json!({
        "type": "string",
        "enum": ["FAST", "ACCURATE"],
        "description": "Both do the same here: every comparison is exact.",
    });
    let floor = |low: f64, high: f64| json!({ "type": "number", "minimum": low, "maximum": high });
    let with_default = |mut schema: Value, default: f64| {
        schema["default"] = default.into();
        schema
    };
    let live = with_default(floor(0.0, 1.0), LIVENESS_SCORE_DEFAULT);
    let same = with_default(floor(0.67, 0.95), MATCH_SCORE_DEFAULT);
    let liveness = json!({
        "os": os, "image": image(), "liveness_min_score": live,
        "collection_id": { "type": "string", "description": "Changes nothing." },
    });
    let detect_call = |name, id, summary| Call {
        name,
        id,
        summary,
        required: &["image", "min_score", "search_mode"],
        members: json!({
            "image": image(), "min_score": floor(0.7, 0.95), "search_mode": mode,
            "max_results": with_default(floor(1.0, 100.0), 99.0),
            "collection_id": collection_id(),
        }),
        data: json!({ "type": "array", "items": found_schema() }),
    };
    let compare_call = |name, id, summary| Call {
        name,
        id,
        summary,
        required: &["probe", "gallery"],
        members: json!({
            "probe": images(), "gallery": images(), "search_mode": mode,
            "compare_min_score": same,
        }),
        data: comparison_schema(),
    };
    let liveness_call = |name, id, summary| Call {
        name,
        id,
        summary,
        required: &["os", "image"],
        members: liveness.clone(),
        data: liveness_schema(),
    };
    [
        liveness_call("liveness", "check_liveness", "Whether a photograph shows a live face"),
        liveness_call("liveness-score", "score_liveness", "The same as `liveness`"),
        liveness_call("liveness/demo", "check_liveness_demo", "The same as `liveness`"),
        compare_call("compare", "compare_faces", "Whether two faces are the same"),
        compare_call("compare/demo", "compare_faces_demo", "The same as `compare`"),
        Call {
            name: "compare-live",
            id: "compare_live_face",
            summary: "Whether two faces are the same, and the first is live",
            required: &["probe", "gallery", "os", "liveness_min_score"],
            members: json!({
                "probe": image(), "gallery": images(), "os": os, "search_mode": mode,
                "liveness_min_score": floor(0.52, 1.0), "compare_min_score": same,
            }),
            data: live_comparison_schema(),
        },
        Call {
            name: "compare-with-liveness",
            id: "compare_faces_then_check_liveness",
            summary: "Whether two faces are the same, and if so whether the first is live",
            required: &["probe", "gallery"],
            members: json!({
                "probe": image(), "gallery": images(), "search_mode": mode,
                "liveness_min_score": live, "compare_min_score": same,
            }),
            data: json!({
                "type": "object",
                "required": ["comparison", "liveness"],
                "properties": {
                    "comparison": comparison_schema(),
                    "liveness": { "anyOf": [nested_liveness_schema(), { "type": "null" }] },
                },
            }),
        },
        detect_call("detect", "detect_faces", "Every face of a photograph, and whose it is"),
        detect_call("detect/demo", "detect_faces_demo", "The same as `detect`"),
    ]
}

pub fn operation(call: &Call) -> Value {
    let body = json!({ "type": "object", "required": call.required, "properties": call.members });
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
        "requestBody": { "required": true, "content": { "application/json": { "schema": body } } },
        "responses": responses,
    })
}

/// Of a search: a collection by its id or its code.
pub fn collection_id() -> Value {
    json!({
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]{1,64}$",
        "description": "The collection to look in, by its id or its code; absent: in all.",
    })
}

pub fn image() -> Value {
    json!({
        "type": "string",
        "minLength": 100,
        "description": "A JPEG, PNG or WebP in base64, bare or as a data URI.",
    })
}

fn images() -> Value {
    let list = json!({ "type": "array", "items": image(), "minItems": 1, "maxItems": IMAGES_MAX });
    json!({ "anyOf": [list, image()] })
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
