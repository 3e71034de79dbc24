//! A person who came in.

use verax_query::{Key, Resource};

use super::biometric_validation::BiometricValidation;
use super::contact_validation::{Channel, ContactValidation};
use super::{StoredRecord, Transition, UnreadableRecord, Values};
use crate::events::EventKind;
use crate::resources::APP_LOGINS;
use crate::{Record, Timestamp};

const TABLE: &Resource = &APP_LOGINS;
const ID: Key<str> = Key::text(TABLE, "_id");
const CLIENT: Key<str> = Key::text(TABLE, "client");
const NAME: Key<str> = Key::text(TABLE, "name");
const STATUS: Key<str> = Key::text(TABLE, "status");
const PROJECT: Key<str> = Key::text(TABLE, "project");
const FLOW: Key<str> = Key::text(TABLE, "projectFlow");
const METHOD: Key<str> = Key::text(TABLE, "type");
const VALIDATION: Key<str> = Key::text(TABLE, "biometricValidation");
const EMAIL_VALIDATION: Key<str> = Key::text(TABLE, "emailValidation");
const PHONE_VALIDATION: Key<str> = Key::text(TABLE, "phoneValidation");
const REGISTRATION: Key<str> = Key::text(TABLE, "appRegistration");
const PERSON: Key<str> = Key::text(TABLE, "person");
const CREATED_AT: Key<Timestamp> = Key::time(TABLE, "createdAt");
const UPDATED_AT: Key<Timestamp> = Key::time(TABLE, "updatedAt");

/// What a person came in by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginMethod {
    Face,
    /// With the id of the validation of the contact.
    Contact(Channel, String),
    /// Another system's word.
    Foreign,
}

/// An app login.
#[derive(Clone, Debug, PartialEq)]
pub struct AppLogin {
    pub id: String,
    pub client: String,
    /// As the validation named the person.
    pub name: Option<String>,
    pub project: Option<String>,
    pub flow: Option<String>,
    pub method: LoginMethod,
    /// The face check that it is of, or that is its second factor.
    pub validation: Option<String>,
    /// Who was recognised; of a login by email or phone nobody was.
    pub person: Option<String>,
    /// Whose contact was validated.
    pub registration: Option<String>,
    pub status: LoginStatus,
}

/// Whether the person is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginStatus {
    /// A second factor is asked for.
    Pending,
    Completed,
    Failed,
}

impl LoginStatus {
    const ALL: [LoginStatus; 3] =
        [LoginStatus::Pending, LoginStatus::Completed, LoginStatus::Failed];

    pub fn word(self) -> &'static str {
        match self {
            LoginStatus::Pending => "pending",
            LoginStatus::Completed => "completed",
            LoginStatus::Failed => "failed",
        }
    }

    /// The event of a login that comes to stand here.
    pub fn event(self) -> EventKind {
        match self {
            LoginStatus::Pending => EventKind::LoginPending,
            LoginStatus::Completed => EventKind::LoginCompleted,
            LoginStatus::Failed => EventKind::LoginFailed,
        }
    }

    fn from_word(word: &str) -> Option<LoginStatus> {
        LoginStatus::ALL.into_iter().find(|status| status.word() == word)
    }
}

impl LoginMethod {
    fn read(values: &Values) -> LoginMethod {
        let contact = |channel: Channel, key| {
            values.text(key).map_or(LoginMethod::Foreign, |id| LoginMethod::Contact(channel, id))
        };
        match values.text(METHOD).as_deref() {
            Some("faceLiveness") => LoginMethod::Face,
            Some("email") => contact(Channel::Email, EMAIL_VALIDATION),
            Some("phone") => contact(Channel::Phone, PHONE_VALIDATION),
            _ => LoginMethod::Foreign,
        }
    }

    fn word(&self) -> Option<&'static str> {
        match self {
            LoginMethod::Face => Some("faceLiveness"),
            LoginMethod::Contact(Channel::Email, _) => Some("email"),
            LoginMethod::Contact(Channel::Phone, _) => Some("phone"),
            LoginMethod::Foreign => None,
        }
    }

    /// The id of the validation of the contact, if it was of this channel.
    pub fn validation(&self, channel: Channel) -> Option<&str> {
        match self {
            LoginMethod::Contact(of, id) if *of == channel => Some(id),
            _ => None,
        }
    }
}

