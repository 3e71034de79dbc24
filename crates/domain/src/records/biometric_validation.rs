//! A check of a face: opened, measured, ended.

use verax_query::{Key, Resource};

use super::project::Project;
use super::{IllegalTransition, StoredRecord, Transition, UnreadableRecord, Values};
use crate::lifecycle::ValidationStep;
use crate::resources::BIOMETRIC_VALIDATIONS;
use crate::{Record, Timestamp};

mod check_result;

pub use check_result::{CheckResult, response_without};

const TABLE: &Resource = &BIOMETRIC_VALIDATIONS;
pub const ID: Key<str> = Key::text(TABLE, "_id");
pub const CLIENT: Key<str> = Key::text(TABLE, "client");
pub const PROJECT: Key<str> = Key::text(TABLE, "project");
pub const FLOW: Key<str> = Key::text(TABLE, "projectFlow");
pub const SESSION: Key<str> = Key::text(TABLE, "livenessSession");
pub const REGISTRATION: Key<str> = Key::text(TABLE, "appRegistration");
pub const STATUS: Key<str> = Key::text(TABLE, "status");
pub const IDENTIFIER: Key<str> = Key::text(TABLE, "identifier");
pub const PURPOSE: Key<str> = Key::text(TABLE, "type");
pub const EXPIRES_AT: Key<Timestamp> = Key::time(TABLE, "expiresAt");
pub const REDIRECT_URL: Key<str> = Key::text(TABLE, "redirectUrl");
pub const WEBHOOK_URL: Key<str> = Key::text(TABLE, "webhookUrl");
pub const REQUIRES_2FA: Key<bool> = Key::flag(TABLE, "requires2FA");
pub const IP_ADDRESS: Key<str> = Key::text(TABLE, "ipAddress");
pub const SEND_VIA_EMAIL: Key<bool> = Key::flag(TABLE, "sendViaEmail");
pub const EMAIL: Key<str> = Key::text(TABLE, "email");
pub const LANGUAGE: Key<str> = Key::text(TABLE, "language");
pub const COLLECTION: Key<str> = Key::text(TABLE, "assignedCollection");
pub const COLLECTION_CODE: Key<str> = Key::text(TABLE, "collectionCode");
pub const IMAGE_SAVED: Key<bool> = Key::flag(TABLE, "imageSaved");
pub const CREATED_AT: Key<Timestamp> = Key::time(TABLE, "createdAt");
pub const UPDATED_AT: Key<Timestamp> = Key::time(TABLE, "updatedAt");
pub const COMPLETED_AT: Key<Timestamp> = Key::time(TABLE, "completedAt");

/// A biometric validation.
#[derive(Clone, Debug, PartialEq)]
pub struct BiometricValidation {
    pub id: String,
    pub client: String,
    /// The session in which its image is taken; a registration's has none.
    pub session: Option<String>,
    pub order: ValidationOrder,
    pub assigned_collection: Option<String>,
    pub collection_code: Option<String>,
    pub image_saved: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub status: ValidationStatus,
}

/// What was asked of a validation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValidationOrder {
    pub project: Option<String>,
    pub flow: Option<String>,
    pub registration: Option<String>,
    /// Who is checked: an address, a number or a name.
    pub identifier: Option<String>,
    pub purpose: Option<Purpose>,
    pub expires_at: Option<Timestamp>,
    pub redirect_url: Option<String>,
    pub webhook_url: Option<String>,
    pub requires_2fa: Option<bool>,
    pub ip_address: Option<String>,
    pub send_via_email: Option<bool>,
    pub email: Option<String>,
    pub language: Option<String>,
}

/// What a validation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Liveness alone.
    Validation,
    Login,
    Onboarding,
    OneTimeLink,
}

/// Where a validation stands, with what only then is there.
#[derive(Clone, Debug, PartialEq)]
pub enum ValidationStatus {
    /// No image has come yet.
    New,
    /// An image is being measured.
    Pending,
    Completed {
        result: CheckResult,
        /// Of an imported one that does not say it: when it last changed.
        completed_at: Timestamp,
    },
    Failed {
        result: CheckResult,
    },
    /// Nobody came in time.
    Expired,
}

