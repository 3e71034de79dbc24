//! Lines of text as characters of a zone, each with where it stands; boxes side by side as one line.

use verax_domain::document_reading::{Corners, TextLine};

/// Lines of text that are considered: the longest. A card or a page has fewer than a hundred.
const LINES_MAX: usize = 200;
/// Characters of a line of text. One that is longer belongs to no zone.
const CHARACTERS_MAX: usize = 120;
/// Boxes that one line of a zone was taken apart into.
const BOXES_MAX: usize = 4;
/// Rows that are considered: those with most fillers and digits.
const ROWS_MAX: usize = 80;
/// The least characters of a row: a line of a zone without any filler behind its last letter.
const ROW_CHARACTERS_MIN: usize = 8;
/// The most: a line of 44 with a few too many.
const ROW_CHARACTERS_MAX: usize = 60;

/// One character that was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Symbol {
    /// `A` to `Z`, `0` to `9`, `<`, or `?` where what was read is no character of a zone.
    pub letter: u8,
    /// What a position of digits takes it for, where that is not what its letter looks like.
    pub digit: Option<u8>,
    /// A stroke that may be `1`, `I` or `L`.
    pub is_stroke: bool,
    /// Which line of text it is of, and from where to where along it (0..=1).
    pub line: usize,
    pub from: f32,
    pub to: f32,
}

impl Symbol {
    /// A filler that nothing was read for.
    pub fn filler_at(line: usize, at: f32) -> Symbol {
        Symbol { letter: b'<', digit: None, is_stroke: false, line, from: at, to: at }
    }
}

/// One line of text, or several side by side.
#[derive(Debug, Clone)]
pub struct Row {
    pub symbols: Vec<Symbol>,
    /// The lines of text that it is made of, from left to right.
    pub lines: Vec<usize>,
    centre: (f32, f32),
    along: Option<(f32, f32)>,
    height: f32,
}

impl Row {
    /// How far its middle is below that of another, in heights of the other; below 0 where it is above.
    /// None where the corners do not tell.
    pub fn heights_below(&self, above: &Row) -> Option<f32> {
        let along = above.along?;
        let (x, y) = (self.centre.0 - above.centre.0, self.centre.1 - above.centre.1);
        let heights = (y * along.0 - x * along.1) / above.height;
        heights.is_finite().then_some(heights)
    }
}

/// Everything that may be a line of a zone, from top to bottom.
pub fn rows(lines: &[TextLine]) -> Vec<Row> {
    let mut parts: Vec<Row> = lines
        .iter()
        .enumerate()
        .filter_map(|(line, text)| {
            let symbols = symbols(&text.text, line)?;
            let corners = &text.corners;
            let (centre, height) = (centre(corners), height(corners));
            let along = direction(corners);
            Some(Row { symbols, lines: vec![line], centre, along, height })
        })
        .collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.symbols.len()));
    parts.truncate(LINES_MAX);
    parts.sort_by_key(|part| part.lines.clone());
    let mut rows = parts.clone();
    for part in &parts {
        let mut row = part.clone();
        for _ in 1..BOXES_MAX {
            let Some(next) = next_to(&row, &parts, lines) else { break };
            row.symbols.extend(&next.symbols);
            row.lines.extend(&next.lines);
            if row.symbols.len() > ROW_CHARACTERS_MAX {
                break;
            }
            rows.push(row.clone());
        }
    }
    let length = ROW_CHARACTERS_MIN..=ROW_CHARACTERS_MAX;
    rows.retain(|row| length.contains(&row.symbols.len()) && evidence(row) > 0);
    rows.sort_by_key(|row| std::cmp::Reverse(evidence(row)));
    rows.truncate(ROWS_MAX);
    rows.sort_by(|a, b| a.centre.1.total_cmp(&b.centre.1).then_with(|| a.lines.cmp(&b.lines)));
    rows
}

/// The characters of a text, or none where it is too short or too long to be part of a zone.
fn symbols(text: &str, line: usize) -> Option<Vec<Symbol>> {
    let length = text.chars().take(CHARACTERS_MAX + 1).count();
    if !(2..=CHARACTERS_MAX).contains(&length) {
        return None;
    }
    let small = text.chars().filter(char::is_ascii_lowercase).count();
    let large = text.chars().filter(char::is_ascii_uppercase).count();
    // A small letter in a line of small letters is that letter; else it may be a digit that looks like it.
    let is_large = small <= large;
    let mut symbols = Vec::with_capacity(length);
    let width = 1.0 / length as f32;
    for (at, character) in text.chars().enumerate().filter(|(_, it)| !it.is_whitespace()) {
        let from = at as f32 * width;
        let whole = Symbol {
            letter: letter(character),
            digit: match character {
                'b' if is_large => Some(b'6'),
                'g' | 'q' if is_large => Some(b'9'),
                '|' | '!' | 'l' => Some(b'1'),
                _ => None,
            },
            is_stroke: matches!(character, '|' | '!') || character == 'l' && is_large,
            line,
            from,
            to: from + width,
        };
        if matches!(character, '«' | '《' | '≪') {
            let middle = from + width / 2.0;
            symbols.push(Symbol { to: middle, ..whole });
            symbols.push(Symbol { from: middle, ..whole });
        } else {
            symbols.push(whole);
        }
    }
    let usable = symbols.iter().filter(|symbol| symbol.letter != b'?').count();
    (usable >= 2 && usable * 4 >= symbols.len() * 3).then_some(symbols)
}

