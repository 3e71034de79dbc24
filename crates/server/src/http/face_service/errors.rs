//! Errors of the face calls.

use axum::http::StatusCode;
use serde_json::json;
use verax_domain::face_verdict::FaceRejection;
use verax_query::Problem;
use verax_vision::image::ImageError;

use crate::app::access::AccessError;
use crate::app::admission::AdmissionError;
use crate::app::faces::{AnalysisError, ImageProblem};
use crate::http::error::{ApiError, collected};
use crate::http::error_codes::{
    ErrorCode, FORBIDDEN, IMAGE_TOO_LARGE, INVALID_IMAGE_FORMAT, MISSING_PARAMETER,
};
use crate::http::state::State;

pub static ONLY_BASE64: ErrorCode = ErrorCode {
    code: "ERROR",
    status: StatusCode::PRECONDITION_FAILED,
    when: "an image is not base64 or a data URI; `message` is `only_images_in_base64`",
};
pub static IMAGE_DAMAGED: ErrorCode = ErrorCode {
    code: "IMAGE_DAMAGED",
    status: StatusCode::BAD_REQUEST,
    when: "an image is cut off or damaged",
};
pub static IMAGE_TOO_SMALL: ErrorCode = ErrorCode {
    code: "IMAGE_TOO_SMALL",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    when: "an image has too few pixels",
};
pub static NO_FACE: ErrorCode = ErrorCode {
    code: "NO_FACE",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    when: "an image has no face",
};
pub static MANY_FACES: ErrorCode = ErrorCode {
    code: "MANY_FACES",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    when: "an image has more than one face of like size",
};
pub static FACE_TOO_SMALL: ErrorCode = ErrorCode {
    code: "FACE_TOO_SMALL",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    when: "a face has too few pixels between its eyes",
};
pub static FACE_TOO_CLOSE: ErrorCode = ErrorCode {
    code: "FACE_TOO_CLOSE",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    when: "a face fills its image so far that liveness cannot be measured: hold the camera further away",
};
pub static FACE_TURNED: ErrorCode = ErrorCode {
    code: "FACE_TURNED",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    when: "a face is tilted too far for liveness to be measured",
};
pub static FACE_NOT_MEASURABLE: ErrorCode = ErrorCode {
    code: "FACE_NOT_MEASURABLE",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    when: "a face is too far outside its image or too turned to be measured",
};
pub static MODELS_MISSING: ErrorCode = ErrorCode {
    code: "MODELS_MISSING",
    status: StatusCode::SERVICE_UNAVAILABLE,
    when: "the operator has not run `verax models install`; the error names the missing models",
};

/// The codes of this family.
pub static CODES: &[&ErrorCode] = &[
    &ONLY_BASE64,
    &IMAGE_DAMAGED,
    &IMAGE_TOO_SMALL,
    &NO_FACE,
    &MANY_FACES,
    &FACE_TOO_SMALL,
    &FACE_TOO_CLOSE,
    &FACE_TURNED,
    &FACE_NOT_MEASURABLE,
    &MODELS_MISSING,
];

/// What the token of a face call is rejected with: an expired one is a 403 `token_expired`.
pub fn rejected_token(_: &State, error: AccessError) -> ApiError {
    match error {
        AccessError::Expired => ApiError::new(&FORBIDDEN, "The access token has expired.")
            .with_member("message", "token_expired".into()),
        error => error.into(),
    }
}

/// What is wrong with the members of a body.
pub fn wrong_members(problems: Vec<Problem>) -> ApiError {
    collected(&MISSING_PARAMETER, problems)
}

/// A body that was read without a problem has what it must have; this only keeps the types honest.
pub fn unread(name: &str) -> ApiError {
    let message = format!("\"{name}\" is required");
    wrong_members(vec![Problem { parameter: name.to_owned(), message }])
}

/// Texts that should be images in base64, and are not.
pub fn only_base64(problems: Vec<Problem>) -> ApiError {
    let message = "only_images_in_base64".into();
    collected(&ONLY_BASE64, problems).with_member("message", message)
}

impl From<AnalysisError> for ApiError {
    fn from(error: AnalysisError) -> ApiError {
        match error {
            AnalysisError::ModelsMissing(models) => {
                let (models, verb) =
                    (models.join(", "), if models.len() > 1 { "are" } else { "is" });
                let error = format!(
                    "The model {models} {verb} not installed. The operator installs what is missing \
                     with `verax models install` and starts the server again."
                );
                ApiError::new(&MODELS_MISSING, error)
            }
            AnalysisError::Overloaded(overloaded) => AdmissionError::Overloaded(overloaded).into(),
            AnalysisError::Image { parameter, problem: ImageProblem::NotBase64 } => {
                let message = format!("\"{parameter}\" must be base64 or a data URI of an image");
                only_base64(vec![Problem { parameter, message }])
            }
            AnalysisError::Image { parameter, problem } => rejected_image(parameter, &problem),
            AnalysisError::Failed(cause) => ApiError::internal().caused(cause),
        }
    }
}

/// `message` is the bare sentence: clients compare it with "the image has more than one face".
fn rejected_image(parameter: String, problem: &ImageProblem) -> ApiError {
    let message = problem.to_string();
    let mut detail = json!({ "parameter": parameter, "message": message });
    if let Some(reason) = reason_of(problem) {
        detail["reason"] = reason.into();
    }
    let details = json!([detail]);
    ApiError::new(code_of(problem), format!("\"{parameter}\": {message}"))
        .with_member("message", message.into())
        .with_member("details", details)
}

pub fn code_of(problem: &ImageProblem) -> &'static ErrorCode {
    match problem {
        ImageProblem::NotBase64 => &ONLY_BASE64,
        ImageProblem::Image(error) => match error {
            ImageError::Empty
            | ImageError::NotAnImage
            | ImageError::OtherFormat { .. }
            | ImageError::Unsupported { .. }
            | ImageError::NotOpaque
            | ImageError::SeveralFrames
            | ImageError::UnusualColours => &INVALID_IMAGE_FORMAT,
            ImageError::Truncated | ImageError::Corrupt => &IMAGE_DAMAGED,
            ImageError::TooSmall { .. } => &IMAGE_TOO_SMALL,
            ImageError::TooManyBytes { .. }
            | ImageError::TooManyPixels { .. }
            | ImageError::SideTooLong { .. }
            | ImageError::TooManyScans { .. } => &IMAGE_TOO_LARGE,
        },
        ImageProblem::Face(FaceRejection::NoFace) => &NO_FACE,
        ImageProblem::Face(FaceRejection::ManyFaces { .. }) => &MANY_FACES,
        ImageProblem::Face(FaceRejection::FaceTooSmall { .. }) => &FACE_TOO_SMALL,
        ImageProblem::Face(FaceRejection::FaceTooClose { .. }) => &FACE_TOO_CLOSE,
        ImageProblem::Face(FaceRejection::FaceTurned { .. }) => &FACE_TURNED,
        ImageProblem::NotMeasurable => &FACE_NOT_MEASURABLE,
    }
}

/// The word for it on the protocol's page of requirements for images of faces; none where that has none.
pub fn reason_of(problem: &ImageProblem) -> Option<&'static str> {
    let ImageProblem::Face(rejection) = problem else { return None };
    Some(match rejection {
        FaceRejection::NoFace => "no_face_detected",
        FaceRejection::ManyFaces { .. } => "multiple_faces_detected",
        FaceRejection::FaceTooSmall { .. } => "face_too_far",
        FaceRejection::FaceTooClose { .. } => "face_too_close",
        FaceRejection::FaceTurned { .. } => "face_rotation_too_large",
    })
}
