//! The values of one record, from the database or from a checked body, read by keys.

use serde_json::{Map, Value as Json};
use verax_query::{Field, Key, Kind, Resource, Timestamp, Value};

/// A record of a shape that this version does not know: it says which field, and no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record of {resource} cannot be read: its {field} is not known")]
pub struct UnreadableRecord {
    pub resource: &'static str,
    pub field: &'static str,
}

/// The values of one record, by the fields of its resource.
#[derive(Clone, Debug)]
pub struct Values {
    resource: &'static Resource,
    values: Vec<Option<Value>>,
}

impl Values {
    /// `values` are in the order of the resource's fields. Nested objects and lists of ids are their JSON
    /// text, days their text, sets of words their mask.
    pub fn new(resource: &'static Resource, values: Vec<Option<Value>>) -> Values {
        Values { resource, values }
    }

    /// What the members of a body say, whoever has checked them. What has another type than its field says
    /// nothing.
    pub fn of_body(resource: &'static Resource, body: &Map<String, Json>) -> Values {
        let read = |field: &Field| read(field, body.get(field.name)?);
        Values { resource, values: resource.fields.iter().map(read).collect() }
    }

    /// What a record says that an answer shows, relations as ids.
    pub fn of_shown(resource: &'static Resource, record: &Json) -> Values {
        match record {
            Json::Object(members) => Values::of_body(resource, members),
            _ => Values::of_body(resource, &Map::new()),
        }
    }

    pub fn text(&self, key: Key<str>) -> Option<String> {
        match self.value(key) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// `None`: it does not say.
    pub fn flag(&self, key: Key<bool>) -> Option<bool> {
        match self.value(key) {
            Some(Value::Bool(flag)) => Some(*flag),
            _ => None,
        }
    }

    pub fn integer(&self, key: Key<i64>) -> Option<i64> {
        match self.value(key) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    pub fn number(&self, key: Key<f64>) -> Option<f64> {
        match self.value(key) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub fn time(&self, key: Key<Timestamp>) -> Option<Timestamp> {
        match self.value(key) {
            Some(Value::Time(time)) => Some(*time),
            _ => None,
        }
    }

    /// A nested object, whose shape may be another system's.
    pub fn json(&self, key: Key<Json>) -> Option<Json> {
        match self.value(key) {
            Some(Value::Text(text)) => serde_json::from_str(text).ok(),
            _ => None,
        }
    }

    /// A list of texts or ids; an empty one where there is none.
    pub fn texts(&self, key: Key<[String]>) -> Vec<String> {
        match self.value(key) {
            Some(Value::Text(text)) => serde_json::from_str(text).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// What the word of a field means.
    ///
    /// # Errors
    /// `UnreadableRecord` when `meaning` knows no such word. An absent one is `None`.
    pub fn word<T>(
        &self,
        key: Key<str>,
        meaning: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, UnreadableRecord> {
        match self.text(key) {
            None => Ok(None),
            Some(word) => meaning(&word).map(Some).ok_or_else(|| self.unreadable(key)),
        }
    }

    /// # Errors
    /// `UnreadableRecord` when the record does not say it.
    pub fn required<T>(&self, key: Key<str>, value: Option<T>) -> Result<T, UnreadableRecord> {
        value.ok_or_else(|| self.unreadable(key))
    }

    /// The record as a retrieve shows it, relations as ids.
    pub fn to_json(&self) -> Json {
        let shown = self.resource.fields.iter().zip(&self.values);
        let shown = shown.filter_map(|(field, value)| {
            Some((field.name.to_owned(), write(field, value.as_ref()?)))
        });
        Json::Object(shown.collect())
    }

    fn unreadable(&self, key: Key<str>) -> UnreadableRecord {
        UnreadableRecord { resource: self.resource.name, field: key.field().name }
    }

    fn value<T: ?Sized>(&self, key: Key<T>) -> Option<&Value> {
        debug_assert!(std::ptr::eq(key.resource(), self.resource), "a key of another resource");
        self.values.get(key.index())?.as_ref()
    }
}

fn read(field: &Field, json: &Json) -> Option<Value> {
    match &field.kind {
        Kind::Json(_) | Kind::Relations(_) | Kind::Texts => Some(Value::Text(json.to_string())),
        Kind::Set(set) => {
            let words = json.as_array()?.iter().filter_map(Json::as_str);
            Some(Value::Integer(set.mask(words)))
        }
        Kind::Bool => json.as_bool().map(Value::Bool),
        Kind::Integer => json.as_i64().map(Value::Integer),
        Kind::Number => json.as_f64().map(Value::Number),
        Kind::Time => json.as_str().and_then(Timestamp::parse).map(Value::Time),
        Kind::Id | Kind::Text | Kind::Word(_) | Kind::Date | Kind::Relation(_) => {
            json.as_str().map(|text| Value::Text(text.to_owned()))
        }
    }
}

fn write(field: &Field, value: &Value) -> Json {
    match (value, &field.kind) {
        (Value::Text(text), Kind::Json(_) | Kind::Relations(_) | Kind::Texts) => {
            serde_json::from_str(text).unwrap_or_default()
        }
        (Value::Integer(mask), Kind::Set(set)) => set.words_of(*mask).collect(),
        (Value::Text(text), _) => text.as_str().into(),
        (Value::Bool(flag), _) => (*flag).into(),
        (Value::Integer(number), _) => (*number).into(),
        // Whole numbers without `.0`, as lists write them.
        (Value::Number(number), _) if number.fract() == 0.0 && number.abs() < 1e15 => {
            (*number as i64).into()
        }
        (Value::Number(number), _) => (*number).into(),
        (Value::Time(time) | Value::Day(time), _) => time.to_string().into(),
    }
}
