//! Keys that sign tokens and keys that wrap other keys: several are known, the first is used for
//! what is new. They live in a file of mode 0600 or come from the environment, never from the
//! database.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::clock::Random;
use crate::jwt;
use crate::mac_key::MacKey;

/// The keys that sign tokens. Cheap to clone: clones share them.
#[derive(Clone)]
pub struct SigningKeys(KeyRing);

/// The keys that wrap the keys of clients.
#[derive(Clone)]
pub struct MasterKeys(KeyRing);

#[derive(Clone)]
struct KeyRing {
    source: Source,
    keys: Arc<RwLock<Loaded>>,
}

#[derive(Clone, Debug)]
enum Source {
    Environment(&'static str),
    File(PathBuf),
    /// Nowhere: they are gone with the process.
    Process,
}

struct Loaded {
    keys: Vec<Key>,
    modified: Option<SystemTime>,
}

#[derive(Clone)]
struct Key {
    id: String,
    secret: Zeroizing<Vec<u8>>,
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

impl Drop for KeyEntry {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

const SIGNING_KEYS: &str = "VERAX_SIGNING_KEYS";
const MASTER_KEYS: &str = "VERAX_MASTER_KEYS";
const SECRET_BYTES: usize = 32;

impl SigningKeys {
    /// Takes the keys from the environment or the file; makes the file when there is none.
    ///
    /// # Errors
    /// When the keys cannot be read, or others than their owner can read the file.
    pub fn open(file: &Path, random: &Random) -> Result<SigningKeys> {
        KeyRing::open(SIGNING_KEYS, file, random).map(SigningKeys)
    }

    /// Takes the keys from the environment or the file; makes none.
    pub fn open_existing(file: &Path) -> Result<SigningKeys> {
        KeyRing::open_existing(SIGNING_KEYS, file).map(SigningKeys)
    }

    /// The id of the key that signs.
    pub fn signing_id(&self) -> String {
        self.0.first().id
    }

    /// The token that says this.
    ///
    /// # Errors
    /// The claims cannot be written as JSON.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, serde_json::Error> {
        let key = self.0.first();
        jwt::sign(&key.id, &MacKey::new(&key.secret), claims)
    }

    /// What a token says, if one of the keys has signed it.
    pub fn verify<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        jwt::verify(token, |id| self.0.with_id(id).map(|key| MacKey::new(&key.secret)))
    }

    /// Keys for another purpose than signing tokens, one for each key: that of the one that signs
    /// comes first.
    pub fn derived(&self, purpose: &str) -> Vec<MacKey> {
        let loaded = self.0.keys.read().unwrap_or_else(PoisonError::into_inner);
        loaded.keys.iter().map(|key| MacKey::new(&key.secret).derive(purpose)).collect()
    }

    /// Reads the file again if somebody has changed it since.
    pub fn refresh(&self) -> Result<()> {
        self.0.refresh()
    }

    /// Puts a new key in front; the old ones verify until `keep` newer ones have come.
    ///
    /// # Errors
    /// When the keys come from the environment: they are rotated where they are kept.
    pub fn rotate(&self, keep: usize, random: &Random) -> Result<String> {
        self.0.rotate(keep, random)
    }
}

impl MasterKeys {
    /// Takes the keys from the environment or the file; makes the file when there is none.
    pub fn open(file: &Path, random: &Random) -> Result<MasterKeys> {
        KeyRing::open(MASTER_KEYS, file, random).map(MasterKeys)
    }

    /// Takes the keys from the environment or the file; makes none.
    pub fn open_existing(file: &Path) -> Result<MasterKeys> {
        KeyRing::open_existing(MASTER_KEYS, file).map(MasterKeys)
    }

    /// A key that nobody can have after this process.
    pub fn of_this_process(random: &Random) -> MasterKeys {
        let keys = Loaded { keys: vec![new_key(random)], modified: None };
        MasterKeys(KeyRing { source: Source::Process, keys: Arc::new(RwLock::new(keys)) })
    }

    /// The key that wraps what is new, and its id.
    pub fn first(&self) -> (String, Zeroizing<Vec<u8>>) {
        let key = self.0.first();
        (key.id, key.secret)
    }

    /// The secret with this id; the file is read again when it is not known.
    pub fn with_id(&self, id: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.0
            .with_id(id)
            .or_else(|| {
                self.0.refresh().ok()?;
                self.0.with_id(id)
            })
            .map(|key| key.secret)
    }

