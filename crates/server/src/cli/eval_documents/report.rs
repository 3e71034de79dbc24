//! What an evaluation reports: tables of rates, and what they are counted from.

use std::path::Path;

use serde::Serialize;
use verax_domain::document_check::DocumentCheck;
use verax_domain::document_verdict::{Calibration, DocumentVerdict};
use verax_lab::boosting::Row;
use verax_lab::plans::training_plan;
use verax_lab::rates::{Judged, measured_rates, measured_share, rates_by_kind};
use verax_vision::document::calibration::Thresholds;
use verax_vision::document::weights::MeasuredRate;

/// A file that was not measured, and why.
#[derive(Debug, Serialize)]
pub struct UnreadableFile {
    pub file: String,
    pub reason: String,
}

impl UnreadableFile {
    pub fn new(file: &Path, reason: impl ToString) -> Self {
        Self { file: file.display().to_string(), reason: reason.to_string() }
    }
}

#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Images that could be read.
    pub images: usize,
    pub unreadable: usize,
    #[serde(rename = "unreadableFiles")]
    pub unreadable_files: Vec<UnreadableFile>,
    pub tables: Vec<Table>,
}

/// Rates of one check, or of all checks together on genuine images.
#[derive(Debug, Serialize)]
pub struct Table {
    pub what: String,
    pub rates: Vec<MeasuredRate>,
}

impl Report {
    pub fn add(&mut self, what: impl Into<String>, rates: Vec<MeasuredRate>) {
        if !rates.is_empty() {
            self.tables.push(Table { what: what.into(), rates });
        }
    }
}

pub type JudgedByCheck = Vec<(&'static str, Vec<Judged>)>;

pub const LEVELS: [(&str, Calibration); 3] =
    [("SOFT", Calibration::Soft), ("REGULAR", Calibration::Regular), ("HARD", Calibration::Hard)];

pub fn judged_row(row: &Row, score: f64) -> Judged {
    Judged { source: row.fold.clone(), kind: row.kind.clone(), attack: row.attack, score }
}

pub fn rates(judged: &[Judged], thresholds: &Thresholds) -> Vec<MeasuredRate> {
    let mut rates = measured_rates(judged, &named(thresholds));
    rates.extend(rates_by_kind(judged));
    rates
}

pub fn named(thresholds: &Thresholds) -> [(&'static str, f64); 3] {
    [("SOFT", thresholds.soft), ("REGULAR", thresholds.regular), ("HARD", thresholds.hard)]
}

/// A genuine image, and whether the checks together reject it at SOFT, REGULAR and HARD.
pub struct Rejection {
    pub source: String,
    pub rejected: [bool; 3],
}

/// The share of genuine images that are rejected, per calibration.
pub fn rejection_rates<'a>(genuine: impl IntoIterator<Item = &'a Rejection>) -> Vec<MeasuredRate> {
    let genuine: Vec<&Rejection> = genuine.into_iter().collect();
    let at = |level: usize| {
        let found = genuine.iter().map(|one| (one.source.as_str(), one.rejected[level]));
        measured_share(&format!("rejected at {}", LEVELS[level].0), found)
    };
    (0..LEVELS.len()).filter_map(at).collect()
}

/// Whether one of the checks fails.
pub fn fails(verdict: &DocumentVerdict) -> bool {
    verdict.results.values().flatten().any(|check| !check.has_passed())
}

pub fn attacks_of(check: DocumentCheck) -> &'static [&'static str] {
    training_plan(check).map(|plan| plan.attack_labels).unwrap_or_default()
}
