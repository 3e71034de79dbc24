//! A check that a person receives what is sent to an email address or a phone number.

use verax_query::{Key, Resource};

use super::{IllegalTransition, StoredRecord, Transition, UnreadableRecord, Values};
use crate::contact::{Phone, email_key};
use crate::events::EventKind;
use crate::resources::{EMAIL_VALIDATIONS, PHONE_VALIDATIONS};
use crate::{Record, Timestamp};

/// Where a code is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Email,
    Phone,
}

/// What brings a text to a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneGateway {
    Sms,
    WhatsApp,
}

/// An address, or a number with the code of its country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    Email(String),
    Phone(Phone, PhoneGateway),
}

/// A validation of a contact.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactValidation {
    pub id: String,
    pub client: String,
    pub contact: Contact,
    pub project: Option<String>,
    pub flow: Option<String>,
    /// The registration whose contact it is.
    pub registration: Option<String>,
    pub purpose: ContactPurpose,
    pub method: Method,
    pub status: ContactStatus,
    pub expires_at: Timestamp,
    pub redirect_url: Option<String>,
    /// Whether a login needs the face besides.
    pub requires_2fa: bool,
    pub ip_address: Option<String>,
    pub language: Option<String>,
    pub attempts: i64,
    pub attempts_max: i64,
}

/// What a contact is validated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactPurpose {
    Validation,
    Login,
    Onboarding,
    OneTimeLink,
}

/// What the message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Code,
    Link,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactStatus {
    /// The message waits to be sent.
    New,
    Dispatched,
    Validated,
    Failed,
    Expired,
}

/// An email validation, read from its table.
pub struct EmailValidation(pub ContactValidation);

/// A phone validation, read from its table.
pub struct PhoneValidation(pub ContactValidation);

/// The keys of both resources' fields.
struct Keys {
    id: Key<str>,
    client: Key<str>,
    project: Key<str>,
    flow: Key<str>,
    registration: Key<str>,
    status: Key<str>,
    purpose: Key<str>,
    method: Key<str>,
    expires_at: Key<Timestamp>,
    redirect_url: Key<str>,
    requires_2fa: Key<bool>,
    ip_address: Key<str>,
    language: Key<str>,
    attempts: Key<i64>,
    attempts_max: Key<i64>,
    reason: Key<str>,
    created_at: Key<Timestamp>,
    updated_at: Key<Timestamp>,
    validated_at: Key<Timestamp>,
}

pub const EMAIL: Key<str> = Key::text(&EMAIL_VALIDATIONS, "email");
pub const PHONE: Key<str> = Key::text(&PHONE_VALIDATIONS, "phone");
pub const COUNTRY_CODE: Key<str> = Key::text(&PHONE_VALIDATIONS, "countryCode");
const GATEWAY: Key<str> = Key::text(&PHONE_VALIDATIONS, "phoneGateway");

static EMAIL_KEYS: Keys = keys(&EMAIL_VALIDATIONS);
static PHONE_KEYS: Keys = keys(&PHONE_VALIDATIONS);

const fn keys(table: &'static Resource) -> Keys {
    Keys {
        id: Key::text(table, "_id"),
        client: Key::text(table, "client"),
        project: Key::text(table, "project"),
        flow: Key::text(table, "projectFlow"),
        registration: Key::text(table, "appRegistration"),
        status: Key::text(table, "status"),
        purpose: Key::text(table, "type"),
        method: Key::text(table, "validationMethod"),
        expires_at: Key::time(table, "expiresAt"),
        redirect_url: Key::text(table, "redirectUrl"),
        requires_2fa: Key::flag(table, "requires2FA"),
        ip_address: Key::text(table, "ipAddress"),
        language: Key::text(table, "language"),
        attempts: Key::integer(table, "attempts"),
        attempts_max: Key::integer(table, "maxAttempts"),
        reason: Key::text(table, "reason"),
        created_at: Key::time(table, "createdAt"),
        updated_at: Key::time(table, "updatedAt"),
        validated_at: Key::time(table, "validatedAt"),
    }
}

impl Channel {
    pub const ALL: [Channel; 2] = [Channel::Email, Channel::Phone];

    pub fn resource(self) -> &'static Resource {
        match self {
            Channel::Email => &EMAIL_VALIDATIONS,
            Channel::Phone => &PHONE_VALIDATIONS,
        }
    }

    fn keys(self) -> &'static Keys {
        match self {
            Channel::Email => &EMAIL_KEYS,
            Channel::Phone => &PHONE_KEYS,
        }
    }

    /// The event of this channel.
    pub fn event(self, email: EventKind, phone: EventKind) -> EventKind {
        match self {
            Channel::Email => email,
            Channel::Phone => phone,
        }
    }
}

