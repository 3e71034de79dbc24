//! An image shown on a display and photographed from it.

use super::Light;
use super::camera::{View, photograph};
use verax_vision::document::seeded::Seeded;
use verax_vision::image::Image;

/// How light leaves the sub-pixels.
#[derive(Debug, Clone, Copy)]
enum Grid {
    /// Red, green, blue stripes side by side.
    Stripes { fill: f32, leak: f32 },
    /// Green in every pixel, red and blue in every other one.
    Pentile { radius: f32 },
}

pub fn screen_replay(random: &mut Seeded, motif: &Image) -> Image {
    let raster_width = (random.between(0.45, 1.0) * 1000.0) as usize;
    let raster = Light::of_width(motif, raster_width);
    let (rw, rh) = (raster.width() as f32, raster.height() as f32);
    let camera_per_display_px = random.between(1.0, 3.0);
    let out_width = random.below(400) + 850;
    let out_height = (out_width as f32 * random.between(0.66, 1.33)) as usize;
    let seen_width = out_width as f32 / camera_per_display_px;
    let seen_height = out_height as f32 / camera_per_display_px;
    let from_x =
        random.between(-0.08, 1.0) * (rw - seen_width).max(0.0) + (rw - seen_width).min(0.0) / 2.0;
    let from_y = random.between(-0.08, 1.0) * (rh - seen_height).max(0.0)
        + (rh - seen_height).min(0.0) / 2.0;
    let view = View::of(random, (out_width, out_height), [from_x, from_y, seen_width, seen_height]);
    let grid = if random.chance(0.7) {
        Grid::Stripes { fill: random.between(0.65, 0.95), leak: random.between(0.0, 0.35) }
    } else {
        Grid::Pentile { radius: random.between(0.28, 0.42) }
    };
    let white = [random.between(0.82, 1.05), 1.0, random.between(0.95, 1.25)];
    let falloff = random.between(0.0, 0.7);
    let ambient = random.between(0.0, 0.04);
    let wall = [0, 1, 2].map(|_| random.between(0.005, 0.08));
    let bezel_px = random.between(4.0, 40.0);
    let glare = random.chance(0.3).then(|| {
        (
            random.between(0.0, 1.0) * rw,
            random.between(0.0, 1.0) * rh,
            random.between(0.03, 0.15) * rw,
        )
    });
    let bands = random
        .chance(0.25)
        .then(|| (random.between(0.02, 0.15), random.between(0.05, 0.4), random.between(0.0, 6.2)));
    let light = view.sample(|x, y| {
        let inside = x >= 0.0 && y >= 0.0 && x < rw && y < rh;
        let mut light = if inside {
            let pixel = raster.at(x as isize, y as isize);
            let mask = grid.mask(x.fract(), y.fract(), x as usize, y as usize);
            let (dx, dy) = (x / rw - 0.5, y / rh - 0.5);
            let mut shade = 1.0 - falloff * (dx * dx + dy * dy) * 1.6;
            if let Some((rate, depth, phase)) = bands {
                shade *= 1.0 - depth * (0.5 + 0.5 * (y * rate + phase).sin());
            }
            [0, 1, 2].map(|c| pixel[c] * mask[c] * white[c] * shade + ambient)
        } else if x >= -bezel_px && y >= -bezel_px && x < rw + bezel_px && y < rh + bezel_px {
            [0.004 + ambient; 3]
        } else {
            wall
        };
        if let Some((gx, gy, radius)) = glare {
            let d = ((x - gx) * (x - gx) + (y - gy) * (y - gy)) / (radius * radius);
            let extra = 0.35 / (1.0 + d * d * 3.0);
            light.iter_mut().for_each(|v| *v += extra);
        }
        light
    });
    photograph(random, light)
}

impl Grid {
    /// How much of each colour is seen at a place inside pixel `(px, py)`, mean about 1.
    fn mask(self, fx: f32, fy: f32, px: usize, py: usize) -> [f32; 3] {
        match self {
            Grid::Stripes { fill, leak } => {
                let third = (fx * 3.0) as usize;
                let within = (fx * 3.0).fract();
                let lit = (within - 0.5).abs() < fill / 2.0 && (fy - 0.5).abs() < fill / 2.0;
                let gain = 3.0 / (fill * fill * (1.0 - leak) + leak);
                [0, 1, 2].map(|c| {
                    let own = if lit && c == third.min(2) { 1.0 } else { 0.0 };
                    gain * (own * (1.0 - leak) + leak / 3.0)
                })
            }
            Grid::Pentile { radius } => {
                let spot = |cx: f32, cy: f32, r: f32| {
                    let (dx, dy) = (fx - cx, fy - cy);
                    if dx * dx + dy * dy < r * r { 1.0 } else { 0.0 }
                };
                let green = spot(0.5, 0.5, radius) / (std::f32::consts::PI * radius * radius);
                let wide = radius * 1.35;
                let other =
                    2.0 * spot(0.5, 0.5, wide) / (std::f32::consts::PI * wide * wide).min(1.0);
                if (px + py).is_multiple_of(2) { [other, green, 0.0] } else { [0.0, green, other] }
            }
        }
    }
}
