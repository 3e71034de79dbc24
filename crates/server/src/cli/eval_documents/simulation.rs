//! Given weights on fresh simulation: attacks by check, and genuine captures of cards by all checks.

use std::collections::BTreeSet;

use verax_domain::document_verdict::{is_colourless, is_cropped, judge_document};
use verax_lab::captures::{GenuineCapture, genuine_captures};
use verax_lab::rates::{Judged, measured_share};
use verax_lab::training_set::{LabelledImage, simulated_rows};
use verax_vision::document::DocumentRequest;
use verax_vision::image::DecodeLimits;

use super::arguments::EvalDocuments;
use super::engine::{self, policy};
use super::report::{JudgedByCheck, LEVELS, Outcome, Report, judged_row, outcome_rates, rates};
use crate::cli::progress::Progress;

pub fn measure(
    args: &EvalDocuments,
    images: &[LabelledImage],
) -> Result<(Report, JudgedByCheck), String> {
    // Rows of features are judged by trees.
    let engine = engine::engine(args.weights.as_deref(), None).map_err(|e| format!("{e:#}"))?;
    let mut report = Report { images: args.simulated, ..Report::default() };
    let progress = Progress::of_unknown_length("simulating");
    let rows = simulated_rows(images, args.simulated, args.seed, args.threads);
    let mut all = Vec::new();
    for (check, rows) in rows.by_check.iter() {
        let Some(weights) = engine.trees(check) else { continue };
        let name = check.entry().wire_name;
        let judged: Vec<Judged> =
            rows.iter().map(|row| judged_row(row, weights.score(&row.features))).collect();
        report.add(name, rates(&judged, &weights.thresholds));
        all.push((name, judged));
    }

    let points = engine.operating_points();
    let judge = |capture: &GenuineCapture| {
        let request = DocumentRequest { face: capture.face, ..DocumentRequest::ALL };
        let findings = engine.check(&capture.bytes, &request, &DecodeLimits::default()).ok()?;
        let verdicts = LEVELS.map(|(_, level)| judge_document(&findings, &policy(&points, level)));
        Some(Seen {
            saving: capture.saving,
            cut: capture.cut,
            lost: findings.placement.corners.is_none(),
            cropped: is_cropped(&findings.placement),
            colourless: is_colourless(&findings.colour),
            outcome: Outcome::new(&capture.source, "genuine", &verdicts),
        })
    };
    let (count, seed) = (args.simulated, args.seed);
    progress.phase("measuring");
    let seen: Vec<Seen> =
        genuine_captures(images, count, seed, args.threads, judge).into_iter().flatten().collect();
    drop(progress);
    let savings: BTreeSet<&str> = seen.iter().map(|s| s.saving).collect();
    for saving in savings {
        let of = seen.iter().filter(|s| s.saving == saving).map(|s| s.outcome.clone());
        let outcomes: Vec<Outcome> = of.collect();
        report.add(format!("drawn cards, saved as {saving}"), outcome_rates(&outcomes));
    }
    for (cut, which) in [(false, "genuine cards that are whole"), (true, "genuine cards, cut off")]
    {
        let share = |name: &str, found: fn(&Seen) -> bool| {
            let of = seen.iter().filter(|seen| seen.cut == cut);
            measured_share(name, of.map(|seen| (seen.outcome.source.as_str(), found(seen))))
        };
        let shares = [
            share("no outline found", |seen| seen.lost),
            share("called cropped", |seen| seen.cropped),
            share("called colourless", |seen| seen.colourless),
        ];
        report.add(which, shares.into_iter().flatten().collect());
    }
    Ok((report, all))
}

struct Seen {
    saving: &'static str,
    cut: bool,
    lost: bool,
    cropped: bool,
    colourless: bool,
    outcome: Outcome,
}
