//! Errors at the edge: one text for the caller, one for the log.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use verax_domain::resources;
use verax_query::{Problem, QUERY_BYTES_MAX, Resource};
use verax_store::StoreError;
use verax_vision::image::ImageError;

use super::body::{BODY_TOO_SLOW, UNSUPPORTED_MEDIA_TYPE};
use super::{face_errors, lifecycle_errors, malformed, person_errors, validation_errors};
use crate::app::access::{AccessError, MintError};
use crate::app::document_checks::DocumentCheckError;
use crate::app::idempotency::About;
use crate::app::measuring::MeasuringError;
use crate::metrics::Scarce;
use crate::vault::VaultError;

/// How long measuring what waits may take: when to try again.
const MEASURING_SECONDS: u64 = 2;

/// When to try again what an operator must mend.
const OPERATOR_SECONDS: u64 = 60;

/// An entry of the table of errors: what a client can branch on.
pub struct ErrorCode {
    pub code: &'static str,
    pub status: StatusCode,
    /// When it is answered, for the reference.
    pub when: &'static str,
}

pub static INVALID_PARAMETERS: ErrorCode = ErrorCode {
    code: "INVALID_PARAMETERS",
    status: StatusCode::BAD_REQUEST,
    when: "a parameter is wrong; `details` names each",
};
pub static UNAUTHORIZED: ErrorCode = ErrorCode {
    code: "UNAUTHORIZED",
    status: StatusCode::UNAUTHORIZED,
    when: "there is no access token, or it is not valid, expired or revoked",
};
pub static SESSION_UNAUTHORIZED: ErrorCode = ErrorCode {
    code: "Unauthorized",
    status: StatusCode::UNAUTHORIZED,
    when: "a session is asked for with a token that is not valid",
};
pub static FORBIDDEN: ErrorCode = ErrorCode {
    code: "FORBIDDEN",
    status: StatusCode::FORBIDDEN,
    when: "the access token does not have the scope that the operation needs; for a face call also \
           that it has expired (`message` is `token_expired`)",
};
pub static NOT_FOUND: ErrorCode = ErrorCode {
    code: "NOT_FOUND",
    status: StatusCode::NOT_FOUND,
    when: "there is no such path; an unknown record answers with its family's own code",
};
pub static METHOD_NOT_ALLOWED: ErrorCode = ErrorCode {
    code: "METHOD_NOT_ALLOWED",
    status: StatusCode::METHOD_NOT_ALLOWED,
    when: "the path does not take this method; `Allow` says which it takes",
};
pub static MISSING_PARAMETER: ErrorCode = ErrorCode {
    code: "MissingParameter",
    status: StatusCode::CONFLICT,
    when: "something that the operation needs was not sent",
};
pub static IDEMPOTENCY_CONFLICT: ErrorCode = ErrorCode {
    code: "IDEMPOTENCY_KEY_REUSED",
    status: StatusCode::CONFLICT,
    when: "the Idempotency-Key came with another request in the last 24 hours",
};
pub static IDEMPOTENCY_ANSWER_GONE: ErrorCode = ErrorCode {
    code: "IDEMPOTENCY_ANSWER_GONE",
    status: StatusCode::GONE,
    when: "the request of the Idempotency-Key was done, and its answer is gone: what it was about was \
           deleted, or it was not to be stored",
};
pub static URI_TOO_LONG: ErrorCode = ErrorCode {
    code: "URI_TOO_LONG",
    status: StatusCode::URI_TOO_LONG,
    when: "the query string is longer than 8192 bytes",
};
pub static BODY_TOO_LARGE: ErrorCode = ErrorCode {
    code: "BODY_TOO_LARGE",
    status: StatusCode::PAYLOAD_TOO_LARGE,
    when: "the request's body is longer than the setting http.plain_body_bytes_max (or \
           http.body_bytes_max, where images are taken), or was cut off",
};
pub static INVALID_IMAGE_FORMAT: ErrorCode = ErrorCode {
    code: "INVALID_IMAGE_FORMAT",
    status: StatusCode::BAD_REQUEST,
    when: "a picture is not base64 of a JPEG, PNG or WebP, or is damaged, or too small",
};
pub static IMAGE_TOO_LARGE: ErrorCode = ErrorCode {
    code: "IMAGE_TOO_LARGE",
    status: StatusCode::PAYLOAD_TOO_LARGE,
    when: "a picture has too many bytes or pixels, or its request is longer than the setting \
           http.body_bytes_max",
};
pub static TOO_MANY_REQUESTS: ErrorCode = ErrorCode {
    code: "TOO_MANY_REQUESTS",
    status: StatusCode::TOO_MANY_REQUESTS,
    when: "the token, its client or the address has used up its requests; `Retry-After` says for how \
           many seconds",
};
pub static UNAVAILABLE: ErrorCode = ErrorCode {
    code: "UNAVAILABLE",
    status: StatusCode::SERVICE_UNAVAILABLE,
    when: "the server is busy or its database does not answer; try again after `Retry-After`",
};
pub static VAULT_UNREADABLE: ErrorCode = ErrorCode {
    code: "VAULT_UNREADABLE",
    status: StatusCode::SERVICE_UNAVAILABLE,
    when: "what is stored encrypted cannot be opened, because its key is not in this server's vault or is \
           damaged: nothing was found, decided or deleted. The operator must look (`verax vault check`)",
};
pub static INTERNAL: ErrorCode = ErrorCode {
    code: "internal_error",
    status: StatusCode::INTERNAL_SERVER_ERROR,
    when: "a defect of the server; the request id finds it in the log",
};

