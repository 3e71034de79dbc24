//! Text: where its lines are, and what they say.

pub mod boxes;
mod crops;
pub mod lines;
mod turns;

use verax_domain::document_reading::{Corners, TextLine};
use verax_vision::document::{Quad, rectified_to, square_to_quad};
use verax_vision::image::Image;
use verax_vision::network::{Buffers, NchwTensor, Network, NetworkError};

use boxes::find_boxes;
use lines::LineReader;
use turns::{Direction, direction, downwards, turned};

/// The probe of the network of boxes: no map of its nodes is smaller than two pixels.
const PROBE_PX: (usize, usize) = (96, 64);
/// What the network of boxes divides its sides by.
const SIDE_STEP_PX: usize = 32;
/// No side is brought to less or more.
const SIDES_PX: std::ops::RangeInclusive<usize> = 64..=1536;
/// The sum of the widths of all lines that are read of one image, as the network gets them: what reading
/// costs is in proportion to it.
const WIDTH_SUM_MAX_PX: usize = 40_000;
/// Lines that are read both ways up.
const SAMPLES_MAX: usize = 3;
/// Text that is read with less confidence on the whole may stand on its head.
const UPRIGHT_CONFIDENCE: f32 = 0.8;

/// The networks of text.
pub struct TextReader {
    boxes: Network,
    lines: LineReader,
}

impl TextReader {
    /// # Errors
    /// A model cannot be read.
    pub fn load(boxes: Vec<u8>, lines: Vec<u8>) -> Result<TextReader, NetworkError> {
        let probe = NchwTensor::noise(PROBE_PX.0, PROBE_PX.1).normalised();
        let boxes = Network::load("text boxes", boxes, &["fetch_name_0"], &probe)?;
        Ok(TextReader { boxes, lines: LineReader::load(lines)? })
    }

    /// The boxes of lines within a part of an image, whose longer side is brought to `side_px`. Corners are
    /// in pixels of the image, clockwise from the top left of each line as the part is seen.
    ///
    /// # Errors
    /// The network fails.
    pub fn boxes(
        &self,
        image: &Image,
        part: &Quad,
        side_px: usize,
    ) -> Result<Vec<Corners>, NetworkError> {
        let (across, along) = part.size();
        let scale = side_px as f32 / across.max(along).max(1.0);
        let side = |length: f32| {
            let side = (length * scale / SIDE_STEP_PX as f32).round() as usize * SIDE_STEP_PX;
            side.clamp(*SIDES_PX.start(), *SIDES_PX.end())
        };
        let (width, height) = (side(across), side(along));
        let colours = rectified_to(image, part, width, height);
        let mut input = NchwTensor::black(width, height);
        let planes = [&colours.b, &colours.g, &colours.r];
        for (target, plane) in input.values.chunks_exact_mut(width * height).zip(planes) {
            for (slot, level) in target.iter_mut().zip(&plane.values) {
                *slot = level / 127.5 - 1.0;
            }
        }
        drop(colours);
        let map = self.boxes.run_one(&input)?;
        if map.len() != width * height {
            let output = "a map of the size of its input".to_owned();
            return Err(NetworkError::NoOutput { role: "text boxes", output });
        }
        let m = square_to_quad(part.corners);
        // A corner stands for the centre of a pixel of the map.
        let to_image = |(x, y): (f32, f32)| {
            let (u, v) = ((x + 0.5) / width as f32, (y + 0.5) / height as f32);
            let w = m[6] * u + m[7] * v + m[8];
            let (x, y) = ((m[0] * u + m[1] * v + m[2]) / w, (m[3] * u + m[4] * v + m[5]) / w);
            (x.clamp(0.0, image.width as f32), y.clamp(0.0, image.height as f32))
        };
        Ok(find_boxes(&map, width).iter().map(|found| found.corners.map(to_image)).collect())
    }

