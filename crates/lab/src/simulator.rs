//! The seeded generator of attacks on documents, and of the genuine images to hold against
//! them: all pass the same camera, or a model would learn the camera.

pub mod camera;
pub mod cards;
pub mod display;
pub mod edits;
pub mod press;

use verax_vision::document::planes::{Colours, Plane, reflected};
use verax_vision::image::{DecodeLimits, Image};

/// An image in linear light, 0..=1.
#[derive(Debug, Clone)]
pub struct Light {
    pub r: Plane,
    pub g: Plane,
    pub b: Plane,
}

impl Light {
    pub fn of(colours: &Colours) -> Self {
        let table: Vec<f32> = (0..=1023).map(|i| (i as f32 / 1023.0).powf(2.2)).collect();
        let linear = |plane: &Plane| Plane {
            width: plane.width,
            height: plane.height,
            values: plane
                .values
                .iter()
                .map(|v| table[(v / 255.0 * 1023.0).clamp(0.0, 1023.0) as usize])
                .collect(),
        };
        Self { r: linear(&colours.r), g: linear(&colours.g), b: linear(&colours.b) }
    }

    /// The image brought to this width, in linear light.
    pub fn of_width(image: &Image, width: usize) -> Self {
        let height = (width * image.height as usize / image.width as usize).max(16);
        Self::of(&Colours::exactly(image, width, height))
    }

    pub fn width(&self) -> usize {
        self.r.width
    }

    pub fn height(&self) -> usize {
        self.r.height
    }

    pub fn planes_mut(&mut self) -> [&mut Plane; 3] {
        [&mut self.r, &mut self.g, &mut self.b]
    }

    /// Between pixels, linearly; outside, the nearest pixel.
    pub fn between(&self, x: f32, y: f32) -> [f32; 3] {
        let (w, h) = (self.width(), self.height());
        let (x, y) = (x.clamp(0.0, w as f32 - 1.001), y.clamp(0.0, h as f32 - 1.001));
        let (x0, y0) = (x as usize, y as usize);
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let at = y0 * w + x0;
        [&self.r, &self.g, &self.b].map(|plane| {
            let v = &plane.values;
            let top = v[at] + fx * (v[at + 1] - v[at]);
            let bottom = v[at + w] + fx * (v[at + w + 1] - v[at + w]);
            top + fy * (bottom - top)
        })
    }

    pub fn at(&self, x: isize, y: isize) -> [f32; 3] {
        let at = reflected(y, self.height()) * self.width() + reflected(x, self.width());
        [self.r.values[at], self.g.values[at], self.b.values[at]]
    }
}

/// JPEG bytes of an image.
pub fn jpeg(image: &Image, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
    let kind = image::ExtendedColorType::Rgb8;
    match encoder.encode(&image.rgb, image.width, image.height, kind) {
        Ok(()) => bytes,
        // Writing to memory fails for impossible sizes only.
        Err(_) => Vec::new(),
    }
}

/// The image after it was saved as a JPEG and read again.
pub fn saved(image: &Image, quality: u8) -> Image {
    opened(&jpeg(image, quality)).unwrap_or_else(|| image.clone())
}

/// An image of any size; none when it is no image.
fn opened(bytes: &[u8]) -> Option<Image> {
    Image::decode(bytes, &DecodeLimits { side_px_min: 1, ..Default::default() }).ok()
}

/// The image averaged down by `factor` (0..=1).
pub fn shrunk(image: &Image, factor: f64) -> Image {
    let side = |v: u32| ((f64::from(v) * factor).round() as usize).max(8);
    Colours::exactly(image, side(image.width), side(image.height)).to_image()
}
