//! A body whose members were checked: what was sent and fields, and all that is wrong with it.

use serde_json::{Map, Value};
use verax_query::{Ignored, Problem, Timestamp};

use super::parse::{self, Given, Members};
use super::table::{BodyField, Default, Purpose};
use super::unread::Received;
use super::unreadable::Unreadable;
use crate::app::faces::ImageText;
use crate::http::error::{ApiError, collected};
use crate::http::error_codes::{ErrorCode, INVALID_IMAGE_FORMAT};
use crate::http::layers::admission::Slot;
use crate::http_client::WebhookUrls;

/// A text where an image is wanted.
pub struct NamedImage {
    pub(super) member: &'static str,
    /// The name by which an answer speaks of it.
    pub(super) parameter: String,
    pub(super) text: ImageText,
}

/// What was sent and fields, checked.
pub struct CheckedBody {
    /// All but the images.
    pub members: Map<String, Value>,
    /// What was sent as null: a change may take away what it said.
    pub cleared: Vec<&'static str>,
    /// The names of members that were sent and are not known.
    pub unknown: Vec<String>,
    /// What else was left out of account.
    pub(super) ignored: Vec<Ignored>,
    pub(super) images: Vec<NamedImage>,
    /// Held for as long as one of the images is there.
    pub(super) slot: Option<Slot>,
    pub(super) problems: Vec<Problem>,
    /// Images that a URL names and that are not there.
    pub(super) not_fetched: Vec<Problem>,
    pub(super) now: Timestamp,
    pub(super) webhook_urls: WebhookUrls,
}

impl CheckedBody {
    /// The checked members of a JSON object.
    ///
    /// # Errors
    /// The body is none; or members are not fields, and its sender wants to be told.
    pub fn parse(
        body: &Received,
        fields: &'static [BodyField],
        purpose: Purpose,
    ) -> Result<CheckedBody, Unreadable> {
        let explain = |error| Unreadable::explain(&body.bytes, &body.content_type, &error);
        let mut sent =
            CheckedBody::new(parse::parse(body, fields).map_err(explain)?, fields, purpose, body);
        let names = || fields.iter().map(|member| member.name);
        let nested = std::mem::take(&mut sent.ignored);
        let unknown = sent.unknown.iter().map(|name| Ignored::unknown(name, names()));
        let ignored = unknown.chain(nested);
        let mut problems = body.handling.note(ignored);
        if problems.is_empty() {
            return Ok(sent);
        }
        problems.extend(sent.problems);
        Err(Unreadable::Members(problems))
    }

    pub(super) fn new(
        sent: Members,
        fields: &'static [BodyField],
        purpose: Purpose,
        body: &Received,
    ) -> CheckedBody {
        let Members { mut given, cleared, unknown } = sent;
        let mut sent = CheckedBody {
            members: Map::new(),
            cleared,
            unknown,
            ignored: Vec::new(),
            images: Vec::new(),
            slot: None,
            problems: Vec::new(),
            not_fetched: Vec::new(),
            now: body.now,
            webhook_urls: body.webhook_urls.clone(),
        };
        for member in fields {
            let given = given.remove(member.name).or_else(|| given.remove(member.alias?));
            let given = given.filter(|given| match given {
                Given::Json(value) => !sent.says_nothing(member, member.name, value),
                Given::Images(_) => true,
            });
            let value = match given {
                Some(Given::Json(value)) => sent.check(member.name.to_owned(), &member.rule, value),
                Some(Given::Images(images)) => {
                    sent.check_images(member, images);
                    None
                }
                None if purpose == Purpose::Change => None,
                None if member.required => {
                    sent.wrong(member.name, "is required");
                    None
                }
                None => member.default.map(Default::json),
            };
            if let Some(value) = value {
                sent.members.insert(member.name.to_owned(), value);
            }
        }
        sent
    }

    /// The same, whose images hold the slot among what is measured for as long as they are there:
    /// their work may outlive the call.
    pub fn holding(self, slot: &Slot) -> CheckedBody {
        CheckedBody { slot: Some(Slot::clone(slot)), ..self }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.members.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(Timestamp::parse)
    }

    /// A number that is required or has a default: 1 only where something is wrong with it.
    pub fn number(&self, name: &str) -> f64 {
        self.members.get(name).and_then(Value::as_f64).unwrap_or(1.0)
    }

    pub fn ids(&self, name: &str) -> Option<Vec<String>> {
        let list = self.members.get(name)?.as_array()?.iter();
        Some(list.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Says a member in a form of the server's own.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.members.insert(name.to_owned(), value.into());
    }

    /// Takes a member away, as if it had not been sent.
    pub fn forget(&mut self, name: &str) {
        self.members.remove(name);
    }

    /// Whether nothing is wrong so far.
    pub fn fits(&self) -> bool {
        self.problems.is_empty()
    }

    pub fn wrong(&mut self, name: &str, rule: impl std::fmt::Display) {
        let message = format!("\"{name}\" {rule}");
        self.problems.push(Problem { parameter: name.to_owned(), message });
    }

    /// # Errors
    /// Everything that was wrong, under this code.
    pub fn finish(self, code: &'static ErrorCode) -> Result<CheckedBody, ApiError> {
        self.finish_as(
            |problems| collected(code, problems),
            |images| ApiError::body(&INVALID_IMAGE_FORMAT, "The image cannot be used", images),
        )
    }

    /// # Errors
    /// Everything that was wrong; texts that are no images only when nothing else was.
    pub fn finish_as(
        self,
        wrong: impl FnOnce(Vec<Problem>) -> ApiError,
        no_images: impl FnOnce(Vec<Problem>) -> ApiError,
    ) -> Result<CheckedBody, ApiError> {
        if !self.problems.is_empty() {
            return Err(wrong(self.problems));
        }
        let images = self.no_images();
        if images.is_empty() { Ok(self) } else { Err(no_images(images)) }
    }
}
