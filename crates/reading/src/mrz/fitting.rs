//! A row brought to the length of a line: nothing but fillers is added or taken away, and those only where
//! fillers stand in a row.

use super::layouts::{Content, Layout, Span};
use super::states::is_state;
use super::symbols::{Symbol, as_letter};

/// Characters that may be too many in a row.
const EXCESS_MAX: usize = 14;

/// A row as one line of a layout.
#[derive(Debug, Clone)]
pub struct FittedLine {
    /// As many as the layout is wide.
    pub symbols: Vec<Symbol>,
    /// How many fillers were added (or taken away, below 0).
    pub added: isize,
    /// Whether each letter and digit has its position for sure: nothing was added, or there was nothing
    /// but fillers between what stands at a fixed distance from the beginning and from the end of the line,
    /// and a nationality that there is. Otherwise a lost letter would look like a lost filler, and every
    /// tenth one would pass a check digit.
    pub is_exact: bool,
    /// Whether a `K` was taken for the filler that it must be.
    pub confuses_fillers: bool,
}

/// A row as this line of this layout; none where it is too short or too long.
pub fn fit(row: &[Symbol], layout: &Layout, line: usize) -> Option<FittedLine> {
    let run = *layout.runs.iter().find(|run| run.line == line)?;
    let is_names = layout.field(Content::Names).is_some_and(|names| names.span.line == line);
    let noise = row.iter().filter(|symbol| symbol.letter == b'?').count();
    // What is no character of a zone holds the place of one, unless there are just so many too many.
    let mut fitted = if noise > 0 && row.len() == layout.width + noise {
        let clean: Vec<Symbol> = row.iter().filter(|it| it.letter != b'?').copied().collect();
        fit_run(&clean, layout.width, run, is_names)?
    } else {
        fit_run(row, layout.width, run, is_names)?
    };
    // Where the nationality stands, nothing before it was lost or is there twice.
    let nationality = layout.field(Content::Nationality).filter(|field| field.span.line == line);
    if let Some(nationality) = nationality
        && fitted.added != 0
    {
        let span = nationality.span.from..nationality.span.to;
        let code = fitted.symbols.get(span).unwrap_or_default();
        fitted.is_exact &= is_state(&code.iter().map(as_letter).collect::<Vec<u8>>());
    }
    // Given names stand between two check digits: where a digit stands before their first letter, nothing of the
    // number was lost or is there twice.
    let given = layout.field(Content::GivenNames).filter(|field| field.span.line == line);
    if let Some(given) = given
        && fitted.added != 0
    {
        let letter = |at: usize| fitted.symbols.get(at).map(|symbol| symbol.letter);
        let start = given.span.from;
        fitted.is_exact = letter(start - 1).is_some_and(|it| it.is_ascii_digit())
            && letter(start).is_some_and(|it| it.is_ascii_uppercase());
    }
    Some(fitted)
}

fn fit_run(row: &[Symbol], width: usize, run: Span, is_names: bool) -> Option<FittedLine> {
    let tail_length = width - run.to;
    let head_length = if is_names { run.from.min(row.len()) } else { run.from };
    let added = isize::try_from(width).ok()? - isize::try_from(row.len()).ok()?;
    if row.len() > width + EXCESS_MAX || row.len() < head_length + tail_length {
        return None;
    }
    let (head, rest) = row.split_at(head_length);
    let (middle, tail) = rest.split_at(rest.len() - tail_length);
    let is_empty = middle.iter().all(|symbol| matches!(symbol.letter, b'<' | b'K'));
    let mut middle = middle.to_vec();
    let confuses_fillers =
        is_empty && !is_names && middle.iter().any(|symbol| symbol.letter == b'K');
    if confuses_fillers {
        // The reader takes fillers for `K`. Both have the same weight in a check digit: nothing else tells
        // them apart than that nothing but `K` is no number.
        middle.iter_mut().for_each(|symbol| symbol.letter = b'<');
    }
    let length = width - head_length - tail_length;
    while middle.len() > length {
        middle.pop_if(|symbol| symbol.letter == b'<')?;
    }
    let (line, at) = match (middle.last(), head.last()) {
        (Some(last), _) | (None, Some(last)) => (last.line, last.to),
        (None, None) => return None,
    };
    middle.resize(length, Symbol::filler_at(line, at));
    let symbols = [head, &middle, tail].concat();
    let is_exact = added == 0 || is_empty || is_names;
    Some(FittedLine { symbols, added, is_exact, confuses_fillers })
}

/// The row with fillers that are often lost where one or two stand alone: behind a document code of one
/// letter, and behind Germany's `D`. As it is where it has a state where this line has one, or has none with
/// any of these fillers either.
pub fn with_lost_fillers(row: &[Symbol], layout: &Layout, line: usize) -> Vec<Symbol> {
    let of_line = |content| layout.field(content).filter(|field| field.span.line == line);
    let Some(state) = of_line(Content::Issuer).or_else(|| of_line(Content::Nationality)) else {
        return row.to_vec();
    };
    let start = state.span.from;
    let mut variants = vec![row.to_vec()];
    if state.content == Content::Issuer {
        variants.extend(with_fillers(row, 1, 1));
    }
    for base in variants.clone() {
        if base.get(start).is_some_and(|symbol| matches!(symbol.letter, b'D' | b'0' | b'O')) {
            let behind = base.get(start + 1..).unwrap_or_default();
            let fillers = behind.iter().take_while(|it| it.letter == b'<').count();
            if fillers < 2 {
                variants.extend(with_fillers(&base, start + 1 + fillers, 2 - fillers));
            }
        }
    }
    let has_state = |row: &Vec<Symbol>| {
        let code = row.get(start..state.span.to).unwrap_or_default();
        is_state(&code.iter().map(as_letter).collect::<Vec<u8>>())
    };
    variants.into_iter().find(has_state).unwrap_or_else(|| row.to_vec())
}

fn with_fillers(row: &[Symbol], at: usize, count: usize) -> Option<Vec<Symbol>> {
    let before = row.get(at.checked_sub(1)?)?;
    let filler = Symbol::filler_at(before.line, before.to);
    let mut row = row.to_vec();
    row.splice(at..at, std::iter::repeat_n(filler, count));
    Some(row)
}