    /// Puts a new key in front and keeps all others: what they have wrapped must open.
    pub fn rotate(&self, random: &Random) -> Result<String> {
        self.0.rotate(usize::MAX, random)
    }
}

impl KeyRing {
    fn open(environment: &'static str, file: &Path, random: &Random) -> Result<KeyRing> {
        if std::env::var_os(environment).is_none() && !file.exists() {
            create(file, &[new_key(random)])?;
        }
        KeyRing::open_existing(environment, file)
    }

    fn open_existing(environment: &'static str, file: &Path) -> Result<KeyRing> {
        let (source, loaded) = match std::env::var(environment) {
            Ok(text) => {
                let keys = parse(&Zeroizing::new(text)).context(environment)?;
                (Source::Environment(environment), Loaded { keys, modified: None })
            }
            Err(_) => (Source::File(file.to_owned()), load(file)?),
        };
        Ok(KeyRing { source, keys: Arc::new(RwLock::new(loaded)) })
    }

    fn first(&self) -> Key {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).keys[0].clone()
    }

    fn with_id(&self, id: &str) -> Option<Key> {
        let loaded = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        loaded.keys.iter().find(|key| key.id == id).cloned()
    }

    fn refresh(&self) -> Result<()> {
        let Source::File(path) = &self.source else { return Ok(()) };
        let modified = fs::metadata(path).and_then(|meta| meta.modified()).ok();
        if self.keys.read().unwrap_or_else(PoisonError::into_inner).modified != modified {
            let loaded = load(path)?;
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        }
        Ok(())
    }

    fn rotate(&self, keep: usize, random: &Random) -> Result<String> {
        let path = match &self.source {
            Source::File(path) => path,
            Source::Environment(name) => {
                bail!("the keys come from {name}: put a new key in front there")
            }
            Source::Process => bail!("the keys are this process's own"),
        };
        let mut keys = load(path)?.keys;
        keys.insert(0, new_key(random));
        keys.truncate(keep.saturating_add(1));
        let id = keys[0].id.clone();
        create(path, &keys)?;
        self.refresh()?;
        Ok(id)
    }
}

fn new_key(random: &Random) -> Key {
    let mut secret = Zeroizing::new(vec![0; SECRET_BYTES]);
    random.fill(&mut secret);
    Key { id: format!("{:016x}", random.number()), secret }
}

/// Writes the file whole or not at all, readable by its owner alone.
fn create(path: &Path, keys: &[Key]) -> Result<()> {
    let entries = keys
        .iter()
        .map(|key| KeyEntry { kid: key.id.clone(), secret: URL_SAFE_NO_PAD.encode(&*key.secret) });
    // Large enough that it does not grow: that would leave a copy behind.
    let mut text = Zeroizing::new(Vec::with_capacity(1024 * (keys.len() + 1)));
    serde_json::to_writer_pretty(&mut *text, &KeyFile { keys: entries.collect() })?;
    let partial = path.with_extension("partial");
    let write = || -> std::io::Result<()> {
        let _ = fs::remove_file(&partial);
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    write().with_context(|| format!("cannot write the keys to {}", path.display()))
}

fn load(path: &Path) -> Result<Loaded> {
    let name = || format!("the keys in {}", path.display());
    let meta = fs::metadata(path).with_context(name)?;
    if meta.permissions().mode() & 0o077 != 0 {
        bail!("{} can be read by others: run chmod 600 {}", name(), path.display());
    }
    let text = Zeroizing::new(fs::read_to_string(path).with_context(name)?);
    Ok(Loaded { keys: parse(&text).with_context(name)?, modified: meta.modified().ok() })
}

fn parse(text: &str) -> Result<Vec<Key>> {
    // The parser's own message may quote the text, and with it a secret.
    let shape = r#"must be {"keys":[{"kid":"…","secret":"<base64url of 32 bytes or more>"}]}"#;
    let Ok(file) = serde_json::from_str::<KeyFile>(text) else { bail!("{shape}") };
    let mut keys = Vec::new();
    for entry in file.keys {
        match URL_SAFE_NO_PAD.decode(&entry.secret).map(Zeroizing::new) {
            Ok(secret) if secret.len() >= SECRET_BYTES => {
                keys.push(Key { id: entry.kid.clone(), secret });
            }
            _ => bail!("{shape}"),
        }
    }
    if keys.is_empty() {
        bail!("{shape}");
    }
    Ok(keys)
}
