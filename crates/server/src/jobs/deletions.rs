//! Deletions that were interrupted are brought to their end.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "deletions",
    every: Duration::from_secs(15),
    on: Nodes::Working,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.resume_deletions().await.map(drop)?) }),
    failure: Failure::Warning("interrupted deletions were not resumed"),
};
