//! Request lines: the layer in front of the parser of HTTP/1.1 makes no other requests of any bytes
//! than the parser alone, wherever they are cut.
#![no_main]

#[path = "../../crates/server/src/http/layers/request_line.rs"]
#[expect(dead_code, reason = "the server says why it rejects, and speaks HTTP/2")]
mod request_line;
#[path = "../../crates/server/tests/it/two_parsers.rs"]
#[expect(dead_code, reason = "tests say what must come of it")]
mod two_parsers;

use libfuzzer_sys::fuzz_target;

// The first two bytes are lengths of the pieces in which the others come.
fuzz_target!(|input: &[u8]| {
    let [first, second, bytes @ ..] = input else { return };
    two_parsers::compare(bytes, &[usize::from(*first), usize::from(*second) + 1]);
});
