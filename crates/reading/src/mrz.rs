//! The machine-readable zone of ICAO 9303: TD1, TD2, TD3, MRV-A and MRV-B, and that of the French identity card
//! before 2021, found among lines of text.
//!
//! A reader of text gives small letters, spaces, `«` and `K` for fillers, letters for digits, lines in
//! several boxes, and fewer or more fillers than there are. What is done about it, in this order:
//!
//! 1. Boxes side by side are also tried as one line (`symbols.rs`).
//! 2. A line gets its length by fillers alone, and only where nothing but fillers stands (`fitting.rs`). Else a
//!    letter that was lost could be taken for a lost filler: such a line keeps its values, and all of its
//!    check digits are wrong.
//! 3. By position: letters where only letters may be, digits where only digits may be (`checking.rs`).
//! 4. Check digits. A document number or personal number is repaired where exactly one reading of look-alikes
//!    makes its own digit right, the composite one too, and of it a number of the common form
//!    (`repairs.rs`); dates never are.
//!
//! # What a zone proves
//!
//! - A digit that takes the place of another is seen, in each field with a check digit and at every place.
//! - A character of a number is seen unless both have the same value modulo 10 ([`sees_replacement`]): of
//!   look-alikes `6`/`G`, `1`/`L`, `F`/`P` and `<`/`K`. A stroke that may be `1` or `L`, and a `K` at the end
//!   of a number that may be a filler, are wrong; `6`/`G` and `F`/`P` stay undetectable.
//! - Neighbours that change places are seen unless their values differ by a multiple of 5
//!   ([`sees_transposition`]); characters three places apart never are.
//! - Two changes in one field cancel out in one of ten cases. The composite digit weighs a document number,
//!   and TD3's personal number, as their own digits do: it proves nothing more about them.
//! - A lost or doubled character moves all behind it, and so is seen; in one of ten cases it is not where the
//!   last digit of the expiry date is followed by optional data of one single character, in a visa.
//! - Names, sex, nationality, issuing state and document code have no check digit (the composite one leaves
//!   them out): they have no result. A sex or state that is none is left out.
//! - Six digits with a right check digit that are no day of the calendar are `Wrong`.
//! - `Repaired` is likely and not proven: a zone with it is not valid. Where one character was taken for one that it
//!   looks like, the printed text is given or none (`repairs.rs`). Where a letter was taken for another letter or a
//!   digit for another digit, nothing is repaired in numbers of the common form (three letters at most, then digits);
//!   in numbers with a letter behind a digit a look-alike elsewhere is right by chance in up to 15 of 100 cases,
//!   measured in `repairs_outside_the_common_form_are_often_chance`. No other digit tells: the composite one
//!   weighs a number as its own does.

mod check_digits;
mod checking;
mod dates;
mod fitting;
mod layouts;
mod repairs;
mod states;
mod symbols;
mod values;

use verax_domain::document_reading::{
    CheckDigit, Corners, DocumentSide, MrzCheckDigit, MrzFormat, MrzReading, ReadValue, TextLine,
};

pub use check_digits::{check_digit, sees_replacement, sees_transposition};
pub(crate) use dates::{Century, days_of, whole_year};

use checking::{CheckedZone, check};
use dates::ZoneDate;
use fitting::{FittedLine, fit, with_lost_fillers};
use layouts::{Content, LAYOUTS, Layout};
use states::is_state;
use symbols::{Row, Symbol, as_letter, rows};

/// Rows of a zone that are tried above or below the line with the dates: the nearest.
const NEAREST: usize = 4;
/// How far apart the lines of a zone are, in heights of their boxes.
const HEIGHTS_APART: std::ops::RangeInclusive<f32> = 0.3..=5.0;
/// Points of `dates_points` that make a line one with dates.
const DATES_POINTS_MIN: usize = 3;

/// A zone, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundMrz {
    pub reading: MrzReading,
    /// Whether its nationality or issuer is no code that there is, or a character none of a zone: where no check
    /// digit covers them, they may be misread in a zone that is valid.
    pub is_doubtful: bool,
    /// At most one of each field.
    pub values: Vec<ReadValue>,
    /// Around all lines of the zone; none where the lines of text have no finite corners.
    pub corners: Option<Corners>,
    /// The lines of text that the zone is made of, by their place in the input.
    pub lines: Vec<usize>,
}

