//! Evidence for people: where on the picture a check found what it names.

use super::blocks::block_maps;
use super::digital::laid_out;
use super::planes::{Colours, Plane, robust};
use super::screen::measure_screen;
use super::spectrum::Spectra;
use crate::image::Image;

/// Which check a heat map belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentCheck {
    ScreenReplay,
    PrintedCopy,
    PortraitSubstitution,
    DigitalManipulation,
}

/// A picture of at most 640 px with warm colours where the check found most.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    pub image: Image,
}

const SIDE_PX: u32 = 640;

impl HeatMap {
    /// Grey picture, red where the measurement stands out.
    pub fn of(image: &Image, check: DocumentCheck) -> Self {
        let base = Colours::reduced(image, SIDE_PX);
        let heat = match check {
            DocumentCheck::ScreenReplay | DocumentCheck::PrintedCopy => tile_heat(image, &base),
            DocumentCheck::PortraitSubstitution => block_heat(image, &base, &[0, 3]),
            DocumentCheck::DigitalManipulation => block_heat(image, &base, &[0, 2, 3, 6]),
        };
        let luma = base.luma();
        let mixed = |to: f32| luma.map2(&heat, |v, h| v * 0.7 * (1.0 - 0.6 * h) + to * 0.6 * h);
        let image = Colours { r: mixed(255.0), g: mixed(40.0), b: mixed(0.0) }.to_image();
        Self { image }
    }

    /// PNG bytes; empty only when the picture has no pixels.
    pub fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        let kind = image::ExtendedColorType::Rgb8;
        let written = image::ImageEncoder::write_image(
            encoder,
            &self.image.rgb,
            self.image.width,
            self.image.height,
            kind,
        );
        if written.is_ok() { bytes } else { Vec::new() }
    }
}

/// Height of the strongest spectral peak per tile, 0 at z = 4 and 1 at z = 12.
fn tile_heat(image: &Image, base: &Colours) -> Plane {
    let mut heat = Plane::new(base.width(), base.height());
    let Some(measured) = measure_screen(&Spectra::new(), image) else { return heat };
    let scale = base.width() as f32 / image.width as f32;
    for (place, tile) in &measured.tiles {
        let z = tile.peaks.first().map_or(0.0, |peak| peak.z);
        let value = ((z - 4.0) / 8.0).clamp(0.0, 1.0);
        let (x0, y0) = ((place.x * scale) as usize, (place.y * scale) as usize);
        let x1 = (((place.x + place.width) * scale) as usize).min(base.width());
        let y1 = (((place.y + place.height) * scale) as usize).min(base.height());
        for y in y0..y1 {
            for x in x0..x1 {
                let at = y * base.width() + x;
                heat.values[at] = heat.values[at].max(value);
            }
        }
    }
    heat.smoothed(6.0)
}

/// The largest robust departure of the maps per block, 0 at z = 2 and 1 at z = 6.
fn block_heat(image: &Image, base: &Colours, maps: &[usize]) -> Plane {
    let blocks = block_maps(image);
    if blocks.blocks.is_empty() {
        return Plane::new(base.width(), base.height());
    }
    let mut all: Option<Plane> = None;
    for &map in maps {
        let values = blocks.without_texture(map);
        let (middle, scale) = robust(&mut values.clone());
        let z: Vec<f32> = values.iter().map(|v| (v - middle).abs() / (scale + 0.03)).collect();
        let plane = laid_out(&blocks, &z, 0.0).smoothed(1.5);
        all = Some(match all {
            Some(before) => before.map2(&plane, f32::max),
            None => plane,
        });
    }
    let grid = all.unwrap_or_else(|| Plane::new(blocks.columns, blocks.rows));
    let scale = image.width as f32 / base.width() as f32 / 8.0;
    Plane::from_fn(base.width(), base.height(), |x, y| {
        let column = ((x as f32 * scale) as usize).min(grid.width - 1);
        let row = ((y as f32 * scale) as usize).min(grid.height - 1);
        ((grid.at(column, row) - 2.0) / 4.0).clamp(0.0, 1.0)
    })
}
