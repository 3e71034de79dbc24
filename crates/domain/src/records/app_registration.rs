//! A person on the way through a flow.

use serde_json::{Map, Value as Json, json};
use verax_query::{Key, Resource};

use super::project_flow::ProjectFlow;
use super::{StoredRecord, UnreadableRecord, Values};
use crate::contact::{Phone, email_key};
use crate::lifecycle::{Actor, RegistrationStatus, Requirements, SyncRejection, sync};
use crate::resources::APP_REGISTRATIONS;
use crate::{Record, Timestamp};

const TABLE: &Resource = &APP_REGISTRATIONS;
const ID: Key<str> = Key::text(TABLE, "_id");
const CLIENT: Key<str> = Key::text(TABLE, "client");
pub const PROJECT: Key<str> = Key::text(TABLE, "project");
pub const FLOW: Key<str> = Key::text(TABLE, "projectFlow");
pub const STATUS: Key<str> = Key::text(TABLE, "status");
pub const FULL_NAME: Key<str> = Key::text(TABLE, "fullName");
pub const FIRST_NAME: Key<str> = Key::text(TABLE, "firstName");
pub const LAST_NAME: Key<str> = Key::text(TABLE, "lastName");
pub const EMAIL: Key<str> = Key::text(TABLE, "email");
pub const PHONE: Key<str> = Key::text(TABLE, "phone");
pub const COUNTRY_CODE: Key<str> = Key::text(TABLE, "countryCode");
const LANGUAGE: Key<str> = Key::text(TABLE, "language");
pub const CURRENT_STEP: Key<str> = Key::text(TABLE, "currentStep");
const VALIDATION: Key<str> = Key::text(TABLE, "biometricValidation");
const DOCUMENT: Key<str> = Key::text(TABLE, "documentValidation");
pub const PERSON: Key<str> = Key::text(TABLE, "person");
const COLLECTION: Key<str> = Key::text(TABLE, "assignedCollection");
const REVIEW_LOG: Key<Json> = Key::json(TABLE, "manualReviewLog");

const LANGUAGE_DEFAULT: &str = "en";
const FIRST_STEP: &str = "1";

/// An app registration.
#[derive(Clone, Debug, PartialEq)]
pub struct AppRegistration {
    pub id: String,
    pub client: String,
    pub project: Option<String>,
    pub flow: Option<String>,
    /// `None`: an imported one's, in another system's word. It is over.
    pub status: Option<RegistrationStatus>,
    pub full_name: Option<String>,
    pub contact: ContactDetails,
    pub language: Option<String>,
    /// The face check that it passed.
    pub validation: Option<String>,
    /// The newest document check that it passed.
    pub document: Option<String>,
    /// Who was enrolled by it.
    pub person: Option<String>,
    review_log: Vec<Json>,
}

/// The address and the number of somebody, as they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactDetails {
    pub email: Option<String>,
    pub phone: Option<String>,
    pub country_code: Option<String>,
}

/// Who has reviewed a registration: the id of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reviewer {
    Staff(String),
    Client(String),
}

/// What a reviewer has decided.
#[derive(Clone, Copy, Debug)]
pub struct Review<'a> {
    pub after: RegistrationStatus,
    pub note: Option<&'a str>,
    pub by: &'a Reviewer,
}

