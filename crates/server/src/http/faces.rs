//! Face calls: they measure what they are sent and keep nothing.

pub mod answers;
pub mod calls;
pub mod errors;
pub mod schemas;

use serde_json::Value;

use self::calls::{COMPARE_BODY, COMPARE_LIVE_BODY, COMPARE_WITH_LIVENESS_BODY, LIVENESS_BODY};
use self::errors::{
    FACE_NOT_MEASURABLE, MANY_FACES, MODELS_MISSING, NO_FACE, ONLY_BASE64, rejected_token,
};
use self::schemas::{comparison, comparison_with_liveness, live_comparison, liveness};
use super::body::table::Purpose;
use super::error_codes::{ErrorCode, IMAGE_TOO_LARGE, INVALID_IMAGE_FORMAT, MISSING_PARAMETER};
use super::layers::access::Access;
use super::operation::{Answer, Description, Operation};

pub const TAG: &str = "face-recognition";

/// Measuring is what a client's own server does; a token that may only read must not be enough to ask
/// whether two people are the same.
pub const ACCESS: Access = Access { wrong_token: rejected_token, ..Access::WRITE };

/// What every call may answer that is sent images.
pub static IMAGE_ERRORS: &[&ErrorCode] = &[
    &INVALID_IMAGE_FORMAT,
    &ONLY_BASE64,
    &IMAGE_TOO_LARGE,
    &NO_FACE,
    &MANY_FACES,
    &FACE_NOT_MEASURABLE,
    &MODELS_MISSING,
];

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::post(
            path("liveness"),
            calls::liveness,
            description("check_liveness", "Whether a photograph shows a live face", liveness()),
        )
        .body(LIVENESS_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("liveness-score"),
            calls::liveness,
            description("score_liveness", "The same as `liveness`", liveness()),
        )
        .body(LIVENESS_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("liveness/demo"),
            calls::liveness,
            description("check_liveness_demo", "The same as `liveness`", liveness()),
        )
        .body(LIVENESS_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("compare"),
            calls::compare,
            description("compare_faces", "Whether two faces are the same", comparison()),
        )
        .body(COMPARE_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("compare/demo"),
            calls::compare,
            description("compare_faces_demo", "The same as `compare`", comparison()),
        )
        .body(COMPARE_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("compare-live"),
            calls::compare_live,
            description(
                "compare_live_face",
                "Whether two faces are the same, and the first is live",
                live_comparison(),
            ),
        )
        .body(COMPARE_LIVE_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("compare-with-liveness"),
            calls::compare_with_liveness,
            description(
                "compare_faces_then_check_liveness",
                "Whether two faces are the same, and if so whether the first is live",
                comparison_with_liveness(),
            ),
        )
        .body(COMPARE_WITH_LIVENESS_BODY, Purpose::Create, &MISSING_PARAMETER),
    ]
    .into_iter()
    .map(|operation| operation.errors(IMAGE_ERRORS))
    .collect()
}

pub fn path(name: &str) -> String {
    format!("/v2/{TAG}/{name}")
}

fn description(id: &str, summary: &str, data: Value) -> Description {
    Description::new(id, summary, TAG, ACCESS, Answer::service(data))
}
