//! One picture measured: what the checks share is measured once, and each check's features follow.

use verax_domain::document_findings::{PictureBox, PlacementFindings};

use super::blocks::{BlockMaps, block_maps};
use super::colour::{ColourNumbers, colour_numbers, grey_share};
use super::copymove::{CopyMove, find_copy_move};
use super::digital::{DIGITAL_FEATURES_VERSION, digital_feature_names, measure_digital};
use super::engine::DocumentRequest;
use super::heat::DocumentCheck;
use super::outline::{OUTLINE_SIDE_PX, find_outline};
use super::planes::{Colours, Plane, reduced_size, reduction};
use super::portrait::{
    PORTRAIT_FEATURES_VERSION, PortraitMeasurement, measure_portrait, portrait_around,
    portrait_feature_names,
};
use super::print::{
    DotStructure, PRINT_FEATURES_VERSION, dot_structure, print_feature_names, print_features,
};
use super::screen::{
    SCREEN_FEATURES_VERSION, ScreenMeasurement, measure_screen, screen_feature_names,
};
use super::spectrum::Spectra;
use crate::image::Image;

/// Longest side of the picture that everything coarse is measured on.
pub(super) const BASE_SIDE_PX: u32 = 1000;

/// Measures pictures; shared between threads.
#[derive(Default)]
pub struct FeatureExtractor {
    spectra: Spectra,
}

/// What the checks share, and the features of those that were asked for.
pub struct MeasuredDocument {
    pub(super) tiles: Option<ScreenMeasurement>,
    pub(super) colour: ColourNumbers,
    pub(super) placement: PlacementFindings,
    /// Variance of the Laplacian of luma at a longest side of 1000 px.
    pub(super) sharpness: f32,
    pub(super) portrait_box: PictureBox,
    pub(super) dots: DotStructure,
    pub(super) print: Option<Vec<f32>>,
    pub(super) maps: Option<BlockMaps>,
    pub(super) portrait: Option<PortraitMeasurement>,
    pub(super) copies: Option<CopyMove>,
    pub(super) digital: Option<Vec<f32>>,
}

impl MeasuredDocument {
    /// The features of one check, in the order of [`feature_names`]; none when it was not asked for, or
    /// when the picture offers nothing to measure.
    pub fn features(&self, check: DocumentCheck) -> Option<&[f32]> {
        match check {
            DocumentCheck::ScreenReplay => self.tiles.as_ref().map(|tiles| &tiles.features[..]),
            DocumentCheck::PrintedCopy => self.print.as_deref(),
            DocumentCheck::PortraitSubstitution => {
                self.portrait.as_ref().map(|portrait| &portrait.features[..])
            }
            DocumentCheck::DigitalManipulation => self.digital.as_deref(),
        }
    }

    /// The portrait check's features of `image`, which was measured, for a portrait that lies at `place`,
    /// in pixels; none when no check of pixels was asked for, or the place leaves no room.
    pub fn portrait_features_at(&self, image: &Image, place: PictureBox) -> Option<Vec<f32>> {
        let measured = measure_portrait(image, self.maps.as_ref()?, place)?;
        Some(measured.features)
    }
}

/// The names of a check's features, in their order; weights name those that they were trained on.
pub fn feature_names(check: DocumentCheck) -> Vec<String> {
    match check {
        DocumentCheck::ScreenReplay => screen_feature_names(),
        DocumentCheck::PrintedCopy => print_feature_names(),
        DocumentCheck::PortraitSubstitution => portrait_feature_names(),
        DocumentCheck::DigitalManipulation => digital_feature_names(),
    }
}

/// The version of the features' definition: the same name may mean something else in another.
pub fn features_version(check: DocumentCheck) -> u32 {
    match check {
        DocumentCheck::ScreenReplay => SCREEN_FEATURES_VERSION,
        DocumentCheck::PrintedCopy => PRINT_FEATURES_VERSION,
        DocumentCheck::PortraitSubstitution => PORTRAIT_FEATURES_VERSION,
        DocumentCheck::DigitalManipulation => DIGITAL_FEATURES_VERSION,
    }
}

impl FeatureExtractor {
    /// Measures for the checks that the request names.
    pub fn measure(&self, image: &Image, request: &DocumentRequest) -> MeasuredDocument {
        let checks = request.checks;
        let base = Colours::reduced(image, BASE_SIDE_PX);
        let outline_px = reduction(image, OUTLINE_SIDE_PX);
        let (small_width, small_height) = reduced_size(image.width, image.height, outline_px);
        let small = base.brought_to(small_width, small_height);
        let outline = find_outline(&small, outline_px as f32);
        let document = inside_outline(&small, &outline.coarse, image);
        let colour = colour_numbers(&document, grey_share(&image.rgb));
        let portrait_box = match request.face {
            Some(face) => portrait_around(face, image),
            None => usual_portrait(image, &outline.coarse),
        };
        let tiles = (checks.screen_replay || checks.printed_copy)
            .then(|| measure_screen(&self.spectra, image, &base))
            .flatten();
        let base_px = reduction(image, BASE_SIDE_PX) as f32;
        let base_luma = base.luma();
        let sharpness = sharpness(&base_luma);
        let mut dots = DotStructure::default();
        let mut print = None;
        if checks.printed_copy {
            dots = dot_structure(&self.spectra, image, portrait_box);
            print = tiles.as_ref().map(|tiles| print_features(tiles, &colour, &dots));
        }
        let maps = (checks.portrait_substitution || checks.digital_manipulation)
            .then(|| block_maps(image));
        let portrait = maps
            .as_ref()
            .filter(|_| checks.portrait_substitution)
            .and_then(|maps| measure_portrait(image, maps, portrait_box));
        let copies = checks.digital_manipulation.then(|| find_copy_move(&base_luma, base_px));
        let digital = maps
            .as_ref()
            .zip(copies.as_ref())
            .and_then(|(maps, copies)| measure_digital(maps, copies));
        MeasuredDocument {
            tiles,
            colour,
            placement: outline.exact,
            sharpness,
            portrait_box,
            dots,
            print,
            maps,
            portrait,
            copies,
            digital,
        }
    }
}

/// The upright rectangle inside the outline, or the whole.
fn inside_outline(small: &Colours, placement: &PlacementFindings, image: &Image) -> Colours {
    let Some(corners) = placement.corners else { return small.clone() };
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
fn usual_portrait(image: &Image, placement: &PlacementFindings) -> PictureBox {
    let (x0, y0, w, h) = match placement.corners {
        Some([a, b, c, d]) => {
            let x0 = a.0.max(d.0).max(0.0);
            let y0 = a.1.max(b.1).max(0.0);
            let x1 = b.0.min(c.0).min(image.width as f32);
            let y1 = c.1.min(d.1).min(image.height as f32);
            (x0, y0, (x1 - x0).max(1.0), (y1 - y0).max(1.0))
        }
        None => (0.0, 0.0, image.width as f32, image.height as f32),
    };
    PictureBox { x: x0 + 0.06 * w, y: y0 + 0.24 * h, width: 0.26 * w, height: 0.5 * h }
}

/// Variance of the Laplacian.
fn sharpness(luma: &Plane) -> f32 {
    let (w, h) = (luma.width, luma.height);
    let laplacian = Plane::from_fn(w.saturating_sub(2), h.saturating_sub(2), |x, y| {
        let (x, y) = (x + 1, y + 1);
        luma.at(x - 1, y) + luma.at(x + 1, y) + luma.at(x, y - 1) + luma.at(x, y + 1)
            - 4.0 * luma.at(x, y)
    });
    laplacian.deviation().powi(2)
}
