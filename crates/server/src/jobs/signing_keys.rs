//! A key that another process put into the file is used within seconds.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "signing_keys",
    every: Duration::from_secs(2),
    on: Nodes::All,
    lanes: ONE,
    run: |node| Box::pin(async move { node.app.keys.refresh() }),
    failure: Failure::Error("the signing keys could not be read again"),
};
