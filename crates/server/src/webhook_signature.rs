//! Signatures of webhooks (Standard Webhooks 1.0: `v1` is HMAC-SHA256, `v1a` Ed25519).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::clock::Random;
use crate::mac_key::MacKey;

/// What an endpoint shares with its receiver.
pub struct Secret(Zeroizing<Vec<u8>>);

/// The key of a client, which signs for all its endpoints.
pub struct SigningKey {
    seed: Zeroizing<[u8; SEED_BYTES]>,
    pair: Ed25519KeyPair,
}

/// A text that is no secret; it does not say the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {SECRET_PREFIX} and the base64 of 24 to 64 bytes")]
pub struct NotASecret;

pub const SEED_BYTES: usize = 32;
const SECRET_PREFIX: &str = "whsec_";
const SECRET_BYTES: usize = 24;
const SECRET_BYTES_MAX: usize = 64;
/// How far the clocks of sender and receiver may be apart.
const TOLERANCE_SECONDS: u64 = 5 * 60;

impl Secret {
    pub fn new(random: &Random) -> Secret {
        let mut bytes = Zeroizing::new(vec![0; SECRET_BYTES]);
        random.fill(&mut bytes);
        Secret(bytes)
    }

    /// From bytes that nobody can guess: 24 to 64 of them.
    pub fn from_bytes(bytes: &[u8]) -> Secret {
        Secret(Zeroizing::new(bytes.to_vec()))
    }

    /// # Errors
    /// It is no secret, or a short or a long one.
    pub fn from_text(text: &str) -> Result<Secret, NotASecret> {
        let encoded = text.strip_prefix(SECRET_PREFIX).ok_or(NotASecret)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| NotASecret)?);
        if !(SECRET_BYTES..=SECRET_BYTES_MAX).contains(&bytes.len()) {
            return Err(NotASecret);
        }
        Ok(Secret(bytes))
    }

    /// As it is shown to whoever sets the receiver up.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Of the whole size at once: a buffer that grows leaves copies.
        let mut text = String::with_capacity(SECRET_PREFIX.len() + SECRET_BYTES_MAX * 2);
        text.push_str(SECRET_PREFIX);
        STANDARD.encode_string(&*self.0, &mut text);
        Zeroizing::new(text)
    }

    fn mac(&self) -> MacKey {
        MacKey::new(&self.0)
    }
}

impl SigningKey {
    pub fn new(random: &Random) -> SigningKey {
        let mut seed = Zeroizing::new([0; SEED_BYTES]);
        random.fill(&mut *seed);
        SigningKey::from_seed(&seed)
    }

    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> SigningKey {
        #[expect(clippy::expect_used, reason = "any 32 bytes are a seed (RFC 8032, 5.1.5)")]
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed of 32 bytes");
        SigningKey { seed: Zeroizing::new(*seed), pair }
    }

    /// What makes the same key again.
    pub fn seed(&self) -> &[u8; SEED_BYTES] {
        &self.seed
    }

    /// The public key as Standard Webhooks writes it.
    pub fn public_text(&self) -> String {
        format!("whpk_{}", STANDARD.encode(self.pair.public_key()))
    }

    /// The public key as a JSON Web Key (RFC 8037), named by its thumbprint (RFC 7638).
    pub fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key());
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(members));
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "alg": "EdDSA", "use": "sig" })
    }
}

/// The value of the header `webhook-signature`: one for each secret that is valid now, and the key's.
pub fn sign(
    secrets: &[Secret],
    key: &SigningKey,
    id: &str,
    timestamp_seconds: i64,
    body: &[u8],
) -> String {
    let signed = signed_bytes(id, timestamp_seconds, body);
    let mut header = macs(secrets, &signed);
    header.push_str(" v1a,");
    STANDARD.encode_string(key.pair.sign(&signed), &mut header);
    header.trim_start().to_owned()
}

/// The same without a key.
pub fn sign_symmetric(secret: &Secret, id: &str, timestamp_seconds: i64, body: &[u8]) -> String {
    macs(std::slice::from_ref(secret), &signed_bytes(id, timestamp_seconds, body))
}

