//! Values of the wire, typed by the field that they are compared with.

use crate::query::Value;
use crate::{Field, Kind, Timestamp, Typed, Words, date, is_id, nfc};

pub fn read(field: &Field, word: &str) -> Result<Value, String> {
    match &field.kind {
        Kind::Id | Kind::Relation(_) | Kind::Relations(_) => {
            if is_id(word) {
                Ok(Value::Text(word.to_owned()))
            } else {
                Err("must be an id: 1 to 64 letters, digits, `_` or `-`".to_owned())
            }
        }
        Kind::Text => text(word).map(Value::Text),
        // A comma between quotes stands between any two texts of a list.
        Kind::Texts => match text(word)? {
            text if text.contains(char::is_alphanumeric) => Ok(Value::Text(text)),
            _ => Err("must have a letter or a digit".to_owned()),
        },
        Kind::Word(words) => match words.canonical(word) {
            Some(word) => Ok(Value::Text(word.to_owned())),
            None => Err(one_of(words)),
        },
        Kind::Set(set) if set.words.contains(&word) => Ok(Value::Text(word.to_owned())),
        Kind::Set(set) => Err(format!("must be one of {}", set.words.join(", "))),
        Kind::Bool => boolean(word).map(Value::Bool),
        Kind::Integer => {
            word.parse().map(Value::Integer).map_err(|_| "must be a whole number".to_owned())
        }
        Kind::Number => match word.parse::<f64>() {
            // Negative zero is zero: two spellings of one number are one value.
            Ok(number) if number.is_finite() => Ok(Value::Number(number + 0.0)),
            _ => Err("must be a number".to_owned()),
        },
        Kind::Time => time(word).ok_or_else(|| {
            "must be a date (2024-12-01) or an RFC 3339 time (2024-12-01T10:30:00Z)".to_owned()
        }),
        Kind::Date => {
            date(word).map(Value::Text).ok_or_else(|| "must be a date (1990-05-01)".to_owned())
        }
        Kind::Json(_) => Err("a nested object cannot be compared".to_owned()),
    }
}

pub fn folded_word(words: &Words, word: &str) -> Result<Value, String> {
    let folded = crate::fold(word);
    let synonyms = words.synonyms.iter().map(|(synonym, _)| synonym);
    words
        .words
        .iter()
        .chain(synonyms)
        .find(|known| crate::fold(known) == folded)
        .and_then(|known| words.canonical(known))
        .map(|word| Value::Text(word.to_owned()))
        .ok_or_else(|| one_of(words))
}

pub fn text(word: &str) -> Result<String, String> {
    // PostgreSQL's text cannot hold it, so no record has it either.
    if word.contains('\0') {
        return Err("must not contain a NUL character".to_owned());
    }
    Ok(nfc(word).into_owned())
}

fn time(word: &str) -> Option<Value> {
    let day = Timestamp::parse_day(word).map(Value::Day);
    day.or_else(|| Timestamp::parse(word).map(Value::Time))
}

/// The values that a record may have where it is asked for this one: as it was typed, and in the form in
/// which it is kept.
pub fn spellings(field: &Field, word: &str) -> Result<Vec<Value>, String> {
    let value = read(field, word)?;
    let other = match &value {
        Value::Text(text) if matches!(field.kind, Kind::Text) => {
            let typed = field.typed(text, Typed::Whole);
            (*typed != **text).then(|| Value::Text(typed.into_owned()))
        }
        _ => None,
    };
    Ok([Some(value), other].into_iter().flatten().collect())
}

/// What the folded column is compared with.
pub fn folded(field: &Field, word: &str) -> Result<Vec<Value>, String> {
    text(word).map(|text| vec![Value::Text(field.settled(&text, Typed::Whole))])
}

pub fn boolean(word: &str) -> Result<bool, String> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

/// A whole number without a sign. `None` also when it is too large for 64 bits.
pub fn whole_number(word: &str) -> Option<u64> {
    (word.bytes().all(|b| b.is_ascii_digit())).then(|| word.parse().ok())?
}

impl Value {
    /// Where a day begins; any other value is its own beginning and end.
    pub fn begin(self) -> Value {
        match self {
            Value::Day(day) => Value::Time(day),
            value => value,
        }
    }

    pub fn end(self) -> Value {
        match self {
            Value::Day(day) => Value::Time(day.day_end()),
            value => value,
        }
    }
}

fn one_of(words: &Words) -> String {
    let synonyms = words.synonyms.iter().map(|(synonym, _)| *synonym);
    let all: Vec<&str> = words.words.iter().copied().chain(synonyms).collect();
    format!("must be one of {}", all.join(", "))
}
