//! `verax serve`: how it starts, what it prints, how it ends.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use verax_domain::document_check::DocumentCheck;

use crate::binary::{Folder, Served, answer};

const DEADLINE: Duration = Duration::from_secs(8);

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::yield_now();
    }
}

fn in_flight(served: &Served) -> u32 {
    let (_, text) = served.get("", "/metrics");
    let line = text.lines().find(|line| line.starts_with("verax_http_requests_in_flight "));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).expect("a number")
}

/// Sends half of a request, and returns when the server is at work on it.
fn begin_request(served: &Served, token: &str) -> TcpStream {
    let mut stream = served.connect();
    write!(
        stream,
        "POST /v2/auth/session HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 16\r\n\r\n{{\"origin\""
    )
    .expect("the server reads");
    // The request for the numbers is one of them.
    until("the request", || in_flight(served) > 1);
    stream
}

#[test]
fn a_request_at_work_is_finished_after_sigterm() {
    let folder = Folder::new();
    let token = folder.token("acme");
    let mut served = folder.serve(&[]);
    let mut stream = begin_request(&served, &token);
    served.signal("TERM");
    until("the end of new connections", || TcpStream::connect(&served.address).is_err());
    write!(stream, ":\"app\"}}").expect("the server reads");
    let (status, body) = answer(&mut stream);
    assert_eq!(status, 200, "{body}");
    let session: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(session["user"]["_id"], "acme");
    assert!(served.wait().success());
    assert!(served.log().contains("stopping") && served.log().contains("stopped"));
}

#[test]
fn a_request_that_never_ends_does_not_hold_the_server_for_ever() {
    let folder = Folder::new();
    let token = folder.token("acme");
    let settings = folder.write("settings.toml", "[http]\nshutdown_seconds = 1\n");
    let mut served = folder.serve(&["--config", &settings]);
    let stream = begin_request(&served, &token);
    served.signal("TERM");
    assert!(served.wait().success());
    assert!(served.log().contains("still at work"), "{}", served.log());
    drop(stream);
}

#[test]
fn idle_connections_are_closed_at_once() {
    let folder = Folder::new();
    let mut served = folder.serve(&[]);
    let mut used = served.connect();
    write!(used, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").expect("the server reads");
    let mut first = [0; 1];
    used.read_exact(&mut first).expect("an answer");
    let mut silent = served.connect();
    // Answered after the silent one was accepted.
    assert_eq!(served.get("", "/healthz").0, 200);
    let asked = Instant::now();
    served.signal("INT");
    assert!(served.wait().success());
    assert!(asked.elapsed() < DEADLINE, "{:?}", asked.elapsed());
    let mut rest = Vec::new();
    used.read_to_end(&mut rest).expect("an end");
    assert!(silent.read(&mut first).is_ok_and(|count| count == 0));
}

#[test]
fn the_data_folder_is_its_owners_alone() {
    let folder = Folder::new();
    let served = folder.serve(&[]);
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path).expect("a file").permissions().mode() & 0o777
    };
    assert_eq!(mode(&folder.data()), 0o700);
    assert_eq!(mode(&folder.data().join("signing-keys.json")), 0o600);
    served.stop();
}

#[test]
fn an_address_that_is_taken_is_a_sentence() {
    let folder = Folder::new();
    let served = folder.serve(&[]);
    let text = folder.run(&["serve", "--listen", &served.address]).failed();
    assert!(text.contains(&format!("cannot listen on {}", served.address)), "{text}");
    served.stop();
}

#[test]
fn settings_come_from_the_file_then_the_environment() {
    let folder = Folder::new();
    let token = folder.token("acme");
    let settings = folder.write(
        "settings.toml",
        "[signature]\nissuer = \"File\"\n[rate_limit]\nrequests_per_minute = 50\n",
    );
    let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0", "--config", &settings]);
    command.env("VERAX__SIGNATURE__ISSUER", "Environment");
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    let served = Served::start(command, folder.file("none"));
    let (status, body) = served.get(&token, "/v2/document-liveness");
    assert_eq!(status, 200);
    assert!(body.contains("Certified by Environment"), "{body}");
    served.stop();
    for wrong in [
        "[signature]\nisuer = \"x\"\n",
        "[tokens]\ncache_seconds = 6\n",
        "[http]\nrequest_seconds = 0\n",
        "oops",
    ] {
        let settings = folder.write("wrong.toml", wrong);
        let text =
            folder.run(&["serve", "--listen", "127.0.0.1:0", "--config", &settings]).failed();
        assert!(text.contains("setting"), "{text}");
    }
}

