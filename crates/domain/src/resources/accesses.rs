//! Accesses: who has looked at which image.

use verax_query::{Compat, NotFound, PageSize, Resource};

use super::clients::client;
use super::fields::{id, text, time};

pub static ACCESSES: Resource = Resource {
    name: "accesses",
    title: "Access",
    doc: "Somebody has looked at an image, or at what was found on it: written before the first byte of it is \
          sent, and never changed.",
    table: "accesses",
    fields: &[
        id(),
        client(),
        text("resource", "resource", "The resource of the record that the image belongs to.")
            .required(),
        text("record", "record", "The record's id.").required(),
        text(
            "part",
            "part",
            "What of it: `image`, `back-image`, `face`, `evidence`, `evidence/<check>`.",
        )
        .required(),
        text(
            "actor",
            "actor",
            "Who: `token:<id>`, `member:<id>`, or `anonymous` where a signed URL was opened.",
        )
        .required(),
        text("purpose", "purpose", "What for: `review:<id>`, where it was a case."),
        text("request", "request", "The `X-Request-Id` of the request."),
        time("createdAt", "created_at", "When.").required(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: &["audit:read"],
    opened_by: &[],
    deletion: None,
    not_found: NotFound { code: "access_not_found", error: "Access not found" },
    tally: None,
    compat: Compat::NONE,
};
