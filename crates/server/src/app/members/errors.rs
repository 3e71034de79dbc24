//! Why somebody is not signed in, or a member is not changed.

use verax_domain::Timestamp;

use super::passwords::{Busy, PasswordProblem};
use crate::app::StoreError;
use crate::vault::VaultError;

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There is no such account, it is disabled, or the password is another: nobody is told which.
    #[error("the address or the password is wrong")]
    Rejected,
    /// The password is right, and a code is needed besides.
    #[error("a code is needed")]
    CodeNeeded,
    /// The password is right; the code is wrong, or was used.
    #[error("the code is wrong")]
    CodeWrong,
    /// So many tries have failed for this account, or from this address, that none is taken.
    #[error("locked")]
    Locked { until: Timestamp },
    /// Too many sign in at this moment.
    #[error("too many sign in at once")]
    Overloaded,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<Busy> for SignInError {
    fn from(_: Busy) -> SignInError {
        SignInError::Overloaded
    }
}

/// Why a member is not changed, or not invited.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    #[error("there is no such member")]
    Gone,
    /// They have never joined: they can be deleted, or invited again.
    #[error("the member has not joined yet")]
    NotActive,
    #[error("the member has joined already")]
    Joined,
    #[error("the client has a member with this address")]
    EmailTaken,
    #[error("must be a valid email")]
    EmailInvalid,
    #[error("must be 1 to 120 characters")]
    NameInvalid,
    /// Nobody could invite anybody any more: make another owner first.
    #[error("the member is the last owner")]
    LastOwner,
    #[error("there is no such client")]
    NoClient,
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    /// It was used, has expired, or another was made since.
    #[error("the link is not valid any more")]
    LinkInvalid,
    /// The code does not follow from the secret that was shown last.
    #[error("the code is wrong")]
    CodeWrong,
    /// It was too long ago that the member has proved who they are.
    #[error("the member has to sign in again")]
    ConfirmFirst,
    #[error("the member has no second factor")]
    NoTotp,
    #[error("too many sign in at once")]
    Overloaded,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<Busy> for MemberError {
    fn from(_: Busy) -> MemberError {
        MemberError::Overloaded
    }
}
