//! A person on the way through a flow.

use serde_json::{Map, Value as Json, json};
use verax_query::{Key, Resource};

use super::contact_validation::{Channel, Contact};
use super::project_flow::ProjectFlow;
use super::{StoredRecord, UnreadableRecord, Values};
use crate::contact::{Phone, email_key};
use crate::face_call::MatchCheck;
use crate::face_findings::{DetectedFace, PointPx};
use crate::lifecycle::{
    Actor, DocumentValidationStatus, END, RegistrationStatus, Requirements, SyncRejection, sync,
};
use crate::resources::APP_REGISTRATIONS;
use crate::stored_reading::StatedNames;
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
pub const VALIDATION: Key<str> = Key::text(TABLE, "biometricValidation");
pub const DOCUMENT: Key<str> = Key::text(TABLE, "documentValidation");
const DOCUMENT_LIVENESS: Key<str> = Key::text(TABLE, "documentLiveness");
pub const EMAIL_VALIDATION: Key<str> = Key::text(TABLE, "emailValidation");
pub const PHONE_VALIDATION: Key<str> = Key::text(TABLE, "phoneValidation");
pub const COMPARISON: Key<Json> = Key::json(TABLE, "compareFaceVerification");
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
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub contact: ContactDetails,
    pub language: Option<String>,
    /// Where the person is.
    pub step: Option<String>,
    pub email_validation: Option<String>,
    pub phone_validation: Option<String>,
    /// Whether its face is the one on its document, where both were compared.
    pub is_on_document: Option<bool>,
    /// The face check that it passed.
    pub validation: Option<String>,
    /// The document that was read for it and not rejected.
    pub document: Option<String>,
    /// The newest document check of document-liveness that it passed.
    pub document_liveness: Option<String>,
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

/// The face of a registration compared with the one on its document.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceComparison {
    pub check: MatchCheck,
    pub at: Timestamp,
    /// What made the templates that were compared, with its digest.
    pub model: String,
    /// The edition of the scale from 0 to 1 on which the score and its limit are.
    pub scale: &'static str,
    /// Where the face stands on the image that was taken; `None`: the image is not stored, or nothing could look
    /// for a face on it.
    pub selfie: Option<FacePlace>,
    /// The same of the portrait on the document.
    pub document: Option<FacePlace>,
}

/// A face on the stored image of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct FacePlace {
    /// The name of the record's resource.
    pub resource: &'static str,
    pub record: String,
    /// The upright image's, to which the places are.
    pub width_px: u32,
    pub height_px: u32,
    pub face: DetectedFace,
}

impl FaceComparison {
    /// As the registration keeps it.
    pub fn to_json(&self) -> Json {
        json!({
            "result": {
                "score": self.check.score,
                "passed": self.check.passed(),
                "compare_min_score": self.check.min_score,
            },
            "comparedAt": self.at.to_string(),
            "model": self.model,
            "scale": self.scale,
            "faces": {
                "selfie": self.selfie.as_ref().map(FacePlace::to_json),
                "document": self.document.as_ref().map(FacePlace::to_json),
            },
        })
    }
}

impl FacePlace {
    fn to_json(&self) -> Json {
        let tenths = |pixels: f64| (pixels * 10.0).round() / 10.0;
        let point = |it: PointPx| json!({ "x": tenths(it.x), "y": tenths(it.y) });
        let DetectedFace { origin, width_px, height_px, points, .. } = self.face;
        json!({
            "resource": self.resource,
            "_id": self.record,
            "width": self.width_px,
            "height": self.height_px,
            "box": {
                "x": tenths(origin.x), "y": tenths(origin.y),
                "width": tenths(width_px), "height": tenths(height_px),
            },
            "points": points.map(point),
        })
    }
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

    /// What the address, or the number, is compared by.
    pub fn key_of(&self, channel: Channel) -> Option<String> {
        match channel {
            Channel::Email => self.email_key(),
            Channel::Phone => self.phone_key(),
        }
    }

