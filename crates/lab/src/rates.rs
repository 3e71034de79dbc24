//! Error rates of a check with intervals by bootstrap over sources: images of one source err
//! together, so images must not be drawn one by one. Where no image errs, or every one does, or
//! all are of one source, drawing again shows nothing: the exact binomial interval is the least.

use std::collections::{BTreeMap, BTreeSet};

use verax_vision::document::seeded::Seeded;
use verax_vision::document::weights::MeasuredRate;

use crate::metrics::{Rate, ScoredSet};

/// One judged image. A larger score is more genuine.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub source: String,
    pub kind: String,
    pub attack: bool,
    pub score: f64,
}

/// Drawings for an interval.
const DRAWINGS: usize = 500;

/// A rate of given images, and the count behind it where it is one.
#[derive(Debug, Clone, Copy)]
struct Measured {
    value: f64,
    count: Option<Rate>,
}

impl Measured {
    fn uncounted(value: f64) -> Self {
        Self { value, count: None }
    }

    fn counted(count: Rate) -> Option<Self> {
        Some(Self { value: count.value()?, count: Some(count) })
    }
}

/// AUC, EER, APCER at BPCER 5 %, and, where thresholds (name, score) are given, BPCER and APCER
/// per attack kind at each. Rates that the images do not allow are left out.
pub fn measured_rates(judged: &[Judged], thresholds: &[(&str, f64)]) -> Vec<MeasuredRate> {
    let mut rates = Vec::new();
    let mut add = |name: String, rate: &dyn Fn(&[&Judged]) -> Option<Measured>| {
        if let Some(measured) = with_interval(judged, name, rate) {
            rates.push(measured);
        }
    };
    add("AUC".to_owned(), &area_under_roc);
    add("EER".to_owned(), &equal_error);
    add("APCER at BPCER 5 %".to_owned(), &|all| apcer_at_bpcer(all, 0.05));
    let kinds: BTreeSet<&str> =
        judged.iter().filter(|j| j.attack).map(|j| j.kind.as_str()).collect();
    for &(name, threshold) in thresholds {
        add(format!("BPCER {name}"), &|all| share(all, |j| !j.attack, |j| j.score < threshold));
        for kind in &kinds {
            add(format!("APCER {name} {kind}"), &|all| {
                share(all, |j| j.attack && j.kind == *kind, |j| j.score >= threshold)
            });
        }
    }
    rates
}

/// BPCER and APCER per attack kind where each image is judged by thresholds of its own (those of the model that did not
/// see it): `outcomes` are (source, kind, attack, whether it passes).
pub fn measured_passes(name: &str, outcomes: &[(&str, &str, bool, bool)]) -> Vec<MeasuredRate> {
    let kinds: BTreeSet<&str> = outcomes.iter().filter(|it| it.2).map(|it| it.1).collect();
    let bona_fide = outcomes.iter().filter(|it| !it.2).map(|it| (it.0, !it.3));
    let mut rates: Vec<_> =
        measured_share(&format!("BPCER {name}"), bona_fide).into_iter().collect();
    for kind in kinds {
        let of = outcomes.iter().filter(|it| it.2 && it.1 == kind).map(|it| (it.0, it.3));
        rates.extend(measured_share(&format!("APCER {name} {kind}"), of));
    }
    rates
}

/// AUC, EER and APCER at BPCER 2 % of each kind of attack by itself. Where the genuine images have
/// ways of saving for kinds, an attack (`q95`, `paste_q95`) is held against those of its own.
pub fn rates_by_kind(judged: &[Judged]) -> Vec<MeasuredRate> {
    let kinds = |attack: bool| -> BTreeSet<&str> {
        judged.iter().filter(|j| j.attack == attack).map(|j| j.kind.as_str()).collect()
    };
    let genuine_kinds = kinds(false);
    let mut rates = Vec::new();
    for kind in kinds(true) {
        let saving = kind.rsplit('_').next().filter(|saving| genuine_kinds.contains(saving));
        let set: Vec<Judged> = judged
            .iter()
            .filter(|j| match (j.attack, saving) {
                (true, _) => j.kind == kind,
                (false, Some(saving)) => j.kind == saving,
                (false, None) => true,
            })
            .cloned()
            .collect();
        let mut add = |name: &str, rate: &dyn Fn(&[&Judged]) -> Option<Measured>| {
            rates.extend(with_interval(&set, format!("{name} {kind}"), rate));
        };
        add("AUC", &area_under_roc);
        add("EER", &equal_error);
        add("APCER at BPCER 2 %", &|all| apcer_at_bpcer(all, 0.02));
    }
    rates
}

