//! What a query means, said as simply as possible: a filter over JSON records in memory.

use std::cmp::Ordering;

use serde_json::Value as Json;
use verax_domain::Timestamp;
use verax_query::{Condition, Field, Kind, Query, Tenant, Test, Value, nfc};

/// The ids of the page, in order, and the total.
pub fn answer(records: &[Json], query: &Query, tenant: &Tenant) -> (Vec<String>, u64) {
    let all = walk(records, query, tenant);
    let total = all.len() as u64;
    let page = query.page();
    let skip = usize::try_from(page.skip).unwrap_or(usize::MAX);
    (all.into_iter().skip(skip).take(page.size as usize).collect(), total)
}

/// The ids of all pages, in order.
pub fn walk(records: &[Json], query: &Query, tenant: &Tenant) -> Vec<String> {
    let mut matching: Vec<&Json> =
        records.iter().filter(|record| owned(record, tenant) && matches(record, query)).collect();
    matching.sort_by(|a, b| compare(a, b, query));
    matching.into_iter().map(id).collect()
}

fn id(record: &Json) -> String {
    record["_id"].as_str().expect("an id").to_owned()
}

fn owned(record: &Json, tenant: &Tenant) -> bool {
    match tenant {
        Tenant::All => true,
        Tenant::Client(client) => record["client"] == client.as_str(),
    }
}

fn matches(record: &Json, query: &Query) -> bool {
    query.conditions().iter().all(|condition| holds(record, condition))
        && query.any_of().iter().all(|group| group.iter().any(|it| holds(record, it)))
}

fn holds(record: &Json, condition: &Condition) -> bool {
    if condition.field.is_list() {
        return list_holds(&record[condition.field.name], &condition.test);
    }
    let value = value(record, condition.field);
    let folded = || match &value {
        Some(Value::Text(text)) => Some(condition.field.fold(text)),
        _ => None,
    };
    let ordered = |other: &Value| value.as_ref().map(|value| order(value, other));
    match &condition.test {
        Test::In(values) => value.as_ref().is_some_and(|value| is_among(value, values)),
        Test::NotIn(values) => value.as_ref().is_none_or(|value| !is_among(value, values)),
        Test::Less(other) => ordered(other) == Some(Ordering::Less),
        Test::LessOrEqual(other) => ordered(other).is_some_and(Ordering::is_le),
        Test::Greater(other) => ordered(other) == Some(Ordering::Greater),
        Test::GreaterOrEqual(other) => ordered(other).is_some_and(Ordering::is_ge),
        Test::Absent => value.is_none() && record[condition.field.name].is_null(),
        Test::Present => !record[condition.field.name].is_null(),
        Test::FoldedIn(texts) => folded().is_some_and(|text| texts.contains(&text)),
        Test::RelatedIn(..) => panic!("no request here asks through a relation"),
        Test::Contains(text) => folded().is_some_and(|folded| folded.contains(text)),
        Test::ContainsNot(text) => folded().is_none_or(|folded| !folded.contains(text)),
    }
}

fn is_among(value: &Value, values: &[Value]) -> bool {
    let is = |other: &Value| match (value, other) {
        (Value::Time(time), Value::Day(day)) => *day <= *time && *time <= day.day_end(),
        _ => value == other,
    };
    values.iter().any(is)
}

fn list_holds(list: &Json, test: &Test) -> bool {
    let ids: Vec<&str> = list.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let names = |values: &[Value]| {
        values.iter().any(|value| matches!(value, Value::Text(id) if ids.contains(&id.as_str())))
    };
    match test {
        Test::In(values) => names(values),
        Test::NotIn(values) => !names(values),
        Test::Absent => list.is_null(),
        _ => !list.is_null(),
    }
}

fn value(record: &Json, field: &Field) -> Option<Value> {
    let json = &record[field.name];
    match field.kind {
        Kind::Bool => json.as_bool().map(Value::Bool),
        Kind::Integer => json.as_i64().map(Value::Integer),
        Kind::Number => json.as_f64().map(Value::Number),
        Kind::Time => json.as_str().and_then(Timestamp::parse).map(Value::Time),
        Kind::Json(_) => None,
        _ => json.as_str().map(|text| Value::Text(nfc(text).into_owned())),
    }
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.total_cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        _ => panic!("one field has one type"),
    }
}

fn compare(a: &Json, b: &Json, query: &Query) -> Ordering {
    let mut descending = true;
    for key in query.sort() {
        descending = key.descending;
        let turned = |it: Ordering| if key.descending { it.reverse() } else { it };
        let ordering = match (value(a, key.field), value(b, key.field)) {
            (Some(a), Some(b)) => turned(order(&a, &b)),
            // What a record does not have comes last, whatever the direction.
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    let ids = id(a).cmp(&id(b));
    if descending { ids.reverse() } else { ids }
}
