//! Signing keys: several verify, the first signs. They live in a file of mode 0600 or come from
//! the environment, never from the database.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::clock::Random;

/// The keys in use. Cheap to clone: clones share them.
#[derive(Clone)]
pub struct SigningKeys {
    source: Source,
    keys: Arc<RwLock<Loaded>>,
}

#[derive(Clone, Debug)]
enum Source {
    Environment,
    File(PathBuf),
}

struct Loaded {
    keys: Vec<Key>,
    modified: Option<SystemTime>,
}

#[derive(Clone)]
struct Key {
    id: String,
    secret: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    keys: Vec<KeyEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    kid: String,
    /// 32 bytes or more, base64url without padding.
    secret: String,
}

const ENVIRONMENT: &str = "VERAX_SIGNING_KEYS";
const SECRET_BYTES: usize = 32;

impl SigningKeys {
    /// Takes the keys from the environment or the file; makes the file when there is none.
    ///
    /// # Errors
    /// When the keys cannot be read, or others than their owner can read the file.
    pub fn open(file: &Path, random: &Random) -> Result<SigningKeys> {
        if std::env::var_os(ENVIRONMENT).is_none() && !file.exists() {
            create(file, &[new_key(random)])?;
        }
        SigningKeys::open_existing(file)
    }

    /// Takes the keys from the environment or the file; makes none.
    pub fn open_existing(file: &Path) -> Result<SigningKeys> {
        if let Ok(text) = std::env::var(ENVIRONMENT) {
            let keys = parse(&text).context(ENVIRONMENT)?;
            let keys = Arc::new(RwLock::new(Loaded { keys, modified: None }));
            return Ok(SigningKeys { source: Source::Environment, keys });
        }
        let loaded = load(file)?;
        let keys = Arc::new(RwLock::new(loaded));
        Ok(SigningKeys { source: Source::File(file.to_owned()), keys })
    }

    /// The key that signs, and its id.
    pub fn signing(&self) -> (String, EncodingKey) {
        let loaded = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = &loaded.keys[0];
        (key.id.clone(), EncodingKey::from_secret(&key.secret))
    }

    /// The key with this id.
    pub fn verifying(&self, id: &str) -> Option<DecodingKey> {
        let loaded = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = loaded.keys.iter().find(|key| key.id == id)?;
        Some(DecodingKey::from_secret(&key.secret))
    }

    /// Keys for another purpose than signing tokens, one for each key: that of the one that signs
    /// comes first.
    pub fn derived(&self, purpose: &str) -> Vec<Vec<u8>> {
        let loaded = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let derive = |key: &Key| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key.secret).ok()?;
            mac.update(purpose.as_bytes());
            Some(mac.finalize().into_bytes().to_vec())
        };
        loaded.keys.iter().filter_map(derive).collect()
    }

    /// Reads the file again if somebody has changed it since.
    pub fn refresh(&self) -> Result<()> {
        let Source::File(path) = &self.source else { return Ok(()) };
        let modified = fs::metadata(path).and_then(|meta| meta.modified()).ok();
        if self.keys.read().unwrap_or_else(PoisonError::into_inner).modified != modified {
            let loaded = load(path)?;
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        }
        Ok(())
    }

    /// Puts a new key in front; the old ones verify until `keep` newer ones have come.
    ///
    /// # Errors
    /// When the keys come from the environment: they are rotated where they are kept.
    pub fn rotate(&self, keep: usize, random: &Random) -> Result<String> {
        let Source::File(path) = &self.source else {
            bail!("the signing keys come from {ENVIRONMENT}: put a new key in front there");
        };
        let mut keys = load(path)?.keys;
        keys.insert(0, new_key(random));
        keys.truncate(keep + 1);
        let id = keys[0].id.clone();
        create(path, &keys)?;
        self.refresh()?;
        Ok(id)
    }
}

fn new_key(random: &Random) -> Key {
    let mut secret = vec![0; SECRET_BYTES];
    random.fill(&mut secret);
    Key { id: format!("{:016x}", random.number()), secret }
}

/// Writes the file whole or not at all, readable by its owner alone.
fn create(path: &Path, keys: &[Key]) -> Result<()> {
    let entries = keys
        .iter()
        .map(|key| KeyEntry { kid: key.id.clone(), secret: URL_SAFE_NO_PAD.encode(&key.secret) });
    let text = serde_json::to_string_pretty(&KeyFile { keys: entries.collect() })?;
    let partial = path.with_extension("partial");
    let write = || -> std::io::Result<()> {
        let _ = fs::remove_file(&partial);
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    write().with_context(|| format!("cannot write the signing keys to {}", path.display()))
}

fn load(path: &Path) -> Result<Loaded> {
    let name = || format!("the signing keys in {}", path.display());
    let meta = fs::metadata(path).with_context(name)?;
    if meta.permissions().mode() & 0o077 != 0 {
        bail!("{} can be read by others: run chmod 600 {}", name(), path.display());
    }
    let text = fs::read_to_string(path).with_context(name)?;
    Ok(Loaded { keys: parse(&text).with_context(name)?, modified: meta.modified().ok() })
}

fn parse(text: &str) -> Result<Vec<Key>> {
    // The parser's own message may quote the text, and with it a secret.
    let shape = r#"must be {"keys":[{"kid":"…","secret":"<base64url of 32 bytes or more>"}]}"#;
    let Ok(file) = serde_json::from_str::<KeyFile>(text) else { bail!("{shape}") };
    let mut keys = Vec::new();
    for entry in file.keys {
        match URL_SAFE_NO_PAD.decode(&entry.secret) {
            Ok(secret) if secret.len() >= SECRET_BYTES => keys.push(Key { id: entry.kid, secret }),
            _ => bail!("{shape}"),
        }
    }
    if keys.is_empty() {
        bail!("{shape}");
    }
    Ok(keys)
}
