//! An identity document that was read, or is being read.

mod forms;
mod keys;

use serde_json::json;
use verax_query::Resource;

pub use self::forms::{ReadDocument, detected_type, is_extracted};
use self::keys::{
    BACK_URL, CLIENT, COMPLETED_AT, CREATED_AT, DOCUMENT_TYPE, FAILURE_REASON, FLOW, ID, INPUT,
    KIND, MANUAL_VERIFICATION, METHOD, NAME_REVIEW, NAMES_MATCH, PROJECT, REQUIRES_BACK, STATUS,
    TABLE, UPDATED_AT, URL,
};
pub use self::keys::{IMAGE_SAVED, REGISTRATION};
use super::document_check::StoredImage;
use super::{IllegalTransition, StoredRecord, Transition, UnreadableRecord, Values};
use crate::document_reading::DocumentSide;
use crate::events::EventKind;
use crate::lifecycle::DocumentValidationStatus;
use crate::resources::DOCUMENT_VALIDATIONS;
use crate::{Record, Timestamp};

/// A document validation.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentValidation {
    pub id: String,
    pub client: String,
    pub project: Option<String>,
    pub flow: Option<String>,
    pub registration: Option<String>,
    pub status: DocumentValidationStatus,
    pub image: StoredImage,
    /// Whether the image of the back is stored too.
    pub has_back_image: bool,
    /// Whether the front was read and the back is waited for.
    pub requires_back_side: bool,
    /// As it was asked for, or recognised.
    pub document_type: Option<String>,
    /// Whether it was read for a page that shows what the server can do.
    pub is_demo: bool,
    /// When it was read to its end.
    pub completed_at: Option<Timestamp>,
}

/// What a document is read for, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadingPurpose {
    /// A person on the way through a flow shows it.
    Registration,
    ScanPrompt,
    ScanStudio,
    ScanAgent,
    /// A page that shows what the server can do.
    Demo,
}

/// Where an image comes from, as its sender says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputMethod {
    Camera,
    FileUpload,
    #[default]
    NotSet,
}

/// Whose document is read, and for what.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadingOrder {
    pub purpose: ReadingPurpose,
    pub input: InputMethod,
    pub project: Option<String>,
    pub flow: Option<String>,
    pub registration: Option<String>,
    /// In the caller's words: it stays what the document is called.
    pub document_type: Option<String>,
}

/// Why a person asks for a reviewer, as their page says it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ManualRequest {
    pub reason: Option<String>,
    pub timeout_type: Option<String>,
    /// In the page's unit.
    pub elapsed_time: Option<f64>,
}

/// What a reviewer has said of the names.
#[derive(Clone, Debug, PartialEq)]
pub struct NameReview {
    pub are_same: bool,
    pub note: Option<String>,
    /// The id of a client.
    pub by: String,
}

/// The type of what a page that shows what the server can do has had read.
const DEMO: &str = "demo";

impl ReadingPurpose {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            ReadingPurpose::Registration => ("signup", "OCR"),
            ReadingPurpose::ScanPrompt => ("ocr", "SCAN_PROMPT"),
            ReadingPurpose::ScanStudio => ("ocr", "SCAN_STUDIO"),
            ReadingPurpose::ScanAgent => ("ocr", "SCAN_AGENT"),
            ReadingPurpose::Demo => (DEMO, "OCR"),
        }
    }
}

impl InputMethod {
    pub const WORDS: [&str; 3] = ["CAMERA", "FILE_UPLOAD", "NOT_SET"];

    pub fn word(self) -> &'static str {
        match self {
            InputMethod::Camera => "CAMERA",
            InputMethod::FileUpload => "FILE_UPLOAD",
            InputMethod::NotSet => "NOT_SET",
        }
    }

    pub fn from_word(word: &str) -> InputMethod {
        let all = [InputMethod::Camera, InputMethod::FileUpload];
        all.into_iter().find(|it| it.word() == word).unwrap_or_default()
    }
}

