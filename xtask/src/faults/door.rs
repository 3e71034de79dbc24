//! The front door: what strangers and greedy clients do must not be felt by the others.

mod bodies;
mod health;
mod lists;
mod readers;
mod silent;
mod smuggling;
mod sockets;

use std::time::Duration;

use anyhow::{Result, bail};

use crate::running::Binary;

/// What the parts are told.
pub struct Options {
    /// Of each kind.
    pub sockets: usize,
    pub header_seconds: u64,
    /// The slowest that one in a hundred answers of `/healthz` may be.
    pub health_max: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options { sockets: 5000, header_seconds: 10, health_max: Duration::from_millis(50) }
    }
}

impl Options {
    /// For a machine that does other things at the same time: times of answers say little there.
    pub fn short() -> Options {
        Options { sockets: 300, header_seconds: 1, health_max: Duration::from_secs(1) }
    }
}

/// A part has a server of its own and can be run alone.
struct Part {
    name: &'static str,
    run: fn(&Binary, &Options) -> Result<()>,
}

const PARTS: &[Part] = &[
    Part { name: "silent", run: silent::run },
    Part { name: "smuggling", run: smuggling::run },
    Part { name: "bodies", run: |binary, _| bodies::run(binary) },
    Part { name: "lists", run: |binary, _| lists::run(binary) },
    Part { name: "readers", run: |binary, _| readers::run(binary) },
];

/// All parts, or `only` this one.
pub fn run(binary: &Binary, options: &Options, only: Option<&str>) -> Result<()> {
    let mut parts =
        PARTS.iter().filter(|part| only.is_none_or(|name| name == part.name)).peekable();
    if parts.peek().is_none() {
        let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        bail!("the parts of `door` are {}", names.join(", "));
    }
    parts.try_for_each(|part| (part.run)(binary, options))
}
