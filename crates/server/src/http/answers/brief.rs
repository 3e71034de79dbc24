//! What a change answers to a token that may not read what it has changed.

use serde_json::{Map, Value};

/// The record's id, and what the caller has told of it: nothing that it does not know already.
pub fn brief(id: &str, told: &Map<String, Value>) -> Value {
    let mut record = Map::new();
    record.insert("_id".to_owned(), id.into());
    record.extend(told.iter().map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(record)
}
