//! The files and folders of a labelled set, without what systems leave beside images.

use std::io;
use std::path::{Path, PathBuf};

/// A file that was not measured, and why.
#[derive(Debug, serde::Serialize)]
pub(super) struct UnreadableFile {
    pub file: String,
    pub reason: String,
}

impl UnreadableFile {
    pub(super) fn new(file: &Path, reason: impl ToString) -> Self {
        Self { file: file.display().to_string(), reason: reason.to_string() }
    }
}

/// The folders in a folder, by name.
pub(super) fn folders_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// Everything in a folder that is no folder, by name.
pub(super) fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| !path.is_dir()).collect())
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    paths.retain(|path| !is_litter(path));
    paths.sort();
    Ok(paths)
}

/// Hidden files, among them .DS_Store and ._IMG.jpg, and what file managers write for themselves.
fn is_litter(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.starts_with('.')
        || ["thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "__macosx", "icon\r"]
            .contains(&name.as_str())
}
