//! Members: the people who sign in.

use verax_query::{Deletion, NotFound, PageSize, Resource, Takes, Words};

use super::clients::client;
use super::compat;
use super::fields::{email, flag, id, text, time, word};
use crate::role::{MemberStatus, Role};

const READ: &[&str] = &["members:write"];

pub static PROJECT_MEMBERS: Resource = Resource {
    name: "project-members",
    title: "Member",
    doc: "A person who signs in and works with the records of a client.",
    table: "project_members",
    fields: &[
        id(),
        client(),
        text("name", "name", "The member's name.").folded("name_folded").writable(),
        email("email", "email", "The address that the member signs in with.")
            .required()
            .folded("email_folded")
            .writable(),
        word("role", "role", &ROLE, "What the member may do.").required().writable(),
        word("status", "status", &STATUS, "`invited`: has no password yet.").required(),
        flag("hasTotp", "has_totp", "Whether signing in takes a code besides the password.")
            .required(),
        time("lastSignInAt", "last_sign_in_at", "When the member last signed in."),
        time("createdAt", "created_at", "When the member was invited.").required(),
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
    not_found: NotFound { code: "project_member_not_found", error: "Project member not found" },
    tally: None,
    compat: compat::PROJECT_MEMBERS,
};

static ROLE: Words = Words { words: Role::WORDS, synonyms: &[], open: false };

static STATUS: Words = Words { words: MemberStatus::WORDS, synonyms: &[], open: false };
