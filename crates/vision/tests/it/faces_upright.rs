//! The second look: faces that are small, tilted or lie on their side, seen by a detector that errs as
//! the real one does.

use std::cell::Cell;

use verax_domain::face_findings::{DetectedFace, PointPx};
use verax_vision::faces::{ALIGNED_POINTS, Similarity, detect, detect_closely};
use verax_vision::image::Image;
use verax_vision::network::NetworkError;

/// A drawn face is five spots of these colours on grey, in the order of the points.
const SPOTS: [[u8; 3]; 5] =
    [[250, 30, 30], [30, 250, 30], [30, 30, 250], [250, 250, 30], [30, 250, 250]];
const GREY: [u8; 3] = [120; 3];
const EYES_OF_ALIGNED: f64 = 35.2;

/// A face in an image: where its middle is, how far its eyes are apart, and how it is rolled.
#[derive(Clone, Copy)]
struct Drawn {
    at: PointPx,
    eyes_px: f64,
    roll_degrees: f64,
}

impl Drawn {
    fn points(&self) -> [PointPx; 5] {
        let scale = self.eyes_px / EYES_OF_ALIGNED;
        let (sin, cos) = self.roll_degrees.to_radians().sin_cos();
        let (a, b) = (scale * cos, scale * sin);
        let placed = Similarity {
            a,
            b,
            dx: self.at.x - a * 56.0 + b * 72.0,
            dy: self.at.y - b * 56.0 - a * 72.0,
        };
        ALIGNED_POINTS.map(|point| placed.apply(point))
    }
}

fn draw(width: u32, height: u32, faces: &[Drawn]) -> Image {
    let mut image = Image { width, height, rgb: GREY.repeat(width as usize * height as usize) };
    for face in faces {
        let radius = face.eyes_px * 0.17;
        for (point, colour) in face.points().iter().zip(SPOTS) {
            let pixels = |middle: f64| (middle - radius) as i64..=(middle + radius) as i64 + 1;
            for (x, y) in pixels(point.y).flat_map(|y| pixels(point.x).map(move |x| (x, y))) {
                let near = (x as f64 - point.x).hypot(y as f64 - point.y) <= radius;
                let inside =
                    (0..i64::from(width)).contains(&x) && (0..i64::from(height)).contains(&y);
                if near && inside {
                    let at = (y as usize * width as usize + x as usize) * 3;
                    image.rgb[at..at + 3].copy_from_slice(&colour);
                }
            }
        }
    }
    image
}

/// Where the spots of an image are; none when one is missing.
fn spots(image: &Image) -> Option<[PointPx; 5]> {
    let mut sums = [(0.0, 0.0, 0.0); 5];
    for (at, pixel) in image.rgb.as_chunks::<3>().0.iter().enumerate() {
        let colour = SPOTS.iter().position(|spot| {
            spot.iter().zip(pixel).all(|(wanted, level)| wanted.abs_diff(*level) < 60)
        });
        if let Some(colour) = colour {
            let (x, y) = (at % image.width as usize, at / image.width as usize);
            let sum = &mut sums[colour];
            *sum = (sum.0 + x as f64, sum.1 + y as f64, sum.2 + 1.0);
        }
    }
    let found = sums.iter().all(|sum| sum.2 > 0.0);
    found.then(|| sums.map(|(x, y, n)| PointPx { x: x / n, y: y / n }))
}

/// Sees one face, and errs as YuNet does: its points show a third of a tilt, and of a face that lies on
/// another side none; it is less confident of both, and places the points of a small face roughly.
fn see(image: &Image, longer_side_px: usize) -> Vec<DetectedFace> {
    let Some(points) = spots(image) else { return Vec::new() };
    let middle = PointPx {
        x: points.iter().map(|point| point.x).sum::<f64>() / 5.0,
        y: points.iter().map(|point| point.y).sum::<f64>() / 5.0,
    };
    let true_face =
        DetectedFace { origin: middle, width_px: 0.0, height_px: 0.0, confidence: 0.0, points };
    let roll = true_face.roll_degrees();
    let (confidence, shown) = match roll.abs() {
        tilt if tilt <= 60.0 => (0.94 - tilt * 0.002, roll / 3.0),
        tilt if tilt < 120.0 => (0.7, 0.0),
        _ => (0.86, 0.0),
    };
    let eyes = true_face.inter_eye_distance_px();
    let seen_px = eyes * longer_side_px as f64 / f64::from(image.width.max(image.height));
    let error = if seen_px < 25.0 { 0.3 * eyes } else { 0.0 };
    let (sin, cos) = (shown - roll).to_radians().sin_cos();
    let turned = points.map(|point| {
        let (x, y) = (point.x - middle.x, point.y - middle.y);
        PointPx { x: middle.x + x * cos - y * sin, y: middle.y + x * sin + y * cos + error }
    });
    let side = 2.4 * eyes;
    vec![DetectedFace {
        origin: PointPx { x: middle.x - side / 2.0, y: middle.y - side / 2.0 },
        width_px: side,
        height_px: side,
        confidence,
        points: turned,
    }]
}

