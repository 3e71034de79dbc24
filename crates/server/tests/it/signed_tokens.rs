//! Tokens as anybody could write them who has a key, or has none.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::Serialize;
use serde_json::Value;

use crate::world::World;

/// A token's header.
pub fn header(token: &str) -> Value {
    let header = token.split('.').next().expect("a header");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON")
}

/// The id and the secret of the key that signs.
pub fn signing_key(world: &World) -> (String, Vec<u8>) {
    let text = std::fs::read(world.folder.path().join("signing-keys.json")).expect("the keys");
    let keys: Value = serde_json::from_slice(&text).expect("JSON");
    let text = |name: &str| keys["keys"][0][name].as_str().expect("a text").to_owned();
    (text("kid"), URL_SAFE_NO_PAD.decode(text("secret")).expect("base64url"))
}

pub fn signed(
    header: &Value,
    claims: &impl Serialize,
    algorithm: hmac::Algorithm,
    secret: &[u8],
) -> String {
    let claims = serde_json::to_vec(claims).expect("JSON");
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}
