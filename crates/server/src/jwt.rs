//! JSON Web Tokens (RFC 7519) signed with HMAC-SHA-256 (`HS256`, RFC 7518), and with nothing else: a
//! token cannot choose how it is verified.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::mac_key::MacKey;

const ALGORITHM: &str = "HS256";

#[derive(Serialize)]
struct NewHeader<'a> {
    typ: &'static str,
    alg: &'static str,
    kid: &'a str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    /// Extensions that must be understood: there are none here (RFC 7515, 4.1.11).
    crit: Option<IgnoredAny>,
}

/// The token that says this.
///
/// # Errors
/// The claims cannot be written as JSON.
pub fn sign(
    key_id: &str,
    key: &MacKey,
    claims: &impl Serialize,
) -> Result<String, serde_json::Error> {
    let header = NewHeader { typ: "JWT", alg: ALGORITHM, kid: key_id };
    let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
    let tag = key.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(tag, &mut token);
    Ok(token)
}

/// What a token says, if the key that it names has signed it. Whether it has expired is for the
/// caller to see.
pub fn verify<T: DeserializeOwned>(
    token: &str,
    key_with_id: impl FnOnce(&str) -> Option<MacKey>,
) -> Option<T> {
    let (signed, tag) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    if header.alg != ALGORITHM || header.crit.is_some() {
        return None;
    }
    let key = key_with_id(&header.kid)?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    if !key.verify(signed.as_bytes(), &tag) {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn key() -> MacKey {
        let secret: Vec<u8> = (0..32).collect();
        MacKey::new(&secret)
    }

    fn opened(token: &str) -> Option<Value> {
        verify(token, |id| (id == "00112233445566aa").then(key))
    }

    /// Any header over any claims, signed with the right key.
    fn signed(header: &str, claims: &str) -> String {
        let signed = [header, claims].map(|it| URL_SAFE_NO_PAD.encode(it)).join(".");
        let tag = URL_SAFE_NO_PAD.encode(key().sign(signed.as_bytes()));
        format!("{signed}.{tag}")
    }

    /// Made by the crate jsonwebtoken 11.1, as all tokens were once.
    const MADE_BEFORE: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6IjAwMTEyMjMzNDQ1NTY2YWEifQ.eyJjbGllbnRJZCI6ImNsaWVudF8xMjM0NTY3ODkiLCJqdGkiOiIwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZiIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo0MTAyNDQ0ODAwLCJzY29wZXMiOlsiZG9jdW1lbnQtbGl2ZW5lc3M6cmVhZCIsIndyaXRlIl0sIm1vZGUiOiJsaXZlIn0.uvGLVU9JLMSHaePPsOxGLyIYD2d2P2L7SRCzHRu4MDE";

    #[test]
    fn a_token_that_was_made_before_opens_and_is_made_alike_today() {
        #[derive(Serialize)]
        #[expect(non_snake_case, reason = "the wire's name")]
        struct Claims {
            clientId: &'static str,
            jti: &'static str,
            iat: i64,
            exp: i64,
            scopes: [&'static str; 2],
            mode: &'static str,
        }
        let claims = Claims {
            clientId: "client_123456789",
            jti: "0123456789abcdef0123456789abcdef",
            iat: 1_700_000_000,
            exp: 4_102_444_800,
            scopes: ["document-liveness:read", "write"],
            mode: "live",
        };
        assert_eq!(sign("00112233445566aa", &key(), &claims).expect("a token"), MADE_BEFORE);
        assert_eq!(opened(MADE_BEFORE), Some(serde_json::to_value(claims).expect("JSON")));
    }

    #[test]
    fn only_hs256_under_a_known_key_opens() {
        let right = r#"{"typ":"JWT","alg":"HS256","kid":"00112233445566aa"}"#;
        assert_eq!(opened(&signed(right, r#"{"a":1}"#)), Some(json!({ "a": 1 })));
        for header in [
            r#"{"alg":"none","kid":"00112233445566aa"}"#,
            r#"{"alg":"hs256","kid":"00112233445566aa"}"#,
            r#"{"alg":"HS384","kid":"00112233445566aa"}"#,
            r#"{"alg":"HS512","kid":"00112233445566aa"}"#,
            r#"{"alg":"RS256","kid":"00112233445566aa"}"#,
            r#"{"alg":["HS256"],"kid":"00112233445566aa"}"#,
            r#"{"kid":"00112233445566aa"}"#,
            r#"{"alg":"HS256","kid":"another"}"#,
            r#"{"alg":"HS256","kid":null}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"none","alg":"HS256","kid":"00112233445566aa"}"#,
            r#"{"alg":"HS256","kid":"00112233445566aa","crit":["exp"]}"#,
            "[]",
            "",
        ] {
            assert_eq!(opened(&signed(header, r#"{"a":1}"#)), None, "{header}");
        }
    }

    #[test]
    fn a_token_that_was_changed_anywhere_does_not_open() {
        for at in 0..MADE_BEFORE.len() {
            let mut changed = MADE_BEFORE.to_owned();
            let other = if changed.as_bytes()[at] == b'A' { "B" } else { "A" };
            changed.replace_range(at..=at, other);
            assert_eq!(opened(&changed), None, "{at}");
        }
        let parts: Vec<&str> = MADE_BEFORE.split('.').collect();
        let [header, claims, tag] = parts[..] else { panic!("three parts") };
        for changed in [
            String::new(),
            format!("{header}.{claims}"),
            format!("{header}.{claims}."),
            format!("{header}.{claims}.{tag}="),
            format!("{header}.{claims}.{tag}AAAA"),
            format!("{header}.{claims}.{tag}.{tag}"),
            format!("{header}.{claims}.{}", &tag[..tag.len() - 2]),
            format!(".{claims}.{tag}"),
            format!("{MADE_BEFORE} "),
        ] {
            assert_eq!(opened(&changed), None, "{changed}");
        }
    }
}
