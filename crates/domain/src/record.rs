//! A record of any resource, read from the JSON that an API answers with.

mod setting;

use serde_json::{Map, Number, Value};
use verax_query::{
    Arg, Field, Kind, Member, MemberKind, Resource, Shown, Timestamp, Words, date, is_id, nfc,
};

/// A record as columns, and the records that were populated inside it.
#[derive(Clone, Debug)]
pub struct Record {
    pub resource: &'static Resource,
    pub id: String,
    /// The owning client; for a client its own id.
    pub client: String,
    /// One value per column of [`columns`], `Arg::Null` where the record says nothing. A required
    /// time or flag that is missing gets its default when the row is made, not when it is merged.
    pub values: Vec<Arg>,
    /// Populated relations, taken apart.
    pub related: Vec<Record>,
    /// Names of members that were left out because they are secret or unknown.
    pub dropped: Vec<String>,
}

/// What is wrong with one member of a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {message}")]
pub struct RecordProblem {
    pub member: String,
    pub message: String,
}

/// The columns of a resource's table that its records fill, in the order of [`Record::values`].
pub fn columns(
    resource: &'static Resource,
) -> impl Iterator<Item = (&'static Field, &'static str)> {
    resource.fields.iter().flat_map(|field| {
        let more = field.folded.into_iter().chain(field.full);
        std::iter::once(field.column).chain(more).map(move |column| (field, column))
    })
}

/// Members that never enter the database through an import, at any depth: biometric templates,
/// images, one-time codes, keys.
const SECRET: &[&str] = &[
    "faceImage",
    "faceEncodings",
    "faceEncoding",
    "encodings",
    "template",
    "embedding",
    "embeddings",
    "descriptor",
    "templates",
    "image",
    "images",
    "backImage",
    "otp",
    "demoOTP",
    "verificationCode",
    "JWTPhrase",
    "secretKey",
    "secret",
    "token",
    "accessToken",
    "stripeCustomer",
    "password",
];

const TEXT_BYTES_MAX: usize = 64 * 1024;

impl Record {
    /// Reads a record as an API answers it, relations as ids or populated. `client` owns it when
    /// it does not say so itself.
    ///
    /// # Errors
    /// Every problem of the record.
    pub fn from_json(
        resource: &'static Resource,
        json: &Value,
        client: Option<&str>,
    ) -> Result<Record, Vec<RecordProblem>> {
        let Some(object) = json.as_object() else {
            return Err(vec![problem("record", "must be a JSON object")]);
        };
        Reader::default().whole(resource, object, client)
    }

    /// The value of a column, if the record gives one.
    pub fn value(&self, column: &str) -> Option<&Arg> {
        let index = columns(self.resource).position(|(_, known)| known == column)?;
        self.values.get(index).filter(|value| **value != Arg::Null)
    }
}

#[derive(Default)]
struct Reader {
    /// What is required may be missing: it is set later, or is not to change.
    is_partial: bool,
    problems: Vec<RecordProblem>,
    dropped: Vec<String>,
}

impl Reader {
    fn whole(
        mut self,
        resource: &'static Resource,
        object: &Map<String, Value>,
        client: Option<&str>,
    ) -> Result<Record, Vec<RecordProblem>> {
        match self.record(resource, object, client) {
            Some(record) if self.problems.is_empty() => {
                Ok(Record { dropped: self.dropped, ..record })
            }
            _ => Err(self.problems),
        }
    }

    fn record(
        &mut self,
        resource: &'static Resource,
        object: &Map<String, Value>,
        inherited: Option<&str>,
    ) -> Option<Record> {
        let id = match object.get("_id") {
            Some(Value::String(id)) if is_id(id) => id.clone(),
            Some(_) => {
                self.fail("_id", "must be 1 to 64 letters, digits, `_` or `-`");
                return None;
            }
            None => {
                self.fail("_id", "is missing");
                return None;
            }
        };
        let client = match (resource.tenant_column, object.get("client")) {
            ("id", _) => id.clone(),
            (_, Some(Value::String(client))) if !client.is_empty() => client.clone(),
            (_, Some(Value::Object(client))) => match client.get("_id") {
                Some(Value::String(client)) => client.clone(),
                _ => String::new(),
            },
            _ => inherited.unwrap_or_default().to_owned(),
        };
        if !is_id(&client) {
            self.fail("client", "is missing, or is no id");
            return None;
        }
        let mut record = Record {
            resource,
            id,
            client: client.clone(),
            values: Vec::new(),
            related: Vec::new(),
            dropped: Vec::new(),
        };
        for field in resource.fields {
            let value = object.get(field.name).filter(|value| !is_absent(field, value));
            self.field(&mut record, field, value);
        }
        record.derive_sets();
        let known = |name: &String| resource.field(name).is_some() || name.as_str() == "__v";
        let unknown: Vec<&String> = object.keys().filter(|name| !known(name)).collect();
        self.dropped.extend(unknown.into_iter().cloned());
        Some(record)
    }

