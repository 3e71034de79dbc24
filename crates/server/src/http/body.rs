//! JSON bodies of records: a table says what may be sent, everything that is wrong is collected in
//! the words that Joi uses, and the OpenAPI document is made from the same table.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use verax_query::{Problem, Timestamp, is_id};

use super::State;
use super::error::{ApiError, BODY_TOO_LARGE, ErrorCode};
use super::face_errors::BAD_REQUEST;

/// A member that a body may have; others are ignored.
pub struct Member {
    pub name: &'static str,
    pub rule: Rule,
    pub required: bool,
    pub doc: &'static str,
}

/// What a member must be.
pub enum Rule {
    /// A text of so many characters; not empty.
    Text(usize, usize),
    /// A list of texts.
    Texts,
    /// One of these, in this case.
    Word(&'static [&'static str]),
    Flag,
    Integer(i64, i64),
    /// A number within a range, both ends in it.
    Number(f64, f64),
    Id,
    Email,
    /// An `https` or `http` address.
    Url,
    /// An IPv4 or IPv6 address.
    Address,
    /// The digits of a phone number, without its country code.
    Phone,
    /// `+` and the digits of a country.
    CountryCode,
    /// A moment in RFC 3339.
    Time,
    /// A picture: base64 or a data URI. Only that it is a text is looked at here.
    Image,
    /// An object: these members are looked at, others are kept as they come.
    Object(&'static [Member]),
}

/// Whether a body makes a record or changes some of its members.
#[derive(Clone, Copy, PartialEq)]
pub enum Purpose {
    Create,
    Change,
}

/// What was sent and known, checked.
pub struct Sent {
    pub members: Map<String, Value>,
    problems: Vec<Problem>,
}

/// More than this of one object is not a setting any more.
const OBJECT_BYTES_MAX: usize = 64 * 1024;
const TEXTS_MAX: usize = 300;
const TEXT_CHARS_MAX: usize = 200;

/// Reads a body. No body at all reads like `{}`, so that its answer names what is missing.
///
/// # Errors
/// It is too long, or no JSON object. What is wrong with members is in [`Sent`].
pub fn read(
    state: &State,
    body: Result<Bytes, BytesRejection>,
    known: &'static [Member],
    purpose: Purpose,
) -> Result<Sent, ApiError> {
    let body = body.map_err(|_| {
        let limit = state.app.config.http.body_bytes_max;
        ApiError::new(&BODY_TOO_LARGE, format!("The body is longer than {limit} bytes."))
    })?;
    let mut object = if body.trim_ascii().is_empty() {
        Map::new()
    } else {
        serde_json::from_slice(&body)
            .map_err(|_| ApiError::new(&BAD_REQUEST, "The body must be a JSON object."))?
    };
    let mut sent = Sent { members: Map::new(), problems: Vec::new() };
    for member in known {
        let value = object.remove(member.name).filter(|value| !value.is_null());
        let path = member.name.to_owned();
        match value {
            Some(value) => {
                if let Some(value) = sent.check(path, &member.rule, value) {
                    sent.members.insert(member.name.to_owned(), value);
                }
            }
            None if member.required && purpose == Purpose::Create => {
                sent.wrong(member.name, "is required");
            }
            None => {}
        }
    }
    Ok(sent)
}

impl Sent {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.members.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(Timestamp::parse)
    }

    pub fn wrong(&mut self, name: &str, rule: impl std::fmt::Display) {
        let message = format!("\"{name}\" {rule}");
        self.problems.push(Problem { parameter: name.to_owned(), message });
    }

    /// # Errors
    /// Everything that was wrong, under this code; the first is the message.
    pub fn finish(self, code: &'static ErrorCode) -> Result<Map<String, Value>, ApiError> {
        let Some(first) = self.problems.first() else { return Ok(self.members) };
        let first = first.message.clone();
        let fields = code.status == StatusCode::UNPROCESSABLE_ENTITY;
        let detail = |problem: &Problem| {
            let mut detail = json!({ "parameter": problem.parameter, "message": problem.message });
            if fields {
                detail["field"] = problem.parameter.as_str().into();
            }
            detail
        };
        let details: Vec<Value> = self.problems.iter().map(detail).collect();
        Err(ApiError::new(code, first).with_member("details", details.into()))
    }

    fn check(&mut self, path: String, rule: &Rule, value: Value) -> Option<Value> {
        if let Rule::Object(members) = rule {
            return self.check_object(&path, members, value);
        }
        match rule.check(value) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.wrong(&path, problem);
                None
            }
        }
    }

    fn check_object(&mut self, path: &str, known: &[Member], value: Value) -> Option<Value> {
        let Value::Object(mut object) = value else {
            self.wrong(path, "must be an object");
            return None;
        };
        for member in known {
            let Some(value) = object.remove(member.name).filter(|value| !value.is_null()) else {
                continue;
            };
            let path = format!("{path}.{}", member.name);
            if let Some(value) = self.check(path, &member.rule, value) {
                object.insert(member.name.to_owned(), value);
            }
        }
        let object = Value::Object(object);
        if object.to_string().len() > OBJECT_BYTES_MAX {
            self.wrong(path, format!("must be at most {OBJECT_BYTES_MAX} bytes of JSON"));
            return None;
        }
        Some(object)
    }
}

