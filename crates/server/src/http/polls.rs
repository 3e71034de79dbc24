//! What is polled for the metrics when somebody asks for them: the database, the disks, the process.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::app::{App, StoreError};
use crate::metrics::process;

/// The database, the disks and the process are polled no more often.
const POLLED_EVERY: Duration = Duration::from_secs(5);
/// The longest that an answer waits for a poll: what comes later is for the next one.
const PATIENCE: Duration = Duration::from_secs(2);

/// Polls for all who ask, one at a time.
#[derive(Default)]
pub struct Polls {
    is_running: AtomicBool,
    last: Mutex<Option<Instant>>,
    /// Milliseconds of processor time that were counted.
    cpu_ms: AtomicI64,
}

/// Polls at the database, the disks and the process, unless somebody did a moment ago or is at it.
pub async fn poll_when_due(app: &App, polls: &Arc<Polls>) {
    let age = || {
        let last = *polls.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.map(|last| last.elapsed())
    };
    let is_old = age().is_none_or(|age| age >= POLLED_EVERY);
    if is_old && !polls.is_running.swap(true, Ordering::AcqRel) {
        let (app, polls) = (app.clone(), Arc::clone(polls));
        let polling = tokio::spawn(async move {
            let _running = Running(&polls);
            poll(&app, &polls).await;
            *polls.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        });
        let _ = tokio::time::timeout(PATIENCE, polling).await;
    }
    app.metrics.poll_age.set(age().map_or(f64::INFINITY, |age| age.as_secs_f64()));
}

struct Running<'a>(&'a Polls);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.is_running.store(false, Ordering::Release);
    }
}

async fn poll(app: &App, polls: &Arc<Polls>) {
    let (metrics, now) = (&app.metrics, app.clock.now());
    match app.jobs().await {
        Ok(jobs) => {
            metrics.database_up.set(1);
            for job in jobs {
                let labels = [("kind", job.kind.name())];
                let count = i64::try_from(job.count).unwrap_or(i64::MAX);
                metrics.jobs.get_or_create(&labels).set(count);
                let overdue_ms = job.oldest_lease.map_or(0, |lease| (now.0 - lease.0).max(0));
                metrics.jobs_overdue.get_or_create(&labels).set(overdue_ms as f64 / 1000.0);
                let attempts = i64::try_from(job.attempts_max).unwrap_or(i64::MAX);
                metrics.job_attempts.get_or_create(&labels).set(attempts);
            }
        }
        // It is there, and what is known of it stays as it is.
        Err(StoreError::Busy(cause)) => tracing::debug!(cause, "the jobs could not be polled"),
        Err(error) => {
            metrics.database_up.set(0);
            tracing::warn!(cause = %error, "the jobs could not be polled");
        }
    }
    match app.webhook_load().await {
        Ok(load) => {
            metrics.webhook_deliveries.set(load.pending);
            let age_ms = load.oldest.map_or(0, |oldest| (now.0 - oldest.0).max(0));
            metrics.webhook_oldest.set(age_ms as f64 / 1000.0);
            metrics.webhooks_paused.set(load.paused);
            metrics.webhooks_disabled.set(load.disabled);
        }
        Err(error) => tracing::debug!(cause = %error, "the deliveries could not be polled"),
    }
    match app.unnumbered_events().await {
        Ok(unnumbered) => {
            let lag_ms = unnumbered.oldest.map_or(0, |oldest| (now.0 - oldest.0).max(0));
            metrics.journal_lag.set(lag_ms as f64 / 1000.0);
            metrics.journal_unnumbered.set(i64::try_from(unnumbered.count).unwrap_or(i64::MAX));
        }
        Err(error) => tracing::warn!(cause = %error, "the journal could not be polled"),
    }
    let (app, polls) = (app.clone(), Arc::clone(polls));
    // A disk that does not answer holds up this thread, and no other.
    let polled = tokio::task::spawn_blocking(move || poll_machine(&app, &polls)).await;
    if let Err(error) = polled {
        tracing::warn!(cause = %error, "the disks could not be polled");
    }
}

fn poll_machine(app: &App, polls: &Polls) {
    let metrics = &app.metrics;
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    if let Some(time) = process::processor_time() {
        let now_ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let new_ms = now_ms - polls.cpu_ms.swap(now_ms, Ordering::Relaxed);
        metrics.cpu.inc_by(new_ms.max(0) as f64 / 1000.0);
    }
    for (gauge, value) in [
        (&metrics.resident_bytes, process::memory_bytes("VmRSS:")),
        (&metrics.virtual_bytes, process::memory_bytes("VmSize:")),
        (&metrics.open_files, process::open_files()),
        (&metrics.open_files_max, process::open_files_max()),
        (&metrics.threads, process::threads()),
    ] {
        if let Some(value) = value {
            gauge.set(number(value));
        }
    }
    for (name, path) in app.disks.iter() {
        match rustix::fs::statvfs(path) {
            Ok(disk) => {
                let free = disk.f_bavail.saturating_mul(disk.f_frsize);
                let size = disk.f_blocks.saturating_mul(disk.f_frsize);
                metrics.disk_free.get_or_create(&[("disk", *name)]).set(number(free));
                metrics.disk_size.get_or_create(&[("disk", *name)]).set(number(size));
            }
            Err(error) => tracing::warn!(cause = %error, disk = name, "no free space can be told"),
        }
    }
}
