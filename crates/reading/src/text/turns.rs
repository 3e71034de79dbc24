//! Which way up text is: a document may lie on its side or on its head.

use verax_domain::document_reading::Corners;

use super::crops::sides;

/// A box is of text that runs across, or up or down, when one side is so many times the other.
const LONG_RATIO: f32 = 1.5;

/// How the lines of an image run, as its boxes show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Across,
    /// Upwards or downwards: the document lies on its side.
    UpOrDown,
}

/// By the length of all lines.
pub fn direction(boxes: &[Corners]) -> Direction {
    let (mut across, mut up_or_down) = (0.0, 0.0);
    for (width, height) in boxes.iter().map(sides) {
        if width > LONG_RATIO * height {
            across += width;
        } else if height > LONG_RATIO * width {
            up_or_down += height;
        }
    }
    if up_or_down > across { Direction::UpOrDown } else { Direction::Across }
}

/// Corners of a box as they follow each other on a document that was turned by so many quarter turns
/// clockwise: the first is where its text begins.
pub fn turned(corners: &Corners, quarter_turns: usize) -> Corners {
    let mut corners = *corners;
    corners.rotate_left(quarter_turns % 4);
    corners
}

/// The quarter turns by which a box by itself runs downwards on a document whose lines run across.
pub fn downwards(corners: &Corners) -> usize {
    let (width, height) = sides(corners);
    usize::from(height > LONG_RATIO * width)
}
