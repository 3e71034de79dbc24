//! Two JSON answers compared: equal values, and the same keys in the same order.

use serde_json::Value;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Every place where `found` is not what was `expected`.
pub fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    walk("$", expected, found, &mut differences);
    differences
}

/// A text that is no JSON, or one that names a key twice, is a difference too.
pub fn text_differences(expected: &Value, found: &str) -> Vec<String> {
    match serde_json::from_str::<Value>(found) {
        Err(error) => vec![format!("no JSON ({error}): {}", shortened(found))],
        Ok(value) => {
            let mut differences = differences(expected, &value);
            // A parser keeps the last of two equal keys: only the lengths tell.
            if differences.is_empty() && keys_in_text(found) != keys_in_value(&value) {
                differences.push("a key is there twice".to_owned());
            }
            differences
        }
    }
}

/// Whether a text is a moment as `%B %-d, %Y %-I:%M %p`.
pub fn is_signature_time(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let [month, day, year, time, half] = words[..] else { return false };
    let Some((hour, minute)) = time.split_once(':') else { return false };
    let Some(day) = day.strip_suffix(',') else { return false };
    MONTHS.contains(&month)
        && is_number(day, 1..=31, 0)
        && is_number(year, 1970..=9999, 4)
        && is_number(hour, 1..=12, 0)
        && is_number(minute, 0..=59, 2)
        && matches!(half, "AM" | "PM")
}

/// `digits` is how many there must be, 0 for as few as possible.
fn is_number(text: &str, range: std::ops::RangeInclusive<u32>, digits: usize) -> bool {
    let length_fits = if digits == 0 { !text.starts_with('0') } else { text.len() == digits };
    length_fits
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse().is_ok_and(|number| range.contains(&number))
}

fn walk(path: &str, expected: &Value, found: &Value, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(left), Value::Object(right)) => {
            let (left_keys, right_keys): (Vec<_>, Vec<_>) =
                (left.keys().collect(), right.keys().collect());
            if left_keys != right_keys {
                differences.push(format!("{path}: the keys are {right_keys:?}, not {left_keys:?}"));
            }
            for (key, value) in left {
                if let Some(other) = right.get(key) {
                    walk(&format!("{path}.{key}"), value, other, differences);
                }
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                differences.push(format!("{path}: {} items, not {}", right.len(), left.len()));
            }
            for (index, (value, other)) in left.iter().zip(right).enumerate() {
                walk(&format!("{path}[{index}]"), value, other, differences);
            }
        }
        // 0.90 and 0.9 are one number.
        (Value::Number(left), Value::Number(right)) if left.as_f64() == right.as_f64() => {}
        (left, right) if left == right => {}
        (left, right) => differences.push(format!(
            "{path}: {}, not {}",
            shortened(&right.to_string()),
            shortened(&left.to_string())
        )),
    }
}

/// Keys are the strings before a colon that is outside of a string.
fn keys_in_text(text: &str) -> usize {
    let (mut colons, mut inside, mut escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b':' if !inside => colons += 1,
            _ => {}
        }
    }
    colons
}

fn keys_in_value(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.len() + map.values().map(keys_in_value).sum::<usize>(),
        Value::Array(items) => items.iter().map(keys_in_value).sum(),
        _ => 0,
    }
}

pub fn shortened(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 300;
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn count(expected: &str, found: &str) -> usize {
        text_differences(&serde_json::from_str(expected).unwrap(), found).len()
    }

    #[test]
    fn equal_answers_have_no_difference() {
        let text = r#"{"a":[1,{"b":null,"c":"x: \"y\""}],"d":0.90}"#;
        assert_eq!(count(text, text), 0);
        assert_eq!(count(text, r#"{ "a": [1.0, {"b":null,"c":"x: \"y\""}], "d": 0.9 }"#), 0);
    }

    #[test]
    fn the_order_of_keys_counts_at_every_depth() {
        assert_eq!(count(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#), 1);
        assert_eq!(count(r#"{"x":[{"a":1,"b":2}]}"#, r#"{"x":[{"b":2,"a":1}]}"#), 1);
    }

    #[test]
    fn a_missing_or_added_key_is_a_difference() {
        assert_eq!(count(r#"{"a":1,"b":2}"#, r#"{"a":1}"#), 1);
        assert_eq!(count(r#"{"a":1}"#, r#"{"a":1,"b":null}"#), 1);
        assert_eq!(count("[1,2]", "[1]"), 1);
        assert_eq!(count("[1]", "[1,2]"), 1);
    }

    #[test]
    fn another_value_or_kind_is_a_difference() {
        for (expected, found) in
            [("1", "2"), ("\"1\"", "1"), ("null", "false"), ("[]", "{}"), ("\"a\"", "\"A\"")]
        {
            assert_eq!(count(expected, found), 1, "{expected} {found}");
        }
    }

    #[test]
    fn a_key_that_is_there_twice_is_a_difference() {
        assert_eq!(count(r#"{"a":1}"#, r#"{"a":2,"a":1}"#), 1);
        assert_eq!(count(r#"{"a":{"b":1}}"#, r#"{"a":{"b":1,"b":1}}"#), 1);
    }

    #[test]
    fn what_is_no_json_is_a_difference() {
        assert_eq!(text_differences(&json!({}), "Not Found").len(), 1);
    }

    #[test]
    fn the_signatures_time_has_exactly_one_form() {
        for good in ["April 11, 2023 12:25 PM", "May 1, 2026 1:05 AM"] {
            assert!(is_signature_time(good), "{good}");
        }
        for bad in [
            "April 11, 2023 00:25 PM",
            "April 11, 2023 13:25 PM",
            "April 01, 2023 1:25 PM",
            "April 11, 2023 01:25 PM",
            "April 11, 2023 1:5 PM",
            "April 11 2023 1:25 PM",
            "Apr 11, 2023 1:25 PM",
            "April 11, 2023 1:25 pm",
            "April 11, 2023  1:25 PM",
            "2023-04-11T12:25:00Z",
        ] {
            assert!(!is_signature_time(bad), "{bad}");
        }
    }
}