    /// Reads the lines within `boxes` of a document that may lie on its side or on its head: the corners of
    /// each line that is given back begin where its text begins.
    ///
    /// # Errors
    /// The network fails.
    pub fn read_upright(
        &self,
        image: &Image,
        boxes: &[Corners],
    ) -> Result<Vec<TextLine>, NetworkError> {
        let turns = match direction(boxes) {
            Direction::UpOrDown => {
                let [upwards, downwards] = [1, 3].map(|turns| samples(boxes, turns));
                let upwards = mean_confidence(&self.read(image, &upwards)?);
                let downwards = mean_confidence(&self.read(image, &downwards)?);
                if downwards > upwards { 3 } else { 1 }
            }
            Direction::Across => {
                let lines = self.read(image, &upright(boxes, 0))?;
                if mean_confidence(&lines) >= UPRIGHT_CONFIDENCE || boxes.is_empty() {
                    return Ok(lines);
                }
                // As they stand they were read already.
                let sampled = samples(boxes, 0);
                let is_sampled = |line: &&TextLine| sampled.contains(&line.corners);
                let as_is = mean_confidence(lines.iter().filter(is_sampled));
                let on_its_head = mean_confidence(&self.read(image, &samples(boxes, 2))?);
                if on_its_head <= as_is {
                    return Ok(lines);
                }
                2
            }
        };
        self.read(image, &upright(boxes, turns))
    }

    /// Reads the lines within `boxes`, as many as the time for one image allows, the widest first.
    ///
    /// # Errors
    /// The network fails.
    pub fn read(&self, image: &Image, boxes: &[Corners]) -> Result<Vec<TextLine>, NetworkError> {
        self.read_stretched(image, boxes, 1.0)
    }

    /// The same with the lines stretched to so many times their width: letters that stand close, such as the
    /// fillers of a zone, are told apart then.
    ///
    /// # Errors
    /// The network fails.
    pub fn read_stretched(
        &self,
        image: &Image,
        boxes: &[Corners],
        stretch: f32,
    ) -> Result<Vec<TextLine>, NetworkError> {
        let mut boxes = boxes.to_vec();
        boxes.sort_by_key(|corners| std::cmp::Reverse(LineReader::input_width(corners)));
        let mut lines = Vec::with_capacity(boxes.len());
        let mut width_left = WIDTH_SUM_MAX_PX;
        let mut buffers = Buffers::default();
        for corners in boxes {
            let width = LineReader::input_width(&corners);
            if width > width_left {
                continue;
            }
            width_left -= width;
            let line = self.lines.read(image, &corners, stretch, &mut buffers)?;
            let confidence = line.confidence();
            lines.push(TextLine { text: line.text, corners, confidence });
        }
        lines.retain(|line| !line.text.trim().is_empty());
        Ok(lines)
    }
}

/// Boxes with their corners from where the text begins, on a document turned by so many quarter turns. On one
/// that is not turned there may be lines that run downwards.
fn upright(boxes: &[Corners], quarter_turns: usize) -> Vec<Corners> {
    let turns = |corners: &Corners| match quarter_turns {
        0 | 2 => quarter_turns + downwards(corners),
        other => other,
    };
    boxes.iter().map(|corners| turned(corners, turns(corners))).collect()
}

/// The widest of what [`upright`] gives.
fn samples(boxes: &[Corners], quarter_turns: usize) -> Vec<Corners> {
    let mut samples = upright(boxes, quarter_turns);
    samples.sort_by_key(|corners| std::cmp::Reverse(LineReader::input_width(corners)));
    samples.truncate(SAMPLES_MAX);
    samples
}

/// Of all letters.
fn mean_confidence<'a>(lines: impl IntoIterator<Item = &'a TextLine>) -> f32 {
    let (mut sum, mut letters) = (0.0, 0.0);
    for line in lines {
        let count = line.text.chars().count() as f32;
        sum += line.confidence * count;
        letters += count;
    }
    sum / f32::max(letters, 1.0)
}
