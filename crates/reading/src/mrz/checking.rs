//! Lines of a layout as what they say: characters by their positions, check digits, and what these repair.

use verax_domain::document_reading::CheckDigit;

use super::check_digits::check_digit;
use super::dates::{self, Century, ZoneDate};
use super::fitting::FittedLine;
use super::layouts::{Characters, Content, Field, Layout, Span};
use super::repairs;
use super::symbols::{Symbol, as_digit, as_letter};

/// The lines of a layout, checked.
#[derive(Debug, Clone)]
pub struct CheckedZone {
    pub layout: &'static Layout,
    pub symbols: Vec<Vec<Symbol>>,
    /// By position, and repaired.
    pub text: Vec<Vec<u8>>,
    /// A field's by its content; the composite one is None.
    pub digits: Vec<(Option<Content>, CheckDigit)>,
    /// Where a document number goes on behind its nine positions, without its check digit.
    pub number_rest: Option<Span>,
    /// Whether the positions of each line are sure (`FittedLine::is_exact`).
    is_exact: Vec<bool>,
}

impl CheckedZone {
    pub fn has(&self, result: CheckDigit) -> bool {
        self.digits.iter().any(|(_, it)| *it == result)
    }

    pub fn right_count(&self) -> usize {
        self.digits.iter().filter(|(_, result)| *result != CheckDigit::Wrong).count()
    }

    pub fn result(&self, content: Option<Content>) -> Option<CheckDigit> {
        self.digits.iter().find(|(it, _)| *it == content).map(|(_, result)| *result)
    }

    pub fn characters(&self, span: Span) -> &[u8] {
        self.text.get(span.line).and_then(|line| line.get(span.from..span.to)).unwrap_or_default()
    }

    pub fn symbols(&self, span: Span) -> &[Symbol] {
        let line = self.symbols.get(span.line);
        line.and_then(|line| line.get(span.from..span.to)).unwrap_or_default()
    }
}

/// Checks lines that fit a layout, as many as it has. `today_year` decides which century a year is of.
pub fn check(layout: &'static Layout, lines: &[FittedLine], today_year: u16) -> CheckedZone {
    let symbols: Vec<Vec<Symbol>> = lines.iter().map(|line| line.symbols.clone()).collect();
    let mut zone = CheckedZone {
        layout,
        text: by_position(layout, &symbols),
        symbols,
        digits: Vec::new(),
        number_rest: None,
        is_exact: lines.iter().map(|line| line.is_exact).collect(),
    };
    let confuses_fillers =
        lines.iter().any(|line| line.confuses_fillers) || confuses_fillers(&zone);
    let before = zone.text.clone();
    for field in layout.fields.iter().filter(|field| field.check_at.is_some()) {
        let result = check_field(&mut zone, field, confuses_fillers, today_year);
        zone.digits.push((Some(field.content), result));
    }
    if let Some((line, at)) = layout.composite_at {
        let mut result = composite(&zone, line, at);
        let is_repaired = zone.digits.iter().any(|(_, result)| *result == CheckDigit::Repaired);
        if is_repaired && result == CheckDigit::Wrong {
            zone.text = before;
            for (_, result) in &mut zone.digits {
                if *result == CheckDigit::Repaired {
                    *result = CheckDigit::Wrong;
                }
            }
            result = composite(&zone, line, at);
        }
        zone.digits.push((None, result));
    }
    zone
}

/// Letters where only letters may be, digits where only digits may be; elsewhere as read.
fn by_position(layout: &Layout, symbols: &[Vec<Symbol>]) -> Vec<Vec<u8>> {
    let mut text: Vec<Vec<u8>> =
        symbols.iter().map(|line| line.iter().map(|symbol| symbol.letter).collect()).collect();
    let mut set = |line: usize, at: usize, of: fn(&Symbol) -> u8| {
        if let Some(symbol) = symbols.get(line).and_then(|line| line.get(at))
            && let Some(character) = text.get_mut(line).and_then(|line| line.get_mut(at))
        {
            *character = of(symbol);
        }
    };
    for field in layout.fields {
        for at in field.span.from..field.span.to {
            match field.content.characters() {
                Characters::Letters => set(field.span.line, at, as_letter),
                Characters::Digits => set(field.span.line, at, as_digit),
                Characters::Any => {}
            }
        }
        if let Some(at) = field.check_at {
            set(field.span.line, at, as_digit);
        }
    }
    if let Some((line, at)) = layout.composite_at {
        set(line, at, as_digit);
    }
    // Codes have letters and fillers, but for `C1` and `C2` of the United States.
    if is_american_permit(&text)
        && let Some(digit @ (b'1' | b'2')) = symbols[0].get(1).map(as_digit)
    {
        text[0][1] = digit;
    }
    text
}

fn is_american_permit(text: &[Vec<u8>]) -> bool {
    let first = text.first().map(Vec::as_slice).unwrap_or_default();
    text.len() == 3 && matches!(first, [b'C', _, b'U', b'S', b'A', ..])
}

/// Whether the reader took a filler for a `K` somewhere in this zone: behind the names, where nothing but
/// fillers may be.
fn confuses_fillers(zone: &CheckedZone) -> bool {
    let Some(names) = zone.layout.field(Content::Names) else { return false };
    let names = zone.characters(names.span);
    let ends = |from: usize| {
        let rest = names.get(from..).unwrap_or_default();
        rest.windows(2).position(|pair| pair == b"<<").map(|at| from + at + 2)
    };
    let behind = ends(0).and_then(|given| {
        let given = given + names[given..].iter().take_while(|it| **it == b'<').count();
        ends(given)
    });
    behind.is_some_and(|behind| names[behind..].contains(&b'K'))
}