    /// Whether a code to this contact proves the address, or the number.
    pub fn is(&self, contact: &Contact) -> bool {
        match contact {
            Contact::Email(email) => {
                let typed = ContactDetails { email: Some(email.clone()), ..Default::default() };
                self.has_email_of(&typed)
            }
            Contact::Phone(phone, _) => self.phone_key().as_deref() == Some(&phone.key()),
        }
    }

    /// Whether both say one address: as it was typed, but for the case of ASCII letters. Others that are
    /// compared alike may be another mailbox's.
    pub fn has_email_of(&self, other: &ContactDetails) -> bool {
        match (&self.email, &other.email) {
            (Some(one), Some(other)) => one.trim().eq_ignore_ascii_case(other.trim()),
            (one, other) => one == other,
        }
    }

    /// Whether both say one number, as it was typed but for what is written between its digits.
    pub fn has_phone_of(&self, other: &ContactDetails) -> bool {
        let number_of = |it: &ContactDetails| {
            let (code, number) = (it.country_code.clone(), it.phone.clone());
            let whole = code.as_ref().zip(number.as_ref());
            whole.and_then(|(code, number)| Phone::new(code, number).ok()).ok_or((code, number))
        };
        number_of(self) == number_of(other)
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
            first_name: values.text(FIRST_NAME),
            last_name: values.text(LAST_NAME),
            contact: ContactDetails::read(values),
            language: values.text(LANGUAGE),
            step: values.text(CURRENT_STEP),
            email_validation: values.text(EMAIL_VALIDATION),
            phone_validation: values.text(PHONE_VALIDATION),
            is_on_document: values.json(COMPARISON).and_then(|it| it["result"]["passed"].as_bool()),
            validation: values.text(VALIDATION),
            document: values.text(DOCUMENT),
            document_liveness: values.text(DOCUMENT_LIVENESS),
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

    /// The names that the person stated.
    pub fn names(&self) -> StatedNames {
        StatedNames {
            full: self.full_name.clone(),
            first: self.first_name.clone(),
            last: self.last_name.clone(),
        }
    }

    /// The status after a step. `document`: where the document stands that was read for it, if one was.
    ///
    /// # Errors
    /// Why the step is not taken.
    pub fn sync(
        &self,
        step: &str,
        wanted: Option<RegistrationStatus>,
        actor: Actor,
        flow: &ProjectFlow,
        document: Option<DocumentValidationStatus>,
    ) -> Result<RegistrationStatus, SyncRejection> {
        let before = self.status.ok_or(SyncRejection::Over)?;
        // Checks of a face that is not the one on the document are of two people.
        let requirements = match self.is_on_document {
            Some(false) if step == END => Requirements::Unmet,
            _ => self.demands(flow, document),
        };
        sync(before, step, wanted, actor, requirements)
    }

    /// Whether a person has said before that nothing more is asked.
    pub fn has_ended(&self) -> bool {
        !self.is_open() && self.step.as_deref() == Some(END)
    }

    /// Whether all is there that the flow demands, and something was passed. `document` as in
    /// [`AppRegistration::sync`].
    pub fn meets(&self, flow: &ProjectFlow, document: Option<DocumentValidationStatus>) -> bool {
        self.is_on_document != Some(false) && self.demands(flow, document) == Requirements::Met
    }

    /// What of the checks that the flow calls mandatory is there.
    fn demands(
        &self,
        flow: &ProjectFlow,
        document: Option<DocumentValidationStatus>,
    ) -> Requirements {
        let face = self.validation.is_some();
        let document = match document {
            Some(status) => status.is_accepted(),
            // An image that shows a real document says nothing of what stands on it.
            None => self.document_liveness.is_some() && !flow.reading.is_demanded(),
        };
        // It says which only from when the code came back.
        let email_is_missing = flow.requires_email && self.email_validation.is_none();
        let phone_is_missing = flow.requires_phone && self.phone_validation.is_none();
        let check_is_missing =
            flow.requires_liveness() && !face || flow.requires_document() && !document;
        if check_is_missing || email_is_missing || phone_is_missing {
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
