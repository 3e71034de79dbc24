//! The files and folders of a labelled set, without what systems leave beside images.

use std::io;
use std::path::{Path, PathBuf};

/// A file of `<source>/<label>/`.
pub struct LabelledFile {
    pub source: String,
    pub label: String,
    pub path: PathBuf,
}

/// Every file of `<folder>/<source>/<label>/`, sorted by path so that a seed means the same.
///
/// # Errors
/// Names the folder that cannot be read.
pub fn labelled_files(folder: &Path) -> Result<Vec<LabelledFile>, String> {
    let problem = |folder: &Path, error: io::Error| {
        format!("cannot read {}: {error}: name a folder of <source>/<label>/", folder.display())
    };
    let mut files = Vec::new();
    for source in folders_of(folder).map_err(|error| problem(folder, error))? {
        for label in folders_of(&source).map_err(|error| problem(&source, error))? {
            for path in files_of(&label).map_err(|error| problem(&label, error))? {
                files.push(LabelledFile { source: name(&source), label: name(&label), path });
            }
        }
    }
    Ok(files)
}

/// The folders in a folder, by name.
pub fn folders_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// Everything in a folder that is no folder, by name.
pub fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
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

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
