//! An encrypted stream: AES-256-GCM in chunks that open in their order alone, and to the end (the STREAM
//! construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).

use anyhow::{Context, Result, anyhow, bail};
use argon2::{Algorithm, Argon2, Params, Version};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::Zeroizing;

use super::files::Output;
use crate::clock::Random;

/// What a stream is encrypted with.
#[derive(Clone)]
pub enum Secret {
    /// The key is what Argon2id makes of it.
    Passphrase(Zeroizing<String>),
    /// The bytes of a key file.
    Key(Zeroizing<Vec<u8>>),
}

pub struct EncryptedWriter {
    out: Output,
    key: LessSafeKey,
    /// Of the chunk that is not full yet.
    plain: Vec<u8>,
    count: u64,
}

pub struct EncryptedReader {
    input: Box<dyn AsyncRead + Send + Unpin>,
    key: LessSafeKey,
    /// The encrypted chunk after the one that is read from: without one, that was the last.
    ahead: Vec<u8>,
    plain: Vec<u8>,
    at: usize,
    count: u64,
    ended: bool,
}

pub const PASSPHRASE_LETTERS_MIN: usize = 12;
pub const KEY_BYTES_MIN: usize = 32;

const MAGIC: &[u8; 16] = b"verax backup 01\n";
const SALT_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
/// What it is, what it is encrypted with, and the salt.
const HEADER_BYTES: usize = MAGIC.len() + 1 + SALT_BYTES;
const CHUNK_BYTES: usize = 64 * 1024;
const ENCRYPTED_BYTES: usize = CHUNK_BYTES + TAG_BYTES;
/// The second of the two that RFC 9106 recommends: 64 MiB, three passes.
const ARGON2_KIB: u32 = 64 * 1024;
const ARGON2_PASSES: u32 = 3;
const ARGON2_LANES: u32 = 4;
/// No chunk has it: the tag of nothing under it says whether the key is the right one.
const CHECK_NONCE: [u8; NONCE_LEN] = [0xff; NONCE_LEN];

impl Secret {
    /// # Errors
    /// It is too short.
    pub fn passphrase(text: &str) -> Result<Secret> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.chars().count() < PASSPHRASE_LETTERS_MIN {
            bail!("a passphrase has at least {PASSPHRASE_LETTERS_MIN} characters");
        }
        Ok(Secret::Passphrase(Zeroizing::new(text.to_owned())))
    }

    /// # Errors
    /// It is too short.
    pub fn key(bytes: Zeroizing<Vec<u8>>) -> Result<Secret> {
        if bytes.len() < KEY_BYTES_MIN {
            bail!("a key file has at least {KEY_BYTES_MIN} random bytes");
        }
        Ok(Secret::Key(bytes))
    }

    fn kind(&self) -> u8 {
        match self {
            Secret::Passphrase(_) => 1,
            Secret::Key(_) => 2,
        }
    }

    /// The key of the stream with this salt.
    async fn stream_key(&self, salt: [u8; SALT_BYTES]) -> Result<LessSafeKey> {
        let unbound = match self {
            Secret::Key(bytes) => {
                let extracted = Salt::new(HKDF_SHA256, &salt).extract(bytes);
                let expanded = extracted.expand(&[b"verax backup"], &AES_256_GCM);
                UnboundKey::from(expanded.map_err(|_| anyhow!("no key for the backup"))?)
            }
            Secret::Passphrase(passphrase) => {
                let passphrase = passphrase.clone();
                // It takes a good part of a second.
                let made = tokio::task::spawn_blocking(move || stretched(&passphrase, &salt));
                let key = made.await??;
                UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| anyhow!("no key"))?
            }
        };
        Ok(LessSafeKey::new(unbound))
    }
}

fn stretched(passphrase: &str, salt: &[u8]) -> Result<Zeroizing<[u8; 32]>> {
    let params = Params::new(ARGON2_KIB, ARGON2_PASSES, ARGON2_LANES, Some(32));
    let params = params.map_err(|error| anyhow!("Argon2: {error}"))?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
        .map_err(|error| anyhow!("Argon2: {error}"))?;
    Ok(key)
}

impl EncryptedWriter {
    pub async fn begin(
        mut out: Output,
        secret: &Secret,
        random: &Random,
    ) -> Result<EncryptedWriter> {
        let mut salt = [0; SALT_BYTES];
        random.fill(&mut salt);
        let key = secret.stream_key(salt).await?;
        let mut header = Vec::with_capacity(HEADER_BYTES + TAG_BYTES);
        header.extend(MAGIC);
        header.push(secret.kind());
        header.extend(salt);
        let check = check_tag(&key, &header)?;
        header.extend(check);
        out.write(&header).await?;
        Ok(EncryptedWriter { out, key, plain: Vec::with_capacity(ENCRYPTED_BYTES), count: 0 })
    }

    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            // A full chunk waits until it is known that it is not the last.
            if self.plain.len() == CHUNK_BYTES {
                self.encrypt(Position::Inner).await?;
            }
            let room = CHUNK_BYTES - self.plain.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.plain.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Encrypts the end. It is on the disk when this returns.
    pub async fn finish(mut self) -> Result<()> {
        self.encrypt(Position::Last).await?;
        self.out.finish().await
    }

