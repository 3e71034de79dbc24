//! The embedded preview against the picture.

use crate::document::planes::{Colours, Plane, correlation};
use crate::image::{DecodeLimits, Image};

/// Normalised correlation below which the preview shows another picture.
pub(super) const AGREEMENT_MIN: f32 = 0.9;

const WIDTH: usize = 160;
const HEIGHT: usize = 120;

/// The best correlation over the ways a camera may have stored its preview: turned or not, with
/// bars at the sides or not. None when the preview cannot be read or shows nothing.
pub(super) fn agreement(preview: &[u8], image: &Image, orientation: u32) -> Option<f32> {
    let limits = DecodeLimits { pixels_max: 1_000_000, side_px_max: 2_000, ..Default::default() };
    let preview = Image::decode(preview, &limits).ok()?;
    let whole = Colours::exactly(image, WIDTH, HEIGHT).luma();
    if whole.deviation() < 2.0 {
        return None;
    }
    let mut best: Option<f32> = None;
    for turn in turns(orientation) {
        let turned = turned(&preview, turn);
        for candidate in [Some(turned.clone()), without_bars(&turned, image)].into_iter().flatten()
        {
            let small: Plane = Colours::exactly(&candidate, WIDTH, HEIGHT).luma();
            let agreement = correlation(&small.values, &whole.values);
            best = Some(best.map_or(agreement, |b| b.max(agreement)));
        }
    }
    best
}

/// Quarter turns to try: as stored, and as the picture was turned upright.
fn turns(orientation: u32) -> Vec<u32> {
    match orientation {
        3 => vec![0, 2],
        6 => vec![0, 1],
        8 => vec![0, 3],
        _ => vec![0],
    }
}

/// Turned clockwise by quarters.
fn turned(image: &Image, quarters: u32) -> Image {
    let mut now = image.clone();
    for _ in 0..quarters {
        let (w, h) = (now.width as usize, now.height as usize);
        let mut rgb = Vec::with_capacity(now.rgb.len());
        for y in 0..w {
            for x in 0..h {
                let at = ((h - 1 - x) * w + y) * 3;
                rgb.extend_from_slice(&now.rgb[at..at + 3]);
            }
        }
        now = Image { width: h as u32, height: w as u32, rgb };
    }
    now
}

/// The middle of the preview that has the picture's shape, when the shapes differ.
fn without_bars(preview: &Image, image: &Image) -> Option<Image> {
    let (w, h) = (preview.width as usize, preview.height as usize);
    let shape = f64::from(image.width) / f64::from(image.height);
    let own = w as f64 / h as f64;
    if (shape / own - 1.0).abs() < 0.02 {
        return None;
    }
    let (cw, ch) = if shape > own {
        (w, ((w as f64 / shape).round() as usize).clamp(1, h))
    } else {
        (((h as f64 * shape).round() as usize).clamp(1, w), h)
    };
    Some(Colours::region(preview, 1.0, ((w - cw) / 2, (h - ch) / 2), (cw, ch)).to_image())
}
