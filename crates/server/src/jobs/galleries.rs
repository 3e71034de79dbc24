//! Who was deleted leaves memory within seconds, also where nobody searches.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "galleries",
    every: Duration::from_secs(2),
    on: Nodes::Serving,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.forget_deleted().await?) }),
    failure: Failure::Warning("deleted persons were not looked for"),
};
