//! Errors at the edge: one text for the caller, one for the log.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use verax_query::{Problem, QUERY_BYTES_MAX, Resource};
use verax_vision::image::ImageError;

use crate::app::StoreError;
use crate::app::access::{AccessError, MintError};
use crate::app::admission::AdmissionError;
use crate::app::emails::EmailError;
use crate::app::idempotency::About;
use crate::app::lists::records::RecordError;
use crate::http::error_codes::{
    ACCESS_DENIED, CONFLICT, ErrorCode, FORBIDDEN, IMAGE_TOO_LARGE, INTERNAL, INVALID_IMAGE_FORMAT,
    INVALID_PARAMETERS, MESSAGES_NOT_SET, MISSING_PARAMETER, PROJECT_NOT_FOUND, TOKEN_NOT_RIGHT,
    TOO_MANY_CODES, UNAUTHORIZED, UNAVAILABLE, URI_TOO_LONG, VAULT_UNREADABLE,
};
use crate::metrics::Scarce;
use crate::vault::VaultError;

/// How long measuring what waits may take: when to try again.
const MEASURING_SECONDS: u64 = 2;

/// What an address must be that something is sent to.
const ADDRESS_RULE: &str =
    "must be one address in ASCII, such as jo@example.com; write the domain as xn--…";

/// When to try again what an operator must mend.
const OPERATOR_SECONDS: u64 = 60;

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
    /// Of the table of codes: it is the label of a metric.
    code: &'static str,
    status: StatusCode,
    lacking: Option<Scarce>,
    body: Box<Value>,
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
        let message = match says_code(code) {
            true => code.code.to_owned(),
            false => error.clone(),
        };
        ApiError::with(code.status, code.code, error, message)
    }

    pub fn not_found(resource: &Resource) -> ApiError {
        let known = &resource.not_found;
        let code = known.code;
        ApiError::with(StatusCode::NOT_FOUND, code, known.error.to_owned(), code.to_owned())
    }

    /// A defect of ours: the caller learns nothing of its cause.
    pub fn internal() -> ApiError {
        ApiError::new(&INTERNAL, "Something went wrong on our side.")
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
            code: INVALID_PARAMETERS.code,
            status: StatusCode::BAD_REQUEST,
            lacking: None,
            body: Box::new(body),
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

    /// Why an image is rejected.
    pub fn image(error: &ImageError) -> ApiError {
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

    /// What is wrong with which parameter, where that is why.
    pub fn problems(&self) -> Vec<Problem> {
        let text = |detail: &Value, name: &str| detail[name].as_str().map(str::to_owned);
        let problem = |detail: &Value| {
            let parameter = text(detail, "parameter")?;
            Some(Problem { parameter, message: text(detail, "message")? })
        };
        let details = self.body["details"].as_array();
        details.into_iter().flatten().filter_map(problem).collect()
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
        ApiError {
            code,
            status,
            lacking: None,
            body: Box::new(body),
            cause: None,
            retry_after_seconds: None,
            about: None,
        }
    }

    /// Says that its cause is in the log already.
    pub fn logged(self) -> ApiError {
        ApiError { cause: None, ..self }
    }

    pub fn caused(mut self, cause: impl std::fmt::Display) -> ApiError {
        self.cause = Some(cause.to_string().into());
        self
    }
}

fn details(problems: Vec<Problem>) -> Value {
    problems
        .into_iter()
        .map(|problem| json!({ "parameter": problem.parameter, "message": problem.message }))
        .collect()
}

/// What is wrong with members: the first is the message, as Joi has it, all are details.
pub fn collected(code: &'static ErrorCode, problems: Vec<Problem>) -> ApiError {
    let first = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
    let fields = code.status == StatusCode::UNPROCESSABLE_ENTITY;
    let detail = |Problem { parameter, message }: Problem| {
        let mut detail = json!({ "parameter": parameter, "message": message });
        if fields {
            detail["field"] = parameter.into();
        }
        detail
    };
    let details: Vec<Value> = problems.into_iter().map(detail).collect();
    ApiError::new(code, first).with_member("details", details.into())
}

/// Whether `message` is the code, because clients translate it as a key. What is wrong with a member is
/// told there in words, as Joi has it.
fn says_code(code: &ErrorCode) -> bool {
    let translated = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::CONFLICT,
    ];
    translated.contains(&code.status) && code.code != MISSING_PARAMETER.code
}

/// A rejection whose `message` is a word that clients compare with.
pub fn conflict(message: &str, error: &str) -> ApiError {
    ApiError::new(&CONFLICT, error).with_member("message", message.into())
}

