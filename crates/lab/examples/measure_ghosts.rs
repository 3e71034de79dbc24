//! How alike the portrait of a card and its small second portrait are, by the models for faces: what
//! the threshold for another person in the second portrait rests on.
//!
//! `measure_ghosts FOLDER_OF_FOLDED_MODELS PAIRS.csv [DRAWINGS]`: the pairs as `probe,gallery,same`.
#![expect(clippy::unwrap_used, reason = "a tool for developers may stop where it stands")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use verax_lab::simulator::camera::genuine;
use verax_lab::simulator::cards::card;
use verax_lab::simulator::{jpeg, shrunk};
use verax_vision::document::seeded::Seeded;
use verax_vision::document::{DocumentRequest, with_portraits};
use verax_vision::faces::{FaceEngine, FaceRequest, ModelBytes};
use verax_vision::image::{DecodeLimits, Image};
use verax_vision::workers::Waiting;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap();
    let pairs = arguments.next().unwrap();
    let drawings: u64 = arguments.next().map_or(3, |n| n.parse().unwrap());
    let read = |name: &str| std::fs::read(Path::new(&folder).join(name)).ok();
    let models = ModelBytes {
        face_detector: read("face-detector.onnx"),
        face_template: read("face-template.onnx"),
        ..ModelBytes::default()
    };
    let engine = FaceEngine::load(models).unwrap();

    let mut same = BTreeSet::new();
    let mut portraits = BTreeMap::new();
    for line in std::fs::read_to_string(&pairs).unwrap().lines().skip(1) {
        let [probe, gallery, alike] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        if alike == "1" {
            same.extend([
                (probe.to_owned(), gallery.to_owned()),
                (gallery.to_owned(), probe.to_owned()),
            ]);
        }
        for name in [probe, gallery] {
            let path = Path::new(&pairs).with_file_name(name);
            portraits.entry(name.to_owned()).or_insert_with(|| portrait(&engine, &path));
        }
    }
    let (mut mated, mut strangers) = (FoundGhost::default(), FoundGhost::default());
    let mut seed = 0;
    for (name, main) in &portraits {
        for (other, ghost) in &portraits {
            if name != other && same.contains(&(name.clone(), other.clone())) {
                continue;
            }
            let count = if name == other { drawings * 8 } else { drawings };
            let found = if name == other { &mut mated } else { &mut strangers };
            for _ in 0..count {
                seed += 1;
                found.add(cosine(&engine, &photographed(&mut Seeded::new(seed), main, ghost)));
            }
        }
    }
    println!("{} portraits", portraits.len());
    for (what, found) in [("the same person", &mut mated), ("another person", &mut strangers)] {
        found.cosines.sort_by(f32::total_cmp);
        let at = |share: f64| found.cosines[((found.cosines.len() - 1) as f64 * share) as usize];
        println!(
            "{what}: second portrait found in {} of {}; cosine 1 % {:.3}, 5 % {:.3}, 50 % {:.3}, 95 % {:.3}, 99 % {:.3}",
            found.cosines.len(),
            found.tried,
            at(0.01),
            at(0.05),
            at(0.5),
            at(0.95),
            at(0.99)
        );
    }
    println!(
        "threshold, genuine second portraits rejected, another person accepted (of those found)"
    );
    for threshold in [0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50] {
        let below = |found: &FoundGhost| found.cosines.iter().filter(|c| **c < threshold).count();
        println!(
            "{threshold:.2}  {:>4} of {}  {:>4} of {}",
            below(&mated),
            mated.cosines.len(),
            strangers.cosines.len() - below(&strangers),
            strangers.cosines.len()
        );
    }
}

#[derive(Default)]
struct FoundGhost {
    tried: usize,
    cosines: Vec<f32>,
}

impl FoundGhost {
    fn add(&mut self, cosine: Option<f32>) {
        self.tried += 1;
        self.cosines.extend(cosine);
    }
}

/// The part of a photograph that a portrait shows.
fn portrait(engine: &FaceEngine, path: &Path) -> Image {
    let bytes = std::fs::read(path).unwrap();
    let image = Image::decode(&bytes, &DecodeLimits::default()).unwrap();
    let measured = engine.analyse_image(&image, &FaceRequest::default(), &Waiting::always());
    let face = measured.unwrap().findings.faces.remove(0);
    let (cx, cy) = (face.origin.x + face.width_px / 2.0, face.origin.y + face.height_px / 2.0);
    let x0 = (cx - 0.75 * face.width_px).max(0.0) as u32;
    let y0 = (cy - 0.9 * face.height_px).max(0.0) as u32;
    let x1 = ((cx + 0.75 * face.width_px) as u32).min(image.width);
    let y1 = ((cy + 0.9 * face.height_px) as u32).min(image.height);
    let mut rgb = Vec::new();
    for y in y0..y1 {
        let row = (y * image.width) as usize * 3;
        rgb.extend_from_slice(&image.rgb[row + x0 as usize * 3..row + x1 as usize * 3]);
    }
    Image { width: x1 - x0, height: y1 - y0, rgb }
}

/// A card with both portraits, photographed and saved: the second is small, grey, pale, and printed
/// through the lines of the background.
fn photographed(random: &mut Seeded, main: &Image, ghost: &Image) -> Image {
    let mut drawn = card(random, None);
    let [x, y, w, h] = drawn.portrait;
    put(&mut drawn.image, main, (x, y, w, h), 1.0);
    let share = f64::from(random.between(0.4, 0.65));
    let (gw, gh) = ((w as f64 * share) as usize, (h as f64 * share) as usize);
    let strength = random.between(0.35, 0.75);
    let grey = without_colour(ghost);
    put(&mut drawn.image, &grey, (960 - gw, 600 - gh, gw, gh), strength);
    let captured = genuine(random, &drawn.image);
    let bytes = jpeg(&captured, 80 + random.below(16) as u8);
    Image::decode(&bytes, &DecodeLimits::default()).unwrap()
}

fn put(canvas: &mut Image, part: &Image, (x, y, w, h): (usize, usize, usize, usize), share: f32) {
    let factor = (w as f64 / f64::from(part.width)).max(h as f64 / f64::from(part.height));
    let part = if factor < 1.0 { shrunk(part, factor) } else { part.clone() };
    let (pw, ph) = (part.width as usize, part.height as usize);
    for row in 0..h {
        for column in 0..w {
            let from = ((row * ph / h) * pw + column * pw / w) * 3;
            let to = ((y + row) * canvas.width as usize + x + column) * 3;
            for channel in 0..3 {
                let (below, above) =
                    (f32::from(canvas.rgb[to + channel]), f32::from(part.rgb[from + channel]));
                canvas.rgb[to + channel] = (below + share * (above - below)) as u8;
            }
        }
    }
}

fn without_colour(image: &Image) -> Image {
    let mut grey = image.clone();
    for pixel in grey.rgb.chunks_exact_mut(3) {
        let luma = pixel.iter().map(|v| u32::from(*v)).sum::<u32>() / 3;
        pixel.fill(luma as u8);
    }
    grey
}

fn cosine(engine: &FaceEngine, image: &Image) -> Option<f32> {
    Some(with_portraits(DocumentRequest::ALL, engine, image).ghost?.similarity)
}
