//! What the vault holds of nobody is looked for, by one node at a time.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "vault_sweep",
    every: Duration::from_secs(30),
    on: Nodes::Working,
    lanes: ONE,
    run: |node| Box::pin(async move { node.app.sweep_vault_when_due().await.map(drop) }),
    failure: Failure::Warning("the vault was not swept"),
};
