//! An answer of the documentation beside the one that came: `…` stands for anything, and ids, times
//! and numbers may differ.

use anyhow::{Context as _, Result};
use serde_json::{Deserializer, Value};

const ANYTHING: &str = "…";

/// The JSON values of a text, one after another; `…` may stand in the place of any part.
fn parse_json(text: &str) -> Result<Vec<Value>> {
    let whole = completed(text);
    let values = Deserializer::from_str(&whole).into_iter().collect::<Result<_, _>>();
    values.with_context(|| format!("no JSON: {}", text.trim()))
}

/// Where what was answered has other keys, or other kinds of values or words, than the page says.
pub fn json_problems(told: &str, found: Option<&str>) -> Vec<String> {
    let mut differences = Vec::new();
    match (parse_json(told), found.map(parse_json).transpose()) {
        (Ok(told), Ok(Some(found))) => items("$", &told, &found, &mut differences),
        (Ok(_), Ok(None)) => {}
        (Err(error), _) | (_, Err(error)) => differences.push(format!("{error:#}")),
    }
    differences
}

/// Where printed lines are others than the page says.
pub fn text_problems(told: &str, found: &str) -> Vec<String> {
    let lines = |text: &str| text.trim_end().lines().map(masked).collect::<Vec<_>>().join("\n");
    if matches(&lines(told), &lines(found)) {
        return Vec::new();
    }
    vec![format!("the page says\n{}\nand what came is\n{}", told.trim_end(), found.trim_end())]
}

fn walk(at: &str, told: &Value, found: &Value, differences: &mut Vec<String>) {
    match (told, found) {
        (Value::String(told), _) if told == ANYTHING => {}
        (Value::String(told), Value::String(found)) if matches(&masked(told), &masked(found)) => {}
        (Value::Object(told), Value::Object(found)) => {
            let is_open = told.contains_key(ANYTHING);
            let known = found.keys().filter(|key| !is_open || told.contains_key(*key));
            let known: Vec<&String> = known.collect();
            let wanted: Vec<&String> = told.keys().filter(|key| *key != ANYTHING).collect();
            if known != wanted {
                differences.push(format!("{at}: has the keys {known:?}, not {wanted:?}"));
            }
            for (key, told) in told {
                if let Some(found) = found.get(key) {
                    walk(&format!("{at}.{key}"), told, found, differences);
                }
            }
        }
        (Value::Array(told), Value::Array(found)) => items(at, told, found, differences),
        (Value::Number(_), Value::Number(_)) => {}
        _ if told == found => {}
        _ => differences.push(format!("{at}: is {found}, not {told}")),
    }
}

fn items(at: &str, told: &[Value], found: &[Value], differences: &mut Vec<String>) {
    let is_open = told.last().is_some_and(|last| last == ANYTHING);
    let listed = told.len() - usize::from(is_open);
    if found.len() < listed || (found.len() > listed && !is_open) {
        differences.push(format!("{at}: has {} values, not {listed}", found.len()));
    }
    for (index, (told, found)) in told.iter().take(listed).zip(found).enumerate() {
        walk(&format!("{at}[{index}]"), told, found, differences);
    }
}

/// The text as JSON: a bare `…` becomes `"…"`, with a value where a key is meant, and what a `…` at the
/// end has cut off is closed.
fn completed(text: &str) -> String {
    let (mut whole, mut open) = (String::new(), Vec::new());
    let (mut in_string, mut escaped, mut last) = (false, false, ' ');
    for sign in text.chars() {
        if in_string {
            in_string = sign != '"' || escaped;
            escaped = sign == '\\' && !escaped;
        } else {
            match sign {
                '"' => in_string = true,
                '{' => open.push('}'),
                '[' => open.push(']'),
                '}' | ']' => drop(open.pop()),
                _ => {}
            }
            if sign == '…' {
                let is_key = open.last() == Some(&'}') && last != ':';
                whole += if is_key { "\"…\":0" } else { "\"…\"" };
                last = sign;
                continue;
            }
        }
        if !sign.is_whitespace() {
            last = sign;
        }
        whole.push(sign);
    }
    if last == '…' {
        if in_string {
            whole.truncate(whole.trim_end().len());
            whole.push('"');
        }
        // Who cuts off in the middle says nothing of what else was open.
        for (depth, bracket) in open.iter().rev().enumerate() {
            if depth > 0 || in_string {
                whole += if *bracket == '}' { ",\"…\":0" } else { ",\"…\"" };
            }
            whole.push(*bracket);
        }
    }
    whole
}

