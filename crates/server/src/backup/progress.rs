//! How far a backup is: told by who copies, asked by who shows it.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Shared by both.
#[derive(Debug, Default)]
pub struct Progress {
    phase: AtomicU8,
    bytes: AtomicU64,
    bytes_total: AtomicU64,
}

/// What is done now, in the order of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was copied yet.
    Beginning,
    Rows,
    Keys,
    Objects,
    /// What was copied is compared with what names it, or read back.
    Checking,
}

const PHASES: [Phase; 5] =
    [Phase::Beginning, Phase::Rows, Phase::Keys, Phase::Objects, Phase::Checking];

impl Progress {
    pub fn phase(&self) -> Phase {
        let phase = usize::from(self.phase.load(Ordering::Relaxed));
        PHASES.get(phase).copied().unwrap_or(Phase::Beginning)
    }

    /// Bytes that were copied so far, of any phase.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// As many there will be; `None` where nobody knows, as in a database that is being read.
    pub fn bytes_total(&self) -> Option<u64> {
        Some(self.bytes_total.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0)
    }

    pub(super) fn begin(&self, bytes_total: u64) {
        self.enter(Phase::Beginning);
        self.bytes.store(0, Ordering::Relaxed);
        self.bytes_total.store(bytes_total, Ordering::Relaxed);
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    pub(super) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}
