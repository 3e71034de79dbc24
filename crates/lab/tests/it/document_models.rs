//! Trees, calibration and weights files.

use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_lab::boosting::{BoostSettings, Origin, Row, boost};
use verax_lab::calibration::{fit_platt, tail_quantile};
use verax_lab::training::hold_out_each;
use verax_vision::document::seeded::Seeded;
use verax_vision::document::{DocumentEngine, shipped_weights};

fn rows(count: usize) -> Vec<Row> {
    let mut random = Seeded::new(11);
    (0..count)
        .map(|i| {
            let attack = i % 2 == 0;
            let shift = if attack { 2.0 } else { 0.0 };
            let features =
                (0..5).map(|k| random.normal() + if k == 2 { shift } else { 0.0 }).collect();
            Row {
                features,
                attack,
                source: format!("s{}", i % 4),
                fold: format!("s{}", i % 4),
                origin: Origin::Photograph,
                image: i,
                kind: "screen".to_owned(),
            }
        })
        .collect()
}

#[test]
fn the_same_rows_give_the_same_forest_and_it_separates_strangers() {
    let rows = rows(400);
    let all: Vec<&Row> = rows.iter().collect();
    let settings = BoostSettings { column_share: 0.6, ..BoostSettings::lean(1) };
    assert_eq!(boost(&all, &settings), boost(&all, &settings));
    let held = hold_out_each(&rows, &settings, 2);
    assert_eq!(held.len(), rows.len());
    let right = held.iter().filter(|h| (h.logit > 0.0) == rows[h.row].attack).count();
    assert!(right > 240, "{right} of 400");
}

#[test]
fn a_higher_logit_of_attack_is_a_lower_score() {
    let held: Vec<(f64, bool, f64)> =
        (0..200).map(|i| (f64::from(i % 20) - 10.0, i % 20 > 9, 1.0)).collect();
    let platt = fit_platt(&held);
    assert!(platt.score(-3.0) > 0.5 && platt.score(3.0) < 0.5);
    assert!(platt.score(-3.0) > platt.score(-2.0));
}

#[test]
fn the_tail_of_an_exponential_is_found() {
    // Quantiles of -Exp(1): the value under which a share s lies is ln(s).
    let values: Vec<f64> = (1..=1000).map(|i| (f64::from(i) / 1001.0).ln()).collect();
    for share in [0.01, 0.025, 0.05] {
        let found = tail_quantile(&values, share);
        assert!((found - share.ln()).abs() < 0.3, "{share}: {found} for {}", share.ln());
    }
}

#[test]
fn the_shipped_weights_load() {
    DocumentEngine::load(&shipped_weights()).unwrap();
}

#[test]
fn weights_of_another_check_are_rejected_by_name() {
    let shipped = shipped_weights();
    let mut swapped = shipped;
    swapped[DocumentCheck::ScreenReplay] = shipped[DocumentCheck::PrintedCopy];
    let problem = DocumentEngine::load(&swapped).err().unwrap().to_string();
    assert!(problem.contains("screen"), "{problem}");
    let screen = shipped[DocumentCheck::ScreenReplay];
    let screen = screen.replace("\"left\":[", "\"left\":[9999,");
    let mut broken: PerCheck<&str> = shipped;
    broken[DocumentCheck::ScreenReplay] = &screen;
    assert!(DocumentEngine::load(&broken).is_err());
}
