//! Cuts a line of text out of an image, straightened, at the height that the network reads.

use verax_domain::document_reading::Corners;
use verax_vision::document::square_to_quad;
use verax_vision::image::Image;
use verax_vision::network::NchwTensor;

/// Samples along one side of a target pixel: an image that is larger is averaged by up to as much.
const SAMPLES_MAX: usize = 6;

/// A network's input: `width` x `height` pixels of the inside of `corners`, B, G, R, -1..=1, followed by
/// zeros up to `padded_width`. What lies outside of the image repeats its edge.
pub fn crop(
    image: &Image,
    corners: &Corners,
    (width, height): (usize, usize),
    padded_width: usize,
) -> NchwTensor {
    let m = square_to_quad(*corners);
    let mut planes = NchwTensor::black(padded_width.max(width), height);
    let row_length = planes.width;
    let plane = row_length * height;
    let source = Source::of(image);
    // How many source pixels a target pixel covers, the larger of both directions.
    let (across, along) = sides(corners);
    let reduction = (across / width as f32).max(along / height as f32);
    let samples = (reduction.ceil().max(1.0) as usize).min(SAMPLES_MAX);
    let share = 1.0 / (samples * samples) as f32;
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0.0_f32; 3];
            for sample in 0..samples * samples {
                let (i, j) = (sample % samples, sample / samples);
                let within = |k: usize| (k as f32 + 0.5) / samples as f32;
                let u = (x as f32 + within(i)) / width as f32;
                let v = (y as f32 + within(j)) / height as f32;
                let w = m[6] * u + m[7] * v + m[8];
                let sx = (m[0] * u + m[1] * v + m[2]) / w - 0.5;
                let sy = (m[3] * u + m[4] * v + m[5]) / w - 0.5;
                sum.iter_mut().zip(source.linear(sx, sy)).for_each(|(sum, level)| *sum += level);
            }
            let [red, green, blue] = sum.map(|level| level * share / 127.5 - 1.0);
            for (channel, level) in [blue, green, red].into_iter().enumerate() {
                planes.values[channel * plane + y * row_length + x] = level;
            }
        }
    }
    planes
}

/// Length of the longer of top and bottom, and of the longer of left and right, in pixels.
pub fn sides(corners: &Corners) -> (f32, f32) {
    let side = |i: usize| {
        let (a, b) = (corners[i], corners[(i + 1) % 4]);
        (a.0 - b.0).hypot(a.1 - b.1)
    };
    (side(0).max(side(2)), side(1).max(side(3)))
}

struct Source<'a> {
    pixels: &'a [[u8; 3]],
    width: usize,
    height: usize,
}

impl<'a> Source<'a> {
    fn of(image: &'a Image) -> Source<'a> {
        let pixels = image.rgb.as_chunks::<3>().0;
        Source { pixels, width: image.width as usize, height: image.height as usize }
    }

    fn row(&self, y: isize) -> &'a [[u8; 3]] {
        let y = y.clamp(0, self.height as isize - 1) as usize;
        &self.pixels[y * self.width..(y + 1) * self.width]
    }

    fn column(&self, x: isize) -> usize {
        x.clamp(0, self.width as isize - 1) as usize
    }

    fn linear(&self, x: f32, y: f32) -> [f32; 3] {
        let (x0, y0) = (x.floor(), y.floor());
        let (fx, fy) = (x - x0, y - y0);
        let (x0, y0) = (x0 as isize, y0 as isize);
        let (left, right) = (self.column(x0), self.column(x0.saturating_add(1)));
        let (above, below) = (self.row(y0), self.row(y0.saturating_add(1)));
        std::array::from_fn(|channel| {
            let at = |row: &[[u8; 3]], column: usize| f32::from(row[column][channel]);
            let upper = at(above, left) + fx * (at(above, right) - at(above, left));
            let lower = at(below, left) + fx * (at(below, right) - at(below, left));
            upper + fy * (lower - upper)
        })
    }
}