impl StoredRecord for AppLogin {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<AppLogin, UnreadableRecord> {
        Ok(AppLogin {
            id: values.required(ID, values.text(ID))?,
            client: values.required(CLIENT, values.text(CLIENT))?,
            name: values.text(NAME),
            project: values.text(PROJECT),
            flow: values.text(FLOW),
            method: LoginMethod::read(values),
            validation: values.text(VALIDATION),
            person: values.text(PERSON),
            registration: values.text(REGISTRATION),
            // An imported one that does not say it has not come to its end.
            status: values.word(STATUS, LoginStatus::from_word)?.unwrap_or(LoginStatus::Pending),
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl AppLogin {
    /// The login that a face has made: it is completed as soon as it is there.
    pub fn by_face(id: String, passed: &BiometricValidation, person: Option<String>) -> AppLogin {
        AppLogin {
            id,
            client: passed.client.clone(),
            name: passed.order.identifier.clone(),
            project: passed.order.project.clone(),
            flow: passed.order.flow.clone(),
            method: LoginMethod::Face,
            validation: Some(passed.id.clone()),
            person,
            registration: None,
            status: LoginStatus::Completed,
        }
    }

    /// The login that a validated contact has made. It is pending where the face is asked for besides.
    pub fn by_contact(
        id: String,
        validated: &ContactValidation,
        registration: Option<String>,
        requires_2fa: bool,
    ) -> AppLogin {
        AppLogin {
            id,
            client: validated.client.clone(),
            name: Some(validated.contact.identifier()),
            project: validated.project.clone(),
            flow: validated.flow.clone(),
            method: LoginMethod::Contact(validated.channel(), validated.id.clone()),
            validation: None,
            person: None,
            registration,
            status: if requires_2fa { LoginStatus::Pending } else { LoginStatus::Completed },
        }
    }

    /// The record of a login that is made now.
    pub fn to_record(&self, now: Timestamp) -> Record {
        let mut record = Record::of(TABLE, &self.id, &self.client);
        record
            .set(NAME, self.name.as_deref())
            .set(STATUS, Some(self.status.word()))
            .set(PROJECT, self.project.as_deref())
            .set(FLOW, self.flow.as_deref())
            .set(METHOD, self.method.word())
            .set(EMAIL_VALIDATION, self.method.validation(Channel::Email))
            .set(PHONE_VALIDATION, self.method.validation(Channel::Phone))
            .set(REGISTRATION, self.registration.as_deref())
            .set(VALIDATION, self.validation.as_deref())
            .set(PERSON, self.person.as_deref())
            .set(CREATED_AT, Some(&now))
            .set(UPDATED_AT, Some(&now));
        record
    }

    /// Whether no second factor is asked for any more: of a login by a code, once it is completed. One by face
    /// may be asked for another face check at any time.
    pub fn is_over(&self) -> bool {
        let is_by_code = matches!(self.method, LoginMethod::Contact(..));
        is_by_code && self.status == LoginStatus::Completed
    }

    /// A second factor is asked for: this validation.
    pub fn ask_second_factor(&self, validation: &str) -> Transition<AppLogin> {
        let mut step = self.step(LoginStatus::Pending);
        step.after.validation = Some(validation.to_owned());
        step.changes.set(VALIDATION, Some(validation));
        step
    }

    /// The second factor was passed, by this person if one was compared with.
    pub fn second_factor_passed(&self, person: Option<&str>) -> Transition<AppLogin> {
        let mut step = self.step(LoginStatus::Completed);
        if let Some(person) = person {
            step.after.person = Some(person.to_owned());
        }
        step.changes.set(PERSON, person);
        step
    }

    /// The second factor was not passed.
    pub fn second_factor_failed(&self) -> Transition<AppLogin> {
        self.step(LoginStatus::Failed)
    }

    /// A second factor may come in any status; it is of the login as it was read.
    fn step(&self, status: LoginStatus) -> Transition<AppLogin> {
        let mut changes = Record::of(TABLE, &self.id, &self.client);
        changes.set(STATUS, Some(status.word()));
        let after = AppLogin { status, ..self.clone() };
        let event = Some(status.event());
        Transition { from: self.status.word(), after, changes, event }
    }
}
