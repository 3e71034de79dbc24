//! What the face calls answer. Documents and clients disagree on the shape, so both shapes are
//! there: the members of the documentation, and `result` for clients that read that.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use verax_domain::face_call::{LivenessCheck, MatchCheck};

use crate::app::faces::FoundFace;

pub fn liveness(check: &LivenessCheck) -> Value {
    json!({
        "passed": check.passed(),
        "min_score": check.min_score,
        "liveness_score": check.score,
    })
}

/// The answer of a call that asks for liveness alone. Some clients read `result`, others the members
/// beside it; the id is of this answer alone, as nothing is stored.
pub fn liveness_alone(check: &LivenessCheck, id: &str) -> Value {
    let mut answer = liveness(check);
    answer["result"] = liveness(check);
    answer["_id"] = id.into();
    answer["liveness_min_score"] = check.min_score.into();
    answer
}

/// The liveness of a face that is searched for.
pub fn liveness_of_search(check: &LivenessCheck, id: &str) -> Value {
    let mut answer = liveness(check);
    answer["result"] = liveness(check);
    answer["_id"] = id.into();
    answer["status"] = status(check).into();
    answer
}

/// The liveness of somebody who is looked for among persons in use.
pub fn liveness_of_active(check: &LivenessCheck) -> Value {
    json!({
        "score": check.score,
        "passed": check.passed(),
        "status": status(check),
        "min_score": check.min_score,
    })
}

fn status(check: &LivenessCheck) -> &'static str {
    if check.passed() { "passed" } else { "failed" }
}

pub fn comparison(check: &MatchCheck) -> Value {
    json!({
        "score": check.score,
        "passed": check.passed(),
        "compare_min_score": check.min_score,
        "result": {
            "score": check.score,
            "passed": check.passed(),
            "compare_min_score": check.min_score,
        },
    })
}

/// A device is told the outcome alone: a score would say how much warmer the next face is.
pub fn comparison_for_device(check: &MatchCheck) -> Value {
    json!({
        "passed": check.passed(),
        "compare_min_score": check.min_score,
        "result": { "passed": check.passed(), "compare_min_score": check.min_score },
    })
}

/// There is no `passed` beside the score: a caller who read it alone would take an image of the
/// right person for the person. Clients compare the score with `compare_min_score`.
pub fn live_comparison(check: &MatchCheck, probe: &LivenessCheck) -> Value {
    json!({
        "score": check.score,
        "compare_min_score": check.min_score,
        "liveness": liveness(probe),
        "liveness_min_score": probe.min_score,
        "result": {
            "score": check.score,
            "compare_min_score": check.min_score,
            "liveness_score": probe.score,
        },
    })
}

/// Without liveness the comparison failed, and the probe was not looked at again.
pub fn comparison_with_liveness(check: &MatchCheck, probe: Option<&LivenessCheck>) -> Value {
    let liveness = probe.map(|probe| {
        let mut answer = liveness(probe);
        answer["result"] = answer.clone();
        answer
    });
    json!({ "comparison": comparison(check), "liveness": liveness })
}

/// `match` is null when the images are not of the person.
pub fn verification(check: &MatchCheck, matched: &Value) -> Value {
    let result = json!({
        "score": check.score,
        "passed": check.passed(),
        "min_score": check.min_score,
    });
    let mut answer = result.clone();
    answer["match"] = matched.clone();
    answer["result"] = result;
    answer
}

pub fn base64(jpeg: &[u8]) -> String {
    STANDARD.encode(jpeg)
}

/// Every found face with the persons that it was recognised as.
pub fn detection(found: &[(FoundFace, Value)]) -> Value {
    found.iter().map(|(found, persons)| found_face(found, persons)).collect()
}

fn found_face(found: &FoundFace, persons: &Value) -> Value {
    let face = &found.face;
    let [right_eye, left_eye, nose, right_mouth, left_mouth] =
        face.points.map(|point| json!([round(point.x), round(point.y)]));
    json!({
        "box": {
            "top": round(face.origin.y),
            "left": round(face.origin.x),
            "right": round(face.origin.x + face.width_px),
            "bottom": round(face.origin.y + face.height_px),
        },
        "landmarks": {
            "nose": nose,
            "left_eye": left_eye,
            "right_eye": right_eye,
            "left_mouth": left_mouth,
            "right_mouth": right_mouth,
        },
        "thumbnail": base64(&found.thumbnail),
        "detection_score": face.confidence,
        "persons": persons,
    })
}

/// Whole pixels, as clients draw them.
fn round(px: f64) -> i64 {
    px.round() as i64
}
