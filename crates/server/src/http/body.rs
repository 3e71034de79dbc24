//! JSON bodies: a table says what may be sent, everything that is wrong is collected in the words
//! that Joi uses, and the OpenAPI document is made from the same table.

mod parse;
mod pictures;
mod rules;
mod schema;
mod unread;
mod unreadable;
mod urls;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use verax_query::{Ignored, Problem, Timestamp};

use self::parse::{Given, Members};
use self::pictures::NamedImage;
pub use self::pictures::base64_of;
pub use self::schema::schema;
pub use self::unread::{BODY_TOO_SLOW, BodyError, Received, SealedBody, Unread};
pub use self::unreadable::{UNSUPPORTED_MEDIA_TYPE, Unreadable};
use super::State;
use super::admission::{Place, admitted_body, take_place};
use super::authorize::Allowed;
use super::error::{ApiError, ErrorCode, INTERNAL, INVALID_IMAGE_FORMAT};

/// A longer body is not parsed on a thread that answers others meanwhile.
const SHORT_BYTES: usize = 64 * 1024;

/// A member that a body may have; others are ignored.
#[derive(Clone, Copy)]
pub struct Member {
    pub name: &'static str,
    /// Another name that clients use.
    pub alias: Option<&'static str>,
    pub rule: Rule,
    pub required: bool,
    /// What a new record has where nothing was sent.
    pub default: Option<Default>,
    pub doc: &'static str,
}

/// What counts where nothing was sent.
#[derive(Clone, Copy)]
pub enum Default {
    Flag(bool),
    Number(f64),
    Word(&'static str),
}

/// What a member must be.
#[derive(Clone, Copy)]
pub enum Rule {
    /// A text of so many characters; not empty.
    Text(usize, usize),
    /// The name of a person: what is left of it without digits has so many characters at most.
    Name(usize),
    /// A list of texts.
    Texts,
    /// One of these, in any case; it is kept as it is written here.
    Word(&'static [&'static str]),
    Flag,
    Integer(i64, i64),
    /// A number within a range, both ends in it.
    Number(f64, f64),
    Id,
    /// So many ids (or codes) of records at most: a list, or one text.
    Ids(usize),
    Email,
    /// An `https` URL that somebody will follow.
    Url,
    /// An `https` URL that this server will call: not on its own network.
    Webhook,
    /// The same, or the id of a webhook; what is no text is kept as it comes.
    WebhookOrId,
    /// An IPv4 or IPv6 address.
    Address,
    /// An address as text, of so many characters at most.
    AnyEmail(usize),
    /// The digits of a phone number; `+` is in front where they begin with its country's code.
    Phone,
    /// The same where it is a number, else a text of so many characters at most.
    AnyPhone(usize),
    /// `+` and the digits of a country.
    CountryCode,
    /// A moment in RFC 3339.
    Time,
    /// A day between 1900 and today, in any of the protocol's three shapes; it is kept as `YYYY-MM-DD`.
    DayOfBirth,
    /// A picture in base64, a data URI of one, or where it is allowed an https URL: a text, or a list
    /// of one.
    Image,
    /// One to so many pictures: a list, or one text.
    Images(usize),
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
    /// All but the images.
    pub members: Map<String, Value>,
    /// The names of members that were sent and are not known.
    pub unknown: Vec<String>,
    images: Vec<NamedImage>,
    /// Held for as long as one of the images is there.
    place: Option<Place>,
    problems: Vec<Problem>,
    /// Pictures that a URL names and that are not there.
    not_fetched: Vec<Problem>,
    now: Timestamp,
}

/// Reads a body. No body at all reads like `{}`, so that its answer names what is missing.
///
/// # Errors
/// It is too long or too slow, or no JSON object. What is wrong with members is in [`Sent`].
pub async fn read(
    state: &State,
    allowed: &Allowed,
    body: Unread,
    known: &'static [Member],
    purpose: Purpose,
) -> Result<Sent, ApiError> {
    let body = body.read(state, allowed, bytes_max(state, known)).await?;
    parse_body(body, known, purpose).await
}

/// The body of a call that measures, with the images that its URLs name, and its place.
pub async fn read_measured(
    state: &State,
    allowed: &Allowed,
    body: Unread,
    known: &'static [Member],
) -> Result<(Sent, Place), ApiError> {
    let (place, body) = admitted_body(state, allowed, body, bytes_max(state, known)).await?;
    let sent = parse_body(body, known, Purpose::Create).await?;
    if state.app.images.is_none() || !sent.names_urls() {
        return Ok((sent.holding(&place), place));
    }
    // Others are measured while somebody else's server is waited for.
    drop(place);
    let sent = sent.with_fetched(state, allowed).await?;
    let place = take_place(state, allowed)?;
    Ok((sent.holding(&place), place))
}

/// The body of a call that analyses the images in it, if there are any.
pub async fn read_change(
    state: &State,
    allowed: &Allowed,
    body: Unread,
    known: &'static [Member],
) -> Result<Sent, ApiError> {
    // What is longer than any body without images has some.
    let place = match body.may_exceed(state.app.config.now().http.plain_body_bytes_max()) {
        true => Some(take_place(state, allowed)?),
        false => None,
    };
    let sent = read(state, allowed, body, known, Purpose::Change).await?;
    if state.app.images.is_some() && sent.names_urls() {
        drop(place);
        return sent.with_fetched(state, allowed).await;
    }
    Ok(Sent { place, ..sent })
}

