//! One picture through all checks: decoded once, measured once, judged elsewhere.

use verax_domain::document_findings::{
    CheckFinding, CheckLimit, DocumentEvidence, DocumentFindings, PictureBox, PictureQuality,
    PlacementFindings,
};
use verax_domain::document_verdict::{GREY_FILE_SHARE, OperatingPoints};

use super::blocks::{BlockMaps, block_maps};
use super::colour::{ColourNumbers, colour_numbers, grey_share};
use super::copymove::{CopyMove, find_copy_move};
use super::digital::{
    DIGITAL_FEATURES_VERSION, digital_feature_names, measure_digital, strongest_region,
};
use super::forensics::{FileForensics, file_forensics};
use super::outline::{OUTLINE_SIDE_PX, find_outline};
use super::planes::{Colours, Plane, reduced_size, reduction};
use super::portrait::{
    PORTRAIT_FEATURES_VERSION, measure_portrait, portrait_around, portrait_feature_names,
};
use super::print::{
    DotStructure, PRINT_FEATURES_VERSION, dot_structure, print_feature_names, print_features,
};
use super::screen::{
    SCREEN_FEATURES_VERSION, ScreenMeasurement, measure_screen, screen_evidence,
    screen_feature_names,
};
use super::spectrum::Spectra;
use super::weights::{CheckWeights, WeightsError};
use crate::image::{DecodeLimits, Image, ImageError};

/// The four weights files as text.
#[derive(Debug, Clone, Copy)]
pub struct DocumentWeights<'a> {
    pub screen: &'a str,
    pub print: &'a str,
    pub portrait: &'a str,
    pub digital: &'a str,
}

impl DocumentWeights<'static> {
    /// The weights that this version was released with.
    pub fn shipped() -> Self {
        Self {
            screen: include_str!("../../../../models/docliveness/screen.json"),
            print: include_str!("../../../../models/docliveness/print.json"),
            portrait: include_str!("../../../../models/docliveness/portrait.json"),
            digital: include_str!("../../../../models/docliveness/digital.json"),
        }
    }
}

/// Which checks to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Checks {
    pub screen_replay: bool,
    pub printed_copy: bool,
    pub portrait_substitution: bool,
    pub digital_manipulation: bool,
}

impl Checks {
    pub const ALL: Self = Self {
        screen_replay: true,
        printed_copy: true,
        portrait_substitution: true,
        digital_manipulation: true,
    };
}

/// The face comparison's answer about the main and the second portrait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GhostPortrait {
    pub similarity: f32,
    pub required: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DocumentRequest {
    pub checks: Checks,
    /// The largest face that the face detector found, in pixels of the upright picture.
    pub face: Option<PictureBox>,
    pub ghost: Option<GhostPortrait>,
}

impl DocumentRequest {
    pub const ALL: Self = Self { checks: Checks::ALL, face: None, ghost: None };
}

/// Weights and prepared transforms; shared between threads.
pub struct DocumentEngine {
    spectra: Spectra,
    pub(super) screen: CheckWeights,
    pub(super) print: CheckWeights,
    pub(super) portrait: CheckWeights,
    pub(super) digital: CheckWeights,
}

/// Operating points of the four checks, from their weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DocumentOperatingPoints {
    pub screen: OperatingPoints,
    pub print: OperatingPoints,
    pub portrait: OperatingPoints,
    pub digital: OperatingPoints,
}

impl DocumentEngine {
    pub fn load(weights: DocumentWeights<'_>) -> Result<Self, WeightsError> {
        let read = CheckWeights::read;
        Ok(Self {
            spectra: Spectra::new(),
            screen: read(
                "screen",
                SCREEN_FEATURES_VERSION,
                &screen_feature_names(),
                weights.screen,
            )?,
            print: read("print", PRINT_FEATURES_VERSION, &print_feature_names(), weights.print)?,
            portrait: read(
                "portrait",
                PORTRAIT_FEATURES_VERSION,
                &portrait_feature_names(),
                weights.portrait,
            )?,
            digital: read(
                "digital",
                DIGITAL_FEATURES_VERSION,
                &digital_feature_names(),
                weights.digital,
            )?,
        })
    }

