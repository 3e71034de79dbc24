//! MongoDB's Extended JSON (v2 relaxed and canonical, v1) as plain JSON: what `mongoexport` writes.

use serde_json::{Map, Number, Value};
use verax_query::Timestamp;

use crate::record::whole;

/// The same without wrappers such as `{"$oid": "…"}`, at any depth. What is none of them stays.
pub fn plain(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Object(object) => match unwrapped(&object) {
            Some(value) => value,
            None => Value::Object(object.into_iter().map(|(name, it)| (name, plain(it))).collect()),
        },
        value => value,
    }
}

fn unwrapped(object: &Map<String, Value>) -> Option<Value> {
    let (name, value) = object.iter().next()?;
    match (object.len(), name.as_str()) {
        (1, "$oid" | "$uuid" | "$symbol") => value.as_str().map(Value::from),
        (1, "$date") => moment(value).map(|time| time.to_string().into()),
        (1, "$numberInt" | "$numberLong") => Some(integer(value)?.into()),
        (1, "$numberDouble" | "$numberDecimal") => number(value),
        (1, "$undefined") => Some(Value::Null),
        (1, "$timestamp") => {
            let seconds = integer(value.get("t")?)?;
            Some(Timestamp(seconds.checked_mul(1000)?).to_string().into())
        }
        (1, "$binary") => uuid(value.get("base64")?, value.get("subType")?),
        (2, "$binary") => uuid(value, object.get("$type")?),
        // A reference to another record is its id.
        (2 | 3, "$ref") => object.get("$id").cloned().map(plain),
        _ => None,
    }
}

/// A text, milliseconds, or milliseconds as a wrapped number.
fn moment(value: &Value) -> Option<Timestamp> {
    const YEARS: std::ops::Range<i64> = -62_167_219_200_000..253_402_300_800_000;
    match value {
        Value::String(text) => Timestamp::parse(text),
        Value::Object(_) => moment(&plain(value.clone())),
        Value::Number(number) => {
            whole(number).filter(|millis| YEARS.contains(millis)).map(Timestamp)
        }
        _ => None,
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    }
}

fn number(value: &Value) -> Option<Value> {
    let number = match value {
        Value::String(text) => text.parse::<f64>().ok()?,
        value => value.as_f64()?,
    };
    // JSON has no infinity: a record that has one has no number.
    Some(Number::from_f64(number).map_or(Value::Null, Value::Number))
}

/// Binary data is a UUID, or nothing that a record holds.
fn uuid(base64: &Value, subtype: &Value) -> Option<Value> {
    let is_uuid = matches!(subtype.as_str()?, "3" | "03" | "4" | "04");
    let bytes = decoded(base64.as_str()?).filter(|bytes| is_uuid && bytes.len() == 16)?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    Some(parts.join("-").into())
}

/// Base64 of a UUID: short, so that a table is not worth it.
fn decoded(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = text.trim_end_matches('=');
    if text.len() > 24 {
        return None;
    }
    let (mut bits, mut held, mut bytes) = (0, 0_u32, Vec::new());
    for letter in text.bytes() {
        let digit = DIGITS.iter().position(|known| *known == letter)?;
        held = (held << 6) | u32::try_from(digit).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_spelling_of_a_value_is_that_value() {
        for (extended, expected) in [
            (json!({ "$oid": "507f1f77bcf86cd799439011" }), json!("507f1f77bcf86cd799439011")),
            (json!({ "$date": "2026-01-15T10:30:00Z" }), json!("2026-01-15T10:30:00Z")),
            (json!({ "$date": "2026-01-15T05:30:00.000-0500" }), json!("2026-01-15T10:30:00Z")),
            (json!({ "$date": 1_768_473_000_000_i64 }), json!("2026-01-15T10:30:00Z")),
            (json!({ "$date": { "$numberLong": "1768473000000" } }), json!("2026-01-15T10:30:00Z")),
            (json!({ "$date": 1_768_473_000_000.0 }), json!("2026-01-15T10:30:00Z")),
            (json!({ "$date": { "$numberLong": "-1" } }), json!("1969-12-31T23:59:59.999Z")),
            (json!({ "$numberLong": "9007199254740993" }), json!(9_007_199_254_740_993_i64)),
            (json!({ "$numberInt": "0" }), json!(0)),
            (json!({ "$numberDouble": "0.05" }), json!(0.05)),
            (json!({ "$numberDecimal": "0.05" }), json!(0.05)),
            (json!({ "$numberDouble": "NaN" }), Value::Null),
            (
                json!({ "$uuid": "c8edabc3-f738-4ca3-b68d-ab92a91478a3" }),
                json!("c8edabc3-f738-4ca3-b68d-ab92a91478a3"),
            ),
            (
                json!({ "$binary": { "base64": "yO2rw/c4TKO2jauSqRR4ow==", "subType": "04" } }),
                json!("c8edabc3-f738-4ca3-b68d-ab92a91478a3"),
            ),
            (
                json!({ "$binary": "yO2rw/c4TKO2jauSqRR4ow==", "$type": "03" }),
                json!("c8edabc3-f738-4ca3-b68d-ab92a91478a3"),
            ),
            (
                json!({ "$timestamp": { "t": 1_768_473_000, "i": 1 } }),
                json!("2026-01-15T10:30:00Z"),
            ),
            (json!({ "$ref": "clients", "$id": { "$oid": "abc" } }), json!("abc")),
            (json!({ "a": [{ "b": { "$numberInt": "7" } }] }), json!({ "a": [{ "b": 7 }] })),
        ] {
            assert_eq!(plain(extended.clone()), expected, "{extended}");
        }
    }

    #[test]
    fn what_is_none_stays() {
        for value in [
            json!({ "$oid": 7 }),
            json!({ "$oid": "a", "b": 1 }),
            json!({ "$numberLong": "seven" }),
            json!({ "$date": "yesterday" }),
            json!({ "$binary": { "base64": "AAAA", "subType": "00" } }),
            json!({}),
            json!({ "$where": "1" }),
        ] {
            assert_eq!(plain(value.clone()), value);
        }
    }
}
