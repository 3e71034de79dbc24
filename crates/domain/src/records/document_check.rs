//! A check of a photographed document: its record before, while and after it is made.

use serde::Serialize;
use serde_json::{Value as Json, json};
use verax_query::{Key, Resource};

use super::{IllegalTransition, StoredRecord, Transition, UnreadableRecord, Values};
use crate::document_check::PerCheck;
use crate::document_findings::DocumentFindings;
use crate::document_verdict::{
    Calibration, ColourlessRule, ConfidenceLimit, CroppedRule, DocumentPolicy, DocumentVerdict,
    is_colour_checked,
};
use crate::events::EventKind;
use crate::resources::DOCUMENT_LIVENESS;
use crate::{Record, Timestamp};

const TABLE: &Resource = &DOCUMENT_LIVENESS;
const ID: Key<str> = Key::text(TABLE, "_id");
const CLIENT: Key<str> = Key::text(TABLE, "client");
pub const REGISTRATION: Key<str> = Key::text(TABLE, "appRegistration");
pub const STATUS: Key<str> = Key::text(TABLE, "status");
pub const IMAGE_SAVED: Key<bool> = Key::flag(TABLE, "imageSaved");
const IMAGE_URL: Key<str> = Key::text(TABLE, "imageUrl");
const RESULTS: Key<Json> = Key::json(TABLE, "validationResults");
const CALIBRATIONS: Key<Json> = Key::json(TABLE, "calibrationSettings");
const FLAGS: Key<Json> = Key::json(TABLE, "validationFlags");
const RISK_SCORE: Key<f64> = Key::number(TABLE, "riskScore");
const CONFIDENCE: Key<f64> = Key::number(TABLE, "confidence");
const FAILURE_REASON: Key<str> = Key::text(TABLE, "failureReason");
const CREATED_AT: Key<Timestamp> = Key::time(TABLE, "createdAt");
const UPDATED_AT: Key<Timestamp> = Key::time(TABLE, "updatedAt");
const COMPLETED_AT: Key<Timestamp> = Key::time(TABLE, "completedAt");

/// The status of a check that was made.
pub const COMPLETED: &str = "completed";

/// The record of a document check.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentCheckRecord {
    pub id: String,
    pub client: String,
    pub registration: Option<String>,
    pub image: StoredImage,
    /// Which checks it has results of.
    pub made: PerCheck<bool>,
    pub status: DocumentStatus,
}

/// Where the image of a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredImage {
    NotStored,
    /// In the vault of this server.
    Here,
    /// An imported record's, on another server.
    Elsewhere,
}

/// Where a document check stands, with what only then is there.
#[derive(Clone, Debug, PartialEq)]
pub enum DocumentStatus {
    New,
    Processing,
    Completed {
        /// 0 (none) ..= 1.
        risk_score: Option<f64>,
        /// Of an imported one that does not say it: when it last changed.
        completed_at: Timestamp,
    },
    Failed {
        reason: Option<String>,
    },
}

/// What was asked of a document check, as its record says it.
#[derive(Clone, Copy, Debug)]
pub struct DocumentSettings {
    pub calibrations: PerCheck<Calibration>,
    pub cropped: CroppedRule,
    pub colourless: ColourlessRule,
}

/// What was found on a document, and by which rules it was judged.
#[derive(Clone, Copy, Debug)]
pub struct DocumentOutcome<'a> {
    pub rules: &'a DocumentPolicy,
    pub findings: &'a DocumentFindings,
    pub verdict: &'a DocumentVerdict,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ValidationFlags {
    ignore_document_cropped_validation: bool,
    ignore_colour_less_validation: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_cropped_validation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    colour_less_validation: Option<&'static str>,
    /// Once it was judged: what lowers its confidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence_limits: Option<Vec<ConfidenceLimit>>,
}