/// The zone among lines of text: the one whose check digits are right, or else the one with most right ones.
///
/// `today_year` (four digits) decides centuries: nobody is born after it, and documents expire from 49 years
/// before to 50 years after it.
///
/// None where no two (TD1: three) lines below one another have the form of a zone.
pub fn find(lines: &[TextLine], side: DocumentSide, today_year: u16) -> Option<FoundMrz> {
    let rows = rows(lines);
    let mut best: Option<Candidate> = None;
    for layout in LAYOUTS {
        for (index, row) in rows.iter().enumerate() {
            let Some(dates_line) = fitted(row, layout, layout.dates_line()) else { continue };
            if dates_points(&dates_line, layout, today_year) < DATES_POINTS_MIN {
                continue;
            }
            for candidate in candidates(layout, &rows, index, &dates_line, today_year) {
                if best.as_ref().is_none_or(|best| candidate.rank() > best.rank()) {
                    best = Some(candidate);
                }
            }
        }
    }
    best.map(|best| best.into_mrz(lines, side, today_year))
}

struct Candidate {
    zone: CheckedZone,
    /// Fillers that were added or taken away.
    changes: usize,
    rows: Vec<Vec<usize>>,
    has_issuer: bool,
}

impl Candidate {
    /// The higher, the better.
    fn rank(&self) -> (bool, bool, usize, bool, std::cmp::Reverse<usize>) {
        // Where no digit is wrong, a longer format would have more of them only by added fillers.
        let is_wrong = self.zone.has(CheckDigit::Wrong);
        let right = if is_wrong { self.zone.right_count() } else { 0 };
        let is_proven = !is_wrong && !self.zone.has(CheckDigit::Repaired);
        (is_proven, !is_wrong, right, self.has_issuer, std::cmp::Reverse(self.changes))
    }

    fn into_mrz(self, lines: &[TextLine], side: DocumentSide, today_year: u16) -> FoundMrz {
        let zone = &self.zone;
        let text = |line: &Vec<u8>| String::from_utf8_lossy(line).into_owned();
        let code = zone.layout.field(Content::Code).map(|code| zone.characters(code.span));
        let code = String::from_utf8_lossy(code.unwrap_or_default());
        let digit = |&(content, result): &(Option<Content>, CheckDigit)| MrzCheckDigit {
            field: content.and_then(Content::field),
            result,
        };
        let reading = MrzReading {
            format: zone.layout.format,
            document_code: code.trim_end_matches('<').to_owned(),
            lines: zone.text.iter().map(text).collect(),
            check_digits: zone.digits.iter().map(digit).collect(),
        };
        let edge = |line: usize| {
            let symbols = self.zone.symbols.get(line)?;
            symbols::corners_between(symbols.first()?, symbols.last()?, lines)
        };
        let corners = edge(0).zip(edge(zone.layout.line_count - 1));
        let is_strange = |content: &Content| {
            let state = zone.layout.field(*content).map(|field| zone.characters(field.span));
            state.is_some_and(|state| !is_state(state))
        };
        FoundMrz {
            reading,
            is_doubtful: [Content::Issuer, Content::Nationality].iter().any(is_strange)
                || zone.text.concat().contains(&b'?'),
            values: values::values(zone, lines, side, today_year),
            corners: corners.map(|(first, last)| [first[0], first[1], last[2], last[3]]),
            lines: self.rows.concat(),
        }
    }
}

/// All zones of a layout whose dates stand in this row.
fn candidates(
    layout: &'static Layout,
    rows: &[Row],
    index: usize,
    dates_line: &FittedLine,
    today_year: u16,
) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let firsts = near(layout, 0, rows, index);
    let thirds = if layout.line_count == 3 { near(layout, 2, rows, index) } else { Vec::new() };
    for (first, first_line) in &firsts {
        let mut add = |rows: Vec<Vec<usize>>, lines: Vec<FittedLine>| {
            let changes = lines.iter().map(|line| line.added.unsigned_abs()).sum();
            let zone = check(layout, &lines, today_year);
            let has_issuer = has_issuer(&zone);
            candidates.push(Candidate { zone, changes, rows, has_issuer });
        };
        let of = |row: usize| rows[row].lines.clone();
        if layout.line_count == 2 {
            add(vec![of(*first), of(index)], vec![first_line.clone(), dates_line.clone()]);
        }
        for (third, third_line) in &thirds {
            add(
                vec![of(*first), of(index), of(*third)],
                vec![first_line.clone(), dates_line.clone(), third_line.clone()],
            );
        }
    }
    candidates
}

/// The nearest rows above (below, for a line after that of the dates) that may be this line of the layout.
fn near(layout: &Layout, line: usize, rows: &[Row], index: usize) -> Vec<(usize, FittedLine)> {
    let is_above = line < layout.dates_line();
    let dates_row = &rows[index];
    let mut near: Vec<(f32, usize)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        if at == index || row.lines.iter().any(|line| dates_row.lines.contains(line)) {
            continue;
        }
        let (above, below) = if is_above { (row, dates_row) } else { (dates_row, row) };
        // Without corners the order of the lines is all that there is.
        let apart = below.heights_below(above).or_else(|| {
            let apart = if is_above { index.checked_sub(at) } else { at.checked_sub(index) };
            apart.filter(|apart| *apart <= NEAREST).map(|apart| apart as f32)
        });
        near.extend(apart.filter(|apart| HEIGHTS_APART.contains(apart)).map(|apart| (apart, at)));
    }
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let may_be = |fitted: &FittedLine| match layout.field(Content::Names) {
        Some(names) if names.span.line == line => may_be_names(fitted, layout),
        _ => may_be_first(fitted, layout),
    };
    let lines = near.into_iter().filter_map(|(_, at)| Some((at, fitted(&rows[at], layout, line)?)));
    lines.filter(|(_, fitted)| may_be(fitted)).take(NEAREST).collect()
}

