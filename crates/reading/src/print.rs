//! The values of what people read on a document: what stands beside or below a label.

mod dates;

use verax_domain::document_layouts::labelled_field;
use verax_domain::document_reading::{
    DocumentField, DocumentSide, ReadValue, TextLine, ValueSource,
};
use verax_domain::fold;

pub use self::dates::DateOrder;
use self::dates::{Century, read_day};

/// Labels are of so many words at most.
const LABEL_WORDS_MAX: usize = 5;
/// A value begins so many heights of its label below it, at most, or beside it.
const BELOW_MAX: f32 = 2.6;
const BESIDE_MAX: f32 = 6.0;
/// Lines on one side of a document: more is a page of text.
const LINES_MAX: usize = 200;
/// Digits of the shortest number.
const NUMBER_DIGITS_MIN: usize = 4;
const NUMBER_LENGTH: std::ops::RangeInclusive<usize> = 5..=20;
const NAME_LENGTH_MAX: usize = 80;

/// What is known when a print is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintContext {
    pub date_order: DateOrder,
    pub this_year: u16,
}

/// A line, upright.
#[derive(Clone, Copy)]
struct Placed<'a> {
    line: &'a TextLine,
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
}

/// A label, and the text after it on its line.
struct Label<'a> {
    field: DocumentField,
    rest: &'a str,
    /// Where it stands in the list of lines.
    index: usize,
}

/// One value for each labelled field whose value is there and is one.
pub fn read_print(lines: &[TextLine], side: DocumentSide, context: PrintContext) -> Vec<ReadValue> {
    let placed: Vec<Placed<'_>> = lines.iter().take(LINES_MAX).map(Placed::of).collect();
    let labels: Vec<Label<'_>> = placed.iter().enumerate().filter_map(label_on).collect();
    let mut values: Vec<ReadValue> = Vec::new();
    for label in &labels {
        if values.iter().any(|it| it.field == label.field) {
            continue;
        }
        let read = |text: &str| value_of(label.field, text, context);
        let found = read(label.rest)
            .map(|value| (label.rest, placed[label.index].line, value))
            .or_else(|| {
                let near = near(&placed, label.index);
                let unlabelled =
                    near.into_iter().filter(|it| labels.iter().all(|l| l.index != *it));
                let mut texts = unlabelled.map(|it| placed[it].line);
                texts.find_map(|line| {
                    read(&line.text).map(|value| (line.text.as_str(), line, value))
                })
            });
        values.extend(found.map(|(text, line, value)| ReadValue {
            field: label.field,
            source: ValueSource::Print,
            side,
            text: text.to_owned(),
            value,
            corners: Some(line.corners),
            confidence: line.confidence,
            check_digit: None,
        }));
    }
    values
}

impl<'a> Placed<'a> {
    fn of(line: &'a TextLine) -> Placed<'a> {
        let (xs, ys) = (line.corners.map(|it| it.0), line.corners.map(|it| it.1));
        let least = |values: [f32; 4]| values.into_iter().fold(f32::INFINITY, f32::min);
        let most = |values: [f32; 4]| values.into_iter().fold(f32::NEG_INFINITY, f32::max);
        Placed { line, left: least(xs), right: most(xs), top: least(ys), bottom: most(ys) }
    }

    fn height(&self) -> f32 {
        (self.bottom - self.top).max(1.0)
    }
}

/// The label that a line is or begins with, in one language or two.
fn label_on<'a>((index, placed): (usize, &Placed<'a>)) -> Option<Label<'a>> {
    let text = without_number(&placed.line.text);
    let whole = |rest: &'a str, before: &str| {
        let mut languages = before.split('/').map(str::trim).filter(|it| !it.is_empty());
        languages.find_map(labelled_field).map(|field| Label { field, rest: rest.trim(), index })
    };
    if let Some(label) = whole("", text) {
        return Some(label);
    }
    if let Some((before, after)) = text.split_once(':')
        && let Some(label) = whole(after, before)
    {
        return Some(label);
    }
    let mut ends: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
    ends.truncate(LABEL_WORDS_MAX);
    ends.iter().rev().find_map(|end| {
        let (before, after) = text.split_at(*end);
        whole(after, before)
    })
}

/// A line without the number of its field: `4b. 01.05.2030`, `(3) Surname`.
fn without_number(text: &str) -> &str {
    let text = text.trim();
    let Some((first, rest)) = text.split_once(' ') else { return text };
    let bare = first.trim_matches(|it: char| matches!(it, '.' | '(' | ')'));
    let is_number = bare.len() <= 2
        && bare.starts_with(|it: char| it.is_ascii_digit())
        && bare.len() < first.len();
    if is_number { rest.trim_start() } else { text }
}

/// The lines beside and below a label, nearest first.
fn near(placed: &[Placed<'_>], label: usize) -> Vec<usize> {
    let at = placed[label];
    let height = at.height();
    let mut found: Vec<(f32, usize)> = placed
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != label)
        .filter_map(|(index, other)| {
            let middle = (other.top + other.bottom) / 2.0;
            let is_beside =
                (at.top..=at.bottom).contains(&middle) && other.left >= at.right - height;
            if is_beside {
                let gap = (other.left - at.right).max(0.0);
                return (gap <= BESIDE_MAX * height).then_some((gap, index));
            }
            let gap = other.top - at.bottom;
            let is_below =
                (-0.6 * height..=BELOW_MAX * height).contains(&gap) && middle > at.bottom;
            let overlaps = other.left < at.right && other.right > at.left - height;
            (is_below && overlaps)
                .then_some((gap.max(0.0) + (other.left - at.left).abs() * 0.2, index))
        })
        .collect();
    found.sort_by(|one, other| one.0.total_cmp(&other.0));
    found.into_iter().map(|(_, index)| index).collect()
}

