//! AES-256-GCM with random nonces (NIST SP 800-38D), and the key of it.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

use crate::clock::Random;

pub const KEY_BYTES: usize = 32;

/// A key that encrypts bytes together with the location where they belong. It is overwritten when it goes;
/// boxed, so that no move leaves a copy.
pub struct EncryptionKey(Box<LessSafeKey>);

impl Drop for EncryptionKey {
    fn drop(&mut self) {
        *self.0 = expanded(&[0; KEY_BYTES]);
        // So that the compiler does not leave out what nobody reads.
        std::hint::black_box(&self.0);
    }
}

/// The bytes were encrypted with another key or for another location, or they were changed.
#[derive(Debug, thiserror::Error)]
#[error("what is stored does not open with its key")]
pub struct DoesNotOpen;

impl EncryptionKey {
    pub fn new(key: &[u8; KEY_BYTES]) -> EncryptionKey {
        EncryptionKey(Box::new(expanded(key)))
    }

    /// The key that a secret of any length stands for (HKDF-SHA-256, RFC 5869).
    pub fn derive(secret: &[u8]) -> EncryptionKey {
        let extracted = Salt::new(HKDF_SHA256, b"verax master key").extract(secret);
        #[expect(clippy::expect_used, reason = "one block of output is always allowed")]
        let okm = extracted.expand(&[b"wrap"], &AES_256_GCM).expect("32 bytes of output");
        EncryptionKey(Box::new(LessSafeKey::new(UnboundKey::from(okm))))
    }

    /// A nonce, the encrypted bytes and their tag.
    pub fn encrypt(&self, location: &str, plain: &[u8], random: &Random) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let mut encrypted = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        encrypted.extend_from_slice(&nonce);
        encrypted.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let location = Aad::from(location.as_bytes());
        #[expect(clippy::expect_used, reason = "it fails above 64 GiB alone")]
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, location, &mut encrypted[NONCE_LEN..])
            .expect("less than 64 GiB");
        encrypted.extend_from_slice(tag.as_ref());
        encrypted
    }

    pub fn open(
        &self,
        location: &str,
        encrypted: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (nonce, encrypted) = encrypted.split_first_chunk::<NONCE_LEN>().ok_or(DoesNotOpen)?;
        let mut plain = Zeroizing::new(encrypted.to_vec());
        let location = Aad::from(location.as_bytes());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length =
            self.0.open_in_place(nonce, location, &mut plain).map_err(|_| DoesNotOpen)?.len();
        plain.truncate(length);
        Ok(plain)
    }
}

fn expanded(key: &[u8; KEY_BYTES]) -> LessSafeKey {
    #[expect(clippy::expect_used, reason = "the length is in the type")]
    let key = UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes");
    LessSafeKey::new(key)
}
