//! Why a contact is not validated.

use verax_domain::records::contact_validation::Channel;
use verax_store::StoreError;

use crate::app::access::MintError;

/// Why a contact is not validated.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    #[error("there is no such project with this flow, or it is paused")]
    NoProject,
    #[error("nothing is sent to such an address")]
    AddressNotAllowed,
    #[error("there is no such registration")]
    NoRegistration,
    #[error("the registration is over")]
    RegistrationOver,
    #[error("the registration has another contact")]
    OtherContact,
    #[error("nothing is configured to send such a message by")]
    NotConfigured,
    #[error("nobody has the number, or it is of a service")]
    TakesNoTexts,
    #[error("the project sends nothing to this country")]
    CountryNotAllowed,
    #[error("too many codes were asked for: the next in {seconds} seconds")]
    TooManyCodes { seconds: u64 },
    #[error("too many wrong codes: the next in {seconds} seconds")]
    Locked { seconds: u64 },
    #[error("there is no such validation")]
    NotFound(Channel),
    #[error("the validation is over: its contact is validated")]
    AlreadyValidated,
    #[error("the code is not taken any more")]
    Expired(Channel),
    #[error("the code could not be sent")]
    NotSent,
    #[error("no more codes may be tried")]
    NoAttemptsLeft,
    #[error("the code is another")]
    WrongCode,
    #[error("the record was changed by somebody else")]
    Moved,
    #[error(transparent)]
    Mint(#[from] MintError),
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ContactError {
    fn from(error: StoreError) -> ContactError {
        match error {
            StoreError::Conflict => ContactError::Moved,
            error => ContactError::Store(error),
        }
    }
}