fn letter(character: char) -> u8 {
    match character {
        'A'..='Z' | '0'..='9' | '<' => u8::try_from(character).unwrap_or(b'?'),
        'a'..='z' => u8::try_from(character.to_ascii_uppercase()).unwrap_or(b'?'),
        '(' | '{' | '[' | '‹' | '＜' | '〈' | '⟨' | '≤' | 'く' | '«' | '《' | '≪' => {
            b'<'
        }
        '|' | '!' => b'I',
        '$' => b'S',
        'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' => b'A',
        'È' | 'É' | 'Ê' | 'Ë' => b'E',
        'Ì' | 'Í' | 'Î' | 'Ï' => b'I',
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'Ø' => b'O',
        'Ù' | 'Ú' | 'Û' | 'Ü' => b'U',
        'Ç' => b'C',
        'Ñ' => b'N',
        _ => b'?',
    }
}

/// What it is where only letters may be: the letter that a digit looks like.
pub fn as_letter(symbol: &Symbol) -> u8 {
    match symbol.letter {
        b'0' => b'O',
        b'1' => b'I',
        b'2' => b'Z',
        b'4' => b'A',
        b'5' => b'S',
        b'6' => b'G',
        b'8' => b'B',
        other => other,
    }
}

/// What it is where only digits may be: the digit that a letter looks like.
pub fn as_digit(symbol: &Symbol) -> u8 {
    symbol.digit.unwrap_or(match symbol.letter {
        b'O' | b'Q' | b'D' => b'0',
        b'I' | b'L' => b'1',
        b'Z' => b'2',
        b'A' => b'4',
        b'S' => b'5',
        b'G' => b'6',
        b'T' => b'7',
        b'B' => b'8',
        other => other,
    })
}

/// Fillers and digits: every line of a zone has some, and other print has few.
fn evidence(row: &Row) -> usize {
    let count = |test: fn(&u8) -> bool| row.symbols.iter().filter(|it| test(&it.letter)).count();
    let (fillers, digits) = (count(|it| *it == b'<'), count(u8::is_ascii_digit));
    if fillers == 0 && digits < 8 { 0 } else { fillers * 2 + digits }
}

/// The nearest part that stands on the same line of print, to the right of a row.
fn next_to<'a>(row: &Row, parts: &'a [Row], lines: &[TextLine]) -> Option<&'a Row> {
    let left = lines.get(*row.lines.last()?)?;
    let (along, height) = (direction(&left.corners)?, height(&left.corners));
    let end = middle(left.corners[1], left.corners[2]);
    let mut best: Option<(f32, &Row)> = None;
    for part in parts {
        let Some(right) = part.lines.first().and_then(|line| lines.get(*line)) else { continue };
        let start = middle(right.corners[0], right.corners[3]);
        let (x, y) = (start.0 - end.0, start.1 - end.1);
        let (gap, offset) = (x * along.0 + y * along.1, (y * along.0 - x * along.1).abs());
        // The direction of a short box is not exact: the farther, the more it may be off.
        let offset_max = 0.5 * height.min(self::height(&right.corners)) + 0.02 * gap.max(0.0);
        let is_there = gap > -height && offset < offset_max && !row.lines.contains(&part.lines[0]);
        if is_there && best.is_none_or(|(nearest, _)| gap < nearest) {
            best = Some((gap, part));
        }
    }
    best.map(|(_, part)| part)
}

/// The corners of what stands between two symbols of one row, both included.
pub fn corners_between(first: &Symbol, last: &Symbol, lines: &[TextLine]) -> Option<Corners> {
    let (left, right) = (lines.get(first.line)?.corners, lines.get(last.line)?.corners);
    let corners = [
        between(left[0], left[1], first.from),
        between(right[0], right[1], last.to),
        between(right[3], right[2], last.to),
        between(left[3], left[2], first.from),
    ];
    corners.iter().all(|it| it.0.is_finite() && it.1.is_finite()).then_some(corners)
}

fn between(from: (f32, f32), to: (f32, f32), share: f32) -> (f32, f32) {
    (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
}

fn middle(a: (f32, f32), b: (f32, f32)) -> (f32, f32) {
    between(a, b, 0.5)
}

fn centre(corners: &Corners) -> (f32, f32) {
    middle(middle(corners[0], corners[2]), middle(corners[1], corners[3]))
}

/// From where the text begins to where it ends, of length 1.
fn direction(corners: &Corners) -> Option<(f32, f32)> {
    let (from, to) = (middle(corners[0], corners[3]), middle(corners[1], corners[2]));
    let (x, y) = (to.0 - from.0, to.1 - from.1);
    let length = x.hypot(y);
    (length.is_finite() && length > 0.0).then(|| (x / length, y / length))
}

fn height(corners: &Corners) -> f32 {
    let side = |a: (f32, f32), b: (f32, f32)| (a.0 - b.0).hypot(a.1 - b.1);
    (side(corners[0], corners[3]) + side(corners[1], corners[2])) / 2.0
}
