//! Codes are sent to the addresses and numbers that they are for, and end when nobody brings them back.

use std::time::Duration;

use anyhow::Result;
use verax_domain::Timestamp;
use verax_domain::records::contact_validation::Channel;
use verax_store::{Job, JobKind};

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};
use super::queue::{AfterFailure, Queue, run_due};
use crate::app::App;

/// Codes that other nodes have made, and retries, are looked for so often.
const LOOKED_EVERY: Duration = Duration::from_millis(500);

pub static JOB: PeriodicJob = PeriodicJob {
    name: "codes",
    // The least time between two looks.
    every: Duration::from_millis(20),
    on: Nodes::Working,
    // A mail server that is slow with one message holds up no other.
    lanes: |_| 4,
    run: |node| {
        Box::pin(async move {
            let app = &node.app;
            tokio::select! {
                () = app.codes_to_send.notified() => {}
                () = tokio::time::sleep(LOOKED_EVERY) => {}
            }
            send(app).await.map(drop)
        })
    },
    failure: Failure::Warning("a code was not sent"),
};

pub static EXPIRY: PeriodicJob = PeriodicJob {
    name: "code_expiry",
    every: Duration::from_secs(1),
    on: Nodes::Working,
    lanes: ONE,
    run: |node| Box::pin(async move { Ok(node.app.expire_contacts().await.map(drop)?) }),
    failure: Failure::Warning("overdue codes were not looked for"),
};

/// Sends the codes that wait. Answers how many.
///
/// # Errors
/// The last of those that were not taken.
pub async fn send(app: &App) -> Result<u64> {
    let emails = run_due::<Codes<false>>(app).await;
    // What becomes of emails does not matter to texts.
    let texts = run_due::<Codes<true>>(app).await?;
    Ok(emails? + texts)
}

/// When a code that was not taken is sent again, in milliseconds. It is longer than one try.
const LEASE_MS: i64 = 30_000;
/// Longer than a code is taken: its end ends them.
const TRIES_MAX: i64 = 20;

/// The codes of one channel.
struct Codes<const TO_PHONES: bool>;

impl<const TO_PHONES: bool> Codes<TO_PHONES> {
    const CHANNEL: Channel = if TO_PHONES { Channel::Phone } else { Channel::Email };
}

impl<const TO_PHONES: bool> Queue for Codes<TO_PHONES> {
    const KIND: JobKind = JobKind::of_code(Self::CHANNEL);
    const CLAIMED_AT_ONCE: u32 = 1;
    const TRIES_MAX: Option<i64> = Some(TRIES_MAX);
    const AFTER_FAILURE: AfterFailure = AfterFailure::GoOn;
    type Slot = ();

    fn slot(_: &App) -> Option<()> {
        Some(())
    }

    fn lease_until(app: &App) -> Timestamp {
        Timestamp(app.clock.now().0.saturating_add(LEASE_MS))
    }

    async fn run(app: &App, job: &Job, (): ()) -> Result<bool> {
        app.send_code(Self::CHANNEL, job).await
    }

    async fn bury(app: &App, job: &Job) -> Result<bool> {
        app.bury_code(Self::CHANNEL, job).await
    }
}