/// The largest distance of a point from where it was drawn, in distances between the eyes.
fn error(face: &DetectedFace, drawn: &Drawn) -> f64 {
    let distances = face.points.iter().zip(drawn.points());
    let largest = distances.map(|(found, truth)| (found.x - truth.x).hypot(found.y - truth.y));
    largest.fold(0.0, f64::max) / drawn.eyes_px
}

#[test]
fn the_points_of_a_face_are_found_however_it_is_turned_and_however_small_it_is() {
    for roll in (-180..180).step_by(15) {
        for (width, height, eyes_px) in [(640, 480, 90.0), (1920, 1080, 40.0), (900, 1200, 250.0)] {
            let drawn = Drawn {
                at: PointPx { x: f64::from(width) * 0.4, y: f64::from(height) * 0.55 },
                eyes_px,
                roll_degrees: f64::from(roll),
            };
            let image = draw(width, height, &[drawn]);
            let looks = Cell::new(0);
            let counted = |image: &Image, side: usize| {
                looks.set(looks.get() + 1);
                Ok::<_, NetworkError>(see(image, side))
            };
            let faces = detect_closely(&counted, &image).unwrap();
            assert_eq!(faces.len(), 1);
            let error = error(&faces[0], &drawn);
            assert!(error < 0.12, "{roll} degrees, {eyes_px} px: {error}");
            let turns = (f64::from(roll) / 90.0).round().rem_euclid(4.0) as u8;
            if roll % 90 != 45 && roll % 90 != -45 {
                assert_eq!(faces[0].quarter_turns(), turns, "{roll} degrees");
                assert!((faces[0].tilt_degrees()).abs() <= 45.0);
            }
            assert!(looks.get() <= 36, "{roll} degrees: {} looks", looks.get());
        }
    }
}

#[test]
fn a_large_upright_face_is_looked_at_once() {
    let drawn = Drawn { at: PointPx { x: 300.0, y: 240.0 }, eyes_px: 90.0, roll_degrees: 1.0 };
    let image = draw(640, 480, &[drawn]);
    let looks = Cell::new(0);
    let counted = |image: &Image, side: usize| {
        looks.set(looks.get() + 1);
        Ok::<_, NetworkError>(see(image, side))
    };
    let faces = detect_closely(&counted, &image).unwrap();
    assert_eq!((looks.get(), faces.len()), (1, 1));
}

#[test]
fn an_image_without_a_face_is_looked_at_as_it_is_and_on_every_side() {
    let looks = Cell::new(0);
    let blind = |_: &Image, _: usize| {
        looks.set(looks.get() + 1);
        Ok::<_, NetworkError>(Vec::new())
    };
    assert_eq!(detect_closely(&blind, &draw(640, 480, &[])).unwrap(), []);
    // At both sizes, as it is and on its three other sides.
    assert_eq!(looks.get(), 8);
    assert_eq!(detect(&blind, &draw(640, 480, &[])).unwrap(), []);
    assert_eq!(looks.get(), 10);
}

