//! `verax listen`: events of a stream as signed webhooks to a developer's application.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use verax_server::clock::Clock;
use verax_server::webhook_signature::{Secret, verify};

use crate::binary::Folder;
use crate::receiver::Receiver;

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\nretry: 1000\n\n";
const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// A token with this mode, as far as the command reads it.
fn token(mode: &str) -> String {
    format!("a.{}.c", URL_SAFE_NO_PAD.encode(json!({ "mode": mode }).to_string()))
}

fn event(number: u32, record: &str, kind: &str) -> String {
    let data = json!({
        "number": number, "_id": format!("event{number}"), "client": "acme", "type": kind,
        "resource": "projects", "record": record, "sequence": number, "status": "draft",
        "actor": "command", "createdAt": "2026-11-29T12:00:00.000Z",
    });
    format!("id: {number}\nevent: {kind}\ndata: {data}\n\n")
}

/// A server whose stream has these events in its first connection, these in the second, and so on; the last
/// stays open.
async fn feed(streams: &[String]) -> Receiver {
    let (streams, connection) = (streams.to_vec(), Arc::new(AtomicUsize::new(0)));
    let respond = move |mut stream: TcpStream| {
        let number = connection.fetch_add(1, Ordering::SeqCst);
        let (text, is_last) = (streams[number].clone(), number + 1 == streams.len());
        async move {
            stream.write_all(format!("{HEAD}{text}").as_bytes()).await.ok()?;
            if is_last {
                std::future::pending::<()>().await;
            }
            None
        }
    };
    Receiver::start(("127.0.0.1", 0), respond).await
}

/// A command that runs until it is dropped.
struct Listening {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Listening {
    fn start(mut command: Command) -> Listening {
        let mut child = command.spawn().expect("the binary starts");
        let lines = BufReader::new(child.stdout.take().expect("its output"));
        Listening { child, lines }
    }