impl Rule {
    /// The value as it is kept; a text of a number or a flag counts as it does for Joi.
    fn check(&self, value: Value) -> Result<Value, String> {
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
            Rule::Object(_) => Ok(value),
            _ => match value {
                Value::String(text) => self.check_text(text),
                _ => Err("must be a string".to_owned()),
            },
        }
    }

    fn check_text(&self, text: String) -> Result<Value, String> {
        // What a picture is, is looked at by whoever measures it.
        if matches!(self, Rule::Image) {
            return Ok(text.into());
        }
        let text = text.trim();
        if text.is_empty() {
            return Err("is not allowed to be empty".to_owned());
        }
        if text.contains('\0') {
            return Err("must not contain a NUL character".to_owned());
        }
        let chars = text.chars().count();
        let digits = |text: &str, low, high| {
            (low..=high).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let problem = match self {
            Rule::Text(low, _) if chars < *low => {
                Some(format!("length must be at least {low} characters long"))
            }
            Rule::Text(_, high) if chars > *high => {
                Some(format!("length must be less than or equal to {high} characters long"))
            }
            Rule::Word(words) if !words.contains(&text) => {
                Some(format!("must be one of [{}]", words.join(", ")))
            }
            Rule::Id if !is_id(text) => {
                Some("must be an id: 1 to 64 letters, digits, `_` or `-`".to_owned())
            }
            Rule::Email if !is_email(text) => Some("must be a valid email".to_owned()),
            Rule::Url if !is_url(text) => Some("must be a valid uri of https or http".to_owned()),
            Rule::Address if text.parse::<std::net::IpAddr>().is_err() => {
                Some("must be a valid ip address".to_owned())
            }
            Rule::Phone if !digits(text, 4, 15) => Some("must be 4 to 15 digits".to_owned()),
            Rule::CountryCode if !text.strip_prefix('+').is_some_and(|it| digits(it, 1, 4)) => {
                Some("must be + and 1 to 4 digits".to_owned())
            }
            Rule::Time if Timestamp::parse(text).is_none() => {
                Some("must be a valid date of RFC 3339".to_owned())
            }
            _ => None,
        };
        problem.map_or_else(|| Ok(text.into()), Err)
    }

    /// The member's schema in the OpenAPI document.
    fn schema(&self) -> Value {
        match self {
            Rule::Text(low, high) => {
                json!({ "type": "string", "minLength": low, "maxLength": high })
            }
            Rule::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Rule::Word(words) => json!({ "type": "string", "enum": words }),
            Rule::Flag => json!({ "type": "boolean" }),
            Rule::Integer(low, high) => {
                json!({ "type": "integer", "minimum": low, "maximum": high })
            }
            Rule::Number(low, high) => json!({ "type": "number", "minimum": low, "maximum": high }),
            Rule::Id => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" }),
            Rule::Email => json!({ "type": "string", "format": "email" }),
            Rule::Url => json!({ "type": "string", "format": "uri" }),
            Rule::Address => {
                json!({ "type": "string", "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] })
            }
            Rule::Phone => json!({ "type": "string", "pattern": "^[0-9]{4,15}$" }),
            Rule::CountryCode => json!({ "type": "string", "pattern": "^\\+[0-9]{1,4}$" }),
            Rule::Time => json!({ "type": "string", "format": "date-time" }),
            Rule::Image => json!({ "type": "string" }),
            Rule::Object(members) => schema(members, Purpose::Change),
        }
    }
}

/// The body's schema in the OpenAPI document.
pub fn schema(known: &[Member], purpose: Purpose) -> Value {
    let mut properties = Map::new();
    for member in known {
        let mut schema = member.rule.schema();
        if !member.doc.is_empty() {
            schema["description"] = member.doc.into();
        }
        properties.insert(member.name.to_owned(), schema);
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    let required: Vec<&str> = known.iter().filter(|it| it.required).map(|it| it.name).collect();
    if purpose == Purpose::Create && !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

pub const fn required(name: &'static str, rule: Rule, doc: &'static str) -> Member {
    Member { name, rule, required: true, doc }
}

pub const fn optional(name: &'static str, rule: Rule, doc: &'static str) -> Member {
    Member { name, rule, required: false, doc }
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

/// One `@` between two texts without white space, and a domain with a dot: more cannot be told
/// without writing to it.
fn is_email(text: &str) -> bool {
    const CHARS_MAX: usize = 254;
    let Some((name, domain)) = text.split_once('@') else { return false };
    let clean = |text: &str| {
        !text.is_empty()
            && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
    };
    let dotted =
        domain.split_once('.').is_some_and(|(host, rest)| !host.is_empty() && !rest.is_empty());
    text.len() <= CHARS_MAX && clean(name) && clean(domain) && dotted && !domain.ends_with('.')
}

fn is_url(text: &str) -> bool {
    const BYTES_MAX: usize = 2048;
    let uri = text.parse::<axum::http::Uri>();
    let web = |uri: &axum::http::Uri| {
        matches!(uri.scheme_str(), Some("https" | "http"))
            && uri.host().is_some_and(|host| !host.is_empty())
            // A user and a password in an address mislead whoever reads it.
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
    };
    text.len() <= BYTES_MAX && uri.as_ref().is_ok_and(web)
}
