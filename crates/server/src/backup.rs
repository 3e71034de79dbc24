//! One encrypted file that holds everything: made, verified and restored.

mod copying;
mod encrypted_stream;
mod files;
mod frames;
mod progress;
mod restoring;

pub use copying::{Source, copy_store, make};
pub use encrypted_stream::{PASSPHRASE_LETTERS_MIN, Secret};
pub use files::{BackupFile, BackupFolder};
pub use frames::{FileName, Head, Manifest};
pub use progress::{Phase, Progress};
pub use restoring::{Opened, Samples, Target, Unpacked, unpack, verify};
