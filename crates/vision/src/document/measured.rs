//! One image measured: what several checks need is measured once, and only when one asks for it.

mod portrait;
mod screen;

use std::cell::OnceCell;

use verax_domain::document_findings::{ImageBox, PlacementFindings};

use super::blocks::{BlockMaps, block_maps};
use super::colour::{ColourNumbers, colour_numbers, grey_share};
use super::copymove::{CopyMove, find_copy_move};
use super::grey_copy::chroma_residual;
use super::locator::Locator;
use super::planes::{Colours, Plane, reduced_size, reduction};
use super::quad::{DocumentLocation, Quad};
use super::spectrum::Spectra;
use crate::image::Image;

use portrait::{PortraitMeasurement, measure_portrait, portrait_around};

pub(super) use portrait::portrait_feature_names;
pub(super) use screen::{ScreenMeasurement, measure_screen, same_wave, screen_feature_names};

/// Longest side of the image that everything coarse is measured on.
pub(super) const BASE_SIDE_PX: u32 = 1000;
/// Longest side of the image whose colours are counted.
const COLOUR_SIDE_PX: u32 = 320;

/// Measures images; shared between threads.
#[derive(Default)]
pub struct FeatureExtractor {
    spectra: Spectra,
}

/// What is known of every image, and what its checks share.
pub struct MeasuredDocument<'a> {
    image: &'a Image,
    spectra: &'a Spectra,
    /// At a longest side of 1000 px.
    base: Colours,
    base_luma: Plane,
    pub(super) colour: ColourNumbers,
    pub(super) placement: PlacementFindings,
    /// Variance of the Laplacian of luma at a longest side of 1000 px.
    pub(super) sharpness: f32,
    /// None where neither a face nor a document was found.
    pub(super) portrait_box: Option<ImageBox>,
    tiles: OnceCell<Option<ScreenMeasurement>>,
    maps: OnceCell<BlockMaps>,
    portrait: OnceCell<Option<PortraitMeasurement>>,
    copies: OnceCell<CopyMove>,
}

impl FeatureExtractor {
    /// `face` is the largest face that the face detector found, in pixels of the upright image.
    pub fn measure<'a>(&'a self, image: &'a Image, face: Option<ImageBox>) -> MeasuredDocument<'a> {
        self.measure_located(image, face, None)
    }

    /// The same where the document was sought before.
    pub(super) fn measure_located<'a>(
        &'a self,
        image: &'a Image,
        face: Option<ImageBox>,
        location: Option<DocumentLocation>,
    ) -> MeasuredDocument<'a> {
        let base = Colours::reduced(image, BASE_SIDE_PX);
        let quad = match location {
            Some(DocumentLocation::At(quad)) => Some(quad),
            Some(DocumentLocation::Nowhere) => None,
            None => Locator::shipped().locate_in(&base, image).map(|located| located.quad),
        };
        let small_px = reduction(image, COLOUR_SIDE_PX);
        let (small_width, small_height) = reduced_size(image.width, image.height, small_px);
        let small = base.resize_to(small_width, small_height);
        let mut colour = colour_numbers(&inside(&small, quad, image), grey_share(&image.rgb));
        colour.findings.chroma_residual_p90 = quad.and_then(|quad| chroma_residual(image, &quad));
        let base_luma = base.luma();
        MeasuredDocument {
            image,
            spectra: &self.spectra,
            colour,
            placement: placement(quad, image),
            sharpness: sharpness(&base_luma),
            portrait_box: match face {
                Some(face) => Some(portrait_around(face, image)),
                None => quad.map(|quad| usual_portrait(image, &quad)),
            },
            base,
            base_luma,
            tiles: OnceCell::new(),
            maps: OnceCell::new(),
            portrait: OnceCell::new(),
            copies: OnceCell::new(),
        }
    }
}

