//! Checks of a face and of a document, and the registrations that they belong to.

use verax_query::{
    Deletion, Field, Kind, MemberKind, NotFound, Opener, PageSize, Relation, Resource, Takes,
    Tally, Words,
};

use super::clients::{READ, client};
use super::compat;
use super::contacts::{EMAIL_VALIDATION, PHONE_VALIDATION};
use super::document_fields as document;
use super::face_comparison::face_comparison;
use super::fields::{
    country_code, email, failed_checks, flag, id, identifier, json, member, number, on_devices,
    phone, related, text, time, word,
};
use super::people::PERSON;
use super::projects::{PROJECT, PROJECT_FLOW};
use super::sessions::LIVENESS_SESSION;
use crate::failed_checks::{OF_FACES, OF_READ_DOCUMENTS};

pub static BIOMETRIC_VALIDATIONS: Resource = Resource {
    name: "biometric-validations",
    title: "Biometric validation",
    doc: "A check of a person's face: liveness, presentation attacks, quality, identity.",
    table: "biometric_validations",
    fields: &[
        id(),
        client(),
        related("project", "project", &PROJECT, "The project it was made for.")
            .on_devices()
            .writable(),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The flow it was made in.")
            .on_devices()
            .writable(),
        related("livenessSession", "liveness_session", &LIVENESS_SESSION, "Its capture session.")
            .on_devices(),
        related(
            "appRegistration",
            "app_registration",
            &APP_REGISTRATION,
            "The registration it belongs to.",
        )
        .on_devices(),
        word("status", "status", &BIOMETRIC_STATUS, "Where it stands.").required().on_devices(),
        identifier("Who is being validated: an email or a name of yours.").on_devices().writable(),
        word("type", "type", &BIOMETRIC_TYPE, "What it is for.").on_devices().writable(),
        time("expiresAt", "expires_at", "When it can no longer be completed.")
            .on_devices()
            .writable(),
        text("redirectUrl", "redirect_url", "Where the user goes afterwards.")
            .on_retrieve()
            .on_devices()
            .writable(),
        text("webhookUrl", "webhook_url", "Who is told of the outcome.").on_retrieve().writable(),
        flag("requires2FA", "requires_2fa", "Whether a second factor is asked for.")
            .on_devices()
            .writable(),
        text("ipAddress", "ip_address", "The address given for the user.").on_devices().writable(),
        flag("sendViaEmail", "send_via_email", "Whether the link is sent by email.")
            .on_retrieve()
            .writable(),
        email("email", "email", "Where the link is sent.").on_retrieve().writable(),
        text("language", "language", "The language of the capture page: en or es.")
            .on_retrieve()
            .on_devices()
            .writable(),
        text("url", "url", "The capture page.").on_retrieve().on_devices(),
        text("assignedCollection", "assigned_collection", "The collection compared with.")
            .on_retrieve()
            .on_devices(),
        text("collectionCode", "collection_code", "That collection's code.")
            .on_retrieve()
            .on_devices(),
        number("livenessScore", "liveness_score", "Liveness, 0..1.").on_retrieve(),
        json("response", "response", &[], "Liveness and persons found.").on_retrieve(),
        json(
            "reasons",
            "reasons",
            &[],
            "Which measurement missed which limit, or why there is none.",
        )
        .on_retrieve()
        .on_devices(),
        json(
            "biometricData",
            "biometric_data",
            &[
                on_devices(member("quality", MemberKind::Word(&["good", "acceptable", "poor"]))),
                member("livenessScore", MemberKind::Score),
            ],
            "What was measured of the face.",
        )
        .with_full("biometric_data_full")
        .on_devices(),
        json(
            "verificationResults",
            "verification_results",
            &[
                on_devices(member("livenessDetection", MemberKind::Word(OUTCOME))),
                on_devices(member("identityMatch", MemberKind::Word(OUTCOME))),
                member("qualityScore", MemberKind::Score),
                on_devices(member("antiSpoofing", MemberKind::Word(OUTCOME))),
            ],
            "What each check found; a check that was not made says not_checked.",
        )
        .with_full("verification_results_full")
        .on_devices(),
        failed_checks(&OF_FACES),
        number("riskScore", "risk_score", "Risk, 0 (none) to 1."),
        flag("imageSaved", "image_saved", "Whether the image was stored.")
            .on_retrieve()
            .on_devices(),
        time("createdAt", "created_at", "When it was created.").required().on_devices(),
        time("updatedAt", "updated_at", "When it last changed.").on_devices(),
        time("completedAt", "completed_at", "When it was completed.").on_devices(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "perPage", default: 20 },
    signed: false,
    versions: &["v2"],
    scopes: &["validations:read"],
    opened_by: &[
        Opener { scope: "session", field: "livenessSession", may_delete: false },
        // Who begins the face check again sets the old one aside.
        Opener { scope: "registration", field: "appRegistration", may_delete: true },
    ],
    deletion: Some(Deletion { under: &["v2"], takes: Takes::FaceImage }),
    not_found: NotFound {
        code: "biometric_validation_not_found",
        error: "Biometric validation not found",
    },
    tally: Some(&Tally { status: &BIOMETRIC_STATUS, kind: Some(&BIOMETRIC_TYPE) }),
    compat: compat::BIOMETRIC_VALIDATIONS,
};

pub static APP_REGISTRATIONS: Resource = Resource {
    name: "app-registrations",
    title: "App registration",
    doc: "A person on the way through a project flow.",
    table: "app_registrations",
    fields: &[
        id(),
        client(),
        related("project", "project", &PROJECT, "The project.").on_devices().writable(),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The flow.").on_devices().writable(),
        word("status", "status", &REGISTRATION_STATUS, "How far the person came.").on_devices(),
        text("fullName", "full_name", "The person's whole name.")
            .folded("full_name_folded")
            .on_devices()
            .writable(),
        text("firstName", "first_name", "First name.")
            .folded("first_name_folded")
            .on_devices()
            .writable(),
        text("lastName", "last_name", "Last name.")
            .folded("last_name_folded")
            .on_devices()
            .writable(),
        email("email", "email", "Email address.")
            .folded("email_folded")
            .filters_related()
            .on_devices()
            .writable(),
        phone("phone", "phone", "Phone number without its country code.")
            .folded("phone_folded")
            .on_devices()
            .writable(),
        country_code("Country code of the phone: +57.").on_devices().writable(),
        text("language", "language", "Language of the pages.").on_devices().writable(),
        text("currentStep", "current_step", "The step that comes next.").on_devices(),
        related(
            "emailValidation",
            "email_validation",
            &EMAIL_VALIDATION,
            "The check of the email address.",
        )
        .on_devices(),
        related(
            "phoneValidation",
            "phone_validation",
            &PHONE_VALIDATION,
            "The check of the phone number.",
        )
        .on_devices(),
        related(
            "biometricValidation",
            "biometric_validation",
            &BIOMETRIC_VALIDATION,
            "The face check that it passed.",
        )
        .on_devices(),
        related(
            "documentValidation",
            "document_validation",
            &DOCUMENT_VALIDATION,
            "The document that was read and not rejected.",
        )
        .on_devices(),
        text(
            "documentLiveness",
            "document_liveness",
            "The newest document check of `document-liveness` that it passed.",
        )
        .on_devices(),
        face_comparison(),
        related("person", "person", &PERSON, "The person who was enrolled."),
        json("consentSession", "consent_session", &[], "What the person has agreed to.")
            .on_retrieve()
            .on_devices()
            .writable(),
        json(
            "failedBiometricValidations",
            "failed_biometric_validations",
            &[],
            "The face checks that it did not pass.",
        )
        .on_retrieve()
        .on_devices(),
        Field::new(
            "failedDocumentValidations",
            "failed_document_validations",
            Kind::Relations(&DOCUMENT_VALIDATION),
            "Documents that were rejected, or replaced by another one.",
        )
        .on_retrieve(),
        text("assignedCollection", "assigned_collection", "The collection of the person.")
            .on_retrieve()
            .on_devices(),
        json("manualReviewLog", "manual_review_log", &[], "What reviewers decided.").on_retrieve(),
        time("createdAt", "created_at", "When it was created.").on_devices(),
        time("updatedAt", "updated_at", "When it last changed.").on_devices(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: READ,
    opened_by: &[Opener { scope: "registration", field: "_id", may_delete: false }],
    deletion: Some(Deletion { under: &["v2"], takes: Takes::Identity }),
    not_found: NotFound { code: "appRegistration_not_found", error: "App registration not found" },
    tally: None,
    compat: compat::APP_REGISTRATIONS,
};

pub static DOCUMENT_VALIDATIONS: Resource = Resource {
    name: "document-validations",
    title: "Document validation",
    doc: "An identity document that was read: its values, where each comes from, and whether they agree.",
    table: "document_validations",
    fields: &[
        id(),
        client(),
        related("project", "project", &PROJECT, "The project it was read for.").on_devices(),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The flow it was read in.")
            .on_devices(),
        related(
            "appRegistration",
            "app_registration",
            &APP_REGISTRATION,
            "The registration whose document it is.",
        )
        .on_devices(),
        document::status(),
        document::kind(),
        document::validation_method(),
        document::input_method(),
        document::document_type(),
        document::category(),
        document::country(),
        document::number(),
        document::image_saved(),
        document::url(),
        document::back_url(),
        document::image_validated(),
        document::requires_back_side(),
        document::names_match(),
        document::full_name_match(),
        document::first_name_match(),
        document::last_name_match(),
        document::age(),
        document::risk_score(),
        document::extraction(),
        document::data(),
        document::results(),
        failed_checks(&OF_READ_DOCUMENTS),
        document::ocr_results(),
        document::failure_reason(),
        document::manual_verification(),
        document::name_review(),
        time("createdAt", "created_at", "When it was created.").required().on_devices(),
        time("updatedAt", "updated_at", "When it last changed.").on_devices(),
        time("completedAt", "completed_at", "When it was read.").on_devices(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "perPage", default: 20 },
    signed: true,
    versions: &["v2"],
    scopes: &["documents:read"],
    opened_by: &[Opener { scope: "registration", field: "appRegistration", may_delete: false }],
    deletion: Some(Deletion { under: &["v2"], takes: Takes::ReadDocument }),
    not_found: NotFound {
        code: "document_validation_not_found",
        error: "Document validation not found",
    },
    tally: None,
    compat: compat::DOCUMENT_VALIDATIONS,
};

const OUTCOME: &[&str] = &["passed", "failed", "not_checked"];

pub(super) static APP_REGISTRATION: Relation =
    Relation { resource: &APP_REGISTRATIONS, projection: &["_id", "fullName", "email", "status"] };

pub(super) static BIOMETRIC_VALIDATION: Relation =
    Relation { resource: &BIOMETRIC_VALIDATIONS, projection: &["_id", "status", "type"] };

pub(super) static DOCUMENT_VALIDATION: Relation = Relation {
    resource: &DOCUMENT_VALIDATIONS,
    projection: &[
        "_id",
        "status",
        "documentType",
        "documentCategory",
        "country",
        "documentNumber",
        "namesMatch",
        "imageValidated",
        "requiresBackSide",
        "url",
        "backUrl",
        "OCRExtraction",
    ],
};

static BIOMETRIC_STATUS: Words = Words {
    words: &["new", "pending", "completed", "failed", "expired"],
    synonyms: &[("validated", "completed"), ("sent", "pending")],
    open: false,
};

static BIOMETRIC_TYPE: Words = Words {
    words: &["validation", "login", "onboarding", "oneTimeLink"],
    synonyms: &[],
    open: false,
};

// The seed page shows `completed` in lower case beside the documented words: both can be filtered.
static REGISTRATION_STATUS: Words = Words {
    words: &[
        "STARTED",
        "ONGOING",
        "COMPLETED",
        "COMPLETED_WITHOUT_KYC",
        "FAILED",
        "NEEDS_MANUAL_VERIFICATION",
        "EXPIRED",
        "completed",
    ],
    synonyms: &[],
    open: true,
};
