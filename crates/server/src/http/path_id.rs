//! The id in a path: read in one way, and where it names nothing, the 404 of its resource.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use verax_query::{Resource, is_id};

use super::error::ApiError;

/// What stands in a path where an id is expected; nothing when it is not even UTF-8.
pub struct PathId(Option<String>);

impl PathId {
    /// The id of a record.
    ///
    /// # Errors
    /// It cannot be one: the resource's own 404, as for a record that is not there.
    pub fn of(self, resource: &Resource) -> Result<String, ApiError> {
        self.0.filter(|id| is_id(id)).ok_or_else(|| ApiError::not_found(resource))
    }

    /// As it was sent.
    pub fn sent(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Another name in its place, where what was sent is one.
    pub fn or_named(self, id: Option<String>) -> PathId {
        PathId(id.or(self.0))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<PathId, Infallible> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        Ok(PathId(path.ok().map(|Path(id)| id)))
    }
}
