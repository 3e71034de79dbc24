//! Webhooks: endpoints that are called when something has happened, and what is delivered to them.

use verax_query::{
    Deletion, Field, Kind, MemberKind, NotFound, PageSize, Relation, Resource, Takes, Words,
};

use super::clients::client;
use super::compat;
use super::fields::{flag, id, integer, json, member, related, text, time, word};
use super::projects::PROJECT_FLOW;
use super::validations::APP_REGISTRATION;

const READ: &[&str] = &["events:read"];

pub static WEBHOOKS: Resource = Resource {
    name: "webhooks",
    title: "Webhook",
    doc: "An endpoint of yours that is called when something has happened to a record.",
    table: "webhooks",
    fields: &[
        id(),
        client(),
        text("name", "name", "Its name.").folded("name_folded").writable(),
        text("url", "url", "The URL that is called.").required().writable(),
        text("description", "description", "What it is for.").writable(),
        flag("isActive", "is_active", "Whether it is called. What happens meanwhile is held.")
            .required()
            .writable(),
        Field::new(
            "projectFlow",
            "project_flow",
            Kind::Relations(&PROJECT_FLOW),
            "The flows whose events are delivered; absent: of all flows, and of none.",
        )
        .writable(),
        json(
            "eventTypes",
            "event_types",
            &[],
            "The types of event that are delivered, or `<resource>.*`; absent: all.",
        )
        .writable(),
        word("format", "format", &FORMAT, "The shape of bodies.").required().writable(),
        word("payload", "payload", &PAYLOAD, "What a body in the standard format holds.")
            .required()
            .writable(),
        word(
            "ordering",
            "ordering",
            &ORDERING,
            "`record`: a record's events one after the other; `none`: as fast as they come.",
        )
        .required()
        .writable(),
        word("source", "source", &SOURCE, "What it was made by.").required(),
        json("notification", "notification", &[], "Accepted for compatibility; has no effect.")
            .writable(),
        integer("failures", "failures", "Failed attempts in a row.").required(),
        time("failingSince", "failing_since", "Since when every attempt has failed."),
        time("pausedUntil", "paused_until", "Until when it is not called, after failures."),
        time("disabledAt", "disabled_at", "When it was disabled."),
        text("disabledReason", "disabled_reason", "Why the server disabled it."),
        time("createdAt", "created_at", "When it was made.").required(),
        time("updatedAt", "updated_at", "When it last changed."),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: READ,
    opened_by: &[],
    deletion: Some(Deletion { under: &[], takes: Takes::Nothing }),
    not_found: NotFound { code: "webhook_not_found", error: "Webhook not found" },
    tally: None,
    compat: compat::WEBHOOKS,
};

pub static WEBHOOK_EVENTS: Resource = Resource {
    name: "webhook-events",
    title: "Webhook event",
    doc: "The delivery of an event to a webhook.",
    table: "webhook_events",
    fields: &[
        id(),
        client(),
        text("type", "type", "The type as the body says it.").required(),
        related("webhook", "webhook", &WEBHOOK, "The webhook that is called.").required(),
        text("event", "event", "The event: the header `webhook-id`.").required(),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The record's flow."),
        related(
            "appRegistration",
            "app_registration",
            &APP_REGISTRATION,
            "The registration that the record belongs to.",
        ),
        text("resource", "resource", "The resource of the record.").required(),
        text("record", "record", "The record's id.").required(),
        integer("sequence", "sequence", "Which of the record's events it is, from 1.").required(),
        text("recordStatus", "record_status", "The record's status after the event."),
        word("status", "status", &STATUS, "`sent`: attempted at least once.").required(),
        word("state", "state", &STATE, "What became of it.").required(),
        integer("attempts", "attempts", "How often it was attempted.").required(),
        json(
            "response",
            "response",
            &[
                member("status", MemberKind::Word(RESPONSE_STATUS.words)),
                member("statusCode", MemberKind::Number),
                member("error", MemberKind::Text),
            ],
            "What the last attempt came to.",
        ),
        word("responseStatus", "response_status", &RESPONSE_STATUS, "The same in a word."),
        time("dueAt", "due_at", "When it is attempted next, where it has not ended.").required(),
        time("sentAt", "sent_at", "When it was first attempted."),
        time("endedAt", "ended_at", "When it was delivered, given up or cancelled."),
        time("createdAt", "created_at", "When the event happened.").required(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: READ,
    opened_by: &[],
    deletion: None,
    not_found: NotFound { code: "webhook_event_not_found", error: "Webhook event not found" },
    tally: None,
    compat: compat::WEBHOOK_EVENTS,
};

static WEBHOOK: Relation =
    Relation { resource: &WEBHOOKS, projection: &["_id", "name", "url", "isActive"] };

static FORMAT: Words = Words { words: &["verifik", "standard"], synonyms: &[], open: false };

static PAYLOAD: Words = Words { words: &["full", "thin"], synonyms: &[], open: false };

static ORDERING: Words = Words { words: &["record", "none"], synonyms: &[], open: false };

static SOURCE: Words = Words { words: &["api", "flow", "validation"], synonyms: &[], open: false };

static STATUS: Words = Words { words: &["pending", "sent"], synonyms: &[], open: false };

static STATE: Words = Words {
    words: &["pending", "retrying", "held", "delivered", "dead", "cancelled"],
    synonyms: &[],
    open: false,
};

static RESPONSE_STATUS: Words = Words { words: &["success", "fail"], synonyms: &[], open: false };
