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
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use verax_store::{Fingerprint, FingerprintKind};
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
/// More than chance gives two keys in common, and less than helps anybody.
const FINGERPRINT_BYTES: usize = 16;

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

    /// What a file with all of them says.
    pub fn text(&self) -> Result<Zeroizing<Vec<u8>>> {
        self.0.text()
    }

    /// Whether there are keys in the environment, or in the file.
    pub fn are_given(file: &Path) -> bool {
        std::env::var_os(SIGNING_KEYS).is_some() || file.exists()
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

    /// A digest under a key that is not in the database: nobody finds out by trying whose it is. When the
    /// signing key is changed it is another.
    pub fn digest(&self, purpose: &str, parts: &[&str]) -> String {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        let tag = self.derived(purpose).first().map(|key| STANDARD.encode(key.sign_parts(&parts)));
        tag.unwrap_or_default()
    }

    /// The key for another purpose that follows from the one with this id; `None`: there is no such key any
    /// more.
    pub fn derived_with(&self, id: &str, purpose: &str) -> Option<MacKey> {
        self.0.with_id(id).map(|key| MacKey::new(&key.secret).derive(purpose))
    }

    /// Reads the file again if somebody has changed it since.
    pub fn refresh(&self) -> Result<()> {
        self.0.refresh()
    }

    /// What tells the keys from others, that of the one that signs first.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        self.0.fingerprints(FingerprintKind::SigningKey)
    }

    /// Where the keys come from, in words.
    pub fn source(&self) -> String {
        self.0.source.in_words()
    }

    /// Leaves the key that signs and so many of those before it.
    ///
    /// # Errors
    /// When the keys come from the environment: they are taken out where they are kept.
    pub fn forget_older(&self, keep: usize) -> Result<()> {
        self.0.change_file(|keys| keys.truncate(keep.saturating_add(1)))
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

    /// What a file with all of them says.
    pub fn text(&self) -> Result<Zeroizing<Vec<u8>>> {
        self.0.text()
    }

    /// The keys that the text of such a file holds, in this process alone.
    pub fn from_text(text: &str) -> Result<MasterKeys> {
        let keys = Loaded { keys: parse(text)?, modified: None };
        Ok(MasterKeys(KeyRing { source: Source::Process, keys: Arc::new(RwLock::new(keys)) }))
    }

    /// Takes the keys from the environment or the file; makes none.
    pub fn open_existing(file: &Path) -> Result<MasterKeys> {
        KeyRing::open_existing(MASTER_KEYS, file).map(MasterKeys)
    }

    /// Whether they come from the environment, whatever a file holds.
    pub fn are_in_environment() -> bool {
        std::env::var_os(MASTER_KEYS).is_some()
    }

    /// Whether there are keys in the environment, or in the file.
    pub fn are_given(file: &Path) -> bool {
        std::env::var_os(MASTER_KEYS).is_some() || file.exists()
    }

    /// Reads the file again if somebody has changed it since.
    pub fn refresh(&self) -> Result<()> {
        self.0.refresh()
    }

    /// What tells the keys from others, that of the one that wraps what is new first.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        self.0.fingerprints(FingerprintKind::MasterKey)
    }

    /// Where the keys come from, in words.
    pub fn source(&self) -> String {
        self.0.source.in_words()
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

    fn text(&self) -> Result<Zeroizing<Vec<u8>>> {
        text(&self.keys.read().unwrap_or_else(PoisonError::into_inner).keys)
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
        self.change_file(|keys| {
            keys.insert(0, new_key(random));
            keys.truncate(keep.saturating_add(1));
        })?;
        Ok(self.first().id)
    }

    fn change_file(&self, change: impl FnOnce(&mut Vec<Key>)) -> Result<()> {
        let path = match &self.source {
            Source::File(path) => path,
            Source::Environment(name) => {
                bail!("the keys come from {name}: put a new key in front there")
            }
            Source::Process => bail!("the keys are this process's own"),
        };
        let mut keys = load(path)?.keys;
        change(&mut keys);
        create(path, &keys)?;
        // Two changes of one file can be of one moment.
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = load(path)?;
        Ok(())
    }

    fn fingerprints(&self, kind: FingerprintKind) -> Vec<Fingerprint> {
        let loaded = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let fingerprint = |key: &Key| {
            let code = MacKey::new(&key.secret).derive("fingerprint").sign(key.id.as_bytes());
            let digest = URL_SAFE_NO_PAD.encode(&code.as_ref()[..FINGERPRINT_BYTES]);
            Fingerprint { kind, id: key.id.clone(), digest }
        };
        loaded.keys.iter().map(fingerprint).collect()
    }
}

impl Source {
    fn in_words(&self) -> String {
        match self {
            Source::Environment(name) => format!("the environment variable {name}"),
            Source::File(path) => path.display().to_string(),
            Source::Process => "this process".to_owned(),
        }
    }
}

fn new_key(random: &Random) -> Key {
    let mut secret = Zeroizing::new(vec![0; SECRET_BYTES]);
    random.fill(&mut secret);
    Key { id: format!("{:016x}", random.number()), secret }
}

fn text(keys: &[Key]) -> Result<Zeroizing<Vec<u8>>> {
    let entries = keys
        .iter()
        .map(|key| KeyEntry { kid: key.id.clone(), secret: URL_SAFE_NO_PAD.encode(&*key.secret) });
    // Large enough that it does not grow: that would leave a copy behind.
    let mut text = Zeroizing::new(Vec::with_capacity(1024 * (keys.len() + 1)));
    serde_json::to_writer_pretty(&mut *text, &KeyFile { keys: entries.collect() })?;
    Ok(text)
}

fn create(path: &Path, keys: &[Key]) -> Result<()> {
    write(path, &text(keys)?)
}

/// Writes the file whole or not at all, readable by its owner alone.
pub fn write(path: &Path, text: &[u8]) -> Result<()> {
    let partial = path.with_extension("partial");
    let write = || -> std::io::Result<()> {
        let _ = fs::remove_file(&partial);
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    write().with_context(|| {
        let path = path.display();
        format!("cannot write the keys to {path}: make its folder writable, or name another file")
    })
}

/// What is in a secret file.
///
/// # Errors
/// Others can read it.
pub fn read_private(path: &Path) -> Result<Vec<u8>> {
    let meta = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if meta.permissions().mode() & 0o077 != 0 {
        bail!("{0} can be read by others: run chmod 600 {0}", path.display());
    }
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn load(path: &Path) -> Result<Loaded> {
    let name = || format!("the keys in {}", path.display());
    let unreadable = || format!("{}: restore the file, or name it in the settings", name());
    let modified = fs::metadata(path).with_context(unreadable)?.modified().ok();
    let text = Zeroizing::new(read_private(path).with_context(name)?);
    let keys = std::str::from_utf8(&text).map_err(|_| anyhow::anyhow!("it is no text"));
    Ok(Loaded { keys: keys.and_then(parse).with_context(name)?, modified })
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
