//! The simulator repeats itself, and its attacks look like what they are.

use verax_lab::boosting::Row;
use verax_lab::plans::training_plan;
use verax_lab::simulator::cards::card;
use verax_lab::simulator::display::screen_replay;
use verax_lab::simulator::{jpeg, shrunk};
use verax_lab::training_set::{LabelledImage, photographed_rows, simulated_rows};
use verax_vision::document::seeded::Seeded;

#[test]
fn a_seed_means_one_image() {
    let draw = |seed| {
        let mut random = Seeded::new(seed);
        let drawn = card(&mut random, None);
        screen_replay(&mut random, &drawn.image)
    };
    assert!(draw(3) == draw(3));
    assert!(draw(3) != draw(4));
}

#[test]
fn rows_do_not_depend_on_the_number_of_threads() {
    let images: Vec<LabelledImage> = (0..2)
        .map(|i| LabelledImage {
            source: format!("s{i}"),
            label: "genuine".to_owned(),
            bytes: jpeg(&shrunk(&card(&mut Seeded::new(i), None).image, 0.5), 90),
        })
        .collect();
    let features =
        |rows: &[Row]| rows.iter().map(|r| (r.image, r.features.clone())).collect::<Vec<_>>();
    let one = photographed_rows(&images, 1);
    let two = photographed_rows(&images, 2);
    for (one, two) in one.by_check.values().zip(two.by_check.values()) {
        assert_eq!(features(one), features(two));
    }
    // The first simulation is the same whether or not another thread makes a second one.
    let one = simulated_rows(&images, 1, 5, 1);
    let two = simulated_rows(&images, 2, 5, 2);
    for (check, one) in one.by_check.iter() {
        let two = &two.by_check[check];
        if training_plan(check).is_none() {
            assert!(one.is_empty() && two.is_empty(), "{check:?} is not trained here");
            continue;
        }
        assert!(two.len() > one.len());
        assert_eq!(features(one), features(&two[..one.len()]));
        assert!(one.iter().any(|r| r.attack) && one.iter().any(|r| !r.attack));
        assert!(two.iter().all(|r| r.features.iter().all(|v| v.is_finite())));
    }
}
