//! The second factor of members: codes by time (RFC 6238) and recovery codes.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY};
use sha2::{Digest as _, Sha256};
use verax_domain::Timestamp;
use verax_domain::role::MemberStatus;
use verax_store::{Batch, Credentials, Member, MemberKey, StoreError};
use zeroize::Zeroizing;

use super::errors::{MemberError, SignInError};
use super::sessions::Session;
use super::subject_of;
use crate::app::App;
use crate::app::journal::Origin;
use crate::constant_time::same_code;
use crate::vault::VaultError;

const SECRET_BYTES: usize = 20;
const STEP_MS: i64 = 30_000;
const DIGITS: usize = 6;
/// A code of the step before, or of the one after, is taken too: clocks differ.
const STEPS_APART: i64 = 1;
const RECOVERY_CODES: usize = 10;
/// 80 bits: sixteen letters of base 32.
const RECOVERY_BYTES: usize = 10;

/// A secret as programs for codes take it.
pub struct TotpSecret {
    pub base32: Zeroizing<String>,
    /// `otpauth://totp/…`: what a QR code holds.
    pub uri: Zeroizing<String>,
}

/// How a member has proved themselves besides the password.
pub(super) enum SecondFactor {
    /// They have none.
    None,
    Code {
        salt: String,
        step: i64,
    },
    /// By the digest of a recovery code.
    RecoveryCode(String),
}

impl SecondFactor {
    /// Uses it up: the batch is a `Conflict` when it was used before.
    pub(super) fn take(&self, key: MemberKey<'_>, batch: &mut Batch) {
        match self {
            SecondFactor::None => {}
            SecondFactor::Code { salt, step } => {
                batch.use_totp_step(key, (salt, *step));
            }
            SecondFactor::RecoveryCode(digest) => {
                batch.use_recovery_code(key, digest);
            }
        }
    }
}