impl MeasuredDocument<'_> {
    /// The portrait check's features for a portrait that lies at `place`, in pixels; none when that leaves no
    /// room for other boxes of its size.
    pub fn portrait_features_at(&self, place: ImageBox) -> Option<Vec<f32>> {
        Some(measure_portrait(self.image, self.maps(), place)?.features)
    }

    /// None for an image without any texture.
    pub(super) fn tiles(&self) -> Option<&ScreenMeasurement> {
        let measure = || measure_screen(self.spectra, self.image, &self.base);
        self.tiles.get_or_init(measure).as_ref()
    }

    pub(super) fn maps(&self) -> &BlockMaps {
        self.maps.get_or_init(|| block_maps(self.image))
    }

    /// None where nothing tells where the portrait is, or there is no room for other boxes of its size.
    pub(super) fn portrait(&self) -> Option<&PortraitMeasurement> {
        let measure = || measure_portrait(self.image, self.maps(), self.portrait_box?);
        self.portrait.get_or_init(measure).as_ref()
    }

    pub(super) fn copies(&self) -> &CopyMove {
        let base_px = reduction(self.image, BASE_SIDE_PX) as f32;
        self.copies.get_or_init(|| find_copy_move(&self.base_luma, base_px))
    }
}

/// Where the corners lie. A document that fills the image from edge to edge is a scan that was cut out
/// along its sides: nothing says that more of it is missing.
fn placement(quad: Option<Quad>, image: &Image) -> PlacementFindings {
    let Some(quad) = quad else {
        return PlacementFindings { corners: None, corners_inside: 0, visible_share: 1.0 };
    };
    let (w, h) = (image.width as f32, image.height as f32);
    let (near_x, near_y) = (0.03 * w, 0.03 * h);
    let fills = quad
        .corners
        .iter()
        .all(|(x, y)| (*x <= near_x || *x >= w - near_x) && (*y <= near_y || *y >= h - near_y));
    let (mx, my) = (0.01 * w, 0.01 * h);
    let inside = (quad.corners.iter())
        .filter(|(x, y)| *x >= mx && *y >= my && *x <= w - mx && *y <= h - my)
        .count();
    PlacementFindings {
        corners: Some(quad.corners),
        corners_inside: if fills { 4 } else { inside as u8 },
        visible_share: if fills { 1.0 } else { quad.visible_share(w, h) },
    }
}

/// The upright rectangle inside the document, or the whole.
fn inside(small: &Colours, quad: Option<Quad>, image: &Image) -> Colours {
    let Some(Quad { corners }) = quad else { return small.clone() };
    let scale = small.width() as f32 / image.width as f32;
    let inner = |values: [f32; 4], low: f32, high: f32| {
        let mut v = values.map(|v| (v * scale).clamp(low, high));
        v.sort_unstable_by(f32::total_cmp);
        (v[1] as usize, v[2] as usize)
    };
    let (x0, x1) = inner(corners.map(|c| c.0), 0.0, small.width() as f32);
    let (y0, y1) = inner(corners.map(|c| c.1), 0.0, small.height() as f32);
    if x1 < x0 + 32 || y1 < y0 + 32 {
        return small.clone();
    }
    small.window(x0 as isize, y0 as isize, x1 - x0, y1 - y0)
}

/// Where identity cards and passports have their portrait: on the left.
fn usual_portrait(image: &Image, Quad { corners: [a, b, c, d] }: &Quad) -> ImageBox {
    let x0 = a.0.max(d.0).max(0.0);
    let y0 = a.1.max(b.1).max(0.0);
    let x1 = b.0.min(c.0).min(image.width as f32);
    let y1 = c.1.min(d.1).min(image.height as f32);
    let (w, h) = ((x1 - x0).max(1.0), (y1 - y0).max(1.0));
    ImageBox { x: x0 + 0.06 * w, y: y0 + 0.24 * h, width: 0.26 * w, height: 0.5 * h }
}

/// Variance of the Laplacian.
fn sharpness(luma: &Plane) -> f32 {
    let (w, h) = (luma.width, luma.height);
    let laplacian = Plane::from_fn(w.saturating_sub(2), h.saturating_sub(2), |x, y| {
        let (x, y) = (x + 1, y + 1);
        luma.at(x - 1, y) + luma.at(x + 1, y) + luma.at(x, y - 1) + luma.at(x, y + 1)
            - 4.0 * luma.at(x, y)
    });
    laplacian.std_dev().powi(2)
}
