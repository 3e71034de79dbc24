//! Values that stand beside a label on a document: what a client looks for besides. Pure.

use serde::{Deserialize, Serialize};
use verax_query::fold;

use crate::document_reading::{Corners, DocumentSide, SideReading, TextLine};

/// So many labels are looked for on one document.
pub const LABELS_MAX: usize = 50;
/// Lines of one side: more is a page of text.
const LINES_MAX: usize = 200;
/// A value begins so many heights of its label below it, at most, or beside it.
const BELOW_MAX: f32 = 2.5;
const BESIDE_MAX: f32 = 8.0;

/// A value that is looked for, and the label that it stands beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    pub name: String,
    pub label: String,
}

/// What stands beside a label.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledValue {
    pub name: String,
    pub value: String,
    pub side: DocumentSide,
    pub corners: Corners,
    /// 0..=1.
    pub confidence: f32,
}

/// An upright box, in pixels.
#[derive(Clone, Copy)]
struct Extent {
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
}

/// The first value for each label: what follows it on its line, or else the line beside it, or below it.
pub fn read_labels(labels: &[Label], sides: &[SideReading]) -> Vec<LabelledValue> {
    let found = |label: &Label| {
        sides.iter().find_map(|side| {
            let (value, line) = beside(&folded(&label.label), &side.lines)?;
            Some(LabelledValue {
                name: label.name.clone(),
                value,
                side: side.side,
                corners: line.corners,
                confidence: line.confidence,
            })
        })
    };
    labels.iter().take(LABELS_MAX).filter_map(found).collect()
}

fn beside<'a>(label: &str, lines: &'a [TextLine]) -> Option<(String, &'a TextLine)> {
    let label = label.trim();
    if label.is_empty() {
        return None;
    }
    let lines = || lines.iter().take(LINES_MAX);
    let (at, line) = lines().enumerate().find(|(_, line)| folded(&line.text).contains(label))?;
    if let Some(rest) = after(label, &line.text) {
        return Some((rest, line));
    }
    let own = Extent::of(line);
    let others = || lines().enumerate().filter(|(other, _)| *other != at).map(|(_, line)| line);
    let near = |distance: &dyn Fn(Extent) -> Option<f32>| {
        let placed = others().filter_map(|line| Some((distance(Extent::of(line))?, line)));
        placed.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, line)| line)
    };
    let line = near(&|it| own.to_the_right(it)).or_else(|| near(&|it| own.below(it)))?;
    Some((line.text.trim().to_owned(), line))
}

/// As labels are compared. A degree sign stands for the ordinal indicator in `N°`.
fn folded(text: &str) -> String {
    fold(&text.replace('°', "º"))
}

/// What follows a label on its line, as it is written there.
fn after(label: &str, text: &str) -> Option<String> {
    // Folding may change how long a text is: the shortest beginning that holds the label is looked for.
    let ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8());
    let end = ends.into_iter().find(|end| folded(&text[..*end]).contains(label))?;
    let rest =
        text[end..].trim_matches(|letter: char| letter.is_whitespace() || ":.-".contains(letter));
    (!rest.is_empty()).then(|| rest.to_owned())
}

impl Extent {
    fn of(line: &TextLine) -> Extent {
        let (xs, ys) = (line.corners.map(|it| it.0), line.corners.map(|it| it.1));
        let least = |all: [f32; 4]| all.into_iter().fold(f32::INFINITY, f32::min);
        let most = |all: [f32; 4]| all.into_iter().fold(f32::NEG_INFINITY, f32::max);
        Extent { left: least(xs), right: most(xs), top: least(ys), bottom: most(ys) }
    }

    fn height(self) -> f32 {
        self.bottom - self.top
    }

    /// How far to the right another begins, on the same row.
    fn to_the_right(self, other: Extent) -> Option<f32> {
        let shared = self.bottom.min(other.bottom) - self.top.max(other.top);
        let distance = other.left - self.right;
        let is_beside = shared * 2.0 >= self.height().min(other.height())
            && distance > -self.height()
            && distance <= BESIDE_MAX * self.height();
        (is_beside && other.left > self.left).then_some(distance)
    }

    /// How far below another begins, with a part of it under this.
    fn below(self, other: Extent) -> Option<f32> {
        let shared = self.right.min(other.right) - self.left.max(other.left);
        let distance = other.top - self.bottom;
        let is_below = shared > 0.0
            && distance > -self.height() / 2.0
            && distance <= BELOW_MAX * self.height();
        (is_below && other.top > self.top).then_some(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document_reading::TextState;

    fn line(text: &str, (left, top): (f32, f32)) -> TextLine {
        let (right, bottom) = (left + 10.0 * text.len() as f32, top + 20.0);
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        TextLine { text: text.to_owned(), corners, confidence: 0.9 }
    }

    fn side(lines: Vec<TextLine>) -> SideReading {
        SideReading {
            side: DocumentSide::Front,
            text_state: TextState::Read,
            document: None,
            mrz: None,
            barcodes: Vec::new(),
            lines,
            values: Vec::new(),
        }
    }

    fn value(label: &str, lines: Vec<TextLine>) -> Option<String> {
        let label = Label { name: "x".to_owned(), label: label.to_owned() };
        read_labels(&[label], &[side(lines)]).pop().map(|it| it.value)
    }

    #[test]
    fn a_value_is_found_after_its_label_beside_it_or_below_it() {
        let after = vec![line("Nº de matrícula: A-77", (0.0, 0.0))];
        assert_eq!(value("n° de MATRICULA", after).as_deref(), Some("A-77"));
        let beside = vec![
            line("Matrícula", (0.0, 100.0)),
            line("below", (0.0, 125.0)),
            line("A-77", (120.0, 102.0)),
        ];
        assert_eq!(value("matricula", beside).as_deref(), Some("A-77"));
        let below = vec![
            line("far", (0.0, 400.0)),
            line("Matrícula", (0.0, 100.0)),
            line("A-77", (5.0, 126.0)),
            line("above", (0.0, 75.0)),
        ];
        assert_eq!(value("matricula", below).as_deref(), Some("A-77"));
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let lines = || vec![line("Matrícula", (0.0, 100.0)), line("far", (900.0, 900.0))];
        for label in ["", " ", "Name", "matricula"] {
            assert_eq!(value(label, lines()), None, "{label}");
        }
        assert_eq!(value("x", Vec::new()), None);
        let broken =
            TextLine { corners: [(f32::NAN, f32::NAN); 4], ..line("Matrícula", (0.0, 0.0)) };
        assert_eq!(value("matricula", vec![broken, line("a", (0.0, 0.0))]), None);
    }
}
