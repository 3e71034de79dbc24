//! Linear heads on the backbone's features: trained, calibrated and judged with whole sources held out.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use verax_domain::document_check::DocumentCheck;
use verax_vision::backbone::Backbone;
use verax_vision::document::Head;
use verax_vision::document::calibration::{Platt, Thresholds};
use verax_vision::document::weights::{Manifest, MeasuredRate, SourceCount};

use crate::boosting::balanced_weights;
use crate::calibration::{careful_thresholds, fit_platt};
use crate::feature_cache::FeatureCache;
use crate::linear::{Example, Hyperplane, fit};
use crate::plans::is_attack;
use crate::rates::{Judged, measured_passes, measured_rates};
use crate::training::in_parallel;
use crate::training_set::{LabelledImage, edited_collections};

/// The weight of the losses against the penalty on the weights; tried from 0.0003 to 0.03 on sources held out.
const LOSS_WEIGHT: f64 = 0.003;

/// One image.
#[derive(Debug, Clone)]
pub struct HeadRow {
    pub features: Vec<f32>,
    pub attack: bool,
    /// Photographer, camera and screens: held out together.
    pub source: String,
    pub kind: String,
}

/// The rows that images teach a check, with their places among the images. Collections of edited images are no
/// photographs of one camera and teach nothing.
///
/// # Errors
/// The backbone fails, or the cache cannot be written.
pub fn head_rows(
    check: DocumentCheck,
    images: &[LabelledImage],
    backbone: &Backbone,
    cache: &mut FeatureCache,
    threads: usize,
    each: impl Fn() + Sync,
) -> io::Result<Vec<(usize, HeadRow)>> {
    let collections = edited_collections(images);
    let lesson = |image: &LabelledImage| match collections.contains(image.source.as_str()) {
        true => None,
        false => is_attack(check, &image.label),
    };
    let lessons: Vec<(usize, bool)> =
        (images.iter().enumerate()).filter_map(|(at, image)| Some((at, lesson(image)?))).collect();
    let bytes: Vec<&[u8]> = lessons.iter().map(|(at, _)| &images[*at].bytes[..]).collect();
    let features = cache.features(backbone, &bytes, threads, each)?;
    let rows = lessons.into_iter().zip(features).filter_map(|((at, attack), features)| {
        let LabelledImage { source, label, .. } = &images[at];
        let (source, kind) = (source.clone(), label.clone());
        Some((at, HeadRow { features: features?, attack, source, kind }))
    });
    Ok(rows.collect())
}

/// A head with its calibration.
struct TrainedHead {
    plane: Hyperplane,
    platt: Platt,
    thresholds: Thresholds,
}

/// The fewest sources with images of either class: one is held out, and others must stand for strangers.
pub const SOURCES_MIN: usize = 3;

/// The file of a head for `check`, trained on these rows, with the rates of sources held out. `check`: its short name;
/// `backbone`: SHA-256 of the weights of the backbone that gave the features, in hexadecimal.
///
/// # Errors
/// There are too few sources: the message says how many are needed.
pub fn head_file(
    check: &str,
    backbone: &str,
    rows: &[HeadRow],
    threads: usize,
) -> Result<Head, String> {
    for (attack, what) in [(false, "genuine images"), (true, "attacks")] {
        let of = rows.iter().filter(|row| row.attack == attack);
        let sources = of.map(|row| row.source.as_str()).collect::<BTreeSet<_>>().len();
        if sources < SOURCES_MIN {
            return Err(format!(
                "{what} of {sources} sources: at least {SOURCES_MIN} are needed, so that one can be held out"
            ));
        }
    }
    let held_out = HeldOutPlanes::train(rows, threads);
    let TrainedHead { plane, platt, thresholds } = held_out.head();
    let measured = nested_rates(rows, &held_out.nested_scores());
    let mut counts = BTreeMap::<(&str, &str), usize>::new();
    for row in rows {
        *counts.entry((&row.source, if row.attack { "attack" } else { "genuine" })).or_default() +=
            1;
    }
    let sources = (counts.into_iter())
        .map(|((source, label), images)| SourceCount {
            source: source.to_owned(),
            label: label.to_owned(),
            images,
        })
        .collect();
    let note = "A logistic head on the backbone. Rates are of sources of which the measured head's weights, \
                calibration and thresholds knew nothing.";
    Ok(Head {
        check: check.to_owned(),
        backbone: backbone.to_owned(),
        platt,
        thresholds,
        manifest: Manifest { seed: 0, sources, measured, note: note.to_owned() },
        bias: plane.bias,
        weights: plane.weights,
    })
}

/// An image judged by a head that saw nothing of its source, with that head's thresholds.
#[derive(Debug, Clone)]
pub struct NestedScore {
    /// Its place among the rows.
    pub row: usize,
    pub score: f64,
    pub thresholds: Thresholds,
}

/// Each source judged by a head whose weights, calibration and thresholds know nothing of it. In the order of
/// the rows; empty for fewer sources than [`SOURCES_MIN`].
pub fn nested_scores(rows: &[HeadRow], threads: usize) -> Vec<NestedScore> {
    HeldOutPlanes::train(rows, threads).nested_scores()
}

/// Hyperplanes that were trained without a source, and without two.
struct HeldOutPlanes<'a> {
    rows: Vec<&'a HeadRow>,
    sources: Vec<&'a str>,
    /// For each pair of sources, the second not after the first: (0, 0), (1, 0), (1, 1), …
    planes: Vec<Hyperplane>,
}

