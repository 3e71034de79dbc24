//! From a map of how likely each pixel is text to boxes around lines: the post-processing of
//! differentiable binarisation (Liao et al., arXiv:1911.08947).

/// A pixel that is more likely than this belongs to text.
const PIXEL_THRESHOLD: f32 = 0.3;
/// The mean over a box, below which it holds no text.
const BOX_THRESHOLD: f32 = 0.5;
/// The network sees text shrunken: a box grows by its area times this over its perimeter.
const UNCLIP_RATIO: f32 = 1.6;
/// Shorter side of a box in pixels of the map, before and after it grows.
const SIDE_MIN: f32 = 3.0;
const GROWN_SIDE_MIN: f32 = 5.0;
/// No document has more lines; the largest are taken.
const COMPONENTS_MAX: usize = 1000;

/// A line of text on the map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextBox {
    /// In pixels of the map, clockwise from the top left: a rectangle, which may reach over the edge.
    pub corners: [(f32, f32); 4],
    /// The mean of the map inside of it, 0..=1.
    pub score: f32,
}

/// The boxes on a map of `width` values a row, the best seen first. Values that are no numbers are no text;
/// a map that is not a whole number of rows has no boxes.
pub fn find_boxes(map: &[f32], width: usize) -> Vec<TextBox> {
    if width == 0 || map.is_empty() || !map.len().is_multiple_of(width) {
        return Vec::new();
    }
    let mut components = components(&widened(map, width), width);
    components.sort_by_key(|component| std::cmp::Reverse(component.pixels));
    components.truncate(COMPONENTS_MAX);
    let mut boxes: Vec<TextBox> = components
        .iter()
        .filter_map(|component| {
            let rectangle = Rectangle::around(&convex_hull(component.outline.clone()))?;
            if rectangle.shorter_side() < SIDE_MIN {
                return None;
            }
            let score = mean_inside(map, width, &rectangle.corners());
            if score.is_nan() || score < BOX_THRESHOLD {
                return None;
            }
            let grown = rectangle.grown();
            let large = grown.shorter_side() >= GROWN_SIDE_MIN;
            large.then(|| TextBox { corners: clockwise(grown.corners()), score })
        })
        .collect();
    boxes.sort_by(|a, b| b.score.total_cmp(&a.score));
    boxes
}

/// What is text, each pixel spread to its right and downwards, which joins strokes that touch at a corner.
fn widened(map: &[f32], width: usize) -> Vec<bool> {
    let text: Vec<bool> = map.iter().map(|value| *value > PIXEL_THRESHOLD).collect();
    let mut wide = text.clone();
    for (at, slot) in wide.iter_mut().enumerate() {
        let (x, y) = (at % width, at / width);
        *slot |= (x > 0 && text[at - 1])
            || (y > 0 && text[at - width])
            || (x > 0 && y > 0 && text[at - width - 1]);
    }
    wide
}

struct Component {
    pixels: usize,
    /// The ends of its runs along the rows: its hull is theirs.
    outline: Vec<(f32, f32)>,
}

/// A run of text along one row: from `start` up to, and without, `end`.
#[derive(Clone, Copy)]
struct Run {
    row: usize,
    start: usize,
    end: usize,
}

/// What hangs together over sides and corners.
fn components(text: &[bool], width: usize) -> Vec<Component> {
    let runs = runs(text, width);
    let mut parents: Vec<usize> = (0..runs.len()).collect();
    // The first run of the row above that may still touch one of this row.
    let mut above = 0;
    for (index, run) in runs.iter().enumerate() {
        while runs[above].row + 1 < run.row
            || (runs[above].row + 1 == run.row && runs[above].end < run.start)
        {
            above += 1;
        }
        let touching = runs[above..index]
            .iter()
            .enumerate()
            .take_while(|(_, other)| other.row + 1 == run.row && other.start <= run.end);
        for (offset, _) in touching {
            let (a, b) = (root(&mut parents, above + offset), root(&mut parents, index));
            parents[a.max(b)] = a.min(b);
        }
    }
    let mut components: Vec<Component> = Vec::new();
    let mut numbers = vec![usize::MAX; runs.len()];
    for (index, run) in runs.iter().enumerate() {
        let first = root(&mut parents, index);
        if numbers[first] == usize::MAX {
            numbers[first] = components.len();
            components.push(Component { pixels: 0, outline: Vec::new() });
        }
        let component = &mut components[numbers[first]];
        component.pixels += run.end - run.start;
        let y = run.row as f32;
        component.outline.extend([(run.start as f32, y), ((run.end - 1) as f32, y)]);
    }
    components
}

fn runs(text: &[bool], width: usize) -> Vec<Run> {
    let mut runs = Vec::new();
    for (row, pixels) in text.chunks_exact(width).enumerate() {
        let mut start = None;
        for x in 0..=width {
            match (pixels.get(x).copied().unwrap_or(false), start) {
                (true, None) => start = Some(x),
                (false, Some(from)) => {
                    runs.push(Run { row, start: from, end: x });
                    start = None;
                }
                _ => {}
            }
        }
    }
    runs
}

fn root(parents: &mut [usize], mut index: usize) -> usize {
    while parents[index] != index {
        // Each look halves the way of the next one.
        parents[index] = parents[parents[index]];
        index = parents[index];
    }
    index
}

