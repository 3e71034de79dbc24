//! Pictures that were kept: the URLs that open them, and the bytes.

use std::borrow::Cow;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, OptionalFromRequestParts, Path, Query, State as Extract};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use indexmap::IndexMap;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use verax_domain::document_findings::PictureBox;
use verax_domain::records::document_check::image_path;
use verax_domain::resources::{BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS};
use verax_query::{Audience, Resource, Tenant, is_id};
use verax_vision::document::{DocumentCheck, EvidenceMap};

use super::State;
use super::authorize::{require_media, take_anonymous};
use super::error::{ApiError, UNAUTHORIZED};
use super::lists::{self, PathId};
use crate::app::access::{AccessError, Caller, ImageUrls};

/// What a signature is for; another purpose has other keys.
const PURPOSE: &str = "image url";
/// How much longer than it must a URL may last.
const STEP_SECONDS: i64 = 300;

/// What cannot be read opens nothing.
#[derive(Default, Deserialize)]
pub struct Signed {
    /// Seconds since 1970.
    expires: Option<i64>,
    signature: Option<String>,
}

/// A caller, when a token was sent.
impl OptionalFromRequestParts<State> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &State,
    ) -> Result<Option<Caller>, ApiError> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            take_anonymous(parts, state).await?;
            return Ok(None);
        }
        <Caller as FromRequestParts<State>>::from_request_parts(parts, state).await.map(Some)
    }
}

/// `GET /v2/document-liveness/{id}/image`: to whoever has a URL that has not expired, or a token
/// with `media:read`.
pub async fn image(
    Extract(state): Extract<State>,
    caller: Option<Caller>,
    id: PathId,
    signed: Result<Query<Signed>, QueryRejection>,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found(&DOCUMENT_LIVENESS);
    let id = id.map(|Path(id)| id).ok().filter(|id| is_id(id)).ok_or_else(unknown)?;
    let signed = signed.map(|Query(signed)| signed).unwrap_or_default();
    let tenant = match caller {
        // The signature stands for the record's own client.
        _ if opens(&state, &id, &signed) => Tenant::All,
        Some(caller) => {
            require_media(&caller)?;
            caller.tenant()
        }
        None if signed.signature.is_some() => {
            let error = "This address has expired, or was changed: retrieve the record again.";
            return Err(ApiError::new(&UNAUTHORIZED, error));
        }
        None => return Err(AccessError::Missing.into()),
    };
    let (client, picture) = state.app.kept_picture(&id).await?.ok_or_else(unknown)?;
    if !matches!(&tenant, Tenant::All) && tenant != Tenant::Client(client) {
        return Err(unknown());
    }
    Ok(shown(&picture))
}

/// `GET /v2/biometric-validations/{id}/image`: the face that was measured, if it was kept; to a token
/// with `media:read` alone.
pub async fn face(
    Extract(state): Extract<State>,
    caller: Caller,
    id: PathId,
) -> Result<Response, ApiError> {
    require_media(&caller)?;
    let unknown = || ApiError::not_found(&BIOMETRIC_VALIDATIONS);
    let id = id.map(|Path(id)| id).ok().filter(|id| is_id(id)).ok_or_else(unknown)?;
    let picture = state.app.kept_face(&caller.tenant(), &id).await?.ok_or_else(unknown)?;
    Ok(shown(&picture))
}

fn shown(picture: &[u8]) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type(picture))),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        // Whatever the bytes are, a browser runs nothing of them.
        (
            HeaderName::from_static("content-security-policy"),
            HeaderValue::from_static("default-src 'none'; sandbox"),
        ),
    ];
    (headers, picture.to_vec()).into_response()
}

