//! What the process asks of the system for itself: no core dump holds its memory, and nobody but its
//! owner reads the files that it makes.

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

/// Whoever reads a core dump reads keys, tokens and images. On Linux debuggers of others than root
/// are kept away as well.
///
/// # Errors
/// The system rejects.
pub fn reject_core_dumps() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    memory::reject_readers()
}

/// Whether this process would leave none.
pub fn core_dumps_are_rejected() -> bool {
    getrlimit(Resource::Core).current == Some(0) && memory::rejects_readers()
}

/// Files that are made from now on are their owner's alone: mode 0600, folders 0700.
pub fn make_files_private() {
    umask(Mode::RWXG | Mode::RWXO);
}

#[cfg(target_os = "linux")]
mod memory {
    use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};

    pub fn reject_readers() -> std::io::Result<()> {
        Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
    }

    pub fn rejects_readers() -> bool {
        dumpable_behavior().is_ok_and(|it| it == DumpableBehavior::NotDumpable)
    }
}

#[cfg(not(target_os = "linux"))]
mod memory {
    pub fn reject_readers() -> std::io::Result<()> {
        Ok(())
    }

    pub fn rejects_readers() -> bool {
        true
    }
}
