//! The error codes that every family answers with. A family's own are in its `errors.rs`.

use axum::http::StatusCode;

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
    when: "the access token is missing, invalid, expired or revoked",
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
pub static MALFORMED_REQUEST: ErrorCode = ErrorCode {
    code: "MALFORMED_REQUEST",
    status: StatusCode::BAD_REQUEST,
    when: "the request is not valid HTTP, or its length could be read in two ways; over HTTP/1.1 the \
           connection is closed",
};
pub static HEADERS_TOO_LARGE: ErrorCode = ErrorCode {
    code: "HEADERS_TOO_LARGE",
    status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    when: "the request line and its headers are longer than 32 KiB, or there are more than 100 \
           headers; over HTTP/1.1 the connection is closed",
};
pub static BAD_REQUEST: ErrorCode = ErrorCode {
    code: "BadRequest",
    status: StatusCode::BAD_REQUEST,
    when: "the body is not a JSON object",
};
pub static BODY_TOO_LARGE: ErrorCode = ErrorCode {
    code: "BODY_TOO_LARGE",
    status: StatusCode::PAYLOAD_TOO_LARGE,
    when: "the request's body is longer than the setting http.plain_body_bytes_max (or \
           http.body_bytes_max, where images are taken), or was cut off",
};
pub static BODY_TOO_SLOW: ErrorCode = ErrorCode {
    code: "BODY_TOO_SLOW",
    status: StatusCode::REQUEST_TIMEOUT,
    when: "the body did not come in time: see the setting http.body_seconds",
};
pub static UNSUPPORTED_MEDIA_TYPE: ErrorCode = ErrorCode {
    code: "UNSUPPORTED_MEDIA_TYPE",
    status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
    when: "the body is a form, multipart, compressed, an image, XML or not in UTF-8; `error` says which: bodies \
           are JSON in UTF-8",
};
pub static INVALID_IMAGE_FORMAT: ErrorCode = ErrorCode {
    code: "INVALID_IMAGE_FORMAT",
    status: StatusCode::BAD_REQUEST,
    when: "an image is not base64 of a JPEG, PNG or WebP, or is damaged, or too small",
};
pub static IMAGE_TOO_LARGE: ErrorCode = ErrorCode {
    code: "IMAGE_TOO_LARGE",
    status: StatusCode::PAYLOAD_TOO_LARGE,
    when: "an image has too many bytes or pixels, or its request is longer than the setting \
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
           damaged: nothing was found, decided or deleted. The operator must check (`verax vault check`)",
};
pub static INTERNAL: ErrorCode = ErrorCode {
    code: "internal_error",
    status: StatusCode::INTERNAL_SERVER_ERROR,
    when: "a defect of the server; the request id finds it in the log",
};
pub static CONFLICT: ErrorCode = ErrorCode {
    code: "Conflict",
    status: StatusCode::CONFLICT,
    when: "the record's status does not allow this operation; `message` says why: \
           `session_used`, `session_expired`, `validation_is_over`, `no_attempts_left`, \
           `registration_is_over`, `registration_has_moved`, `step_is_mandatory`, \
           `email_is_validated`, `phone_is_validated`, `email_not_set`, `not_validated`, `token_exchanged`, `document_checks_limit`, `saved_images_limit`, \
           `face_not_set`, `document_face_not_set` or `document_not_read`",
};
pub static TOKEN_NOT_RIGHT: ErrorCode = ErrorCode {
    code: "token_not_right",
    status: StatusCode::FORBIDDEN,
    when: "the operation requires a record token; this token has a different type",
};
pub static ACCESS_DENIED: ErrorCode = ErrorCode {
    code: "Forbidden",
    status: StatusCode::FORBIDDEN,
    when: "the token is for another record, or for one record alone; `message` is `access_denied`",
};

/// All of them, in the order of the reference.
pub static CODES: &[&ErrorCode] = &[
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
    &MALFORMED_REQUEST,
    &HEADERS_TOO_LARGE,
    &BAD_REQUEST,
    &BODY_TOO_LARGE,
    &BODY_TOO_SLOW,
    &UNSUPPORTED_MEDIA_TYPE,
    &INVALID_IMAGE_FORMAT,
    &IMAGE_TOO_LARGE,
    &TOO_MANY_REQUESTS,
    &UNAVAILABLE,
    &VAULT_UNREADABLE,
    &INTERNAL,
    &CONFLICT,
    &TOKEN_NOT_RIGHT,
    &ACCESS_DENIED,
];

// Those that calls of several families answer; each is listed by the family that it is about.
pub static DUPLICATED_PERSON: ErrorCode = ErrorCode {
    code: "duplicated_person",
    status: StatusCode::CONFLICT,
    when: "somebody with that face is in the collection; `data` says who, and how alike",
};
pub static LIVENESS_FAILED: ErrorCode = ErrorCode {
    code: "liveness_failed",
    status: StatusCode::CONFLICT,
    when: "the face is not live enough; `message` is `liveness_failed@` and the score",
};
pub static GALLERY_TOO_LARGE: ErrorCode = ErrorCode {
    code: "GALLERY_TOO_LARGE",
    status: StatusCode::SERVICE_UNAVAILABLE,
    when: "the client has more faces than the setting persons.templates_in_memory_max",
};
pub static PROJECT_NOT_FOUND: ErrorCode = ErrorCode {
    code: "Project_not_found_or_featured_disabled",
    status: StatusCode::NOT_FOUND,
    when: "the client has no such project with this flow, or one of both is paused",
};
pub static MESSAGES_NOT_SET: ErrorCode = ErrorCode {
    code: "messages_not_set",
    status: StatusCode::CONFLICT,
    when: "this server has nothing to send it by: see the settings email, sms, whatsapp and \
           http.public_url",
};
pub static TOO_MANY_CODES: ErrorCode = ErrorCode {
    code: "too_many_codes",
    status: StatusCode::TOO_MANY_REQUESTS,
    when: "so many codes, or emails, were asked for that none is sent now; `Retry-After` says for how many seconds",
};
