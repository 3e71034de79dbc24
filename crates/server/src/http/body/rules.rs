//! What a member must be, and what is kept of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use verax_domain::contact::{PHONE_RULE, country, dialled, is_email, visible};
use verax_domain::email_templates::part_problem;
use verax_query::{Ignored, Timestamp, is_id, nfc};

use verax_domain::records::person::without_digits;

use super::checked::CheckedBody;
use super::parse::{NAME_BYTES_MAX, UNKNOWN_MAX};
use super::table::{BodyField, Nothing, Rule};
use super::urls;
use crate::http::body::table::TEXTS_MAX;
use crate::http_client::WebhookUrls;

/// More than this of one object is not a setting any more.
const OBJECT_BYTES_MAX: usize = 64 * 1024;
/// The code of a link is the longest.
const CODE_CHARS_MAX: usize = 64;
const TEXT_CHARS_MAX: usize = 200;
const DAY_RULE: &str = "must be a date: \"1990-05-01\", {\"year\": 1990, \"month\": 5, \"day\": 1} \
                        or an ISO 8601 time";

impl CheckedBody {
    pub(super) fn check(&mut self, path: String, rule: &Rule, value: Value) -> Option<Value> {
        match rule {
            Rule::Object(members) => return self.check_object(&path, members, value),
            Rule::Members(members) => return self.check_members(&path, members, value),
            Rule::Ids(max) => return self.check_ids(&path, *max, value),
            _ => {}
        }
        match rule.check(value, self.now, &self.webhook_urls) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.wrong(&path, problem);
                None
            }
        }
    }

    fn check_object(&mut self, path: &str, fields: &[BodyField], value: Value) -> Option<Value> {
        let Value::Object(mut object) = value else {
            self.wrong(path, "must be an object");
            return None;
        };
        for member in fields {
            let Some(value) = object.remove(member.name).filter(|value| !value.is_null()) else {
                continue;
            };
            let path = format!("{path}.{}", member.name);
            if self.says_nothing(member, &path, &value) {
                continue;
            }
            if let Some(value) = self.check(path, &member.rule, value) {
                object.insert(member.name.to_owned(), value);
            }
        }
        for (name, value) in &object {
            let known = fields.iter().any(|member| member.name == name);
            if !known && let Some(problem) = address_problem(name, value, &self.webhook_urls) {
                self.wrong(&format!("{path}.{name}"), problem);
            }
        }
        let object = Value::Object(object);
        if object.to_string().len() > OBJECT_BYTES_MAX {
            self.wrong(path, format!("must be at most {OBJECT_BYTES_MAX} bytes of JSON"));
            return None;
        }
        Some(object)
    }

    /// An object as a body of its own: what is not known is ignored, and told of.
    fn check_members(&mut self, path: &str, fields: &[BodyField], value: Value) -> Option<Value> {
        let Value::Object(mut object) = value else {
            self.wrong(path, "must be an object");
            return None;
        };
        let mut checked = serde_json::Map::new();
        for member in fields {
            let Some(value) = object.remove(member.name).filter(|value| !value.is_null()) else {
                continue;
            };
            let path = format!("{path}.{}", member.name);
            if self.says_nothing(member, &path, &value) {
                continue;
            }
            if let Some(value) = self.check(path, &member.rule, value) {
                checked.insert(member.name.to_owned(), value);
            }
        }
        let names = || fields.iter().map(|member| member.name);
        let told = object.keys().filter(|name| name.len() <= NAME_BYTES_MAX).take(UNKNOWN_MAX);
        let unknown = told.map(|name| {
            let ignored = Ignored::unknown(name, names());
            Ignored { parameter: format!("{path}.{name}"), ..ignored }
        });
        self.ignored.extend(unknown);
        Some(Value::Object(checked))
    }

    /// Whether a client means that nothing is given. A number of a form that nobody touched is told of.
    pub(super) fn says_nothing(&mut self, member: &BodyField, path: &str, value: &Value) -> bool {
        match member.nothing {
            Some(Nothing::Blank) => value.as_str().is_some_and(|text| text.trim().is_empty()),
            Some(Nothing::Untouched(default)) if number(value) == Some(default) => {
                self.ignored.push(Ignored::untouched(path));
                true
            }
            _ => false,
        }
    }

    /// So many ids: each is looked at, and named by its place.
    fn check_ids(&mut self, path: &str, max: usize, value: Value) -> Option<Value> {
        let list = match value {
            Value::Array(list) => list,
            one => vec![one],
        };
        if list.len() > max {
            self.wrong(path, format!("must contain less than or equal to {max} items"));
            return None;
        }
        let mut all = Vec::new();
        for (at, value) in list.into_iter().enumerate() {
            // A populated record, as a retrieve shows it, is its id.
            let value = value.get("_id").cloned().unwrap_or(value);
            all.extend(self.check(format!("{path}[{at}]"), &Rule::Id, value));
        }
        Some(all.into())
    }
}