/// Andrew's monotone chain.
fn convex_hull(mut points: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    let chain = |points: &mut dyn Iterator<Item = &(f32, f32)>| {
        let mut line: Vec<(f32, f32)> = Vec::new();
        for &p in points {
            while let [.., a, b] = line[..]
                && (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0) <= 0.0
            {
                line.pop();
            }
            line.push(p);
        }
        line.pop();
        line
    };
    let mut hull = chain(&mut points.iter());
    hull.extend(chain(&mut points.iter().rev()));
    hull
}

/// A rectangle: its middle, the direction of its first side, and half of the lengths of both sides.
#[derive(Clone, Copy)]
struct Rectangle {
    middle: (f32, f32),
    along: (f32, f32),
    half: (f32, f32),
}

impl Rectangle {
    /// The smallest around a hull: one of its sides lies on a side of the hull (Freeman and Shapira 1975).
    fn around(hull: &[(f32, f32)]) -> Option<Rectangle> {
        let mut best: Option<(f32, Rectangle)> = None;
        for (i, a) in hull.iter().enumerate() {
            let b = hull[(i + 1) % hull.len()];
            let length = (b.0 - a.0).hypot(b.1 - a.1);
            if length < 1e-3 {
                continue;
            }
            let along = ((b.0 - a.0) / length, (b.1 - a.1) / length);
            let (mut low, mut high) = ((f32::MAX, f32::MAX), (f32::MIN, f32::MIN));
            for p in hull {
                let (u, v) = (p.0 * along.0 + p.1 * along.1, p.1 * along.0 - p.0 * along.1);
                low = (low.0.min(u), low.1.min(v));
                high = (high.0.max(u), high.1.max(v));
            }
            let area = (high.0 - low.0) * (high.1 - low.1);
            if best.is_none_or(|(least, _)| area < least) {
                let (u, v) = (f32::midpoint(low.0, high.0), f32::midpoint(low.1, high.1));
                let middle = (u * along.0 - v * along.1, u * along.1 + v * along.0);
                let half = ((high.0 - low.0) / 2.0, (high.1 - low.1) / 2.0);
                best = Some((area, Rectangle { middle, along, half }));
            }
        }
        best.map(|(_, rectangle)| rectangle)
    }

    fn shorter_side(&self) -> f32 {
        2.0 * self.half.0.min(self.half.1)
    }

    fn grown(self) -> Rectangle {
        let (a, b) = self.half;
        // Area over perimeter: 4ab / 4(a + b).
        let by = UNCLIP_RATIO * a * b / (a + b).max(1e-6);
        Rectangle { half: (a + by, b + by), ..self }
    }

    fn corners(&self) -> [(f32, f32); 4] {
        let (x, y) = self.along;
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(u, v)| {
            let (u, v) = (u * self.half.0, v * self.half.1);
            (self.middle.0 + u * x - v * y, self.middle.1 + u * y + v * x)
        })
    }
}

/// The corners of a rectangle from its top left: of the two leftmost the upper one.
fn clockwise(mut corners: [(f32, f32); 4]) -> [(f32, f32); 4] {
    corners.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [a, b, c, d] = corners;
    let (top_left, bottom_left) = if a.1 <= b.1 { (a, b) } else { (b, a) };
    let (top_right, bottom_right) = if c.1 <= d.1 { (c, d) } else { (d, c) };
    [top_left, top_right, bottom_right, bottom_left]
}

/// The mean of the map over the pixels in a convex quad; NaN where none is.
fn mean_inside(map: &[f32], width: usize, corners: &[(f32, f32); 4]) -> f32 {
    let height = map.len() / width;
    let least = |pick: fn(&(f32, f32)) -> f32| corners.iter().map(pick).fold(f32::MAX, f32::min);
    let most = |pick: fn(&(f32, f32)) -> f32| corners.iter().map(pick).fold(f32::MIN, f32::max);
    // A hair of room: corners lie on the centres of pixels.
    const ROOM: f32 = 1e-3;
    let top = (least(|c| c.1) - ROOM).ceil().max(0.0) as usize;
    let bottom = ((most(|c| c.1) + ROOM).floor().max(0.0) as usize).min(height - 1);
    let (mut sum, mut count) = (0.0_f64, 0_usize);
    for y in top..=bottom {
        let (mut left, mut right) = (f32::MAX, f32::MIN);
        for (i, a) in corners.iter().enumerate() {
            let b = corners[(i + 1) % 4];
            let (low, high) = if a.1 <= b.1 { (*a, b) } else { (b, *a) };
            let row = y as f32;
            if row < low.1 - ROOM || row > high.1 + ROOM {
                continue;
            }
            let rise = high.1 - low.1;
            if rise <= ROOM {
                left = left.min(low.0.min(high.0));
                right = right.max(low.0.max(high.0));
                continue;
            }
            let x = low.0 + (high.0 - low.0) * ((row - low.1) / rise).clamp(0.0, 1.0);
            left = left.min(x);
            right = right.max(x);
        }
        let from = (left - ROOM).ceil().max(0.0) as usize;
        let to = ((right + ROOM).floor().max(-1.0) + 1.0) as usize;
        for value in &map[y * width..][from.min(width)..to.min(width).max(from.min(width))] {
            if value.is_finite() {
                sum += f64::from(*value);
            }
            count += 1;
        }
    }
    (sum / count as f64) as f32
}