#[test]
fn a_small_face_is_found_on_whatever_side_the_image_lies() {
    for roll in [0, 15, 75, 90, 110, 165, 180, 200, 255, 270, 285, 345] {
        let drawn = Drawn {
            at: PointPx { x: 700.0, y: 600.0 },
            eyes_px: 36.0,
            roll_degrees: f64::from(roll),
        };
        let image = draw(1920, 1080, &[drawn]);
        // Sees no face of less than 10 pixels between the eyes, and none that is tilted by more than 25.
        let looks = Cell::new(0);
        let record_token = |image: &Image, side: usize| {
            looks.set(looks.get() + 1);
            let Some(points) = spots(image) else { return Ok(Vec::new()) };
            let scale = side as f64 / f64::from(image.width.max(image.height));
            let mut faces = see(image, side);
            faces.retain(|face| {
                let truth = DetectedFace { points, ..*face };
                truth.roll_degrees().abs() <= 25.0 && truth.inter_eye_distance_px() * scale >= 10.0
            });
            Ok::<_, NetworkError>(faces)
        };
        let faces = detect_closely(&record_token, &image).unwrap();
        assert_eq!(faces.len(), 1, "{roll} degrees");
        let error = error(&faces[0], &drawn);
        assert!(error < 0.12, "{roll} degrees: {error}");
        assert!(looks.get() <= 15, "{roll} degrees: {} looks", looks.get());
    }
}

#[test]
fn what_is_hardly_a_face_is_none_where_only_the_larger_size_shows_it() {
    let image = draw(640, 480, &[]);
    let doubtful = |confidence: f64| {
        move |image: &Image, side: usize| {
            // In the whole image at the larger size, lying on its side; and where it is looked at again.
            let whole = image.width.min(image.height) == 480;
            let seen = (whole && side > 320 && image.height > image.width)
                || (image.width == 320 && image.height == 320);
            let middle =
                PointPx { x: f64::from(image.width) / 2.0, y: f64::from(image.height) / 2.0 };
            let drawn = Drawn { at: middle, eyes_px: 30.0, roll_degrees: 0.0 };
            let face = DetectedFace {
                origin: PointPx { x: middle.x - 40.0, y: middle.y - 40.0 },
                width_px: 80.0,
                height_px: 80.0,
                confidence,
                points: drawn.points(),
            };
            Ok::<_, NetworkError>(if seen { vec![face] } else { Vec::new() })
        }
    };
    assert_eq!(detect_closely(&doubtful(0.85), &image).unwrap(), []);
    assert_eq!(detect_closely(&doubtful(0.92), &image).unwrap().len(), 1);
}

#[test]
fn somebody_else_stays_there_when_the_image_lies_on_another_side() {
    let drawn = Drawn { at: PointPx { x: 200.0, y: 240.0 }, eyes_px: 60.0, roll_degrees: 180.0 };
    let image = draw(640, 480, &[drawn]);
    // Upright, beside whoever lies upside down, and not seen as well as that one turned.
    let beside = DetectedFace {
        origin: PointPx { x: 450.0, y: 150.0 },
        width_px: 130.0,
        height_px: 150.0,
        confidence: 0.87,
        points: see(&draw(640, 480, &[Drawn { roll_degrees: 0.0, ..drawn }]), 640)[0].points,
    };
    let first = Cell::new(true);
    let both = |image: &Image, side: usize| {
        let mut faces = see(image, side);
        if first.replace(false) {
            faces.push(beside);
        }
        Ok::<_, NetworkError>(faces)
    };
    let faces = detect_closely(&both, &image).unwrap();
    assert_eq!(faces[0].quarter_turns(), 2);
    assert!(faces.contains(&beside), "{faces:?}");
}

#[test]
fn roll_is_split_into_quarter_turns_and_a_tilt() {
    for (roll, turns, tilt) in [
        (0, 0, 0),
        (30, 0, 30),
        (-44, 0, -44),
        (60, 1, -30),
        (90, 1, 0),
        (180, 2, 0),
        (-90, 3, 0),
        (-100, 3, -10),
    ] {
        let drawn = Drawn {
            at: PointPx { x: 50.0, y: 50.0 },
            eyes_px: 30.0,
            roll_degrees: f64::from(roll),
        };
        let face = DetectedFace {
            origin: drawn.at,
            width_px: 80.0,
            height_px: 100.0,
            confidence: 0.9,
            points: drawn.points(),
        };
        assert_eq!(face.quarter_turns(), turns, "{roll}");
        assert!((face.tilt_degrees() - f64::from(tilt)).abs() < 1.0, "{roll}");
    }
    let nowhere = DetectedFace {
        origin: PointPx { x: 0.0, y: 0.0 },
        width_px: 0.0,
        height_px: 0.0,
        confidence: 0.9,
        points: [PointPx { x: f64::NAN, y: 1.0 }; 5],
    };
    assert_eq!(nowhere.quarter_turns(), 0);
}
