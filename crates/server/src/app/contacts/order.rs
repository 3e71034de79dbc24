//! What is asked for, what is brought, and what came of it.

use std::net::IpAddr;

use serde_json::Value;
use verax_domain::records::contact_validation::{
    Channel, Contact, ContactPurpose, ContactValidation, Method,
};

/// A validation that is asked for. Whoever asks has been looked at.
#[derive(Clone, Debug)]
pub struct ContactOrder {
    pub contact: Contact,
    pub project: String,
    pub flow: String,
    pub registration: Option<String>,
    pub purpose: ContactPurpose,
    pub method: Method,
    pub redirect_url: Option<String>,
    pub requires_2fa: bool,
    pub ip_address: Option<String>,
    pub language: Option<String>,
}

impl ContactOrder {
    /// Whether another code for this validation is what is asked for: nothing of the order is left out.
    pub(super) fn is_of(&self, validation: &ContactValidation) -> bool {
        let is_contact = match (&self.contact, &validation.contact) {
            (Contact::Email(one), Contact::Email(other)) => one.eq_ignore_ascii_case(other),
            (one, other) => one == other,
        };
        is_contact
            && self.method == validation.method
            && self.redirect_url == validation.redirect_url
            && self.requires_2fa == validation.requires_2fa
            && self.ip_address == validation.ip_address
            && self.language == validation.language
    }
}

/// A validation whose code is on its way.
pub struct OpenedContact {
    pub validation: Value,
    /// In a sandbox alone, where nothing is sent.
    pub code: Option<String>,
}

/// Which validation a code is for.
#[derive(Clone, Debug)]
pub enum Confirmed<'a> {
    /// This one; of a registration's token only its own.
    ById(&'a str),
    /// The newest of this contact in a flow.
    ByContact { flow: &'a str, key: String },
}

/// A contact that was validated.
pub struct ValidatedContact {
    pub validation: Value,
    pub channel: Channel,
    pub outcome: ContactOutcome,
}

/// What became of a validated contact.
pub enum ContactOutcome {
    Validated,
    /// The person is in, or has a second factor to pass.
    LoggedIn {
        login: Value,
        token: String,
    },
    /// A registration on its way has proved the same contact before: it goes on.
    Resumed {
        registration: String,
        token: String,
    },
}

/// Who brings a code.
#[derive(Clone, Copy)]
pub struct CodeBearer<'a> {
    pub client: &'a str,
    pub mode: &'a str,
    /// Whose token is sent: only validations of this registration are its own.
    pub registration: Option<&'a str>,
    /// Where somebody without a client's token calls from.
    pub source: Option<IpAddr>,
    /// Whether they may know how the validation stands: they have a token, or name it by its id. Whoever
    /// names a contact alone may be anybody.
    pub may_know: bool,
}
