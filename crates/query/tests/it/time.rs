//! Times of the wire.

use proptest::prelude::*;
use verax_query::Timestamp;

#[test]
fn milliseconds_are_shown_only_when_they_are_not_zero() {
    let shown = |text: &str| Timestamp::parse(text).map(|time| time.to_string());
    assert_eq!(shown("2024-01-15T10:30:00Z").as_deref(), Some("2024-01-15T10:30:00Z"));
    assert_eq!(shown("2024-01-15T10:30:00.000Z").as_deref(), Some("2024-01-15T10:30:00Z"));
    assert_eq!(shown("2024-01-15T10:30:00.1239Z").as_deref(), Some("2024-01-15T10:30:00.123Z"));
    assert_eq!(shown("2024-01-15t12:30:00+02:00").as_deref(), Some("2024-01-15T10:30:00Z"));
    assert_eq!(shown("2024-02-29").as_deref(), Some("2024-02-29T00:00:00Z"));
    assert_eq!(shown("1969-12-31T23:59:59.5Z").as_deref(), Some("1969-12-31T23:59:59.500Z"));
    assert_eq!(shown("0000-01-01").as_deref(), Some("0000-01-01T00:00:00Z"));
    assert_eq!(shown("9999-12-31T23:59:59.999Z").as_deref(), Some("9999-12-31T23:59:59.999Z"));
}

#[test]
fn what_is_no_time_is_rejected() {
    for text in [
        "",
        "2024",
        "2024-13-01",
        "2023-02-29",
        "1900-02-29",
        "2024-01-01T",
        "2024-01-01T24:01",
        "2024-01-01T24:00:00.001Z",
        "2024-01-01T25:00",
        "9999-12-31T24:00:00Z",
        "2024-01-01T10:60",
        "2024-01-01T10:30:60Z",
        "2024-01-01T23:59:61Z",
        "2016-12-31T23:59:60+01:00",
        "2024-01-01T10:30:00.Z",
        "2024-01-01Z",
        "2024-01-01T10:30:00+2",
        "2024-01-01T10:30:00Zjunk",
        "９９９９-01-01",
        "2024-1-1",
        "0000-01-01T00:00:00+01:00",
        "-024-01-01",
    ] {
        assert_eq!(Timestamp::parse(text), None, "{text}");
    }
}

#[test]
fn the_end_of_a_day_is_the_beginning_of_the_next() {
    let shown = |text: &str| Timestamp::parse(text).map(|time| time.to_string());
    for text in [
        "2026-01-10T24:00",
        "2026-01-10T24:00:00Z",
        "2026-01-10T24:00:00.000Z",
        "2026-01-10T23:59:60Z",
        "2026-01-10T18:59:60-05:00",
        "2026-01-11T01:00:00+01:00",
        "2026-01-11 00:59:60 0100",
    ] {
        assert_eq!(shown(text).as_deref(), Some("2026-01-11T00:00:00Z"), "{text}");
    }
    assert_eq!(shown("2024-02-29T24:00Z").as_deref(), Some("2024-03-01T00:00:00Z"));
    assert_eq!(shown("2016-12-31T23:59:60.5Z").as_deref(), Some("2017-01-01T00:00:00.500Z"));
    let day = Timestamp::parse_day("2026-01-10").expect("a day");
    assert_eq!(day.day_end().to_string(), "2026-01-10T23:59:59.999Z");
    assert_eq!(day.day_text(), "2026-01-10");
    assert_eq!(Timestamp::parse_day("2026-01-10T00:00:00Z"), None);
}

proptest! {
    #[test]
    fn printing_and_parsing_is_identity(millis in -62_167_219_200_000i64..253_402_300_800_000) {
        let time = Timestamp(millis);
        prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,40}") {
        let _ = Timestamp::parse(&text);
    }
}
