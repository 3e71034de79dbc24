//! Events: the journal of what has happened to records.

use verax_query::{Compat, NotFound, PageSize, Resource};

use super::clients::client;
use super::fields::{id, integer, related, text, time};
use super::projects::PROJECT_FLOW;
use super::validations::APP_REGISTRATION;

pub static EVENTS: Resource = Resource {
    name: "events",
    title: "Event",
    doc: "What has happened to a record: written with the change itself, and never changed. It holds ids, \
          and no other personal data.",
    table: "events",
    fields: &[
        id(),
        client(),
        text("type", "type", "What happened: `app_registration.completed`.").required(),
        text("resource", "resource", "The resource of the record.").required(),
        text("record", "record", "The record's id; of an import the event's own.").required(),
        integer("sequence", "sequence", "Which of the record's events it is, from 1.").required(),
        text("status", "status", "The record's status after it."),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The record's flow."),
        related(
            "appRegistration",
            "app_registration",
            &APP_REGISTRATION,
            "The registration that the record belongs to.",
        ),
        text(
            "actor",
            "actor",
            "Who did it: `token:<id>`, `member:<id>`, `anonymous`, `command` or `system`.",
        )
        .required(),
        text("request", "request", "The `X-Request-Id` of the request that did it."),
        integer("count", "record_count", "How many records an import has brought.").on_retrieve(),
        text("digest", "digest", "Of an import: the SHA-256 of its input, in hexadecimal.")
            .on_retrieve(),
        time("createdAt", "created_at", "When it happened.").required(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: &["events:read"],
    opened_by: &[],
    deletion: None,
    not_found: NotFound { code: "event_not_found", error: "Event not found" },
    tally: None,
    compat: Compat::NONE,
};