/// A text as a value of a field, in the form in which values are compared; none where it is none.
fn value_of(field: DocumentField, text: &str, context: PrintContext) -> Option<String> {
    let day = |century| read_day(text, context.date_order, century, context.this_year);
    match field {
        // Below a label whose number was not read stands a date.
        DocumentField::DocumentNumber | DocumentField::PersonalNumber => {
            number(text).filter(|_| is_undivided(text) || day(Century::Past).is_none())
        }
        DocumentField::Surname | DocumentField::GivenNames | DocumentField::FullName => name(text),
        DocumentField::BirthDate | DocumentField::IssueDate => day(Century::Past),
        DocumentField::ExpirationDate => day(Century::Coming),
        DocumentField::Sex => sex(text),
        DocumentField::Nationality | DocumentField::IssuingCountry => {
            let code = text.trim();
            let is_code = code.len() == 3 && code.bytes().all(|it| it.is_ascii_uppercase());
            is_code.then(|| code.to_owned())
        }
        DocumentField::Address => None,
    }
}

fn number(text: &str) -> Option<String> {
    let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, ' ' | '.' | '-' | '/');
    if !text.chars().all(is_part) {
        return None;
    }
    let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let digits = bare.bytes().filter(u8::is_ascii_digit).count();
    (digits >= NUMBER_DIGITS_MIN && NUMBER_LENGTH.contains(&bare.len()))
        .then(|| bare.to_ascii_uppercase())
}

fn is_undivided(text: &str) -> bool {
    text.trim().chars().all(|it| it.is_ascii_alphanumeric())
}

fn name(text: &str) -> Option<String> {
    let is_part = |it: char| it.is_alphabetic() || matches!(it, ' ' | '-' | '\'' | '’' | '.' | ',');
    let letters = text.chars().filter(|it| it.is_alphabetic()).count();
    if letters < 2 || text.len() > NAME_LENGTH_MAX || !text.chars().all(is_part) {
        return None;
    }
    let words: Vec<&str> = text.split([' ', ',']).filter(|it| !it.is_empty()).collect();
    Some(words.join(" ").to_uppercase())
}

fn sex(text: &str) -> Option<String> {
    let folded = fold(text);
    let mut words = folded.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    let code = match words.next()? {
        "m" | "male" | "masculino" | "masculin" | "hombre" | "h" => "M",
        "f" | "female" | "femenino" | "feminino" | "feminin" | "mujer" => "F",
        "x" => "X",
        _ => return None,
    };
    // `M/M` is one in two languages; a sentence is none.
    (words.count() <= 1).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: PrintContext = PrintContext { date_order: DateOrder::DayFirst, this_year: 2026 };

    fn line(text: &str, left: f32, top: f32) -> TextLine {
        let (right, bottom) = (left + text.len() as f32 * 8.0, top + 14.0);
        TextLine {
            text: text.to_owned(),
            corners: [(left, top), (right, top), (right, bottom), (left, bottom)],
            confidence: 0.9,
        }
    }

    fn read(lines: &[TextLine]) -> Vec<(DocumentField, String)> {
        let values = read_print(lines, DocumentSide::Front, CONTEXT);
        values.into_iter().map(|it| (it.field, it.value)).collect()
    }

    #[test]
    fn values_stand_below_beside_and_after_their_labels() {
        use DocumentField::{BirthDate, DocumentNumber, ExpirationDate, GivenNames, Sex, Surname};
        let card = [
            line("REPUBLIC OF UTOPIA", 10.0, 5.0),
            line("Apellidos / Surname", 10.0, 40.0),
            line("Núñez O'Brien", 10.0, 58.0),
            line("Given names", 10.0, 80.0),
            line("ANNA MARIA", 130.0, 81.0),
            line("4b. Date of expiry: 15.04.2030", 10.0, 110.0),
            line("Date of birth/Fecha de nacimiento", 10.0, 140.0),
            line("Sex", 330.0, 140.0),
            line("01 MAY 1990", 10.0, 158.0),
            line("F", 330.0, 158.0),
            line("DNI 12.345.678", 10.0, 190.0),
        ];
        let mut found = read(&card);
        found.sort();
        let text = |it: &str| it.to_owned();
        let mut wanted = vec![
            (DocumentNumber, text("12345678")),
            (Surname, text("NÚÑEZ O'BRIEN")),
            (GivenNames, text("ANNA MARIA")),
            (BirthDate, text("1990-05-01")),
            (ExpirationDate, text("2030-04-15")),
            (Sex, text("F")),
        ];
        wanted.sort();
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_is_no_value_of_its_field_is_absent() {
        let nothing = [
            line("Date of birth", 10.0, 10.0),
            line("31 FEB 1990", 10.0, 28.0),
            line("Sex", 200.0, 10.0),
            line("Surname", 10.0, 60.0),
            line("12345", 10.0, 78.0),
            line("Passport No", 10.0, 400.0),
            line("01.05.1990", 10.0, 418.0),
        ];
        assert_eq!(read(&nothing), []);
    }

    #[test]
    fn corners_that_are_no_numbers_are_no_place() {
        let mut odd = [line("Surname", 10.0, 10.0), line("ERIKSSON", 10.0, 28.0)];
        odd[1].corners = [(f32::NAN, f32::INFINITY); 4];
        assert_eq!(read(&odd), []);
    }
}