    pub fn operating_points(&self) -> DocumentOperatingPoints {
        let [screen, print, portrait, digital] = self.weights().map(|weights| OperatingPoints {
            soft: weights.thresholds.soft,
            regular: weights.thresholds.regular,
            hard: weights.thresholds.hard,
        });
        DocumentOperatingPoints { screen, print, portrait, digital }
    }

    /// The weights in the order screen, print, portrait, digital.
    pub fn weights(&self) -> [&CheckWeights; 4] {
        [&self.screen, &self.print, &self.portrait, &self.digital]
    }

    /// Decodes and measures. The same bytes give the same findings.
    pub fn check(
        &self,
        bytes: &[u8],
        request: &DocumentRequest,
        limits: &DecodeLimits,
    ) -> Result<DocumentFindings, ImageError> {
        let image = Image::decode(bytes, limits)?;
        Ok(self.check_decoded(bytes, &image, request))
    }

    /// `image` is what `bytes` decode to.
    pub fn check_decoded(
        &self,
        bytes: &[u8],
        image: &Image,
        request: &DocumentRequest,
    ) -> DocumentFindings {
        let file = file_forensics(bytes, image);
        let measured = measure(&self.spectra, image, request);
        let stored = Image::stored_size(bytes).unwrap_or((image.width, image.height));
        let traces_lost = image.width.max(image.height) < 900
            // Decoded at a part of its size, it shows no blocks of its encoder.
            || stored.0.max(stored.1) > image.width.max(image.height)
            || file.jpeg_quality.is_some_and(|quality| quality < 70);
        let grey = measured.colour.findings.grey_share >= GREY_FILE_SHARE;
        let score = |weights: &CheckWeights, features: &[f32]| {
            if grey {
                weights.score(&weights.without_colour(features))
            } else {
                weights.score(features)
            }
        };
        let base_limits = || if grey { vec![CheckLimit::NoColour] } else { Vec::new() };
        let checks = request.checks;

        let screen = checks.screen_replay.then(|| CheckFinding {
            score: measured.tiles.as_ref().map(|t| score(&self.screen, &t.features)),
            evidence: measured.tiles.as_ref().map(screen_evidence).unwrap_or_default(),
            limits: base_limits(),
        });
        let print = checks.printed_copy.then(|| CheckFinding {
            score: measured.print.as_ref().map(|features| score(&self.print, features)),
            evidence: print_evidence(&measured),
            limits: base_limits(),
        });
        let portrait = checks.portrait_substitution.then(|| {
            let mut limits = base_limits();
            if request.face.is_none() {
                limits.push(CheckLimit::PortraitPlaceAssumed);
            }
            if traces_lost {
                limits.push(CheckLimit::TracesLost);
            }
            portrait_finding(self, &measured, request, limits)
        });
        let digital = checks.digital_manipulation.then(|| {
            let mut limits = base_limits();
            if traces_lost {
                limits.push(CheckLimit::TracesLost);
            }
            digital_finding(self, &measured, &file, limits)
        });
        DocumentFindings {
            quality: quality(image, &measured, &file),
            colour: measured.colour.findings,
            placement: measured.placement,
            screen,
            print,
            portrait,
            digital,
        }
    }
}

/// Longest side of the picture that everything coarse is measured on.
pub(super) const BASE_SIDE_PX: u32 = 1000;

/// What the checks share, measured once.
pub(super) struct Measured {
    pub tiles: Option<ScreenMeasurement>,
    pub colour: ColourNumbers,
    pub placement: PlacementFindings,
    /// Variance of the Laplacian of luma at a longest side of 1000 px.
    pub sharpness: f32,
    pub portrait_box: PictureBox,
    pub dots: DotStructure,
    pub print: Option<Vec<f32>>,
    pub maps: Option<BlockMaps>,
    pub portrait: Option<super::portrait::PortraitMeasurement>,
    pub copies: Option<CopyMove>,
    pub digital: Option<Vec<f32>>,
}

