//! Changes are folded into the tallies that totals and deep pages are read from.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "tallies",
    // Requests read what is not folded yet record by record, so it must stay small.
    every: Duration::from_millis(250),
    // Also where a worker does: whoever has written records makes the tallies that its lists read.
    on: Nodes::All,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.fold_changes().await?) }),
    failure: Failure::Warning("the tallies could not be brought up to date"),
};
