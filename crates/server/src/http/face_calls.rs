//! `POST /v2/face-recognition/…`: calls that measure what they are sent and keep nothing.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Request, State as Extract};
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::face_call::{LivenessCheck, MatchCheck};

use super::State;
use super::admission::{Place, admitted_body};
use super::authorize::require;
use super::error::{ApiError, BODY_TOO_LARGE, INTERNAL};
use super::face_answers;
use super::face_body::{FaceBody, Needed};
use super::face_errors::FaceCaller;
use super::lists::json as json_response;
use super::signature::signature;
use crate::app::faces::ProbeLiveness;

/// Measuring is what a client's own server does; a token that may only read must not be enough
/// to ask whether two people are the same.
pub const SCOPES: &[&str] = &["write"];

pub const MATCH_SCORE_DEFAULT: f64 = 0.85;
pub const LIVENESS_SCORE_DEFAULT: f64 = 0.6;
pub const SEARCH_MODES: [&str; 2] = ["FAST", "ACCURATE"];

pub type Sent = Result<Bytes, BytesRejection>;

/// `POST …/liveness` and `…/liveness-score`.
pub async fn liveness(
    Extract(state): Extract<State>,
    caller: FaceCaller,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut body, _place) = read(&state, &caller, request).await?;
    body.text("os", Needed::Required);
    let image = body.image("image");
    body.text("collection_id", Needed::Optional);
    let min_score = body.number("liveness_min_score", 0.0..=1.0, Some(LIVENESS_SCORE_DEFAULT));
    body.finish()?;
    let Some(image) = image else { return Err(unread("image")) };
    let score = state.app.score_liveness(image).await?;
    Ok(answer(&state, face_answers::liveness(&LivenessCheck { score, min_score })))
}

/// `POST …/compare`. Real clients leave `search_mode` out.
pub async fn compare(
    Extract(state): Extract<State>,
    caller: FaceCaller,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut body, _place) = read(&state, &caller, request).await?;
    let (probes, gallery) = (body.images("probe"), body.images("gallery"));
    body.word("search_mode", &SEARCH_MODES, Needed::Optional);
    let min_score = compare_min_score(&mut body);
    body.finish()?;
    let compared = state.app.compare_faces(probes, gallery, ProbeLiveness::NotAsked).await?;
    let check = MatchCheck { score: compared.score, min_score };
    Ok(answer(&state, face_answers::comparison(&check)))
}

/// `POST …/compare-live`: the comparison and the probe's liveness, both always.
pub async fn compare_live(
    Extract(state): Extract<State>,
    caller: FaceCaller,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut body, _place) = read(&state, &caller, request).await?;
    let (probe, gallery) = (body.image("probe"), body.images("gallery"));
    body.text("os", Needed::Required);
    body.word("search_mode", &SEARCH_MODES, Needed::Optional);
    let liveness_min_score = body.number("liveness_min_score", 0.52..=1.0, None);
    let min_score = compare_min_score(&mut body);
    body.finish()?;
    let probes = probe.into_iter().collect();
    let compared = state.app.compare_faces(probes, gallery, ProbeLiveness::Always).await?;
    let Some(liveness_score) = compared.liveness_score else { return Err(unread("probe")) };
    let check = MatchCheck { score: compared.score, min_score };
    let probe = LivenessCheck { score: liveness_score, min_score: liveness_min_score };
    Ok(answer(&state, face_answers::live_comparison(&check, &probe)))
}

/// `POST …/compare-with-liveness`: the probe's liveness only when the comparison passed.
pub async fn compare_with_liveness(
    Extract(state): Extract<State>,
    caller: FaceCaller,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut body, _place) = read(&state, &caller, request).await?;
    let (probe, gallery) = (body.image("probe"), body.images("gallery"));
    body.word("search_mode", &SEARCH_MODES, Needed::Optional);
    let liveness_min_score =
        body.number("liveness_min_score", 0.0..=1.0, Some(LIVENESS_SCORE_DEFAULT));
    let min_score = compare_min_score(&mut body);
    body.finish()?;
    let wanted = ProbeLiveness::IfScoreReaches(min_score);
    let compared = state.app.compare_faces(probe.into_iter().collect(), gallery, wanted).await?;
    let check = MatchCheck { score: compared.score, min_score };
    let probe =
        compared.liveness_score.map(|score| LivenessCheck { score, min_score: liveness_min_score });
    Ok(answer(&state, face_answers::comparison_with_liveness(&check, probe.as_ref())))
}

fn compare_min_score(body: &mut FaceBody) -> f64 {
    body.number("compare_min_score", 0.67..=0.95, Some(MATCH_SCORE_DEFAULT))
}

/// The body of a call that measures, and its place.
pub async fn read(
    state: &State,
    caller: &FaceCaller,
    request: Request,
) -> Result<(FaceBody, Place), ApiError> {
    require(&caller.0, SCOPES)?;
    let (place, sent) = admitted_body(state, request).await?;
    // Megabytes of base64 would hold up other requests of this thread.
    let reading = {
        let state = state.clone();
        move || read_body(&state, sent)
    };
    let body = tokio::task::spawn_blocking(reading).await;
    let body = body.map_err(|_| ApiError::new(&INTERNAL, "Something went wrong on our side."))?;
    let mut body = body?;
    if let Some(fetcher) = &state.app.images {
        body.fetch_images(fetcher).await?;
    }
    Ok((body, place))
}

pub fn read_body(state: &State, sent: Sent) -> Result<FaceBody, ApiError> {
    let sent = sent.map_err(|_| {
        let limit = state.app.config.http.body_bytes_max;
        ApiError::new(&BODY_TOO_LARGE, format!("The body is longer than {limit} bytes."))
    })?;
    FaceBody::parse(&sent)
}

/// A body that was read without a problem has its pictures; this only keeps the types honest.
pub fn unread(name: &str) -> ApiError {
    super::face_errors::wrong_members(vec![verax_query::Problem {
        parameter: name.to_owned(),
        message: format!("\"{name}\" is required"),
    }])
}

/// The envelope of services: a short code of the request, what was found, a signature.
pub fn answer(state: &State, data: Value) -> Response {
    let text = signature(&state.app.config.signature, state.app.clock.now());
    let signature: Value = serde_json::from_str(&text).unwrap_or_default();
    let body = json!({
        "id": request_code(state.app.random.number()),
        "data": data,
        "signature": signature,
    });
    json_response(body.to_string().into_bytes())
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
