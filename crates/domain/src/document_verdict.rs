//! Findings and a policy in, a verdict out: pure, so the same findings always judge the same.

mod colour;
mod sentences;

use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

use self::colour::is_grey_file;
pub use self::colour::{GREY_COPY_CHROMA, GREY_FILE_SHARE, is_colour_checked, is_colourless};
use crate::document_check::{DocumentCheck, PerCheck};
use crate::document_findings::{
    CheckFinding, CheckLimit, ColourFindings, DocumentEvidence, DocumentFindings, ImageQuality,
    PlacementFindings,
};

/// How strict a check is: by the share of genuine images it may reject (1, 2.5, 5 %).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Calibration {
    Soft,
    #[default]
    Regular,
    Hard,
}

/// Scores below which one check fails, per calibration; stored with the weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OperatingPoints {
    pub soft: f64,
    pub regular: f64,
    pub hard: f64,
}

impl OperatingPoints {
    pub fn at(&self, calibration: Calibration) -> f64 {
        match calibration {
            Calibration::Soft => self.soft,
            Calibration::Regular => self.regular,
            Calibration::Hard => self.hard,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DocumentPolicy {
    pub checks: PerCheck<(OperatingPoints, Calibration)>,
    pub cropped: CroppedRule,
    pub colourless: ColourlessRule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CroppedRule {
    Fails,
    Ignored,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColourlessRule {
    Fails,
    Ignored,
}

/// One check that was asked for. On the wire `passed` and `score` are null where it could not be made.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckVerdict {
    /// None: the image offers nothing to measure.
    pub judgement: Option<Judgement>,
    pub details: String,
}

/// What a check that was made concludes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    pub passed: bool,
    /// 0..=1, larger is more genuine.
    pub score: f64,
}

impl CheckVerdict {
    /// Whether it was made and has passed.
    pub fn has_passed(&self) -> bool {
        self.judgement.is_some_and(|judgement| judgement.passed)
    }
}

impl Serialize for CheckVerdict {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_struct("CheckVerdict", 3)?;
        object.serialize_field("passed", &self.judgement.map(|it| it.passed))?;
        object.serialize_field("score", &self.judgement.map(|it| it.score))?;
        object.serialize_field("details", &self.details)?;
        object.end()
    }
}

/// Why a verdict is worth less than it could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfidenceLimit {
    /// The document is less than 600 px wide.
    LowResolution,
    /// The longest side is below 900 px, as messengers save images.
    SmallImage,
    Blurred,
    Glare,
    /// JPEG quality below 75.
    Compressed,
    PortraitNotFound,
    NoColour,
    /// The image was made small or compressed again.
    TracesLost,
    /// Prints in colour were not looked for.
    ColourPrintsNotChecked,
    /// Edits of the pixels were not looked for.
    EditedPixelsNotChecked,
    /// A model that is not installed would have told more.
    WithoutBackbone,
    /// A check that was asked for could not be made.
    NotChecked,
    /// A score lies near its threshold: half the way to it, or less.
    NearThreshold,
}

/// The checks on the wire; one that was not made is absent.
pub type ValidationResults = PerCheck<Option<CheckVerdict>>;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DocumentVerdict {
    pub results: ValidationResults,
    /// The outline leaves the image (and the flag does not ignore it).
    pub cropped: bool,
    /// The file or the copy has no colour (and the flag does not ignore it).
    pub colourless: bool,
    /// The riskiest check that was made: 0 at score 1, 0.5 at its threshold, 1 at score 0. None when
    /// none could be made.
    pub risk_score: Option<f64>,
    /// 0..=1: how much the image lets anybody say.
    pub confidence: f64,
    /// What lowers the confidence.
    pub confidence_limits: Vec<ConfidenceLimit>,
}

impl DocumentVerdict {
    /// Whether every check that was asked for has passed.
    pub fn has_passed(&self) -> bool {
        let mut made = self.results.values().flatten().peekable();
        made.peek().is_some()
            && made.all(CheckVerdict::has_passed)
            && !self.cropped
            && !self.colourless
    }
}

/// Evidence whose cap is at most this rejects by itself.
const REJECTING_CAP: f64 = 0.25;
pub fn judge_document(findings: &DocumentFindings, policy: &DocumentPolicy) -> DocumentVerdict {
    let mut results = PerCheck::from_fn(|check| {
        let finding = findings.checks[check].as_ref();
        finding.map(|finding| judge_check(check, finding, policy.checks[check]))
    });

    let cropped = policy.cropped == CroppedRule::Fails && is_cropped(&findings.placement);
    let colourless = policy.colourless == ColourlessRule::Fails && is_colourless(&findings.colour);
    if policy.colourless == ColourlessRule::Fails
        && let Some(verdict) = &mut results[DocumentCheck::PrintedCopy]
    {
        let (points, calibration) = policy.checks[DocumentCheck::PrintedCopy];
        apply_grey_rule(verdict, &findings.colour, points.at(calibration));
    }

    let made = results.iter().filter_map(|(check, verdict)| {
        let (points, calibration) = policy.checks[check];
        Some(risk(verdict.as_ref()?.judgement?.score, points.at(calibration)))
    });
    let measured = made.reduce(f64::max);
    let deterministic = findings
        .checks
        .values()
        .flatten()
        .flat_map(|finding| &finding.evidence)
        .any(|evidence| evidence.score_cap() <= REJECTING_CAP);
    let risk_score = match deterministic || cropped || colourless {
        true => Some(measured.unwrap_or_default().max(0.9)),
        false => measured,
    };
    let (confidence, confidence_limits) = confidence(findings, &results, measured);
    DocumentVerdict {
        results,
        cropped,
        colourless,
        risk_score: risk_score.map(rounded),
        confidence,
        confidence_limits,
    }
}

/// 0 at score 1, 0.5 at the threshold, 1 at score 0, and straight between.
fn risk(score: f64, threshold: f64) -> f64 {
    let risk = if score >= threshold {
        0.5 * (1.0 - score) / (1.0 - threshold).max(f64::EPSILON)
    } else {
        0.5 + 0.5 * (threshold - score) / threshold.max(f64::EPSILON)
    };
    risk.clamp(0.0, 1.0)
}

/// The product of what limits it: the image's quality, what the checks had to do without, the share of
/// them that could be made, and how far the riskiest score is from its threshold.
fn confidence(
    findings: &DocumentFindings,
    results: &ValidationResults,
    risk: Option<f64>,
) -> (f64, Vec<ConfidenceLimit>) {
    let asked = || results.values().flatten();
    let made = asked().filter(|check| check.judgement.is_some()).count();
    let share = made as f64 / asked().count().max(1) as f64;
    let decided = risk.map_or(0.0, |risk| (2.0 * risk - 1.0).abs());
    let mut factors = quality_factors(&findings.quality).to_vec();
    let limited = findings.checks.values().flatten().flat_map(|finding| &finding.limits);
    let limited: Vec<_> = limited.filter_map(|limit| limit_factor(*limit)).collect();
    // Several limits often have one cause: the strongest counts.
    let strongest = limited.iter().map(|(_, factor)| *factor).fold(1.0, f64::min);
    let mut limits: Vec<ConfidenceLimit> = limited.iter().map(|(limit, _)| *limit).collect();
    factors.push((ConfidenceLimit::NotChecked, share));
    limits.extend(factors.iter().filter(|(_, factor)| *factor < 1.0).map(|(limit, _)| *limit));
    if risk.is_some() && decided < 0.5 {
        limits.push(ConfidenceLimit::NearThreshold);
    }
    limits.sort_unstable();
    limits.dedup();
    let product: f64 = factors.iter().map(|(_, factor)| factor).product();
    (rounded(product * strongest * decided), limits)
}

/// The product of one factor per quality gate, 0..=1.
pub fn quality_factor(quality: &ImageQuality) -> f64 {
    quality_factors(quality).iter().map(|(_, factor)| factor).product()
}

fn quality_factors(quality: &ImageQuality) -> [(ConfidenceLimit, f64); 5] {
    let ramp = |value: f32, low: f32, high: f32, worst: f64| {
        let share = f64::from(((value - low) / (high - low)).clamp(0.0, 1.0));
        worst + (1.0 - worst) * share
    };
    let longest = quality.width.max(quality.height) as f32;
    let glare = 1.0 - 0.6 * f64::from((quality.glare_share / 0.15).clamp(0.0, 1.0));
    let compression = quality.jpeg_quality.map_or(1.0, |q| ramp(f32::from(q), 40.0, 75.0, 0.6));
    [
        (ConfidenceLimit::LowResolution, ramp(quality.document_width_px, 250.0, 600.0, 0.4)),
        (ConfidenceLimit::SmallImage, ramp(longest, 500.0, 900.0, 0.6)),
        (ConfidenceLimit::Blurred, ramp(quality.sharpness, 10.0, 80.0, 0.5)),
        (ConfidenceLimit::Glare, glare),
        (ConfidenceLimit::Compressed, compression),
    ]
}

/// Fewer than four corners inside, or less than 97 % of the outline visible. An outline that was
/// not found says nothing.
pub fn is_cropped(placement: &PlacementFindings) -> bool {
    placement.corners.is_some() && (placement.corners_inside < 4 || placement.visible_share < 0.97)
}

/// What the colour of the document says of a printed copy, beside what its weights say: the lower score counts.
fn apply_grey_rule(verdict: &mut CheckVerdict, colour: &ColourFindings, threshold: f64) {
    let Some(score) = grey_copy_score(colour, threshold) else { return };
    if is_colourless(colour) {
        verdict.details = sentences::colourless(colour);
    } else if verdict.judgement.is_none() {
        verdict.details = sentences::has_colour(colour);
    }
    let by_weights = verdict.judgement.unwrap_or(Judgement { passed: true, score: 1.0 });
    verdict.judgement = Some(Judgement {
        passed: by_weights.passed && !is_colourless(colour),
        score: rounded(by_weights.score.min(score)),
    });
}

/// The threshold at the limit of the rule, 0 without any colour, 1 from twice the limit; none where nothing can
/// be said of the document's colour.
fn grey_copy_score(colour: &ColourFindings, threshold: f64) -> Option<f64> {
    if is_grey_file(colour) {
        return Some(0.0);
    }
    let reached = f64::from(colour.chroma_residual_p90? / GREY_COPY_CHROMA);
    Some(match reached < 1.0 {
        true => reached * threshold,
        false => threshold + (reached - 1.0).min(1.0) * (1.0 - threshold),
    })
}

fn limit_factor(limit: CheckLimit) -> Option<(ConfidenceLimit, f64)> {
    match limit {
        CheckLimit::PortraitPlaceAssumed => Some((ConfidenceLimit::PortraitNotFound, 0.8)),
        CheckLimit::NoColour => Some((ConfidenceLimit::NoColour, 0.7)),
        CheckLimit::TracesLost => Some((ConfidenceLimit::TracesLost, 0.5)),
        CheckLimit::ColourPrintsNotChecked => Some((ConfidenceLimit::ColourPrintsNotChecked, 0.6)),
        CheckLimit::EditedPixelsNotChecked => Some((ConfidenceLimit::EditedPixelsNotChecked, 0.6)),
        CheckLimit::WithoutBackbone => Some((ConfidenceLimit::WithoutBackbone, 0.7)),
        // Most files hold none: what is measured is worth what it is worth for those.
        CheckLimit::ManifestNotRead => None,
    }
}

fn judge_check(
    check: DocumentCheck,
    finding: &CheckFinding,
    (points, calibration): (OperatingPoints, Calibration),
) -> CheckVerdict {
    let cap = finding.evidence.iter().map(DocumentEvidence::score_cap).fold(1.0, f64::min);
    // What a file states needs no pixels.
    let Some(score) = finding.score.or((cap <= REJECTING_CAP).then_some(cap)) else {
        let details = check.entry().words.not_checked.to_owned();
        return CheckVerdict { judgement: None, details };
    };
    let threshold = points.at(calibration);
    let capped = rounded(score.min(cap).clamp(0.0, 1.0));
    // Evidence that leaves at most 0.25 fails at every calibration, however lax its threshold.
    let passed = capped >= threshold && cap > REJECTING_CAP;
    let details = if passed {
        sentences::passed(check, finding)
    } else {
        let pixels_reject = rounded(score.clamp(0.0, 1.0)) < threshold;
        sentences::rejected(check, finding, pixels_reject)
    };
    CheckVerdict { judgement: Some(Judgement { passed, score: capped }), details }
}

/// To four decimals, so that a score reads the same everywhere.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_risk_of_one_half() {
        for threshold in [0.05, 0.3, 0.5, 0.9] {
            assert_eq!(risk(1.0, threshold), 0.0);
            assert_eq!(risk(threshold, threshold), 0.5);
            assert_eq!(risk(0.0, threshold), 1.0);
            assert!((risk(threshold / 2.0, threshold) - 0.75).abs() < 1e-9);
        }
    }
}