impl Purpose {
    pub const ALL: [Purpose; 4] =
        [Purpose::Validation, Purpose::Login, Purpose::Onboarding, Purpose::OneTimeLink];

    pub fn word(self) -> &'static str {
        match self {
            Purpose::Validation => "validation",
            Purpose::Login => "login",
            Purpose::Onboarding => "onboarding",
            Purpose::OneTimeLink => "oneTimeLink",
        }
    }

    pub fn from_word(word: &str) -> Option<Purpose> {
        Purpose::ALL.into_iter().find(|purpose| purpose.word() == word)
    }
}

impl ValidationStatus {
    pub fn word(&self) -> &'static str {
        match self {
            ValidationStatus::New => "new",
            ValidationStatus::Pending => "pending",
            ValidationStatus::Completed { .. } => "completed",
            ValidationStatus::Failed { .. } => "failed",
            ValidationStatus::Expired => "expired",
        }
    }
}

impl ValidationOrder {
    /// What a checked body asks for.
    ///
    /// # Errors
    /// `UnreadableRecord` when its purpose is none.
    pub fn read(values: &Values) -> Result<ValidationOrder, UnreadableRecord> {
        Ok(ValidationOrder {
            project: values.text(PROJECT),
            flow: values.text(FLOW),
            registration: values.text(REGISTRATION),
            identifier: values.text(IDENTIFIER),
            purpose: values.word(PURPOSE, Purpose::from_word)?,
            expires_at: values.time(EXPIRES_AT),
            redirect_url: values.text(REDIRECT_URL),
            webhook_url: values.text(WEBHOOK_URL),
            requires_2fa: values.flag(REQUIRES_2FA),
            ip_address: values.text(IP_ADDRESS),
            send_via_email: values.flag(SEND_VIA_EMAIL),
            email: values.text(EMAIL),
            language: values.text(LANGUAGE),
        })
    }

    fn write(&self, record: &mut Record) {
        record
            .set(PROJECT, self.project.as_deref())
            .set(FLOW, self.flow.as_deref())
            .set(REGISTRATION, self.registration.as_deref())
            .set(IDENTIFIER, self.identifier.as_deref())
            .set(PURPOSE, self.purpose.map(Purpose::word))
            .set(EXPIRES_AT, self.expires_at.as_ref())
            .set(REDIRECT_URL, self.redirect_url.as_deref())
            .set(WEBHOOK_URL, self.webhook_url.as_deref())
            .set(REQUIRES_2FA, self.requires_2fa.as_ref())
            .set(IP_ADDRESS, self.ip_address.as_deref())
            .set(SEND_VIA_EMAIL, self.send_via_email.as_ref())
            .set(EMAIL, self.email.as_deref())
            .set(LANGUAGE, self.language.as_deref());
    }
}