/// The share of images (source, whether it counts) that count.
pub fn measured_share<'a>(
    name: &str,
    images: impl Iterator<Item = (&'a str, bool)>,
) -> Option<MeasuredRate> {
    let judged: Vec<Judged> = images
        .map(|(source, counts)| Judged {
            source: source.to_owned(),
            kind: String::new(),
            attack: false,
            score: f64::from(u8::from(counts)),
        })
        .collect();
    with_interval(&judged, name.to_owned(), &|all| share(all, |_| true, |j| j.score > 0.0))
}

fn scored(all: &[&Judged]) -> ScoredSet {
    let of = |attack: bool| all.iter().filter(|j| j.attack == attack).map(|j| j.score).collect();
    ScoredSet::new(of(false), of(true))
}

/// The scores as the plots take them.
pub fn scored_set(judged: &[Judged]) -> ScoredSet {
    scored(&judged.iter().collect::<Vec<_>>())
}

fn area_under_roc(all: &[&Judged]) -> Option<Measured> {
    scored(all).area_under_roc().map(Measured::uncounted)
}

fn equal_error(all: &[&Judged]) -> Option<Measured> {
    let set = scored(all);
    let value = set.equal_error()?.rate;
    // Without an error on either side the smaller class says how little that proves.
    let trials = set.wanted().len().min(set.unwanted().len());
    Some(Measured { value, count: (value == 0.0).then_some(Rate { errors: 0, trials }) })
}

fn share(
    all: &[&Judged],
    counts: impl Fn(&Judged) -> bool,
    errs: impl Fn(&Judged) -> bool,
) -> Option<Measured> {
    let trials = all.iter().filter(|j| counts(j)).count();
    let errors = all.iter().filter(|j| counts(j) && errs(j)).count();
    Measured::counted(Rate { errors, trials })
}

fn apcer_at_bpcer(all: &[&Judged], bpcer: f64) -> Option<Measured> {
    let set = scored(all);
    let wanted = set.wanted();
    let threshold = *wanted.get((wanted.len() as f64 * bpcer) as usize)?;
    Measured::counted(set.at(threshold).false_accepts)
}

/// The rate of all images and the 95 % interval over drawings of whole sources.
fn with_interval(
    judged: &[Judged],
    name: String,
    rate: &dyn Fn(&[&Judged]) -> Option<Measured>,
) -> Option<MeasuredRate> {
    let all: Vec<&Judged> = judged.iter().collect();
    let Measured { value, count } = rate(&all)?;
    let mut by_source: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
    for image in judged {
        by_source.entry(&image.source).or_default().push(image);
    }
    let groups: Vec<&Vec<&Judged>> = by_source.values().collect();
    let mut random = Seeded::new(1);
    let mut drawn: Vec<f64> = (0..DRAWINGS)
        .filter_map(|_| {
            let mut images = Vec::with_capacity(judged.len());
            for _ in 0..groups.len() {
                images.extend(groups[random.below(groups.len())].iter().copied());
            }
            rate(&images).map(|measured| measured.value)
        })
        .collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        drawn.get(((drawn.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(value)
    };
    let (mut low, mut high) = (at(0.025), at(0.975));
    if let Some(count) = count
        && (low == high || count.errors == 0 || count.errors == count.trials)
        && let Some(exact) = count.interval_95()
    {
        (low, high) = (low.min(exact.low), high.max(exact.high));
    }
    // Four decimals: more would pretend.
    let short = |v: f64| (v * 1e4).round() / 1e4;
    Some(MeasuredRate { name, value: short(value), low: short(low), high: short(high) })
}
