//! Who can read files: that it is their owner alone, made so and looked at.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Everybody but the owner.
const OTHERS: u32 = 0o077;

/// How many of the files that were looked at others can read or change.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exposed {
    pub seen: u64,
    pub count: u64,
    pub first: Option<PathBuf>,
}

/// Takes the rights of others away from a file or a folder with all that is in it: to 0600 or 0700,
/// or less where its owner has less. What vanishes meanwhile is no error, and links are not followed.
pub fn make_private(path: &Path) -> io::Result<()> {
    walk(path, &mut |path, found| {
        let mode = found.permissions().mode();
        if mode & OTHERS == 0 {
            return Ok(());
        }
        fs::set_permissions(path, Permissions::from_mode(mode & 0o700))
    })
}

/// Looks at a file or a folder with all that is in it; one that is not there has nothing to show.
pub fn count_exposed(path: &Path, exposed: &mut Exposed) -> io::Result<()> {
    walk(path, &mut |path, found| {
        exposed.seen += 1;
        if found.permissions().mode() & OTHERS != 0 {
            exposed.count += 1;
            exposed.first.get_or_insert_with(|| path.to_owned());
        }
        Ok(())
    })
}

fn walk(path: &Path, visit: &mut impl FnMut(&Path, &Metadata) -> io::Result<()>) -> io::Result<()> {
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        let result = fs::symlink_metadata(&path).and_then(|found| {
            // A socket or a device is not a file of ours, and a link has no mode of its own.
            if !(found.is_file() || found.is_dir()) {
                return Ok(());
            }
            visit(&path, &found)?;
            if found.is_dir() {
                for entry in fs::read_dir(&path)? {
                    waiting.push(entry?.path());
                }
            }
            Ok(())
        });
        match result {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result?,
        }
    }
    Ok(())
}
