//! What face calls answer, for the OpenAPI document.

use serde_json::{Value, json};

use crate::http::openapi::shapes::{id_schema, members, reference, score};

fn liveness_members() -> Value {
    json!({
        "passed": { "type": "boolean" }, "min_score": score(), "liveness_score": liveness_score(),
    })
}

fn liveness_score() -> Value {
    let mut described = score();
    described["description"] = LIVENESS_DOC.into();
    described
}

const LIVENESS_DOC: &str = "How live the face looks in this one image. The installed detector looks for prints and \
     screens: masks pass it (4 of 4 in a trial), and it is weak where the face fills the image. A detector of your own \
     comes from `verax train attacks`.";

pub fn liveness() -> Value {
    members(liveness_members())
}

/// Of a call that asks for liveness alone.
pub fn liveness_alone() -> Value {
    let mut all = liveness_members();
    all["result"] = liveness();
    all["_id"] = answer_id();
    all["liveness_min_score"] = score();
    members(all)
}

/// Of a face that is searched for.
pub fn liveness_of_search() -> Value {
    let mut all = liveness_members();
    all["result"] = liveness();
    all["_id"] = answer_id();
    all["status"] = status();
    members(all)
}

/// Of somebody who is looked for among persons in use.
pub fn liveness_of_active() -> Value {
    members(json!({
        "score": liveness_score(), "passed": { "type": "boolean" }, "status": status(),
        "min_score": score(),
    }))
}

fn status() -> Value {
    json!({ "type": "string", "enum": ["passed", "failed"] })
}

fn answer_id() -> Value {
    let mut described = id_schema();
    described["description"] = "Of this answer alone: nothing is stored under it.".into();
    described
}

fn nested_liveness() -> Value {
    let mut all = liveness_members();
    all["result"] = liveness();
    members(all)
}

fn comparison_members() -> Value {
    json!({ "score": score(), "passed": { "type": "boolean" }, "compare_min_score": score() })
}

pub fn comparison() -> Value {
    let mut all = comparison_members();
    all["result"] = members(comparison_members());
    members(all)
}

pub fn live_comparison() -> Value {
    members(json!({
        "score": score(),
        "compare_min_score": score(),
        "liveness": liveness(),
        "liveness_min_score": score(),
        "result": members(json!({
            "score": score(), "compare_min_score": score(), "liveness_score": liveness_score(),
        })),
    }))
}

pub fn comparison_with_liveness() -> Value {
    members(json!({
        "comparison": comparison(),
        "liveness": { "anyOf": [nested_liveness(), { "type": "null" }] },
    }))
}

/// Every face of an image, and whose it is.
pub fn detection() -> Value {
    let px = || json!({ "type": "integer" });
    let point = || json!({ "type": "array", "items": px(), "minItems": 2, "maxItems": 2 });
    let face = members(json!({
        "box": members(json!({ "top": px(), "left": px(), "right": px(), "bottom": px() })),
        "landmarks": members(json!({
            "nose": point(), "left_eye": point(), "right_eye": point(),
            "left_mouth": point(), "right_mouth": point(),
        })),
        "thumbnail": { "type": "string", "description": "A JPEG of the face, in base64." },
        "detection_score": score(),
        "persons": { "type": "array", "items": { "$ref": reference("FoundPerson") } },
    }));
    json!({ "type": "array", "items": face })
}
