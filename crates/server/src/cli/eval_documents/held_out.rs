//! Heads of one's own, each judging a source that it has not seen; the other checks as they are shipped.

use std::collections::BTreeSet;
use std::io;

use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_findings::CheckFinding;
use verax_domain::document_verdict::{
    ColourlessRule, DocumentPolicy, DocumentVerdict, OperatingPoints, judge_document,
};
use verax_lab::feature_cache::FeatureCache;
use verax_lab::heads::{HeadRow, NestedScore, head_rows, judged, nested_rates, nested_scores};
use verax_lab::training::in_parallel;
use verax_lab::training_set::LabelledImage;
use verax_vision::backbone::Backbone;
use verax_vision::document::{DocumentEngine, DocumentRequest};
use verax_vision::image::DecodeLimits;

use super::arguments::EvalDocuments;
use super::engine::{self, policy};
use super::report::{JudgedByCheck, LEVELS, Outcome, Report, outcome_rates};
use crate::cli::progress::Progress;

const CHECK: DocumentCheck = DocumentCheck::ScreenReplay;

/// The screen check of each source by a head whose weights, calibration and thresholds know nothing of that source.
pub fn measure(
    args: &EvalDocuments,
    images: &[LabelledImage],
    backbone: &Backbone,
) -> Result<(Report, JudgedByCheck), String> {
    let rows = rows(args, images, backbone).map_err(|e| e.to_string())?;
    let (places, rows): (Vec<usize>, Vec<HeadRow>) = rows.into_iter().unzip();
    let progress = Progress::of_unknown_length("training");
    let scores = nested_scores(&rows, args.threads);
    drop(progress);
    if scores.is_empty() {
        return Err("leaving sources out needs genuine images and screens of three sources".into());
    }
    let mut report = Report { images: images.len(), ..Report::default() };
    let engine = engine::engine(args.weights.as_deref(), None).map_err(|e| format!("{e:#}"))?;
    let outcomes = outcomes(args, images, (&places, &scores), &engine);
    report.add("all checks", outcome_rates(&outcomes));
    let sources: BTreeSet<&str> = outcomes.iter().map(|it| it.source.as_str()).collect();
    for source in sources {
        let of: Vec<Outcome> = outcomes.iter().filter(|it| it.source == source).cloned().collect();
        report.add(format!("of {source}"), outcome_rates(&of));
    }
    let judged = judged(&rows, &scores);
    report.add(CHECK.entry().wire_name, nested_rates(&rows, &scores));
    Ok((report, vec![(CHECK.entry().wire_name, judged)]))
}

fn rows(
    args: &EvalDocuments,
    images: &[LabelledImage],
    backbone: &Backbone,
) -> io::Result<Vec<(usize, HeadRow)>> {
    let mut cache = FeatureCache::open(args.cache.as_deref(), backbone.digest())?;
    let progress = Progress::of_items("looking", images.len());
    head_rows(CHECK, images, backbone, &mut cache, args.threads, || progress.add(1))
}

/// What all checks together say of each image, the screen check by its nested score.
fn outcomes(
    args: &EvalDocuments,
    images: &[LabelledImage],
    (places, scores): (&[usize], &[NestedScore]),
    engine: &DocumentEngine,
) -> Vec<Outcome> {
    let mut checks = PerCheck::all(true);
    checks[CHECK] = false;
    let request = DocumentRequest { checks, ..DocumentRequest::ALL };
    let progress = Progress::of_items("judging", scores.len());
    let found = in_parallel(args.threads, scores.len(), |at| {
        progress.add(1);
        let image = &images[places[scores[at].row]];
        let mut findings = engine.check(&image.bytes, &request, &DecodeLimits::default()).ok()?;
        let score = Some(scores[at].score);
        findings.checks[CHECK] =
            Some(CheckFinding { score, evidence: Vec::new(), limits: Vec::new() });
        let mut points = engine.operating_points();
        let thresholds = scores[at].thresholds;
        points[CHECK] = OperatingPoints {
            soft: thresholds.soft,
            regular: thresholds.regular,
            hard: thresholds.hard,
        };
        let verdict = |(_, level)| -> DocumentVerdict {
            let rules =
                DocumentPolicy { colourless: ColourlessRule::Fails, ..policy(&points, level) };
            judge_document(&findings, &rules)
        };
        Some(Outcome::new(&image.source, &image.label, &LEVELS.map(verdict)))
    });
    found.into_iter().flatten().collect()
}
