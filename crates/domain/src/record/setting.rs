//! Records that the server itself makes: each value is set under its key.

use serde_json::{Map, Value as Json};
use verax_query::{Arg, Field, Key, Kind, Resource, Timestamp, Value, nfc};

use super::{Reader, Record, RecordProblem, columns};
use crate::records::Values;

/// What a field can be set to.
pub trait Storable {
    /// The value of the field's column, and of the column with the longer form, if it has one.
    fn to_args(&self, field: &'static Field) -> (Arg, Arg);
}

impl Record {
    /// A record that says only which it is and whose.
    pub fn of(resource: &'static Resource, id: &str, client: &str) -> Record {
        let value = |(_, column)| match column {
            "id" => Arg::Text(id.to_owned()),
            "client" => Arg::Text(client.to_owned()),
            _ => Arg::Null,
        };
        Record {
            resource,
            id: id.to_owned(),
            client: client.to_owned(),
            values: columns(resource).map(value).collect(),
            related: Vec::new(),
            dropped: Vec::new(),
        }
    }

    /// A record of this client that says what a checked body says; what else is required may be missing.
    ///
    /// # Errors
    /// Every problem of the body's members.
    pub fn of_body(
        resource: &'static Resource,
        id: &str,
        client: &str,
        mut body: Map<String, Json>,
    ) -> Result<Record, Vec<RecordProblem>> {
        body.insert("_id".to_owned(), id.into());
        body.insert("client".to_owned(), client.into());
        Reader { is_partial: true, ..Reader::default() }.whole(resource, &body, None)
    }

    /// Sets a field; with `None` it stays as it is.
    pub fn set<T: Storable + ?Sized>(&mut self, key: Key<T>, value: Option<&T>) -> &mut Record {
        debug_assert!(std::ptr::eq(key.resource(), self.resource), "a key of another resource");
        let Some(value) = value else { return self };
        let field = key.field();
        let before = self.resource.fields.iter().take(key.index());
        let first: usize = before.map(columns_of).sum();
        let (value, full) = value.to_args(field);
        let folded = match &value {
            Arg::Text(text) => Arg::Text(field.fold(text)),
            _ => Arg::Null,
        };
        let folded = field.folded.map(|_| folded);
        let new = std::iter::once(value).chain(folded).chain(field.full.map(|_| full));
        for (value, new) in self.values.iter_mut().skip(first).zip(new) {
            *value = new;
        }
        if matches!(field.kind, Kind::Json(_)) {
            self.derive_sets();
        }
        self
    }

    /// Brings the sets of words up to date with the nested objects that they follow from.
    pub(super) fn derive_sets(&mut self) {
        for (index, (field, _)) in columns(self.resource).enumerate() {
            let Kind::Set(set) = &field.kind else { continue };
            let object = |name: &&str| {
                let Arg::Text(text) = self.value(self.resource.field(name)?.column)? else {
                    return None;
                };
                serde_json::from_str(text).ok()
            };
            let objects: Vec<Option<Json>> = set.from.iter().map(object).collect();
            if let Some(mask) = (set.derive)(&objects) {
                self.values[index] = Arg::Integer(mask);
            }
        }
    }

    /// Says that the record was made now.
    pub fn made_at(&mut self, now: Timestamp) -> &mut Record {
        for ((_, column), value) in columns(self.resource).zip(&mut self.values) {
            if matches!(column, "created_at" | "updated_at") {
                *value = Arg::Integer(now.0);
            }
        }
        self
    }

    /// Sets a field of which the record says nothing.
    pub fn set_absent<T: Storable + ?Sized>(&mut self, key: Key<T>, value: &T) -> &mut Record {
        match self.value(key.field().column) {
            Some(_) => self,
            None => self.set(key, Some(value)),
        }
    }

    /// What the record says, as it would be read again.
    pub fn to_values(&self) -> Values {
        let mut all = columns(self.resource).zip(&self.values).peekable();
        let mut values = Vec::with_capacity(self.resource.fields.len());
        while let Some(((field, _), value)) = all.next() {
            let mut shown = value;
            while let Some(((_, column), value)) = all.next_if(|((next, _), _)| *next == field) {
                if field.full == Some(column) && *value != Arg::Null {
                    shown = value;
                }
            }
            values.push(to_value(field, shown));
        }
        Values::new(self.resource, values)
    }

    /// The record as a retrieve shows it, relations as ids.
    pub fn to_json(&self) -> Json {
        self.to_values().to_json()
    }
}

fn columns_of(field: &Field) -> usize {
    1 + usize::from(field.folded.is_some()) + usize::from(field.full.is_some())
}

fn to_value(field: &Field, arg: &Arg) -> Option<Value> {
    match (arg, &field.kind) {
        (Arg::Text(text), _) => Some(Value::Text(text.clone())),
        (Arg::Bool(flag), _) => Some(Value::Bool(*flag)),
        (Arg::Integer(millis), Kind::Time) => Some(Value::Time(Timestamp(*millis))),
        (Arg::Integer(number), _) => Some(Value::Integer(*number)),
        (Arg::Number(number), _) => Some(Value::Number(*number)),
        _ => None,
    }
}

impl Storable for str {
    fn to_args(&self, field: &'static Field) -> (Arg, Arg) {
        let text = match &field.kind {
            Kind::Text => nfc(self).into_owned(),
            Kind::Word(words) => words.canonical(self).unwrap_or(self).to_owned(),
            _ => self.to_owned(),
        };
        (Arg::Text(text), Arg::Null)
    }
}

impl Storable for bool {
    fn to_args(&self, _: &'static Field) -> (Arg, Arg) {
        (Arg::Bool(*self), Arg::Null)
    }
}

impl Storable for i64 {
    fn to_args(&self, _: &'static Field) -> (Arg, Arg) {
        (Arg::Integer(*self), Arg::Null)
    }
}

impl Storable for f64 {
    fn to_args(&self, _: &'static Field) -> (Arg, Arg) {
        (if self.is_finite() { Arg::Number(*self) } else { Arg::Null }, Arg::Null)
    }
}

impl Storable for Timestamp {
    fn to_args(&self, _: &'static Field) -> (Arg, Arg) {
        (Arg::Integer(self.0), Arg::Null)
    }
}

impl Storable for [String] {
    fn to_args(&self, _: &'static Field) -> (Arg, Arg) {
        (Arg::Text(Json::from(self).to_string()), Arg::Null)
    }
}

impl Storable for Json {
    fn to_args(&self, field: &'static Field) -> (Arg, Arg) {
        let Kind::Json(members) = &field.kind else { return (Arg::Null, Arg::Null) };
        let mut reader = Reader::default();
        let (listed, whole) = reader.nested(field.name, members, self);
        debug_assert!(reader.problems.is_empty(), "{:?}", reader.problems);
        let full = if listed == whole { Arg::Null } else { Arg::Text(whole.to_string()) };
        (Arg::Text(listed.to_string()), full)
    }
}