/// All codes, for the reference and the OpenAPI document.
pub static CODES: [&ErrorCode; 52] = [
    &INVALID_PARAMETERS,
    &UNAUTHORIZED,
    &SESSION_UNAUTHORIZED,
    &FORBIDDEN,
    &NOT_FOUND,
    &METHOD_NOT_ALLOWED,
    &MISSING_PARAMETER,
    &IDEMPOTENCY_CONFLICT,
    &IDEMPOTENCY_ANSWER_GONE,
    &URI_TOO_LONG,
    &malformed::MALFORMED_REQUEST,
    &malformed::HEADERS_TOO_LARGE,
    &BODY_TOO_LARGE,
    &BODY_TOO_SLOW,
    &UNSUPPORTED_MEDIA_TYPE,
    &INVALID_IMAGE_FORMAT,
    &IMAGE_TOO_LARGE,
    &TOO_MANY_REQUESTS,
    &UNAVAILABLE,
    &VAULT_UNREADABLE,
    &INTERNAL,
    &face_errors::BAD_REQUEST,
    &face_errors::ONLY_BASE64,
    &face_errors::IMAGE_DAMAGED,
    &face_errors::IMAGE_TOO_SMALL,
    &face_errors::NO_FACE,
    &face_errors::MANY_FACES,
    &face_errors::FACE_TOO_SMALL,
    &face_errors::FACE_TOO_CLOSE,
    &face_errors::FACE_TURNED,
    &face_errors::FACE_NOT_MEASURABLE,
    &face_errors::MODELS_MISSING,
    &person_errors::INVALID_COLLECTION,
    &person_errors::PERSON_ALREADY_SET,
    &person_errors::DUPLICATED_PERSON,
    &person_errors::LIVENESS_FAILED,
    &person_errors::PERSON_WITHOUT_FACE,
    &person_errors::GALLERY_TOO_LARGE,
    &lifecycle_errors::UNPROCESSABLE,
    &lifecycle_errors::CONFLICT,
    &lifecycle_errors::PROJECT_NOT_FOUND,
    &lifecycle_errors::TOKEN_NOT_RIGHT,
    &lifecycle_errors::ACCESS_DENIED,
    &lifecycle_errors::EMAIL_IS_REGISTERED,
    &lifecycle_errors::PHONE_IS_REGISTERED,
    &lifecycle_errors::CANNOT_RESEND_LINK,
    &validation_errors::LIVENESS_DETECTION_FAILED,
    &validation_errors::IDENTITY_VERIFICATION_FAILED,
    &validation_errors::IMAGE_REPLAYED,
    &validation_errors::LOGIN_LOCKED,
    &validation_errors::COLLECTION_NOT_SET,
    &validation_errors::PERSON_ALREADY_SET,
];

/// The body of a 5xx, left with the answer so that the request id can be added.
#[derive(Clone, Debug)]
pub struct Failure(pub Value);

/// Left with an answer that is an error, to be counted.
#[derive(Clone, Copy, Debug)]
pub struct Rejected {
    pub code: &'static str,
    /// What there was not enough of, if it was that.
    pub lacking: Option<Scarce>,
}

