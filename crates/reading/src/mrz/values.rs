//! What a checked zone says, as values.

use verax_domain::document_reading::{
    CheckDigit, DocumentField, DocumentSide, ReadValue, TextLine, ValueSource,
};

use super::checking::{CheckedZone, century};
use super::dates::{self, ZoneDate};
use super::layouts::{Content, PERSONAL_NUMBERS, Span};
use super::states::state;
use super::symbols::{Symbol, corners_between};

/// The values of a zone, in the order of `DocumentField`. What is empty, is no date, or is no code of a
/// state or sex has none.
pub fn values(
    zone: &CheckedZone,
    lines: &[TextLine],
    side: DocumentSide,
    today_year: u16,
) -> Vec<ReadValue> {
    let reader = Reader { zone, lines, side };
    let mut values = Vec::new();
    values.extend(reader.number());
    values.extend(reader.personal_number());
    values.extend(reader.names());
    for content in [Content::Birth, Content::Expiry] {
        values.extend(reader.date(content, today_year));
    }
    values.extend(reader.sex());
    for (content, field) in [
        (Content::Nationality, DocumentField::Nationality),
        (Content::Issuer, DocumentField::IssuingCountry),
    ] {
        values.extend(reader.state(content, field));
    }
    values
}

struct Reader<'a> {
    zone: &'a CheckedZone,
    lines: &'a [TextLine],
    side: DocumentSide,
}

impl Reader<'_> {
    fn number(&self) -> Option<ReadValue> {
        let span = self.span(Content::Number)?;
        let spans: Vec<Span> = [Some(span), self.zone.number_rest].into_iter().flatten().collect();
        let text: Vec<String> = spans.iter().map(|span| self.text(*span)).collect();
        let text = text.concat();
        let check = self.zone.result(Some(Content::Number));
        let value = without_fillers(&text);
        self.value(DocumentField::DocumentNumber, &spans, text, value, check)
    }

    fn personal_number(&self) -> Option<ReadValue> {
        let personal = self.span(Content::Personal);
        let (span, check) = match personal {
            Some(span) => (span, self.zone.result(Some(Content::Personal))),
            None => {
                let issuer = self.code(Content::Issuer)?;
                let format = self.zone.layout.format;
                let row = PERSONAL_NUMBERS.iter().find(|row| row.0 == issuer && row.1 == format)?;
                // A document number that goes on is no number of the person.
                if self.zone.number_rest.is_some_and(|rest| rest.line == row.2.line) {
                    return None;
                }
                (row.2, self.zone.result(None))
            }
        };
        let text = self.text(span);
        let value = without_fillers(&text);
        self.value(DocumentField::PersonalNumber, &[span], text, value, check)
    }

    /// What stands before two fillers, and what stands behind them up to the next two; given names that have a
    /// place of their own are all that stands there.
    fn names(&self) -> Vec<ReadValue> {
        let Some(span) = self.span(Content::Names) else { return Vec::new() };
        let characters = self.zone.characters(span);
        let part = |from: usize| {
            let rest = characters.get(from..).unwrap_or_default();
            let length = rest.windows(2).position(|pair| pair == b"<<").unwrap_or(rest.len());
            Span { line: span.line, from: span.from + from, to: span.from + from + length }
        };
        let surname = part(0);
        let behind = surname.to - span.from;
        let fillers =
            characters.get(behind..).unwrap_or_default().iter().take_while(|it| **it == b'<');
        let fillers = fillers.count();
        let mut values = Vec::new();
        values.extend(self.name(DocumentField::Surname, surname));
        if let Some(given) = self.span(Content::GivenNames) {
            values.extend(self.name(DocumentField::GivenNames, given));
            return values;
        }
        let given = part(behind + fillers);
        // Farther behind stands what a reader made of the fillers. One too many is still a gap between
        // names, before more than one letter.
        if fillers == 2 || fillers == 3 && given.to > given.from + 1 {
            values.extend(self.name(DocumentField::GivenNames, given));
        }
        values
    }

    fn name(&self, field: DocumentField, span: Span) -> Option<ReadValue> {
        let text = self.text(span);
        let words: Vec<&str> = text.split('<').filter(|word| !word.is_empty()).collect();
        let value = words.join(" ").replace('?', "");
        self.value(field, &[span], text, value, None)
    }

    fn date(&self, content: Content, today_year: u16) -> Option<ReadValue> {
        let span = self.span(content)?;
        let ZoneDate::Date(value) =
            dates::read(self.zone.characters(span), century(content, today_year))
        else {
            return None;
        };
        let check = self.zone.result(Some(content));
        self.value(content.field()?, &[span], self.text(span), value, check)
    }

    fn sex(&self) -> Option<ReadValue> {
        let span = self.span(Content::Sex)?;
        let value = match self.zone.characters(span) {
            b"M" => "M",
            b"F" => "F",
            b"<" | b"X" => "X",
            _ => return None,
        };
        let text = String::from_utf8_lossy(self.zone.characters(span)).into_owned();
        self.value(DocumentField::Sex, &[span], text, value.to_owned(), None)
    }

    fn state(&self, content: Content, field: DocumentField) -> Option<ReadValue> {
        let span = self.span(content)?;
        let value = self.code(content)?;
        self.value(field, &[span], self.text(span), value, None)
    }

    fn code(&self, content: Content) -> Option<String> {
        state(&self.text(self.span(content)?)).map(str::to_owned)
    }

    fn span(&self, content: Content) -> Option<Span> {
        self.zone.layout.field(content).map(|field| field.span)
    }

    /// Without the fillers at its end.
    fn text(&self, span: Span) -> String {
        let text = String::from_utf8_lossy(self.zone.characters(span));
        text.trim_end_matches('<').to_owned()
    }

    fn value(
        &self,
        field: DocumentField,
        spans: &[Span],
        text: String,
        value: String,
        check_digit: Option<CheckDigit>,
    ) -> Option<ReadValue> {
        if value.is_empty() {
            return None;
        }
        let symbols: Vec<&Symbol> =
            spans.iter().flat_map(|span| self.zone.symbols(*span)).collect();
        // The fillers behind a value are no part of it.
        let count = symbols.iter().rposition(|it| it.letter != b'<').map_or(1, |last| last + 1);
        let symbols = symbols.get(..count)?;
        let confidence = symbols.iter().filter_map(|it| self.lines.get(it.line));
        let confidence = confidence.map(|line| line.confidence).fold(1.0, f32::min);
        let corners = match spans {
            [_] => corners_between(symbols.first()?, symbols.last()?, self.lines),
            _ => corners_between(symbols.first()?, symbols.last()?, self.lines)
                .filter(|_| spans.iter().all(|span| span.line == spans[0].line)),
        };
        Some(ReadValue {
            field,
            source: ValueSource::Mrz,
            side: self.side,
            text,
            value,
            corners,
            confidence: if confidence.is_finite() { confidence.clamp(0.0, 1.0) } else { 0.0 },
            check_digit,
        })
    }
}

fn without_fillers(text: &str) -> String {
    text.chars().filter(|it| *it != '<').collect()
}
