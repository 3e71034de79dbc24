//! Which part of an image is inspected again for a zone.

use verax_domain::document_reading::TextLine;
use verax_reading::zone_part::zone_part;

/// A line across the image, 400 px wide and 10 px high, `top` px from its upper edge.
fn line(text: &str, top: f32) -> TextLine {
    let corners = [(100.0, top), (500.0, top), (500.0, top + 10.0), (100.0, top + 10.0)];
    TextLine { text: text.to_owned(), corners, confidence: 1.0 }
}

#[test]
fn the_part_reaches_over_both_lines_of_a_zone() {
    let names = line("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", 300.0);
    let numbers = line("L898902C36UTO7408122F1204159ZE184226BABCDE10", 320.0);
    let part = zone_part(&[names, numbers]).expect("a part");
    assert!(part.contains(300.0, 305.0) && part.contains(300.0, 325.0), "{part:?}");
}

#[test]
fn a_title_in_capitals_is_no_part_of_a_zone() {
    let title = line("UNITED KINGDOM OF GREAT BRITAIN AND NORTHERN IRELAND", 20.0);
    assert_eq!(zone_part(std::slice::from_ref(&title)), None);
    let names = line("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", 300.0);
    let part = zone_part(&[title, names]).expect("a part");
    assert!(part.contains(300.0, 305.0) && !part.contains(300.0, 25.0), "{part:?}");
}
