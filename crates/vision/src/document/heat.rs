//! Evidence for people: where on the image a check found what it names.

use verax_domain::document_check::DocumentCheck;
use verax_domain::document_findings::{CheckFinding, DocumentEvidence, DocumentFindings, ImageBox};

use super::blocks::{BlockMaps, block_maps};
use super::check_method::Heat;
use super::checks::method;
use super::measured::{BASE_SIDE_PX, measure_screen};
use super::planes::{Colours, Plane, median_and_mad};
use super::spectrum::Spectra;
use crate::image::Image;

/// What a reviewer looks at for one check.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceMap {
    pub check: DocumentCheck,
    /// The places that the finding names, on the upright image, in pixels.
    pub regions: Vec<ImageBox>,
    /// A PNG of at most 640 px: the image in grey, red where the measurement stands out, the
    /// regions framed in yellow.
    pub png: Vec<u8>,
}

const SIDE_PX: u32 = 640;

/// One map for each check that was made. `image` is the image that `findings` were measured on;
/// it is measured again, because findings keep no maps.
pub fn evidence(findings: &DocumentFindings, image: &Image) -> Vec<EvidenceMap> {
    let base = Colours::reduced(image, SIDE_PX);
    let luma = base.luma();
    let mut tiles: Option<Plane> = None;
    let mut blocks: Option<BlockMaps> = None;
    let mut maps = Vec::new();
    for (check, finding) in findings.checks.iter() {
        let Some(finding) = finding else { continue };
        let heat = match method(check).heat {
            Heat::Tiles => tiles.get_or_insert_with(|| tile_heat(image, &luma)).clone(),
            Heat::Blocks(shown) => {
                let blocks = blocks.get_or_insert_with(|| block_maps(image));
                block_heat(blocks, image, &luma, shown)
            }
        };
        let regions = regions(finding);
        let mixed = |to: f32| luma.map2(&heat, |v, h| v * 0.7 * (1.0 - 0.6 * h) + to * 0.6 * h);
        let mut shaded = Colours { r: mixed(255.0), g: mixed(40.0), b: mixed(0.0) };
        let scale = luma.width as f32 / image.width as f32;
        regions.iter().for_each(|region| frame(&mut shaded, *region, scale));
        maps.push(EvidenceMap { check, regions, png: png(&shaded.to_image()) });
    }
    maps
}

fn regions(finding: &CheckFinding) -> Vec<ImageBox> {
    let named = finding.evidence.iter().flat_map(|evidence| match evidence {
        DocumentEvidence::MoirePeak { region, .. }
        | DocumentEvidence::ChannelDecorrelation { region, .. }
        | DocumentEvidence::InconsistentRegion { region, .. } => vec![*region],
        DocumentEvidence::CopiedRegion { from, to, .. } => vec![*from, *to],
        _ => Vec::new(),
    });
    named.collect()
}

/// Two pixels of yellow along the sides of a region, as far as they lie in the image.
fn frame(image: &mut Colours, region: ImageBox, scale: f32) {
    let (w, h) = (image.width(), image.height());
    let end = |v: f32, side: usize| (v * scale).clamp(0.0, side as f32 - 1.0) as usize;
    let (x0, x1) = (end(region.x, w), end(region.x + region.width, w));
    let (y0, y1) = (end(region.y, h), end(region.y + region.height, h));
    for y in y0..=y1 {
        for x in x0..=x1 {
            let depth = (x - x0).min(x1 - x).min(y - y0).min(y1 - y);
            if depth < 2 {
                let at = y * w + x;
                image.r.values[at] = 255.0;
                image.g.values[at] = 220.0;
                image.b.values[at] = 0.0;
            }
        }
    }
}

/// Empty only when the image has no pixels.
fn png(image: &Image) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let kind = image::ExtendedColorType::Rgb8;
    let written =
        image::ImageEncoder::write_image(encoder, &image.rgb, image.width, image.height, kind);
    if written.is_ok() { bytes } else { Vec::new() }
}

/// Height of the strongest spectral peak per tile, 0 at z = 4 and 1 at z = 12.
fn tile_heat(image: &Image, base: &Plane) -> Plane {
    let mut heat = Plane::new(base.width, base.height);
    let coarse = Colours::reduced(image, BASE_SIDE_PX);
    let Some(measured) = measure_screen(&Spectra::new(), image, &coarse) else { return heat };
    let scale = base.width as f32 / image.width as f32;
    for (place, tile) in &measured.tiles {
        let z = tile.peaks.first().map_or(0.0, |peak| peak.z);
        let value = ((z - 4.0) / 8.0).clamp(0.0, 1.0);
        let (x0, y0) = ((place.x * scale) as usize, (place.y * scale) as usize);
        let x1 = (((place.x + place.width) * scale) as usize).min(base.width);
        let y1 = (((place.y + place.height) * scale) as usize).min(base.height);
        for y in y0..y1 {
            for x in x0..x1 {
                let at = y * base.width + x;
                heat.values[at] = heat.values[at].max(value);
            }
        }
    }
    heat.smoothed(6.0)
}

/// The largest robust departure of the maps per block, 0 at z = 2 and 1 at z = 6.
fn block_heat(blocks: &BlockMaps, image: &Image, base: &Plane, maps: &[usize]) -> Plane {
    if blocks.blocks.is_empty() {
        return Plane::new(base.width, base.height);
    }
    let mut all: Option<Plane> = None;
    for &map in maps {
        let values = blocks.without_texture(map);
        let (middle, scale) = median_and_mad(&mut values.clone());
        let z: Vec<f32> = values.iter().map(|v| (v - middle).abs() / (scale + 0.03)).collect();
        let plane = blocks.laid_out(&z, 0.0).smoothed(1.5);
        all = Some(match all {
            Some(before) => before.map2(&plane, f32::max),
            None => plane,
        });
    }
    let grid = all.unwrap_or_else(|| Plane::new(blocks.columns, blocks.rows));
    let scale = image.width as f32 / base.width as f32 / 8.0;
    Plane::from_fn(base.width, base.height, |x, y| {
        let column = ((x as f32 * scale) as usize).min(grid.width - 1);
        let row = ((y as f32 * scale) as usize).min(grid.height - 1);
        ((grid.at(column, row) - 2.0) / 4.0).clamp(0.0, 1.0)
    })
}