/// Whether one of the header's `v1` values is that of the secret, and the time is near enough to now.
pub fn verify(
    secret: &Secret,
    id: &str,
    timestamp_seconds: i64,
    body: &[u8],
    header: &str,
    now_seconds: i64,
) -> bool {
    let (mac, signed) = (secret.mac(), signed_bytes(id, timestamp_seconds, body));
    let values = header.split(' ').filter_map(|it| STANDARD.decode(it.strip_prefix("v1,")?).ok());
    timestamp_seconds.abs_diff(now_seconds) <= TOLERANCE_SECONDS
        && values.into_iter().any(|value| mac.verify(&signed, &value))
}

fn macs(secrets: &[Secret], signed: &[u8]) -> String {
    let values =
        secrets.iter().map(|secret| format!("v1,{}", STANDARD.encode(secret.mac().sign(signed))));
    values.collect::<Vec<_>>().join(" ")
}

fn signed_bytes(id: &str, timestamp_seconds: i64, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp_seconds.to_string().as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the tests of the libraries of Standard Webhooks.
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIME: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const V1: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const SEED: &[u8; 32] = b"TESTSIGNINGKEYDONOTUSETHISFORANY";
    const V1A: &str = "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7\
                       KaaBRdM5WqyeFiL8Ag==";

    fn secret() -> Secret {
        Secret::from_text(SECRET).expect("a secret")
    }

    fn hex(text: &str) -> [u8; 32] {
        std::array::from_fn(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).expect("hex"))
    }

    #[test]
    fn the_vectors_of_standard_webhooks_are_signed_alike() {
        let key = SigningKey::from_seed(SEED);
        let other = Secret::new(&Random::seeded(1));
        let one = sign(&[secret()], &key, ID, TIME, BODY);
        assert_eq!(one, format!("{V1} {V1A}"));
        assert_eq!(sign_symmetric(&secret(), ID, TIME, BODY), V1);
        let others = sign_symmetric(&other, ID, TIME, BODY);
        let two = sign(&[secret(), other], &key, ID, TIME, BODY);
        assert_eq!(two, format!("{V1} {others} {V1A}"));
        assert_eq!(sign(&[], &key, ID, TIME, BODY), V1A);
    }

    #[test]
    fn a_key_is_the_one_of_the_rfcs() {
        let key = SigningKey::from_seed(&hex(
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        ));
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        // RFC 8037, A.3.
        let kid = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
        let expected = json!({
            "kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "alg": "EdDSA", "use": "sig",
        });
        assert_eq!(key.jwk(), expected);
        assert_eq!(key.public_text(), "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        let again = SigningKey::from_seed(key.seed());
        assert_eq!(again.jwk(), expected);
        assert_ne!(SigningKey::new(&Random::System).jwk(), SigningKey::new(&Random::System).jwk());
    }

    #[test]
    fn a_secret_is_its_text_and_nothing_else_is_one() {
        let random = Secret::new(&Random::System).to_text();
        assert_eq!(random.len(), 6 + 32);
        assert_eq!(*Secret::from_text(&random).expect("a secret").to_text(), *random);
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        assert!(Secret::from_text(&of(24)).is_ok());
        assert_eq!(*Secret::from_text(&of(64)).expect("a secret").to_text(), of(64));
        for text in
            [of(23), of(65), "whsec_".to_owned(), SECRET[6..].to_owned(), format!("{SECRET}!")]
        {
            assert_eq!(Secret::from_text(&text).err(), Some(NotASecret), "{text}");
        }
    }

    #[test]
    fn a_signature_counts_for_its_own_message_and_for_five_minutes() {
        let right =
            |id, time, body, header: &str, now| verify(&secret(), id, time, body, header, now);
        let several =
            format!("v2,abc v1a,abc v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= {V1}");
        for now in [TIME, TIME - 300, TIME + 300] {
            assert!(right(ID, TIME, BODY, V1, now));
            assert!(right(ID, TIME, BODY, &several, now));
        }
        for now in [TIME - 301, TIME + 301, i64::MIN] {
            assert!(!right(ID, TIME, BODY, V1, now));
        }
        assert!(!right("msg_other", TIME, BODY, V1, TIME));
        assert!(!right(ID, TIME + 1, BODY, V1, TIME));
        assert!(!right(ID, TIME, b"{}", V1, TIME));
        for header in ["", "v1,", &V1[..12], &V1.replace("v1", "v1a"), &V1.replace("v1", "v2"), V1A]
        {
            assert!(!right(ID, TIME, BODY, header, TIME), "{header}");
        }
        let other = Secret::new(&Random::seeded(1));
        assert!(!verify(&other, ID, TIME, BODY, V1, TIME));
    }
}
