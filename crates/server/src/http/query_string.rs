//! The parts of a query string, for calls whose words are not those of a list.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The parts between `&`, as they were sent.
pub fn parts(raw: &str) -> impl Iterator<Item = &str> {
    raw.split('&')
}

/// The value of the first `name=value` with this name, as it was sent.
pub fn value_of<'a>(raw: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = parts(raw).filter_map(|part| part.split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Name and value of a part, decoded; none when they are not UTF-8.
pub fn decoded(part: &str) -> Option<(String, String)> {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
    };
    Some((decode(name)?, decode(value)?))
}
