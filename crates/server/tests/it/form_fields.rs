//! The fields of a form as a browser reads them from a page, and as it sends them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// The names and values of the form of a page's content, as they are sent when nobody has touched them.
pub fn fields_of(page: &str) -> Vec<(String, String)> {
    let form = page.split("class=\"form\">").nth(1).expect("a form");
    let form = form.split("</form>").next().unwrap_or_default();
    let mut fields = Vec::new();
    for element in form.split('<').skip(1) {
        let (tag, after) = element.split_once('>').unwrap_or((element, ""));
        let attribute = |name: &str| {
            let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
            Some(unescaped(rest.split('"').next().unwrap_or_default()))
        };
        let name = || attribute("name").unwrap_or_default();
        match tag.split([' ', '/']).next().unwrap_or_default() {
            "input" if tag.contains("\"checkbox\"") && !tag.ends_with(" checked") => {}
            "input" => fields.push((name(), attribute("value").unwrap_or_default())),
            // The first line break is the element's own; others are sent as two characters.
            "textarea" => {
                let text = unescaped(after.strip_prefix('\n').unwrap_or(after));
                fields.push((name(), text.replace("\r\n", "\n").replace('\n', "\r\n")));
            }
            "select" => fields.push((name(), String::new())),
            "option" if tag.ends_with(" selected") => {
                let chosen = fields.last_mut().expect("an option of a select");
                chosen.1 = attribute("value").unwrap_or_default();
            }
            _ => {}
        }
    }
    assert!(fields.len() > 5, "{fields:?}");
    fields
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"");
    text.replace("&#39;", "'").replace("&#38;", "&")
}

pub fn value_of<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    let found = fields.iter().find(|(known, _)| known == name);
    &found.unwrap_or_else(|| panic!("no field {name}")).1
}

/// The members of a body as the fields of a form: `dataProtection.city`, a list as lines.
pub fn pairs_of(body: &Map<String, Value>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (name, value) in body {
        match value {
            Value::Object(inner) => {
                let inner = pairs_of(inner).into_iter();
                pairs.extend(inner.map(|(inner, value)| (format!("{name}.{inner}"), value)));
            }
            Value::Array(list) => {
                let lines: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                pairs.push((name.clone(), lines.join("\r\n")));
            }
            Value::String(text) => pairs.push((name.clone(), text.replace('\n', "\r\n"))),
            other => pairs.push((name.clone(), other.to_string())),
        }
    }
    pairs
}

/// As a browser sends it.
pub fn encoded(fields: &[(String, String)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}
