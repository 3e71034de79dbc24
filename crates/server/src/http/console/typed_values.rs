//! How a member of a body is typed in a form, and what is shown of its value.

use serde_json::Value;
use verax_domain::email_templates::EmailPart;

use crate::http::body::table::{BodyField, Rule};

/// A longer text has several lines.
const LINE_CHARS_MAX: usize = 300;
const URL_CHARS_MAX: usize = 2048;
const ID_CHARS_MAX: usize = 64;

/// How a member is typed.
pub enum Typed {
    /// In one line; the kind is that of HTML's `input`.
    Line {
        kind: &'static str,
        chars_max: Option<usize>,
    },
    /// In several lines.
    Text {
        chars_max: usize,
    },
    Number {
        min: String,
        max: String,
        step: &'static str,
    },
    Word(&'static [&'static str]),
    Flag,
    /// Texts, one a line.
    List,
    /// Any of these, each with a box; as text one a line.
    Words(&'static [&'static str]),
    /// The members of an object.
    Group(&'static [BodyField]),
}

impl Typed {
    /// How what this rule allows is typed. `None`: no form can, as with images and objects of any members.
    pub fn of(rule: &Rule) -> Option<Typed> {
        let line = |kind, chars_max| Some(Typed::Line { kind, chars_max });
        match *rule {
            Rule::Text(_, max) | Rule::Name(max) | Rule::AnyPhone(max) if max <= LINE_CHARS_MAX => {
                line("text", Some(max))
            }
            Rule::Text(_, chars_max) | Rule::Name(chars_max) | Rule::AnyPhone(chars_max) => {
                Some(Typed::Text { chars_max })
            }
            Rule::EmailPart(_, EmailPart::Subject) => {
                line("text", Some(EmailPart::Subject.chars_max()))
            }
            Rule::EmailPart(_, part) => Some(Typed::Text { chars_max: part.chars_max() }),
            Rule::Texts | Rule::Ids(_) => Some(Typed::List),
            Rule::Words(known) => Some(Typed::Words(known())),
            Rule::Word(words) => Some(Typed::Word(words)),
            Rule::Flag => Some(Typed::Flag),
            Rule::Integer(min, max) => {
                Some(Typed::Number { min: min.to_string(), max: max.to_string(), step: "1" })
            }
            Rule::Number(min, max) => {
                Some(Typed::Number { min: min.to_string(), max: max.to_string(), step: "any" })
            }
            Rule::Id => line("text", Some(ID_CHARS_MAX)),
            Rule::Email => line("email", None),
            Rule::AnyEmail(max) => line("email", Some(max)),
            Rule::Url | Rule::Webhook => line("url", Some(URL_CHARS_MAX)),
            Rule::WebhookOrId => line("text", Some(URL_CHARS_MAX)),
            Rule::Address | Rule::Phone | Rule::CountryCode | Rule::Code | Rule::Time => {
                line("text", None)
            }
            Rule::DayOfBirth => line("date", None),
            Rule::Object(members) | Rule::Members(members) if !members.is_empty() => {
                Some(Typed::Group(members))
            }
            Rule::Object(_) | Rule::Members(_) | Rule::Image | Rule::Images(_) => None,
        }
    }

    /// The value as its control shows it; empty where there is none. `None`: the control cannot show it, as an
    /// import may bring what no form makes.
    pub fn shown(&self, value: Option<&Value>) -> Option<String> {
        let value = value.unwrap_or(&Value::Null);
        match (self, value) {
            (Typed::Group(_), Value::Null | Value::Object(_)) | (_, Value::Null) => {
                Some(String::new())
            }
            (Typed::Line { .. } | Typed::Text { .. } | Typed::Word(_), Value::String(text)) => {
                Some(self.plain(text))
            }
            (Typed::Number { .. }, Value::Number(number)) => Some(number.to_string()),
            (Typed::Flag, Value::Bool(flag)) => Some(flag.to_string()),
            (Typed::List | Typed::Words(_), Value::Array(list)) => {
                let is_line = |text: &&str| !text.contains(['\r', '\n']);
                let lines = list.iter().map(|it| it.as_str().filter(is_line));
                Some(lines.collect::<Option<Vec<&str>>>()?.join("\n"))
            }
            _ => None,
        }
    }

    /// A text as a browser sends it back that nobody has touched.
    pub fn plain(&self, text: &str) -> String {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        match self {
            Typed::Text { .. } => text.trim().to_owned(),
            Typed::List => {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                lines.collect::<Vec<&str>>().join("\n")
            }
            Typed::Words(known) => {
                // In the order of the boxes, whoever has written it.
                let mut words: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
                words.sort_by_key(|word| {
                    known.iter().position(|it| it == word).unwrap_or(known.len())
                });
                words.join("\n")
            }
            _ => text.replace('\n', "").trim().to_owned(),
        }
    }

    /// The member of a body that was typed as this text. Numbers and flags may be texts there.
    pub fn value_of(&self, text: &str) -> Value {
        match self {
            Typed::List | Typed::Words(_) => text.lines().collect(),
            _ => text.into(),
        }
    }
}
