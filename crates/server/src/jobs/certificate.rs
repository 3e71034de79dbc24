//! What is put in the place of the certificate's files is used within seconds.

use std::time::Duration;

use super::periodic::{Failure, Nodes, PeriodicJob};

pub static JOB: PeriodicJob = PeriodicJob {
    name: "certificate",
    every: Duration::from_secs(2),
    on: Nodes::Serving,
    // Without TLS there is none.
    lanes: |node| usize::from(node.certificate.is_some()),
    run: |node| {
        Box::pin(async move {
            let Some(certificate) = &node.certificate else { return Ok(()) };
            certificate.keep_fresh(&node.app.clock, &node.app.metrics).await
        })
    },
    failure: Failure::Error("the certificate's files were not looked at"),
};