fn fitted(row: &Row, layout: &Layout, line: usize) -> Option<FittedLine> {
    fit(&with_lost_fillers(&row.symbols, layout, line), layout, line)
}

/// What of a line with dates is as it must be: two dates of the calendar, their check digits, and a state.
fn dates_points(fitted: &FittedLine, layout: &'static Layout, today_year: u16) -> usize {
    let filler = || FittedLine { symbols: Vec::new(), ..fitted.clone() };
    let mut lines: Vec<FittedLine> = (0..layout.line_count).map(|_| filler()).collect();
    if let Some(line) = lines.get_mut(layout.dates_line()) {
        *line = fitted.clone();
    }
    let zone = check(layout, &lines, today_year);
    let mut points = 0;
    for content in [Content::Birth, Content::Expiry] {
        let Some(field) = layout.field(content) else { continue };
        let century = checking::century(content, today_year);
        let date = dates::read(zone.characters(field.span), century);
        points += usize::from(date != ZoneDate::Impossible);
        points += usize::from(zone.result(Some(content)) == Some(CheckDigit::Right));
    }
    // What has no expiry date has the number's digit and the sex beside the date of birth.
    if layout.field(Content::Expiry).is_none() {
        points += usize::from(zone.result(Some(Content::Number)) == Some(CheckDigit::Right));
        let sex = layout.field(Content::Sex).map(|field| zone.characters(field.span));
        points += usize::from(matches!(sex, Some(b"M" | b"F")));
    }
    let nationality = layout.field(Content::Nationality).map(|field| zone.characters(field.span));
    points + usize::from(nationality.is_some_and(is_state))
}

fn has_issuer(zone: &CheckedZone) -> bool {
    let issuer = zone.layout.field(Content::Issuer).map(|field| zone.characters(field.span));
    issuer.is_some_and(is_state)
}

/// Whether a first line begins with a document code of its format: `V` is a visa and nothing else is one;
/// `P` is a passport; `A`, `C` and `I` are cards.
fn has_code(fitted: &FittedLine, layout: &Layout) -> bool {
    let mut letters = fitted.symbols.iter().map(as_letter);
    let is_french = letters.clone().take(5).eq(*b"IDFRA");
    let Some(first @ b'A'..=b'Z') = letters.next() else { return false };
    match layout.format {
        MrzFormat::Td1 => !matches!(first, b'P' | b'V'),
        // Of two lines of 36 France has but its own.
        MrzFormat::Td2 => !matches!(first, b'P' | b'V') && !is_french,
        MrzFormat::Td3 => !matches!(first, b'A' | b'C' | b'I' | b'V'),
        MrzFormat::MrvA | MrzFormat::MrvB => first == b'V',
        MrzFormat::IdFra => is_french,
    }
}

/// Whether a line holds names: letters, and next to no digit that is none of them misread.
fn may_be_names(fitted: &FittedLine, layout: &Layout) -> bool {
    let Some(names) = layout.field(Content::Names) else { return false };
    let symbols = fitted.symbols.get(names.span.from..names.span.to).unwrap_or_default();
    let count = |test: &dyn Fn(&Symbol) -> bool| symbols.iter().filter(|it| test(it)).count();
    let letters = count(&|it| it.letter.is_ascii_uppercase());
    let digits = count(&|it| it.letter.is_ascii_digit());
    let strange = count(&|it| !matches!(as_letter(it), b'A'..=b'Z' | b'<'));
    letters > digits && strange * 4 <= letters && (names.span.line > 0 || has_code(fitted, layout))
}

/// Whether a line is the first of a card: a code, and a state or the digits of a number.
fn may_be_first(fitted: &FittedLine, layout: &Layout) -> bool {
    let number = layout.field(Content::Number).map(|field| field.span);
    let symbols = number.and_then(|span| fitted.symbols.get(span.from..span.to));
    let digits = symbols.unwrap_or_default().iter().filter(|it| it.letter.is_ascii_digit()).count();
    let issuer = layout.field(Content::Issuer).map(|field| field.span);
    let issuer = issuer.and_then(|span| fitted.symbols.get(span.from..span.to));
    let issuer: Vec<u8> = issuer.unwrap_or_default().iter().map(|symbol| symbol.letter).collect();
    has_code(fitted, layout) && (is_state(&issuer) || digits >= 3)
}
