//! Codes: made from a key that is not in the database and a random salt that is, each time they are
//! needed, and stored nowhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use verax_domain::records::contact_validation::{ContactValidation, Method};
use verax_store::CodeSeed;
use zeroize::Zeroizing;

use crate::app::App;

/// What the keys are derived for: no other digest equals one of these.
const PURPOSE: &str = "one-time codes";
const DIGITS: usize = 6;
const CODES: u64 = 1_000_000;

impl App {
    /// What a new code is made from.
    pub(super) fn new_code_seed(&self) -> CodeSeed {
        CodeSeed { key: self.keys.signing_id(), salt: self.random_bits() }
    }

    /// What the message of a validation says: six digits, or 256 bits for a link. `None`: the key is gone.
    pub(super) fn code(
        &self,
        validation: &ContactValidation,
        seed: &CodeSeed,
    ) -> Option<Zeroizing<String>> {
        let key = self.keys.derived_with(&seed.key, PURPOSE)?;
        let (method, id) = (validation.method.word(), validation.id.as_str());
        let tag = key.sign_parts(&[method, id, &seed.salt].map(str::as_bytes));
        Some(Zeroizing::new(match validation.method {
            Method::Link => URL_SAFE_NO_PAD.encode(tag),
            Method::Code => {
                let (first, _) = tag.as_ref().split_first_chunk::<8>()?;
                // Of 2^64 values some codes have one in 10^13 more than others.
                format!("{:0width$}", u64::from_be_bytes(*first) % CODES, width = DIGITS)
            }
        }))
    }
}
