//! One image through all checks: decoded once, measured once, judged elsewhere.

use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_findings::{CheckFinding, CheckLimit, DocumentFindings, ImageQuality};
use verax_domain::document_verdict::{GREY_FILE_SHARE, OperatingPoints};

use super::check_method::{CheckInput, WithoutColour};
use super::checks::{feature_names, features_version, method};
use super::forensics::{FileForensics, file_forensics};
use super::measured::{FeatureExtractor, MeasuredDocument};
use super::request::DocumentRequest;
use super::weights::{CheckWeights, WeightsError};
use crate::image::{DecodeLimits, Image, ImageError};

/// Weights and prepared transforms; shared between threads.
pub struct DocumentEngine {
    extractor: FeatureExtractor,
    weights: PerCheck<CheckWeights>,
}

impl DocumentEngine {
    /// `weights`: a weights file as text for each check.
    ///
    /// # Errors
    /// One cannot be read, or was made for other features.
    pub fn load(weights: &PerCheck<&str>) -> Result<Self, WeightsError> {
        let read = |check: DocumentCheck| {
            let names = feature_names(check);
            let name = check.entry().short_name;
            CheckWeights::read(name, features_version(check), &names, weights[check])
        };
        Ok(Self { extractor: FeatureExtractor::default(), weights: PerCheck::try_from_fn(read)? })
    }

    pub fn operating_points(&self) -> PerCheck<OperatingPoints> {
        self.weights.each_ref().map(|weights| OperatingPoints {
            soft: weights.thresholds.soft,
            regular: weights.thresholds.regular,
            hard: weights.thresholds.hard,
        })
    }

    pub fn weights(&self) -> &PerCheck<CheckWeights> {
        &self.weights
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
        let measured = self.extractor.measure_located(image, request.face, request.location);
        let stored = Image::stored_size(bytes).unwrap_or((image.width, image.height));
        let traces_lost = image.width.max(image.height) < 900
            // Decoded at a part of its size, it shows no blocks of its encoder.
            || stored.0.max(stored.1) > image.width.max(image.height)
            || file.jpeg_quality.is_some_and(|quality| quality < 70);
        let grey = measured.colour.findings.grey_share >= GREY_FILE_SHARE;
        let checks = PerCheck::from_fn(|check| {
            let asked = request.checks[check];
            let input =
                CheckInput { measured: &measured, file: &file, request, score: None, traces_lost };
            asked.then(|| self.finding(check, input, grey))
        });
        DocumentFindings {
            quality: quality(image, &measured, &file),
            colour: measured.colour.findings,
            placement: measured.placement,
            checks,
        }
    }

    fn finding(&self, check: DocumentCheck, input: CheckInput<'_>, grey: bool) -> CheckFinding {
        let (method, weights) = (method(check), &self.weights[check]);
        let score = input.measured.features(check).map(|features| {
            if grey && method.without_colour == WithoutColour::UsualValues {
                weights.score(&weights.without_colour(&features))
            } else {
                weights.score(&features)
            }
        });
        let input = CheckInput { score, ..input };
        let mut limits = if grey { vec![CheckLimit::NoColour] } else { Vec::new() };
        limits.extend((method.limits)(&input));
        CheckFinding { score, evidence: (method.evidence)(&input), limits }
    }
}

fn quality(image: &Image, measured: &MeasuredDocument<'_>, file: &FileForensics) -> ImageQuality {
    let document_width_px = match measured.placement.corners {
        Some([a, b, c, d]) => {
            let width = |p: (f32, f32), q: (f32, f32)| (p.0 - q.0).hypot(p.1 - q.1);
            width(a, b).max(width(d, c)).max(width(a, d)).max(width(b, c))
        }
        None => image.width.max(image.height) as f32,
    };
    ImageQuality {
        width: image.width,
        height: image.height,
        document_width_px,
        sharpness: measured.sharpness,
        glare_share: measured.colour.specular_share,
        jpeg_quality: file.jpeg_quality,
    }
}
