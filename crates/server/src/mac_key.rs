//! HMAC-SHA-256 (RFC 2104), and the key of it.

use ring::hmac::{self, HMAC_SHA256};

/// A key that signs. Its bytes are overwritten when it goes; boxed, so that no move leaves a copy.
pub struct MacKey(Box<hmac::Key>);

impl MacKey {
    pub fn new(secret: &[u8]) -> MacKey {
        MacKey(Box::new(hmac::Key::new(HMAC_SHA256, secret)))
    }

    /// The key for a purpose of its own.
    pub fn derive(&self, purpose: &str) -> MacKey {
        MacKey::new(self.sign(purpose.as_bytes()).as_ref())
    }

    pub fn sign(&self, message: &[u8]) -> hmac::Tag {
        hmac::sign(&self.0, message)
    }

    /// The tag of these parts: another division of the same bytes has another.
    pub fn sign_parts(&self, parts: &[&[u8]]) -> hmac::Tag {
        let mut tag = hmac::Context::with_key(&self.0);
        for part in parts {
            // The length keeps `ab` + `c` and `a` + `bc` apart.
            tag.update(&(part.len() as u64).to_be_bytes());
            tag.update(part);
        }
        tag.sign()
    }

    /// Whether this is the tag of the message, compared in constant time.
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }
}

impl Drop for MacKey {
    fn drop(&mut self) {
        *self.0 = hmac::Key::new(HMAC_SHA256, &[0; 32]);
        // So that the compiler does not leave out what nobody reads.
        std::hint::black_box(&self.0);
    }
}
