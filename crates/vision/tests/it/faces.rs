//! Letterbox, outputs, crops and calibrations of the face measurements.

use verax_domain::face_findings::{DetectedFace, PointPx};
use verax_vision::faces::{
    ALIGNED_POINTS, CropBox, FaceEngine, FaceError, FaceRequest, LIVENESS, Letterbox, MATCH,
    ModelBytes, Similarity, THUMBNAIL_SIDE_PX_MAX, Template, decode_outputs, measure_quality,
    pose_degrees, suppress_overlapping, thumbnail,
};
use verax_vision::image::{DecodeLimits, Image, ImageFormat};
use verax_vision::workers::Waiting;

fn near(left: f64, right: f64, tolerance: f64) -> bool {
    (left - right).abs() <= tolerance
}

fn face(x: f64, y: f64, width_px: f64, height_px: f64, confidence: f64) -> DetectedFace {
    let at = |x_share: f64, y_share: f64| PointPx {
        x: x + x_share * width_px,
        y: y + y_share * height_px,
    };
    DetectedFace {
        origin: PointPx { x, y },
        width_px,
        height_px,
        confidence,
        points: [at(0.3, 0.4), at(0.7, 0.4), at(0.5, 0.6), at(0.35, 0.8), at(0.65, 0.8)],
    }
}

#[test]
fn a_letterbox_keeps_the_proportions_and_ends_on_multiples_of_32() {
    for (width, height, expected) in [
        (1920, 1080, (320, 180, 320, 192)),
        (1080, 1920, (180, 320, 192, 320)),
        (100, 100, (320, 320, 320, 320)),
        (10_000, 32, (320, 1, 320, 32)),
    ] {
        let letterbox = Letterbox::of(width, height, 320);
        let found =
            (letterbox.width, letterbox.height, letterbox.canvas_width, letterbox.canvas_height);
        assert_eq!(found, expected, "{width} x {height}");
    }
}

// Outputs of a detector for a canvas, all zero, to be filled in where a face should be.
fn empty_outputs(width: usize, height: usize) -> Vec<Vec<f32>> {
    [1, 1, 4, 10]
        .into_iter()
        .flat_map(|values| {
            [8, 16, 32].map(|stride| vec![0.0; width / stride * (height / stride) * values])
        })
        .collect()
}

fn views(outputs: &[Vec<f32>]) -> Vec<&[f32]> {
    outputs.iter().map(Vec::as_slice).collect()
}

#[test]
fn outputs_of_the_detector_become_boxes_and_points() {
    let mut outputs = empty_outputs(64, 32);
    // Stride 16, row 1, column 2 of four columns.
    let cell = 6;
    outputs[1][cell] = 0.81;
    outputs[4][cell] = 1.7; // clamped to one
    outputs[7][cell * 4..cell * 4 + 4].copy_from_slice(&[0.5, -0.25, 0.0, 2.0_f32.ln()]);
    outputs[10][cell * 10..cell * 10 + 2].copy_from_slice(&[-0.5, 0.75]);
    let faces = decode_outputs(&views(&outputs), 64, 32);
    assert_eq!(faces.len(), 1);
    let found = faces[0];
    assert!(near(found.confidence, 0.9, 1e-6));
    // Centre (2.5, 0.75) * 16, size (16, 32).
    assert!(near(found.origin.x, 32.0, 1e-4) && near(found.origin.y, -4.0, 1e-4), "{found:?}");
    assert!(near(found.width_px, 16.0, 1e-4) && near(found.height_px, 32.0, 1e-4));
    assert!(near(found.points[0].x, 24.0, 1e-4) && near(found.points[0].y, 28.0, 1e-4));
    assert!(near(found.points[4].x, 32.0, 1e-4) && near(found.points[4].y, 16.0, 1e-4));
}

#[test]
fn a_confidence_below_the_limit_or_no_number_is_no_face() {
    let mut outputs = empty_outputs(64, 32);
    outputs[0][3] = 0.59;
    outputs[3][3] = 0.59;
    outputs[0][9] = f32::NAN;
    outputs[3][9] = 1.0;
    assert_eq!(decode_outputs(&views(&outputs), 64, 32), []);
}

#[test]
fn outputs_of_another_size_than_the_canvas_give_no_face() {
    assert_eq!(decode_outputs(&views(&empty_outputs(64, 32)), 64, 64), []);
    assert_eq!(decode_outputs(&[], 64, 64), []);
}

#[test]
fn faces_are_given_in_pixels_of_the_image_the_largest_first() {
    let letterbox = Letterbox::of(1920, 1080, 320);
    let mut outputs = empty_outputs(letterbox.canvas_width, letterbox.canvas_height);
    for (cell, size) in [(45, 2.0_f32), (150, 4.0)] {
        outputs[0][cell] = 0.9;
        outputs[3][cell] = 0.9;
        outputs[6][cell * 4 + 2] = size.ln();
        outputs[6][cell * 4 + 3] = size.ln();
    }
    let faces = letterbox.faces(&views(&outputs));
    assert_eq!(faces.len(), 2);
    assert!(near(faces[0].width_px, 4.0 * 8.0 * 6.0, 1e-3), "{:?}", faces[0]);
    assert!(near(faces[1].width_px, 2.0 * 8.0 * 6.0, 1e-3));
    // Cell 45 of 40 columns is column 5, row 1.
    assert!(near(faces[1].points[2].x, 5.0 * 8.0 * 6.0, 1e-3));
}

