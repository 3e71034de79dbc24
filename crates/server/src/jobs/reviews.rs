//! Cases that their reviewers have let lie are left to others.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "reviews",
    every: Duration::from_secs(15),
    on: Nodes::Working,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.release_lapsed_reviews().await.map(drop)?) }),
    failure: Failure::Warning("cases that were let lie were not released"),
};
