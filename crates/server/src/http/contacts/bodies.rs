//! What is sent to ask for a code, and with one.

use verax_domain::records::contact_validation::Channel;
use verax_domain::resources::{EMAIL_VALIDATIONS, PHONE_VALIDATIONS};

use crate::http::body::table::{BodyField, Rule, field, field_as, optional};
use crate::messages::LANGUAGES;

const LANGUAGE: Rule = Rule::Text(2, 8);
const LANGUAGE_DOC: &str =
    "The language of the message: en, es or pt; another is answered in English.";
const WEBHOOK_URL: BodyField =
    optional("webhookUrl", Rule::Text(1, 2048), "Not available here: rejected.");
const IDENTITY_URL: BodyField =
    optional("identityUrl", Rule::Text(1, 2048), "Not available here: rejected.");

pub static EMAIL_BODY: &[BodyField] = &[
    field(&EMAIL_VALIDATIONS, "project").required(),
    field(&EMAIL_VALIDATIONS, "projectFlow").required(),
    field_as(&EMAIL_VALIDATIONS, "email", Rule::Email).required(),
    field(&EMAIL_VALIDATIONS, "type").required(),
    METHOD,
    field_as(&EMAIL_VALIDATIONS, "language", LANGUAGE).doc(LANGUAGE_DOC),
    field_as(&EMAIL_VALIDATIONS, "redirectUrl", Rule::Url)
        .doc("Where the person goes afterwards; not taken without a client's token."),
    field(&EMAIL_VALIDATIONS, "requires2FA")
        .doc("Whether a login needs the face besides; not taken without a client's token."),
    field_as(&EMAIL_VALIDATIONS, "ipAddress", Rule::Address),
    WEBHOOK_URL,
    IDENTITY_URL,
];

pub static PHONE_BODY: &[BodyField] = &[
    field(&PHONE_VALIDATIONS, "project").required(),
    field(&PHONE_VALIDATIONS, "projectFlow").required(),
    field_as(&PHONE_VALIDATIONS, "countryCode", Rule::CountryCode).required(),
    field_as(&PHONE_VALIDATIONS, "phone", Rule::Phone).required(),
    field(&PHONE_VALIDATIONS, "phoneGateway"),
    field(&PHONE_VALIDATIONS, "type").required(),
    field(&PHONE_VALIDATIONS, "validationMethod"),
    field_as(&PHONE_VALIDATIONS, "language", LANGUAGE).doc(LANGUAGE_DOC),
    field_as(&PHONE_VALIDATIONS, "redirectUrl", Rule::Url)
        .doc("Where the person goes afterwards; not taken without a client's token."),
    field(&PHONE_VALIDATIONS, "requires2FA")
        .doc("Whether a login needs the face besides; not taken without a client's token."),
    field_as(&PHONE_VALIDATIONS, "ipAddress", Rule::Address),
    WEBHOOK_URL,
    IDENTITY_URL,
];

const METHOD: BodyField = field_as(
    &EMAIL_VALIDATIONS,
    "validationMethod",
    Rule::Word(&["verificationCode", "oneTimeLink", "magicLink"]),
)
.doc("A code of six digits, or a link.");

/// With the token of a registration, which has the address.
pub static OWN_EMAIL_BODY: &[BodyField] = &[
    field_as(&EMAIL_VALIDATIONS, "email", Rule::Email)
        .doc("The registration's address; another is rejected."),
    METHOD,
    field_as(&EMAIL_VALIDATIONS, "language", LANGUAGE).doc(LANGUAGE_DOC),
];

/// The same with the number.
pub static OWN_PHONE_BODY: &[BodyField] = &[
    field_as(&PHONE_VALIDATIONS, "countryCode", Rule::CountryCode),
    field_as(&PHONE_VALIDATIONS, "phone", Rule::Phone)
        .doc("The registration's number; another is rejected."),
    field(&PHONE_VALIDATIONS, "phoneGateway"),
    field(&PHONE_VALIDATIONS, "validationMethod"),
    field_as(&PHONE_VALIDATIONS, "language", LANGUAGE).doc(LANGUAGE_DOC),
];

const OTP: BodyField = optional("otp", Rule::Code, "The code.");
const CODE: BodyField = optional("verificationCode", Rule::Code, "The same.");
const NEWEST_DOC: &str = "Whose newest code it is; or name the validation.";

static EMAIL_CODE_BODY: &[BodyField] = &[
    field_as(&EMAIL_VALIDATIONS, "email", Rule::Email).doc(NEWEST_DOC),
    optional("emailValidationId", Rule::Id, "The validation."),
    OTP,
    CODE,
    field(&EMAIL_VALIDATIONS, "project"),
    field(&EMAIL_VALIDATIONS, "projectFlow").doc(
        "The flow that it was made in; needed with an address and without a registration's token.",
    ),
    field(&EMAIL_VALIDATIONS, "type"),
];

static PHONE_CODE_BODY: &[BodyField] = &[
    field_as(&PHONE_VALIDATIONS, "countryCode", Rule::CountryCode),
    field_as(&PHONE_VALIDATIONS, "phone", Rule::Phone).doc(NEWEST_DOC),
    optional("phoneValidationId", Rule::Id, "The validation."),
    OTP,
    CODE,
    field(&PHONE_VALIDATIONS, "project"),
    field(&PHONE_VALIDATIONS, "projectFlow").doc(
        "The flow that it was made in; needed with a number and without a registration's token.",
    ),
    field(&PHONE_VALIDATIONS, "type"),
];

pub fn code_body(channel: Channel) -> &'static [BodyField] {
    match channel {
        Channel::Email => EMAIL_CODE_BODY,
        Channel::Phone => PHONE_CODE_BODY,
    }
}

/// Messages are written in these languages.
const _: () = assert!(LANGUAGES.len() == 3, "the words about languages name three");
