//! Lines in the order in which people read them.

use verax_domain::document_reading::TextLine;

/// Lines whose beginnings lie within this share of a line's height stand beside each other.
const ROW_SHARE: f32 = 0.5;

/// From the top down, and beside each other from where a row begins, seen the way up that the longest line has.
pub fn in_reading_order(lines: &mut [TextLine]) {
    let length = |line: &TextLine| {
        let [a, b, ..] = line.corners;
        (b.0 - a.0).hypot(b.1 - a.1)
    };
    let Some(longest) = lines.iter().max_by(|a, b| length(a).total_cmp(&length(b))) else {
        return;
    };
    let [a, b, ..] = longest.corners;
    let long = length(longest).max(1e-3);
    let along = ((b.0 - a.0) / long, (b.1 - a.1) / long);
    // Middle of the beginning of a line: how far along, how far down.
    let position = |line: &TextLine| {
        let [a, _, _, d] = line.corners;
        let (x, y) = (f32::midpoint(a.0, d.0), f32::midpoint(a.1, d.1));
        (x * along.0 + y * along.1, y * along.0 - x * along.1)
    };
    lines.sort_by(|a, b| position(a).1.total_cmp(&position(b).1));
    let mut start = 0;
    while start < lines.len() {
        let [a, .., d] = lines[start].corners;
        let height = (d.0 - a.0).hypot(d.1 - a.1);
        let top = position(&lines[start]).1;
        let row = lines[start..]
            .iter()
            .take_while(|line| position(line).1 - top <= ROW_SHARE * height)
            .count()
            .max(1);
        lines[start..start + row].sort_by(|a, b| position(a).0.total_cmp(&position(b).0));
        start += row;
    }
}
