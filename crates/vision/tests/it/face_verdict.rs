//! What the numbers of a face mean.

use verax_domain::face_findings::{
    AttackFindings, DetectedFace, FaceComparison, FaceFindings, FaceQuality, PointPx,
};
use verax_domain::face_verdict::{
    ATTACK_ROOM_MIN, ATTACK_TILT_DEGREES_MAX, CheckOutcome, FacePolicy, FaceRejection,
    QualityLevel, attack_rejection, judge, subject,
};

fn face(height_px: f64) -> DetectedFace {
    let eye = |share: f64| PointPx { x: share * height_px, y: 0.4 * height_px };
    DetectedFace {
        origin: PointPx { x: 0.0, y: 0.0 },
        width_px: height_px,
        height_px,
        confidence: 0.9,
        points: [eye(0.3), eye(0.7), eye(0.5), eye(0.4), eye(0.6)],
    }
}

fn good_quality() -> FaceQuality {
    FaceQuality {
        inter_eye_distance_px: 120.0,
        sharpness_levels: 30.0,
        brightness: 0.5,
        contrast: 0.18,
        under_exposed: 0.02,
        over_exposed: 0.01,
        yaw_degrees: 4.0,
        pitch_degrees: -3.0,
        roll_degrees: 1.0,
        face_height_share: 0.4,
        inside_share: 1.0,
    }
}

fn findings(liveness_score: Option<f64>) -> FaceFindings {
    FaceFindings {
        width_px: 1000,
        height_px: 1000,
        faces: vec![face(400.0)],
        quality: Some(good_quality()),
        attack: liveness_score.map(|liveness_score| AttackFindings {
            bona_fide_by_crop: Some([liveness_score; 3]),
            bona_fide: liveness_score,
            liveness_score,
        }),
    }
}

fn comparison(match_score: f64) -> FaceComparison {
    FaceComparison { cosine: match_score, match_score }
}

#[test]
fn a_good_image_of_the_enrolled_person_passes_every_check() {
    let verdict = judge(&findings(Some(0.97)), Some(&comparison(0.93)), &FacePolicy::default());
    assert_eq!(verdict.liveness_detection, CheckOutcome::Passed);
    assert_eq!(verdict.anti_spoofing, CheckOutcome::Passed);
    assert_eq!(verdict.identity_match, CheckOutcome::Passed);
    assert_eq!(verdict.quality, Some(QualityLevel::Good));
    assert!(verdict.risk_score.unwrap() < 0.5);
    assert_eq!(verdict.reasons, []);
}

#[test]
fn a_check_that_was_not_made_is_not_checked_and_never_a_pass() {
    let mut nothing = findings(None);
    nothing.quality = None;
    let verdict = judge(&nothing, None, &FacePolicy::default());
    assert_eq!(verdict.liveness_detection, CheckOutcome::NotChecked);
    assert_eq!(verdict.anti_spoofing, CheckOutcome::NotChecked);
    assert_eq!(verdict.identity_match, CheckOutcome::NotChecked);
    assert_eq!((verdict.quality, verdict.quality_score), (None, None));
    assert_eq!((verdict.liveness_score, verdict.match_score), (None, None));
    assert_eq!(verdict.risk_score, None);
}

#[test]
fn an_attack_fails_with_its_reason_and_is_risky() {
    let verdict = judge(&findings(Some(0.1)), None, &FacePolicy::default());
    assert_eq!(verdict.anti_spoofing, CheckOutcome::Failed);
    assert_eq!(verdict.liveness_detection, CheckOutcome::Failed);
    assert!(verdict.risk_score.unwrap() > 0.9);
    let reason = &verdict.reasons[0];
    assert_eq!((reason.measurement, reason.value, reason.limit), ("livenessScore", 0.1, 0.6));
}

#[test]
fn a_score_at_its_threshold_passes_and_has_a_risk_of_one_half() {
    let verdict = judge(&findings(Some(0.6)), Some(&comparison(0.85)), &FacePolicy::default());
    assert_eq!(verdict.anti_spoofing, CheckOutcome::Passed);
    assert_eq!(verdict.identity_match, CheckOutcome::Passed);
    assert!((verdict.risk_score.unwrap() - 0.5).abs() < 1e-9);
}

