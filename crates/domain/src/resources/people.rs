//! Persons whose faces are known, and the collections that they are in.

use verax_query::{Deletion, Field, Kind, NotFound, PageSize, Relation, Resource, Takes, Words};

use super::clients::client;
use super::compat;
use super::fields::{email, flag, id, phone, related, text, time, word};
use super::projects::PROJECT;

/// Below `/v2/face-recognition/`.
const VERSIONS: &[&str] = &["v2/face-recognition"];
const READ: &[&str] = &["validations:read"];

pub static COLLECTIONS: Resource = Resource {
    name: "collections",
    title: "Collection",
    doc: "A set of persons that a face can be searched in.",
    table: "collections",
    fields: &[
        id(),
        client(),
        text("code", "code", "Its other name: a UUID, taken wherever its id is.").required(),
        text("name", "name", "Its name.").writable().folded("name_folded"),
        text("description", "description", "What it is for.")
            .writable()
            .folded("description_folded"),
        related("project", "project", &PROJECT, "The project whose persons it holds.").writable(),
        flag("deleted", "deleted", "Always false: what is deleted is gone.").required(),
        time("createdAt", "created_at", "When it was created.").required(),
        time("updatedAt", "updated_at", "When it last changed."),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: VERSIONS,
    scopes: READ,
    opened_by: &[],
    deletion: Some(Deletion { under: &[], takes: Takes::Memberships }),
    not_found: NotFound { code: "ERROR", error: "There is no such collection" },
    tally: None,
    compat: compat::COLLECTIONS,
};

pub static PERSONS: Resource = Resource {
    name: "persons",
    title: "Person",
    doc: "A person whose face is known. Templates are stored encrypted and never shown.",
    table: "persons",
    fields: &[
        id(),
        client(),
        text("name", "name", "The whole name, without digits.").writable().folded("name_folded"),
        word("gender", "gender", &GENDER, "M or F.").writable(),
        Field::new("date_of_birth", "date_of_birth", Kind::Date, "The day of birth.").writable(),
        text("nationality", "nationality", "The nationality, as it was given.").writable(),
        Field::new(
            "collections",
            "collections",
            Kind::Relations(&COLLECTION),
            "The collections that the person is in.",
        )
        .writable(),
        text("notes", "notes", "What the client noted.").writable(),
        email("email", "email", "Email address.").writable().folded("email_folded"),
        phone("phone", "phone", "Phone number.").writable().folded("phone_folded"),
        word("status", "status", &STATUS, "Whether the person is in use.").writable(),
        flag("deleted", "deleted", "Always false: who is deleted is gone.").required(),
        time("createdAt", "created_at", "When the person was enrolled.").required(),
        time("updatedAt", "updated_at", "When it last changed."),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: VERSIONS,
    scopes: READ,
    opened_by: &[],
    deletion: Some(Deletion { under: &[], takes: Takes::Faces }),
    not_found: NotFound { code: "PERSON_NOT_FOUND", error: "Person not found" },
    tally: None,
    compat: compat::PERSONS,
};

pub(super) static PERSON: Relation = Relation {
    resource: &PERSONS,
    projection: &["_id", "name", "gender", "date_of_birth", "nationality", "status"],
};

static COLLECTION: Relation =
    Relation { resource: &COLLECTIONS, projection: &["_id", "code", "name"] };

static GENDER: Words = Words { words: &["M", "F"], synonyms: &[], open: true };

static STATUS: Words =
    Words { words: &["active", "inactive", "pending"], synonyms: &[], open: true };