impl StoredRecord for BiometricValidation {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<BiometricValidation, UnreadableRecord> {
        let created_at = values.time(CREATED_AT).unwrap_or(Timestamp(0));
        let updated_at = values.time(UPDATED_AT).unwrap_or(created_at);
        let completed_at = values.time(COMPLETED_AT).unwrap_or(updated_at);
        let result = || CheckResult::read(values);
        let status = values.word(STATUS, |word| {
            Some(match word {
                "new" => ValidationStatus::New,
                "pending" => ValidationStatus::Pending,
                "completed" => ValidationStatus::Completed { result: result(), completed_at },
                "failed" => ValidationStatus::Failed { result: result() },
                "expired" => ValidationStatus::Expired,
                _ => return None,
            })
        })?;
        Ok(BiometricValidation {
            id: values.required(ID, values.text(ID))?,
            client: values.required(CLIENT, values.text(CLIENT))?,
            session: values.text(SESSION),
            order: ValidationOrder::read(values)?,
            assigned_collection: values.text(COLLECTION),
            collection_code: values.text(COLLECTION_CODE),
            image_saved: values.flag(IMAGE_SAVED).unwrap_or(false),
            created_at,
            updated_at,
            status: values.required(STATUS, status)?,
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl BiometricValidation {
    /// A validation that begins now, with what it has of its project.
    pub fn open(
        (id, client): (String, String),
        session: Option<String>,
        order: ValidationOrder,
        project: &Project,
        now: Timestamp,
    ) -> BiometricValidation {
        BiometricValidation {
            id,
            client,
            session,
            order,
            assigned_collection: project.assigned_collection.clone(),
            collection_code: project.collection_code.clone(),
            image_saved: false,
            created_at: now,
            updated_at: now,
            status: ValidationStatus::New,
        }
    }

    pub fn is_for(&self, purpose: Purpose) -> bool {
        self.order.purpose == Some(purpose)
    }

    pub fn is_completed(&self) -> bool {
        matches!(self.status, ValidationStatus::Completed { .. })
    }

    /// An image has come.
    ///
    /// # Errors
    /// Unless it is new.
    pub fn begin(&self, now: Timestamp) -> Result<Transition<Self>, IllegalTransition> {
        self.step(ValidationStep::Begin, ValidationStatus::Pending, now)
    }

    /// The image could not be measured: another may come.
    ///
    /// # Errors
    /// Unless it is being measured.
    pub fn release(&self, now: Timestamp) -> Result<Transition<Self>, IllegalTransition> {
        self.step(ValidationStep::Release, ValidationStatus::New, now)
    }

    /// # Errors
    /// Unless it is being measured.
    pub fn complete(
        &self,
        result: CheckResult,
        now: Timestamp,
    ) -> Result<Transition<Self>, IllegalTransition> {
        let status = ValidationStatus::Completed { result, completed_at: now };
        self.step(ValidationStep::Complete, status, now)
    }

    /// # Errors
    /// Unless it is being measured.
    pub fn fail(
        &self,
        result: CheckResult,
        now: Timestamp,
    ) -> Result<Transition<Self>, IllegalTransition> {
        self.step(ValidationStep::Fail, ValidationStatus::Failed { result }, now)
    }

    fn step(
        &self,
        step: ValidationStep,
        status: ValidationStatus,
        now: Timestamp,
    ) -> Result<Transition<Self>, IllegalTransition> {
        if self.status.word() != step.from() {
            return Err(IllegalTransition { from: self.status.word(), to: step.to() });
        }
        let image_saved = self.image_saved || status.result().is_some_and(|it| it.image_saved);
        let after = BiometricValidation { status, updated_at: now, image_saved, ..self.clone() };
        let mut changes = Record::of(TABLE, &self.id, &self.client);
        after.write_status(&mut changes);
        Ok(Transition { from: step.from(), after, changes, event: Some(step.event()) })
    }

    pub fn to_record(&self) -> Record {
        let mut record = Record::of(TABLE, &self.id, &self.client);
        self.order.write(&mut record);
        record
            .set(SESSION, self.session.as_deref())
            .set(COLLECTION, self.assigned_collection.as_deref())
            .set(COLLECTION_CODE, self.collection_code.as_deref())
            .set(IMAGE_SAVED, self.image_saved.then_some(&true))
            .set(CREATED_AT, Some(&self.created_at));
        self.write_status(&mut record);
        record
    }

    /// The status, what only it has, and when it came.
    fn write_status(&self, record: &mut Record) {
        record.set(STATUS, Some(self.status.word())).set(UPDATED_AT, Some(&self.updated_at));
        if let Some(result) = self.status.result() {
            result.write(record);
        }
        if let ValidationStatus::Completed { completed_at, .. } = &self.status {
            record.set(COMPLETED_AT, Some(completed_at));
        }
    }
}

impl ValidationStatus {
    fn result(&self) -> Option<&CheckResult> {
        match self {
            ValidationStatus::Completed { result, .. } | ValidationStatus::Failed { result } => {
                Some(result)
            }
            _ => None,
        }
    }
}
