//! Models of one's own, each judging a source that it has not seen.

use std::collections::{BTreeMap, BTreeSet};

use verax_domain::document_check::DocumentCheck;
use verax_lab::boosting::{Origin, Row};
use verax_lab::plans::training_plan;
use verax_lab::rates::{Judged, rate_changes};
use verax_lab::training::{in_parallel, train_check};
use verax_lab::training_set::{LabelledImage, photographed_rows, simulated_rows};
use verax_vision::document::calibration::Thresholds;
use verax_vision::document::file_forensics;
use verax_vision::image::{DecodeLimits, Image};

use super::arguments::EvalDocuments;
use super::report::{JudgedByCheck, Rejection, Report, judged_row, named, rates, rejection_rates};
use crate::cli::progress::Progress;

/// Scores of genuine photographs by one check.
struct Genuine {
    by_image: BTreeMap<usize, f64>,
    thresholds: [(&'static str, f64); 3],
}

pub fn measure(
    args: &EvalDocuments,
    images: &[LabelledImage],
) -> Result<(Report, JudgedByCheck), String> {
    let progress = Progress::of_unknown_length("measuring");
    let mut rows = photographed_rows(images, args.seed, args.threads);
    rows.append(simulated_rows(images, args.simulated, args.seed, args.threads));
    let mut report = Report {
        images: images.len() - rows.unreadable,
        unreadable: rows.unreadable,
        ..Report::default()
    };
    let mut all = Vec::new();
    let mut genuine: Vec<Genuine> = Vec::new();
    for (check, own) in rows.by_check.iter() {
        let Some(plan) = training_plan(check) else { continue };
        let folds_of = |attack: bool| -> BTreeSet<&str> {
            own.iter().filter(|r| r.attack == attack).map(|r| r.fold.as_str()).collect()
        };
        if folds_of(true).len() < 2 || folds_of(false).len() < 2 {
            continue;
        }
        let name = check.entry().wire_name;
        progress.phase("training");
        let trained = train_check(plan, args.seed, own, args.threads);
        let weights = &trained.weights;
        let thresholds = &weights.thresholds;
        let scored: Vec<(&Row, f64)> = trained
            .held_out
            .iter()
            .map(|held| (&own[held.row], weights.platt.score(held.logit)))
            .collect();
        let judged = |counts: &dyn Fn(&Row) -> bool| -> Vec<Judged> {
            let counted = scored.iter().filter(|(row, _)| counts(row));
            counted.map(|(row, score)| judged_row(row, *score)).collect()
        };
        let calibrating = judged(&plan.calibrates);
        report.add(name, rates(&calibrating, thresholds));
        let simulated = judged(&|row| row.origin == Origin::Simulated);
        if simulated.len() < calibrating.len() && !simulated.is_empty() {
            report.add(format!("{name}, simulation alone"), rates(&simulated, thresholds));
        }
        let photographs = judged(&|row| row.origin == Origin::Photograph);
        let resaved = judged(&|row| row.origin == Origin::Resaved);
        if !resaved.is_empty() {
            report.add(
                format!("{name}, photographs saved again (x 0.6, JPEG 75)"),
                rate_changes(&photographs, &resaved, &named(thresholds)),
            );
        }
        genuine.push(if check == DocumentCheck::PortraitSubstitution {
            let unlearned = rows.portrait_unlearned.iter();
            genuine_scores(unlearned.map(|row| (row, weights.score(&row.features))), thresholds)
        } else {
            genuine_scores(scored.iter().copied(), thresholds)
        });
        all.push((name, calibrating));
    }
    if all.is_empty() {
        return Err("leaving sources out needs genuine images and attacks of two sources".into());
    }
    progress.phase("judging");
    let rejections = rejections(args.threads, images, &genuine);
    report.add("genuine photographs that a check rejects", rejection_rates(&rejections));
    let sources: BTreeSet<&str> = rejections.iter().map(|r| r.source.as_str()).collect();
    for source in sources {
        let of = rejections.iter().filter(|r| r.source == source);
        report.add(format!("of {source}"), rejection_rates(of));
    }
    Ok((report, all))
}

fn genuine_scores<'a>(
    scored: impl Iterator<Item = (&'a Row, f64)>,
    thresholds: &Thresholds,
) -> Genuine {
    let photographs = scored.filter(|(row, _)| row.origin == Origin::Photograph && !row.attack);
    Genuine {
        by_image: photographs.map(|(row, score)| (row.image, score)).collect(),
        thresholds: named(thresholds),
    }
}

/// What the checks together say of the photographs that the first of them judged. A check that could
/// not be made has not passed, and what a file tells rejects at every calibration.
fn rejections(threads: usize, images: &[LabelledImage], checks: &[Genuine]) -> Vec<Rejection> {
    let Some(first) = checks.first() else { return Vec::new() };
    let numbers: Vec<usize> = first.by_image.keys().copied().collect();
    in_parallel(threads, numbers.len(), |at| {
        let labelled = &images[numbers[at]];
        let told = Image::decode(&labelled.bytes, &DecodeLimits::default()).is_ok_and(|image| {
            let evidence = file_forensics(&labelled.bytes, &image).evidence;
            evidence.iter().any(|evidence| evidence.score_cap() <= 0.25)
        });
        let fails = |level: usize| {
            let below = |check: &Genuine| {
                let score = check.by_image.get(&numbers[at]);
                score.is_none_or(|score| *score < check.thresholds[level].1)
            };
            told || checks.iter().any(below)
        };
        Rejection { source: labelled.source.clone(), rejected: [fails(0), fails(1), fails(2)] }
    })
}
