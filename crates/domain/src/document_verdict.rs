//! Findings and a policy in, a verdict out: pure, so the same findings always judge the same.

mod colour;
mod sentences;

use serde::{Deserialize, Serialize};

pub use self::colour::{GREY_COPY_CHROMA_P95, GREY_FILE_SHARE, is_colourless};
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

/// One check on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckVerdict {
    pub passed: bool,
    pub score: f64,
    pub details: String,
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
    /// 0..=1, larger is worse.
    pub risk_score: f64,
    /// 0..=1: how much the image lets anybody say.
    pub confidence: f64,
}

impl DocumentVerdict {
    /// Whether every check that was asked for has passed.
    pub fn has_passed(&self) -> bool {
        let mut made = self.results.values().flatten().peekable();
        made.peek().is_some() && made.all(|check| check.passed) && !self.cropped && !self.colourless
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
    if colourless && let Some(verdict) = &mut results[DocumentCheck::PrintedCopy] {
        verdict.passed = false;
        verdict.score = verdict.score.min(grey_copy_score(&findings.colour));
        verdict.details = sentences::colourless(&findings.colour);
    }

    let made: Vec<(&CheckVerdict, f64)> = results
        .iter()
        .filter_map(|(check, verdict)| Some((verdict.as_ref()?, check.entry().risk_weight)))
        .collect();
    let product: f64 = made.iter().map(|(v, w)| v.score.powf(*w)).product();
    let asked = || findings.checks.values().flatten();
    let deterministic = asked()
        .flat_map(|finding| &finding.evidence)
        .any(|evidence| evidence.score_cap() <= REJECTING_CAP);
    let mut risk_score = if made.is_empty() { 0.0 } else { 1.0 - product };
    if deterministic || cropped || colourless {
        risk_score = risk_score.max(0.9);
    }
    let limits = asked().flat_map(|f| &f.limits);
    let limited: f64 = limits.map(|limit| limit_factor(*limit)).fold(1.0, f64::min);
    let measured = asked().all(|f| f.score.is_some());
    let decided = if made.is_empty() || !measured {
        0.0
    } else {
        made.iter().map(|(v, _)| (2.0 * v.score - 1.0).abs()).sum::<f64>() / made.len() as f64
    };
    let confidence = rounded(quality_factor(&findings.quality) * limited * decided);
    DocumentVerdict { results, cropped, colourless, risk_score: rounded(risk_score), confidence }
}

/// The product of one factor per quality gate, 0..=1.
pub fn quality_factor(quality: &ImageQuality) -> f64 {
    let ramp = |value: f32, low: f32, high: f32, worst: f64| {
        let share = f64::from(((value - low) / (high - low)).clamp(0.0, 1.0));
        worst + (1.0 - worst) * share
    };
    let longest = quality.width.max(quality.height) as f32;
    let resolution = ramp(quality.document_width_px, 250.0, 600.0, 0.4);
    let messenger = ramp(longest, 500.0, 900.0, 0.6);
    let sharpness = ramp(quality.sharpness, 10.0, 80.0, 0.5);
    let glare = 1.0 - 0.6 * f64::from((quality.glare_share / 0.15).clamp(0.0, 1.0));
    let compression = quality.jpeg_quality.map_or(1.0, |q| ramp(f32::from(q), 40.0, 75.0, 0.6));
    resolution * messenger * sharpness * glare * compression
}

/// Fewer than four corners inside, or less than 97 % of the outline visible. An outline that was
/// not found says nothing.
pub fn is_cropped(placement: &PlacementFindings) -> bool {
    placement.corners.is_some() && (placement.corners_inside < 4 || placement.visible_share < 0.97)
}

fn grey_copy_score(colour: &ColourFindings) -> f64 {
    rounded(f64::from((colour.chroma_p95 / GREY_COPY_CHROMA_P95).clamp(0.0, 1.0)) * 0.2)
}

fn limit_factor(limit: CheckLimit) -> f64 {
    match limit {
        CheckLimit::PortraitPlaceAssumed => 0.8,
        CheckLimit::NoColour => 0.7,
        CheckLimit::TracesLost => 0.5,
        // Most files hold none: what is measured is worth what it is worth for those.
        CheckLimit::ManifestNotRead => 1.0,
    }
}

fn judge_check(
    check: DocumentCheck,
    finding: &CheckFinding,
    (points, calibration): (OperatingPoints, Calibration),
) -> CheckVerdict {
    let Some(score) = finding.score else {
        let details = sentences::NOT_CHECKED.to_owned();
        return CheckVerdict { passed: false, score: 0.0, details };
    };
    let cap = finding.evidence.iter().map(DocumentEvidence::score_cap).fold(1.0, f64::min);
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
    CheckVerdict { passed, score: capped, details }
}

/// To four decimals, so that a score reads the same everywhere.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
