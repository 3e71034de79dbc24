//! An image printed on paper: inks, screens, dot gain; or photocopied in grey.

use super::Light;
use super::camera::{AROUND, photograph, room};
use verax_vision::document::planes::Plane;
use verax_vision::document::seeded::Seeded;
use verax_vision::image::Image;

/// The ways to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// Regular dots, as of a laser printer or offset press.
    Laser,
    /// Random dots, as of an inkjet.
    Inkjet,
    /// Black toner only.
    GreyToner,
}

/// Transmittance of the inks for red, green, blue light.
const INKS: [[f32; 3]; 4] =
    [[0.12, 0.60, 0.85], [0.80, 0.15, 0.62], [0.93, 0.88, 0.12], [0.08, 0.08, 0.08]];

pub fn printed_copy(random: &mut Seeded, motif: &Image, process: Process) -> Image {
    let paper = on_paper(random, motif, process);
    let margin = if random.chance(0.4) { random.between(0.01, 0.08) } else { 0.0 };
    let white = [0, 1, 2].map(|_| random.between(0.82, 0.98));
    let (light, _) = room(random, &paper, margin, white, AROUND);
    photograph(random, light)
}

/// Reflectance of the printed sheet.
fn on_paper(random: &mut Seeded, motif: &Image, process: Process) -> Light {
    let light = Light::of_width(motif, random.below(600) + 1100);
    let (w, h) = (light.width(), light.height());
    let black_share = random.between(0.5, 1.0);
    let mut inks = [0, 1, 2, 3].map(|_| Plane::new(w, h));
    for i in 0..w * h {
        // Printers work on coded values, not on light.
        let coded = [&light.r, &light.g, &light.b].map(|p| p.values[i].max(0.0).sqrt());
        let amounts = if process == Process::GreyToner {
            let grey = 0.3 * coded[0] + 0.59 * coded[1] + 0.11 * coded[2];
            [0.0, 0.0, 0.0, 1.0 - grey]
        } else {
            let cmy = coded.map(|v| 1.0 - v);
            let k = black_share * cmy[0].min(cmy[1]).min(cmy[2]);
            let left = (1.0 - k).max(1e-3);
            [(cmy[0] - k) / left, (cmy[1] - k) / left, (cmy[2] - k) / left, k]
        };
        for (ink, amount) in inks.iter_mut().zip(amounts) {
            ink.values[i] = amount.clamp(0.0, 1.0);
        }
    }
    let gain_sigma = random.between(0.5, 1.1);
    let period = random.between(3.2, 8.0);
    let slope = random.between(8.0, 30.0);
    let angles = [15.0f32, 75.0, 0.0, 45.0];
    for (ink, angle) in inks.iter_mut().zip(angles) {
        let turn = (angle + random.between(-3.0, 3.0)).to_radians();
        let dots = match process {
            Process::Inkjet => noise_dots(random, ink, slope),
            Process::Laser | Process::GreyToner => screen_dots(ink, turn, period, slope),
        };
        *ink = dots.smoothed(gain_sigma);
    }
    let white = random.between(0.82, 0.98);
    let grain = random.between(0.005, 0.02);
    let banding = if random.chance(0.4) { random.between(0.0, 0.04) } else { 0.0 };
    let band_rate = random.between(0.02, 0.2);
    let mut out = [0, 1, 2].map(|_| Plane::new(w, h));
    for i in 0..w * h {
        let paper = white + grain * random.normal()
            - banding * (0.5 + 0.5 * ((i / w) as f32 * band_rate).sin());
        for (c, plane) in out.iter_mut().enumerate() {
            let mut reflected = paper;
            for (ink, transmittance) in inks.iter().zip(&INKS) {
                reflected *= 1.0 - ink.values[i] * (1.0 - transmittance[c]);
            }
            plane.values[i] = reflected.clamp(0.0, 1.0);
        }
    }
    let [r, g, b] = out;
    Light { r, g, b }
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

fn noise_dots(random: &mut Seeded, ink: &Plane, slope: f32) -> Plane {
    let white = Plane {
        width: ink.width,
        height: ink.height,
        values: (0..ink.values.len()).map(|_| random.normal()).collect(),
    };
    let hills = white.smoothed(0.7);
    let spread = hills.std_dev().max(1e-3);
    ink.map2(&hills, |amount, hill| {
        soft_step((amount - (0.5 + 0.2 * hill / spread).clamp(0.0, 1.0)) * slope)
    })
}

fn soft_step(v: f32) -> f32 {
    1.0 / (1.0 + (-v).exp())
}
