//! Passwords: stretched by Argon2id (RFC 9106), few at once.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::{Semaphore, TryAcquireError};
use verax_domain::contact::email_key;
use zeroize::Zeroizing;

use crate::clock::Random;
use crate::constant_time::same_code;

/// As OWASP advises: 19 MiB, two passes, one lane.
const KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
/// What a hash of these parameters begins with, in the form of the PHC.
const PREFIX: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// So many are stretched at once, each on a thread and with its memory; so many more wait.
const AT_ONCE: usize = 2;
const WAITING_MAX: usize = 16;

/// Of a new password.
pub const CHARS_MIN: usize = 12;
const BYTES_MAX: usize = 256;

/// Who may stretch a password. Clones share it.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    threads: Arc<Semaphore>,
}

/// Too many passwords wait to be stretched.
#[derive(Debug)]
pub struct Busy;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    #[error("must be at least 12 characters")]
    TooShort,
    #[error("must be at most 256 bytes")]
    TooLong,
    #[error("must not be the email address")]
    IsEmail,
}

/// Whether this may be the password of whoever signs in with this address. How it is composed is nobody's
/// business.
///
/// # Errors
/// It is too short, too long, or the address.
pub fn check_new(password: &str, email: &str) -> Result<(), PasswordProblem> {
    if password.chars().count() < CHARS_MIN {
        return Err(PasswordProblem::TooShort);
    }
    if password.len() > BYTES_MAX {
        return Err(PasswordProblem::TooLong);
    }
    if email_key(password) == email_key(email) {
        return Err(PasswordProblem::IsEmail);
    }
    Ok(())
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords {
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING_MAX)),
            threads: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Passwords {
    /// What is kept of a password. All that are kept for one address have the salt of the first: so a
    /// password is stretched once, however many accounts it may be of.
    pub async fn hash(
        &self,
        password: &str,
        first: Option<&str>,
        random: &Random,
    ) -> Result<String, Busy> {
        let salt = first.and_then(salt_of).unwrap_or_else(|| new_salt(random));
        let hash = self.stretch(password, salt).await?;
        Ok(text(&salt, &*hash))
    }

    /// Which of these hashes are of this password. It takes as long where there is none.
    pub async fn matching(
        &self,
        password: &str,
        hashes: &[Option<String>],
        random: &Random,
    ) -> Result<Vec<bool>, Busy> {
        let mut salts: Vec<_> = hashes.iter().flatten().filter_map(|hash| salt_of(hash)).collect();
        salts.sort_unstable();
        salts.dedup();
        if salts.is_empty() {
            salts.push(new_salt(random));
        }
        let mut matching = vec![false; hashes.len()];
        for salt in salts {
            let made = text(&salt, &*self.stretch(password, salt).await?);
            for (matches, hash) in matching.iter_mut().zip(hashes) {
                *matches |= hash.as_ref().is_some_and(|hash| same_code(hash, &made));
            }
        }
        Ok(matching)
    }

    async fn stretch(
        &self,
        password: &str,
        salt: [u8; SALT_BYTES],
    ) -> Result<Zeroizing<[u8; HASH_BYTES]>, Busy> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let _place = place.map_err(|_: TryAcquireError| Busy)?;
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(|_| Busy)?;
        let password = Zeroizing::new(password.to_owned());
        let stretched = tokio::task::spawn_blocking(move || {
            // It ends where the thread does, also when nobody waits for it any more.
            let _thread = thread;
            stretched(&password, &salt)
        });
        stretched.await.ok().flatten().ok_or(Busy)
    }
}

/// `None`: never with these parameters.
fn stretched(password: &str, salt: &[u8]) -> Option<Zeroizing<[u8; HASH_BYTES]>> {
    let params = Params::new(KIB, PASSES, LANES, Some(HASH_BYTES)).ok()?;
    let mut hash = Zeroizing::new([0; HASH_BYTES]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.as_bytes(), salt, &mut *hash).ok()?;
    Some(hash)
}

fn new_salt(random: &Random) -> [u8; SALT_BYTES] {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt);
    salt
}

fn text(salt: &[u8], hash: &[u8]) -> String {
    format!("{PREFIX}{}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash))
}

fn salt_of(hash: &str) -> Option<[u8; SALT_BYTES]> {
    let (salt, _) = hash.strip_prefix(PREFIX)?.split_once('$')?;
    STANDARD_NO_PAD.decode(salt).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_not_the_address() {
        let check = |password: &str| check_new(password, "ana@example.com");
        assert_eq!(check("eleven char"), Err(PasswordProblem::TooShort));
        assert_eq!(check("élevén chàrs"), Ok(()));
        assert_eq!(check(&"x".repeat(256)), Ok(()));
        assert_eq!(check(&"é".repeat(129)), Err(PasswordProblem::TooLong));
        assert_eq!(check(" Ana@Example.com"), Err(PasswordProblem::IsEmail));
        assert_eq!(check("aaaaaaaaaaaa"), Ok(()), "no rules of composition");
    }

    #[tokio::test]
    async fn a_hash_is_of_its_password_alone_and_says_how_it_was_made() {
        let (passwords, random) = (Passwords::default(), Random::seeded(1));
        let hash = passwords.hash("correct horse", None, &random).await.expect("a place");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let second = passwords.hash("battery staple", Some(&hash), &random).await.expect("a place");
        assert_eq!(salt_of(&hash), salt_of(&second));
        assert_ne!(hash, second);
        let hashes = [None, Some(hash), Some(second), Some("$later$".to_owned())];
        for (password, matching) in [
            ("correct horse", [false, true, false, false]),
            ("battery staple", [false, false, true, false]),
            ("correct horsf", [false; 4]),
        ] {
            let found = passwords.matching(password, &hashes, &random).await.expect("a place");
            assert_eq!(found, matching, "{password}");
        }
        let nobody = passwords.matching("correct horse", &[], &random).await.expect("a place");
        assert!(nobody.is_empty());
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_told_so() {
        let (passwords, random) = (Passwords::default(), Random::seeded(1));
        let waiting = u32::try_from(AT_ONCE + WAITING_MAX).expect("few");
        let held = passwords.places.acquire_many(waiting).await.expect("all");
        assert!(passwords.matching("correct horse", &[], &random).await.is_err());
        drop(held);
        assert!(passwords.matching("correct horse", &[], &random).await.is_ok());
    }
}
