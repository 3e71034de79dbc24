//! `verax bench faces --grid`: whether one face stays the same face and live, however it is photographed:
//! margin x tilt x size x place.

use std::io::Write;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use verax_domain::face_findings::{DetectedFace, PointPx};
use verax_domain::face_verdict::{FacePolicy, FaceRejection, attack_rejection};
use verax_vision::faces::{FaceEngine, FaceRequest, Similarity, Template};
use verax_vision::image::{DecodeLimits, Image};
use verax_vision::workers::Waiting;

use crate::clock::Random;

/// Width and height of the scenes, and the pixels between the eyes.
const SIZES: [(u32, u32, f64); 6] = [
    (1920, 1080, 30.0),
    (1920, 1080, 40.0),
    (1920, 1080, 60.0),
    (1920, 1080, 150.0),
    (3000, 4000, 75.0),
    (3000, 4000, 400.0),
];
const TILTS_DEGREES: [f64; 9] = [0.0, 10.0, 20.0, 30.0, 45.0, 90.0, 135.0, 180.0, 270.0];
/// The sides of a portrait over those of the face in it.
const MARGINS: [f64; 8] = [1.0, 1.1, 1.2, 1.3, 1.45, 1.6, 2.0, 2.7];
/// How many times the face's box lies in a scene: the largest crop of the attack check is within it, else
/// the edge would look like that of a print.
const PASTED: f64 = 3.0;
const GREY: u8 = 118;

/// What a scene with the same face gave.
#[derive(Default)]
struct Cell {
    scenes: usize,
    no_face: usize,
    /// Below the limit of a match, of those with a face.
    another_face: usize,
    lowest_match: Option<f64>,
    too_close: usize,
    turned: usize,
    /// Called an attack.
    not_live: usize,
    detect_ms: Vec<f64>,
}

impl Cell {
    fn json(&self, name: &Value) -> Value {
        json!({
            "scene": name,
            "scenes": self.scenes,
            "noFace": self.no_face,
            "anotherFace": self.another_face,
            "lowestMatchScore": self.lowest_match,
            "tooClose": self.too_close,
            "turned": self.turned,
            "calledAnAttack": self.not_live,
            "detectMs": self.median_ms(),
        })
    }

