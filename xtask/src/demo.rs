//! The demo as a server for programs that are tried against it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result};

use crate::running::Binary;

/// An image of a document, below the root of the project.
pub const CARD: &str = "crates/server/assets/card.jpg";

/// The demo, which may call receivers on this machine. It is killed when this is dropped.
pub struct Demo {
    child: Child,
    pub url: String,
    pub token: String,
}

impl Demo {
    pub fn start(binary: &Binary) -> Result<Demo> {
        let mut command = binary.command(&[]);
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]);
        command.env("VERAX__WEBHOOKS__ALLOW_HTTP", "true");
        command.env("VERAX__WEBHOOKS__ALLOWED_NETWORKS", "127.0.0.1");
        // Programs ask as fast as they can.
        command.env("VERAX__RATE_LIMIT__REQUESTS_PER_MINUTE", "0");
        command.env("VERAX__RATE_LIMIT__CLIENT_REQUESTS_PER_MINUTE", "0");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut demo = Demo { child: command.spawn()?, url: String::new(), token: String::new() };
        let output = demo.child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        while demo.token.is_empty() {
            let line = lines.next().context("the demo ended before it printed a token")??;
            if let Some(url) = line.strip_prefix("listening on ") {
                url.trim().clone_into(&mut demo.url);
            } else if let Some(token) = line.strip_prefix("token: ") {
                token.trim().clone_into(&mut demo.token);
            }
        }
        // What it prints later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(demo)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended by itself, which is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
