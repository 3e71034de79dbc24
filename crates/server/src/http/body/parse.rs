//! A body's members, taken out of its text as the rules of its table look at them: what no rule looks
//! at is skipped and not built, and images stay where they are in the body.

use std::collections::HashMap;
use std::fmt;

use axum::body::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::table::{BodyField, Rule, TEXTS_MAX};
use super::unread::Received;

/// Names that are not known are told of where they look misspelt: so many, and no longer ones.
pub(super) const UNKNOWN_MAX: usize = 100;
pub(super) const NAME_BYTES_MAX: usize = 128;

/// What a body says under the names of its table.
#[derive(Default)]
pub struct Members {
    pub given: HashMap<&'static str, Given>,
    /// Members that were sent as null, or as no URL: a change takes away what they said.
    pub cleared: Vec<&'static str>,
    /// The names of members that are not known.
    pub unknown: Vec<String>,
}

pub enum Given {
    Json(Value),
    Images(ImageValue),
}

/// What is sent where images are wanted.
pub enum ImageValue {
    Text(Bytes),
    List(Vec<ImageValue>),
    Other,
}

/// What some editors and languages put in front of a text in UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The members of a JSON object.
pub fn parse(body: &Received, fields: &'static [BodyField]) -> Result<Members, serde_json::Error> {
    let text = std::str::from_utf8(&body.bytes).map_err(serde_json::Error::custom)?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut json = serde_json::Deserializer::from_str(text);
    let members = Table { body, fields }.deserialize(&mut json)?;
    json.end()?;
    Ok(members)
}

struct Table<'a> {
    body: &'a Received,
    fields: &'static [BodyField],
}

impl<'de> DeserializeSeed<'de> for Table<'_> {
    type Value = Members;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Members, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Table<'_> {
    type Value = Members;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key_seed(Name(self.fields))? {
            match name {
                // Of two members with one name the last counts.
                Named::Field(name, rule) if rule.is_image() => {
                    match map.next_value_seed(ImageSeed { body: self.body, rule })? {
                        Some(images) => members.given.insert(name, Given::Images(images)),
                        None => members.given.remove(name),
                    };
                }
                Named::Field(name, rule) => {
                    let value = map.next_value_seed(Plain(Part::of(rule)))?;
                    members.cleared.retain(|cleared| *cleared != name);
                    let is_no_url = matches!(rule, Rule::Webhook) && value == "";
                    if value.is_null() || is_no_url {
                        members.given.remove(name);
                        members.cleared.push(name);
                    } else {
                        members.given.insert(name, Given::Json(value));
                    }
                }
                Named::Unknown(name) => {
                    map.next_value::<IgnoredAny>()?;
                    let unknown = &mut members.unknown;
                    if let Some(name) = name
                        && unknown.len() < UNKNOWN_MAX
                        && !unknown.contains(&name)
                    {
                        unknown.push(name);
                    }
                }
            }
        }
        Ok(members)
    }
}

struct Name(&'static [BodyField]);

enum Named {
    Field(&'static str, &'static Rule),
    /// The name, unless it is long.
    Unknown(Option<String>),
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Named;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Named, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Named;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Named, E> {
        for member in self.0 {
            for known in [Some(member.name), member.alias].into_iter().flatten() {
                if known == name {
                    return Ok(Named::Field(known, &member.rule));
                }
            }
        }
        Ok(Named::Unknown((name.len() <= NAME_BYTES_MAX).then(|| name.to_owned())))
    }
}

/// Texts, or lists of them. `None`: null.
#[derive(Clone, Copy)]
struct ImageSeed<'a> {
    body: &'a Received,
    rule: &'static Rule,
}

impl<'de> DeserializeSeed<'de> for ImageSeed<'_> {
    type Value = Option<ImageValue>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ImageSeed<'_> {
    type Value = Option<ImageValue>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("anything")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(ImageValue::Text(self.body.bytes.slice_ref(text.as_bytes()))))
    }

    // One with escapes in it, as PHP writes slashes.
    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(ImageValue::Text(self.body.copied(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        // One more than is allowed is too many, whatever comes after it.
        let max = match self.rule {
            Rule::Images(max) => max + 1,
            _ => 2,
        };
        let mut all = Vec::new();
        while all.len() < max {
            match list.next_element_seed(self)? {
                Some(one) => all.push(one.unwrap_or(ImageValue::Other)),
                None => return Ok(Some(ImageValue::List(all))),
            }
        }
        skip_list(list)?;
        Ok(Some(ImageValue::List(all)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        skip_object(map)?;
        Ok(Some(ImageValue::Other))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Some(ImageValue::Other))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Some(ImageValue::Other))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Some(ImageValue::Other))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Some(ImageValue::Other))
    }
}

/// What a rule looks at of lists and objects; of the others it only asks whether they are one.
#[derive(Clone, Copy)]
enum Part {
    /// All of it.
    Whole,
    /// No list and no object.
    Scalar,
    /// So many scalars of a list.
    Texts(usize),
    /// So many ids of a list, or one.
    Ids(usize),
    /// These members of an object.
    Members(&'static [&'static str]),
}

impl Part {
    fn of(rule: &Rule) -> Part {
        match rule {
            // What is no text is kept as it comes.
            Rule::Object(_) | Rule::Members(_) | Rule::WebhookOrId => Part::Whole,
            Rule::Texts | Rule::Words(_) => Part::Texts(TEXTS_MAX + 1),
            Rule::Ids(max) => Part::Ids(max + 1),
            Rule::DayOfBirth => Part::Members(&["year", "month", "day"]),
            _ => Part::Scalar,
        }
    }

    /// Of a list: how many elements, and what of each.
    fn elements(self) -> (usize, Part) {
        match self {
            Part::Texts(max) => (max, Part::Scalar),
            Part::Ids(max) => (max, Part::Members(POPULATED)),
            _ => (0, Part::Scalar),
        }
    }

    /// Of an object.
    fn members(self) -> &'static [&'static str] {
        match self {
            Part::Ids(_) => POPULATED,
            Part::Members(names) => names,
            _ => &[],
        }
    }
}

/// A populated record, as a retrieve shows it, is its id.
const POPULATED: &[&str] = &["_id"];

struct Plain(Part);

impl<'de> DeserializeSeed<'de> for Plain {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        match self.0 {
            Part::Whole => Value::deserialize(json),
            _ => json.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Plain {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("anything")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let (max, part) = self.0.elements();
        let mut all = Vec::new();
        while all.len() < max {
            match list.next_element_seed(Plain(part))? {
                Some(one) => all.push(one),
                None => return Ok(all.into()),
            }
        }
        skip_list(list)?;
        Ok(all.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let names = self.0.members();
        let mut object = Map::new();
        while let Some(name) = map.next_key_seed(OneOf(names))? {
            match name {
                Some(name) => {
                    object.insert(name.to_owned(), map.next_value_seed(Plain(Part::Scalar))?);
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(object.into())
    }
}

/// One of these names, or another.
struct OneOf(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for OneOf {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for OneOf {
    type Value = Option<&'static str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|known| **known == name).copied())
    }
}

fn skip_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

fn skip_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}
