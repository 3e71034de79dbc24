//! `POST /v2/face-recognition/…`: calls that measure what they are sent and keep nothing.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::face_call::{LivenessCheck, MatchCheck};

use crate::app::faces::ProbeLiveness;
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::read_measured;
use crate::http::body::table::{BodyField, Default, Rule, optional, required};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::faces::answers as face_answers;
use crate::http::faces::errors::{only_base64, unread, wrong_members};
use crate::http::layers::admission::Slot;
use crate::http::layers::allowed::Allowed;
use crate::http::layers::idempotency::changes_nothing;
use crate::http::lists::answers::json as json_response;
use crate::http::lists::signature::signature;
use crate::http::state::State;
use crate::metrics::CheckKind;

/// Images in one list: each costs the server as much as a call with one image.
const IMAGES_MAX: usize = 10;
pub const SEARCH_MODES: Rule = Rule::Word(&["FAST", "ACCURATE"]);
pub const MODE_DOC: &str = "Accepted for compatibility; has no effect: every comparison is exact.";
pub const IMAGE_DOC: &str = "A JPEG, PNG or WebP in base64, bare or as a data URI; or an https URL, \
                             where the setting images.fetch_urls allows it.";
const LIVENESS_MIN_SCORE: BodyField =
    optional("liveness_min_score", Rule::Number(0.0, 1.0), "Minimum liveness score.")
        .or(Default::Number(0.6));
const COMPARE_MIN_SCORE: BodyField =
    optional("compare_min_score", Rule::Number(0.67, 0.95), "From here on it is the same face.")
        .or(Default::Number(0.85));
const SEARCH_MODE: BodyField = optional("search_mode", SEARCH_MODES, MODE_DOC);
const GALLERY: BodyField = required("gallery", Rule::Images(IMAGES_MAX), IMAGE_DOC);
// It changes nothing here: it is checked, so that a client that works here works elsewhere.
pub const OS: BodyField =
    required("os", Rule::Text(1, 64), "What the image was taken with: DESKTOP, IOS, ANDROID.");

pub static LIVENESS_BODY: &[BodyField] = &[
    OS,
    required("image", Rule::Image, IMAGE_DOC),
    optional("collection_id", Rule::Text(1, 64), "Changes nothing."),
    LIVENESS_MIN_SCORE,
];

// Real clients leave `search_mode` out.
pub static COMPARE_BODY: &[BodyField] = &[
    required("probe", Rule::Images(IMAGES_MAX), IMAGE_DOC),
    GALLERY,
    SEARCH_MODE,
    COMPARE_MIN_SCORE,
];

pub static COMPARE_LIVE_BODY: &[BodyField] = &[
    required("probe", Rule::Image, IMAGE_DOC),
    GALLERY,
    OS,
    SEARCH_MODE,
    required("liveness_min_score", Rule::Number(0.52, 1.0), "Minimum liveness score."),
    COMPARE_MIN_SCORE,
];

pub static COMPARE_WITH_LIVENESS_BODY: &[BodyField] = &[
    required("probe", Rule::Image, IMAGE_DOC),
    GALLERY,
    SEARCH_MODE,
    LIVENESS_MIN_SCORE,
    COMPARE_MIN_SCORE,
];

/// `POST …/liveness` and `…/liveness-score`.
pub async fn liveness(
    Extract(state): Extract<State>,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (mut sent, _slot) = read(&state, &allowed, body, LIVENESS_BODY).await?;
    let score = state.app.score_liveness(sent.image("image")).await?;
    let check = LivenessCheck { score, min_score: sent.number("liveness_min_score") };
    state.metrics.check_decided(CheckKind::Liveness, check.passed());
    Ok(found(&state, face_answers::liveness(&check)))
}

/// `POST …/compare`.
pub async fn compare(
    Extract(state): Extract<State>,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (mut sent, _slot) = read(&state, &allowed, body, COMPARE_BODY).await?;
    let (probes, gallery) = (sent.images("probe"), sent.images("gallery"));
    let compared = state.app.compare_faces(probes, gallery, ProbeLiveness::NotAsked).await?;
    let check = MatchCheck { score: compared.score, min_score: sent.number("compare_min_score") };
    state.metrics.check_decided(CheckKind::Comparison, check.passed());
    Ok(found(&state, face_answers::comparison(&check)))
}

/// `POST …/compare-live`: the comparison and the probe's liveness, both always.
pub async fn compare_live(
    Extract(state): Extract<State>,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (mut sent, _slot) = read(&state, &allowed, body, COMPARE_LIVE_BODY).await?;
    let (probe, gallery) = (sent.images("probe"), sent.images("gallery"));
    let compared = state.app.compare_faces(probe, gallery, ProbeLiveness::Always).await?;
    let Some(liveness_score) = compared.liveness_score else { return Err(unread("probe")) };
    let check = MatchCheck { score: compared.score, min_score: sent.number("compare_min_score") };
    let min_score = sent.number("liveness_min_score");
    let probe = LivenessCheck { score: liveness_score, min_score };
    state.metrics.check_decided(CheckKind::Comparison, check.passed());
    state.metrics.check_decided(CheckKind::Liveness, probe.passed());
    Ok(found(&state, face_answers::live_comparison(&check, &probe)))
}

/// `POST …/compare-with-liveness`: the probe's liveness only when the comparison passed.
pub async fn compare_with_liveness(
    Extract(state): Extract<State>,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (mut sent, _slot) = read(&state, &allowed, body, COMPARE_WITH_LIVENESS_BODY).await?;
    let (probe, gallery) = (sent.images("probe"), sent.images("gallery"));
    let min_score = sent.number("compare_min_score");
    let wanted = ProbeLiveness::IfScoreReaches(min_score);
    let compared = state.app.compare_faces(probe, gallery, wanted).await?;
    let check = MatchCheck { score: compared.score, min_score };
    let min_score = sent.number("liveness_min_score");
    let probe = compared.liveness_score.map(|score| LivenessCheck { score, min_score });
    state.metrics.check_decided(CheckKind::Comparison, check.passed());
    if let Some(probe) = &probe {
        state.metrics.check_decided(CheckKind::Liveness, probe.passed());
    }
    Ok(found(&state, face_answers::comparison_with_liveness(&check, probe.as_ref())))
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

/// The envelope of services: a short code of the request, what was found, a signature.
pub fn answer(state: &State, data: Value) -> Response {
    let text = signature(&state.app.config.now().signature, state.app.clock.now());
    let signature: Value = serde_json::from_str(&text).unwrap_or_default();
    let body = json!({
        "id": request_code(state.app.random.number()),
        "data": data,
        "signature": signature,
    });
    json_response(body.to_string().into_bytes())
}

/// The same of a call that changes nothing: a repetition is made again.
pub fn found(state: &State, data: Value) -> Response {
    changes_nothing(answer(state, data))
}

/// Five letters and digits.
fn request_code(mut number: u64) -> String {
    const SIGNS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut code = String::new();
    for _ in 0..5 {
        code.push(char::from(SIGNS[(number % 36) as usize]));
        number /= 36;
    }
    code
}