impl App {
    /// A new secret for the member to put into a program. It counts when it is confirmed; until then the
    /// one before it does, if there is one.
    ///
    /// # Errors
    /// `ConfirmFirst`.
    pub async fn begin_totp(&self, session: &Session) -> Result<TotpSecret, MemberError> {
        self.require_confirmed(session)?;
        let member = &session.member;
        let salt = self.random_bits();
        let mut batch = Batch::default();
        batch.begin_totp(session.key(), &salt);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => return Err(MemberError::Gone),
            begun => begun?,
        }
        let secret = self.totp_secret(session.key(), &salt).await?;
        let base32 = Zeroizing::new(BASE32_NOPAD.encode(&*secret));
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let issuer = encoded(&self.config.now().signature.issuer);
        let (label, secret) = (encoded(&member.email), base32.as_str());
        let uri = format!("otpauth://totp/{issuer}:{label}?secret={secret}&issuer={issuer}");
        Ok(TotpSecret { base32, uri: Zeroizing::new(uri) })
    }

    /// The secret that was shown last counts from now on. Answers ten recovery codes, which are shown once.
    ///
    /// # Errors
    /// `CodeWrong`, `ConfirmFirst`.
    pub async fn confirm_totp(
        &self,
        session: &Session,
        code: &str,
        origin: &Origin,
    ) -> Result<Vec<String>, MemberError> {
        self.require_confirmed(session)?;
        let now = self.clock.now();
        let found = self.database.credentials(session.key()).await?;
        let (_, credentials) = found.ok_or(MemberError::Gone)?;
        let salt = credentials.new_totp_salt.ok_or(MemberError::CodeWrong)?;
        let secret = self.totp_secret(session.key(), &salt).await?;
        let step = step_of(&*secret, &plain(code), now).ok_or(MemberError::CodeWrong)?;
        let (codes, digests) = self.new_recovery_codes();
        let mut batch = Batch::default();
        let stamp = self.stamp(origin);
        batch.confirm_totp(session.key(), (&salt, step), &digests, now, stamp);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => return Err(MemberError::CodeWrong),
            confirmed => confirmed?,
        }
        self.forget_tokens();
        Ok(codes)
    }

    /// Ten other recovery codes in the place of those that are left.
    ///
    /// # Errors
    /// `NoTotp`, `ConfirmFirst`.
    pub async fn renew_recovery_codes(
        &self,
        session: &Session,
        origin: &Origin,
    ) -> Result<Vec<String>, MemberError> {
        self.require_confirmed(session)?;
        let (codes, digests) = self.new_recovery_codes();
        let mut batch = Batch::default();
        let stamp = self.stamp(origin);
        batch.set_recovery_codes(session.key(), &digests, self.clock.now(), stamp);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => Err(MemberError::NoTotp),
            renewed => Ok(renewed.map(|()| codes)?),
        }
    }

    /// How many recovery codes a member has left.
    pub async fn recovery_codes_left(&self, session: &Session) -> Result<usize, MemberError> {
        let found = self.database.credentials(session.key()).await?;
        Ok(found.ok_or(MemberError::Gone)?.1.recovery_codes)
    }

    /// The member signs in by the password alone from now on.
    ///
    /// # Errors
    /// `NoTotp`, `ConfirmFirst`.
    pub async fn remove_totp(&self, session: &Session, origin: &Origin) -> Result<(), MemberError> {
        self.require_confirmed(session)?;
        self.reset_totp(session.key(), origin).await
    }

    /// The same for somebody who has lost theirs.
    ///
    /// # Errors
    /// `NoTotp`, `Gone`.
    pub async fn reset_totp(&self, key: MemberKey<'_>, origin: &Origin) -> Result<(), MemberError> {
        self.member(key).await?;
        let mut batch = Batch::default();
        batch.remove_totp(key, self.clock.now(), self.stamp(origin));
        let removed = self.database.commit(batch).await;
        self.forget_tokens();
        match removed {
            Err(StoreError::Conflict) => Err(MemberError::NoTotp),
            removed => Ok(removed?),
        }
    }

    /// What a member who has the right password proves themselves by besides.
    ///
    /// # Errors
    /// `CodeNeeded`, `CodeWrong`, `Rejected` (not active).
    pub(super) async fn second_factor(
        &self,
        (member, credentials): &(Member, Credentials),
        code: Option<&str>,
    ) -> Result<SecondFactor, SignInError> {
        if member.status != MemberStatus::Active {
            return Err(SignInError::Rejected);
        }
        let Some(salt) = &credentials.totp_salt else { return Ok(SecondFactor::None) };
        let code = code.map(plain).filter(|code| !code.is_empty());
        let code = code.ok_or(SignInError::CodeNeeded)?;
        if code.len() != DIGITS {
            return Ok(SecondFactor::RecoveryCode(digest(&code)));
        }
        let secret = self.totp_secret((&member.client, &member.id), salt).await?;
        let step = step_of(&*secret, &code, self.clock.now()).ok_or(SignInError::CodeWrong)?;
        Ok(SecondFactor::Code { salt: salt.clone(), step })
    }

    /// The secret is in no database: it follows from a key in the vault, and this salt.
    async fn totp_secret(
        &self,
        (client, member): MemberKey<'_>,
        salt: &str,
    ) -> Result<Zeroizing<[u8; SECRET_BYTES]>, VaultError> {
        let key = self.vault.code_key(client, &subject_of(member)).await?;
        let tag = key.sign_parts(&[b"totp", salt.as_bytes()]);
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        secret.copy_from_slice(&tag.as_ref()[..SECRET_BYTES]);
        Ok(secret)
    }

    /// Recovery codes as they are shown, and what is kept of them.
    fn new_recovery_codes(&self) -> (Vec<String>, Vec<String>) {
        let new = |_| {
            let mut bytes = [0; RECOVERY_BYTES];
            self.random.fill(&mut bytes);
            let code = BASE32_NOPAD.encode(&bytes);
            let (one, two, three, four) = (&code[..4], &code[4..8], &code[8..12], &code[12..]);
            (format!("{one}-{two}-{three}-{four}").to_lowercase(), digest(&code))
        };
        (0..RECOVERY_CODES).map(new).unzip()
    }
}

/// A code as it is compared: without what people write between its letters.
fn plain(code: &str) -> String {
    let letters = code.chars().filter(|letter| letter.is_ascii_alphanumeric());
    letters.map(|letter| letter.to_ascii_uppercase()).collect()
}

/// It has 80 random bits: nobody finds out by trying what it is of.
fn digest(code: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(code))
}

/// The time step that the code is of, if it is one that is taken now.
fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let step = now.0.div_euclid(STEP_MS);
    let mut near = step - STEPS_APART..=step + STEPS_APART;
    near.find(|step| same_code(&code_at(secret, *step), code))
}

/// The code of a time step (RFC 4226, section 5.3).
pub fn code_at(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[tag.len() - 1] & 0x0f);
    let number =
        tag[offset..offset + 4].iter().fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    format!("{:0width$}", (number & 0x7fff_ffff) % 1_000_000, width = DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1: the last six of eight digits.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(b"12345678901234567890", seconds / 30), code, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_a_step_early_and_a_step_late() {
        let secret = b"12345678901234567890";
        let code = code_at(secret, 100);
        for (step, taken) in
            [(98, None), (99, Some(100)), (100, Some(100)), (101, Some(100)), (102, None)]
        {
            let now = Timestamp(step * STEP_MS + 29_999);
            assert_eq!(step_of(secret, &code, now), taken, "{step}");
        }
    }

    #[test]
    fn codes_are_read_as_people_write_them() {
        assert_eq!(plain(" 123 456 "), "123456");
        assert_eq!(plain("abcd-efgh-ijkl-2345"), "ABCDEFGHIJKL2345");
    }
}
