//! Validations of email addresses and phone numbers: a code is sent there, and comes back.

pub(in crate::app) mod codes;
mod confirming;
mod errors;
mod limits;
mod links;
mod opening;
mod order;
mod sending;

pub use self::errors::ContactError;
pub use self::links::LinkView;
pub use self::order::{
    CodeBearer, Confirmed, ContactOrder, ContactOutcome, OpenedContact, ValidatedContact,
};