impl ContactDetails {
    /// What a record, or a checked body, says.
    pub fn read(values: &Values) -> ContactDetails {
        ContactDetails {
            email: values.text(EMAIL),
            phone: values.text(PHONE),
            country_code: values.text(COUNTRY_CODE),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == ContactDetails::default()
    }

    /// What addresses are compared by.
    pub fn email_key(&self) -> Option<String> {
        self.email.as_deref().map(email_key)
    }

    /// What numbers are compared by; `None` also for one that is no number.
    pub fn phone_key(&self) -> Option<String> {
        let (code, number) = self.country_code.as_ref().zip(self.phone.as_ref())?;
        Phone::new(code, number).ok().map(|phone| phone.key())
    }

    /// Under which a check names whoever this is: the address, or else the number.
    pub fn identifier(&self) -> Option<String> {
        let number = || {
            let parts = [self.country_code.as_deref(), self.phone.as_deref()];
            parts.into_iter().flatten().collect::<String>()
        };
        Some(self.email.clone().unwrap_or_else(number)).filter(|it| !it.is_empty())
    }
}

impl StoredRecord for AppRegistration {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<AppRegistration, UnreadableRecord> {
        let review_log = match values.json(REVIEW_LOG) {
            Some(Json::Array(log)) => log,
            _ => Vec::new(),
        };
        // What an import left open has not begun.
        let status = values
            .text(STATUS)
            .map_or(Some(RegistrationStatus::Started), |word| RegistrationStatus::from_word(&word));
        Ok(AppRegistration {
            id: values.required(ID, values.text(ID))?,
            client: values.required(CLIENT, values.text(CLIENT))?,
            project: values.text(PROJECT),
            flow: values.text(FLOW),
            status,
            full_name: values.text(FULL_NAME),
            contact: ContactDetails::read(values),
            language: values.text(LANGUAGE),
            validation: values.text(VALIDATION),
            document: values.text(DOCUMENT),
            person: values.text(PERSON),
            review_log,
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl AppRegistration {
    /// Adds what a new registration has beside what its body says: it has just started. `collection` is
    /// its project's.
    pub fn begin(record: &mut Record, collection: Option<&str>) {
        let values = record.to_values();
        let names = [values.text(FIRST_NAME), values.text(LAST_NAME)];
        let whole = names.map(Option::unwrap_or_default).join(" ");
        if !whole.trim().is_empty() {
            record.set_absent(FULL_NAME, whole.trim());
        }
        record
            .set_absent(LANGUAGE, LANGUAGE_DEFAULT)
            .set(STATUS, Some(RegistrationStatus::Started.word()))
            .set(CURRENT_STEP, Some(FIRST_STEP))
            .set(COLLECTION, collection);
    }

    /// Whether the person is still on the way.
    pub fn is_open(&self) -> bool {
        self.status.is_some_and(RegistrationStatus::is_open)
    }

    /// The status after a step.
    ///
    /// # Errors
    /// Why the step is not taken.
    pub fn sync(
        &self,
        step: &str,
        wanted: Option<RegistrationStatus>,
        actor: Actor,
        flow: &ProjectFlow,
    ) -> Result<RegistrationStatus, SyncRejection> {
        let before = self.status.ok_or(SyncRejection::Over)?;
        sync(before, step, wanted, actor, self.demands(flow))
    }

    /// What of the checks that the flow calls mandatory is there.
    fn demands(&self, flow: &ProjectFlow) -> Requirements {
        let (face, document) = (self.validation.is_some(), self.document.is_some());
        if flow.requires_liveness() && !face || flow.requires_document() && !document {
            Requirements::Unmet
        } else if face || document {
            Requirements::Met
        } else {
            Requirements::NothingPassed
        }
    }

    /// The log of reviews with this one, as JSON text.
    pub fn reviewed(&self, review: Review<'_>, now: Timestamp) -> String {
        let (by, who) = match review.by {
            Reviewer::Staff(who) => ("reviewedByStaff", who),
            Reviewer::Client(who) => ("reviewedByClient", who),
        };
        let before = self.status.map(RegistrationStatus::word);
        let mut log = self.review_log.clone();
        log.push(json!({
            "previousStatus": before,
            "newStatus": review.after.word(),
            "note": review.note,
            by: who,
            "createdAt": now.to_string(),
        }));
        Json::from(log).to_string()
    }

    /// What is told of a registration to who may know that it exists: as it is shown populated.
    pub fn summary(&self) -> Json {
        let mut shown = Map::new();
        for (key, value) in [
            (ID, Some(&self.id)),
            (FULL_NAME, self.full_name.as_ref()),
            (EMAIL, self.contact.email.as_ref()),
        ] {
            shown.insert(key.field().name.to_owned(), json!(value));
        }
        let status = self.status.map(RegistrationStatus::word);
        shown.insert(STATUS.field().name.to_owned(), json!(status));
        Json::Object(shown)
    }
}
