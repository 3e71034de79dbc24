//! Clients: the companies that records belong to.

use verax_query::{Compat, Field, NotFound, PageSize, Relation, Resource, Words};

use super::fields::{country_code, email, id, phone, related, text, time, word};

pub static CLIENTS: Resource = Resource {
    name: "clients",
    title: "Client",
    doc: "A company that uses this server; records belong to one.",
    table: "clients",
    fields: &[
        id(),
        text("name", "name", "Its name.").folded("name_folded").on_devices().writable(),
        email("email", "email", "Its address.").folded("email_folded"),
        phone("phone", "phone", "Phone number without its country code.").writable(),
        country_code("Country code of the phone.").writable(),
        text("company", "company", "Its legal name.").writable(),
        text("language", "language", "Its language.").writable(),
        word("status", "status", &CLIENT_STATUS, "Whether it has joined."),
        text("scopes", "scopes", "What its tokens may do; absent: all but staff.").on_retrieve(),
        time("createdAt", "created_at", "When it was created."),
        time("updatedAt", "updated_at", "When it last changed."),
    ],
    reverse: &[],
    tenant_column: "id",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &[],
    scopes: READ,
    opened_by: &[],
    deletion: None,
    not_found: NotFound { code: "NotFound", error: "Record not found." },
    tally: None,
    compat: Compat::NONE,
};

pub(super) const READ: &[&str] = &["validations:read", "documents:read"];

static CLIENT: Relation = Relation { resource: &CLIENTS, projection: &["_id", "name", "email"] };

static CLIENT_STATUS: Words = Words { words: &["joined"], synonyms: &[], open: true };

pub(super) const fn client() -> Field {
    related("client", "client", &CLIENT, "The client whose record it is.").required().on_devices()
}
