//! What another process has set for all nodes is used within seconds.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "settings",
    every: Duration::from_secs(2),
    on: Nodes::All,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.read_settings().await?) }),
    failure: Failure::Warning("the settings of all nodes could not be read"),
};
