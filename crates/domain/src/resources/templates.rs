//! What a client looks for on documents besides.

use verax_query::{Compat, Deletion, NotFound, PageSize, Resource, Takes};

use super::clients::client;
use super::fields::{flag, id, json, text, texts, time};

pub static PROMPT_TEMPLATES: Resource = Resource {
    name: "prompt-templates",
    title: "Prompt template",
    doc: "Values that a client looks for on documents besides, each by the label that stands beside it.",
    table: "prompt_templates",
    fields: &[
        id(),
        client(),
        text("name", "name", "What it is called.").folded("name_folded").required().writable(),
        texts("documentTypes", "document_types", "The types of documents that it is for.")
            .writable(),
        text("country", "country", "The country of these documents.").writable(),
        json(
            "labels",
            "labels",
            &[],
            "The name of each value, and the label that it stands beside.",
        )
        .writable(),
        flag("active", "active", "Whether it is used.").writable(),
        time("createdAt", "created_at", "When it was created.").required(),
        time("updatedAt", "updated_at", "When it last changed."),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: &["documents:read"],
    opened_by: &[],
    deletion: Some(Deletion { under: &["v2"], takes: Takes::Nothing }),
    not_found: NotFound { code: "prompt_template_not_found", error: "Prompt template not found" },
    tally: None,
    // A dashboard asks for those of one type.
    compat: Compat { aliases: &[("documentType", "documentTypes")], ..Compat::NONE },
};
