//! Deliveries to webhooks are attempted: at once after an event here, and within a moment of one elsewhere.

use std::time::Duration;

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};

/// Events of other nodes, and retries, are looked for so often.
const LOOKED_EVERY: Duration = Duration::from_millis(200);

pub static JOB: PeriodicJob = PeriodicJob {
    name: "deliveries",
    // The least time between two looks: what comes together goes together.
    every: Duration::from_millis(5),
    on: Nodes::Working,
    lanes: ONE,
    run: |node| {
        Box::pin(async move {
            let app = &node.app;
            tokio::select! {
                () = app.database.journaled().deliveries() => {}
                () = app.deliveries.changed() => {}
                () = tokio::time::sleep(LOOKED_EVERY) => {}
            }
            app.deliver_due().await
        })
    },
    failure: Failure::Warning("deliveries could not be taken"),
};
