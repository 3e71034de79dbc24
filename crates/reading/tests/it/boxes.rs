//! Boxes on maps: drawn ones, and maps that no network gives.

use proptest::prelude::*;
use verax_reading::text::boxes::find_boxes;

const WIDTH: usize = 160;
const HEIGHT: usize = 96;

/// A map on which the rectangle around `middle`, with these half sides, turned by `degrees`, is text.
fn map_with(middle: (f32, f32), half: (f32, f32), degrees: f32) -> Vec<f32> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    (0..WIDTH * HEIGHT)
        .map(|at| {
            let (x, y) = ((at % WIDTH) as f32 - middle.0, (at / WIDTH) as f32 - middle.1);
            let (u, v) = (x * cos + y * sin, y * cos - x * sin);
            if u.abs() <= half.0 && v.abs() <= half.1 { 0.9 } else { 0.05 }
        })
        .collect()
}

fn length(a: (f32, f32), b: (f32, f32)) -> f32 {
    (b.0 - a.0).hypot(b.1 - a.1)
}

#[test]
fn a_box_is_the_text_grown_by_its_area_over_its_perimeter() {
    for degrees in [0.0, 7.0, -12.0, 30.0] {
        let (half_width, half_height) = (40.0, 6.0);
        let map = map_with((80.0, 48.0), (half_width, half_height), degrees);
        let boxes = find_boxes(&map, WIDTH);
        assert_eq!(boxes.len(), 1, "{degrees}");
        let [a, b, c, d] = boxes[0].corners;
        let grown = 1.6 * half_width * half_height / (half_width + half_height);
        for (found, expected) in [
            (length(a, b), 2.0 * (half_width + grown)),
            (length(b, c), 2.0 * (half_height + grown)),
        ] {
            assert!((found - expected).abs() < 4.0, "{degrees}: {found} for {expected}");
        }
        assert!(a.0 < b.0 && a.1 < d.1 && b.1 < c.1, "{degrees}: {:?}", boxes[0].corners);
        assert!(boxes[0].score > 0.75, "{degrees}: {}", boxes[0].score);
    }
}

#[test]
fn texts_that_do_not_touch_have_boxes_of_their_own() {
    let mut map = map_with((40.0, 20.0), (30.0, 5.0), 0.0);
    for (value, other) in map.iter_mut().zip(map_with((100.0, 70.0), (45.0, 7.0), 0.0)) {
        *value = value.max(other);
    }
    assert_eq!(find_boxes(&map, WIDTH).len(), 2);
}

#[test]
fn specks_and_faint_regions_are_no_text() {
    let speck = map_with((30.0, 30.0), (0.6, 0.6), 0.0);
    assert!(find_boxes(&speck, WIDTH).is_empty());
    let faint: Vec<f32> =
        map_with((80.0, 48.0), (40.0, 6.0), 0.0).iter().map(|v| v * 0.45).collect();
    assert!(find_boxes(&faint, WIDTH).is_empty());
}

#[test]
fn values_that_are_no_numbers_are_no_text() {
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let map = vec![odd; WIDTH * HEIGHT];
        for found in find_boxes(&map, WIDTH) {
            assert!(found.corners.iter().all(|c| c.0.is_finite() && c.1.is_finite()));
        }
        let mut map = map_with((80.0, 48.0), (40.0, 6.0), 0.0);
        map[48 * WIDTH + 80] = odd;
        assert_eq!(find_boxes(&map, WIDTH).len(), 1, "{odd}");
    }
}

#[test]
fn a_map_of_another_width_has_no_boxes() {
    assert!(find_boxes(&[0.9; 10], 3).is_empty());
    assert!(find_boxes(&[], 3).is_empty());
    assert!(find_boxes(&[0.9; 10], 0).is_empty());
}

#[test]
fn a_map_of_very_many_components_is_read_without_hanging() {
    const SIDE: usize = 1536;
    // Each third pixel of each third row: a quarter of a million specks, and a comb of long teeth.
    let specks: Vec<f32> =
        (0..SIDE * SIDE)
            .map(|at| {
                if (at % SIDE).is_multiple_of(3) && (at / SIDE).is_multiple_of(3) {
                    0.9
                } else {
                    0.0
                }
            })
            .collect();
    let comb: Vec<f32> = (0..SIDE * SIDE)
        .map(|at| if (at % SIDE).is_multiple_of(3) || at / SIDE == SIDE - 1 { 0.9 } else { 0.0 })
        .collect();
    assert!(find_boxes(&specks, SIDE).len() <= 1000);
    assert!(find_boxes(&comb, SIDE).len() <= 1000);
}

proptest! {
    #[test]
    fn any_map_gives_boxes_with_corners_that_are_numbers(
        values in proptest::collection::vec(
            prop_oneof![0.0..1.0_f32, Just(0.9), Just(f32::NAN), proptest::num::f32::ANY],
            0..2000,
        ),
        width in 0..70_usize,
    ) {
        for found in find_boxes(&values, width) {
            prop_assert!(found.corners.iter().all(|c| c.0.is_finite() && c.1.is_finite()));
            prop_assert!((0.5..=1.0e38).contains(&found.score));
        }
    }
}
