//! A detector of presentation attacks of the operator's own, on a backbone whose weights mean nothing.

use std::sync::Arc;

use verax_domain::face_findings::{AttackFindings, DetectedFace, PointPx};
use verax_vision::backbone::{BACKBONE_FEATURES, Backbone};
use verax_vision::conversion::Conversion;
use verax_vision::document::Head;
use verax_vision::document::calibration::{Platt, Thresholds};
use verax_vision::document::weights::Manifest;
use verax_vision::faces::{AttackHead, FaceEngine, ModelBytes};
use verax_vision::image::Image;

use super::conversion::{network_of, without_meaning};

fn backbone() -> Arc<Backbone> {
    let file = network_of(without_meaning(), [1.0, 0.5, 0.0, 1.0]);
    let onnx = Conversion::EfficientNetLite0.convert(&file).unwrap();
    Arc::new(Backbone::load(onnx, "ab").unwrap())
}

/// Nothing but a bias: the score of every image is the share that the bias gives.
fn head(regular: f64) -> Head {
    Head {
        check: "attack".to_owned(),
        backbone: "ab".to_owned(),
        platt: Platt { a: 1.0, b: 0.0 },
        thresholds: Thresholds { soft: regular / 2.0, regular, hard: regular },
        manifest: Manifest::default(),
        bias: 0.0,
        weights: vec![0.0; BACKBONE_FEATURES],
    }
}

fn engine(head: &Head) -> FaceEngine {
    let json = head.to_json().unwrap();
    let attack_head = AttackHead::read(backbone(), &json, "mine".to_owned()).unwrap();
    FaceEngine::load(ModelBytes { attack_head: Some(attack_head), ..ModelBytes::default() })
        .unwrap()
}

fn face(x: f64, y: f64, size_px: f64) -> DetectedFace {
    let at =
        |x_share: f64, y_share: f64| PointPx { x: x + x_share * size_px, y: y + y_share * size_px };
    DetectedFace {
        origin: PointPx { x, y },
        width_px: size_px,
        height_px: size_px,
        confidence: 0.9,
        points: [at(0.3, 0.4), at(0.7, 0.4), at(0.5, 0.6), at(0.35, 0.8), at(0.65, 0.8)],
    }
}

fn image(level: impl Fn(u32, u32) -> u8) -> Image {
    let rgb =
        (0..300).flat_map(|y| (0..300).map(move |x| (x, y))).flat_map(|(x, y)| [level(x, y); 3]);
    Image { width: 300, height: 300, rgb: rgb.collect() }
}

fn attack_of(engine: &FaceEngine, image: &Image, face: &DetectedFace) -> Option<AttackFindings> {
    engine.analyse_attack(image, face).unwrap()
}

#[test]
fn the_threshold_of_a_head_is_the_default_of_the_protocol() {
    let grey = image(|_, _| 120);
    // Without weights every image has the probability 0.5.
    for (regular, expected) in [(0.5, 0.6), (0.25, 0.6 + 0.4 / 3.0), (0.8, 0.375)] {
        let engine = engine(&head(regular));
        let found = attack_of(&engine, &grey, &face(100.0, 100.0, 100.0)).unwrap();
        assert!((found.liveness_score - expected).abs() < 1e-9, "{found:?} at {regular}");
        assert_eq!((found.bona_fide, found.bona_fide_by_crop), (0.5, None));
        assert_eq!(engine.liveness_calibration().version, "mine");
        assert_eq!(engine.runtimes().len(), 1);
    }
}

#[test]
fn a_face_that_fills_the_image_or_is_tilted_is_not_measured() {
    let engine = engine(&head(0.5));
    let grey = image(|_, _| 120);
    assert_eq!(attack_of(&engine, &grey, &face(20.0, 20.0, 250.0)), None);
    let mut tilted = face(100.0, 100.0, 100.0);
    tilted.points[1].y += 50.0;
    tilted.points[4].y += 50.0;
    assert_eq!(attack_of(&engine, &grey, &tilted), None);
}

#[test]
fn each_half_of_the_weights_belongs_to_one_crop() {
    // What lies outside of the tight crop, 1.5 times the face, is seen by the wide one alone.
    let edge = |x: u32| !(70..230).contains(&x);
    let plain = image(|_, _| 120);
    let framed = image(|x, y| if edge(x) || edge(y) { 250 } else { 120 });
    let subject = face(100.0, 100.0, 100.0);
    let half = BACKBONE_FEATURES / 2;
    for (weighted, differs) in [(0..half, false), (half..BACKBONE_FEATURES, true)] {
        let weights = (0..BACKBONE_FEATURES).map(|at| f32::from(u8::from(weighted.contains(&at))));
        let platt = Platt { a: 1e-4, b: 0.0 };
        let engine = engine(&Head { weights: weights.collect(), platt, ..head(0.5) });
        let [plain, framed] =
            [&plain, &framed].map(|image| attack_of(&engine, image, &subject).unwrap().bona_fide);
        assert_eq!(plain != framed, differs, "{plain} and {framed}");
    }
}

#[test]
fn a_head_for_something_else_or_without_a_usable_threshold_is_rejected() {
    let backbone = backbone();
    let problem = |head: &Head| {
        let json = head.to_json().unwrap();
        let read = AttackHead::read(Arc::clone(&backbone), &json, String::new());
        read.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(problem(&head(0.5)), "");
    let screen = Head { check: "screen".to_owned(), ..head(0.5) };
    assert!(problem(&screen).contains("another check"));
    let other = Head { backbone: "cd".to_owned(), ..head(0.5) };
    assert!(problem(&other).contains("another backbone"));
    for regular in [0.0, 1.0, -3.0] {
        assert!(problem(&head(regular)).contains("above 0 and below 1"), "{regular}");
    }
}
