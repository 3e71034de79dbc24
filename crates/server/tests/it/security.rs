//! `verax doctor --security`: each danger is named, and what was not looked at is no good sign.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::Value;

use crate::binary::Folder;

/// What the doctor says: the state of each thing that it looked at.
fn states(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Value {
    let mut command = folder.command(&["doctor", "--security", "--json"]);
    command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null());
    let output = command.output().expect("the binary runs");
    let json: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(output.status.code(), Some(if json["ok"] == true { 0 } else { 1 }), "{json}");
    let mut states = serde_json::Map::new();
    for finding in json["findings"].as_array().expect("findings") {
        assert_eq!(finding["ok"] == true, finding["state"] == "ok");
        states
            .insert(finding["what"].as_str().expect("a word").to_owned(), finding["state"].clone());
    }
    Value::Object(states)
}

/// Keys apart from data, and a limit.
fn careful(folder: &Folder) -> String {
    let elsewhere = folder.file("elsewhere");
    fs::create_dir_all(&elsewhere).expect("a folder");
    let elsewhere = elsewhere.display();
    folder.write(
        "careful.toml",
        &format!(
            "[vault]\nkeys = \"{elsewhere}/keys\"\nmaster_keys_file = \
             \"{elsewhere}/master-keys.json\"\n[rate_limit]\nrequests_per_minute = 600\n"
        ),
    )
}

