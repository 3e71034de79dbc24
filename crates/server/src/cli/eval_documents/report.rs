//! What an evaluation reports: tables of rates, and what they are counted from.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use verax_domain::document_verdict::{Calibration, DocumentVerdict};
use verax_lab::boosting::Row;
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

/// What all checks together say of an image, at SOFT, REGULAR and HARD.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub source: String,
    pub label: String,
    /// A check that was made has failed.
    pub rejected: [bool; 3],
    /// Every check was made and has passed.
    pub accepted: [bool; 3],
    /// At REGULAR.
    pub risk: Option<f64>,
}

impl Outcome {
    pub fn new(source: &str, label: &str, verdicts: &[DocumentVerdict; 3]) -> Self {
        let made = |verdict: &DocumentVerdict| {
            let judgements = verdict.results.values().flatten().filter_map(|check| check.judgement);
            judgements.collect::<Vec<_>>()
        };
        Self {
            source: source.to_owned(),
            label: label.to_owned(),
            rejected: verdicts.each_ref().map(|it| made(it).iter().any(|it| !it.passed)),
            accepted: verdicts.each_ref().map(DocumentVerdict::has_passed),
            risk: verdicts[1].risk_score,
        }
    }
}

const GENUINE: &str = "genuine";

/// How many genuine images are rejected by any check, how many attacks of each label are accepted by every check, and the
/// median risk of genuine images that none rejects.
pub fn outcome_rates(outcomes: &[Outcome]) -> Vec<MeasuredRate> {
    let mut rates = Vec::new();
    let labels: BTreeSet<&str> = outcomes.iter().map(|it| it.label.as_str()).collect();
    for label in labels {
        for (level, (name, _)) in LEVELS.into_iter().enumerate() {
            let of = outcomes.iter().filter(|it| it.label == label);
            let (words, counted): (_, fn(&Outcome) -> [bool; 3]) = match label == GENUINE {
                true => ("rejected by any check", |it| it.rejected),
                false => ("accepted by every check", |it| it.accepted),
            };
            let shares = of.map(|it| (it.source.as_str(), counted(it)[level]));
            rates.extend(measured_share(&format!("{label} {words} at {name}"), shares));
        }
    }
    let unrejected = outcomes.iter().filter(|it| it.label == GENUINE && !it.rejected[1]);
    let mut risks: Vec<f64> = unrejected.filter_map(|it| it.risk).collect();
    risks.sort_unstable_by(f64::total_cmp);
    if let Some(&median) = risks.get(risks.len() / 2) {
        let at = |share: f64| risks[((risks.len() - 1) as f64 * share) as usize];
        let name = "riskScore of genuine that none rejects: median and quartiles".to_owned();
        rates.push(MeasuredRate { name, value: median, low: at(0.25), high: at(0.75) });
    }
    rates
}
