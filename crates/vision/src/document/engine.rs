//! One image through all checks: decoded once, measured once, judged elsewhere.

use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_findings::{CheckFinding, CheckLimit, DocumentFindings, ImageQuality};
use verax_domain::document_verdict::{GREY_FILE_SHARE, OperatingPoints};

use super::calibration::Thresholds;
use super::check_method::{CheckInput, CheckMethod, ScoredBy, WithoutColour};
use super::checks::{SHIPPED_SCREEN_HEAD, feature_names, features_version, method, shipped_trees};
use super::forensics::{FileForensics, file_forensics};
use super::head::Head;
use super::measured::{FeatureExtractor, MeasuredDocument};
use super::request::DocumentRequest;
use super::weights::{CheckWeights, WeightsError};
use crate::backbone::Backbone;
use crate::image::{DecodeLimits, Image, ImageError};

/// What an engine scores with.
pub struct DocumentModels<'a> {
    /// A file of trees for each check that has some.
    pub trees: PerCheck<Option<&'a str>>,
    pub backbone: Option<Backbone>,
    /// A file of a head on the backbone; it is used instead of trees. Without the backbone none is.
    pub heads: PerCheck<Option<&'a str>>,
}

impl DocumentModels<'static> {
    /// What this version was released with, on a backbone that was installed.
    pub fn shipped(backbone: Option<Backbone>) -> Self {
        let mut heads = PerCheck::all(None);
        // On a backbone of the operator's own the shipped head says nothing: trees stand in for it.
        let screen = DocumentCheck::ScreenReplay;
        let fits = |backbone: &Backbone| {
            Head::read(screen.entry().short_name, backbone.digest(), SHIPPED_SCREEN_HEAD).is_ok()
        };
        heads[screen] = backbone.as_ref().is_some_and(fits).then_some(SHIPPED_SCREEN_HEAD);
        Self { trees: shipped_trees(), backbone, heads }
    }
}

/// Weights and prepared transforms; shared between threads.
pub struct DocumentEngine {
    extractor: FeatureExtractor,
    backbone: Option<Backbone>,
    scorers: PerCheck<Scorer>,
}

/// How a check comes to its score.
enum Scorer {
    Head(Box<Head>),
    Trees(Box<CheckWeights>),
    Rules,
}

/// The thresholds of a score that rules give: a rule is as strict at every calibration.
const RULE_THRESHOLDS: Thresholds = Thresholds { soft: 0.5, regular: 0.5, hard: 0.5 };

impl DocumentEngine {
    /// # Errors
    /// A file cannot be read, or was made for other features or another backbone.
    pub fn load(models: DocumentModels<'_>) -> Result<Self, WeightsError> {
        let DocumentModels { trees, backbone, heads } = models;
        let scorer = |check: DocumentCheck| {
            let name = check.entry().short_name;
            if let (Some(backbone), Some(head)) = (&backbone, heads[check]) {
                return Ok(Scorer::Head(Box::new(Head::read(name, backbone.digest(), head)?)));
            }
            let Some(trees) = trees[check] else { return Ok(Scorer::Rules) };
            let names = feature_names(check);
            let weights = CheckWeights::read(name, features_version(check), &names, trees)?;
            Ok(Scorer::Trees(Box::new(weights)))
        };
        let scorers = PerCheck::try_from_fn(scorer)?;
        Ok(Self { extractor: FeatureExtractor::default(), backbone, scorers })
    }

    pub fn operating_points(&self) -> PerCheck<OperatingPoints> {
        self.thresholds().map(|Thresholds { soft, regular, hard }| OperatingPoints {
            soft,
            regular,
            hard,
        })
    }

    /// Of each check, as it is scored here.
    pub fn thresholds(&self) -> PerCheck<Thresholds> {
        PerCheck::from_fn(|check| match &self.scorers[check] {
            Scorer::Head(head) => head.thresholds,
            Scorer::Trees(trees) => trees.thresholds,
            Scorer::Rules => RULE_THRESHOLDS,
        })
    }

    /// The trees of a check, where they score it.
    pub fn trees(&self, check: DocumentCheck) -> Option<&CheckWeights> {
        match &self.scorers[check] {
            Scorer::Trees(trees) => Some(trees),
            Scorer::Head(_) | Scorer::Rules => None,
        }
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
        let seen = self.seen_by_backbone(image, request);
        let checks = PerCheck::from_fn(|check| {
            let asked = request.checks[check];
            let (scored_by, score) = self.score(check, &measured, seen.as_deref(), grey);
            let file = &file;
            let input =
                CheckInput { measured: &measured, file, request, scored_by, score, traces_lost };
            asked.then(|| finding(method(check), input, grey))
        });
        DocumentFindings {
            quality: quality(image, &measured, &file),
            colour: measured.colour.findings,
            placement: measured.placement,
            checks,
        }
    }

    /// The backbone's features, when a check that is asked for has a head.
    fn seen_by_backbone(&self, image: &Image, request: &DocumentRequest) -> Option<Vec<f32>> {
        let has_head = |check: &DocumentCheck| matches!(self.scorers[*check], Scorer::Head(_));
        let wanted = DocumentCheck::ALL.into_iter().filter(|check| request.checks[*check]);
        wanted.clone().find(has_head)?;
        self.backbone.as_ref()?.features(image).ok()
    }

    fn score(
        &self,
        check: DocumentCheck,
        measured: &MeasuredDocument<'_>,
        seen: Option<&[f32]>,
        grey: bool,
    ) -> (ScoredBy, Option<f64>) {
        match &self.scorers[check] {
            Scorer::Head(head) => (ScoredBy::Head, seen.map(|features| head.score(features))),
            Scorer::Trees(weights) => {
                let usual_values = method(check).trees.as_ref().is_some_and(|trees| {
                    grey && trees.without_colour == WithoutColour::UsualValues
                });
                let score = |features: Vec<f32>| match usual_values {
                    true => weights.score(&weights.without_colour(&features)),
                    false => weights.score(&features),
                };
                (ScoredBy::Trees, measured.features(check).map(score))
            }
            Scorer::Rules => (ScoredBy::Rules, None),
        }
    }
}

fn finding(method: &CheckMethod, input: CheckInput<'_>, grey: bool) -> CheckFinding {
    let mut limits = if grey { vec![CheckLimit::NoColour] } else { Vec::new() };
    limits.extend((method.limits)(&input));
    let score = match input.scored_by {
        ScoredBy::Rules => (method.rule_score)(&input),
        ScoredBy::Head | ScoredBy::Trees => input.score,
    };
    CheckFinding { score, evidence: (method.evidence)(&input), limits }
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
