//! The licences of all that is built into the binary, as their authors wrote them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::sbom::{Resolved, metadata};

/// Beginnings of the names of files that hold a licence, or what a licence wants to be handed on.
const NAMES: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// One text for all packages: each licence once, under the packages that have it.
pub fn all() -> Result<String> {
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut without = Vec::new();
    let resolved = Resolved::of(&metadata()?)?;
    // Ours is beside it.
    for package in resolved.packages().filter(|package| !package["source"].is_null()) {
        let text = |name: &str| package[name].as_str().unwrap_or_default().to_owned();
        let name = format!("{} {}", text("name"), text("version"));
        let manifest = text("manifest_path");
        let folder = Path::new(&manifest).parent().context("no folder")?;
        let texts = texts(folder)?;
        if texts.is_empty() {
            without.push(format!("{name}: {} ({})", text("license"), text("repository")));
        }
        for text in texts {
            by_text.entry(text).or_default().push(name.clone());
        }
    }
    let mut out = String::from("Verax is built with these packages, under their own licences.\n");
    for (text, mut names) in by_text {
        names.dedup();
        out += &format!("\n{}\n{}\n\n{}\n", "=".repeat(78), names.join("\n"), text.trim_end());
    }
    out += &format!("\n{}\nWithout a licence file of their own:\n\n", "=".repeat(78));
    out += &without.join("\n");
    out.push('\n');
    Ok(out)
}

fn texts(folder: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if entry.path().is_file() && NAMES.iter().any(|begin| name.starts_with(begin)) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    let read = |path| Ok(String::from_utf8_lossy(&std::fs::read(path)?).replace("\r\n", "\n"));
    paths.iter().map(read).collect()
}
