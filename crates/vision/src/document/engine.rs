//! One picture through all checks: decoded once, measured once, judged elsewhere.

use verax_domain::document_findings::{
    CheckFinding, CheckLimit, DocumentEvidence, DocumentFindings, PictureBox, PictureQuality,
};
use verax_domain::document_verdict::{GREY_FILE_SHARE, OperatingPoints};

use super::digital::strongest_region;
use super::forensics::{FileForensics, file_forensics};
use super::heat::DocumentCheck;
use super::measured::{FeatureExtractor, MeasuredDocument, feature_names, features_version};
use super::screen::screen_evidence;
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
    extractor: FeatureExtractor,
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
        let read = |name, check, json| {
            CheckWeights::read(name, features_version(check), &feature_names(check), json)
        };
        Ok(Self {
            extractor: FeatureExtractor::default(),
            screen: read("screen", DocumentCheck::ScreenReplay, weights.screen)?,
            print: read("print", DocumentCheck::PrintedCopy, weights.print)?,
            portrait: read("portrait", DocumentCheck::PortraitSubstitution, weights.portrait)?,
            digital: read("digital", DocumentCheck::DigitalManipulation, weights.digital)?,
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
        let measured = self.extractor.measure(image, request);
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
            if file.manifest_unread {
                limits.push(CheckLimit::ManifestNotRead);
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

fn print_evidence(measured: &MeasuredDocument) -> Vec<DocumentEvidence> {
    let mut evidence = Vec::new();
    if measured.dots.similarity > 0.6 && measured.dots.peak > 6.0 && measured.dots.peak_gap < 0.02 {
        evidence.push(DocumentEvidence::UniformDots { similarity: measured.dots.similarity });
    }
    evidence
}

fn portrait_finding(
    engine: &DocumentEngine,
    measured: &MeasuredDocument,
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
    measured: &MeasuredDocument,
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

fn quality(image: &Image, measured: &MeasuredDocument, file: &FileForensics) -> PictureQuality {
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