impl DocumentStatus {
    pub fn word(&self) -> &'static str {
        match self {
            DocumentStatus::New => "new",
            DocumentStatus::Processing => "processing",
            DocumentStatus::Completed { .. } => COMPLETED,
            DocumentStatus::Failed { .. } => "failed",
        }
    }
}

impl StoredRecord for DocumentCheckRecord {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<DocumentCheckRecord, UnreadableRecord> {
        let id = values.required(ID, values.text(ID))?;
        let created_at = values.time(CREATED_AT).unwrap_or(Timestamp(0));
        let completed_at = values.time(COMPLETED_AT).or(values.time(UPDATED_AT));
        let completed_at = completed_at.unwrap_or(created_at);
        let status = values.word(STATUS, |word| {
            Some(match word {
                "new" => DocumentStatus::New,
                "processing" => DocumentStatus::Processing,
                COMPLETED => DocumentStatus::Completed {
                    risk_score: values.number(RISK_SCORE),
                    completed_at,
                },
                "failed" => DocumentStatus::Failed { reason: values.text(FAILURE_REASON) },
                _ => return None,
            })
        })?;
        let image = match values.flag(IMAGE_SAVED) {
            Some(true) if values.text(IMAGE_URL).as_deref() == Some(&image_path(&id)) => {
                StoredImage::Here
            }
            Some(true) => StoredImage::Elsewhere,
            _ => StoredImage::NotStored,
        };
        let results = values.json(RESULTS).unwrap_or_default();
        Ok(DocumentCheckRecord {
            client: values.required(CLIENT, values.text(CLIENT))?,
            registration: values.text(REGISTRATION),
            image,
            made: PerCheck::from_fn(|check| results.get(check.entry().wire_name).is_some()),
            status: values.required(STATUS, status)?,
            id,
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl DocumentCheckRecord {
    /// A check that begins; its image is not stored until it has ended.
    pub fn open(id: String, client: String, registration: Option<String>) -> DocumentCheckRecord {
        let (image, status) = (StoredImage::NotStored, DocumentStatus::New);
        DocumentCheckRecord { id, client, registration, image, made: PerCheck::all(false), status }
    }

    /// A check whose job was claimed again after a crash: it is being processed, by whoever holds the job.
    pub fn resumed(
        id: String,
        client: String,
        registration: Option<String>,
    ) -> DocumentCheckRecord {
        let status = DocumentStatus::Processing;
        DocumentCheckRecord { status, ..DocumentCheckRecord::open(id, client, registration) }
    }

    /// The record of a check that begins now.
    pub fn to_record(&self, settings: DocumentSettings, now: Timestamp) -> Record {
        let named = settings.calibrations.iter().filter_map(|(check, strict)| {
            let (name, _) = check.entry().calibration?;
            Some((name.to_owned(), json!(strict)))
        });
        let calibrations = Json::Object(named.collect());
        let mut record = Record::of(TABLE, &self.id, &self.client);
        record
            .set(REGISTRATION, self.registration.as_deref())
            .set(IMAGE_SAVED, Some(&false))
            .set(STATUS, Some(self.status.word()))
            .set(CALIBRATIONS, Some(&calibrations))
            .set(FLAGS, Some(&json!(rules(settings.cropped, settings.colourless))))
            .set(CREATED_AT, Some(&now))
            .set(UPDATED_AT, Some(&now));
        record
    }

    /// Whoever has claimed its job begins.
    ///
    /// # Errors
    /// Unless it is new.
    pub fn start(&self, now: Timestamp) -> Result<Transition<Self>, IllegalTransition> {
        let may = matches!(self.status, DocumentStatus::New);
        self.step(may, DocumentStatus::Processing, now)
    }

    /// The checks were made; `flags` is what [`DocumentOutcome::flags`] says. From then on its image is
    /// where `save_image` says.
    ///
    /// # Errors
    /// Unless it is being processed.
    pub fn complete(
        &self,
        verdict: &DocumentVerdict,
        flags: &Json,
        save_image: bool,
        now: Timestamp,
    ) -> Result<Transition<Self>, IllegalTransition> {
        let (risk_score, completed_at) = (verdict.risk_score, now);
        let status = DocumentStatus::Completed { risk_score, completed_at };
        let may = matches!(self.status, DocumentStatus::Processing);
        let mut step = self.step(may, status, now)?;
        step.after.image = if save_image { StoredImage::Here } else { StoredImage::NotStored };
        let url = save_image.then(|| image_path(&self.id));
        step.changes
            .set(IMAGE_SAVED, Some(&save_image))
            .set(IMAGE_URL, url.as_deref())
            .set(RESULTS, Some(&json!(verdict.results)))
            .set(FLAGS, Some(flags))
            .set(RISK_SCORE, verdict.risk_score.as_ref())
            .set(CONFIDENCE, Some(&verdict.confidence))
            .set(COMPLETED_AT, Some(&now));
        Ok(step)
    }

    /// The checks could not be made.
    ///
    /// # Errors
    /// Unless it is being processed.
    pub fn fail(
        &self,
        reason: &str,
        now: Timestamp,
    ) -> Result<Transition<Self>, IllegalTransition> {
        let may = matches!(self.status, DocumentStatus::Processing);
        let status = DocumentStatus::Failed { reason: Some(reason.to_owned()) };
        let mut step = self.step(may, status, now)?;
        step.changes.set(FAILURE_REASON, Some(reason));
        Ok(step)
    }

    fn step(
        &self,
        may: bool,
        status: DocumentStatus,
        now: Timestamp,
    ) -> Result<Transition<Self>, IllegalTransition> {
        let from = self.status.word();
        if !may {
            return Err(IllegalTransition { from, to: status.word() });
        }
        let mut changes = Record::of(TABLE, &self.id, &self.client);
        changes.set(STATUS, Some(status.word())).set(UPDATED_AT, Some(&now));
        let event = match &status {
            DocumentStatus::Completed { .. } => Some(EventKind::DocumentCheckCompleted),
            DocumentStatus::Failed { .. } => Some(EventKind::DocumentCheckFailed),
            DocumentStatus::Processing => Some(EventKind::DocumentCheckStarted),
            DocumentStatus::New => None,
        };
        let after = DocumentCheckRecord { status, ..self.clone() };
        Ok(Transition { from, after, changes, event })
    }
}

impl DocumentOutcome<'_> {
    /// What the checks of the whole image have found: passed, failed or not_checked.
    pub fn flags(&self) -> Json {
        let word = |failed| if failed { "failed" } else { "passed" };
        let DocumentOutcome { rules: policy, findings, verdict } = self;
        let mut flags = rules(policy.cropped, policy.colourless);
        if policy.cropped == CroppedRule::Fails {
            // Without an outline nobody knows where the document ends.
            let outline = findings.placement.corners;
            let found = outline.map_or("not_checked", |_| word(verdict.cropped));
            flags.document_cropped_validation = Some(found);
        }
        if policy.colourless == ColourlessRule::Fails {
            let found = if is_colour_checked(&findings.colour) {
                word(verdict.colourless)
            } else {
                "not_checked"
            };
            flags.colour_less_validation = Some(found);
        }
        flags.confidence_limits = Some(verdict.confidence_limits.clone());
        json!(flags)
    }
}

/// The path at which a record's kept image is served, and by which its `imageUrl` knows it.
pub fn image_path(id: &str) -> String {
    format!("/v2/{}/{id}/image", DOCUMENT_LIVENESS.name)
}

fn rules(cropped: CroppedRule, colourless: ColourlessRule) -> ValidationFlags {
    ValidationFlags {
        ignore_document_cropped_validation: cropped == CroppedRule::Ignored,
        ignore_colour_less_validation: colourless == ColourlessRule::Ignored,
        document_cropped_validation: None,
        colour_less_validation: None,
        confidence_limits: None,
    }
}
