//! Moments: parsing never panics, and what was parsed is written as the same moment.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verax_query::Timestamp;

fuzz_target!(|text: &str| {
    let Some(moment) = Timestamp::parse(text) else { return };
    let mut written = Vec::new();
    moment.write_to(&mut written);
    let written = String::from_utf8(written).expect("a moment is ASCII");
    assert_eq!(Timestamp::parse(&written), Some(moment), "{text} became {written}");
});