#[test]
fn of_overlapping_faces_the_strongest_stays() {
    let strong = face(10.0, 10.0, 100.0, 100.0, 0.9);
    let shifted = face(20.0, 15.0, 100.0, 100.0, 0.8);
    let apart = face(300.0, 10.0, 100.0, 100.0, 0.7);
    assert_eq!(suppress_overlapping(vec![strong, shifted, apart]), [strong, apart]);
}

#[test]
fn a_similarity_is_recovered_exactly_and_its_inverse_takes_it_back() {
    let truth = Similarity { a: 1.7, b: -0.6, dx: 12.0, dy: -30.0 };
    let moved = ALIGNED_POINTS.map(|point| truth.apply(point));
    let found = Similarity::between(&moved, &ALIGNED_POINTS).unwrap();
    for (from, to) in moved.iter().zip(ALIGNED_POINTS) {
        let back = found.apply(*from);
        assert!(near(back.x, to.x, 1e-9) && near(back.y, to.y, 1e-9));
        let forth = found.inverse().apply(to);
        assert!(near(forth.x, from.x, 1e-9) && near(forth.y, from.y, 1e-9));
    }
}

#[test]
fn points_that_fall_together_have_no_similarity() {
    let same = [PointPx { x: 3.0, y: 4.0 }; 5];
    assert_eq!(Similarity::between(&same, &ALIGNED_POINTS), None);
}

#[test]
fn a_crop_is_scaled_about_the_face_and_shifted_into_the_image() {
    let middle = face(400.0, 300.0, 100.0, 120.0, 0.9);
    let crop = CropBox::round(&middle, 1000, 1000, 2.0).unwrap();
    assert_eq!(crop, CropBox { left: 350, top: 240, width: 201, height: 241 });
    let corner = face(-10.0, 0.0, 100.0, 120.0, 0.9);
    let crop = CropBox::round(&corner, 1000, 1000, 2.0).unwrap();
    assert_eq!(crop, CropBox { left: 0, top: 0, width: 201, height: 241 });
    // A face that nearly fills the image: the scale gives way.
    let large = face(10.0, 10.0, 80.0, 90.0, 0.9);
    let crop = CropBox::round(&large, 100, 100, 2.7).unwrap();
    assert!(crop.left + crop.width <= 100 && crop.top + crop.height <= 100);
    assert_eq!(crop.height, 100);
}

#[test]
fn no_crop_leaves_the_image_wherever_the_face_is() {
    for x in [-500.0, -90.0, -1.0, 0.0, 50.0, 99.0, 700.0] {
        for size in [0.5, 1.0, 30.0, 99.0, 400.0] {
            for scale in [1.5, 2.0, 2.7] {
                let face = face(x, x / 2.0, size, size * 1.3, 0.9);
                if let Some(crop) = CropBox::round(&face, 100, 80, scale) {
                    assert!(crop.left + crop.width <= 100 && crop.top + crop.height <= 80);
                }
            }
        }
    }
}

#[test]
fn calibrations_rise_everywhere_and_their_inverse_agrees() {
    for calibration in [&MATCH, &LIVENESS] {
        for two in calibration.knots.windows(2) {
            assert!(two[0].0 < two[1].0 && two[0].1 < two[1].1, "{}", calibration.version);
        }
        let (first, last) = (calibration.knots[0], calibration.knots[calibration.knots.len() - 1]);
        assert_eq!((first.1, last.1), (0.0, 1.0));
        assert_eq!(calibration.score(first.0 - 1.0), 0.0);
        assert_eq!(calibration.score(last.0 + 1.0), 1.0);
        for step in 0..=100 {
            let score = f64::from(step) / 100.0;
            assert!(near(calibration.score(calibration.output(score)), score, 1e-12));
        }
    }
}

#[test]
fn the_default_thresholds_are_the_calibrated_operating_points() {
    assert!(near(MATCH.output(0.85), 0.42, 1e-12));
    assert!(near(MATCH.output(0.65), 0.363, 1e-12));
    assert!(near(LIVENESS.output(0.6), 0.70, 1e-12));
}

#[test]
fn a_template_has_length_one_survives_its_bytes_and_is_never_shown() {
    let values: Vec<f32> = (0..128).map(|n| (n as f32 * 0.7).sin() * 9.0).collect();
    let template = Template::normalised(&values).unwrap();
    let square: f32 = template.values().iter().map(|value| value * value).sum();
    assert!(near(f64::from(square), 1.0, 1e-5));
    assert!(near(template.compare(&template).cosine, 1.0, 1e-6));
    assert_eq!(Template::from_bytes(&template.to_bytes()), Some(template.clone()));
    assert_eq!(format!("{template:?}"), "Template(..)");
}