    fn field(&mut self, record: &mut Record, field: &'static Field, value: Option<&Value>) {
        let client = record.client.clone();
        let mut full = Arg::Null;
        let arg = match (value, &field.kind) {
            (None, Kind::Relation(_)) if field.name == "client" => Arg::Text(client),
            (None, Kind::Time | Kind::Bool) | (_, Kind::Set(_)) => Arg::Null,
            (None, _) if !field.required || self.is_partial => Arg::Null,
            (None, _) => {
                self.fail(field.name, "is missing");
                Arg::Null
            }
            (Some(Value::Object(object)), Kind::Relation(relation)) => {
                self.related(record, relation.resource, object, &client)
            }
            (Some(Value::Array(list)), Kind::Relations(relation)) => {
                self.relations(record, field, relation.resource, list)
            }
            (Some(Value::Array(list)), Kind::Texts) => self.texts(field, list),
            (Some(value), Kind::Json(members)) => {
                let (listed, whole) = self.nested(field.name, members, value);
                if listed != whole {
                    full = Arg::Text(whole.to_string());
                }
                Arg::Text(listed.to_string())
            }
            (Some(value), _) => match scalar(field, value) {
                Ok(arg) => arg,
                Err(message) => {
                    self.fail(field.name, message);
                    Arg::Null
                }
            },
        };
        let folded = match &arg {
            Arg::Text(text) => Arg::Text(field.fold(text)),
            _ => Arg::Null,
        };
        record.values.push(arg);
        if field.folded.is_some() {
            record.values.push(folded);
        }
        if field.full.is_some() {
            record.values.push(full);
        }
    }

    /// Ids and populated relations, as a JSON list of ids.
    fn relations(
        &mut self,
        record: &mut Record,
        field: &Field,
        resource: &'static Resource,
        list: &[Value],
    ) -> Arg {
        const IDS_MAX: usize = 100;
        if list.len() > IDS_MAX {
            self.fail(field.name, format!("must have at most {IDS_MAX} ids"));
        }
        let client = record.client.clone();
        let mut ids: Vec<String> = Vec::new();
        for value in list.iter().take(IDS_MAX) {
            let id = match value {
                Value::Object(object) => self.related(record, resource, object, &client),
                Value::String(id) if is_id(id) => Arg::Text(id.clone()),
                Value::String(id) if id.is_empty() => continue,
                _ => {
                    self.fail(
                        field.name,
                        "must be a list of ids: 1 to 64 letters, digits, `_` or `-`",
                    );
                    Arg::Null
                }
            };
            if let Arg::Text(id) = id
                && !ids.contains(&id)
            {
                ids.push(id);
            }
        }
        Arg::Text(Value::from(ids).to_string())
    }

    /// Texts as a JSON list of them, each once.
    fn texts(&mut self, field: &Field, list: &[Value]) -> Arg {
        const TEXTS_MAX: usize = 300;
        const TEXT_BYTES_MAX: usize = 500;
        let mut texts: Vec<String> = Vec::new();
        for value in list {
            match value.as_str() {
                Some(text) if text.len() <= TEXT_BYTES_MAX && !text.contains('\0') => {
                    let text = nfc(text).into_owned();
                    if !texts.contains(&text) {
                        texts.push(text);
                    }
                }
                _ => {
                    let message =
                        format!("must be a list of texts, each of {TEXT_BYTES_MAX} bytes at most");
                    self.fail(field.name, message);
                }
            }
        }
        if texts.len() > TEXTS_MAX {
            self.fail(field.name, format!("must have at most {TEXTS_MAX} texts"));
        }
        Arg::Text(Value::from(texts).to_string())
    }

