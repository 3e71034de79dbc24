//! Genuine captures of drawn cards, as files: to count how many of them are rejected.

use verax_domain::document_findings::ImageBox;
use verax_vision::document::seeded::Seeded;
use verax_vision::image::{DecodeLimits, Image};

use crate::simulator::camera::captured;
use crate::simulator::cards::card;
use crate::simulator::edits::SAVINGS;
use crate::simulator::saved;
use crate::training::in_parallel;
use crate::training_set::{LabelledImage, motifs};

/// A photograph of a card, after one way of saving.
#[derive(Debug, Clone)]
pub struct GenuineCapture {
    /// Source of the portrait's motif.
    pub source: String,
    /// `q95`, `q85` or `messenger`.
    pub saving: &'static str,
    pub bytes: Vec<u8>,
    /// Where a face detector would see the portrait's face; none when the image cuts it.
    pub face: Option<ImageBox>,
    /// The card leaves the image.
    pub cut: bool,
    /// The card's corners in pixels, clockwise from its top left.
    pub corners: [(f32, f32); 4],
}

/// From cards that the image cuts off a little to cards that are half as wide as it.
const AROUND: (f32, f32) = (-0.05, 0.4);

/// `count` captures in each way of saving; what `judge` says of them lies in order.
pub fn genuine_captures<T: Send>(
    images: &[LabelledImage],
    count: usize,
    seed: u64,
    threads: usize,
    judge: impl Fn(&GenuineCapture) -> T + Sync,
) -> Vec<T> {
    let motifs = motifs(images);
    let parts = in_parallel(threads, count, |index| {
        let mut random = Seeded::for_part(seed ^ 0xCA97, index as u64);
        let motif = motifs.get(random.below(motifs.len())).copied();
        let decoded = motif.and_then(|m| Image::decode(&m.bytes, &DecodeLimits::default()).ok());
        let drawn = card(&mut random, decoded.as_ref());
        let capture = captured(&mut random, &drawn.image, &[drawn.portrait], AROUND);
        let image = saved(&capture.image, 88 + random.below(9) as u8);
        let each = SAVINGS.map(|saving| {
            let (bytes, scale) = saving.file(&image);
            judge(&GenuineCapture {
                source: motif.map_or_else(|| "drawn".to_owned(), |m| m.source.clone()),
                saving: saving.name(),
                bytes,
                face: face_in(capture.places[0], scale),
                cut: capture.cut,
                corners: capture.corners.map(|(x, y)| (x * scale as f32, y * scale as f32)),
            })
        });
        Vec::from(each)
    });
    parts.into_iter().flatten().collect()
}

/// The portrait is 1.5 faces wide and 1.8 high, as `portrait_around` has it.
fn face_in([x, y, w, h]: [usize; 4], scale: f64) -> Option<ImageBox> {
    let side = |v: f64| (v * scale) as f32;
    let (w, h) = (w as f64, h as f64);
    (w > 40.0 && h > 40.0).then(|| ImageBox {
        x: side(x as f64 + w * (1.0 - 1.0 / 1.5) / 2.0),
        y: side(y as f64 + h * (1.0 - 1.0 / 1.8) / 2.0),
        width: side(w / 1.5),
        height: side(h / 1.8),
    })
}
