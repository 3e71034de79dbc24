//! The signatures of what came, checked by code of its own.

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

use super::Attempt;

/// How far the time of an attempt may be from its arrival.
const TOLERANCE_SECONDS: u64 = 5 * 60;

/// Each attempt must have a `v1` value of one of these secrets and a `v1a` value of one of the keys.
pub fn check_signatures(attempts: &[Attempt], secrets: &[&str], jwks: &Value) -> Result<()> {
    let secrets = secrets.iter().map(|secret| {
        let encoded = secret.strip_prefix("whsec_").context("a secret begins with whsec_")?;
        Ok(hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(encoded)?))
    });
    let secrets = secrets.collect::<Result<Vec<hmac::Key>>>()?;
    let keys = jwks["keys"]
        .as_array()
        .context("a JWKS has keys")?
        .iter()
        .map(|key| Ok(URL_SAFE_NO_PAD.decode(key["x"].as_str().context("a key without x")?)?));
    let keys = keys.collect::<Result<Vec<Vec<u8>>>>()?;
    for attempt in attempts {
        check(attempt, &secrets, &keys)
            .with_context(|| format!("the attempt {} of {}", attempt.number, attempt.id))?;
    }
    Ok(())
}

fn check(attempt: &Attempt, secrets: &[hmac::Key], keys: &[Vec<u8>]) -> Result<()> {
    let header = |name: &str| attempt.headers.get(name).with_context(|| format!("no {name}"));
    let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
    let off = timestamp.parse::<i64>()?.abs_diff(attempt.at.as_second());
    ensure!(off <= TOLERANCE_SECONDS, "its time is {off} s from its arrival");
    let signed = [format!("{id}.{timestamp}.").as_bytes(), &attempt.body].concat();
    let (mut macs, mut signatures) = (0, 0);
    for value in header("webhook-signature")?.split(' ') {
        let (version, value) = value.split_once(',').context("a value without a version")?;
        let value = STANDARD.decode(value)?;
        match version {
            "v1" => {
                let valid = |key: &&hmac::Key| hmac::verify(key, &signed, &value).is_ok();
                macs += secrets.iter().filter(valid).count();
            }
            "v1a" => {
                let valid = |key: &&Vec<u8>| {
                    UnparsedPublicKey::new(&ED25519, key).verify(&signed, &value).is_ok()
                };
                signatures += keys.iter().filter(valid).count();
            }
            other => anyhow::bail!("an unknown version {other}"),
        }
    }
    ensure!(macs >= 1, "no v1 value of a secret");
    ensure!(signatures == 1, "{signatures} v1a values of the keys");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::faults::receiver::Reply;

    /// Of the tests of the libraries of Standard Webhooks.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURES: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1a,tQ9V2XOqn7jL/DQen\
                              EFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==";
    const X: &str = "ZlN4eg7dSSqi0moX9hQUk3orrOouK3QVQSlJa248c_g";

    fn attempt(signature: &str) -> Attempt {
        let headers = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", signature),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Attempt {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
            number: 0,
            headers: BTreeMap::from(headers),
            body: br#"{"test": 2432232314}"#.to_vec(),
            at: jiff::Timestamp::from_second(1_614_265_331).expect("a time"),
            reply: Reply::Status(200),
        }
    }

    fn checked(attempt: Attempt, secrets: &[&str]) -> Result<()> {
        check_signatures(&[attempt], secrets, &json!({ "keys": [{ "x": X }] }))
    }

    #[test]
    fn only_what_is_signed_with_a_secret_and_a_key_now_passes() {
        checked(attempt(SIGNATURES), &[SECRET]).expect("it is signed");
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        checked(attempt(SIGNATURES), &[other, SECRET]).expect("it is signed");
        assert!(checked(attempt(SIGNATURES), &[other]).is_err());
        let (v1, v1a) = SIGNATURES.split_once(' ').expect("two values");
        for signature in ["", v1, v1a, "v2,abc"] {
            assert!(checked(attempt(signature), &[SECRET]).is_err(), "{signature}");
        }
        let changed = Attempt { body: b"{}".to_vec(), ..attempt(SIGNATURES) };
        assert!(checked(changed, &[SECRET]).is_err());
        let late = jiff::Timestamp::from_second(1_614_265_631).expect("a time");
        assert!(checked(Attempt { at: late, ..attempt(SIGNATURES) }, &[SECRET]).is_err());
    }
}
