//! Requests that a proxy and this server could read in two ways, over real sockets.

use tokio::io::AsyncWriteExt;

use crate::socket::{get, post};
use crate::world::World;

const LIST: &str = "/v2/biometric-validations";
const ANSWER: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

/// A line of the file: what it says there.
struct Attack {
    name: String,
    statuses: Vec<u16>,
    bytes: Vec<u8>,
}

fn attacks(token: &str, inner: &str) -> Vec<Attack> {
    let lines = include_str!("../smuggling/corpus.txt").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    let attack = |line: &str| {
        let [name, statuses, text] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let text = text
            .replace("{token}", token)
            .replace("{inner}", inner)
            .replace("{inner_length}", &inner.len().to_string())
            .replace("{inner_hex}", &format!("{:x}", inner.len()));
        let statuses = statuses.split(' ').map(|status| status.parse().expect("a status"));
        Attack { name: name.to_owned(), statuses: statuses.collect(), bytes: unescape(&text) }
    };
    lines.map(attack).collect()
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut left = text.bytes();
    while let Some(byte) = left.next() {
        bytes.push(match byte {
            b'\\' => match left.next().expect("what is escaped") {
                b'r' => b'\r',
                b'n' => b'\n',
                b't' => b'\t',
                b'0' => 0,
                b'x' => {
                    let digits = [left.next().expect("a digit"), left.next().expect("a digit")];
                    let digits = std::str::from_utf8(&digits).expect("ASCII");
                    u8::from_str_radix(digits, 16).expect("a byte")
                }
                other => panic!("\\{other} stands for nothing"),
            },
            byte => byte,
        });
    }
    bytes
}

#[tokio::test]
async fn nothing_is_smuggled() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let other = world.token("globex").await;
    let listening = world.listen().await;
    // Whoever gets it answered is told so by an id that is nowhere else. In front of it, what would
    // push it out of a body that is taken for requests.
    let smuggled = get(&other, "/v2/clients/me");
    let pushing = "<".repeat(smuggled.len().div_ceil(2));
    let inner = format!("GET /{pushing} HTTP/1.1\r\nHost: x\r\n\r\n{smuggled}");
    for attack in attacks(&token, &inner) {
        let mut wire = listening.connect().await;
        wire.stream.write_all(&attack.bytes).await.expect("the server reads");
        let name = attack.name;
        let rejected = attack.statuses.last() == Some(&400);
        for status in attack.statuses {
            let answer = wire.answer().await;
            assert_eq!(answer.status, status, "{name}: {}", answer.text());
            assert!(!answer.text().contains("globex"), "{name}: {}", answer.text());
            if status == 400 {
                assert_eq!(answer.rejection(400), "MALFORMED_REQUEST", "{name}");
                assert_eq!(answer.header("connection"), "close", "{name}");
                assert!(!answer.header("x-request-id").is_empty(), "{name}");
            }
        }
        if rejected {
            assert!(wire.is_closed().await, "{name}");
        } else {
            // And it can go on.
            wire.send(ANSWER).await;
            assert_eq!(wire.answer().await.status, 200, "{name}");
        }
    }
}

#[tokio::test]
async fn requests_before_a_rejected_one_are_answered_first() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let listening = world.listen().await;
    let mut wire = listening.connect().await;
    let all = [
        get(&token, &format!("{LIST}?where>_createdAt=2020-01-01")),
        post(&token, "/v2/auth/session", r#"{"origin":"app"}"#),
        "GET /healthz HTTP/1.1\r\n\r\n".to_owned(),
        get(&token, LIST),
    ];
    wire.send(&all.concat()).await;
    let (list, session, rejected) = (wire.answer().await, wire.answer().await, wire.answer().await);
    assert_eq!((list.status, session.status), (200, 200));
    assert_eq!(rejected.rejection(400), "MALFORMED_REQUEST");
    assert!(rejected.text().contains("there is no Host"), "{}", rejected.text());
    assert!(wire.is_closed().await);
}

#[tokio::test]
async fn too_many_or_too_long_headers_are_rejected_in_the_form_of_errors() {
    let world = World::sqlite().await;
    let listening = world.listen().await;
    let many = "X: y\r\n".repeat(101);
    let long = format!("X: {}\r\n", "y".repeat(40_000));
    for headers in [many, long] {
        let mut wire = listening.connect().await;
        wire.send(&format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{headers}\r\n")).await;
        assert_eq!(wire.answer().await.rejection(431), "HEADERS_TOO_LARGE");
        assert!(wire.is_closed().await);
    }
    let mut wire = listening.connect().await;
    wire.send(&format!("GET /{}", "y".repeat(40_000))).await;
    assert_eq!(wire.answer().await.rejection(414), "URI_TOO_LONG");
}
