//! The layer in front of the parser makes no other requests of bytes than the parser alone.

use verax_vision::document::seeded::Seeded;

use crate::two_parsers::{Outcome, compare};

const CASES: u64 = 6000;

/// Requests that everybody reads alike: each is one.
const PLAIN: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /v2/x?where>_a=1&b<=\"2\" HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n",
    "\r\n\r\nGET /a<b>c HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET http://verax.example/a?b>c HTTP/1.1\r\nHost: x\r\n\r\n",
    "HEAD /%3C%3E%22 HTTP/1.1\r\nhOST:\tx \t\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\na<\r\n\"",
    "POST /> HTTP/1.1\r\nHost: x\r\ncontent-length:0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET /y HTTP/1.1\r\nHost: y\r\n\r\n\r\n",
    "POST /> HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na<b>\"\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: CHUNKED\r\n\r\n1;a=\"<\"\r\na\r\n0A\r\n\
     0\r\n\r\nGET /\r\n000\r\nX: <y>\r\n\r\n",
    "PUT / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 1\r\n\r\n>",
    "PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: x\r\nX: \"<>\"\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a_b.example:80 \r\n\r\n",
    "GET / HTTP/1.1\r\nHost: %C3%A9.example:\r\n\r\n",
];

/// Each is rejected, and nothing that follows it is read.
const REJECTED: &[&str] = &[
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a b/../@\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x/\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x,y@z\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x:8a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x:80:80\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x%4\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: \u{e9}.example\r\n\r\n",
    "GET / HTTP/1.0\r\nHost: x y\r\n\r\n",
    "GET / HTTP/1.1\nHost: x\n\n",
    "GET / HTTP/1.1\r\nHost: x\r\n\n",
    "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n",
    "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
    "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /\r\nHost: x\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.2\r\nHost: x\r\n\r\n",
    " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "\u{16}\u{3}\u{1}",
    "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 05\r\n\r\n12345",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \
     00000000000000000000000000000000000000000000000005\r\n\r\n12345",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \
     0000000000000000000000000000000000000000000000000000000000000000000005\r\n\r\n12345",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n12345",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\n12345",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5,5\r\n\r\n12345",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5 5\r\n\r\n12345",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551616\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n12345",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\ncontent-length: 5\r\n\r\n12345",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n\
     0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n\r\n",
    "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\n12345\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\n12345\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\n12345\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\n12345\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a\rb\r\n12345\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123456\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\na: b\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
     10000000000000000\r\n0\r\n\r\n",
];

/// What an attacker's bytes are made of.
const FRAGMENTS: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\t",
    " ",
    ":",
    ";",
    ",",
    "0",
    "00",
    "5",
    "9",
    "f",
    "<",
    ">",
    "\"",
    "\r\n\r\n",
    "0\r\n\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "content-length:\t5\r\n",
    "Content-Length: 0000000000000000000000000000000000000000000000000000005\r\n",
    "Transfer-Encoding: chunked\r\n",
    "TRANSFER-ENCODING:chunked\r\n",
    "Host: x\r\n",
    "X: y\r\n",
    "Transfer-Encoding\t: chunked\r\n",
    "Connection: close\r\n",
    "Expect: 100-continue\r\n",
    "Upgrade: x\r\n",
    "GET / HTTP/1.1\r\n",
    "HTTP/1.0",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

const FOLLOWING: &str = "GET /following HTTP/1.1\r\nHost: x\r\n\r\n";

fn pieces(random: &mut Seeded) -> Vec<usize> {
    let longest = [1, 3, 20, 4000][random.below(4)];
    (0..=random.below(6)).map(|_| 1 + random.below(longest)).collect()
}

#[test]
fn plain_requests_are_the_same_wherever_they_are_cut() {
    for request in PLAIN {
        let bytes = [request, FOLLOWING].concat();
        for cut in 0..=bytes.len() {
            let outcome = compare(bytes.as_bytes(), &[cut, usize::MAX]);
            assert_eq!(outcome, Outcome::Same(2), "{request:?} cut at {cut}");
        }
        assert_eq!(compare(bytes.as_bytes(), &[1]), Outcome::Same(2), "{request:?}");
    }
}