pub(super) fn measure(spectra: &Spectra, image: &Image, request: &DocumentRequest) -> Measured {
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
        .then(|| measure_screen(spectra, image, &base))
        .flatten();
    let base_px = reduction(image, BASE_SIDE_PX) as f32;
    let base_luma = base.luma();
    let sharpness = sharpness(&base_luma);
    let mut dots = DotStructure::default();
    let mut print = None;
    if checks.printed_copy {
        dots = dot_structure(spectra, image, portrait_box);
        print = tiles.as_ref().map(|tiles| print_features(tiles, &colour, &dots));
    }
    let maps =
        (checks.portrait_substitution || checks.digital_manipulation).then(|| block_maps(image));
    let portrait = maps
        .as_ref()
        .filter(|_| checks.portrait_substitution)
        .and_then(|maps| measure_portrait(image, maps, portrait_box));
    let copies = checks.digital_manipulation.then(|| find_copy_move(&base_luma, base_px));
    let digital =
        maps.as_ref().zip(copies.as_ref()).and_then(|(maps, copies)| measure_digital(maps, copies));
    Measured {
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

fn print_evidence(measured: &Measured) -> Vec<DocumentEvidence> {
    let mut evidence = Vec::new();
    if measured.dots.similarity > 0.6 && measured.dots.peak > 6.0 && measured.dots.peak_gap < 0.02 {
        evidence.push(DocumentEvidence::UniformDots { similarity: measured.dots.similarity });
    }
    evidence
}

fn portrait_finding(
    engine: &DocumentEngine,
    measured: &Measured,
    request: &DocumentRequest,
    limits: Vec<CheckLimit>,
) -> CheckFinding {
    let mut evidence = Vec::new();
    if let Some(ghost) = request.ghost
        && ghost.similarity < ghost.required
    {
        evidence.push(DocumentEvidence::GhostPortraitDiffers {
            similarity: ghost.similarity,
            required: ghost.required,
        });
    }
    if let Some(portrait) = &measured.portrait
        && portrait.strongest.1 > 3.0
    {
        evidence.push(DocumentEvidence::InconsistentRegion {
            measure: portrait.strongest.0.replace('_', " "),
            z: portrait.strongest.1,
            region: measured.portrait_box,
        });
    }
    let score = measured.portrait.as_ref().map(|p| engine.portrait.score(&p.features));
    CheckFinding { score, evidence, limits }
}

fn digital_finding(
    engine: &DocumentEngine,
    measured: &Measured,
    file: &FileForensics,
    limits: Vec<CheckLimit>,
) -> CheckFinding {
    let mut evidence = file.evidence.clone();
    if let Some(copies) = &measured.copies
        && copies.agreeing >= 14
        && copies.area_share > 0.015
        && let Some((from, to)) = copies.regions
    {
        evidence.push(DocumentEvidence::CopiedRegion { matches: copies.agreeing, from, to });
    }
    let score = measured.digital.as_ref().map(|features| engine.digital.score(features));
    if let (Some(maps), Some(score)) = (&measured.maps, score)
        && score < 0.5
        && let Some(region) = strongest_region(maps)
    {
        evidence.push(region);
    }
    CheckFinding { score, evidence, limits }
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

fn quality(image: &Image, measured: &Measured, file: &FileForensics) -> PictureQuality {
    let document_width_px = match measured.placement.corners {
        Some([a, b, c, d]) => {
            let width = |p: (f32, f32), q: (f32, f32)| (p.0 - q.0).hypot(p.1 - q.1);
            width(a, b).max(width(d, c)).max(width(a, d)).max(width(b, c))
        }
        None => image.width.max(image.height) as f32,
    };
    PictureQuality {
        width: image.width,
        height: image.height,
        document_width_px,
        sharpness: measured.sharpness,
        glare_share: measured.colour.specular_share,
        jpeg_quality: file.jpeg_quality,
    }
}
