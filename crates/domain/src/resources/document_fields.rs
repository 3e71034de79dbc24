//! What a document that was read says: the fields of `document-validations`.

use verax_query::{Field, Member, MemberKind, Shown, Words};

use super::fields::{flag, json, member, number as decimal, on_devices, text, word};
use crate::document_check::DocumentCheck;
use crate::document_cross_checks::TABLE;

pub(super) const fn status() -> Field {
    word("status", "status", &STATUS, "Where it stands.").required().on_devices()
}

pub(super) const fn kind() -> Field {
    word("type", "type", &KIND, "What it was read for.").on_devices()
}

pub(super) const fn validation_method() -> Field {
    word("validationMethod", "validation_method", &METHOD, "How it was read.").on_devices()
}

pub(super) const fn input_method() -> Field {
    word("inputMethod", "input_method", &INPUT, "Where the image comes from, as its sender says.")
        .on_devices()
}

pub(super) const fn document_type() -> Field {
    text(
        "documentType",
        "document_type",
        "What the document is: the type that was asked for, or else its category.",
    )
    .on_devices()
    .writable()
}

pub(super) const fn category() -> Field {
    word(
        "documentCategory",
        "document_category",
        &CATEGORY,
        "What kind of document was recognised.",
    )
    .on_devices()
}

pub(super) const fn country() -> Field {
    text("country", "country", "The issuing state, ISO 3166 alpha-3.").on_devices()
}

pub(super) const fn number() -> Field {
    text("documentNumber", "document_number", "The number of the document.").on_devices()
}

pub(super) const fn image_saved() -> Field {
    flag("imageSaved", "image_saved", "Whether the images were stored.").required().on_devices()
}

pub(super) const fn url() -> Field {
    text("url", "url", "Where the stored image of the front is.").on_devices()
}

pub(super) const fn back_url() -> Field {
    text("backUrl", "back_url", "Where the stored image of the back is.").on_devices()
}

pub(super) const fn image_validated() -> Field {
    flag(
        "imageValidated",
        "image_validated",
        "Whether values were read and no check of the image failed.",
    )
    .on_devices()
}

pub(super) const fn requires_back_side() -> Field {
    flag("requiresBackSide", "requires_back_side", "Whether an image of the back is waited for.")
        .on_devices()
}

pub(super) const fn names_match() -> Field {
    flag(
        "namesMatch",
        "names_match",
        "Whether the names are those that the person stated; absent where one is missing.",
    )
    .on_devices()
}

pub(super) const fn full_name_match() -> Field {
    decimal(
        "fullNameMatchPercentage",
        "full_name_match",
        "How alike the stated and the read whole names are, 0..100.",
    )
}

pub(super) const fn first_name_match() -> Field {
    decimal(
        "firstNameMatchPercentage",
        "first_name_match",
        "How alike the stated and the read first names are, 0..100.",
    )
}

pub(super) const fn last_name_match() -> Field {
    decimal(
        "lastNameMatchPercentage",
        "last_name_match",
        "How alike the stated and the read last names are, 0..100.",
    )
}

pub(super) const fn age() -> Field {
    text("age", "age", "The holder's age in years on the day of reading.").on_retrieve()
}

pub(super) const fn risk_score() -> Field {
    decimal("riskScore", "risk_score", "Risk, 0 (none) to 1: of imported records alone.")
}

pub(super) const fn extraction() -> Field {
    json("OCRExtraction", "ocr_extraction", EXTRACTION, "What was read.")
        .with_full("ocr_extraction_full")
        .on_devices()
}

pub(super) const fn data() -> Field {
    json("documentData", "document_data", DATA, "The same under the protocol's older names.")
        .on_retrieve()
}

pub(super) const fn results() -> Field {
    json(
        "validationResults",
        "validation_results",
        &RESULTS,
        "What each check found: passed, failed or not_checked. One record alone says what was compared.",
    )
    .with_full("validation_results_full")
}

pub(super) const fn ocr_results() -> Field {
    json(
        "ocrResults",
        "ocr_results",
        &[],
        "All that was read: `confidence`, `rawText`, and each value with its `source`.",
    )
    .on_retrieve()
}

