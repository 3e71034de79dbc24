//! The signatures of what came, checked by the published libraries of Standard Webhooks.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::Attempt;
use crate::clients;

/// Each attempt must verify with the packages for Python, JavaScript and Rust, which know `v1` alone.
pub fn verify_with_libraries(attempts: &[Attempt], secret: &str) -> Result<()> {
    let lines = attempts.iter().map(|attempt| {
        let body = std::str::from_utf8(&attempt.body).context("a body that is not UTF-8")?;
        let at = attempt.at.as_second();
        let line = json!({ "headers": attempt.headers, "body": body, "secret": secret, "at": at });
        Ok(format!("{line}\n"))
    });
    let lines = lines.collect::<Result<String>>()?;
    let programs = clients::webhook_libraries()?;
    for (name, mut command) in programs {
        let verified = verify(&mut command, &lines).with_context(|| format!("{name} rejects"))?;
        ensure!(
            verified == attempts.len(),
            "{name} verified {verified} attempts of {}",
            attempts.len()
        );
    }
    Ok(())
}

/// How many lines the program has verified.
fn verify(command: &mut Command, lines: &str) -> Result<usize> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("no input")?;
    // What ends at the first wrong line leaves the rest unread; its status tells.
    let written = input.write_all(lines.as_bytes());
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "it ended with {}", output.status);
    written?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
