//! Stored answers to requests with an Idempotency-Key are deleted when they are a day old.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "answers",
    every: Duration::from_secs(60),
    on: Nodes::Working,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.forget_old_answers().await?) }),
    failure: Failure::Warning("old answers could not be forgotten"),
};