#[test]
fn a_server_without_models_says_once_how_they_are_installed() {
    let folder = Folder::new();
    folder.serve(&[]).stop();
    let log = std::fs::read_to_string(folder.file("serve.log")).expect("a log");
    for command in ["`verax models install`", "`verax models install --for reading`"] {
        assert_eq!(log.matches(command).count(), 1, "{command}: {log}");
    }
}

#[test]
fn the_demo_prints_a_token_and_lines_that_work() {
    let folder = Folder::new();
    let mut command = folder.command(&["serve", "--demo", "--listen", "127.0.0.1:0"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    let mut child = command.spawn().expect("the binary starts");
    let mut output = std::io::BufReader::new(child.stdout.take().expect("its output"));
    let mut text = String::new();
    while !text.contains("/docs/\n") {
        assert!(
            std::io::BufRead::read_line(&mut output, &mut text).is_ok_and(|read| read > 0),
            "{text}"
        );
    }
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(text.lines().any(|line| line.starts_with("token: ey")), "{text}");
    assert!(!folder.data().exists(), "a demo leaves the data folder alone");
    let card = text.lines().find(|line| line.contains("card.jpg")).expect("a line with the card");
    let checked = std::process::Command::new("sh").args(["-c", card]).output().expect("a shell");
    let record: Value = serde_json::from_slice(&checked.stdout).expect("the record of its check");
    assert_eq!(record["data"]["status"], "completed", "{record}");
    let checks = record["data"]["validationResults"].as_object().expect("its checks");
    assert_eq!(checks.len(), DocumentCheck::COUNT, "{record}");
    assert!(checks.values().all(|check| check["passed"] == true), "{record}");
    let statuses: Vec<u16> = lines
        .iter()
        .map(|line| {
            let parts: Vec<&str> = line.split('\'').collect();
            let (header, url) = (parts[1], parts[3]);
            let address = url.trim_start_matches("http://").split('/').next().expect("an address");
            let target = url.trim_start_matches("http://").trim_start_matches(address);
            let mut stream = TcpStream::connect(address).expect("a connection");
            write!(
                stream,
                "GET {target} HTTP/1.1\r\nHost: x\r\n{header}\r\nConnection: close\r\n\r\n"
            )
            .expect("the server reads");
            answer(&mut stream).0
        })
        .collect();
    // The third shows how wrong requests are explained.
    assert_eq!(statuses, [200, 200, 400]);
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").arg(pid).status().expect("kill").success());
    assert!(child.wait().expect("an end").success());
}

#[test]
fn the_doctor_says_what_is_missing_and_what_to_do() {
    let folder = Folder::new();
    let doctor = |arguments: &[&str]| {
        let outcome = folder.run(&[&["doctor", "--json"], arguments].concat());
        let json: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        assert_eq!(outcome.code, Some(if json["ok"] == true { 0 } else { 1 }), "{json}");
        json
    };
    let bad = |json: &Value| {
        let findings = json["findings"].as_array().expect("findings").clone();
        let bad = findings.into_iter().filter(|finding| finding["ok"] == false);
        bad.map(|finding| finding["what"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(bad(&doctor(&[])), ["data folder"]);
    assert!(!folder.data().exists(), "it looks and changes nothing");
    folder.run(&["migrate"]).ok();
    assert_eq!(bad(&doctor(&[])), ["clients", "tokens"]);
    folder.token("acme");
    assert_eq!(bad(&doctor(&[])), Vec::<String>::new());
    assert_eq!(folder.run(&["doctor"]).code, Some(0));
    let wrong = folder.write("wrong.toml", "[nothing]\nx = 1\n");
    assert!(bad(&doctor(&["--config", &wrong])).contains(&"settings".to_owned()));
    let keys = folder.data().join("signing-keys.json");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o640)).expect("its owner");
    let json = doctor(&[]);
    assert!(bad(&json).contains(&"signing keys".to_owned()));
    assert!(json.to_string().contains("chmod 600"), "{json}");
    let text = folder.run(&["serve", "--listen", "127.0.0.1:0"]).failed();
    assert!(text.contains("chmod 600"), "{text}");
}

#[test]
fn every_command_works_while_the_server_runs() {
    let folder = Folder::new();
    let served = folder.serve(&[]);
    let token = folder.token("acme");
    let row = |status: &str| {
        format!(r#"{{"_id":"v","client":"acme","status":"{status}","createdAt":"2025-01-01"}}"#)
    };
    let list = "/v2/biometric-validations";
    for status in ["new", "pending", "completed"] {
        folder.run_with(&["import", "biometric-validations", "-"], &row(status)).ok();
        let (code, body) = served.get(&token, list);
        assert_eq!(code, 200, "{body}");
        assert!(body.contains(&format!("\"status\":\"{status}\"")), "{body}");
    }
    for arguments in [
        &["client", "list"][..],
        &["token", "list"],
        &["token", "rotate-key"],
        &["export", "biometric-validations"],
        &["doctor"],
        &["migrate"],
        &["backup", "copy.db", "--database-only"],
        &["restore", "copy.db"],
        &["client", "create", "--name", "G", "--email", "g@globex.example"],
    ] {
        folder.run(arguments).ok();
        assert_eq!(served.get(&token, list).0, 200, "{arguments:?}");
    }
    served.stop();
}

#[test]
fn a_running_server_uses_what_is_set_for_all_nodes() {
    let folder = Folder::new();
    let token = folder.token("acme");
    let served = folder.serve(&[]);
    let answers = |issuer: &str| served.get(&token, "/v2/document-liveness").1.contains(issuer);
    assert!(answers("Certified by Verax"));
    folder.run(&["settings", "set", "signature.issuer", "Acme"]).ok();
    let listed = folder.run(&["settings", "list", "--json"]).json();
    assert_eq!(listed["signature.issuer"], json!({ "value": "Acme", "allNodes": true }));
    assert_eq!(listed["tokens.days"], json!({ "value": "30", "allNodes": false }));
    let begun = Instant::now();
    while !answers("Certified by Acme") {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is not used");
        std::thread::sleep(Duration::from_millis(100));
    }
    let text = folder.run(&["settings", "set", "log.level", "debug"]).failed();
    assert!(text.contains("log.level is set for each node in its file"), "{text}");
    folder.run(&["settings", "unset", "signature.issuer"]).ok();
    assert!(folder.run(&["settings", "list"]).ok().contains("signature.issuer\tVerax\tthis node"));
    served.stop();
}

#[test]
fn a_request_that_takes_too_long_is_answered_503() {
    let folder = Folder::new();
    let token = folder.token("acme");
    let settings = folder.write("settings.toml", "[http]\nrequest_seconds = 1\n");
    let served = folder.serve(&["--config", &settings]);
    let mut stream = begin_request(&served, &token);
    let mut bytes = vec![0; 4096];
    let count = stream.read(&mut bytes).expect("an answer");
    let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
    assert!(text.starts_with("HTTP/1.1 503"), "{text}");
    assert!(text.contains("retry-after: 1") && text.contains("\"code\":\"UNAVAILABLE\""), "{text}");
    assert!(text.contains("\"requestId\":\""), "{text}");
    served.stop();
}

/// `Type=notify`: units that come after it start when it answers.
#[test]
fn systemd_is_told_when_the_server_is_ready_and_when_it_stops() {
    let folder = Folder::new();
    let socket = folder.file("notify");
    let systemd = UnixDatagram::bind(&socket).expect("a socket");
    systemd.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
    let told = || {
        let mut text = [0; 256];
        let length = systemd.recv(&mut text).expect("a message");
        String::from_utf8_lossy(&text[..length]).trim().to_owned()
    };
    let log = folder.file("serve.log");
    let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("NOTIFY_SOCKET", &socket).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(File::create(&log).expect("a log file"));
    let served = Served::start(command, log);
    assert_eq!(told(), "READY=1");
    assert_eq!(served.get("", "/healthz").0, 200);
    served.stop();
    assert_eq!(told(), "STOPPING=1");
}
