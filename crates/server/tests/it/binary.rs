//! The real binary, in a data folder of its own.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

pub struct Folder {
    dir: TempDir,
}

/// What a command did.
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Standard output of a command that must have worked.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    #[track_caller]
    pub fn json(self) -> Value {
        let text = self.ok();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"))
    }

    /// What a command that must have failed has said.
    #[track_caller]
    pub fn failed(self) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        self.stderr
    }
}

impl Folder {
    pub fn new() -> Folder {
        Folder { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    /// The data folder; the first command makes it.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A file beside the data folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.file(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a path of UTF-8").to_owned()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verax"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("VERAX_") {
                command.env_remove(name);
            }
        }
        command.env("VERAX_DATA", self.data()).current_dir(self.dir.path()).args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, "")
    }

    pub fn run_with(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("its input");
        // A command that fails early does not read all.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the binary ends");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Outcome {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Makes a client with this id, and a token of it.
    pub fn token(&self, client: &str) -> String {
        let email = format!("office@{client}.example");
        let create = ["client", "create", "--id", client, "--name", client, "--email", &email];
        self.run(&create).ok();
        self.run(&["token", "create", "--client", client]).ok().trim().to_owned()
    }

    pub fn serve(&self, arguments: &[&str]) -> Served {
        let log = self.file("serve.log");
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(File::create(&log).expect("a log file"));
        Served::start(command, log)
    }

    /// Every file of the data folder, whole.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.data()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("a file").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).expect("a file");
                    found.push((path, bytes));
                }
            }
        }
        found
    }
}

/// A server that is running. It ends with the test.
pub struct Served {
    child: Child,
    pub address: String,
    log: PathBuf,
}

impl Served {
    pub fn start(command: Command, log: PathBuf) -> Served {
        Served::start_at(command, log, "listening on http://")
    }

    /// The same, where what stands before the address is another.
    pub fn start_at(mut command: Command, log: PathBuf, before: &str) -> Served {
        let mut child = command.spawn().expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = lines.next().and_then(Result::ok).unwrap_or_default();
        let Some(address) = first.strip_prefix(before) else {
            let _ = child.kill();
            panic!("it said {first:?}: {}", read(&log));
        };
        Served { address: address.to_owned(), child, log }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
        stream
    }

    /// Status and body of a GET.
    pub fn get(&self, token: &str, target: &str) -> (u16, String) {
        let mut stream = self.connect();
        write!(
            stream,
            "GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Connection: close\r\n\r\n"
        )
        .expect("the server reads");
        answer(&mut stream)
    }

    pub fn log(&self) -> String {
        read(&self.log)
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().expect("kill");
        assert!(sent.success());
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("the server ends")
    }

    /// Ends it as an operator does, and gives what it has logged.
    pub fn stop(mut self) -> String {
        self.signal("TERM");
        assert!(self.wait().success(), "{}", self.log());
        self.log()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended already when the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The rest of what a connection says: one answer.
pub fn answer(stream: &mut TcpStream) -> (u16, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("a whole answer");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), body.to_owned())
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