/// The text with `#` for each word that has a digit in it, and for the names of months and halves of days.
fn masked(text: &str) -> String {
    const OF_DATES: [&str; 14] = [
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
        "AM",
        "PM",
    ];
    let (mut masked, mut word) = (String::new(), String::new());
    for sign in text.chars().chain(['\n']) {
        if sign.is_alphanumeric() || "_-.:+".contains(sign) {
            word.push(sign);
            continue;
        }
        let varies = word.contains(|it: char| it.is_ascii_digit());
        masked += if varies || OF_DATES.contains(&word.as_str()) { "#" } else { &word };
        word.clear();
        masked.push(sign);
    }
    masked.pop();
    masked
}

/// Whether a text is the pattern, in which `…` is any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once(ANYTHING) else { return pattern == text };
    let (middle, tail) = rest.rsplit_once(ANYTHING).unwrap_or(("", rest));
    let Some(mut text) = text.strip_prefix(head).and_then(|text| text.strip_suffix(tail)) else {
        return false;
    };
    for piece in middle.split(ANYTHING) {
        let Some((_, after)) = text.split_once(piece) else { return false };
        text = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differ(told: &str, found: &str) -> usize {
        json_problems(told, Some(found)).len()
    }

    #[test]
    fn ids_times_and_numbers_may_differ_and_nothing_else() {
        let told = r#"{"_id":"client_1","at":"May 1, 2026 1:05 AM","n":1,"ok":true,"s":"done"}"#;
        let good = r#"{"_id":"client_2","at":"June 2, 2027 9:15 PM","n":2.5,"ok":true,"s":"done"}"#;
        assert_eq!(differ(told, good), 0);
        for (from, to) in [
            ("client_2", "client"),
            ("2.5", "\"2.5\""),
            ("true", "false"),
            ("true", "null"),
            ("done", "gone"),
            ("\"n\"", "\"m\""),
            (",\"s\":\"done\"", ""),
            (",\"s\":\"done\"", ",\"s\":\"done\",\"more\":1"),
        ] {
            assert!(differ(told, &good.replace(from, to)) > 0, "{from} to {to}");
        }
        let reordered =
            r#"{"n":2,"_id":"client_2","at":"May 1, 2026 1:05 AM","ok":true,"s":"done"}"#;
        assert_eq!(differ(told, reordered), 1);
    }

    #[test]
    fn an_ellipsis_stands_for_any_value_members_items_or_end() {
        for told in [
            r#"{"a":…,"b":[1,2],"c":"x y"}"#,
            r#"{"a":{…},"b":[1,2],"c":"x y"}"#,
            r#"{"a":{"d":null},"b":[1,…],"c":"x y"}"#,
            r#"{"a":{"d":null, …},"b":[…],"c":"…y"}"#,
            r#"{"a":{"d":null},"b":[1, …"#,
            r#"{"a":{"d":null},"b":[1,2],"c":"x …"#,
            r#"{"b":[1,2], …}"#,
            "…",
        ] {
            assert_eq!(differ(told, r#"{"a":{"d":null},"b":[1,2],"c":"x y"}"#), 0, "{told}");
            assert!(told == "…" || differ(told, r#"{"e":1}"#) > 0, "{told}");
        }
        for told in [r#"{"b":[1,2,3,…],…}"#, r#"{"b":[1],…}"#, r#"{"c":"…z",…}"#, r#"{"a":[…],…}"#]
        {
            assert!(differ(told, r#"{"a":{"d":null},"b":[1,2],"c":"x y"}"#) > 0, "{told}");
        }
    }

    #[test]
    fn several_answers_are_compared_one_by_one() {
        assert_eq!(differ("{\"a\":1}\n{\"b\":…}", "{\"a\":2}{\"b\":\"x\"}"), 0);
        assert_eq!(differ("{\"a\":1}", "{\"a\":2}{\"b\":\"x\"}"), 1);
        assert_eq!(differ("{\"a\":1}", "no"), 1);
        assert_eq!(json_problems("{\"a\":}", None).len(), 1);
        assert!(json_problems("{\"a\":…}", None).is_empty());
    }

    #[test]
    fn lines_are_the_same_but_for_what_varies() {
        let told = "stored 1 records\n…\nlistening on http://127.0.0.1:8080\n";
        let found = "stored 12 records\nwords\nmore\nlistening on http://127.0.0.1:8443\n";
        assert!(text_problems(told, found).is_empty());
        for (from, to) in [("stored", "kept"), ("http", "https"), ("records", "records.\n")] {
            assert!(!text_problems(told, &found.replace(from, to)).is_empty(), "{to}");
        }
        assert!(!text_problems("one", "one\ntwo").is_empty());
    }
}
