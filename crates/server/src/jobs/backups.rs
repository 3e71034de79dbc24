//! Scheduled backups: one node at a time makes them, and the others show when.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

const EVERY: Duration = Duration::from_secs(30);

pub static JOB: PeriodicJob = PeriodicJob {
    name: "backups",
    every: EVERY,
    on: Nodes::Working,
    lanes: ONE,
    run: |node| {
        Box::pin(async move {
            let settings = node.app.config.now().backup.clone();
            if settings.every_hours == 0 {
                return Ok(());
            }
            if let Some(made) = node.app.back_up_if_due(&settings, &node.backup_source).await? {
                let (name, verified) = (made.name, made.verified);
                tracing::info!(name, verified, "a backup was made");
            }
            Ok(())
        })
    },
    failure: Failure::Error("no backup was made"),
};

/// Shows what other nodes have made.
pub static WATCH: PeriodicJob = PeriodicJob {
    name: "backups_of_others",
    every: EVERY,
    on: Nodes::ServingAlone,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.watch_backups().await?) }),
    failure: Failure::Warning("backups were not looked for"),
};
