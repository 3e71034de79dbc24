//! Digital edits of a photographed document: another portrait, copied parts.

use super::{cards::motif_part, jpeg, opened, saved, shrunk};
use verax_vision::document::planes::{Colours, Plane, mean};
use verax_vision::document::seeded::Seeded;
use verax_vision::image::Image;

/// How an edited image is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saving {
    Fine,
    Usual,
    /// Made smaller and compressed hard, as a messenger does.
    Messenger,
}

pub const SAVINGS: [Saving; 3] = [Saving::Fine, Saving::Usual, Saving::Messenger];

impl Saving {
    pub fn name(self) -> &'static str {
        match self {
            Saving::Fine => "q95",
            Saving::Usual => "q85",
            Saving::Messenger => "messenger",
        }
    }

    /// The file that its receiver gets, and how much smaller the image became.
    pub fn file(self, image: &Image) -> (Vec<u8>, f64) {
        match self {
            Saving::Fine => (jpeg(image, 95), 1.0),
            Saving::Usual => (jpeg(image, 85), 1.0),
            Saving::Messenger => (jpeg(&shrunk(image, 0.6), 75), 0.6),
        }
    }

    /// The image as its receiver decodes it, and how much smaller it became.
    pub fn apply(self, image: &Image) -> (Image, f64) {
        let (bytes, scale) = self.file(image);
        (opened(&bytes).unwrap_or_else(|| image.clone()), scale)
    }
}

/// Puts a part of `donor` over the box (x, y, width, height): rescaled, partly recoloured,
/// feathered.
pub fn paste(random: &mut Seeded, image: &Image, [x, y, w, h]: [usize; 4], donor: &Image) -> Image {
    let source = saved(donor, 70 + random.below(26) as u8);
    let part = Colours::of(&motif_part(random, &source, w, h));
    blend(random, image, [x, y, w, h], &part)
}

fn blend(random: &mut Seeded, image: &Image, [x, y, w, h]: [usize; 4], part: &Colours) -> Image {
    let mut whole = Colours::of(image);
    let transfer = random.between(0.3, 1.0);
    let feather = random.between(0.6, 2.0);
    let planes: [(&mut Plane, &Plane); 3] =
        [(&mut whole.r, &part.r), (&mut whole.g, &part.g), (&mut whole.b, &part.b)];
    for (target, source) in planes {
        let under = target.window(x as isize, y as isize, w, h);
        let shift = transfer * (mean(&under.values) - mean(&source.values));
        let spread = (under.std_dev() / source.std_dev().max(1.0)).clamp(0.5, 2.0);
        let gain = 1.0 + transfer * (spread - 1.0);
        let middle = mean(&source.values);
        for row in 0..h {
            for column in 0..w {
                let (px, py) = (x + column, y + row);
                if px >= target.width || py >= target.height {
                    continue;
                }
                let edge = column.min(row).min(w - 1 - column).min(h - 1 - row) as f32 + 0.5;
                let alpha = (edge / (2.0 * feather)).clamp(0.0, 1.0);
                let value = middle + gain * (source.at(column, row) - middle) + shift;
                let at = py * target.width + px;
                target.values[at] += alpha * (value - target.values[at]);
            }
        }
    }
    whole.to_image()
}

/// Copies a part of the image to another place in it.
pub fn copy_move(random: &mut Seeded, image: &Image) -> Image {
    let (width, height) = (image.width as usize, image.height as usize);
    let side = |length: usize, random: &mut Seeded| {
        ((length as f32 * random.between(0.12, 0.3)) as usize).max(8)
    };
    let (w, h) = (side(width, random), side(height, random));
    let from = (random.below(width - w), random.below(height - h));
    let mut to = from;
    for _ in 0..20 {
        to = (random.below(width - w), random.below(height - h));
        if to.0.abs_diff(from.0) > w || to.1.abs_diff(from.1) > h {
            break;
        }
    }
    let part = Colours::region(image, 1.0, from, (w, h));
    let mut whole = Colours::of(image);
    for (target, source) in
        [(&mut whole.r, &part.r), (&mut whole.g, &part.g), (&mut whole.b, &part.b)]
    {
        for row in 0..h {
            for column in 0..w {
                let edge = column.min(row).min(w - 1 - column).min(h - 1 - row) as f32 + 0.5;
                let alpha = (edge / 2.0).clamp(0.0, 1.0);
                let at = (to.1 + row) * width + to.0 + column;
                target.values[at] += alpha * (source.at(column, row) - target.values[at]);
            }
        }
    }
    whole.to_image()
}