pub fn token_not_right(needed: &str) -> ApiError {
    ApiError::new(&TOKEN_NOT_RIGHT, format!("This is for the token of one {needed}."))
        .with_member("message", TOKEN_NOT_RIGHT.code.into())
}

pub fn access_denied() -> ApiError {
    ApiError::new(&ACCESS_DENIED, "The access token is for another record.")
        .with_member("message", "access_denied".into())
}

/// The token of a record may not do this, to its own record neither.
pub fn for_clients_only() -> ApiError {
    let error = "This takes an access token of the client, not the token of one record.";
    ApiError::new(&ACCESS_DENIED, error).with_member("message", "access_denied".into())
}

pub fn project_not_found() -> ApiError {
    ApiError::new(&PROJECT_NOT_FOUND, "There is no such project with this flow, or it is paused.")
        .with_member("message", PROJECT_NOT_FOUND.code.into())
}

pub fn address_not_allowed() -> ApiError {
    let message = ADDRESS_RULE.to_owned();
    ApiError::invalid_body(vec![Problem { parameter: "email".to_owned(), message }])
}

pub fn messages_not_set() -> ApiError {
    ApiError::new(&MESSAGES_NOT_SET, "This server has nothing to send such a message by.")
}

/// The next is sent after so many seconds.
pub fn too_many_codes(seconds: u64) -> ApiError {
    let error = "Too many codes or emails were asked for. Try again later.";
    ApiError::new(&TOO_MANY_CODES, error)
        .with_member("message", TOO_MANY_CODES.code.into())
        .retry_after(seconds)
}

/// What is wrong with a body is not said: it would tell who may call. How it came is.
pub fn anonymous_rejection(error: ApiError) -> ApiError {
    match error.status() {
        StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE => error,
        _ => anonymous_rejected(),
    }
}

/// The same words whether there is such a project or not.
pub fn anonymous_rejected() -> ApiError {
    ApiError::new(&UNAUTHORIZED, "An access token is needed: Authorization: Bearer <token>.")
}

impl From<AdmissionError> for ApiError {
    fn from(error: AdmissionError) -> ApiError {
        match error {
            AdmissionError::Overloaded(_) => {
                let sentence = "The server is at capacity. Try again in a moment.";
                ApiError::new(&UNAVAILABLE, sentence)
                    .lacking(Scarce::Measuring)
                    .retry_after(MEASURING_SECONDS)
            }
            error => ApiError::internal().caused(error),
        }
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> ApiError {
        match error {
            VaultError::Store(_) => {
                let sentence = "The object store is unavailable. Try again in a moment.";
                ApiError::new(&UNAVAILABLE, sentence).retry_after(5).caused(error)
            }
            VaultError::NoKey
            | VaultError::NoMasterKey
            | VaultError::NotHeld
            | VaultError::DoesNotOpen(_) => unreadable(error),
            error @ VaultError::OtherRotation => ApiError::internal().caused(error),
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
            error => ApiError::internal().caused(error),
        }
    }
}

impl From<EmailError> for ApiError {
    fn from(error: EmailError) -> ApiError {
        match error {
            EmailError::NotConfigured => messages_not_set(),
            EmailError::AddressNotAllowed => address_not_allowed(),
            EmailError::TooMany { seconds } => too_many_codes(seconds),
            EmailError::Store(error) => error.into(),
        }
    }
}

impl From<RecordError> for ApiError {
    fn from(error: RecordError) -> ApiError {
        match error {
            RecordError::Gone => {
                ApiError::new(&INTERNAL, "Something went wrong on our side.").caused(error)
            }
            RecordError::Store(error) => error.into(),
            RecordError::Vault(error) => error.into(),
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> ApiError {
        let word = match &error {
            AccessError::Expired => "token_expired",
            AccessError::Revoked => "token_revoked",
            _ => UNAUTHORIZED.code,
        };
        let sentence = match error {
            AccessError::Store(error) => return error.into(),
            AccessError::RecordToken => {
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
        ApiError::new(&UNAUTHORIZED, sentence).with_member("message", word.into())
    }
}

impl From<MintError> for ApiError {
    fn from(error: MintError) -> ApiError {
        match error {
            MintError::Store(error) => error.into(),
            MintError::Revoked => AccessError::Revoked.into(),
            error => ApiError::internal().caused(error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(status = self.status.as_u16(), cause, "a request failed");
        }
        let mut response = (self.status, Json(&self.body)).into_response();
        let rejected = Rejected { code: self.code, lacking: self.lacking };
        response.extensions_mut().insert(rejected);
        if self.status.is_server_error() {
            // The request id is added where it is known.
            response.extensions_mut().insert(Failure(*self.body));
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
