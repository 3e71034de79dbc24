//! What may be sent in a JSON body: a table of members, each with its rule.

use serde_json::Value;
use verax_domain::email_templates::{EmailKind, EmailPart};
use verax_query::{Field, Kind, Resource};

/// A member that a body may have; others are ignored.
#[derive(Clone, Copy)]
pub struct BodyField {
    pub name: &'static str,
    /// Another name that clients use.
    pub alias: Option<&'static str>,
    pub rule: Rule,
    pub required: bool,
    /// What a new record has where nothing was sent.
    pub default: Option<Default>,
    /// What clients send where they mean that nothing is given.
    pub nothing: Option<Nothing>,
    pub doc: &'static str,
}

/// What counts where nothing was sent.
#[derive(Clone, Copy)]
pub enum Default {
    Flag(bool),
    Number(f64),
    Word(&'static str),
}

/// A value that says nothing.
#[derive(Clone, Copy)]
pub enum Nothing {
    /// An empty text: a form that nobody filled in.
    Blank,
    /// A form's own default, which is outside the range: nobody chose it.
    Untouched(f64),
}

/// So many texts may be in a list.
pub const TEXTS_MAX: usize = 300;

/// What a member must be.
#[derive(Clone, Copy)]
pub enum Rule {
    /// A text of so many characters; not empty.
    Text(usize, usize),
    /// The name of a person: what is left of it without digits has so many characters at most.
    Name(usize),
    /// A list of texts.
    Texts,
    /// A list of these, in any case; each is kept as it is written here.
    Words(fn() -> &'static [&'static str]),
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
    /// A code as a text, or six digits as a number: then zeros in front were lost.
    Code,
    /// A moment in RFC 3339.
    Time,
    /// A day between 1900 and today, in any of the protocol's three shapes; it is kept as `YYYY-MM-DD`.
    DayOfBirth,
    /// An image in base64, a data URI of one, or where it is allowed an https URL: a text, or a list
    /// of one.
    Image,
    /// One to so many images: a list, or one text.
    Images(usize),
    /// A part of an email in a client's own words.
    EmailPart(EmailKind, EmailPart),
    /// An object: these members are looked at, others are kept as they come.
    Object(&'static [BodyField]),
    /// An object of these members; others are ignored, as in a body.
    Members(&'static [BodyField]),
}

/// Whether a body makes a record or changes some of its members.
#[derive(Clone, Copy, PartialEq)]
pub enum Purpose {
    Create,
    Change,
}

impl Default {
    pub(super) fn json(self) -> Value {
        match self {
            Default::Flag(flag) => flag.into(),
            Default::Number(number) => number.into(),
            Default::Word(word) => word.into(),
        }
    }
}

impl Rule {
    pub(super) fn is_image(&self) -> bool {
        matches!(self, Rule::Image | Rule::Images(_))
    }
}

impl BodyField {
    /// The same with what counts where nothing was sent.
    pub const fn or(self, default: Default) -> BodyField {
        BodyField { default: Some(default), ..self }
    }

    /// The same; an empty text is as if it was not sent.
    pub const fn or_blank(self) -> BodyField {
        BodyField { nothing: Some(Nothing::Blank), ..self }
    }

    /// The same; this number is as if it was not sent.
    pub const fn or_untouched(self, default: f64) -> BodyField {
        BodyField { nothing: Some(Nothing::Untouched(default)), ..self }
    }

    /// The same; a body that makes a record must have it.
    pub const fn required(self) -> BodyField {
        BodyField { required: true, ..self }
    }

    /// The same with words of its own, where the field's do not say what may be sent.
    pub const fn doc(self, doc: &'static str) -> BodyField {
        BodyField { doc, ..self }
    }

    /// The same with another name that clients use.
    pub const fn also(self, alias: &'static str) -> BodyField {
        BodyField { alias: Some(alias), ..self }
    }
}

pub const fn required(name: &'static str, rule: Rule, doc: &'static str) -> BodyField {
    BodyField { name, alias: None, rule, required: true, default: None, nothing: None, doc }
}

pub const fn optional(name: &'static str, rule: Rule, doc: &'static str) -> BodyField {
    BodyField { name, alias: None, rule, required: false, default: None, nothing: None, doc }
}

/// A field of a resource that may be written: its name, its words and what it is come from there.
///
/// # Panics
/// Where it is made, at compile time: there is no such field, or its kind alone is no rule.
pub const fn field(resource: &'static Resource, name: &str) -> BodyField {
    let rule = match &find(resource, name).kind {
        Kind::Word(words) => Rule::Word(words.words),
        Kind::Bool => Rule::Flag,
        Kind::Id | Kind::Relation(_) => Rule::Id,
        Kind::Time => Rule::Time,
        _ => panic!("a rule must say which texts, numbers or objects may be sent"),
    };
    field_as(resource, name, rule)
}

/// The same with a rule of its own.
///
/// # Panics
/// Where it is made, at compile time: there is no such field, or no body may say it.
pub const fn field_as(resource: &'static Resource, name: &str, rule: Rule) -> BodyField {
    let field = find(resource, name);
    assert!(field.writable, "the table of resources lists the field as the server's to write");
    optional(field.name, rule, field.doc)
}

const fn find(resource: &'static Resource, name: &str) -> &'static Field {
    let mut at = 0;
    while at < resource.fields.len() {
        if is_same(resource.fields[at].name, name) {
            return &resource.fields[at];
        }
        at += 1;
    }
    panic!("the resource has no such field")
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// The members of two tables, `N` together.
pub const fn joined<const N: usize>(one: &[BodyField], other: &[BodyField]) -> [BodyField; N] {
    let mut all = [one[0]; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < one.len() { one[at] } else { other[at - one.len()] };
        at += 1;
    }
    all
}
