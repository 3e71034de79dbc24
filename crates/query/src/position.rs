//! Where a record stands in a sorted list, and the condition of what comes after it.

use crate::query::{Query, SortKey, Value};
use crate::{Arg, Field, Kind, Sql, Timestamp};

/// The values of a record's sort keys, in their order, and its id, which is the last key.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    pub keys: Vec<Option<Value>>,
    pub id: String,
}

impl Query {
    /// The sort keys before the id, which breaks every tie and so ends the sort.
    pub fn position_keys(&self) -> &[SortKey] {
        let end = self.sort.iter().position(|key| key.field.name == "_id");
        &self.sort[..end.unwrap_or(self.sort.len())]
    }

    /// Whether the id, as the last key, descends.
    pub(crate) fn id_descends(&self) -> bool {
        let keys = self.position_keys();
        self.sort.get(keys.len()).or(keys.last()).is_none_or(|key| key.descending)
    }

    /// Reads what [`Position::to_text`] wrote for a list with this sort.
    pub fn read_position(&self, text: &str) -> Option<Position> {
        let mut values: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
        let serde_json::Value::String(id) = values.pop()? else { return None };
        if values.len() != self.position_keys().len() {
            return None;
        }
        let read = |(key, value): (&SortKey, &serde_json::Value)| match value {
            serde_json::Value::Null => Some(None),
            value => read_value(key.field, value).map(Some),
        };
        let keys = self.position_keys().iter().zip(&values).map(read).collect::<Option<_>>()?;
        Some(Position { keys, id })
    }

    /// Appends the condition of the records that come after a position in this sort.
    pub(crate) fn push_after(&self, sql: &mut Sql, position: &Position) {
        let keys: Vec<(SortKey, &Option<Value>)> =
            self.position_keys().iter().copied().zip(&position.keys).collect();
        let descends = self.id_descends();
        if !keys.is_empty()
            && keys.iter().all(|(key, _)| key.field.required && key.descending == descends)
        {
            // One comparison, which an index in this order can seek.
            sql.push("(");
            for (key, _) in &keys {
                sql.push(key.field.column).push(", ");
            }
            sql.push(if descends { "id) < (" } else { "id) > (" });
            for value in position.keys.iter().flatten() {
                sql.bind(value.arg()).push(", ");
            }
            sql.bind(Arg::Text(position.id.clone())).push(")");
        } else {
            push_after(sql, &keys, descends, &position.id);
        }
    }
}

impl Position {
    /// The position as text. Numbers are written by their bits, so that they read back as they were.
    pub fn to_text(&self) -> String {
        let keys = self.keys.iter().map(|value| match value {
            None => serde_json::Value::Null,
            Some(Value::Text(text)) => text.as_str().into(),
            Some(Value::Bool(value)) => (*value).into(),
            Some(Value::Integer(value)) => (*value).into(),
            Some(Value::Number(value)) => value.to_bits().into(),
            Some(Value::Time(value) | Value::Day(value)) => value.0.into(),
        });
        let id = serde_json::Value::from(self.id.as_str());
        serde_json::Value::Array(keys.chain([id]).collect()).to_string()
    }
}

fn read_value(field: &Field, value: &serde_json::Value) -> Option<Value> {
    Some(match field.kind {
        Kind::Bool => Value::Bool(value.as_bool()?),
        Kind::Integer => Value::Integer(value.as_i64()?),
        Kind::Number => Value::Number(f64::from_bits(value.as_u64()?)),
        Kind::Time => Value::Time(Timestamp(value.as_i64()?)),
        Kind::Json(_) => return None,
        _ => Value::Text(value.as_str()?.to_owned()),
    })
}

/// Key by key: beyond it, or the same and beyond by the keys that follow. Absent values come last.
fn push_after(sql: &mut Sql, keys: &[(SortKey, &Option<Value>)], id_descends: bool, id: &str) {
    let Some(((key, value), rest)) = keys.split_first() else {
        sql.push(if id_descends { "id < " } else { "id > " }).bind(Arg::Text(id.to_owned()));
        return;
    };
    let column = key.field.column;
    sql.push("(");
    match value {
        Some(value) => {
            sql.push(column).push(if key.descending { " < " } else { " > " }).bind(value.arg());
            if !key.field.required {
                sql.push(" OR ").push(column).push(" IS NULL");
            }
            sql.push(" OR (").push(column).push(" = ").bind(value.arg());
        }
        None => {
            sql.push("(").push(column).push(" IS NULL");
        }
    }
    sql.push(" AND ");
    push_after(sql, rest, id_descends, id);
    sql.push("))");
}