/// An answer that is an error.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    lacking: Option<Scarce>,
    body: Value,
    /// For the log alone.
    pub cause: Option<Box<str>>,
    retry_after_seconds: Option<u64>,
    /// The record that the body tells of, if it tells of one.
    about: Option<Box<About>>,
}

impl ApiError {
    /// The superset body that clients of every family can read.
    pub fn new(code: &'static ErrorCode, error: impl Into<String>) -> ApiError {
        let error = error.into();
        let message = error.clone();
        ApiError::with(code.status, code.code, error, message)
    }

    pub fn not_found(resource: &Resource) -> ApiError {
        let known = &resource.not_found;
        let code = known.code;
        ApiError::with(StatusCode::NOT_FOUND, code, known.error.to_owned(), code.to_owned())
    }

    /// The answer of the seed pages: exactly these four keys.
    pub fn invalid(problems: Vec<Problem>) -> ApiError {
        let body = json!({
            "success": false,
            "error": "Invalid query parameters",
            "code": INVALID_PARAMETERS.code,
            "details": details(problems),
        });
        ApiError {
            status: StatusCode::BAD_REQUEST,
            lacking: None,
            body,
            cause: None,
            retry_after_seconds: None,
            about: None,
        }
    }

    /// What is wrong with the members of a body, where the family has no words of its own for it.
    pub fn invalid_body(problems: Vec<Problem>) -> ApiError {
        ApiError::body(&INVALID_PARAMETERS, "Invalid parameters", problems)
    }

    /// What is wrong with a body, in the form of the family that says its code in `message`.
    pub fn body(
        code: &'static ErrorCode,
        error: impl Into<String>,
        problems: Vec<Problem>,
    ) -> ApiError {
        let message = code.code.to_owned();
        ApiError::with(code.status, code.code, error.into(), message)
            .with_member("details", details(problems))
    }

    /// Why a picture is refused.
    pub fn picture(error: &ImageError) -> ApiError {
        let code = match error {
            ImageError::TooManyBytes { .. }
            | ImageError::TooManyPixels { .. }
            | ImageError::SideTooLong { .. } => &IMAGE_TOO_LARGE,
            _ => &INVALID_IMAGE_FORMAT,
        };
        let problem = Problem { parameter: "image".to_owned(), message: error.to_string() };
        ApiError::body(code, "The image cannot be used", vec![problem])
    }

    pub fn query_too_long() -> ApiError {
        let error = format!("The query string is longer than {QUERY_BYTES_MAX} bytes.");
        ApiError::new(&URI_TOO_LONG, error)
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Another error instead, when this one says that something is not there.
    pub fn if_not_found(self, other: impl FnOnce() -> ApiError) -> ApiError {
        if self.status == StatusCode::NOT_FOUND { other() } else { self }
    }

    pub fn with_member(mut self, name: &str, value: Value) -> ApiError {
        self.body[name] = value;
        self
    }

    /// Says that the body tells of this record: it is not told again when the record is gone.
    pub fn about(mut self, resource: &'static Resource, id: &str) -> ApiError {
        self.about = Some(Box::new(About::Record(resource, id.to_owned())));
        self
    }

    /// The server is not broken: there is not enough of this now.
    pub fn lacking(mut self, resource: Scarce) -> ApiError {
        self.lacking = Some(resource);
        self
    }

    pub fn retry_after(mut self, seconds: u64) -> ApiError {
        self.retry_after_seconds = Some(seconds);
        self
    }

    fn with(status: StatusCode, code: &'static str, error: String, message: String) -> ApiError {
        let body = json!({
            "success": false,
            "error": error,
            "code": code,
            "message": message,
            "status": status.as_u16(),
        });
        let lacking = None;
        ApiError { status, lacking, body, cause: None, retry_after_seconds: None, about: None }
    }

    pub fn caused(mut self, cause: impl std::fmt::Display) -> ApiError {
        self.cause = Some(cause.to_string().into());
        self
    }
}

/// A code is a label of a metric: of those alone that stand in this code.
fn known_code(body: &Value) -> &'static str {
    let codes = CODES.iter().map(|code| code.code);
    let mut codes = codes.chain(resources::ALL.iter().map(|it| it.not_found.code));
    codes.find(|code| body["code"] == *code).unwrap_or("other")
}

fn details(problems: Vec<Problem>) -> Value {
    problems
        .into_iter()
        .map(|problem| json!({ "parameter": problem.parameter, "message": problem.message }))
        .collect()
}

