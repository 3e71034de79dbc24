//! The console in a browser: every page of the demo in Chromium, with its policy, and with axe-core.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::running::{Binary, Profile};
use crate::{clients, exec};

/// `cargo xtask console`.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    use lexopt::prelude::*;
    let (mut file, mut images) = (None, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("bin") => file = Some(arguments.value()?.into()),
            Long("images") => images = Some(PathBuf::from(arguments.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    check(&Binary::find(file, Profile::Dev)?, images)
}

/// Opens every page of this binary's demo; keeps images of them where a folder is named.
pub fn check(binary: &Binary, images: Option<PathBuf>) -> Result<()> {
    let place = clients::console_check()?;
    let mut command = binary.command(&[]);
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]);
    // A browser that looks at hundreds of pages is no visitor.
    command.env("VERAX__RATE_LIMIT__REQUESTS_PER_MINUTE", "0");
    command.env("VERAX__RATE_LIMIT__CLIENT_REQUESTS_PER_MINUTE", "0");
    command.env("VERAX__RATE_LIMIT__ANONYMOUS_REQUESTS_PER_MINUTE", "0");
    let child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut demo = Demo(child);
    let output = demo.0.stdout.take().context("no standard output")?;
    let mut lines = BufReader::new(output).lines();
    let printed = Printed::read(&mut lines)?;
    // What it prints afterwards is read too, or it would wait.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    let mut node = Command::new("node");
    node.arg(place.join("check.mjs"));
    node.args([&printed.url, &printed.link, &printed.email, &printed.password]);
    if let Some(images) = images {
        node.arg(std::path::absolute(images)?);
    }
    exec::run(node.current_dir(&place))
}

/// What the demo prints of its console.
#[derive(Default)]
struct Printed {
    url: String,
    link: String,
    email: String,
    password: String,
}

impl Printed {
    fn read(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> Result<Printed> {
        let mut printed = Printed::default();
        for line in lines {
            let line = line?;
            if let Some(url) = line.strip_prefix("listening on ") {
                url.clone_into(&mut printed.url);
            } else if line.contains("/console/demo/") {
                line.trim().clone_into(&mut printed.link);
            } else if let Some(account) = line.strip_prefix("Afterwards sign in as ") {
                let (email, password) =
                    account.split_once(" with the password ").context("no password")?;
                printed.email = email.to_owned();
                printed.password = password.to_owned();
                ensure!(!printed.link.is_empty(), "the demo printed no link");
                return Ok(printed);
            }
        }
        anyhow::bail!("the demo ended without saying how to sign in")
    }
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
