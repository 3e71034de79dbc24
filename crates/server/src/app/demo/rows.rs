//! Rows of a demo, as a list would answer them, and what they draw.

use serde_json::Value;
use verax_domain::{Record, Timestamp};
use verax_query::Resource;

use super::read_documents::read_document;
use crate::clock::Random;

/// The client of the seed examples, whose the demo's records are.
pub const CLIENT: &str = "client_123456789";

pub const MINUTE_MS: i64 = 60_000;

pub fn record(resource: &'static Resource, json: &Value) -> Option<Record> {
    Record::from_json(resource, json, Some(CLIENT)).ok()
}

/// A document that was read, as a row.
pub fn read_row(
    number: u64,
    created: Timestamp,
    stores_image: bool,
    random: &Random,
) -> Option<Value> {
    let own = (CLIENT, stores_image);
    let (begun, changes) = read_document(number, created, own, random)?;
    let mut row = begun.to_json();
    add(&mut row, changes.to_json());
    Some(row)
}

/// The row with these members too.
pub fn add(row: &mut Value, members: Value) {
    if let (Value::Object(row), Value::Object(mut members)) = (row, members) {
        row.append(&mut members);
    }
}

pub fn time(millis: i64) -> String {
    Timestamp(millis).to_string()
}

pub fn draw(random: &Random, below: i64) -> i64 {
    (random.number() >> 1) as i64 % below
}

pub fn pick(random: &Random, below: u64) -> usize {
    (random.number() % below) as usize
}

pub fn share(random: &Random, from: f64, to: f64) -> f64 {
    round(from + (to - from) * (random.number() % 10_000) as f64 / 10_000.0)
}

pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
