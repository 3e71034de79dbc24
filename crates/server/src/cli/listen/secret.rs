//! The secret that signs what is forwarded: the same at every start, so that the application has it once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use zeroize::Zeroizing;

use crate::clock::Random;
use crate::keys;
use crate::webhook_signature::Secret;

/// The one that is given, or the one of this account on this machine, which is made where there is none.
pub fn find(given: Option<&str>) -> Result<Secret> {
    match given {
        Some(text) => Secret::from_text(text).context("--secret"),
        None => stored(&file()?),
    }
}

fn stored(file: &Path) -> Result<Secret> {
    let see = || format!("the secret in {} cannot be used: see --secret", file.display());
    if file.exists() {
        let text = Zeroizing::new(keys::read_private(file).with_context(see)?);
        return Secret::from_text(str::from_utf8(&text).with_context(see)?.trim())
            .with_context(see);
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(see)?;
    }
    let secret = Secret::new(&Random::System);
    keys::write(file, secret.to_text().as_bytes()).with_context(see)?;
    Ok(secret)
}

/// Where the XDG Base Directory Specification has what a program remembers.
fn file() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")));
    let state = state.context("there is neither XDG_STATE_HOME nor HOME: see --secret")?;
    Ok(state.join("verax/listen-secret"))
}
