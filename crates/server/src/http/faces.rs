//! Face calls: they measure what they are sent and keep nothing.

pub mod calls;

use serde_json::Value;

use self::calls::{COMPARE_BODY, COMPARE_LIVE_BODY, COMPARE_WITH_LIVENESS_BODY, LIVENESS_BODY};
use super::body::table::Purpose;
use super::error_codes::MISSING_PARAMETER;
use super::face_service::schemas::{
    comparison, comparison_with_liveness, live_comparison, liveness_alone,
};
use super::face_service::{ACCESS, IMAGE_ERRORS, TAG, path};
use super::operation::{Answer, Description, Operation};

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::post(
            path("liveness"),
            calls::liveness,
            description(
                "check_liveness",
                "Whether a photograph shows a live face",
                liveness_alone(),
            ),
        )
        .body(LIVENESS_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("liveness-score"),
            calls::liveness,
            description("score_liveness", "The same as `liveness`", liveness_alone()),
        )
        .body(LIVENESS_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("liveness/demo"),
            calls::liveness,
            description("check_liveness_demo", "The same as `liveness`", liveness_alone()),
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

fn description(id: &str, summary: &str, data: Value) -> Description {
    Description::new(id, summary, TAG, ACCESS, Answer::service(data))
}