#[test]
fn a_careful_set_up_is_told_nothing_and_each_carelessness_by_name() {
    let folder = Folder::new();
    let config = careful(&folder);
    let config = ["--config", config.as_str()];
    folder.run(&[&["migrate"], &config[..]].concat()).ok();
    let create = ["client", "create", "--id", "acme", "--name", "A", "--email", "a@acme.example"];
    folder.run(&[&create[..], &config[..]].concat()).ok();
    folder.run(&[&["token", "create", "--client", "acme"], &config[..]].concat()).ok();
    let states = |arguments: &[&str]| states(&folder, &[&config[..], arguments].concat(), &[]);
    let well = states(&[]);
    for what in ["TLS", "files", "keys apart from data", "limits", "core dumps"] {
        assert_eq!(well[what], "ok", "{what}: {well}");
    }
    // Snapshots of a file system cannot be seen.
    assert_eq!(well["versions of keys"], "not_checked");

    assert_eq!(states(&["--listen", "0.0.0.0:8080"])["TLS"], "problem");
    assert_eq!(states(&["--listen", "[::1]:8080"])["TLS"], "ok");
    let key = folder.write("key.pem", "a private key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("its owner");
    let tls = ["--listen", "0.0.0.0:8443", "--tls-cert", key.as_str(), "--tls-key", key.as_str()];
    assert_eq!((&states(&tls)["TLS"], &states(&tls)["files"]), (&"ok".into(), &"problem".into()));
    let object = folder.data().join("objects").join("object");
    fs::write(&object, "x").expect("a file");
    fs::set_permissions(&object, fs::Permissions::from_mode(0o604)).expect("its owner");
    assert_eq!(states(&[])["files"], "problem");
    fs::remove_file(object).expect("its owner");
    fs::set_permissions(folder.data(), fs::Permissions::from_mode(0o750)).expect("its owner");
    assert_eq!(states(&[])["files"], "problem");
}

#[test]
fn keys_that_were_copied_and_places_that_are_missing_are_not_apart() {
    const WHAT: &str = "keys apart from data";
    let folder = Folder::new();
    folder.token("acme");
    let (data, elsewhere) = (folder.data(), folder.file("elsewhere"));
    fs::create_dir_all(data.join("keys").join("acme")).expect("its owner");
    fs::write(data.join("keys").join("acme").join("key"), "a wrapped key").expect("its owner");
    let config = careful(&folder);
    let says = |arguments: &[&str]| {
        let run = folder.run(&[&["doctor", "--security", "--json"][..], arguments].concat());
        let json: Value = serde_json::from_str(&run.stdout).expect("JSON");
        let findings = json["findings"].as_array().cloned().expect("findings");
        let found = findings.into_iter().find(|it| it["what"] == WHAT).expect("it is looked at");
        (found["state"].clone(), found["says"].as_str().expect("a text").to_owned())
    };
    let config = ["--config", config.as_str()];
    let (state, text) = says(&config);
    assert_eq!(state, "problem");
    for missing in ["vault.keys names", "vault.master_keys_file names", "old keys still lie in"] {
        assert!(text.contains(missing), "{missing}: {text}");
    }

    // Copied, as by somebody who is careful: the old ones are still there.
    let mut copy = std::process::Command::new("cp");
    copy.arg("-a").arg(data.join("keys")).arg(&elsewhere);
    assert!(copy.status().expect("cp").success());
    fs::copy(data.join("master-keys.json"), elsewhere.join("master-keys.json")).expect("a copy");
    folder.run(&[&["client", "list"], &config[..]].concat()).ok();
    let (state, text) = says(&config);
    assert_eq!(state, "problem");
    assert!(!text.contains("names"), "{text}");
    for old in [data.join("keys"), data.join("master-keys.json")] {
        assert!(text.contains(&format!("old keys still lie in {}", old.display())), "{text}");
    }
    fs::remove_dir_all(data.join("keys")).expect("its owner");
    let (state, text) = says(&config);
    assert!(state == "problem" && !text.contains("/keys:"), "{text}");
    fs::remove_file(data.join("master-keys.json")).expect("its owner");
    assert_eq!(says(&config).0, "ok");
    folder.run(&[&["client", "list"], &config[..]].concat()).ok();
}

#[test]
fn the_defaults_are_called_by_their_names() {
    let folder = Folder::new();
    folder.token("acme");
    let defaults = states(&folder, &[], &[("VERAX__RATE_LIMIT__REQUESTS_PER_MINUTE", "0")]);
    assert_eq!(defaults["keys apart from data"], "problem");
    assert_eq!(defaults["limits"], "problem");
    // Without being asked it says nothing of that.
    let plain = folder.run(&["doctor", "--json"]).json();
    assert!(!plain.to_string().contains("limits"), "{plain}");
}

#[test]
fn a_bucket_that_keeps_deleted_keys_is_a_problem_and_one_that_does_not_say_is_not_checked() {
    let folder = Folder::new();
    folder.token("acme");
    let config = folder.write("bucket.toml", "[vault]\nkeys = \"s3://keys/prefix\"\n");
    let body =
        |status: &str| format!("<VersioningConfiguration>{status}</VersioningConfiguration>");
    for (status, body, state) in [
        ("200 OK", body("<Status>Enabled</Status>"), "problem"),
        ("200 OK", body("<Status>Suspended</Status>"), "problem"),
        ("200 OK", body(""), "ok"),
        ("200 OK", body("<Status>Odd</Status>"), "not_checked"),
        ("200 OK", "hello".to_owned(), "not_checked"),
        ("403 Forbidden", body(""), "not_checked"),
        ("501 Not Implemented", String::new(), "not_checked"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        // The doctor asks for other things before, which are not there.
        let answering = std::thread::spawn(move || {
            loop {
                let (mut stream, _) = listener.accept().expect("a connection");
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).expect("a request");
                    request.push(byte[0]);
                }
                let request = String::from_utf8(request).expect("a request");
                let is_asked = request.contains("?versioning");
                let (status, body) =
                    if is_asked { (status, body.as_str()) } else { ("404 Not Found", "") };
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n\
                     {body}"
                )
                .expect("an answer");
                if is_asked {
                    return request;
                }
            }
        });
        let variables = [
            ("AWS_ENDPOINT", endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ];
        let found = states(&folder, &["--config", &config], &variables);
        assert_eq!(found["versions of keys"], state, "{status}");
        let request = answering.join().expect("an answer").to_lowercase();
        assert!(request.starts_with("get /keys?versioning"), "{request}");
        assert!(request.contains("authorization: aws4-hmac-sha256"), "{request}");
    }
    let variables = [
        ("AWS_ENDPOINT", "http://127.0.0.1:1"),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let found = states(&folder, &["--config", &config], &variables);
    assert_eq!(found["versions of keys"], "not_checked");
}