    /// Takes a populated relation apart: its id stays, what it says is a record of its own.
    fn related(
        &mut self,
        record: &mut Record,
        resource: &'static Resource,
        object: &Map<String, Value>,
        client: &str,
    ) -> Arg {
        // A projection does not say enough to make a record of a kind that needs more.
        let whole = resource.fields.iter().all(|field| {
            !field.required
                || field.name == "client"
                || matches!(field.kind, Kind::Bool)
                || object.contains_key(field.name)
        });
        let id = object.get("_id").and_then(Value::as_str).filter(|id| is_id(id));
        let Some(id) = id else {
            self.fail(resource.name, "a populated relation must have an _id");
            return Arg::Null;
        };
        if whole && let Some(mut related) = self.record(resource, object, Some(client)) {
            record.related.append(&mut related.related);
            record.related.push(related);
        }
        Arg::Text(id.to_owned())
    }

    /// A nested object in the form of a list, and in the form of a retrieve.
    fn nested(&mut self, name: &str, members: &[Member], value: &Value) -> (Value, Value) {
        if members.is_empty() {
            let mut whole = value.clone();
            // Whoever calls the API says what an object holds: a logo under the name of `image` stays.
            if !self.is_partial {
                self.strip_secrets(&mut whole);
            }
            return (whole.clone(), whole);
        }
        let Some(object) = value.as_object() else {
            self.fail(name, "must be an object");
            return (Value::Null, Value::Null);
        };
        let (mut listed, mut whole) = (Map::new(), Map::new());
        for member in members {
            let Some(value) = object.get(member.name).filter(|value| !value.is_null()) else {
                continue;
            };
            let path = format!("{name}.{}", member.name);
            let (short, long) = match &member.kind {
                MemberKind::Object(members) => self.nested(&path, members, value),
                kind => {
                    if let Err(message) = check_member(kind, value) {
                        self.fail(&path, message);
                    }
                    (value.clone(), value.clone())
                }
            };
            if member.shown == Shown::List {
                listed.insert(member.name.to_owned(), short);
            }
            whole.insert(member.name.to_owned(), long);
        }
        // What is not known here may be a template under another name: it does not come in.
        let unknown = |name: &&String| members.iter().all(|member| member.name != name.as_str());
        self.dropped.extend(object.keys().filter(unknown).cloned());
        (Value::Object(listed), Value::Object(whole))
    }

    fn strip_secrets(&mut self, value: &mut Value) {
        match value {
            Value::Object(object) => {
                let secret = |name: &str, value: &Value| {
                    SECRET.iter().any(|known| known.eq_ignore_ascii_case(name))
                        || is_biometric(value)
                };
                let dropped = object.iter().filter(|(name, value)| secret(name, value));
                self.dropped.extend(dropped.map(|(name, _)| name.clone()));
                object.retain(|name, value| !secret(name, value));
                object.values_mut().for_each(|value| self.strip_secrets(value));
            }
            Value::Array(list) => list.iter_mut().for_each(|value| self.strip_secrets(value)),
            // PostgreSQL's text cannot hold a NUL; JSON text escapes it, so it is no problem here.
            _ => {}
        }
    }

    fn fail(&mut self, member: &str, message: impl Into<String>) {
        self.problems.push(problem(member, message));
    }
}

/// Whether a value says nothing. Other systems have an empty text where there is no id, word or time.
fn is_absent(field: &Field, value: &Value) -> bool {
    let empty = !matches!(field.kind, Kind::Text) && value.as_str().is_some_and(str::is_empty);
    value.is_null() || empty
}

/// Whether a value looks like a template or an image, whatever its name is.
fn is_biometric(value: &Value) -> bool {
    const NUMBERS_MAX: usize = 32;
    match value {
        Value::Array(list) => list.len() > NUMBERS_MAX && list.iter().all(Value::is_number),
        Value::String(text) => text.starts_with("data:image"),
        _ => false,
    }
}

fn problem(member: &str, message: impl Into<String>) -> RecordProblem {
    RecordProblem { member: member.to_owned(), message: message.into() }
}

