//! Bars of commands that take long, with rates and phases: on a terminal alone. Elsewhere nothing of
//! them is written.

use std::io::IsTerminal;
use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::backup;

/// Shared by threads; gone from the terminal when it is dropped.
pub struct Progress(ProgressBar);

const BYTES: &str =
    "{msg:12} {bar:32} {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} to go";
const ITEMS: &str = "{msg:12} {bar:32} {human_pos} of {human_len}, {per_sec}, {eta} to go";
const FLOW: &str = "{msg:20} {spinner} {bytes}, {binary_bytes_per_sec}, {elapsed}";
const UNKNOWN: &str = "{spinner} {msg:12} {elapsed}";
const TICK: Duration = Duration::from_millis(200);

impl Progress {
    /// Nothing that anybody sees.
    pub fn hidden() -> Progress {
        Progress(ProgressBar::hidden())
    }

    /// So many bytes.
    pub fn of_bytes(phase: &'static str, bytes: u64) -> Progress {
        Progress::new(phase, BYTES, Some(bytes))
    }

    /// So many things.
    pub fn of_items(phase: &'static str, count: usize) -> Progress {
        Progress::new(phase, ITEMS, Some(count as u64))
    }

    /// Something of which nobody knows how long it takes.
    pub fn of_unknown_length(phase: &'static str) -> Progress {
        Progress::new(phase, UNKNOWN, None)
    }

    fn new(phase: &'static str, template: &str, length: Option<u64>) -> Progress {
        if !is_shown() {
            return Progress::hidden();
        }
        let bar = match length {
            Some(length) => ProgressBar::new(length),
            None => ProgressBar::new_spinner(),
        };
        // A template that cannot be read leaves the usual bar.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(phase);
        bar.enable_steady_tick(TICK);
        Progress(bar)
    }

    /// What is done now.
    pub fn phase(&self, phase: &'static str) {
        self.0.set_message(phase);
    }

    pub fn add(&self, count: u64) {
        self.0.inc(count);
    }

    /// So many bytes there will be, or nobody knows.
    fn expect(&self, bytes: Option<u64>) {
        match bytes {
            Some(bytes) => self.0.set_length(bytes),
            None => self.0.unset_length(),
        }
        let template = if bytes.is_some() { BYTES } else { FLOW };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
    }

    pub fn reach(&self, position: u64) {
        self.0.set_position(position);
    }
}

/// Shows how far a backup is for as long as `work` takes.
///
/// `action` is what is done to it: `writing`.
pub async fn with_bar<T>(
    action: &str,
    progress: &backup::Progress,
    work: impl Future<Output = T>,
) -> T {
    if !is_shown() {
        return work.await;
    }
    let mut work = pin!(work);
    let mut tick = tokio::time::interval(TICK);
    let bar = Progress::new("", FLOW, None);
    let mut known = None;
    loop {
        let total = progress.bytes_total();
        if total != known {
            known = total;
            bar.expect(total);
        }
        let what = match progress.phase() {
            backup::Phase::Beginning => "",
            backup::Phase::Rows => " rows",
            backup::Phase::Keys => " keys",
            backup::Phase::Objects => " objects",
            backup::Phase::Checking => " and checking",
        };
        bar.0.set_message(format!("{action}{what}"));
        bar.reach(progress.bytes());
        // The bar first: also of what takes a moment something is seen.
        tokio::select! {
            biased;
            _ = tick.tick() => {}
            done = &mut work => return done,
        }
    }
}

/// Whether somebody sees a bar: what is known for it need not be found out otherwise.
pub fn is_shown() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
