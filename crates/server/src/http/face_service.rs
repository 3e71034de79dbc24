//! What calls that are sent images of faces have in common: who may make them, their paths, their bodies.

pub mod answers;
pub mod errors;
pub mod schemas;

use self::errors::{
    FACE_NOT_MEASURABLE, MANY_FACES, MODELS_MISSING, NO_FACE, ONLY_BASE64, only_base64,
    rejected_token, wrong_members,
};
use super::body::checked::CheckedBody;
use super::body::reading::read_measured;
use super::body::table::{BodyField, Rule, required};
use super::body::unread::Unread;
use super::error::ApiError;
use super::error_codes::{ErrorCode, IMAGE_TOO_LARGE, INVALID_IMAGE_FORMAT};
use super::layers::access::Access;
use super::layers::admission::Slot;
use super::layers::allowed::Allowed;
use super::state::State;

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

pub const SEARCH_MODES: Rule = Rule::Word(&["FAST", "ACCURATE"]);
pub const MODE_DOC: &str = "Accepted for compatibility; has no effect: every comparison is exact.";
pub const IMAGE_DOC: &str = "A JPEG, PNG or WebP in base64, bare or as a data URI; or an https URL, \
                             where the setting images.fetch_urls allows it.";
// It changes nothing here: it is checked, so that a client that works here works elsewhere.
pub const OS: BodyField =
    required("os", Rule::Text(1, 64), "What the image was taken with: DESKTOP, IOS, ANDROID.");

pub fn path(name: &str) -> String {
    format!("/v2/{TAG}/{name}")
}

/// The body of a call that measures, and its slot.
pub async fn read(
    state: &State,
    allowed: &Allowed,
    body: Unread,
    fields: &'static [BodyField],
) -> Result<(CheckedBody, Slot), ApiError> {
    let (sent, slot) = read_measured(state, allowed, body, fields).await?;
    Ok((sent.finish_as(wrong_members, only_base64)?, slot))
}