fn scalar(field: &Field, value: &Value) -> Result<Arg, String> {
    let text = || value.as_str().ok_or_else(|| "must be a string".to_owned());
    match &field.kind {
        Kind::Id | Kind::Relation(_) => match value.as_str() {
            Some(id) if is_id(id) => Ok(Arg::Text(id.to_owned())),
            _ => Err("must be an id: 1 to 64 letters, digits, `_` or `-`".to_owned()),
        },
        Kind::Text => match text()? {
            text if text.len() > TEXT_BYTES_MAX => {
                Err(format!("must be at most {TEXT_BYTES_MAX} bytes"))
            }
            text if text.contains('\0') => Err("must not contain a NUL character".to_owned()),
            text => Ok(Arg::Text(nfc(text).into_owned())),
        },
        Kind::Word(words) => stored_word(words, text()?),
        Kind::Bool => value.as_bool().map(Arg::Bool).ok_or("must be true or false".to_owned()),
        Kind::Integer => {
            value.as_i64().map(Arg::Integer).ok_or("must be a whole number".to_owned())
        }
        Kind::Number => value.as_f64().map(Arg::Number).ok_or("must be a number".to_owned()),
        Kind::Time => time(value).map(|time| Arg::Integer(time.0)),
        Kind::Date => day(value).map(Arg::Text).ok_or("must be a date (1990-05-01)".to_owned()),
        Kind::Relations(_) => Err("must be a list of ids".to_owned()),
        Kind::Texts => Err("must be a list of texts".to_owned()),
        Kind::Set(_) => Err("cannot be set".to_owned()),
        Kind::Json(_) => Err("must be an object".to_owned()),
    }
}

/// RFC 3339, or milliseconds since 1970.
fn time(value: &Value) -> Result<Timestamp, String> {
    // Smaller ones are of 1970 to 1973, and far more likely seconds.
    const EPOCH_MILLIS: std::ops::Range<i64> = 100_000_000_000..253_402_300_800_000;
    let wrong = || "must be an RFC 3339 time".to_owned();
    match value {
        Value::String(text) => {
            let millis = || text.parse().ok().filter(|millis| EPOCH_MILLIS.contains(millis));
            Timestamp::parse(text).or_else(|| millis().map(Timestamp)).ok_or_else(wrong)
        }
        Value::Number(number) => match whole(number) {
            Some(millis) if EPOCH_MILLIS.contains(&millis) => Ok(Timestamp(millis)),
            _ => {
                Err("must be an RFC 3339 time, or milliseconds since 1970 (not seconds)".to_owned())
            }
        },
        _ => Err(wrong()),
    }
}

/// A whole number, also where somebody's script has written it as `1.0`.
pub(crate) fn whole(number: &Number) -> Option<i64> {
    let written = || number.as_f64().filter(|it| it.fract() == 0.0).map(|it| format!("{it:.0}"));
    number.as_i64().or_else(|| written()?.parse().ok())
}

/// A day in any of the three shapes in which the protocol has it: `1990-05-01`, a whole RFC 3339
/// time, or `{"year": 1990, "month": 5, "day": 1}` (numbers or texts of them).
pub fn day(value: &Value) -> Option<String> {
    let Some(parts) = value.as_object() else {
        return date(value.as_str()?.trim());
    };
    let part = |name| match parts.get(name)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let (year, month, day): (u64, u64, u64) = (part("year")?, part("month")?, part("day")?);
    date(&format!("{year:04}-{month:02}-{day:02}"))
}

fn stored_word(words: &Words, word: &str) -> Result<Arg, String> {
    match words.canonical(word) {
        Some(known) => Ok(Arg::Text(known.to_owned())),
        None if words.open && is_id(word) => Ok(Arg::Text(word.to_owned())),
        None => Err(format!("must be one of {}", words.words.join(", "))),
    }
}

fn check_member(kind: &MemberKind, value: &Value) -> Result<(), String> {
    let fits = match kind {
        MemberKind::Text => value.is_string(),
        MemberKind::Bool => value.is_boolean(),
        MemberKind::Number => value.is_number(),
        MemberKind::Score => value.as_f64().is_some_and(|score| (0.0..=1.0).contains(&score)),
        MemberKind::Word(words) => match value.as_str() {
            Some(word) if words.contains(&word) => true,
            _ => return Err(format!("must be one of {}", words.join(", "))),
        },
        MemberKind::Object(_) | MemberKind::Any => true,
    };
    if fits { Ok(()) } else { Err(member_rule(kind).to_owned()) }
}

fn member_rule(kind: &MemberKind) -> &'static str {
    match kind {
        MemberKind::Text => "must be a string",
        MemberKind::Bool => "must be true or false",
        MemberKind::Number => "must be a number",
        MemberKind::Score => "must be a number from 0 to 1",
        _ => "must be an object",
    }
}
