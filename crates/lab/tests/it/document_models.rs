//! Trees, calibration and weights files.

use std::sync::atomic::{AtomicUsize, Ordering};

use verax_domain::document_check::DocumentCheck;
use verax_lab::boosting::{BoostSettings, Origin, Row, boost};
use verax_lab::calibration::{careful_thresholds, fit_platt};
use verax_lab::feature_cache::FeatureCache;
use verax_lab::heads::{HeadRow, head_file};
use verax_lab::linear::{Example, fit};
use verax_lab::simulator::jpeg;
use verax_lab::training::hold_out_each;
use verax_vision::backbone::BACKBONE_FEATURES;
use verax_vision::document::calibration::{Platt, Thresholds};
use verax_vision::document::seeded::Seeded;
use verax_vision::document::weights::Manifest;
use verax_vision::document::{DocumentEngine, DocumentModels, Head, SHIPPED_SCREEN_HEAD};
use verax_vision::image::Image;
use verax_vision::model_catalogue::MODELS;

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
fn the_shipped_weights_load() {
    DocumentEngine::load(DocumentModels::shipped(None)).unwrap();
}

#[test]
fn weights_of_another_check_are_rejected_by_name() {
    let shipped = DocumentModels::shipped(None).trees;
    let load = |trees| {
        let models = DocumentModels { trees, ..DocumentModels::shipped(None) };
        DocumentEngine::load(models).err().map(|error| error.to_string())
    };
    let mut swapped = shipped;
    swapped[DocumentCheck::ScreenReplay] = shipped[DocumentCheck::PortraitSubstitution];
    let problem = load(swapped).unwrap();
    assert!(problem.contains("screen"), "{problem}");
    let screen = shipped[DocumentCheck::ScreenReplay].unwrap();
    let screen = screen.replace("\"left\":[", "\"left\":[9999,");
    let mut broken = shipped;
    broken[DocumentCheck::ScreenReplay] = Some(&screen);
    assert!(load(broken).is_some());
}

fn head() -> Head {
    Head {
        check: "screen".to_owned(),
        backbone: "ab".to_owned(),
        platt: Platt { a: 1.0, b: 0.0 },
        thresholds: Thresholds { soft: 0.1, regular: 0.2, hard: 0.3 },
        manifest: Manifest::default(),
        bias: 0.5,
        weights: (0..BACKBONE_FEATURES).map(|i| (i % 3) as f32 - 1.0).collect(),
    }
}

#[test]
fn a_head_that_does_not_fit_is_rejected_with_the_reason() {
    let written = head().to_json().unwrap();
    let read = Head::read("screen", "ab", &written).unwrap();
    assert_eq!(read, head());
    let features: Vec<f32> = (0..BACKBONE_FEATURES).map(|i| i as f32 / 3072.0).collect();
    assert!((read.logit(&features) - (0.5 + 1024.0 * 2.0 / 3072.0)).abs() < 1e-3);
    let problem = |check, backbone, json: &str| {
        Head::read(check, backbone, json).err().map(|e| e.to_string()).unwrap_or_default()
    };
    assert!(problem("print", "ab", &written).contains("another check"));
    assert!(problem("screen", "cd", &written).contains("another backbone"));
    let short = Head { weights: vec![0.0; 3], ..head() }.to_json().unwrap();
    assert!(problem("screen", "ab", &short).contains("each of the backbone's features"));
    let flat = Head { platt: Platt { a: 0.0, b: 0.0 }, ..head() }.to_json().unwrap();
    assert!(problem("screen", "ab", &flat).contains("calibration"));
    assert!(problem("screen", "ab", "{").contains("cannot be read"));
}

#[test]
fn a_hyperplane_is_found_where_logistic_regression_has_it() {
    // One feature, two values: the optimum is where the slope of the penalty meets that of the losses.
    let (low, high) = ([-1.0f32], [1.0f32]);
    let examples: Vec<Example<'_>> = (0..40)
        .map(|i| Example {
            features: if i % 2 == 0 { &high } else { &low },
            attack: (i % 2 == 0) != (i % 10 == 0),
            weight: 1.0,
        })
        .collect();
    let plane = fit(&examples, 0.5);
    // Standardised features are the features: mean 0, deviation 1.
    let slope: f64 = (examples.iter())
        .map(|e| {
            let x = f64::from(e.features[0]);
            let p = 1.0 / (1.0 + (-plane.logit(e.features)).exp());
            0.5 * x * (p - f64::from(u8::from(e.attack)))
        })
        .sum();
    assert!((slope + f64::from(plane.weights[0])).abs() < 1e-3, "{plane:?}");
    assert_eq!(fit(&examples, 0.5), plane);
}

