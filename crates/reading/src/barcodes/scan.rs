//! A grey image of a part of a photograph, straightened, as barcode readers take it.

use verax_domain::document_reading::Corners;
use verax_vision::document::{Quad, rectified_to, square_to_quad};
use verax_vision::image::Image;

/// The sides of a scan, in pixels.
const SIDES_PX: std::ops::RangeInclusive<usize> = 32..=2000;

pub struct Scan {
    pub width: usize,
    pub height: usize,
    /// 0..=255, rows from the top.
    pub levels: Vec<u8>,
    /// The part of the photograph that it shows, and the photograph's size.
    part: Quad,
    photograph: (f32, f32),
}

impl Scan {
    /// `part` of the image with its longer side at `side_px`, or at what it has where that is less.
    pub fn of(image: &Image, part: &Quad, side_px: f32) -> Scan {
        let (across, along) = part.size();
        let scale = (side_px / across.max(along).max(1.0)).min(1.0);
        let side = |length: f32| {
            ((length * scale).round() as usize).clamp(*SIDES_PX.start(), *SIDES_PX.end())
        };
        let (width, height) = (side(across), side(along));
        let colours = rectified_to(image, part, width, height);
        let planes = colours.r.values.iter().zip(&colours.g.values).zip(&colours.b.values);
        let levels = planes
            .map(|((r, g), b)| (0.299 * r + 0.587 * g + 0.114 * b + 0.5).clamp(0.0, 255.0) as u8)
            .collect();
        let photograph = (image.width as f32, image.height as f32);
        Scan { width, height, levels, part: *part, photograph }
    }

    /// From pixels of the scan to pixels of the photograph.
    pub fn to_photograph(&self, corners: Corners) -> Corners {
        let m = square_to_quad(self.part.corners);
        corners.map(|(x, y)| {
            let (u, v) = (x / self.width as f32, y / self.height as f32);
            let w = m[6] * u + m[7] * v + m[8];
            let (x, y) = ((m[0] * u + m[1] * v + m[2]) / w, (m[3] * u + m[4] * v + m[5]) / w);
            // Not clamp alone, which leaves what is no number.
            (x.max(0.0).min(self.photograph.0), y.max(0.0).min(self.photograph.1))
        })
    }
}