/// The longest body that such a table may have: a long one for images alone.
pub fn bytes_max(state: &State, known: &[Member]) -> usize {
    let http = &state.app.config.now().http;
    match known.iter().any(|member| member.rule.is_picture()) {
        true => http.body_bytes_max,
        false => http.plain_body_bytes_max(),
    }
}

async fn parse_body(
    body: Received,
    known: &'static [Member],
    purpose: Purpose,
) -> Result<Sent, ApiError> {
    let bytes = body.bytes.len();
    let parse = move || {
        if body.bytes.trim_ascii().is_empty() {
            return Ok(Sent::new(Members::default(), known, purpose, body.now));
        }
        Ok(Sent::parse(&body, known, purpose)?)
    };
    parse_apart(bytes, parse).await?
}

/// Parses so many bytes: many of them would hold up other requests of this thread.
pub async fn parse_apart<T: Send + 'static>(
    bytes: usize,
    parse: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    if bytes <= SHORT_BYTES {
        return Ok(parse());
    }
    let parsed = tokio::task::spawn_blocking(parse).await;
    parsed.map_err(|_| ApiError::new(&INTERNAL, "Something went wrong on our side."))
}

/// What is wrong with members: the first is the message, as Joi has it, all are details.
pub fn collected(code: &'static ErrorCode, problems: Vec<Problem>) -> ApiError {
    let first = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
    let fields = code.status == StatusCode::UNPROCESSABLE_ENTITY;
    let detail = |Problem { parameter, message }: Problem| {
        let mut detail = json!({ "parameter": parameter, "message": message });
        if fields {
            detail["field"] = parameter.into();
        }
        detail
    };
    let details: Vec<Value> = problems.into_iter().map(detail).collect();
    ApiError::new(code, first).with_member("details", details.into())
}

impl Sent {
    /// The checked members of a JSON object.
    ///
    /// # Errors
    /// The body is none; or members are not known, and its sender wants to be told.
    pub fn parse(
        body: &Received,
        known: &'static [Member],
        purpose: Purpose,
    ) -> Result<Sent, Unreadable> {
        let explain = |error| Unreadable::explain(&body.bytes, &body.content_type, &error);
        let sent = Sent::new(parse::parse(body, known).map_err(explain)?, known, purpose, body.now);
        let names = || known.iter().map(|member| member.name);
        let ignored = sent.unknown.iter().map(|name| Ignored::unknown(name, names()));
        let mut problems = body.handling.note(ignored);
        if problems.is_empty() {
            return Ok(sent);
        }
        problems.extend(sent.problems);
        Err(Unreadable::Members(problems))
    }

    fn new(sent: Members, known: &'static [Member], purpose: Purpose, now: Timestamp) -> Sent {
        let Members { mut given, unknown } = sent;
        let mut sent = Sent {
            members: Map::new(),
            unknown,
            images: Vec::new(),
            place: None,
            problems: Vec::new(),
            not_fetched: Vec::new(),
            now,
        };
        for member in known {
            let given = given.remove(member.name).or_else(|| given.remove(member.alias?));
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

    /// The same, whose images hold the place among what is measured for as long as they are there:
    /// their work may outlive the call.
    pub fn holding(self, place: &Place) -> Sent {
        Sent { place: Some(Place::clone(place)), ..self }
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
    pub fn finish(self, code: &'static ErrorCode) -> Result<Sent, ApiError> {
        self.finish_as(
            |problems| collected(code, problems),
            |pictures| ApiError::body(&INVALID_IMAGE_FORMAT, "The image cannot be used", pictures),
        )
    }

    /// # Errors
    /// Everything that was wrong; texts that are no pictures only when nothing else was.
    pub fn finish_as(
        self,
        wrong: impl FnOnce(Vec<Problem>) -> ApiError,
        no_pictures: impl FnOnce(Vec<Problem>) -> ApiError,
    ) -> Result<Sent, ApiError> {
        if !self.problems.is_empty() {
            return Err(wrong(self.problems));
        }
        let pictures = self.no_pictures();
        if pictures.is_empty() { Ok(self) } else { Err(no_pictures(pictures)) }
    }
}

impl Default {
    fn json(self) -> Value {
        match self {
            Default::Flag(flag) => flag.into(),
            Default::Number(number) => number.into(),
            Default::Word(word) => word.into(),
        }
    }
}

impl Member {
    /// The same with what counts where nothing was sent.
    pub const fn or(self, default: Default) -> Member {
        Member { default: Some(default), ..self }
    }

    /// The same with another name that clients use.
    pub const fn also(self, alias: &'static str) -> Member {
        Member { alias: Some(alias), ..self }
    }
}

pub const fn required(name: &'static str, rule: Rule, doc: &'static str) -> Member {
    Member { name, alias: None, rule, required: true, default: None, doc }
}

pub const fn optional(name: &'static str, rule: Rule, doc: &'static str) -> Member {
    Member { name, alias: None, rule, required: false, default: None, doc }
}

/// The members of two tables, `N` together.
pub const fn joined<const N: usize>(one: &[Member], other: &[Member]) -> [Member; N] {
    let mut all = [one[0]; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < one.len() { one[at] } else { other[at - one.len()] };
        at += 1;
    }
    all
}