impl PhoneGateway {
    pub fn word(self) -> &'static str {
        match self {
            PhoneGateway::Sms => "sms",
            PhoneGateway::WhatsApp => "whatsapp",
        }
    }

    pub fn from_word(word: &str) -> Option<PhoneGateway> {
        [PhoneGateway::Sms, PhoneGateway::WhatsApp].into_iter().find(|it| it.word() == word)
    }
}

impl Contact {
    pub fn channel(&self) -> Channel {
        match self {
            Contact::Email(_) => Channel::Email,
            Contact::Phone(..) => Channel::Phone,
        }
    }

    /// What contacts of one channel are compared by.
    pub fn key(&self) -> String {
        match self {
            Contact::Email(email) => email_key(email),
            Contact::Phone(phone, _) => phone.key(),
        }
    }

    /// As a login names the person.
    pub fn identifier(&self) -> String {
        match self {
            Contact::Email(email) => email.clone(),
            Contact::Phone(phone, _) => phone.whole(),
        }
    }
}

impl ContactPurpose {
    pub fn word(self) -> &'static str {
        match self {
            ContactPurpose::Validation => "validation",
            ContactPurpose::Login => "login",
            ContactPurpose::Onboarding => "onboarding",
            ContactPurpose::OneTimeLink => "oneTimeLink",
        }
    }

    /// What an imported record says in another word is none of ours to act on.
    pub fn from_word(word: &str) -> ContactPurpose {
        match word {
            "login" => ContactPurpose::Login,
            "onboarding" => ContactPurpose::Onboarding,
            "oneTimeLink" => ContactPurpose::OneTimeLink,
            _ => ContactPurpose::Validation,
        }
    }
}

impl Method {
    pub fn word(self) -> &'static str {
        match self {
            Method::Code => "verificationCode",
            Method::Link => "oneTimeLink",
        }
    }

    pub fn from_word(word: &str) -> Method {
        match word {
            "oneTimeLink" | "magicLink" => Method::Link,
            _ => Method::Code,
        }
    }
}

impl ContactStatus {
    const ALL: [ContactStatus; 5] = [
        ContactStatus::New,
        ContactStatus::Dispatched,
        ContactStatus::Validated,
        ContactStatus::Failed,
        ContactStatus::Expired,
    ];

    pub fn word(self) -> &'static str {
        match self {
            ContactStatus::New => "new",
            ContactStatus::Dispatched => "sent",
            ContactStatus::Validated => "validated",
            ContactStatus::Failed => "failed",
            ContactStatus::Expired => "expired",
        }
    }

    fn from_word(word: &str) -> Option<ContactStatus> {
        ContactStatus::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether a code may still be taken.
    pub fn is_open(self) -> bool {
        matches!(self, ContactStatus::New | ContactStatus::Dispatched)
    }
}

impl ContactValidation {
    fn read(channel: Channel, values: &Values) -> Result<ContactValidation, UnreadableRecord> {
        let keys = channel.keys();
        let contact = match channel {
            // It is gone when its registration was deleted.
            Channel::Email => Contact::Email(values.text(EMAIL).unwrap_or_default()),
            Channel::Phone => {
                let code = values.text(COUNTRY_CODE).unwrap_or_default();
                let number = values.text(PHONE).unwrap_or_default();
                let phone =
                    Phone::new(&code, &number).unwrap_or(Phone { country_code: code, number });
                let gateway = values.text(GATEWAY).and_then(|it| PhoneGateway::from_word(&it));
                Contact::Phone(phone, gateway.unwrap_or(PhoneGateway::Sms))
            }
        };
        let status = values.word(keys.status, ContactStatus::from_word)?;
        Ok(ContactValidation {
            id: values.required(keys.id, values.text(keys.id))?,
            client: values.required(keys.client, values.text(keys.client))?,
            contact,
            project: values.text(keys.project),
            flow: values.text(keys.flow),
            registration: values.text(keys.registration),
            purpose: ContactPurpose::from_word(&values.text(keys.purpose).unwrap_or_default()),
            method: Method::from_word(&values.text(keys.method).unwrap_or_default()),
            // An imported one without a status waits for nobody.
            status: status.unwrap_or(ContactStatus::Expired),
            expires_at: values.time(keys.expires_at).unwrap_or(Timestamp(0)),
            redirect_url: values.text(keys.redirect_url),
            requires_2fa: values.flag(keys.requires_2fa).unwrap_or(false),
            ip_address: values.text(keys.ip_address),
            language: values.text(keys.language),
            attempts: values.integer(keys.attempts).unwrap_or(0),
            attempts_max: values.integer(keys.attempts_max).unwrap_or(0),
        })
    }

