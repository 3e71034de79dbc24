//! Given weights on fresh simulation: attacks by check, and genuine captures of cards by all checks.

use std::collections::BTreeSet;

use verax_domain::document_verdict::{is_colourless, is_cropped, judge_document};
use verax_lab::captures::{GenuineCapture, genuine_captures};
use verax_lab::rates::{Judged, measured_share};
use verax_lab::training_set::{LabelledImage, simulated_rows};
use verax_vision::document::DocumentRequest;
use verax_vision::image::DecodeLimits;

use super::arguments::EvalDocuments;
use super::engine::{load_engine, policy};
use super::report::{
    JudgedByCheck, LEVELS, Rejection, Report, fails, judged_row, rates, rejection_rates,
};
use crate::cli::progress::Progress;

pub fn measure(
    args: &EvalDocuments,
    images: &[LabelledImage],
) -> Result<(Report, JudgedByCheck), String> {
    let engine = load_engine(args.weights.as_deref())?;
    let mut report = Report { images: args.simulated, ..Report::default() };
    let progress = Progress::of_unknown_length("simulating");
    let rows = simulated_rows(images, args.simulated, args.seed, args.threads);
    let mut all = Vec::new();
    for (check, rows) in rows.by_check.iter() {
        let (name, weights) = (check.entry().wire_name, &engine.weights()[check]);
        let judged: Vec<Judged> =
            rows.iter().map(|row| judged_row(row, weights.score(&row.features))).collect();
        report.add(name, rates(&judged, &weights.thresholds));
        all.push((name, judged));
    }

    let points = engine.operating_points();
    let judge = |capture: &GenuineCapture| {
        let request = DocumentRequest { face: capture.face, ..DocumentRequest::ALL };
        let findings = engine.check(&capture.bytes, &request, &DecodeLimits::default()).ok()?;
        let rejected =
            LEVELS.map(|(_, level)| fails(&judge_document(&findings, &policy(&points, level))));
        Some(Seen {
            saving: capture.saving,
            cut: capture.cut,
            lost: findings.placement.corners.is_none(),
            cropped: is_cropped(&findings.placement),
            colourless: is_colourless(&findings.colour),
            by_any: Rejection { source: capture.source.clone(), rejected },
        })
    };
    let (count, seed) = (args.simulated, args.seed);
    progress.phase("measuring");
    let seen: Vec<Seen> =
        genuine_captures(images, count, seed, args.threads, judge).into_iter().flatten().collect();
    drop(progress);
    let savings: BTreeSet<&str> = seen.iter().map(|s| s.saving).collect();
    for saving in savings {
        let of = seen.iter().filter(|s| s.saving == saving);
        let what = format!("genuine cards that a check rejects, saved as {saving}");
        report.add(what, rejection_rates(of.map(|s| &s.by_any)));
    }
    for (cut, which) in [(false, "genuine cards that are whole"), (true, "genuine cards, cut off")]
    {
        let share = |name: &str, found: fn(&Seen) -> bool| {
            let of = seen.iter().filter(|seen| seen.cut == cut);
            measured_share(name, of.map(|seen| (seen.by_any.source.as_str(), found(seen))))
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
    by_any: Rejection,
}
