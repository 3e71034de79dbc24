//! The URLs that open kept images for a while: signed for who may see them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use indexmap::IndexMap;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use verax_domain::document_reading::DocumentSide;
use verax_domain::records::{document_check, document_validation};
use verax_domain::resources::{DOCUMENT_LIVENESS, DOCUMENT_VALIDATIONS};
use verax_query::Resource;

use crate::app::access::ImageUrls;
use crate::http::state::State;

/// What a signature is for; another purpose has other keys.
const PURPOSE: &str = "image url";
/// How much longer than it must a URL may last.
const STEP_SECONDS: i64 = 300;

/// A member of a record that holds the path of a stored image.
struct ImageUrl {
    resource: &'static Resource,
    name: &'static str,
    path: fn(&str) -> String,
}

static IMAGE_URLS: [ImageUrl; 3] = [
    ImageUrl { resource: &DOCUMENT_LIVENESS, name: "imageUrl", path: document_check::image_path },
    ImageUrl {
        resource: &DOCUMENT_VALIDATIONS,
        name: "url",
        path: |id| document_validation::image_path(id, DocumentSide::Front),
    },
    ImageUrl {
        resource: &DOCUMENT_VALIDATIONS,
        name: "backUrl",
        path: |id| document_validation::image_path(id, DocumentSide::Back),
    },
];

/// What cannot be read opens nothing.
#[derive(Default, Deserialize)]
pub struct Signed {
    /// Seconds since 1970.
    pub expires: Option<i64>,
    pub signature: Option<String>,
}

/// Rows of a list, or one record, with the URLs of kept images signed for who may see them.
pub fn sign_image_urls<'a>(
    state: &State,
    resource: &Resource,
    urls: ImageUrls,
    rows: &'a [u8],
) -> Cow<'a, [u8]> {
    if urls == ImageUrls::Unsigned {
        return rows.into();
    }
    let members: Vec<&ImageUrl> =
        IMAGE_URLS.iter().filter(|it| it.resource.name == resource.name).collect();
    // Most pages hold no image that is kept here: they are not even parsed.
    let ours = format!(r#"":"/v2/{}/"#, resource.name);
    if members.is_empty() || memmem::find(rows, ours.as_bytes()).is_none() {
        return rows.into();
    }
    type Row = IndexMap<String, Box<RawValue>>;
    let list = [b"[", rows, b"]"].concat();
    let Ok(mut list) = serde_json::from_slice::<Vec<Row>>(&list) else { return rows.into() };
    for row in &mut list {
        let text = |name: &str| serde_json::from_str::<String>(row.get(name)?.get()).ok();
        let Some(id) = text("_id") else { continue };
        let urls: Vec<_> = members.iter().map(|member| (member, text(member.name))).collect();
        for (member, url) in urls {
            let path = (member.path)(&id);
            // An imported record's URL is somebody else's: it stays as it came.
            if url.as_ref() == Some(&path)
                && let Ok(signed) = to_raw_value(&signed_url(state, &path))
            {
                row.insert(member.name.to_owned(), signed);
            }
        }
    }
    let Ok(mut text) = serde_json::to_vec(&list) else { return rows.into() };
    text.pop();
    text.remove(0);
    text.into()
}

fn signed_url(state: &State, path: &str) -> String {
    let config = state.app.config.now();
    let minutes = i64::from(config.documents.image_url_minutes);
    // In steps, so that a page asked for again is the same page.
    let step = state.app.clock.now().0.div_euclid(1000 * STEP_SECONDS) + 1;
    let expires = step * STEP_SECONDS + minutes * 60;
    let signature = match state.app.keys.derived(PURPOSE).first() {
        Some(key) => URL_SAFE_NO_PAD.encode(key.sign(signed_text(path, expires).as_bytes())),
        None => String::new(),
    };
    let base = &config.http.public_url;
    format!("{base}{path}?expires={expires}&signature={signature}")
}

/// Whether a URL with this path and these parameters opens the image that it names.
pub fn opens(state: &State, path: &str, signed: &Signed) -> bool {
    let (Some(expires), Some(signature)) = (signed.expires, &signed.signature) else {
        return false;
    };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    let text = signed_text(path, expires);
    let keys = state.app.keys.derived(PURPOSE);
    expires.saturating_mul(1000) > state.app.clock.now().0
        && keys.iter().any(|key| key.verify(text.as_bytes(), &signature))
}

fn signed_text(path: &str, expires: i64) -> String {
    format!("{path} {expires}")
}