#[test]
fn a_poor_image_says_what_missed_which_limit_the_worst_first() {
    let mut poor = findings(Some(0.97));
    poor.quality =
        Some(FaceQuality { sharpness_levels: 1.0, yaw_degrees: -44.0, ..good_quality() });
    let verdict = judge(&poor, None, &FacePolicy::default());
    assert_eq!(verdict.quality, Some(QualityLevel::Poor));
    assert_eq!(verdict.anti_spoofing, CheckOutcome::Passed);
    assert_eq!(verdict.liveness_detection, CheckOutcome::Failed);
    let missed: Vec<_> = verdict.reasons.iter().map(|reason| reason.measurement).collect();
    assert_eq!(missed, ["sharpness", "yaw"]);
}

#[test]
fn a_measurement_that_is_no_number_is_poor() {
    let mut broken = findings(None);
    broken.quality = Some(FaceQuality { contrast: f64::NAN, ..good_quality() });
    let verdict = judge(&broken, None, &FacePolicy::default());
    assert_eq!(verdict.quality, Some(QualityLevel::Poor));
    assert_eq!(verdict.quality_score, Some(0.0));
}

#[test]
fn an_image_needs_exactly_one_face_that_is_large_enough() {
    let policy = FacePolicy::default();
    let with = |faces: Vec<DetectedFace>| FaceFindings { faces, ..findings(None) };
    assert_eq!(subject(&with(vec![]), &policy), Err(FaceRejection::NoFace));
    let two = subject(&with(vec![face(400.0), face(300.0)]), &policy).unwrap_err();
    assert_eq!(two.to_string(), "the image has more than one face");
    assert!(subject(&with(vec![face(400.0), face(100.0)]), &policy).is_ok(), "a face far behind");
    let tiny = subject(&with(vec![face(40.0)]), &policy).unwrap_err();
    assert_eq!(
        tiny.to_string(),
        "the face is too small: 16 pixels between the eyes; at least 20 are needed"
    );
}

#[test]
fn no_rejection_names_a_number_that_would_be_allowed() {
    for (rejection, text) in [
        (
            FaceRejection::FaceTooSmall { inter_eye_distance_px: 19.7, min_px: 20.0 },
            "too small: 19 pixels between the eyes; at least 20 are",
        ),
        (
            FaceRejection::FaceTooClose { filled_percent: 71.43, filled_percent_max: 71.42 },
            "it fills 72 % of the image's width or height; at most 71 %",
        ),
        (
            FaceRejection::FaceTurned { tilt_degrees: 25.2, tilt_degrees_max: 25.0 },
            "turned by 26 degrees; at most 25 are",
        ),
    ] {
        assert!(rejection.to_string().contains(text), "{rejection}");
    }
}

#[test]
fn no_attack_check_is_made_of_a_face_that_fills_the_image_or_is_tilted() {
    // A face of 400 x 400 pixels in images of several sizes.
    let near = face(400.0);
    assert_eq!(attack_rejection(&near, 1000, 1000), None);
    let enough = (400.0 * ATTACK_ROOM_MIN).ceil() as u32 + 1;
    assert_eq!(attack_rejection(&near, enough, enough), None);
    for (width, height) in [(400, 400), (enough - 3, 1000), (1000, enough - 3), (1, 1)] {
        let rejection = attack_rejection(&near, width, height).unwrap();
        assert!(matches!(rejection, FaceRejection::FaceTooClose { .. }), "{width} x {height}");
        assert!(rejection.to_string().contains("hold the camera further away"), "{rejection}");
    }
    let tilted = |degrees: f64| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let points = near.points.map(|point| PointPx {
            x: point.x * cos - point.y * sin,
            y: point.x * sin + point.y * cos,
        });
        DetectedFace { points, ..near }
    };
    for (degrees, rejected) in
        [(0.0, false), (20.0, false), (35.0, true), (90.0, false), (180.0, false)]
    {
        let flat = tilted(degrees - near.roll_degrees());
        let rejection = attack_rejection(&flat, 1000, 1000);
        assert_eq!(rejection.is_some(), rejected, "{degrees} degrees");
        if let Some(rejection) = rejection {
            assert!(matches!(
                rejection,
                FaceRejection::FaceTurned { tilt_degrees_max: ATTACK_TILT_DEGREES_MAX, .. }
            ));
        }
    }
}
