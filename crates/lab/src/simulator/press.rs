//! An image photocopied: black toner on white paper, dot gain.

use super::Light;
use super::camera::{AROUND, photograph, room};
use verax_vision::document::planes::Plane;
use verax_vision::document::seeded::Seeded;
use verax_vision::image::Image;

/// Transmittance of toner.
const TONER: f32 = 0.08;

/// A photograph of a grey copy on a table.
pub fn photocopy(random: &mut Seeded, motif: &Image) -> Image {
    let paper = on_paper(random, motif);
    let margin = if random.chance(0.4) { random.between(0.01, 0.08) } else { 0.0 };
    let white = [0, 1, 2].map(|_| random.between(0.82, 0.98));
    let (light, _) = room(random, &paper, margin, white, AROUND);
    photograph(random, light)
}

/// Reflectance of the printed sheet.
fn on_paper(random: &mut Seeded, motif: &Image) -> Light {
    let light = Light::of_width(motif, random.below(600) + 1100);
    let (w, h) = (light.width(), light.height());
    let amounts = Plane::from_fn(w, h, |x, y| {
        // Printers work on coded values, not on light.
        let [r, g, b] = [&light.r, &light.g, &light.b].map(|p| p.at(x, y).max(0.0).sqrt());
        (1.0 - (0.3 * r + 0.59 * g + 0.11 * b)).clamp(0.0, 1.0)
    });
    let turn = (45.0 + random.between(-3.0, 3.0)).to_radians();
    let dots = screen_dots(&amounts, turn, random.between(3.2, 8.0), random.between(8.0, 30.0));
    let toner = dots.smoothed(random.between(0.5, 1.1));
    let (white, grain) = (random.between(0.82, 0.98), random.between(0.005, 0.02));
    let reflected = Plane {
        width: w,
        height: h,
        values: (toner.values.iter())
            .map(|ink| (white + grain * random.normal()) * (1.0 - ink * (1.0 - TONER)))
            .map(|v| v.clamp(0.0, 1.0))
            .collect(),
    };
    Light { r: reflected.clone(), g: reflected.clone(), b: reflected }
}

/// Amplitude-modulated dots: the ink where its amount exceeds a rotated cosine hill.
fn screen_dots(ink: &Plane, turn: f32, period: f32, slope: f32) -> Plane {
    let (sin, cos) = turn.sin_cos();
    let rate = std::f32::consts::TAU / period;
    Plane::from_fn(ink.width, ink.height, |x, y| {
        let u = (x as f32 * cos + y as f32 * sin) * rate;
        let v = (y as f32 * cos - x as f32 * sin) * rate;
        let hill = (u.cos() + v.cos()) / 4.0 + 0.5;
        soft_step((ink.at(x, y) - hill) * slope)
    })
}

fn soft_step(v: f32) -> f32 {
    1.0 / (1.0 + (-v).exp())
}
