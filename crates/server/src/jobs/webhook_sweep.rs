//! What was held for a webhook too long is given up, and what is old is forgotten.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "webhook_sweep",
    every: Duration::from_secs(60),
    on: Nodes::Working,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.sweep_webhooks().await?) }),
    failure: Failure::Warning("old deliveries were not forgotten"),
};
