//! What the server writes is its owner's alone, and no core dump holds its memory.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use verax_lab::simulator::cards::card;
use verax_lab::simulator::jpeg;
use verax_vision::document::seeded::Seeded;

use crate::binary::{Folder, Served, answer};

const SOON: Duration = Duration::from_secs(10);

/// Everything in the folder that others can read, but the models: anybody can fetch these.
fn open_to_others(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        let meta = fs::symlink_metadata(&path).expect("a file");
        if meta.permissions().mode() & 0o077 != 0 {
            found.push(path.clone());
        }
        if meta.is_dir() && !path.ends_with("models") {
            waiting.extend(fs::read_dir(&path).expect("a folder").map(|it| it.expect("it").path()));
        }
    }
    found
}

/// The server as a shell starts it that hides nothing.
fn serve_without_umask(folder: &Folder, log: &Path) -> Served {
    let plain = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut command = Command::new("sh");
    command.args(["-c", "umask 0; exec \"$0\" \"$@\""]).arg(plain.get_program());
    command.args(plain.get_args()).env("VERAX_DATA", folder.data());
    command.env("VERAX__LOG__FILE", log).current_dir(folder.data().parent().expect("a folder"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    Served::start(command, log.to_owned())
}

#[test]
fn keys_images_and_the_log_are_their_owners_alone_also_those_that_were_there() {
    let folder = Folder::new();
    let token = folder.token("acme");
    let log = folder.file("verax.log");
    fs::write(&log, "").expect("a log");
    fs::set_permissions(&log, Permissions::from_mode(0o644)).expect("its owner");
    for name in ["keys", "objects"] {
        let old = folder.data().join(name).join("old");
        fs::create_dir_all(&old).expect("a folder");
        fs::write(old.join("object"), "x").expect("a file");
        for path in [folder.data().join(name), old.clone()] {
            fs::set_permissions(path, Permissions::from_mode(0o755)).expect("its owner");
        }
        fs::set_permissions(old.join("object"), Permissions::from_mode(0o644)).expect("its owner");
    }
    // SQLite makes its log with the mode that the database has.
    for name in ["verax.db", "verax.db-wal", "verax.db-shm"] {
        let path = folder.data().join(name);
        if name == "verax.db" || path.exists() {
            fs::set_permissions(path, Permissions::from_mode(0o666)).expect("its owner");
        }
    }
    let served = serve_without_umask(&folder, &log);
    let image = STANDARD.encode(jpeg(&card(&mut Seeded::new(5), None).image, 80));
    let body = json!({
        "image": image, "saveImage": true, "validateScreenReplay": false,
        "validatePrintedCopy": false, "validatePortraitSubstitution": false,
    });
    let mut stream = served.connect();
    let (body, token) = (body.to_string(), token.trim());
    write!(
        stream,
        "POST /v2/document-liveness HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("the server reads");
    let (status, text) = answer(&mut stream);
    assert_eq!(status, 200, "{text}");
    let kept = |name: &str| fs::read_dir(folder.data().join(name).join("acme")).is_ok();
    assert!(kept("keys") && kept("objects"));

    // What was there is dealt with beside serving.
    let begin = Instant::now();
    while !open_to_others(&folder.data()).is_empty() && begin.elapsed() < SOON {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(open_to_others(&folder.data()), Vec::<PathBuf>::new());
    assert_eq!(fs::metadata(&log).expect("the log").permissions().mode() & 0o777, 0o600);

    let limits = fs::read_to_string(format!("/proc/{}/limits", served.process_id()));
    let limits = limits.expect("the limits of a process");
    let core = limits.lines().find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = core.expect("a limit").split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"]);
}

#[test]
fn a_data_folder_that_others_may_enter_is_warned_of() {
    let folder = Folder::new();
    folder.token("acme");
    let (log, warning) = (folder.file("verax.log"), "others may enter the data folder");
    let serve = || {
        serve_without_umask(&folder, &log).stop();
        fs::read_to_string(&log).expect("a log")
    };
    assert!(!serve().contains(warning));
    fs::set_permissions(folder.data(), Permissions::from_mode(0o755)).expect("its owner");
    assert!(serve().contains(warning));
}
