//! Bars of commands that take long, with rates and phases: on a terminal alone. Elsewhere nothing of
//! them is written.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shared by threads; gone from the terminal when it is dropped.
pub struct Progress(ProgressBar);

const BYTES: &str =
    "{msg:12} {bar:32} {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} to go";
const ITEMS: &str = "{msg:12} {bar:32} {human_pos} of {human_len}, {per_sec}, {eta} to go";
const UNKNOWN: &str = "{spinner} {msg:12} {elapsed}";

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
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress(bar)
    }

    /// What is done now.
    pub fn phase(&self, phase: &'static str) {
        self.0.set_message(phase);
    }

    pub fn add(&self, count: u64) {
        self.0.inc(count);
    }

    pub fn reach(&self, position: u64) {
        self.0.set_position(position);
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
