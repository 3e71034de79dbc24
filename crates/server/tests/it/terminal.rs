//! The commands at a terminal, in a pipe, and in a pipe that nobody reads.

use std::collections::BTreeSet;
use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use clap::CommandFactory;
use verax_lab::simulator::{cards::card, jpeg, shrunk};
use verax_server::cli::Cli;
use verax_vision::document::seeded::Seeded;

use crate::binary::Folder;

const CLOSED: Option<i32> = Some(141);

/// A pipe whose reader has gone.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn flat() -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = vec![128; 800 * 600 * 3];
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    image::ImageEncoder::write_image(encoder, &pixels, 800, 600, image::ExtendedColorType::Rgb8)
        .expect("a PNG");
    bytes
}

/// A client with a token, records, a backup, and images.
fn furnished() -> Folder {
    let folder = Folder::new();
    folder.token("acme");
    let row = r#"{"_id":"one","client":"acme","status":"new","createdAt":"2025-01-01"}"#;
    folder.write("rows.ndjson", row);
    folder.run(&["import", "biometric-validations", "rows.ndjson"]).ok();
    folder.run(&["backup", "--database-only", "first.db"]).ok();
    let small = jpeg(&shrunk(&card(&mut Seeded::new(1), None).image, 0.5), 90);
    std::fs::create_dir_all(folder.file("set/a/genuine")).expect("a folder");
    std::fs::write(folder.file("set/a/genuine/1.jpg"), &small).expect("a file");
    std::fs::write(folder.file("flat.png"), flat()).expect("a file");
    folder
}

const PRINTING: [&[&str]; 26] = [
    &["client", "create", "--name", "G", "--email", "g@globex.example", "--id", "globex"],
    &["client", "list"],
    &["client", "list", "--json"],
    &["token", "create", "--client", "acme"],
    &["token", "list"],
    &["token", "list", "--json"],
    &["token", "rotate-key"],
    &["settings", "list"],
    &["settings", "set", "signature.issuer", "Acme"],
    &["settings", "unset", "signature.issuer"],
    &["vault", "sweep"],
    &["vault", "rotate-key"],
    &["import", "biometric-validations", "rows.ndjson"],
    &["import", "biometric-validations", "rows.ndjson", "--json"],
    &["export", "biometric-validations"],
    &["doctor"],
    &["doctor", "--json", "--security"],
    &["migrate"],
    &["backup", "--database-only", "second.db"],
    &["restore", "first.db"],
    &["models", "list"],
    &["models", "list", "--json"],
    &["check", "document", "flat.png"],
    &["eval", "documents", "set"],
    &["completions", "bash"],
    &["man", "pages"],
];

