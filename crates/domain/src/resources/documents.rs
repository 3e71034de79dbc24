//! Checks of identity documents.

use verax_query::{
    Compat, Deletion, Member, MemberKind, NotFound, PageSize, Resource, Shown, Takes, Tally, Words,
};

use super::clients::client;
use super::fields::{
    failed_checks, flag, id, json, member, number, on_devices, related, text, time, word,
};
use super::validations::APP_REGISTRATION;
use crate::document_check::DocumentCheck;
use crate::failed_checks::OF_DOCUMENTS;

pub static DOCUMENT_LIVENESS: Resource = Resource {
    name: "document-liveness",
    title: "Document liveness validation",
    doc: "A check of a photographed identity document: screen replay, printed copy, portrait \
          substitution, digital manipulation.",
    table: "document_liveness",
    fields: &[
        id(),
        client(),
        related(
            "appRegistration",
            "app_registration",
            &APP_REGISTRATION,
            "The registration it belongs to.",
        )
        .on_devices(),
        flag("imageSaved", "image_saved", "Whether the image was stored.").required().on_devices(),
        text("imageUrl", "image_url", "Where the stored image is."),
        word("status", "status", &DOCUMENT_STATUS, "Where it stands.").required().on_devices(),
        json(
            "validationResults",
            "validation_results",
            &DOCUMENT_CHECKS,
            "What each check found; a check that was not asked for is absent, and one that could not be \
             made has null as `passed` and `score`.",
        )
        .with_full("validation_results_full")
        .on_devices(),
        json(
            "calibrationSettings",
            "calibration_settings",
            &[],
            "SOFT, REGULAR or HARD per check.",
        )
        .on_retrieve()
        .on_devices(),
        json("validationFlags", "validation_flags", &[], "Validations that were not to fail it.")
            .on_retrieve()
            .on_devices(),
        failed_checks(&OF_DOCUMENTS),
        number("riskScore", "risk_score", "Risk, 0 (none) to 1."),
        number("confidence", "confidence", "How much the image allows to be concluded, 0..1."),
        text("failureReason", "failure_reason", "Why it failed.").on_retrieve(),
        time("createdAt", "created_at", "When it was created.").required().on_devices(),
        time("updatedAt", "updated_at", "When it last changed.").on_devices(),
        time("completedAt", "completed_at", "When it was completed.").on_devices(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: true,
    versions: &["v2"],
    scopes: &["documents:read"],
    opened_by: &[],
    deletion: Some(Deletion { under: &["v2"], takes: Takes::DocumentImage }),
    not_found: NotFound {
        code: "DOCUMENT_LIVENESS_NOT_FOUND",
        error: "Document liveness not found",
    },
    tally: Some(&Tally { status: &DOCUMENT_STATUS, kind: None }),
    compat: Compat::NONE,
};

static DOCUMENT_CHECKS: [Member; DocumentCheck::COUNT] = {
    let mut members = [on_devices(member("", MemberKind::Object(CHECK))); DocumentCheck::COUNT];
    let mut at = 0;
    while at < DocumentCheck::COUNT {
        members[at].name = DocumentCheck::ALL[at].entry().wire_name;
        at += 1;
    }
    members
};

const CHECK: &[Member] = &[
    on_devices(Member { nullable: true, ..member("passed", MemberKind::Bool) }),
    Member { nullable: true, ..member("score", MemberKind::Score) },
    Member { shown: Shown::Retrieve, ..member("details", MemberKind::Text) },
];

static DOCUMENT_STATUS: Words =
    Words { words: &["new", "processing", "completed", "failed"], synonyms: &[], open: false };
