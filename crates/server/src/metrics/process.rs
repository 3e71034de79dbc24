//! What this process takes of its machine, as Linux tells it; elsewhere these numbers are left out.

use std::time::Duration;

use rustix::process::{Resource, getrlimit};

/// User and system time of all threads.
pub fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, the program's name, may hold spaces; it ends with the last parenthesis.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks()? + ticks()?) * 10))
}

/// A field of the process's status in kibibytes: `VmRSS:`, `VmSize:`, `VmHWM:`.
pub fn memory_bytes(field: &str) -> Option<u64> {
    Some(status(field)? * 1024)
}

pub fn threads() -> Option<u64> {
    status("Threads:")
}

fn status(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

pub fn open_files() -> Option<u64> {
    let files = std::fs::read_dir("/proc/self/fd").ok()?;
    // The one that reads the folder is among them.
    Some((files.count() as u64).saturating_sub(1))
}

pub fn open_files_max() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}