/// What is wrong with the addresses in a member that is otherwise kept as it comes: somebody will
/// follow what is called `…url`, and this server will call what is of a webhook.
fn address_problem(name: &str, value: &Value, webhook_urls: &WebhookUrls) -> Option<String> {
    let name = name.to_ascii_lowercase();
    match value {
        Value::String(text) if name.ends_with("url") && !text.is_empty() => {
            let called = name.contains("webhook");
            match called {
                true => webhook_problem(webhook_urls, text),
                false => urls::rejection(text).map(str::to_owned),
            }
        }
        Value::Array(list) => {
            list.iter().find_map(|value| address_problem(&name, value, webhook_urls))
        }
        Value::Object(object) => object.iter().find_map(|(inner, value)| {
            // What is inside a webhook is of the webhook.
            let called = name.contains("webhook");
            let inner = if called { format!("webhook.{inner}") } else { inner.clone() };
            address_problem(&inner, value, webhook_urls)
        }),
        _ => None,
    }
}

/// Why this server does not call it.
fn webhook_problem(webhook_urls: &WebhookUrls, text: &str) -> Option<String> {
    webhook_urls.check(text).err().map(|problem| problem.to_string())
}

impl Rule {
    /// The value as it is kept; a text of a number or a flag counts as it does for Joi.
    fn check(
        &self,
        value: Value,
        now: Timestamp,
        webhook_urls: &WebhookUrls,
    ) -> Result<Value, String> {
        match self {
            Rule::Flag => flag(value),
            Rule::Integer(low, high) => {
                let number = number(&value).filter(|number| number.fract() == 0.0);
                let number = number.ok_or("must be an integer")?;
                within(number, *low as f64, *high as f64)?;
                Ok(json!(number as i64))
            }
            Rule::Number(low, high) => {
                let number = number(&value).ok_or("must be a number")?;
                within(number, *low, *high)?;
                Ok(json!(number))
            }
            Rule::Texts => texts(value),
            Rule::Words(known) => words(value, known()),
            Rule::DayOfBirth => match verax_domain::record::day(&value) {
                Some(day) if is_day_of_birth(&day, now) => Ok(day.into()),
                Some(_) => Err(format!("must be between {BORN_MIN} and today")),
                None => Err(DAY_RULE.to_owned()),
            },
            Rule::Code => match &value {
                Value::Number(number) => match number.as_u64() {
                    Some(digits) if digits < 1_000_000 => Ok(format!("{digits:06}").into()),
                    _ => Err("must be a code of six digits".to_owned()),
                },
                _ => Rule::Text(1, CODE_CHARS_MAX).check(value, now, webhook_urls),
            },
            Rule::Object(_) | Rule::Members(_) => Ok(value),
            Rule::WebhookOrId => match value {
                Value::String(text) if !text.trim().is_empty() && !is_id(text.trim()) => {
                    Rule::Webhook.check_text(text, webhook_urls)
                }
                value => match address_problem("webhook", &value, webhook_urls) {
                    Some(problem) => Err(problem),
                    None => Ok(value),
                },
            },
            _ => match value {
                Value::String(text) => self.check_text(text, webhook_urls),
                _ => Err("must be a string".to_owned()),
            },
        }
    }