#[test]
fn what_is_no_template_is_rejected() {
    assert_eq!(Template::normalised(&[0.0; 128]), None);
    assert_eq!(Template::normalised(&[1.0; 127]), None);
    assert_eq!(Template::normalised(&[f32::NAN; 128]), None);
    assert_eq!(Template::from_bytes(&[0; 512]), None);
    assert_eq!(Template::from_bytes(&[0; 511]), None);
}

#[test]
fn a_face_that_looks_ahead_has_no_pose_and_a_turned_one_has() {
    let (yaw, pitch, roll) = pose_degrees(&ALIGNED_POINTS);
    assert!(yaw.abs() < 3.0 && pitch.abs() < 10.0 && roll.abs() < 1.0, "{yaw} {pitch} {roll}");
    let mut turned = ALIGNED_POINTS;
    turned[2].x += 10.0;
    assert!(pose_degrees(&turned).0 > 20.0);
    let mut raised = ALIGNED_POINTS;
    raised[2].y -= 8.0;
    assert!(pose_degrees(&raised).1 > 15.0);
    let tilt = Similarity { a: 0.866, b: 0.5, dx: 0.0, dy: 0.0 };
    let (yaw, pitch, roll) = pose_degrees(&ALIGNED_POINTS.map(|point| tilt.apply(point)));
    assert!(near(roll, 30.0, 1.0) && yaw.abs() < 3.0 && pitch.abs() < 10.0);
}

fn aligned(level: impl Fn(u32, u32) -> u8) -> Image {
    let rgb =
        (0..112).flat_map(|y| (0..112).map(move |x| (x, y))).flat_map(|(x, y)| [level(x, y); 3]);
    Image { width: 112, height: 112, rgb: rgb.collect() }
}

#[test]
fn quality_measures_light_contrast_and_sharpness() {
    let image = aligned(|_, _| 0);
    let subject = face(20.0, 20.0, 56.0, 56.0, 0.9);
    let black = measure_quality(&image, &subject, &image);
    assert_eq!((black.brightness, black.contrast, black.under_exposed), (0.0, 0.0, 1.0));
    assert_eq!((black.sharpness_levels, black.over_exposed), (0.0, 0.0));
    assert_eq!((black.face_height_share, black.inside_share), (0.5, 1.0));
    let checks = measure_quality(&image, &subject, &aligned(|x, y| ((x + y) % 2 * 255) as u8));
    assert!(near(checks.brightness, 0.5, 0.01) && near(checks.contrast, 0.5, 0.01));
    let soft = measure_quality(&image, &subject, &aligned(|x, y| (x + y) as u8));
    assert!(checks.sharpness_levels > 500.0 && soft.sharpness_levels < 1.0);
    let outside = face(-28.0, 20.0, 56.0, 56.0, 0.9);
    assert!(near(measure_quality(&image, &outside, &image).inside_share, 0.5, 1e-9));
}

#[test]
fn without_models_every_measurement_is_rejected_before_anything_is_decoded() {
    let engine = FaceEngine::load(ModelBytes::default()).unwrap();
    assert!(!engine.can_detect() && !engine.can_compare() && !engine.can_check_attacks());
    let error =
        engine.measure(b"no image", &FaceRequest::default(), &Waiting::always()).unwrap_err();
    assert_eq!(error, FaceError::NoDetector);
}

#[test]
fn a_model_that_cannot_be_read_says_which_one() {
    let models = ModelBytes { face_detector: Some(b"junk".to_vec()), ..ModelBytes::default() };
    let Err(error) = FaceEngine::load(models) else { panic!("junk was taken for a model") };
    assert!(error.to_string().starts_with("the face detector model cannot be read"), "{error}");
}

#[test]
fn a_thumbnail_is_a_small_jpeg_of_the_face_alone() {
    let mut image = Image { width: 600, height: 400, rgb: vec![0; 600 * 400 * 3] };
    for y in 100..300 {
        for x in 200..400 {
            image.rgb[(y * 600 + x) * 3] = 200;
        }
    }
    // In the middle of the red square, over the image's edge, and larger than the image.
    for (found, red) in [
        (face(250.0, 150.0, 100.0, 100.0, 0.9), true),
        (face(-40.0, -30.0, 100.0, 120.0, 0.9), false),
        (face(-100.0, -100.0, 900.0, 900.0, 0.9), false),
    ] {
        let jpeg = thumbnail(&image, &found).unwrap();
        assert_eq!(ImageFormat::of(&jpeg), Some(ImageFormat::Jpeg));
        let small = Image::decode(&jpeg, &DecodeLimits::default()).unwrap();
        let longer = small.width.max(small.height) as usize;
        assert!((32..=THUMBNAIL_SIDE_PX_MAX).contains(&longer), "{longer}");
        assert_eq!(small.rgb[0] > 150, red);
    }
}
