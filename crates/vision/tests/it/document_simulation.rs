//! The simulator repeats itself, and its attacks look like what they are.

use verax_vision::document::boosting::Row;
use verax_vision::document::seeded::Seeded;
use verax_vision::document::simulator::cards::card;
use verax_vision::document::simulator::display::screen_replay;
use verax_vision::document::simulator::jpeg;
use verax_vision::document::training_set::{LabelledPicture, photographed_rows, simulated_rows};

#[test]
fn a_seed_means_one_picture() {
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
    let pictures: Vec<LabelledPicture> = (0..2)
        .map(|i| LabelledPicture {
            source: format!("s{i}"),
            label: "genuine".to_owned(),
            bytes: jpeg(&card(&mut Seeded::new(i), None).image, 90),
        })
        .collect();
    let features = |rows: &[Row]| rows.iter().map(|r| r.features.clone()).collect::<Vec<_>>();
    let one = photographed_rows(&pictures, 5, 1);
    let two = photographed_rows(&pictures, 5, 2);
    assert_eq!(features(&one.screen), features(&two.screen));
    let one = simulated_rows(&pictures, 2, 5, 1);
    let two = simulated_rows(&pictures, 2, 5, 2);
    assert_eq!(features(&one.print), features(&two.print));
    assert_eq!(features(&one.portrait), features(&two.portrait));
    assert!(one.portrait.iter().any(|r| r.attack) && one.portrait.iter().any(|r| !r.attack));
    for rows in [&one.screen, &one.print, &one.portrait, &one.digital] {
        assert!(rows.iter().all(|r| r.features.iter().all(|v| v.is_finite())));
    }
}
