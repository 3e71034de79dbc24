//! Error rates of a check with intervals by bootstrap over sources: pictures of one source err
//! together, so pictures must not be drawn one by one.

use std::collections::BTreeMap;

use super::seeded::Seeded;
use super::weights::MeasuredRate;
use crate::metrics::ScoredSet;

/// One judged picture. A larger score is more genuine.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub source: String,
    pub kind: String,
    pub attack: bool,
    pub score: f64,
}

/// Drawings for an interval.
const DRAWINGS: usize = 500;

/// AUC, EER, APCER at BPCER 5 %, and, where thresholds (name, score) are given, BPCER and APCER
/// per attack kind at each. Rates that the pictures do not allow are left out.
pub fn measured_rates(judged: &[Judged], thresholds: &[(&str, f64)]) -> Vec<MeasuredRate> {
    let mut rates = Vec::new();
    let mut add = |name: String, rate: &dyn Fn(&[&Judged]) -> Option<f64>| {
        if let Some(measured) = with_interval(judged, name, rate) {
            rates.push(measured);
        }
    };
    add("AUC".to_owned(), &|all| scored(all).area_under_roc());
    add("EER".to_owned(), &|all| scored(all).equal_error().map(|e| e.rate));
    add("APCER at BPCER 5 %".to_owned(), &|all| apcer_at_bpcer(all, 0.05));
    let kinds: std::collections::BTreeSet<&str> =
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

/// AUC and EER of each kind of attack by itself. Where the genuine pictures have kinds of the same
/// names (ways of saving, say), an attack is held against those of its own kind.
pub fn rates_by_kind(judged: &[Judged]) -> Vec<MeasuredRate> {
    let kinds = |attack: bool| -> std::collections::BTreeSet<&str> {
        judged.iter().filter(|j| j.attack == attack).map(|j| j.kind.as_str()).collect()
    };
    let genuine_kinds = kinds(false);
    let mut rates = Vec::new();
    for kind in kinds(true) {
        let own = genuine_kinds.contains(kind);
        let set: Vec<Judged> = judged
            .iter()
            .filter(|j| if j.attack || own { j.kind == kind } else { true })
            .cloned()
            .collect();
        let auc = with_interval(&set, format!("AUC {kind}"), &|all| scored(all).area_under_roc());
        let eer = with_interval(&set, format!("EER {kind}"), &|all| {
            scored(all).equal_error().map(|e| e.rate)
        });
        rates.extend(auc.into_iter().chain(eer));
    }
    rates
}

fn scored(all: &[&Judged]) -> ScoredSet {
    let of = |attack: bool| all.iter().filter(|j| j.attack == attack).map(|j| j.score).collect();
    ScoredSet::new(of(false), of(true))
}

/// The scores as the plots take them.
pub fn scored_set(judged: &[Judged]) -> ScoredSet {
    scored(&judged.iter().collect::<Vec<_>>())
}

fn share(
    all: &[&Judged],
    counts: impl Fn(&Judged) -> bool,
    errs: impl Fn(&Judged) -> bool,
) -> Option<f64> {
    let trials = all.iter().filter(|j| counts(j)).count();
    let errors = all.iter().filter(|j| counts(j) && errs(j)).count();
    (trials > 0).then(|| errors as f64 / trials as f64)
}

fn apcer_at_bpcer(all: &[&Judged], bpcer: f64) -> Option<f64> {
    let set = scored(all);
    let wanted = set.wanted();
    let threshold = *wanted.get((wanted.len() as f64 * bpcer) as usize)?;
    set.at(threshold).false_accepts.value()
}

/// The rate of all pictures and the 95 % interval over drawings of whole sources.
fn with_interval(
    judged: &[Judged],
    name: String,
    rate: &dyn Fn(&[&Judged]) -> Option<f64>,
) -> Option<MeasuredRate> {
    let all: Vec<&Judged> = judged.iter().collect();
    let value = rate(&all)?;
    let mut by_source: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
    for picture in judged {
        by_source.entry(&picture.source).or_default().push(picture);
    }
    let groups: Vec<&Vec<&Judged>> = by_source.values().collect();
    let mut random = Seeded::new(1);
    let mut drawn: Vec<f64> = (0..DRAWINGS)
        .filter_map(|_| {
            let mut pictures = Vec::with_capacity(judged.len());
            for _ in 0..groups.len() {
                pictures.extend(groups[random.below(groups.len())].iter().copied());
            }
            rate(&pictures)
        })
        .collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        drawn.get(((drawn.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(value)
    };
    // Four decimals: more would pretend.
    let short = |v: f64| (v * 1e4).round() / 1e4;
    let (low, high) = (short(at(0.025)), short(at(0.975)));
    Some(MeasuredRate { name, value: short(value), low, high })
}