    /// Leaves nothing of it.
    pub async fn abandon(self) {
        self.out.abandon().await;
    }

    async fn encrypt(&mut self, position: Position) -> Result<()> {
        let nonce = nonce(self.count, position);
        let encrypted = self.key.seal_in_place_append_tag(nonce, Aad::empty(), &mut self.plain);
        encrypted.map_err(|_| anyhow!("a chunk cannot be encrypted"))?;
        self.out.write(&self.plain).await?;
        self.plain.clear();
        self.count += 1;
        Ok(())
    }
}

impl EncryptedReader {
    /// # Errors
    /// It is no backup, or is encrypted with something else.
    pub async fn open(
        mut input: Box<dyn AsyncRead + Send + Unpin>,
        secret: &Secret,
    ) -> Result<EncryptedReader> {
        let mut header = Vec::new();
        let length = HEADER_BYTES + TAG_BYTES;
        (&mut input).take(length as u64).read_to_end(&mut header).await?;
        if !header.starts_with(MAGIC) || header.len() < length {
            bail!("the file is no backup of this kind, or is cut off in its first bytes");
        }
        let (header, tag) = header.split_at(HEADER_BYTES);
        let (kind, salt) = (header[MAGIC.len()], &header[MAGIC.len() + 1..]);
        if kind != secret.kind() {
            match kind {
                1 => bail!("the backup is encrypted with a passphrase, and no key file opens it"),
                2 => bail!("the backup is encrypted with a key file, and no passphrase opens it"),
                _ => bail!("the backup is damaged in its first bytes, or of a newer version"),
            }
        }
        let key = secret.stream_key(salt.try_into()?).await?;
        if check_tag(&key, header)?.as_ref() != tag {
            bail!(
                "the backup does not open with this passphrase or key file: it is another one, or \
                 the backup is damaged in its first bytes"
            );
        }
        let mut reader = EncryptedReader {
            input,
            key,
            ahead: Vec::new(),
            plain: Vec::new(),
            at: 0,
            count: 0,
            ended: false,
        };
        reader.ahead = reader.encrypted_chunk().await?;
        Ok(reader)
    }

    /// The next so many bytes.
    pub async fn take(&mut self, length: u64) -> Result<Zeroizing<Vec<u8>>> {
        // A short one does not grow: that would leave copies of a key behind.
        let room = usize::try_from(length).map_or(CHUNK_BYTES, |length| length.min(CHUNK_BYTES));
        let mut taken = Zeroizing::new(Vec::with_capacity(room));
        while (taken.len() as u64) < length {
            if self.at == self.plain.len() && !self.next_chunk().await? {
                bail!("the backup ends in the middle of something");
            }
            let left = usize::try_from(length).context("a part is too long")? - taken.len();
            let end = self.plain.len().min(self.at + left);
            taken.extend_from_slice(&self.plain[self.at..end]);
            self.at = end;
        }
        Ok(taken)
    }

    /// Whether there is nothing more.
    pub async fn is_at_end(&mut self) -> Result<bool> {
        Ok(self.at == self.plain.len() && !self.next_chunk().await?)
    }

    async fn next_chunk(&mut self) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let following = self.encrypted_chunk().await?;
        let position = if following.is_empty() { Position::Last } else { Position::Inner };
        let mut chunk = std::mem::replace(&mut self.ahead, following);
        let opened = self.key.open_in_place(nonce(self.count, position), Aad::empty(), &mut chunk);
        let Ok(opened) = opened.map(|plain| plain.len()) else {
            bail!(
                "the backup is damaged, cut off or put together wrongly at its chunk {}: what comes \
                 after cannot be trusted",
                self.count
            );
        };
        chunk.truncate(opened);
        self.ended = position == Position::Last;
        (self.plain, self.at) = (chunk, 0);
        self.count += 1;
        Ok(!self.plain.is_empty())
    }

    async fn encrypted_chunk(&mut self) -> Result<Vec<u8>> {
        let mut chunk = Vec::with_capacity(ENCRYPTED_BYTES);
        (&mut self.input).take(ENCRYPTED_BYTES as u64).read_to_end(&mut chunk).await?;
        Ok(chunk)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Inner,
    Last,
}

/// The number of the chunk, and whether it is the last.
fn nonce(count: u64, position: Position) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[3..11].copy_from_slice(&count.to_be_bytes());
    bytes[11] = u8::from(position == Position::Last);
    Nonce::assume_unique_for_key(bytes)
}

fn check_tag(
    key: &LessSafeKey,
    header: &[u8],
) -> Result<impl AsRef<[u8]> + IntoIterator<Item = u8> + use<>> {
    let nonce = Nonce::assume_unique_for_key(CHECK_NONCE);
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(header), &mut []);
    let tag = tag.map_err(|_| anyhow!("the header cannot be encrypted"))?;
    Ok(<[u8; TAG_BYTES]>::try_from(tag.as_ref())?)
}
