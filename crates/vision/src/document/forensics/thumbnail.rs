//! The embedded preview against the image.

use crate::document::planes::{Colours, Plane, correlation};
use crate::image::{DecodeLimits, Image};

/// Normalised correlation below which the preview shows another image.
pub(super) const AGREEMENT_MIN: f32 = 0.9;

/// Longest side on which both are compared, in pixels.
const SIDE_PX: f64 = 160.0;
/// Both are sampled on so many points a side.
const GRID: usize = 80;
/// Deviation of luma below which there is nothing to compare: some cameras store a black preview.
const FLAT: f32 = 2.0;
/// Luma up to which a row or column is a bar.
const BAR_LUMA: f32 = 24.0;
/// Shapes that differ by less are the same: previews have whole pixels.
const SAME_SHAPE: f64 = 0.02;
/// Correlation below which a small shift cannot be what is wrong.
const NEAR: f32 = 0.5;
/// Cameras cut the preview a little otherwise than the image: shares of the sides.
const ZOOMS: [f64; 5] = [1.0, 0.97, 0.94, 0.9, 1.03];
const SHIFTS: [f64; 5] = [0.0, -0.015, 0.015, -0.03, 0.03];

/// The best correlation over the ways a camera may have stored its preview: turned or mirrored,
/// with bars, or as the middle of another shape. None when the preview cannot be read or either
/// side shows nothing.
pub(super) fn agreement(preview: &[u8], image: &Image) -> Option<f32> {
    let limits = DecodeLimits { pixels_max: 1_000_000, side_px_max: 2_000, ..Default::default() };
    let preview = Image::decode(preview, &limits).ok()?;
    let side = f64::from(preview.width.max(preview.height)).min(SIDE_PX);
    let (preview, whole) = (reduced(&preview, side), reduced(image, side));
    if preview.std_dev() < FLAT || whole.std_dev() < FLAT {
        return None;
    }
    // Half the sharpness: a preview is sharpened otherwise than an area is averaged.
    let sigma = (side / SIDE_PX) as f32;
    let image_shape = f64::from(image.width) / f64::from(image.height);
    let whole = whole.smoothed(sigma);
    let mut best = -1.0f32;
    for turn in 0..8 {
        for frame in frames(&oriented(&preview, turn), image_shape) {
            let shown = sampled(&frame.smoothed(sigma), Window::WHOLE);
            for window in windows(shape(&frame), image_shape) {
                best = best.max(closest(&shown, &whole, window));
                if best >= AGREEMENT_MIN {
                    return Some(best);
                }
            }
        }
    }
    Some(best)
}

/// A part of a plane, in shares of its sides.
#[derive(Clone, Copy)]
struct Window {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Window {
    const WHOLE: Self = Self { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };

    fn centred(width: f64, height: f64) -> Self {
        Self { x: (1.0 - width) / 2.0, y: (1.0 - height) / 2.0, width, height }
    }

    /// The largest part of the shape `wanted` in the middle of something of the shape `of`.
    fn middle(wanted: f64, of: f64) -> Self {
        if wanted > of { Self::centred(1.0, of / wanted) } else { Self::centred(wanted / of, 1.0) }
    }

