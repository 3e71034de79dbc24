//! From labelled rows to the weights of one check: folds by source, calibration, thresholds.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use verax_vision::document::calibration::{Platt, Thresholds};
use verax_vision::document::planes::median;
use verax_vision::document::weights::{CheckWeights, Manifest, SourceCount};
use verax_vision::document::{feature_names, features_version};

use crate::boosting::{BoostSettings, Row, balanced_weights, boost};
use crate::calibration::{careful_thresholds, fit_platt};
use crate::plans::TrainingPlan;

/// A logit of a model that saw nothing of the row's fold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOut {
    pub row: usize,
    pub logit: f64,
}

/// One model per fold, trained on all the others; every row gets the logit of the model that did
/// not see its fold.
pub fn hold_out_each(rows: &[Row], settings: &BoostSettings, threads: usize) -> Vec<HeldOut> {
    let folds: Vec<&str> =
        rows.iter().map(|row| row.fold.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let parts = in_parallel(threads, folds.len(), |index| {
        let fold = folds[index];
        let seen: Vec<&Row> = rows.iter().filter(|row| row.fold != fold).collect();
        let forest = boost(&seen, settings);
        let of_fold = rows.iter().enumerate().filter(|(_, row)| row.fold == fold);
        of_fold
            .map(|(row, r)| HeldOut { row, logit: forest.logit(&r.features) })
            .collect::<Vec<_>>()
    });
    let mut all: Vec<HeldOut> = parts.into_iter().flatten().collect();
    all.sort_unstable_by_key(|held| held.row);
    all
}

/// The weights, and the held-out logits that calibrated them.
#[derive(Debug, Clone)]
pub struct Trained {
    pub weights: CheckWeights,
    pub held_out: Vec<HeldOut>,
}

pub fn train_check(plan: &TrainingPlan, seed: u64, rows: &[Row], threads: usize) -> Trained {
    let settings = (plan.settings)(seed);
    let held_out = hold_out_each(rows, &settings, threads);
    let everything: Vec<&Row> = rows.iter().collect();
    let forest = boost(&everything, &settings);
    let (platt, thresholds) = calibrate(plan, rows, &held_out);
    let mut counts = std::collections::BTreeMap::<(String, &str), usize>::new();
    for row in rows {
        let label = if row.attack { "attack" } else { "genuine" };
        *counts.entry((row.source.clone(), label)).or_default() += 1;
    }
    let sources = counts
        .into_iter()
        .map(|((source, label), images)| SourceCount { source, label: label.to_owned(), images })
        .collect();
    let names = feature_names(plan.check);
    let weights = CheckWeights {
        check: plan.check.entry().short_name.to_owned(),
        features_version: features_version(plan.check),
        medians: medians(rows, names.len()),
        features: names,
        platt,
        thresholds,
        manifest: Manifest { seed, sources, measured: Vec::new(), note: plan.note.to_owned() },
        forest,
    };
    Trained { weights, held_out }
}

fn medians(rows: &[Row], features: usize) -> Vec<f32> {
    (0..features)
        .map(|i| {
            let mut values: Vec<f32> = rows.iter().map(|row| row.features[i]).collect();
            median(&mut values)
        })
        .collect()
}

fn calibrate(plan: &TrainingPlan, rows: &[Row], held_out: &[HeldOut]) -> (Platt, Thresholds) {
    let used: Vec<&HeldOut> =
        held_out.iter().filter(|held| (plan.calibrates)(&rows[held.row])).collect();
    let of: Vec<&Row> = used.iter().map(|held| &rows[held.row]).collect();
    let weights = balanced_weights(of.iter().map(|row| (row.source.as_str(), row.attack)));
    let labelled: Vec<(f64, bool, f64)> =
        used.iter().zip(&of).zip(weights).map(|((h, r), w)| (h.logit, r.attack, w)).collect();
    let platt = fit_platt(&labelled);
    let genuine: Vec<(&str, f64)> = (used.iter().zip(&of))
        .filter(|(_, row)| !row.attack)
        .map(|(held, row)| (row.fold.as_str(), platt.score(held.logit)))
        .collect();
    (platt, careful_thresholds(&genuine))
}

/// `work(0..count)` on so many threads; the answers lie in order, whoever worked on them.
pub fn in_parallel<T: Send>(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1))
            .map(|_| {
                scope.spawn(|| {
                    let mut mine = Vec::new();
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= count {
                            return mine;
                        }
                        mine.push((index, work(index)));
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| match worker.join() {
                Ok(mine) => mine,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, value)| value).collect()
}