fn check_field(
    zone: &mut CheckedZone,
    field: &Field,
    confuses_fillers: bool,
    today_year: u16,
) -> CheckDigit {
    let Some(digit) =
        field.check_at.and_then(|at| zone.text.get(field.span.line)?.get(at)).copied()
    else {
        return CheckDigit::Wrong;
    };
    // Characters that may have moved are right in one of ten cases.
    if zone.is_exact.get(field.span.line) != Some(&true) {
        return CheckDigit::Wrong;
    }
    let characters = zone.characters(field.span).to_vec();
    let is_empty = characters.iter().all(|it| *it == b'<');
    match field.content {
        Content::Birth | Content::Expiry => {
            let century = century(field.content, today_year);
            let is_right = is_right(&characters, digit) || is_empty && digit == b'<';
            right_if(is_right && dates::read(&characters, century) != ZoneDate::Impossible)
        }
        Content::Personal if is_empty => right_if(matches!(digit, b'<' | b'0')),
        _ if is_empty => CheckDigit::Wrong,
        Content::Number if digit == b'<' => long_number(zone, field, confuses_fillers),
        _ => any_characters(zone, field, digit, confuses_fillers),
    }
}

/// A field of letters and digits: right, repaired or wrong. What the digit cannot tell apart although it
/// looks alike is wrong.
fn any_characters(
    zone: &mut CheckedZone,
    field: &Field,
    digit: u8,
    confuses_fillers: bool,
) -> CheckDigit {
    let characters = zone.characters(field.span).to_vec();
    let has_stroke = zone.symbols(field.span).iter().any(|symbol| symbol.is_stroke);
    if has_stroke || ends_in_doubt(&characters, confuses_fillers) {
        return CheckDigit::Wrong;
    }
    if is_right(&characters, digit) {
        return CheckDigit::Right;
    }
    let Some(repaired) = repairs::only_reading(&characters, digit) else {
        return CheckDigit::Wrong;
    };
    if let Some(line) = zone.text.get_mut(field.span.line)
        && let Some(place) = line.get_mut(field.span.from..field.span.to)
    {
        place.copy_from_slice(&repaired);
    }
    CheckDigit::Repaired
}

/// A number longer than nine characters: a filler in the place of its check digit, then its rest and the
/// check digit over all in the optional data (ICAO 9303 part 5, note j; part 6, note j).
fn long_number(zone: &mut CheckedZone, field: &Field, confuses_fillers: bool) -> CheckDigit {
    let Some(optional) = zone.layout.number_goes_on else { return CheckDigit::Wrong };
    let characters = zone.characters(optional);
    let length = characters.iter().position(|it| *it == b'<').unwrap_or(characters.len());
    if length < 2 {
        return CheckDigit::Wrong;
    }
    let rest = Span { to: optional.from + length - 1, ..optional };
    let check_at = rest.to;
    let Some(symbol) = zone.symbols.get(optional.line).and_then(|line| line.get(check_at)) else {
        return CheckDigit::Wrong;
    };
    let digit = as_digit(symbol);
    let whole = [zone.characters(field.span), zone.characters(rest)].concat();
    let strokes = zone.symbols(field.span).iter().chain(zone.symbols(rest));
    if strokes.into_iter().any(|symbol| symbol.is_stroke)
        || whole.contains(&b'<')
        || ends_in_doubt(&whole, confuses_fillers)
        || !is_right(&whole, digit)
    {
        return CheckDigit::Wrong;
    }
    if let Some(place) = zone.text.get_mut(optional.line).and_then(|line| line.get_mut(check_at)) {
        *place = digit;
    }
    zone.number_rest = Some(rest);
    CheckDigit::Right
}

/// Whether what ends a field may be fillers read as `K`, which no check digit tells apart: several, one
/// behind a filler, or any where the reader confuses them elsewhere in the zone.
fn ends_in_doubt(characters: &[u8], confuses_fillers: bool) -> bool {
    let last = characters.iter().rposition(|it| *it != b'<');
    let Some(last) = last.filter(|last| characters[*last] == b'K') else { return false };
    let is_second = last > 0 && matches!(characters[last - 1], b'K' | b'<');
    is_second || confuses_fillers
}

fn composite(zone: &CheckedZone, line: usize, at: usize) -> CheckDigit {
    let characters: Vec<u8> =
        zone.layout.composite.iter().flat_map(|span| zone.characters(*span)).copied().collect();
    let digit = zone.text.get(line).and_then(|line| line.get(at)).copied();
    let is_exact = zone.is_exact.iter().all(|it| *it);
    right_if(is_exact && digit.is_some_and(|digit| is_right(&characters, digit)))
}

fn is_right(characters: &[u8], digit: u8) -> bool {
    check_digit(characters.iter().copied()) == Some(digit)
}

fn right_if(is_right: bool) -> CheckDigit {
    if is_right { CheckDigit::Right } else { CheckDigit::Wrong }
}

pub fn century(content: Content, today_year: u16) -> Century {
    match content {
        Content::Birth => Century::UpTo(today_year),
        _ => Century::Around(today_year),
    }
}
