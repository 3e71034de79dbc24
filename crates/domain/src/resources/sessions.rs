//! The sessions in which a face is captured.

use verax_query::{Compat, NotFound, Opener, PageSize, Relation, Resource, Words};

use super::clients::{READ, client};
use super::fields::{id, identifier, related, time, word};
use super::projects::{PROJECT, PROJECT_FLOW};

pub static LIVENESS_SESSIONS: Resource = Resource {
    name: "liveness-sessions",
    title: "Liveness session",
    doc: "A short-lived permission to capture one face.",
    table: "liveness_sessions",
    fields: &[
        id(),
        client(),
        related("project", "project", &PROJECT, "The project.").on_devices().writable(),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The flow.").on_devices().writable(),
        identifier("Who is being validated.").on_devices().writable(),
        word("status", "status", &SESSION_STATUS, "Whether it can still be used.").on_devices(),
        time("expiresAt", "expires_at", "When it can no longer be used.").on_devices().writable(),
        time("createdAt", "created_at", "When it was created.").on_devices(),
        time("updatedAt", "updated_at", "When it last changed.").on_devices(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: READ,
    opened_by: &[Opener { scope: "session", field: "_id", may_delete: false }],
    deletion: None,
    not_found: NotFound { code: "liveness_session_not_found", error: "Liveness session not found" },
    tally: None,
    compat: Compat::NONE,
};

pub(super) static LIVENESS_SESSION: Relation =
    Relation { resource: &LIVENESS_SESSIONS, projection: &["_id", "status", "expiresAt"] };

static SESSION_STATUS: Words =
    Words { words: &["active", "completed", "expired"], synonyms: &[], open: true };
