//! Where a machine-readable zone lies, from lines that look like some of it: the part that is inspected
//! again, larger.

use verax_domain::document_reading::{Corners, TextLine};
use verax_vision::document::Quad;

/// Letters of the shortest piece of a line that is taken for one of a zone.
const LETTERS_MIN: usize = 15;
/// Fillers, or what they are read as, in one of its lines: names alone have many.
const FILLERS_MIN: usize = 2;
/// Letters of a line of a zone without fillers, as some second lines are, and how many of them are digits: such
/// a line holds two dates, and a title in capitals none.
const LETTERS_WITHOUT_FILLERS_MIN: usize = 26;
const DIGITS_WITHOUT_FILLERS_MIN: usize = 6;
/// How far the part reaches beyond the lines: in heights of a line, and in shares of the widest.
const BEYOND_LINES: f32 = 2.0;
const BEYOND_ENDS: f32 = 0.1;

/// Whether a line may be one of a zone, or a piece of it.
pub fn is_zone_like(text: &str) -> bool {
    let letters = text.chars().filter(|letter| !letter.is_whitespace());
    let (mut count, mut fillers, mut capitals, mut digits) = (0, 0, 0, 0);
    for letter in letters {
        count += 1;
        match letter {
            '<' | '«' | '‹' | '《' | '〈' | '＜' => fillers += 1,
            'A'..='Z' => capitals += 1,
            '0'..='9' => digits += 1,
            _ => {}
        }
    }
    let mostly_zone = 10 * (fillers + capitals + digits) >= 9 * count;
    let with_fillers = fillers >= FILLERS_MIN && count >= LETTERS_MIN;
    let without = digits >= DIGITS_WITHOUT_FILLERS_MIN && count >= LETTERS_WITHOUT_FILLERS_MIN;
    mostly_zone && (with_fillers || without)
}

/// The part of the image around the zone-like of `lines`; None where none is.
pub fn zone_part(lines: &[TextLine]) -> Option<Quad> {
    let zone_like: Vec<&Corners> =
        lines.iter().filter(|line| is_zone_like(&line.text)).map(|line| &line.corners).collect();
    let length = |corners: &Corners| {
        let (a, b) = (corners[0], corners[1]);
        (b.0 - a.0).hypot(b.1 - a.1)
    };
    let widest = *zone_like.iter().max_by(|a, b| length(a).total_cmp(&length(b)))?;
    let long = length(widest);
    if long < 1.0 {
        return None;
    }
    let (a, b) = (widest[0], widest[1]);
    let along = ((b.0 - a.0) / long, (b.1 - a.1) / long);
    let (mut low, mut high) = ((f32::MAX, f32::MAX), (f32::MIN, f32::MIN));
    for corner in zone_like.iter().flat_map(|corners| corners.iter()) {
        let u = corner.0 * along.0 + corner.1 * along.1;
        let v = corner.1 * along.0 - corner.0 * along.1;
        low = (low.0.min(u), low.1.min(v));
        high = (high.0.max(u), high.1.max(v));
    }
    let height = (widest[3].0 - a.0).hypot(widest[3].1 - a.1);
    let (ends, lines) = (BEYOND_ENDS * long, BEYOND_LINES * height);
    let (low, high) = ((low.0 - ends, low.1 - lines), (high.0 + ends, high.1 + lines));
    let corners = [(low.0, low.1), (high.0, low.1), (high.0, high.1), (low.0, high.1)];
    let back = |(u, v): (f32, f32)| (u * along.0 - v * along.1, u * along.1 + v * along.0);
    Some(Quad { corners: corners.map(back) })
}
