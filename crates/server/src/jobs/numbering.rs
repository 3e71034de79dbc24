//! Events get their numbers, one node at a time.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "numbering",
    // A run waits for a commit, so this is only how often there may be one: the events of many commits
    // share a round.
    every: Duration::from_millis(25),
    // Whoever has listeners has to hear of new numbers; the round itself is one node's.
    on: Nodes::All,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.number_next_events().await?) }),
    failure: Failure::Warning("events could not be given numbers"),
};