    fn median_ms(&self) -> f64 {
        let mut times = self.detect_ms.clone();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn print(&self, out: &mut dyn Write, name: &str) -> Result<()> {
        writeln!(
            out,
            "{name:<30} {:>6} {:>8} {:>13} {:>13.3} {:>10} {:>7} {:>10} {:>10.1}",
            self.scenes,
            self.no_face,
            self.another_face,
            self.lowest_match.unwrap_or(f64::NAN),
            self.too_close,
            self.turned,
            self.not_live,
            self.median_ms(),
        )?;
        Ok(())
    }
}

/// Measures `places` scenes a cell with the largest face of `portrait`.
pub fn run(
    engine: &FaceEngine,
    portrait: &[u8],
    places: usize,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<()> {
    ensure!((1..=1000).contains(&places), "the number of places must be 1 to 1000");
    let portrait = Image::decode(portrait, &DecodeLimits::default())?;
    let request = FaceRequest::default();
    let measured = engine.analyse_image(&portrait, &request, &Waiting::always())?;
    let face = *measured.findings.faces.first().context("the portrait has no face")?;
    let template = measured.template.context("the face of the portrait cannot be measured")?;
    let random = Random::seeded(12);
    let mut cells = Vec::new();
    for (width, height, eyes_px) in SIZES {
        for tilt_degrees in TILTS_DEGREES {
            let mut cell = Cell::default();
            for _ in 0..places {
                let place = [random.number(), random.number()].map(|it| (it % 1000) as f64 / 999.0);
                let scene = Scene { width, height, eyes_px, tilt_degrees, place };
                add(&mut cell, engine, &scene.of(&portrait, &face), &template)?;
            }
            let name = format!("{width}x{height}, eyes {eyes_px} px, {tilt_degrees} degrees");
            cells.push((name, cell));
        }
    }
    for margin in MARGINS {
        for quarter_turns in 0..4 {
            let mut cell = Cell::default();
            let cut = cut(&portrait, &face, margin);
            add(&mut cell, engine, &turned(&cut, quarter_turns), &template)?;
            let degrees = 90 * quarter_turns;
            cells.push((format!("cut at {margin} times, {degrees} degrees"), cell));
        }
    }
    if as_json {
        let cells: Vec<Value> =
            cells.iter().map(|(name, cell)| cell.json(&name.as_str().into())).collect();
        serde_json::to_writer_pretty(&mut *out, &cells)?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(
        out,
        "{:<30} {:>6} {:>8} {:>13} {:>13} {:>10} {:>7} {:>10} {:>10}",
        "one face in",
        "scenes",
        "no face",
        "another face",
        "lowest match",
        "too close",
        "turned",
        "\"attack\"",
        "detect ms"
    )?;
    cells.iter().try_for_each(|(name, cell)| cell.print(out, name))
}

fn add(cell: &mut Cell, engine: &FaceEngine, scene: &Image, same: &Template) -> Result<()> {
    let policy = FacePolicy::default();
    let measured = engine.analyse_image(scene, &FaceRequest::default(), &Waiting::always())?;
    cell.scenes += 1;
    cell.detect_ms.push(measured.timings.detect.as_secs_f64() * 1000.0);
    let (Some(face), Some(template)) = (measured.findings.faces.first(), &measured.template) else {
        cell.no_face += 1;
        return Ok(());
    };
    let score = same.compare(template).match_score;
    cell.lowest_match = Some(cell.lowest_match.map_or(score, |lowest| lowest.min(score)));
    cell.another_face += usize::from(score < policy.match_score_min);
    match (&measured.findings.attack, attack_rejection(face, scene.width, scene.height)) {
        (Some(attack), _) => {
            cell.not_live += usize::from(attack.liveness_score < policy.liveness_score_min);
        }
        (None, Some(FaceRejection::FaceTurned { .. })) => cell.turned += 1,
        (None, _) => cell.too_close += 1,
    }
    Ok(())
}

/// A grey image of this size with a part of a portrait at a place (shares of the room for it), its eyes so
/// many pixels apart, turned clockwise.
struct Scene {
    width: u32,
    height: u32,
    eyes_px: f64,
    tilt_degrees: f64,
    place: [f64; 2],
}

impl Scene {
    fn of(&self, portrait: &Image, face: &DetectedFace) -> Image {
        let scale = self.eyes_px / face.inter_eye_distance_px();
        let (half_width, half_height) =
            (PASTED * face.width_px / 2.0, PASTED * face.height_px / 2.0);
        let (sin, cos) = self.tilt_degrees.to_radians().sin_cos();
        let reach_x = scale * (half_width * cos.abs() + half_height * sin.abs());
        let reach_y = scale * (half_width * sin.abs() + half_height * cos.abs());
        let along = |side: u32, reach: f64, share: f64| {
            let side = f64::from(side);
            // What is larger than the image stays in its middle.
            if side <= 2.0 * reach { side / 2.0 } else { reach + share * (side - 2.0 * reach) }
        };
        let at = PointPx {
            x: along(self.width, reach_x, self.place[0]),
            y: along(self.height, reach_y, self.place[1]),
        };
        let middle = PointPx {
            x: face.origin.x + face.width_px / 2.0,
            y: face.origin.y + face.height_px / 2.0,
        };
        let (a, b) = (scale * cos, scale * sin);
        let to_scene = Similarity {
            a,
            b,
            dx: at.x - a * middle.x + b * middle.y,
            dy: at.y - b * middle.x - a * middle.y,
        };
        let back = to_scene.inverse();
        // A pixel of the scene is the mean of so many by so many samples.
        let samples = (1.0 / scale).ceil().clamp(1.0, 8.0) as u32;
        let mut scene = Image {
            width: self.width,
            height: self.height,
            rgb: vec![GREY; self.width as usize * self.height as usize * 3],
        };
        let rows = |at: f64, reach: f64, side: u32| {
            ((at - reach).max(0.0) as u32)..((at + reach) as u32 + 1).min(side)
        };
        for y in rows(at.y, reach_y, self.height) {
            for x in rows(at.x, reach_x, self.width) {
                let mut sums = [0.0; 3];
                for step in 0..samples * samples {
                    let shift = |step: u32| (f64::from(step) + 0.5) / f64::from(samples) - 0.5;
                    let source = back.apply(PointPx {
                        x: f64::from(x) + shift(step % samples),
                        y: f64::from(y) + shift(step / samples),
                    });
                    let inside = (source.x - middle.x).abs() <= half_width
                        && (source.y - middle.y).abs() <= half_height;
                    let pixel = if inside { sample(portrait, source) } else { None };
                    let pixel = pixel.unwrap_or([f64::from(GREY); 3]);
                    sums = std::array::from_fn(|channel| sums[channel] + pixel[channel]);
                }
                let start = (y as usize * self.width as usize + x as usize) * 3;
                for (level, sum) in scene.rgb[start..start + 3].iter_mut().zip(sums) {
                    *level = (sum / f64::from(samples * samples)).round() as u8;
                }
            }
        }
        scene
    }
}

// Bilinear; none outside the image.
fn sample(image: &Image, at: PointPx) -> Option<[f64; 3]> {
    let (last_x, last_y) = (f64::from(image.width) - 1.0, f64::from(image.height) - 1.0);
    if !(0.0..=last_x).contains(&at.x) || !(0.0..=last_y).contains(&at.y) {
        return None;
    }
    let (left, top) = (at.x.floor(), at.y.floor());
    let (across, down) = (at.x - left, at.y - top);
    let level = |x: f64, y: f64, channel: usize| {
        let (x, y) = (x.min(last_x) as usize, y.min(last_y) as usize);
        f64::from(image.rgb[(y * image.width as usize + x) * 3 + channel])
    };
    Some(std::array::from_fn(|channel| {
        let upper =
            level(left, top, channel) * (1.0 - across) + level(left + 1.0, top, channel) * across;
        let lower = level(left, top + 1.0, channel) * (1.0 - across)
            + level(left + 1.0, top + 1.0, channel) * across;
        upper * (1.0 - down) + lower * down
    }))
}

/// The part of an image that is `margin` times the face, as far as the image has it.
fn cut(image: &Image, face: &DetectedFace, margin: f64) -> Image {
    let span = |origin: f64, length: f64, side: u32| {
        let (centre, half) = (origin + length / 2.0, length * margin / 2.0);
        let side = f64::from(side);
        ((centre - half).clamp(0.0, side) as usize, (centre + half).clamp(0.0, side) as usize)
    };
    let (left, right) = span(face.origin.x, face.width_px, image.width);
    let (top, bottom) = span(face.origin.y, face.height_px, image.height);
    let width = image.width as usize;
    let rows =
        (top..bottom).flat_map(|y| &image.rgb[(y * width + left) * 3..(y * width + right) * 3]);
    Image {
        width: (right - left) as u32,
        height: (bottom - top) as u32,
        rgb: rows.copied().collect(),
    }
}

/// Turned clockwise by so many quarter turns.
fn turned(image: &Image, quarter_turns: u32) -> Image {
    let (width, height) = (image.width as usize, image.height as usize);
    let (new_width, new_height) =
        if quarter_turns.is_multiple_of(2) { (width, height) } else { (height, width) };
    let pixels = image.rgb.as_chunks::<3>().0;
    let places = (0..new_height).flat_map(|y| (0..new_width).map(move |x| (x, y)));
    let rgb = places.flat_map(|(x, y)| {
        let (x, y) = match quarter_turns % 4 {
            0 => (x, y),
            1 => (y, height - 1 - x),
            2 => (width - 1 - x, height - 1 - y),
            _ => (width - 1 - y, x),
        };
        pixels[y * width + x]
    });
    Image { width: new_width as u32, height: new_height as u32, rgb: rgb.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portrait() -> (Image, DetectedFace) {
        // Red on the left, blue on the right, and a box in the middle.
        let rgb = (0..200)
            .flat_map(|_| (0..200).flat_map(|x| if x < 100 { [200, 0, 0] } else { [0, 0, 200] }));
        let at = |x: f64, y: f64| PointPx { x, y };
        let face = DetectedFace {
            origin: at(70.0, 70.0),
            width_px: 60.0,
            height_px: 60.0,
            confidence: 0.9,
            points: [
                at(90.0, 90.0),
                at(110.0, 90.0),
                at(100.0, 100.0),
                at(93.0, 115.0),
                at(107.0, 115.0),
            ],
        };
        (Image { width: 200, height: 200, rgb: rgb.collect() }, face)
    }

    fn pixel(image: &Image, x: u32, y: u32) -> &[u8] {
        let at = (y * image.width + x) as usize * 3;
        &image.rgb[at..at + 3]
    }

    #[test]
    fn a_scene_holds_the_face_at_its_place_in_its_size_and_turned() {
        let (portrait, face) = portrait();
        let scene = |tilt_degrees, place| {
            Scene { width: 400, height: 300, eyes_px: 10.0, tilt_degrees, place }
                .of(&portrait, &face)
        };
        // Half the size: the part that is pasted is 90 pixels wide.
        let upright = scene(0.0, [0.0, 0.0]);
        assert_eq!(pixel(&upright, 20, 45), [200, 0, 0]);
        assert_eq!(pixel(&upright, 70, 45), [0, 0, 200]);
        assert_eq!(pixel(&upright, 95, 45), [GREY; 3]);
        // What was left is above, clockwise.
        let lying = scene(90.0, [1.0, 1.0]);
        assert_eq!(pixel(&lying, 355, 235), [200, 0, 0]);
        assert_eq!(pixel(&lying, 355, 275), [0, 0, 200]);
    }

    #[test]
    fn a_cut_is_as_large_as_asked_and_turns_clockwise() {
        let (portrait, face) = portrait();
        let cut = cut(&portrait, &face, 1.5);
        assert_eq!((cut.width, cut.height), (90, 90));
        let upper = turned(&cut, 1);
        assert_eq!(
            (pixel(&upper, 45, 5), pixel(&upper, 45, 85)),
            (&[200, 0, 0][..], &[0, 0, 200][..])
        );
        assert_eq!(turned(&turned(&cut, 1), 3), cut);
        assert_eq!(turned(&turned(&cut, 2), 2), cut);
    }
}
