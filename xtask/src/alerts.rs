//! The alert rules and their tests, with Prometheus' own tool.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::exec;

/// `cargo xtask alerts`.
pub fn run(_: lexopt::Parser) -> Result<()> {
    let folder = exec::root().join("docs/monitoring");
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let rules = names(&read("alerts.yaml")?, "- alert:");
    let tested = names(&read("alerts.test.yaml")?, "alertname:");
    ensure!(!rules.is_empty(), "alerts.yaml has no alerts");
    let untested: Vec<&String> = rules.difference(&tested).collect();
    ensure!(untested.is_empty(), "alerts.test.yaml has no test of {untested:?}");
    if exec::output(Command::new("promtool").arg("--version")).is_err() {
        println!("promtool: not_checked: it is in the package prometheus, and .ci/run fetches it");
        return Ok(());
    }
    let promtool = |arguments: [&str; 3]| {
        exec::run(Command::new("promtool").args(arguments).current_dir(&folder))
    };
    promtool(["check", "rules", "alerts.yaml"])?;
    promtool(["test", "rules", "alerts.test.yaml"])
}

/// What stands after this key, on lines of its own.
fn names(yaml: &str, key: &str) -> BTreeSet<String> {
    let values = yaml.lines().filter_map(|line| line.trim().strip_prefix(key));
    values.map(|value| value.trim().to_owned()).collect()
}