#[test]
fn many_plain_requests_on_one_connection_are_the_same() {
    let mut random = Seeded::new(11);
    for _ in 0..CASES / 10 {
        let count = 1 + random.below(8);
        let requests: String = (0..count).map(|_| PLAIN[random.below(PLAIN.len())]).collect();
        let outcome = compare(requests.as_bytes(), &pieces(&mut random));
        assert_eq!(outcome, Outcome::Same(count), "{requests:?}");
    }
}

#[test]
fn a_request_that_can_be_read_in_two_ways_is_rejected_with_all_that_follows() {
    for request in REJECTED {
        let bytes = [FOLLOWING, request, FOLLOWING].concat();
        for cut in 0..=bytes.len() {
            let outcome = compare(bytes.as_bytes(), &[cut, usize::MAX]);
            assert_eq!(outcome, Outcome::Rejected(1), "{request:?} cut at {cut}");
        }
    }
}

#[test]
fn what_is_too_long_is_rejected_and_not_guessed() {
    let long = |bytes: usize| "y".repeat(bytes);
    let of_length = |bytes: usize| format!("{}: 5", " ".repeat(bytes));
    for request in [
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", long(40_000)),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "<".repeat(30_000)),
        format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", long(40_000)),
        format!("GET / HTTP/1.1\r\nHost: x\r\nContent-Length{}\r\n\r\n", of_length(40_000)),
        format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(101)),
        format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(9000)),
        "\r\n".repeat(20_000),
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;{}\r\na\r\n0\r\n\r\n",
            long(5000)
        ),
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{}\r\n",
            format!("A: {}\r\n", long(2000)).repeat(5)
        ),
    ] {
        let bytes = [FOLLOWING, &request, FOLLOWING].concat();
        assert_eq!(compare(bytes.as_bytes(), &[]), Outcome::Rejected(1), "{:.60}", request);
        assert_eq!(compare(bytes.as_bytes(), &[1000, 7]), Outcome::Rejected(1), "{:.60}", request);
    }
    // A long head that is not too long is one.
    let padded = format!(
        "POST />{} HTTP/1.1\r\nHost: x\r\nA: {}\r\nContent-Length:{}5\r\n\r\n12345",
        long(20_000),
        long(8000),
        " \t".repeat(500)
    );
    let bytes = [&padded, FOLLOWING].concat();
    assert_eq!(compare(bytes.as_bytes(), &[1]), Outcome::Same(2));
}

#[test]
fn mutated_streams_are_never_other_requests() {
    let mut random = Seeded::new(7);
    let (mut same, mut rejected) = (0, 0);
    for _ in 0..CASES {
        let mut bytes = Vec::new();
        for _ in 0..=random.below(4) {
            let table = if random.chance(0.8) { PLAIN } else { REJECTED };
            bytes.extend_from_slice(table[random.below(table.len())].as_bytes());
        }
        for _ in 0..random.below(4) {
            let at = random.below(bytes.len());
            let to = bytes.len().min(at + random.below(12));
            match random.below(3) {
                0 => {
                    let piece = bytes[at..to].to_vec();
                    let into = random.below(bytes.len());
                    bytes.splice(into..into, piece);
                }
                1 => {
                    let fragment = FRAGMENTS[random.below(FRAGMENTS.len())];
                    bytes.splice(at..at, fragment.bytes());
                }
                _ if to < bytes.len() => {
                    bytes.drain(at..to);
                }
                _ => bytes[at] = (random.bits() & 0xff) as u8,
            }
        }
        if bytes.is_empty() {
            continue;
        }
        match compare(&bytes, &pieces(&mut random)) {
            Outcome::Same(_) => same += 1,
            Outcome::Rejected(_) => rejected += 1,
        }
    }
    // Neither is rare: the mutations are neither too wild nor too tame.
    assert!(same > CASES / 10 && rejected > CASES / 10, "{same} same, {rejected} rejected");
}