#[test]
fn every_command_ends_quietly_when_nobody_reads_its_output() {
    let folder = furnished();
    for arguments in PRINTING {
        let mut command = folder.command(arguments);
        command.stdin(Stdio::null()).stdout(closed()).stderr(Stdio::piped());
        let output = command.output().expect("the binary ends");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*text), (CLOSED, ""), "{arguments:?}");
    }
    // Its help is what clap prints.
    for arguments in [&["--help"][..], &["--version"], &["help", "token"], &["client", "--help"]] {
        let mut command = folder.command(arguments);
        let output = command.stdout(closed()).stderr(Stdio::piped()).output().expect("an end");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn no_command_panics_when_nobody_reads_its_errors() {
    let folder = furnished();
    let bad = folder.write("bad.ndjson", "{\"_id\":7}\nno json\n");
    for (arguments, code) in [
        (&["import", "projects", &bad][..], 1),
        (&["import", "projects", "nowhere"], 1),
        (&["client", "delete", "nobody"], 1),
        (&["reference", "pages", "--check"], 1),
        (&["client", "create"], 2),
        (&["no-such-command"], 2),
    ] {
        let mut command = folder.command(arguments);
        command.stdin(Stdio::null()).stdout(closed()).stderr(closed());
        let status = command.status().expect("the binary ends");
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_long_export_stops_at_the_first_line_that_nobody_reads() {
    let folder = Folder::new();
    let rows: String = (0..5_000)
        .map(|n| {
            format!("{{\"_id\":\"r{n}\",\"client\":\"acme\",\"status\":\"new\",\"createdAt\":\"2025-01-01\"}}\n")
        })
        .collect();
    folder.write("rows.ndjson", &rows);
    folder.run(&["import", "biometric-validations", "rows.ndjson"]).ok();
    let mut command = Command::new("sh");
    let line = "\"$VERAX\" export biometric-validations 2>errors | head -1; cat errors";
    let plain = folder.command(&[]);
    command.args(["-c", line]).env("VERAX", plain.get_program()).env("VERAX_DATA", folder.data());
    let output = command.current_dir(folder.file("")).output().expect("a shell");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn a_server_whose_output_nobody_reads_serves() {
    let folder = Folder::new();
    let log = folder.file("serve.log");
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let mut command = folder.command(&["serve", "--listen", &address.to_string()]);
    command.stdin(Stdio::null()).stdout(closed()).stderr(File::create(&log).expect("a log"));
    let mut child = command.spawn().expect("the binary starts");
    let begun = std::time::Instant::now();
    let answer = loop {
        if let Ok(mut stream) = std::net::TcpStream::connect(address) {
            write!(stream, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                .expect("the server reads");
            break crate::binary::answer(&mut stream);
        }
        assert!(begun.elapsed().as_secs() < 20, "it does not listen");
        std::thread::yield_now();
    };
    assert_eq!(answer.0, 200);
    let sent = Command::new("kill").arg(child.id().to_string()).status().expect("kill");
    assert!(sent.success() && child.wait().expect("an end").success());
}

#[test]
fn a_pipe_gets_no_colours() {
    let folder = furnished();
    let settings = folder.write("text.toml", "[log]\nformat = \"text\"\nlevel = \"debug\"\n");
    let served = folder.serve(&["--config", &settings]);
    served.get("", "/v2/document-liveness");
    let log = served.stop();
    assert!(log.contains("stopping") && !log.contains('\u{1b}'), "{log:?}");
    assert!(!log.starts_with('{'), "it is text: {log}");
    let doctor = folder.run(&["doctor"]).stdout;
    assert!(doctor.contains("ok  settings") && !doctor.contains('\u{1b}'), "{doctor:?}");
    let import = folder.run(&["import", "biometric-validations", "rows.ndjson"]);
    assert_eq!((import.stderr.as_str(), import.code), ("", Some(0)));
}

/// What a command writes to a terminal, both outputs together.
fn at_terminal(folder: &Folder, line: &str, variables: &[(&str, &str)]) -> String {
    let plain = folder.command(&[]);
    let mut command = Command::new("script");
    command.args(["-qec", line, "/dev/null"]).current_dir(folder.file(""));
    command.env("VERAX", plain.get_program()).env("VERAX_DATA", folder.data());
    command.env("TERM", "xterm").env_remove("NO_COLOR").envs(variables.iter().copied());
    let output = command.stdin(Stdio::null()).output().expect("script (util-linux) is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_terminal_gets_colours_unless_it_wants_none() {
    let folder = furnished();
    let doctor = |variables: &[(&str, &str)]| at_terminal(&folder, "\"$VERAX\" doctor", variables);
    let coloured = doctor(&[]);
    assert!(coloured.contains("\u{1b}[32mok\u{1b}[0m  settings"), "{coloured:?}");
    for variables in [[("NO_COLOR", "1")], [("TERM", "dumb")]] {
        let plain = doctor(&variables);
        assert!(plain.contains("ok  settings") && !plain.contains('\u{1b}'), "{plain:?}");
    }
    // An empty one is none (no-color.org).
    assert!(doctor(&[("NO_COLOR", "")]).contains("\u{1b}[32m"));
}

#[test]
fn a_terminal_gets_bars_with_phases_and_rates() {
    let folder = furnished();
    let rows: String = (0..20_000)
        .map(|n| {
            format!("{{\"_id\":\"r{n}\",\"client\":\"acme\",\"status\":\"new\",\"createdAt\":\"2025-01-01\"}}\n")
        })
        .collect();
    folder.write("many.ndjson", &rows);
    let import = "\"$VERAX\" import biometric-validations many.ndjson";
    let text = at_terminal(&folder, import, &[]);
    for part in ["checking", "storing", "/s, ", " to go", "stored 20000"] {
        assert!(text.contains(part), "{part}: {text:?}");
    }
    let text = at_terminal(&folder, "\"$VERAX\" export biometric-validations > all.ndjson", &[]);
    for part in ["exporting", "of 20,001", "/s, "] {
        assert!(text.contains(part), "{part}: {text:?}");
    }
    for (line, part) in [
        ("\"$VERAX\" backup --database-only third.db", "copying"),
        ("\"$VERAX\" restore third.db", "restoring"),
        ("\"$VERAX\" eval documents set", "measuring"),
    ] {
        let text = at_terminal(&folder, line, &[]);
        assert!(text.contains(part), "{line}: {text:?}");
        let text = at_terminal(&folder, &format!("rm -f third.db; {line} 2>/dev/null"), &[]);
        assert!(!text.contains(part), "{line}: {text:?}");
    }
    let key = folder.write("key", "32 bytes that nobody else has ..");
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("its owner");
    for (line, parts) in [
        ("backup whole.backup --with-keys --key-file key", ["writing", "verifying", "B/s"]),
        ("backup verify whole.backup --key-file key", ["verifying", "B/s", " to go"]),
        ("restore whole.backup --key-file key --data restored", ["restoring", "B/s", " to go"]),
        ("move --to moved --keys moved-keys", ["moving keys", "B/s", "rows"]),
    ] {
        let text = at_terminal(&folder, &format!("\"$VERAX\" {line}"), &[]);
        for part in parts {
            assert!(text.contains(part), "{line}: {part}: {text:?}");
        }
    }
}

fn walk(command: &clap::Command, path: &str, visit: &mut dyn FnMut(&clap::Command, &str)) {
    visit(command, path);
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        walk(sub, &format!("{path} {}", sub.get_name()), visit);
    }
}

#[test]
fn every_option_is_described_and_the_global_ones_stand_last() {
    let mut root = Cli::command().term_width(100);
    root.build();
    let (mut paths, mut bare) = (Vec::new(), Vec::new());
    walk(&root, "verax", &mut |command, path| {
        paths.push(path.to_owned());
        assert!(command.get_about().is_some(), "{path} is not described");
        for argument in command.get_arguments().filter(|it| it.get_id() != "help") {
            if argument.get_help().is_none() {
                bare.push(format!("{path}: {}", argument.get_id()));
            }
        }
        let help = command.clone().render_help().to_string();
        let (own, global) =
            help.split_once("\nGlobal options:\n").unwrap_or_else(|| panic!("{help}"));
        for name in ["--data ", "--config ", "--database-url ", "--database-replica-url "] {
            assert!(global.contains(name) && !own.contains(name), "{path}: {name}\n{help}");
        }
        let others = global.lines().filter(|line| line.trim_start().starts_with('-')).count();
        assert_eq!(others, 4, "{path}: {help}");
    });
    assert_eq!(bare, Vec::<String>::new(), "not described");
    assert!(paths.len() > 30, "{paths:?}");
}

#[test]
fn completions_know_commands_and_options() {
    let folder = Folder::new();
    let script = |shell: &str| folder.run(&["completions", shell]).ok();
    let bash = folder.write("verax.bash", &script("bash"));
    let complete = |words: &str, at: usize| {
        let line = format!(
            "source '{bash}'; COMP_WORDS=({words}); COMP_CWORD={at}; _verax verax \
             \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[{at}-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash").args(["-c", &line]).output().expect("bash");
        let words = String::from_utf8(output.stdout).expect("UTF-8");
        words.split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>()
    };
    assert!(complete("verax tok", 1).contains("token"));
    assert!(complete("verax vault ro", 2).contains("rotate-client-key"));
    assert!(complete("verax serve --tls", 2).contains("--tls-cert"));
    assert!(script("zsh").starts_with("#compdef verax"));
    assert!(script("fish").contains("complete -c verax"));
    assert_eq!(folder.run(&["completions", "tcsh"]).code, Some(2));
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let folder = Folder::new();
    for _ in 0..2 {
        let text = folder.run(&["man", "pages/man1"]).ok();
        assert!(text.contains("pages/man1"), "{text}");
    }
    let mut root = Cli::command();
    root.build();
    walk(&root, "verax", &mut |_, path| {
        let name = format!("pages/man1/{}.1", path.replace(' ', "-"));
        let page = std::fs::read_to_string(folder.file(&name)).unwrap_or_default();
        assert!(page.contains(".TH") && page.contains("DESCRIPTION"), "{name}: {page}");
    });
    let page = std::fs::read_to_string(folder.file("pages/man1/verax-serve.1")).expect("a page");
    assert!(page.contains("http.tls_certificate"), "{page}");
    let text = folder.run(&["man", "/proc/nowhere"]).failed();
    assert!(text.contains("/proc/nowhere") && text.contains("name a folder of yours"), "{text}");
}

#[test]
fn errors_of_files_name_the_file_and_the_cure() {
    let folder = furnished();
    let wrong = folder.write("wrong.toml", "[log\n");
    let log = folder.write("log.toml", "[log]\nfile = \"/proc/nowhere/verax.log\"\n");
    let model = folder.write("model.toml", "[models.face_detector]\npath = \"/nowhere.onnx\"\n");
    let keys = folder.write("keys.toml", "[tokens]\nsigning_keys_file = \"/proc/nowhere/keys\"\n");
    let vault = folder.write("vault.toml", "[vault]\nkeys = \"/proc/nowhere/keys\"\n");
    for (arguments, parts) in [
        (&["client", "list", "--config", "nowhere.toml"][..], &["nowhere.toml", "--config"][..]),
        (&["client", "list", "--config", &wrong], &["wrong.toml", "line 1"]),
        (&["migrate", "--data", "/proc/nowhere"], &["/proc/nowhere", "by --data"]),
        (&["serve", "--config", &log], &["/proc/nowhere/verax.log", "log.file"]),
        (&["client", "list", "--config", &keys], &["/proc/nowhere/keys", "restore the file"]),
        (&["vault", "sweep", "--config", &vault], &["/proc/nowhere/keys", "vault.keys"]),
        (&["import", "projects", "nowhere.ndjson"], &["nowhere.ndjson", "name a file of records"]),
        (&["backup", "--database-only", "first.db"], &["first.db", "name a new file"]),
        (
            &["backup", "--database-only", "/proc/nowhere/x.db"],
            &["/proc/nowhere/x.db", "a folder of yours"],
        ),
        (&["restore", "nowhere.db"], &["nowhere.db", "verax backup"]),
        (&["check", "document", "nowhere.jpg"], &["nowhere.jpg", "name a JPEG"]),
        (
            &["check", "document", "flat.png", "--weights", "none"],
            &["none holds no weights", "--weights"],
        ),
        (&["check", "document", "flat.png", "--config", &model], &["/nowhere.onnx", "models.face"]),
        (&["check", "document", "rows.ndjson"], &["rows.ndjson"]),
        (&["eval", "documents", "nowhere"], &["nowhere", "<source>/<label>/"]),
        (&["reference", "/proc/nowhere"], &["/proc/nowhere", "name a folder of yours"]),
        (
            &["eval", "documents", "set", "--plot", "/proc/nowhere.svg"],
            &["/proc/nowhere.svg", "name a file of yours"],
        ),
    ] {
        let text = folder.run(arguments).failed();
        for part in parts {
            assert!(text.contains(part), "{arguments:?} does not say {part:?}: {text}");
        }
        assert!(!text.contains("panicked"), "{text}");
    }
}

#[test]
fn a_check_that_could_not_be_made_says_so() {
    let folder = furnished();
    let text = folder.run(&["check", "document", "flat.png"]).ok();
    let line = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(line("screenReplay"), "not_checked", "{text}");
    assert_eq!(line("documentCroppedValidation"), "not_checked", "{text}");
    // That it has no colour is known, and fails it.
    assert_eq!(line("printedCopy"), "FAILED", "{text}");
    assert_eq!(line("colourLessValidation"), "failed", "{text}");
    let json = folder.run(&["check", "document", "flat.png", "--json"]).json();
    assert_eq!(json["validationFlags"]["documentCroppedValidation"], "not_checked");
    assert_eq!(json["validationFlags"]["colourLessValidation"], "failed");
}