impl StoredRecord for DocumentValidation {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<DocumentValidation, UnreadableRecord> {
        let id = values.required(ID, values.text(ID))?;
        let status = values.word(STATUS, DocumentValidationStatus::from_word)?;
        let image = match (values.flag(IMAGE_SAVED), values.text(URL), values.text(BACK_URL)) {
            (Some(true), url, back)
                if url.as_ref() == Some(&image_path(&id, DocumentSide::Front))
                    || back.as_ref() == Some(&image_path(&id, DocumentSide::Back)) =>
            {
                StoredImage::Here
            }
            (Some(true), ..) => StoredImage::Elsewhere,
            _ => StoredImage::NotStored,
        };
        let back = values.text(BACK_URL) == Some(image_path(&id, DocumentSide::Back));
        Ok(DocumentValidation {
            client: values.required(CLIENT, values.text(CLIENT))?,
            project: values.text(PROJECT),
            flow: values.text(FLOW),
            registration: values.text(REGISTRATION),
            status: values.required(STATUS, status)?,
            has_back_image: image == StoredImage::Here && back,
            image,
            requires_back_side: values.flag(REQUIRES_BACK).unwrap_or(false),
            document_type: values.text(DOCUMENT_TYPE),
            is_demo: values.text(KIND).as_deref() == Some(DEMO),
            completed_at: values.time(COMPLETED_AT),
            id,
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl DocumentValidation {
    /// One that begins: its image is about to be read.
    pub fn open(id: String, client: String, order: &ReadingOrder) -> DocumentValidation {
        DocumentValidation {
            id,
            client,
            project: order.project.clone(),
            flow: order.flow.clone(),
            registration: order.registration.clone(),
            status: DocumentValidationStatus::Assessing,
            image: StoredImage::NotStored,
            has_back_image: false,
            requires_back_side: false,
            document_type: order.document_type.clone(),
            is_demo: order.purpose == ReadingPurpose::Demo,
            completed_at: None,
        }
    }

    /// The record of one that begins now.
    pub fn to_record(&self, order: &ReadingOrder, now: Timestamp) -> Record {
        let (kind, method) = order.purpose.words();
        let mut record = Record::of(TABLE, &self.id, &self.client);
        record
            .set(PROJECT, self.project.as_deref())
            .set(FLOW, self.flow.as_deref())
            .set(REGISTRATION, self.registration.as_deref())
            .set(STATUS, Some(self.status.word()))
            .set(KIND, Some(kind))
            .set(METHOD, Some(method))
            .set(INPUT, Some(order.input.word()))
            .set(DOCUMENT_TYPE, self.document_type.as_deref())
            .set(IMAGE_SAVED, Some(&false))
            .set(CREATED_AT, Some(&now))
            .set(UPDATED_AT, Some(&now));
        record
    }

    /// Whether its back may still come: the front was read, and says too little.
    pub fn awaits_back(&self) -> bool {
        self.status == DocumentValidationStatus::Assessing && self.requires_back_side
    }

    /// The front was read, and the back is waited for.
    ///
    /// # Errors
    /// Unless it is being read.
    pub fn await_back(
        &self,
        read: &ReadDocument<'_>,
        now: Timestamp,
    ) -> Result<Transition<DocumentValidation>, IllegalTransition> {
        if self.status != DocumentValidationStatus::Assessing {
            return Err(self.illegal(DocumentValidationStatus::Assessing));
        }
        let mut step = self.same(now);
        step.after.requires_back_side = true;
        step.changes.set(REQUIRES_BACK, Some(&true));
        self.store_images(&mut step, read);
        read.write(&mut step.changes);
        Ok(step)
    }

    /// It was read, or is judged again: the record says what was found, and comes to what the verdict says. The
    /// images are where `read` says.
    ///
    /// # Errors
    /// Its status does not allow it.
    pub fn judge(
        &self,
        read: &ReadDocument<'_>,
        now: Timestamp,
    ) -> Result<Transition<DocumentValidation>, IllegalTransition> {
        let status = read.status();
        let mut step = if status == self.status { self.same(now) } else { self.step(status, now)? };
        step.after.requires_back_side = false;
        step.after.completed_at = Some(self.completed_at.unwrap_or(now));
        step.changes
            .set(REQUIRES_BACK, Some(&false))
            .set(COMPLETED_AT, step.after.completed_at.as_ref());
        self.store_images(&mut step, read);
        read.write(&mut step.changes);
        Ok(step)
    }

    /// It could not be read, or was not read to its end.
    ///
    /// # Errors
    /// Unless it is being read.
    pub fn fail(
        &self,
        reason: &str,
        now: Timestamp,
    ) -> Result<Transition<DocumentValidation>, IllegalTransition> {
        if self.status != DocumentValidationStatus::Assessing {
            return Err(self.illegal(DocumentValidationStatus::Failed));
        }
        let mut step = self.step(DocumentValidationStatus::Failed, now)?;
        step.after.requires_back_side = false;
        step.after.completed_at = Some(now);
        step.after.image = StoredImage::NotStored;
        step.changes
            .set(FAILURE_REASON, Some(reason))
            .set(REQUIRES_BACK, Some(&false))
            .set(IMAGE_SAVED, Some(&false))
            .set(COMPLETED_AT, Some(&now));
        Ok(step)
    }

    /// A reviewer is asked for.
    ///
    /// # Errors
    /// One is asked for already.
    pub fn ask_for_review(
        &self,
        request: &ManualRequest,
        now: Timestamp,
    ) -> Result<Transition<DocumentValidation>, IllegalTransition> {
        let mut step = self.step(DocumentValidationStatus::NeedsManualVerification, now)?;
        step.after.requires_back_side = false;
        step.after.completed_at = Some(self.completed_at.unwrap_or(now));
        step.changes.set(COMPLETED_AT, step.after.completed_at.as_ref());
        let asked = json!({
            "reason": request.reason,
            "timeoutType": request.timeout_type,
            "elapsedTime": request.elapsed_time,
            "requestedAt": now.to_string(),
        });
        step.changes.set(MANUAL_VERIFICATION, Some(&asked)).set(REQUIRES_BACK, Some(&false));
        Ok(step)
    }

    /// What a reviewer has said of the names, beside what is judged of it.
    pub fn add_name_review(changes: &mut Record, review: &NameReview, now: Timestamp) {
        let stated = json!({
            "namesMatch": review.are_same,
            "note": review.note,
            "reviewedByClient": review.by,
            "createdAt": now.to_string(),
        });
        changes.set(NAME_REVIEW, Some(&stated)).set(NAMES_MATCH, Some(&review.are_same));
    }

    /// The document is called otherwise.
    pub fn rename(&self, document_type: &str) -> Record {
        let mut changes = Record::of(TABLE, &self.id, &self.client);
        changes.set(DOCUMENT_TYPE, Some(document_type));
        changes
    }

    fn store_images(&self, step: &mut Transition<DocumentValidation>, read: &ReadDocument<'_>) {
        let front = read.stores_front.then(|| image_path(&self.id, DocumentSide::Front));
        let back = read.stores_back.then(|| image_path(&self.id, DocumentSide::Back));
        if front.is_some() || back.is_some() {
            step.after.image = StoredImage::Here;
            step.after.has_back_image = back.is_some() || self.has_back_image;
            step.changes.set(IMAGE_SAVED, Some(&true));
        }
        step.changes.set(URL, front.as_deref()).set(BACK_URL, back.as_deref());
    }

    fn step(
        &self,
        status: DocumentValidationStatus,
        now: Timestamp,
    ) -> Result<Transition<DocumentValidation>, IllegalTransition> {
        if !self.status.may_become(status) {
            return Err(self.illegal(status));
        }
        let mut step = self.same(now);
        step.after.status = status;
        step.changes.set(STATUS, Some(status.word()));
        Ok(Transition { event: Some(status.event()), ..step })
    }

    /// Something else is said of it, in the same status.
    fn same(&self, now: Timestamp) -> Transition<DocumentValidation> {
        let mut changes = Record::of(TABLE, &self.id, &self.client);
        changes.set(UPDATED_AT, Some(&now));
        let event = Some(EventKind::DocumentValidationUpdated);
        Transition { from: self.status.word(), after: self.clone(), changes, event }
    }

    fn illegal(&self, to: DocumentValidationStatus) -> IllegalTransition {
        IllegalTransition { from: self.status.word(), to: to.word() }
    }
}

/// The path at which a stored image is served, and by which the record knows it.
pub fn image_path(id: &str, side: DocumentSide) -> String {
    let what = match side {
        DocumentSide::Front => "image",
        DocumentSide::Back => "back-image",
    };
    format!("/v2/{}/{id}/{what}", DOCUMENT_VALIDATIONS.name)
}
