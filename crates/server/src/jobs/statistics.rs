//! SQLite measures how selective its indexes are, so that statements go on being planned well as tables grow.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "statistics",
    every: Duration::from_secs(3600),
    on: Nodes::Serving,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.database.measure_statistics().await?) }),
    failure: Failure::Warning("the database was not measured; statements are planned as before"),
};
