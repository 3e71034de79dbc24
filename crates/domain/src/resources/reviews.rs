//! Reviews: cases that a person decides.

use verax_query::{Compat, MemberKind, NotFound, PageSize, Resource, Totals, Words};

use super::clients::client;
use super::fields::{id, integer, json, member, related, text, texts, time, word};
use super::projects::{PROJECT, PROJECT_FLOW};
use super::validations::APP_REGISTRATION;
use crate::lifecycle::{Decision, ReviewState};

pub static REVIEWS: Resource = Resource {
    name: "reviews",
    title: "Review",
    doc: "A case that a person decides: a check that needs it, or one of those that passed.",
    table: "reviews",
    fields: &[
        id(),
        client(),
        json(
            "subject",
            "subject",
            &[member("resource", MemberKind::Text), member("id", MemberKind::Text)],
            "What it is about.",
        )
        .required(),
        text("subjectResource", "subject_resource", "The resource of its subject.").required(),
        text("subjectId", "subject_id", "The id of its subject.").required(),
        related(
            "appRegistration",
            "app_registration",
            &APP_REGISTRATION,
            "The registration that a decision moves.",
        ),
        related("project", "project", &PROJECT, "The project of its subject."),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The flow whose rule opened it."),
        texts(
            "openedBecause",
            "opened_because",
            "Why it was opened: `manualVerification`, `failedCheck:<name>`, `lowConfidence`, `sample`.",
        )
        .required(),
        integer("priority", "priority", "What is higher is more urgent.").required(),
        // The journal reads the state of every record from this column.
        word("state", "status", &STATE, "Where it stands.").required(),
        text("claimedBy", "claimed_by", "Who is at it: `member:<id>` or `token:<id>`."),
        time("claimedUntil", "claimed_until", "Until when it is theirs alone."),
        word("proposal", "proposal", &DECISION, "What the first of two reviewers decided."),
        word("decision", "decision", &DECISION, "What was decided."),
        texts("reasons", "reasons", "Codes of the table of reasons."),
        text("note", "note", "What the reviewer says of the decision.").on_retrieve(),
        text("decidedBy", "decided_by", "Who decided, or proposed: `member:<id>` or `token:<id>`."),
        text("checkedBy", "checked_by", "Who confirmed it."),
        text(
            "evidenceDigest",
            "evidence_digest",
            "SHA-256 of what the reviewer was shown, in hexadecimal.",
        )
        .on_retrieve(),
        time("createdAt", "created_at", "When it was opened.").required(),
        time("updatedAt", "updated_at", "When it last changed."),
        time("decidedAt", "decided_at", "When it was decided."),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: &["review"],
    opened_by: &[],
    deletion: None,
    not_found: NotFound { code: "review_not_found", error: "Review not found" },
    tally: None,
    compat: Compat {
        aliases: &[("subject.resource", "subjectResource"), ("subject.id", "subjectId")],
        totals: Totals::NestedAndFlat,
        ..Compat::NONE
    },
};

static STATE: Words = Words { words: ReviewState::WORDS, synonyms: &[], open: false };

static DECISION: Words = Words { words: Decision::WORDS, synonyms: &[], open: false };