impl From<MeasuringError> for ApiError {
    fn from(error: MeasuringError) -> ApiError {
        match error {
            MeasuringError::Overloaded(_) => {
                let sentence = "The server is measuring as much as it can. Try again in a moment.";
                ApiError::new(&UNAVAILABLE, sentence)
                    .lacking(Scarce::Measuring)
                    .retry_after(MEASURING_SECONDS)
            }
            error => ApiError::new(&INTERNAL, "Something went wrong on our side.").caused(error),
        }
    }
}

impl From<DocumentCheckError> for ApiError {
    fn from(error: DocumentCheckError) -> ApiError {
        match error {
            // The work has logged its error itself.
            DocumentCheckError::Store(error) => ApiError { cause: None, ..error.into() },
            DocumentCheckError::Picture(error) => ApiError::picture(&error),
            DocumentCheckError::Vault(error) => error.into(),
            DocumentCheckError::RegistrationOver => {
                lifecycle_errors::conflict("registration_is_over", "The registration is over.")
            }
            DocumentCheckError::ChecksLimit(max) => lifecycle_errors::conflict(
                "document_checks_limit",
                &format!("The device of a registration begins {max} document checks at most."),
            ),
            DocumentCheckError::ImagesLimit(max) => lifecycle_errors::conflict(
                "saved_images_limit",
                &format!("The device of a registration keeps {max} pictures at most."),
            ),
            DocumentCheckError::Stopped => {
                ApiError::new(&INTERNAL, "Something went wrong on our side.")
            }
        }
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> ApiError {
        match error {
            VaultError::Store(_) => {
                let sentence = "What is kept cannot be reached. Try again in a moment.";
                ApiError::new(&UNAVAILABLE, sentence).retry_after(5).caused(error)
            }
            VaultError::NoKey
            | VaultError::NoMasterKey
            | VaultError::NotHeld
            | VaultError::DoesNotOpen(_) => unreadable(error),
            error @ VaultError::OtherRotation => {
                ApiError::new(&INTERNAL, "Something went wrong on our side.").caused(error)
            }
        }
    }
}

/// Something is stored, and no key here opens it.
pub fn unreadable(cause: impl std::fmt::Display) -> ApiError {
    let sentence =
        "What is stored encrypted cannot be opened: the operator of this server must look.";
    ApiError::new(&VAULT_UNREADABLE, sentence).retry_after(OPERATOR_SECONDS).caused(cause)
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        match error {
            StoreError::Busy(_) | StoreError::Unavailable(_) => {
                ApiError::new(&UNAVAILABLE, "The server is busy. Try again in a moment.")
                    .lacking(Scarce::Database)
                    .retry_after(1)
                    .caused(error)
            }
            error => ApiError::new(&INTERNAL, "Something went wrong on our side.").caused(error),
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> ApiError {
        let sentence = match error {
            AccessError::Store(error) => return error.into(),
            AccessError::Narrow => {
                let sentence = "The access token is for one record alone, not for this.";
                return ApiError::new(&FORBIDDEN, sentence);
            }
            AccessError::Missing => "An access token is needed: Authorization: Bearer <token>.",
            AccessError::Invalid => "Invalid or expired token.",
            AccessError::Expired => "The access token has expired.",
            AccessError::Revoked => "The access token was revoked.",
            AccessError::OldSandbox => {
                "This token is from before sandboxes had records of their own. Make a new one: verax \
                 token create --sandbox."
            }
        };
        ApiError::new(&UNAUTHORIZED, sentence)
    }
}

impl From<MintError> for ApiError {
    fn from(error: MintError) -> ApiError {
        match error {
            MintError::Store(error) => error.into(),
            MintError::Revoked => AccessError::Revoked.into(),
            error => ApiError::new(&INTERNAL, "Something went wrong on our side.").caused(error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(status = self.status.as_u16(), cause, "a request failed");
        }
        let mut response = (self.status, Json(&self.body)).into_response();
        let rejected = Rejected { code: known_code(&self.body), lacking: self.lacking };
        response.extensions_mut().insert(rejected);
        if self.status.is_server_error() {
            // The request id is added where it is known.
            response.extensions_mut().insert(Failure(self.body));
        }
        if let Some(about) = self.about {
            response.extensions_mut().insert(*about);
        }
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
