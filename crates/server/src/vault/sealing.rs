//! AES-256-GCM with random nonces (NIST SP 800-38D), and the key of it.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

use crate::clock::Random;

pub const KEY_BYTES: usize = 32;

/// A key that seals bytes together with the place where they belong. It is overwritten when it goes;
/// boxed, so that no move leaves a copy.
pub struct SealingKey(Box<LessSafeKey>);

impl Drop for SealingKey {
    fn drop(&mut self) {
        *self.0 = expanded(&[0; KEY_BYTES]);
        // So that the compiler does not leave out what nobody reads.
        std::hint::black_box(&self.0);
    }
}

/// The bytes were sealed with another key or for another place, or they were changed.
#[derive(Debug, thiserror::Error)]
#[error("what is kept does not open with its key")]
pub struct DoesNotOpen;

impl SealingKey {
    pub fn new(key: &[u8; KEY_BYTES]) -> SealingKey {
        SealingKey(Box::new(expanded(key)))
    }

    /// The key that a secret of any length stands for (HKDF-SHA-256, RFC 5869).
    pub fn derive(secret: &[u8]) -> SealingKey {
        let extracted = Salt::new(HKDF_SHA256, b"verax master key").extract(secret);
        #[expect(clippy::expect_used, reason = "one block of output is always allowed")]
        let okm = extracted.expand(&[b"wrap"], &AES_256_GCM).expect("32 bytes of output");
        SealingKey(Box::new(LessSafeKey::new(UnboundKey::from(okm))))
    }

    /// A nonce, the sealed bytes and their tag.
    pub fn seal(&self, place: &str, plain: &[u8], random: &Random) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let place = Aad::from(place.as_bytes());
        #[expect(clippy::expect_used, reason = "it fails above 64 GiB alone")]
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, place, &mut sealed[NONCE_LEN..])
            .expect("less than 64 GiB");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(DoesNotOpen)?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let place = Aad::from(place.as_bytes());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.0.open_in_place(nonce, place, &mut plain).map_err(|_| DoesNotOpen)?.len();
        plain.truncate(length);
        Ok(plain)
    }
}

fn expanded(key: &[u8; KEY_BYTES]) -> LessSafeKey {
    #[expect(clippy::expect_used, reason = "the length is in the type")]
    let key = UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes");
    LessSafeKey::new(key)
}