#[test]
fn a_careful_threshold_holds_for_sources_that_differ() {
    // Nine calm sources and one whose images score low: drawings that hold it twice decide.
    let genuine: Vec<(String, f64)> = (0..10)
        .flat_map(|source| {
            let level = if source == 0 { 0.2 } else { 0.8 };
            (0..30).map(move |i| (format!("s{source}"), level + f64::from(i) * 0.005))
        })
        .collect();
    let genuine: Vec<(&str, f64)> = genuine.iter().map(|(s, v)| (s.as_str(), *v)).collect();
    let Thresholds { soft, regular, hard } = careful_thresholds(&genuine);
    assert!(soft <= regular && regular <= hard && hard < 0.3, "{soft} {regular} {hard}");
    let rejected = genuine.iter().filter(|(_, score)| *score < hard).count();
    assert!(rejected as f64 <= 0.05 * genuine.len() as f64);
}

#[test]
fn the_shipped_head_is_of_the_catalogue_s_backbone() {
    let backbone = MODELS.iter().find(|entry| entry.name == "backbone").unwrap();
    Head::read("screen", backbone.member_sha256, SHIPPED_SCREEN_HEAD).unwrap();
}

#[test]
fn the_file_of_a_head_says_what_it_was_trained_on_and_is_worth_on_people_held_out() {
    let mut random = Seeded::new(5);
    let rows: Vec<HeadRow> = (0..240)
        .map(|i| {
            let attack = i % 2 == 0;
            let shift = if attack { 3.0 } else { 0.0 };
            let features = (0..6).map(|k| random.normal() + if k == 1 { shift } else { 0.0 });
            let kind = if attack { "attack-mask" } else { "genuine" };
            HeadRow {
                features: features.collect(),
                attack,
                source: format!("person {}", i / 2 % 4),
                kind: kind.to_owned(),
            }
        })
        .collect();
    let head = head_file("attack", "ab", &rows, 2).unwrap();
    assert_eq!((head.check.as_str(), head.backbone.as_str()), ("attack", "ab"));
    assert_eq!(head.manifest.sources.len(), 8);
    assert!(head.manifest.sources.iter().all(|count| count.images == 30));
    let auc = head.manifest.measured.iter().find(|rate| rate.name.contains("AUC")).unwrap();
    assert!(auc.value > 0.95, "{auc:?}");
    let two: Vec<HeadRow> =
        rows.into_iter().filter(|row| row.attack || row.source.as_str() < "person 2").collect();
    let problem = head_file("attack", "ab", &two, 2).unwrap_err();
    assert!(problem.contains("genuine images of 2 sources: at least 3"), "{problem}");
}

#[test]
fn what_was_measured_is_remembered_and_what_could_not_be_is_asked_again() {
    let images: Vec<Vec<u8>> = (1..4_u8)
        .map(|level| {
            let rgb = vec![level * 60; 96 * 96 * 3];
            jpeg(&Image { width: 96, height: 96, rgb }, 90)
        })
        .collect();
    let mut cache = FeatureCache::open(None, "ab").unwrap();
    for asked in [3, 1] {
        let measured = AtomicUsize::new(0);
        let features = cache.measured(
            &images,
            2,
            || (),
            |image| {
                measured.fetch_add(1, Ordering::Relaxed);
                Ok((image.rgb[0] < 150).then(|| vec![f32::from(image.rgb[0])]))
            },
        );
        let features: Vec<bool> = features.unwrap().iter().map(Option::is_some).collect();
        assert_eq!(features, [true, true, false]);
        assert_eq!(measured.into_inner(), asked);
    }
    // What is no image is not asked about.
    let none = cache.measured(&[b"no image"], 1, || (), |_| Ok(Some(Vec::new())));
    assert_eq!(none.unwrap(), [None]);
}
