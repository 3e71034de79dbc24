//! One sealed file that holds everything: made, verified and restored.

mod copying;
mod files;
mod frames;
mod progress;
mod restoring;
mod sealed_stream;

pub use copying::{Source, copy_store, make};
pub use files::{BackupFile, BackupFolder};
pub use frames::{FileName, Head, Manifest};
pub use progress::{Phase, Progress};
pub use restoring::{Opened, Samples, Target, Unpacked, unpack, verify};
pub use sealed_stream::{PASSPHRASE_LETTERS_MIN, Secret};
