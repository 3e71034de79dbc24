//! Tokens, counts of failed logins and digests of images that mean nothing any more are deleted.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "sweep",
    every: Duration::from_secs(300),
    on: Nodes::Working,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.sweep().await?) }),
    failure: Failure::Warning("expired tokens and counts were not deleted"),
};
