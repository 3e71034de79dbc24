//! The clients: how each is made to send a request, and what it got.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::Target;
use crate::{exec, http};

/// A request as a programmer writes it down.
#[derive(Clone)]
pub enum Spelling {
    /// Names and values; the client makes the query string.
    Params(Value),
    /// The query string; the client sends it as it is.
    Raw(String),
}

/// An answer as the client showed it.
pub struct Reply {
    pub status: u64,
    pub body: String,
}

pub struct Driver {
    pub name: &'static str,
    takes_params: bool,
    program: Program,
}

enum Program {
    Node(&'static [&'static str]),
    Python(&'static str),
    Php(&'static str),
    Curl,
    Socket,
}

pub const DRIVERS: &[Driver] = &[
    Driver::params("axios 1", Program::Node(&["drivers/axios.mjs", "axios"])),
    Driver::params("axios 0.27", Program::Node(&["drivers/axios.mjs", "axios-0"])),
    Driver::params("Angular HttpParams", Program::Node(&["drivers/angular.mjs"])),
    Driver::params("Python requests", Program::Python("drivers/requests_params.py")),
    Driver::params("PHP Guzzle", Program::Php("drivers/guzzle.php")),
    Driver::raw("Python http.client", Program::Python("drivers/http_client.py")),
    Driver::raw("PHP cURL", Program::Php("drivers/curl.php")),
    Driver::raw("curl", Program::Curl),
    // What Go's and Swift's clients put on the wire: the URL's bytes, untouched.
    Driver::raw("raw bytes", Program::Socket),
];

impl Driver {
    const fn params(name: &'static str, program: Program) -> Driver {
        Driver { name, takes_params: true, program }
    }

    const fn raw(name: &'static str, program: Program) -> Driver {
        Driver { name, takes_params: false, program }
    }

    pub fn takes(&self, spelling: &Spelling) -> bool {
        self.takes_params == matches!(spelling, Spelling::Params(_))
    }

    /// Sends the requests one after the other.
    pub fn ask(
        &self,
        place: &Path,
        target: &Target,
        requests: &[(&str, Spelling)],
    ) -> Result<Vec<Reply>> {
        let replies = match &self.program {
            Program::Node(words) => {
                let mut command = Command::new("node");
                command.args(*words);
                ask_script(command, place, target, requests)
            }
            Program::Python(script) => {
                let mut command = Command::new(place.join("python/bin/python"));
                command.arg(script);
                ask_script(command, place, target, requests)
            }
            Program::Php(script) => {
                let mut command = Command::new("php");
                command.arg(script);
                ask_script(command, place, target, requests)
            }
            Program::Curl => requests.iter().map(|request| ask_curl(target, request)).collect(),
            Program::Socket => requests.iter().map(|request| ask_socket(target, request)).collect(),
        };
        let replies: Vec<Reply> = replies.with_context(|| self.name)?;
        ensure!(replies.len() == requests.len(), "{}: {} answers", self.name, replies.len());
        Ok(replies)
    }
}

fn ask_script(
    mut command: Command,
    place: &Path,
    target: &Target,
    requests: &[(&str, Spelling)],
) -> Result<Vec<Reply>> {
    let cases: Vec<Value> = requests
        .iter()
        .map(|(path, spelling)| match spelling {
            Spelling::Params(params) => json!({"path": path, "params": params}),
            Spelling::Raw(query) => json!({"path": path, "query": query}),
        })
        .collect();
    let mut child = command
        .current_dir(place)
        .env("VERAX_URL", &target.url)
        .env("VERAX_TOKEN", &target.token)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("no standard input")?;
    input.write_all(Value::from(cases).to_string().as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{}: {text}", output.status);
    let answers: Vec<Value> = serde_json::from_str(&text).with_context(|| text.clone())?;
    let reply = |answer: &Value| Reply {
        status: answer["status"].as_u64().unwrap_or(0),
        body: answer["body"].as_str().unwrap_or_default().to_owned(),
    };
    Ok(answers.iter().map(reply).collect())
}

fn ask_curl(target: &Target, (path, spelling): &(&str, Spelling)) -> Result<Reply> {
    let url = format!("{}{path}?{}", target.url, raw(spelling)?);
    let authorization = format!("Authorization: Bearer {}", target.token);
    let printed = exec::output(
        Command::new("curl")
            .args(["-q", "-g", "-sS", "--max-time", "60", "-w", "\n%{http_code}", "-H"])
            .args([&authorization, &url]),
    )?;
    let (body, status) = printed.rsplit_once('\n').context("curl printed no status")?;
    Ok(Reply { status: status.parse()?, body: body.to_owned() })
}

fn ask_socket(target: &Target, (path, spelling): &(&str, Spelling)) -> Result<Reply> {
    let url = format!("{path}?{}", raw(spelling)?);
    let answer = http::get(target.address, &url, Some(&format!("Bearer {}", target.token)))?;
    Ok(Reply { status: answer.status.into(), body: String::from_utf8(answer.body)? })
}

fn raw(spelling: &Spelling) -> Result<&str> {
    match spelling {
        Spelling::Raw(query) => Ok(query),
        Spelling::Params(_) => bail!("this client takes a query string"),
    }
}
