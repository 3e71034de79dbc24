//! `POST /v2/face-recognition/…`: calls that measure what they are sent and keep nothing.

use axum::extract::State as Extract;
use axum::response::Response;
use verax_domain::face_call::{LivenessCheck, MatchCheck};

use crate::app::faces::ProbeLiveness;
use crate::http::answers::services::found;
use crate::http::body::table::{BodyField, Default, Rule, optional, required};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::face_service::errors::unread;
use crate::http::face_service::{
    IMAGE_DOC, MODE_DOC, OS, SEARCH_MODES, answers as face_answers, read,
};
use crate::http::layers::allowed::Allowed;
use crate::http::state::State;
use crate::metrics::CheckKind;

/// Images in one list: each costs the server as much as a call with one image.
const IMAGES_MAX: usize = 10;
const LIVENESS_MIN_SCORE: BodyField =
    optional("liveness_min_score", Rule::Number(0.0, 1.0), "Minimum liveness score.")
        .or(Default::Number(0.6));
const COMPARE_MIN_SCORE: BodyField =
    optional("compare_min_score", Rule::Number(0.67, 0.95), "From here on it is the same face.")
        .or(Default::Number(0.85));
const SEARCH_MODE: BodyField = optional("search_mode", SEARCH_MODES, MODE_DOC);
const GALLERY: BodyField = required("gallery", Rule::Images(IMAGES_MAX), IMAGE_DOC);
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
    Ok(found(&state, face_answers::liveness_alone(&check, &state.app.new_id())))
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