impl<'a> HeldOutPlanes<'a> {
    fn train(rows: &'a [HeadRow], threads: usize) -> Self {
        let rows: Vec<&HeadRow> = rows.iter().collect();
        let sources = sources_of(&rows);
        let pairs: Vec<(usize, usize)> =
            (0..sources.len()).flat_map(|a| (0..=a).map(move |b| (a, b))).collect();
        let planes = in_parallel(threads, pairs.len(), |at| {
            let (a, b) = pairs[at];
            plane(&without(&rows, &[sources[a], sources[b]]))
        });
        Self { rows, sources, planes }
    }

    /// Trained without either; a source with itself is one.
    fn without(&self, a: usize, b: usize) -> &Hyperplane {
        let (a, b) = (a.max(b), a.min(b));
        &self.planes[a * (a + 1) / 2 + b]
    }

    fn rows_of(&self, source: usize) -> impl Iterator<Item = (usize, &'a HeadRow)> {
        let all = self.rows.iter().copied().enumerate();
        all.filter(move |(_, row)| row.source == self.sources[source])
    }

    /// A source judged by the plane that saw neither it nor `other`.
    fn judged(&self, source: usize, other: usize) -> impl Iterator<Item = Held<'a>> {
        let plane = self.without(source, other);
        self.rows_of(source).map(|(_, row)| Held { row, logit: plane.logit(&row.features) })
    }

    /// Trained on all rows; calibration and thresholds come from sources held out one by one.
    fn head(&self) -> TrainedHead {
        let held_out: Vec<Held<'_>> =
            (0..self.sources.len()).flat_map(|source| self.judged(source, source)).collect();
        calibrated(plane(&self.rows), &held_out)
    }

    fn nested_scores(&self) -> Vec<NestedScore> {
        let count = self.sources.len();
        if count < SOURCES_MIN {
            return Vec::new();
        }
        let mut scores = Vec::with_capacity(self.rows.len());
        for outer in 0..count {
            let others = (0..count).filter(|inner| *inner != outer);
            let held_out: Vec<Held<'_>> =
                others.flat_map(|inner| self.judged(inner, outer)).collect();
            let head = calibrated(self.without(outer, outer).clone(), &held_out);
            scores.extend(self.rows_of(outer).map(|(row, of)| NestedScore {
                row,
                score: head.platt.score(head.plane.logit(&of.features)),
                thresholds: head.thresholds,
            }));
        }
        scores.sort_unstable_by_key(|score| score.row);
        scores
    }
}

struct Held<'a> {
    row: &'a HeadRow,
    logit: f64,
}

fn sources_of<'a>(rows: &[&'a HeadRow]) -> Vec<&'a str> {
    rows.iter().map(|row| row.source.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
}

fn without<'a>(rows: &[&'a HeadRow], sources: &[&str]) -> Vec<&'a HeadRow> {
    rows.iter().filter(|row| !sources.contains(&row.source.as_str())).copied().collect()
}

fn plane(rows: &[&HeadRow]) -> Hyperplane {
    let weights = balanced(rows);
    let examples: Vec<Example<'_>> = (rows.iter().zip(weights))
        .map(|(row, weight)| Example { features: &row.features, attack: row.attack, weight })
        .collect();
    fit(&examples, LOSS_WEIGHT)
}

fn balanced(rows: &[&HeadRow]) -> Vec<f64> {
    balanced_weights(rows.iter().map(|row| (row.source.as_str(), row.attack)))
}

fn calibrated(plane: Hyperplane, held_out: &[Held<'_>]) -> TrainedHead {
    let rows: Vec<&HeadRow> = held_out.iter().map(|held| held.row).collect();
    let weights = balanced(&rows);
    let labelled: Vec<(f64, bool, f64)> =
        held_out.iter().zip(weights).map(|(held, w)| (held.logit, held.row.attack, w)).collect();
    let platt = fit_platt(&labelled);
    let genuine: Vec<(&str, f64)> = (held_out.iter().filter(|held| !held.row.attack))
        .map(|held| (held.row.source.as_str(), platt.score(held.logit)))
        .collect();
    TrainedHead { plane, platt, thresholds: careful_thresholds(&genuine) }
}

/// A calibration's name and its threshold.
type Level = (&'static str, fn(&Thresholds) -> f64);

/// AUC, EER and APCER at BPCER 5 % of nested scores, then BPCER and APCER at the thresholds of the models that gave them.
pub fn nested_rates(rows: &[HeadRow], scores: &[NestedScore]) -> Vec<MeasuredRate> {
    let mut rates = measured_rates(&judged(rows, scores), &[]);
    let levels: [Level; 3] =
        [("SOFT", |it| it.soft), ("REGULAR", |it| it.regular), ("HARD", |it| it.hard)];
    for (name, threshold) in levels {
        let outcomes: Vec<_> = (scores.iter())
            .map(|nested| {
                let row = &rows[nested.row];
                let passes = nested.score >= threshold(&nested.thresholds);
                (row.source.as_str(), row.kind.as_str(), row.attack, passes)
            })
            .collect();
        rates.extend(measured_passes(name, &outcomes));
    }
    rates
}

/// The scores as rates are counted from them.
pub fn judged(rows: &[HeadRow], scores: &[NestedScore]) -> Vec<Judged> {
    (scores.iter())
        .map(|nested| {
            let row = &rows[nested.row];
            Judged {
                source: row.source.clone(),
                kind: row.kind.clone(),
                attack: row.attack,
                score: nested.score,
            }
        })
        .collect()
}