    /// The next lines that it prints, while the receivers of this test go on.
    async fn lines(self, count: usize) -> (Listening, Vec<String>) {
        let reading = tokio::task::spawn_blocking(move || {
            let mut listening = self;
            let lines = (0..count).map(|_| {
                let mut line = String::new();
                listening.lines.read_line(&mut line).expect("a line");
                line.trim_end().to_owned()
            });
            let lines = lines.collect();
            (listening, lines)
        });
        reading.await.expect("the lines")
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.child.kill().expect("it ends");
        self.child.wait().expect("it ended");
    }
}

fn command(folder: &Folder, server: &Receiver, target: &Receiver, arguments: &[&str]) -> Command {
    let mut command = folder.command(&["listen", "--forward-to", &target.url()]);
    command.args(["--url", &format!("http://127.0.0.1:{}/", server.port)]).args(arguments);
    command.env("VERAX_TOKEN", token("sandbox")).env("XDG_STATE_HOME", folder.file("state"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let prefix = format!("{name}: ");
    request.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default()
}

#[tokio::test]
async fn events_are_forwarded_signed_and_the_stream_goes_on_where_it_broke_off() {
    let folder = Folder::new();
    let created = event(1, "one", "project.created");
    let server = feed(&[created, event(2, "two", "project.deleted")]).await;
    let target = Receiver::answering(NO_CONTENT).await;
    let listening = Listening::start(command(&folder, &server, &target, &[]));
    let (_listening, lines) = listening.lines(5).await;
    let secret = Secret::from_text(lines[0].strip_prefix("signed with ").expect("a secret"));
    let secret = secret.expect("a secret");
    assert!(lines[1].starts_with("-> ") && lines[1].ends_with(" project.created one"), "{lines:?}");
    assert!(lines[2].starts_with("<- 204 (") && lines[2].ends_with(" ms) one"), "{lines:?}");
    assert!(lines[3].ends_with(" project.deleted two"), "{lines:?}");
    let requests = target.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").expect("a body");
    let expected = json!({
        "type": "project.created",
        "timestamp": "2026-11-29T12:00:00.000Z",
        "data": { "id": "one", "resource": "projects", "status": "draft", "sequence": 1 },
    });
    assert_eq!(serde_json::from_str::<Value>(body).expect("JSON"), expected);
    let time = header(head, "webhook-timestamp").parse().expect("a time");
    let now = Clock::System.now().0 / 1000;
    assert_eq!(header(head, "webhook-id"), "event1");
    assert_eq!(header(head, "content-type"), "application/json");
    let signature = header(head, "webhook-signature");
    assert!(verify(&secret, "event1", time, body.as_bytes(), signature, now), "{head}");
    let asked = server.requests();
    assert!(asked[0].starts_with("GET /v2/events/stream HTTP/1.1\r\n"), "{asked:?}");
    assert_eq!(header(&asked[0], "authorization"), format!("Bearer {}", token("sandbox")));
    assert_eq!(["last-event-id"].map(|name| header(&asked[0], name)), [""]);
    assert_eq!(header(&asked[1], "last-event-id"), "1");
}

#[tokio::test]
async fn the_secret_is_the_same_at_every_start_and_its_owner_s_alone() {
    let folder = Folder::new();
    let server = feed(&[String::new(), String::new(), String::new()]).await;
    let target = Receiver::answering(NO_CONTENT).await;
    let mut secrets = Vec::new();
    let given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for arguments in [&[][..], &[], &["--secret", given]] {
        let listening = Listening::start(command(&folder, &server, &target, arguments));
        secrets.push(listening.lines(1).await.1.remove(0));
    }
    assert_eq!(secrets[0], secrets[1]);
    assert_ne!(secrets[0], secrets[2]);
    assert_eq!(secrets[2], format!("signed with {given}"));
    let file = folder.file("state/verax/listen-secret");
    let mode = file.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn events_of_one_record_wait_for_each_other_and_those_of_others_do_not() {
    let folder = Folder::new();
    let events = [("a", 1), ("a", 2), ("b", 3), ("b", 4)];
    let events = events.map(|(record, number)| event(number, record, "project.updated")).concat();
    let server = feed(&[events]).await;
    // Each answer waits for another request: one after the other would wait for ever.
    let barrier = Arc::new(Barrier::new(2));
    let target = Receiver::start(("127.0.0.1", 0), move |mut stream| {
        let barrier = Arc::clone(&barrier);
        async move {
            barrier.wait().await;
            stream.write_all(NO_CONTENT.as_bytes()).await.ok()?;
            Some(stream)
        }
    });
    let target = target.await;
    let listening = Listening::start(command(&folder, &server, &target, &[]));
    let (_listening, lines) = listening.lines(9).await;
    let answered = lines.iter().filter(|line| line.starts_with("<- 204 ")).count();
    assert_eq!(answered, 4, "{lines:?}");
    let mut ids: Vec<String> =
        target.requests().iter().map(|it| header(it, "webhook-id").to_owned()).collect();
    ids[..2].sort();
    ids[2..].sort();
    assert_eq!(ids, ["event1", "event3", "event2", "event4"]);
}

#[tokio::test]
async fn only_the_filtered_types_are_forwarded() {
    let folder = Folder::new();
    let kinds = ["project.created", "person.created", "project_flow.created", "person.deleted"];
    let events = (1..).zip(kinds).map(|(number, kind)| event(number, kind, kind));
    let server = feed(&[events.collect()]).await;
    let target = Receiver::answering(NO_CONTENT).await;
    let arguments = ["--filter", "project.*", "--filter", "person.deleted"];
    let listening = Listening::start(command(&folder, &server, &target, &arguments));
    let (_listening, lines) = listening.lines(5).await;
    let sent = lines.iter().filter_map(|line| line.strip_prefix("-> ")?.rsplit(' ').next());
    assert_eq!(sent.collect::<Vec<_>>(), ["project.created", "person.deleted"], "{lines:?}");
}

#[tokio::test]
async fn it_ends_at_once_where_nothing_can_come_of_it() {
    let folder = Folder::new();
    let target = Receiver::answering(NO_CONTENT).await;
    let server = |status: &str| {
        Receiver::answering(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"))
    };
    let live = token("live");
    for (status, arguments, code, why) in [
        ("401 No", &[][..], 1, "the server rejects the token (401)"),
        ("403 No", &["--live", "--token", &live], 1, "must have the scope events:read"),
        ("200 OK", &["--token", &live], 1, "--token must be a sandbox token"),
        ("200 OK", &["--token", "no.token"], 1, "--token must be a token as"),
        ("200 OK", &["--secret", "whsec_abc"], 1, "--secret: must be whsec_ and the base64"),
        ("200 OK", &["--filter", "project.eaten"], 2, "must be a type of event, or a group"),
        ("200 OK", &["--filter", "proj*"], 2, "must be a type of event, or a group"),
        ("200 OK", &["--filter", "*"], 2, "must be a type of event, or a group"),
    ] {
        let server = server(status).await;
        let mut command = command(&folder, &server, &target, arguments);
        let ended = tokio::task::spawn_blocking(move || command.output().expect("an end"));
        let ended = ended.await.expect("an end");
        let text = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{arguments:?} {text}");
        assert!(text.contains(why), "{arguments:?}: {text}");
        assert!(!text.contains(&live), "{text}");
    }
    assert_eq!(target.connections(), 0);
}
