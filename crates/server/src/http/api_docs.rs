//! The pages that describe the API: the OpenAPI document, and Swagger UI.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::http::answers::json as json_response;
use crate::http::error::ApiError;
use crate::http::error_codes::NOT_FOUND;
use crate::http::openapi::published;
use crate::http::swagger_ui;

/// It is the same for everybody, who need no token for it: made once.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| published().to_string());

pub async fn openapi() -> Response {
    let mut response = json_response(DOCUMENT.clone().into_bytes());
    let public = HeaderValue::from_static("public, max-age=60");
    response.headers_mut().insert(header::CACHE_CONTROL, public);
    response
}

pub async fn to_docs() -> Redirect {
    Redirect::permanent("/docs/")
}

pub async fn docs_index() -> Response {
    asset("index.html").await
}

pub async fn docs(file: Result<Path<String>, PathRejection>) -> Response {
    let file = file.map(|Path(file)| file).unwrap_or_default();
    asset(&file).await
}

/// The files of Swagger UI are in the binary: the page loads nothing from elsewhere.
async fn asset(name: &str) -> Response {
    let Some((media_type, bytes)) = swagger_ui::file(name).await else {
        return ApiError::new(&NOT_FOUND, "There is no such page.").into_response();
    };
    let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
                  img-src 'self' data:; frame-ancestors 'none'";
    let headers = [(header::CONTENT_TYPE, media_type), (header::CONTENT_SECURITY_POLICY, policy)];
    (headers, bytes).into_response()
}