/// `GET /v2/document-liveness/{id}/evidence`: per check, where on the kept picture it found what it
/// names, for a person to look at.
pub async fn evidence(
    Extract(state): Extract<State>,
    caller: Caller,
    id: PathId,
) -> Result<Response, ApiError> {
    require_media(&caller)?;
    let unknown = || ApiError::not_found(&DOCUMENT_LIVENESS);
    let id = id.map(|Path(id)| id).ok().filter(|id| is_id(id)).ok_or_else(unknown)?;
    let permit = state.app.measuring.try_document_permit()?;
    let maps = state.app.document_evidence(&caller.tenant(), &id, permit).await?;
    let shown = |map: EvidenceMap| {
        let name = match map.check {
            DocumentCheck::ScreenReplay => "screenReplay",
            DocumentCheck::PrintedCopy => "printedCopy",
            DocumentCheck::PortraitSubstitution => "portraitSubstitution",
            DocumentCheck::DigitalManipulation => "digitalManipulation",
        };
        let region = |it: PictureBox| json!({ "x": it.x, "y": it.y, "width": it.width, "height": it.height });
        let regions: Vec<Value> = map.regions.into_iter().map(region).collect();
        let png = format!("data:image/png;base64,{}", STANDARD.encode(map.png));
        (name.to_owned(), json!({ "regions": regions, "heatMap": png }))
    };
    let checks: Map<String, Value> = maps.ok_or_else(unknown)?.into_iter().map(shown).collect();
    let record = json!({ "_id": id, "evidence": checks }).to_string();
    Ok(lists::json(lists::one(&state, Audience::Client, &DOCUMENT_LIVENESS, record.as_bytes())))
}

/// Rows of a list, or one record, with the URLs of kept pictures signed for who may see them.
pub fn sign_image_urls<'a>(
    state: &State,
    resource: &Resource,
    urls: ImageUrls,
    rows: &'a [u8],
) -> Cow<'a, [u8]> {
    // Most pages hold no picture that is kept here: they are not even parsed.
    let ours = br#""imageUrl":"/v2/document-liveness/"#;
    if urls == ImageUrls::Unsigned {
        return rows.into();
    }
    if resource.name != DOCUMENT_LIVENESS.name || memmem::find(rows, ours).is_none() {
        return rows.into();
    }
    type Row = IndexMap<String, Box<RawValue>>;
    let list = [b"[", rows, b"]"].concat();
    let Ok(mut list) = serde_json::from_slice::<Vec<Row>>(&list) else { return rows.into() };
    for row in &mut list {
        let text = |name: &str| serde_json::from_str::<String>(row.get(name)?.get()).ok();
        let (Some(id), Some(url)) = (text("_id"), text("imageUrl")) else { continue };
        // An imported record's URL is somebody else's: it stays as it came.
        if url == image_path(&id)
            && let Ok(signed) = to_raw_value(&signed_url(state, &id))
        {
            row.insert("imageUrl".to_owned(), signed);
        }
    }
    let Ok(mut text) = serde_json::to_vec(&list) else { return rows.into() };
    text.pop();
    text.remove(0);
    text.into()
}

fn signed_url(state: &State, id: &str) -> String {
    let config = state.app.config.now();
    let minutes = i64::from(config.documents.image_url_minutes);
    // In steps, so that a page asked for again is the same page.
    let step = state.app.clock.now().0.div_euclid(1000 * STEP_SECONDS) + 1;
    let expires = step * STEP_SECONDS + minutes * 60;
    let signature = match state.app.keys.derived(PURPOSE).first() {
        Some(key) => URL_SAFE_NO_PAD.encode(key.sign(said(id, expires).as_bytes())),
        None => String::new(),
    };
    let (base, path) = (&config.http.public_url, image_path(id));
    format!("{base}{path}?expires={expires}&signature={signature}")
}

fn opens(state: &State, id: &str, signed: &Signed) -> bool {
    let (Some(expires), Some(signature)) = (signed.expires, &signed.signature) else {
        return false;
    };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    let said = said(id, expires);
    let keys = state.app.keys.derived(PURPOSE);
    expires.saturating_mul(1000) > state.app.clock.now().0
        && keys.iter().any(|key| key.verify(said.as_bytes(), &signature))
}

fn said(id: &str, expires: i64) -> String {
    format!("{id} {expires}")
}

fn content_type(picture: &[u8]) -> &'static str {
    match picture {
        [0xff, 0xd8, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ => "application/octet-stream",
    }
}