pub(super) const fn failure_reason() -> Field {
    text("failureReason", "failure_reason", "Why it could not be read.").on_retrieve()
}

pub(super) const fn manual_verification() -> Field {
    json("manualVerification", "manual_verification", &[], "Why a reviewer was asked for.")
        .on_retrieve()
}

pub(super) const fn name_review() -> Field {
    json("manualNameReview", "manual_name_review", &[], "What a reviewer said of the names.")
        .on_retrieve()
}

const EXTRACTION: &[Member] = &[
    on_devices(member("documentNumber", MemberKind::Text)),
    on_devices(member("personalNumber", MemberKind::Text)),
    on_devices(member("firstName", MemberKind::Text)),
    on_devices(member("lastName", MemberKind::Text)),
    on_devices(member("fullName", MemberKind::Text)),
    on_devices(member("dateOfBirth", MemberKind::Text)),
    on_devices(member("gender", MemberKind::Text)),
    on_devices(member("nationality", MemberKind::Text)),
    on_devices(member("expirationDate", MemberKind::Text)),
    on_devices(member("issueDate", MemberKind::Text)),
    on_devices(member("country", MemberKind::Text)),
    on_devices(member("address", MemberKind::Text)),
    on_devices(member("documentType", MemberKind::Text)),
    Member { shown: Shown::Retrieve, ..member("details", MemberKind::Any) },
    Member { shown: Shown::Retrieve, ..member("documentClassification", MemberKind::Any) },
];

const DATA: &[Member] = &[
    member("firstName", MemberKind::Text),
    member("middleName", MemberKind::Text),
    member("lastName", MemberKind::Text),
    member("documentNumber", MemberKind::Text),
    member("birthDate", MemberKind::Text),
    member("expirationDate", MemberKind::Text),
    member("issueDate", MemberKind::Text),
    member("gender", MemberKind::Text),
    member("nationality", MemberKind::Text),
];

/// The cross-checks, and behind them the checks of the image.
static RESULTS: [Member; TABLE.len() + DocumentCheck::COUNT] = {
    let mut members = [member("", MemberKind::Object(RESULT)); TABLE.len() + DocumentCheck::COUNT];
    let mut at = 0;
    while at < TABLE.len() {
        members[at].name = TABLE[at].wire_name;
        at += 1;
    }
    let mut at = 0;
    while at < DocumentCheck::COUNT {
        members[TABLE.len() + at].name = DocumentCheck::ALL[at].entry().wire_name;
        at += 1;
    }
    members
};

const RESULT: &[Member] = &[
    member("result", MemberKind::Word(&["passed", "failed", "not_checked"])),
    member("details", MemberKind::Text),
    Member { shown: Shown::Retrieve, ..member("values", MemberKind::Any) },
];

// The protocol has two vocabularies: its clients filter by this one, its object page has the other.
static STATUS: Words = Words {
    words: &[
        "ASSESSING",
        "ACTIVE",
        "ACTIVE_BUT_UNVERIFIED",
        "NEEDS_MANUAL_VERIFICATION",
        "NOT_FOUND",
        "FAILED",
        "EXPIRED",
    ],
    synonyms: &[
        ("new", "ASSESSING"),
        ("pending", "ASSESSING"),
        ("completed", "ACTIVE"),
        ("VALIDATED", "ACTIVE"),
        ("failed", "FAILED"),
        ("expired", "EXPIRED"),
    ],
    open: false,
};

static KIND: Words =
    Words { words: &["validation", "login", "signup", "ocr", "demo"], synonyms: &[], open: true };

static METHOD: Words = Words {
    words: &["OCR", "SCAN_PROMPT", "SCAN_STUDIO", "SCAN_AGENT", "MANUAL"],
    synonyms: &[],
    open: true,
};

static INPUT: Words =
    Words { words: &["CAMERA", "FILE_UPLOAD", "NOT_SET"], synonyms: &[], open: true };

static CATEGORY: Words = Words {
    words: &["passport", "national_id", "driver_license", "residence_permit", "visa", "other"],
    synonyms: &[("id", "national_id")],
    open: true,
};
