//! The shipped binary's demo: what it prints works as it stands.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::exec;
use crate::running::Binary;

/// The demo prints four lines to paste, also where no models are: lists, a wrong request, a card.
const CURL_LINES: usize = 4;
const PRINT_SECONDS_MAX: u64 = 60;

pub fn run(binary: &Binary) -> Result<()> {
    let mut command = binary.command(&[]);
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut demo = Demo(child);
    let output = demo.0.stdout.take().context("no standard output")?;
    let (sender, printed) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut lines = Vec::new();
    while lines.len() < CURL_LINES {
        let line =
            printed.recv_timeout(Duration::from_secs(PRINT_SECONDS_MAX)).with_context(|| {
                format!("the demo printed {} lines with curl, not {CURL_LINES}", lines.len())
            })?;
        println!("{line}");
        let pasted = line.trim().trim_start_matches("$ ");
        if pasted.starts_with("curl ") || pasted.starts_with("printf ") {
            lines.push(pasted.to_owned());
        }
    }
    let mut succeeded = 0;
    for line in lines {
        succeeded += usize::from(answers_with_rows(&line).with_context(|| line)?);
    }
    // One of the lines may show how a wrong request is explained.
    ensure!(succeeded + 1 >= CURL_LINES, "only {succeeded} of the demo's lines show records");
    let terminated = Command::new("kill").args(["-TERM", &demo.0.id().to_string()]).status()?;
    ensure!(terminated.success(), "the demo was gone before it was asked to stop");
    let status = demo.0.wait()?;
    ensure!(status.success(), "asked to stop, the demo ended with {status}");
    Ok(())
}

/// A shell runs the line as a person would paste it. False for a rejection that says why.
fn answers_with_rows(line: &str) -> Result<bool> {
    let body = exec::output(Command::new("sh").args(["-c", line]))?;
    let answer: Value = serde_json::from_str(&body).with_context(|| body.clone())?;
    if answer["success"] == true {
        let rows = answer["data"].as_array().map_or(1, Vec::len);
        ensure!(rows > 0, "an empty list shows nothing");
        return Ok(true);
    }
    let details = answer["details"].as_array().map_or(0, Vec::len);
    ensure!(answer["code"] == "INVALID_PARAMETERS" && details > 0, "answered {body}");
    Ok(false)
}

/// Ends with this value, whatever else happens.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        // It has usually ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