    /// Scaled about its middle, then shifted by shares of itself.
    fn moved(self, zoom: f64, (dx, dy): (f64, f64)) -> Self {
        let (width, height) = (self.width * zoom, self.height * zoom);
        Self {
            x: self.x + (self.width - width) / 2.0 + dx * self.width,
            y: self.y + (self.height - height) / 2.0 + dy * self.height,
            width,
            height,
        }
    }
}

fn reduced(image: &Image, side: f64) -> Plane {
    let factor = f64::from(image.width.max(image.height)) / side;
    let size = |px: u32| ((f64::from(px) / factor).round() as usize).max(1);
    Colours::exactly(image, size(image.width), size(image.height)).luma()
}

fn shape(plane: &Plane) -> f64 {
    plane.width as f64 / plane.height as f64
}

fn differ(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() >= SAME_SHAPE
}

/// One of the eight orientations of EXIF: mirrored from 4 on, turned by quarters.
fn oriented(plane: &Plane, turn: usize) -> Plane {
    let (w, h) = (plane.width, plane.height);
    let across = |x: usize| if turn >= 4 { w - 1 - x } else { x };
    match turn % 4 {
        0 => Plane::from_fn(w, h, |x, y| plane.at(across(x), y)),
        1 => Plane::from_fn(h, w, |x, y| plane.at(across(y), h - 1 - x)),
        2 => Plane::from_fn(w, h, |x, y| plane.at(across(w - 1 - x), h - 1 - y)),
        _ => Plane::from_fn(h, w, |x, y| plane.at(across(w - 1 - y), x)),
    }
}

/// What of the preview may be the image: all of it, what lies between dark bars, and the middle
/// that has the image's shape.
fn frames(preview: &Plane, image_shape: f64) -> Vec<Plane> {
    let mut frames = vec![preview.clone()];
    frames.extend(between_bars(preview));
    if differ(shape(preview), image_shape) {
        let middle = Window::middle(image_shape, shape(preview));
        let size = |share: f64, px: usize| ((share * px as f64).round() as usize).max(1);
        let (w, h) = (size(middle.width, preview.width), size(middle.height, preview.height));
        frames.push(preview.window(
            ((preview.width - w) / 2) as isize,
            ((preview.height - h) / 2) as isize,
            w,
            h,
        ));
    }
    frames
}

fn between_bars(plane: &Plane) -> Option<Plane> {
    let (w, h) = (plane.width, plane.height);
    let row = |y: &usize| (0..w).all(|x| plane.at(x, *y) <= BAR_LUMA);
    let column = |x: &usize| (0..h).all(|y| plane.at(*x, y) <= BAR_LUMA);
    let top = (0..h).take_while(row).count();
    let bottom = (0..h).rev().take_while(row).count();
    let left = (0..w).take_while(column).count();
    let right = (0..w).rev().take_while(column).count();
    // The rows beside a bar are mixed with it.
    let inner = |px: usize| if px > 0 { px + 1 } else { 0 };
    let (x0, y0) = (inner(left), inner(top));
    let (x1, y1) = (w.saturating_sub(inner(right)), h.saturating_sub(inner(bottom)));
    let cut = (x0, y0, x1, y1) != (0, 0, w, h);
    // Less than half a side is no image with bars.
    (cut && x1 > x0 + w / 2 && y1 > y0 + h / 2)
        .then(|| plane.window(x0 as isize, y0 as isize, x1 - x0, y1 - y0))
}

/// Where in the image a frame of this shape may lie: all of it, and its middle.
fn windows(frame: f64, image: f64) -> Vec<Window> {
    let mut windows = vec![Window::WHOLE];
    if differ(frame, image) {
        windows.push(Window::middle(frame, image));
    }
    windows
}

/// The best correlation with the window or what lies close to it.
fn closest(shown: &[f32], whole: &Plane, window: Window) -> f32 {
    let at = |window: Window| correlation(shown, &sampled(whole, window));
    let mut best = at(window);
    if best < NEAR {
        return best;
    }
    for zoom in ZOOMS {
        for dx in SHIFTS {
            for dy in SHIFTS {
                if best >= AGREEMENT_MIN {
                    return best;
                }
                best = best.max(at(window.moved(zoom, (dx, dy))));
            }
        }
    }
    best
}

/// The window on a square grid, between pixels linearly; beyond the edge the edge goes on.
fn sampled(plane: &Plane, window: Window) -> Vec<f32> {
    let places = |from: f64, length: f64, px: usize| -> Vec<(usize, usize, f32)> {
        (0..GRID)
            .map(|i| {
                let share = from + length * (i as f64 + 0.5) / GRID as f64;
                let at = (share * px as f64 - 0.5).clamp(0.0, (px - 1) as f64);
                let low = at as usize;
                (low, (low + 1).min(px - 1), (at - low as f64) as f32)
            })
            .collect()
    };
    let columns = places(window.x, window.width, plane.width);
    let mut values = Vec::with_capacity(GRID * GRID);
    for (y0, y1, below) in places(window.y, window.height, plane.height) {
        let (upper, lower) = (plane.row(y0), plane.row(y1));
        for &(x0, x1, right) in &columns {
            let a = upper[x0] + right * (upper[x1] - upper[x0]);
            let b = lower[x0] + right * (lower[x1] - lower[x0]);
            values.push(a + below * (b - a));
        }
    }
    values
}
