//! The keys of a document validation's fields.

use serde_json::Value as Json;
use verax_query::{Key, Resource};

use crate::Timestamp;
use crate::resources::DOCUMENT_VALIDATIONS;

pub const TABLE: &Resource = &DOCUMENT_VALIDATIONS;
pub const ID: Key<str> = Key::text(TABLE, "_id");
pub const CLIENT: Key<str> = Key::text(TABLE, "client");
pub const PROJECT: Key<str> = Key::text(TABLE, "project");
pub const FLOW: Key<str> = Key::text(TABLE, "projectFlow");
pub const REGISTRATION: Key<str> = Key::text(TABLE, "appRegistration");
pub const STATUS: Key<str> = Key::text(TABLE, "status");
pub const KIND: Key<str> = Key::text(TABLE, "type");
pub const METHOD: Key<str> = Key::text(TABLE, "validationMethod");
pub const INPUT: Key<str> = Key::text(TABLE, "inputMethod");
pub const DOCUMENT_TYPE: Key<str> = Key::text(TABLE, "documentType");
pub const CATEGORY: Key<str> = Key::text(TABLE, "documentCategory");
pub const COUNTRY: Key<str> = Key::text(TABLE, "country");
pub const NUMBER: Key<str> = Key::text(TABLE, "documentNumber");
pub const IMAGE_SAVED: Key<bool> = Key::flag(TABLE, "imageSaved");
pub const URL: Key<str> = Key::text(TABLE, "url");
pub const BACK_URL: Key<str> = Key::text(TABLE, "backUrl");
pub const IMAGE_VALIDATED: Key<bool> = Key::flag(TABLE, "imageValidated");
pub const REQUIRES_BACK: Key<bool> = Key::flag(TABLE, "requiresBackSide");
pub const NAMES_MATCH: Key<bool> = Key::flag(TABLE, "namesMatch");
pub const FULL_NAME_MATCH: Key<f64> = Key::number(TABLE, "fullNameMatchPercentage");
pub const FIRST_NAME_MATCH: Key<f64> = Key::number(TABLE, "firstNameMatchPercentage");
pub const LAST_NAME_MATCH: Key<f64> = Key::number(TABLE, "lastNameMatchPercentage");
pub const AGE: Key<str> = Key::text(TABLE, "age");
pub const EXTRACTION: Key<Json> = Key::json(TABLE, "OCRExtraction");
pub const DATA: Key<Json> = Key::json(TABLE, "documentData");
pub const RESULTS: Key<Json> = Key::json(TABLE, "validationResults");
pub const OCR_RESULTS: Key<Json> = Key::json(TABLE, "ocrResults");
pub const FAILURE_REASON: Key<str> = Key::text(TABLE, "failureReason");
pub const MANUAL_VERIFICATION: Key<Json> = Key::json(TABLE, "manualVerification");
pub const NAME_REVIEW: Key<Json> = Key::json(TABLE, "manualNameReview");
pub const CREATED_AT: Key<Timestamp> = Key::time(TABLE, "createdAt");
pub const UPDATED_AT: Key<Timestamp> = Key::time(TABLE, "updatedAt");
pub const COMPLETED_AT: Key<Timestamp> = Key::time(TABLE, "completedAt");