    /// The record of one that is made now.
    pub fn to_record(&self, now: Timestamp) -> Record {
        let keys = self.channel().keys();
        let mut record = Record::of(self.channel().resource(), &self.id, &self.client);
        record
            .set(keys.project, self.project.as_deref())
            .set(keys.flow, self.flow.as_deref())
            .set(keys.registration, self.registration.as_deref())
            .set(keys.status, Some(self.status.word()))
            .set(keys.purpose, Some(self.purpose.word()))
            .set(keys.method, Some(self.method.word()))
            .set(keys.expires_at, Some(&self.expires_at))
            .set(keys.redirect_url, self.redirect_url.as_deref())
            .set(keys.requires_2fa, Some(&self.requires_2fa))
            .set(keys.ip_address, self.ip_address.as_deref())
            .set(keys.language, self.language.as_deref())
            .set(keys.attempts, Some(&self.attempts))
            .set(keys.attempts_max, Some(&self.attempts_max))
            .set(keys.created_at, Some(&now))
            .set(keys.updated_at, Some(&now));
        match &self.contact {
            Contact::Email(email) => record.set(EMAIL, Some(email.as_str())),
            Contact::Phone(phone, gateway) => record
                .set(PHONE, Some(phone.number.as_str()))
                .set(COUNTRY_CODE, Some(phone.country_code.as_str()))
                .set(GATEWAY, Some(gateway.word())),
        };
        record
    }

    pub fn channel(&self) -> Channel {
        self.contact.channel()
    }

    /// Whether a code may be taken at this moment.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        self.status.is_open() && self.expires_at > now
    }

    /// The message has left.
    ///
    /// # Errors
    /// Unless it waits to be sent.
    pub fn send(&self) -> Result<Transition<ContactValidation>, IllegalTransition> {
        if self.status != ContactStatus::New {
            return Err(self.illegal(ContactStatus::Dispatched));
        }
        let kind =
            self.channel().event(EventKind::EmailValidationSent, EventKind::PhoneValidationSent);
        Ok(self.step(ContactStatus::Dispatched, kind))
    }

    /// The right code came.
    ///
    /// # Errors
    /// Unless it is open.
    pub fn validate(
        &self,
        now: Timestamp,
    ) -> Result<Transition<ContactValidation>, IllegalTransition> {
        let kind = self
            .channel()
            .event(EventKind::EmailValidationValidated, EventKind::PhoneValidationValidated);
        let mut step = self.end(ContactStatus::Validated, kind)?;
        step.changes.set(self.channel().keys().validated_at, Some(&now));
        Ok(step)
    }

    /// It could not be sent, or wrong codes came too often.
    ///
    /// # Errors
    /// Unless it is open.
    pub fn fail(&self, reason: &str) -> Result<Transition<ContactValidation>, IllegalTransition> {
        let kind = self
            .channel()
            .event(EventKind::EmailValidationFailed, EventKind::PhoneValidationFailed);
        let mut step = self.end(ContactStatus::Failed, kind)?;
        step.changes.set(self.channel().keys().reason, Some(reason));
        Ok(step)
    }

    /// No right code came in time.
    ///
    /// # Errors
    /// Unless it is open.
    pub fn expire(&self) -> Result<Transition<ContactValidation>, IllegalTransition> {
        let kind = self
            .channel()
            .event(EventKind::EmailValidationExpired, EventKind::PhoneValidationExpired);
        self.end(ContactStatus::Expired, kind)
    }

    fn end(
        &self,
        status: ContactStatus,
        kind: EventKind,
    ) -> Result<Transition<ContactValidation>, IllegalTransition> {
        match self.status.is_open() {
            true => Ok(self.step(status, kind)),
            false => Err(self.illegal(status)),
        }
    }

    fn step(&self, status: ContactStatus, kind: EventKind) -> Transition<ContactValidation> {
        let after = ContactValidation { status, ..self.clone() };
        let mut changes = Record::of(self.channel().resource(), &self.id, &self.client);
        changes.set(self.channel().keys().status, Some(status.word()));
        Transition { from: self.status.word(), after, changes, event: Some(kind) }
    }

    fn illegal(&self, to: ContactStatus) -> IllegalTransition {
        IllegalTransition { from: self.status.word(), to: to.word() }
    }
}

impl StoredRecord for EmailValidation {
    const RESOURCE: &'static Resource = &EMAIL_VALIDATIONS;

    fn read(values: &Values) -> Result<EmailValidation, UnreadableRecord> {
        ContactValidation::read(Channel::Email, values).map(EmailValidation)
    }

    fn id(&self) -> &str {
        &self.0.id
    }
}

impl StoredRecord for PhoneValidation {
    const RESOURCE: &'static Resource = &PHONE_VALIDATIONS;

    fn read(values: &Values) -> Result<PhoneValidation, UnreadableRecord> {
        ContactValidation::read(Channel::Phone, values).map(PhoneValidation)
    }

    fn id(&self) -> &str {
        &self.0.id
    }
}