    fn check_text(&self, text: String, webhook_urls: &WebhookUrls) -> Result<Value, String> {
        let text = nfc(&text);
        // What nobody sees makes two addresses, or numbers, of what looks like one.
        let text = match self {
            Rule::Email | Rule::AnyEmail(_) | Rule::Phone | Rule::CountryCode => visible(&text),
            // Another text than a number is kept too: an extension, whom to ask for.
            Rule::AnyPhone(_) => dialled(&text).unwrap_or_else(|| visible(&text)),
            _ => text.trim().to_owned(),
        };
        let text = text.as_str();
        if text.is_empty() {
            return Err("is not allowed to be empty".to_owned());
        }
        if text.contains('\0') {
            return Err("must not contain a NUL character".to_owned());
        }
        let chars = text.chars().count();
        let problem = match self {
            Rule::Text(low, _) if chars < *low => {
                Some(format!("length must be at least {low} characters long"))
            }
            Rule::Text(_, high) | Rule::AnyEmail(high) | Rule::AnyPhone(high) if chars > *high => {
                Some(too_long(*high))
            }
            Rule::Word(words) => match written(words, text) {
                Some(word) => return Ok(word.into()),
                None => Some(format!("must be one of [{}]", words.join(", "))),
            },
            Rule::Name(high) => match without_digits(text) {
                name if name.is_empty() => {
                    Some("must have letters: digits are taken out of it".to_owned())
                }
                _ if chars > *high => Some(too_long(*high)),
                name => return Ok(name.into()),
            },
            Rule::Id if !is_id(text) => {
                Some("must be an id: 1 to 64 letters, digits, `_` or `-`".to_owned())
            }
            Rule::Email if !is_email(text) => Some("must be a valid email".to_owned()),
            Rule::Url => urls::rejection(text).map(str::to_owned),
            Rule::Webhook => webhook_problem(webhook_urls, text),
            Rule::EmailPart(kind, part) => part_problem(*kind, *part, text),
            Rule::Address if text.parse::<std::net::IpAddr>().is_err() => {
                Some("must be a valid ip address".to_owned())
            }
            // With the country's code in front it may be longer.
            Rule::Phone => match dialled(text) {
                Some(number) if (4..=20).contains(&number.len()) => return Ok(number.into()),
                _ => Some(PHONE_RULE.to_owned()),
            },
            Rule::CountryCode => match country(text) {
                Some(code) => return Ok(code.into()),
                None => Some("must be the calling code of a country, as +57".to_owned()),
            },
            Rule::Time if Timestamp::parse(text).is_none() => {
                Some("must be a valid date of RFC 3339".to_owned())
            }
            _ => None,
        };
        problem.map_or_else(|| Ok(text.into()), Err)
    }
}

/// Nobody alive was born before.
const BORN_MIN: &str = "1900-01-01";

/// Whether it is one somewhere on earth: the day begins up to 14 hours before UTC's.
fn is_day_of_birth(day: &str, now: Timestamp) -> bool {
    let today = Timestamp(now.0.saturating_add(14 * 3_600_000)).day_text();
    (BORN_MIN..=today.as_str()).contains(&day)
}

fn too_long(chars_max: usize) -> String {
    format!("length must be less than or equal to {chars_max} characters long")
}

fn flag(value: Value) -> Result<Value, String> {
    match &value {
        Value::Bool(_) => Ok(value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true.into()),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false.into()),
        _ => Err("must be a boolean".to_owned()),
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

fn within(number: f64, low: f64, high: f64) -> Result<(), String> {
    if number < low {
        return Err(format!("must be greater than or equal to {low}"));
    }
    if number > high {
        return Err(format!("must be less than or equal to {high}"));
    }
    Ok(())
}

/// The word as the table has it.
fn written(words: &[&'static str], text: &str) -> Option<&'static str> {
    words.iter().copied().find(|word| word.eq_ignore_ascii_case(text))
}

fn words(value: Value, known: &[&'static str]) -> Result<Value, String> {
    let Value::Array(list) = &value else { return Err("must be an array".to_owned()) };
    let words = list.iter().map(|it| written(known, it.as_str()?.trim()));
    let found: Option<BTreeSet<&str>> = words.collect();
    let found = found.ok_or_else(|| format!("must contain only [{}]", known.join(", ")))?;
    Ok(known.iter().filter(|word| found.contains(*word)).copied().collect())
}

fn texts(value: Value) -> Result<Value, String> {
    let Value::Array(list) = &value else { return Err("must be an array".to_owned()) };
    if list.len() > TEXTS_MAX {
        return Err(format!("must contain less than or equal to {TEXTS_MAX} items"));
    }
    let fits =
        |it: &Value| it.as_str().is_some_and(|text| (1..=TEXT_CHARS_MAX).contains(&text.len()));
    if list.iter().all(fits) {
        return Ok(value);
    }
    Err(format!("must contain strings of 1 to {TEXT_CHARS_MAX} bytes"))
}
