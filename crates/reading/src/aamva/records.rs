//! The text of a barcode as a header and elements, however its terminators and offsets are.

use super::elements::element;

/// Designators of subfiles that are read; real cards have one to three.
const SUBFILES_MAX: usize = 20;
/// Elements that are read; real cards have 20 to 60.
const ELEMENTS_MAX: usize = 400;

/// An element as the card has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub id: String,
    /// Without spaces around it.
    pub text: String,
}

/// What the text of a barcode consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub issuer_number: String,
    pub version: u8,
    /// The subfiles by their types: `DL`, `ID`, `ZV` …
    pub subfiles: Vec<String>,
    pub elements: Vec<Element>,
}

/// None where the text has no header of the standard, or no element behind it.
///
/// Subfiles are found by their text: on real cards offsets and lengths are often wrong.
pub fn record(text: &str) -> Option<Record> {
    let (header, rest) = header(text)?;
    let (subfiles, body) = subfiles(rest);
    let mut elements = Vec::new();
    for line in body.split(['\n', '\r', '\u{1e}', '\u{1c}', '\u{1d}']) {
        let mut line = without_subfile(line.trim_matches(is_blank), &subfiles);
        while elements.len() < ELEMENTS_MAX {
            let Some((element, rest)) = first_element(line) else { break };
            elements.push(element);
            line = rest;
        }
    }
    let (issuer_number, version) = header;
    let record = Record { issuer_number, version, subfiles, elements };
    (!record.elements.is_empty()).then_some(record)
}

/// `ANSI ` (`AAMVA` on old cards), six digits of the issuer, two of the version, and behind them (since
/// version 02) two of the jurisdiction's version, and two of the number of subfiles.
fn header(text: &str) -> Option<((String, u8), &str)> {
    let start = text.trim_start_matches(is_blank).strip_prefix('@')?;
    let start = start.trim_start_matches(is_blank);
    let start = start.strip_prefix("ANSI").or_else(|| start.strip_prefix("AAMVA"))?;
    let start = start.trim_start_matches(' ');
    let (issuer_number, rest) = digits(start, 6)?;
    let (version, rest) = digits(rest, 2)?;
    let version: u8 = version.parse().ok().filter(|version| *version > 0)?;
    let (_, rest) = digits(rest, if version == 1 { 2 } else { 4 })?;
    Some(((issuer_number.to_owned(), version), rest))
}

/// `DL00410278`: a type, an offset, a length.
fn subfiles(mut rest: &str) -> (Vec<String>, &str) {
    let mut subfiles = Vec::new();
    while subfiles.len() < SUBFILES_MAX {
        let kind = rest.get(..2).filter(|kind| kind.bytes().all(|it| it.is_ascii_uppercase()));
        let Some((_, behind)) = kind.and_then(|_| digits(rest.get(2..)?, 8)) else { break };
        subfiles.extend(kind.map(str::to_owned));
        rest = behind;
    }
    (subfiles, rest)
}

fn digits(text: &str, count: usize) -> Option<(&str, &str)> {
    let (digits, rest) = text.split_at_checked(count)?;
    digits.bytes().all(|it| it.is_ascii_digit()).then_some((digits, rest))
}

/// A line without the type of the subfile that begins with it: `DLDAQ…`, `ZVZVA…`.
fn without_subfile<'a>(line: &'a str, subfiles: &[String]) -> &'a str {
    let kinds = subfiles.iter().map(String::as_str).chain(["DL", "ID"]);
    for kind in kinds {
        if let Some(rest) = line.strip_prefix(kind)
            && is_id(rest)
        {
            return rest;
        }
    }
    line
}

/// Whether a text begins with the id of an element, of the standard or of a jurisdiction.
fn is_id(text: &str) -> bool {
    let letters = text.get(..3).is_some_and(|id| id.bytes().all(|it| it.is_ascii_uppercase()));
    letters && text.starts_with(['D', 'Z'])
}

/// An element, and what follows it in the same line where its terminator is missing. Only behind an element
/// of a fixed width is it clear where it ends.
fn first_element(line: &str) -> Option<(Element, &str)> {
    if !is_id(line) {
        return None;
    }
    let (id, rest) = line.split_at(3);
    let width = element(id).and_then(|row| row.width);
    let (text, behind) = width
        .and_then(|width| rest.split_at_checked(width))
        .filter(|(_, behind)| behind.get(..3).is_some_and(|id| element(id).is_some()))
        .unwrap_or((rest, ""));
    let element = Element { id: id.to_owned(), text: text.trim_matches(is_blank).to_owned() };
    Some((element, behind))
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}
