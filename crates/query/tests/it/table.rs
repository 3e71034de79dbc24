//! A resource of our own, with a field of every kind.

use verax_query::{
    Audience, Compat, Field, Kind, Member, MemberKind, NotFound, PageSize, Relation, Resource,
    Reverse, Shown, Typed, Unstored, WordSet, Words,
};

pub static CHECKS: Resource = Resource {
    name: "checks",
    title: "Check",
    doc: "A thing to list.",
    table: "checks",
    fields: &[
        Field::new("_id", "id", Kind::Id, "").required(),
        Field::new("client", "client", Kind::Relation(&OWNER), "").required(),
        Field::new("project", "project", Kind::Relation(&PROJECT), ""),
        Field::new("status", "status", Kind::Word(&STATUS), "").required(),
        Field::new("identifier", "identifier", Kind::Text, "").folded("identifier_folded"),
        Field::new("email", "email", Kind::Text, "").folded("email_folded").typed_as(typed_email),
        Field::new("type", "type", Kind::Word(&TYPE), ""),
        Field::new("ipAddress", "ip_address", Kind::Text, ""),
        Field::new("requires2FA", "requires_2fa", Kind::Bool, ""),
        Field::new("attempts", "attempts", Kind::Integer, ""),
        Field::new("details", "details", Kind::Json(DETAILS), ""),
        Field::new("riskScore", "risk_score", Kind::Number, ""),
        Field::new("createdAt", "created_at", Kind::Time, "").required(),
        Field::new("completedAt", "completed_at", Kind::Time, ""),
        Field::new("failedChecks", "failed_checks", Kind::Set(&FAILED), "").on_retrieve(),
        Field::new("note", "note", Kind::Text, "").on_retrieve(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "perPage", default: 20 },
    signed: false,
    versions: &["v2"],
    scopes: &[],
    opened_by: &[],
    deletion: None,
    not_found: NotFound { code: "", error: "" },
    tally: None,
    compat: Compat {
        aliases: &[("name", "identifier")],
        unstored: &[
            Unstored::one("face").with(&["owner"]),
            Unstored::many("attachments"),
            Unstored::one("ipAddress"),
            Unstored::one("details"),
        ],
        unshown: &["otp"],
        ..Compat::NONE
    },
};

pub static PROJECTS: Resource = Resource {
    name: "projects",
    title: "Project",
    doc: "",
    table: "projects",
    fields: &[
        Field::new("_id", "id", Kind::Id, "").required(),
        Field::new("client", "client", Kind::Relation(&OWNER), "").required(),
        Field::new("name", "name", Kind::Text, "").folded("name_folded").filters_related(),
        Field::new("createdAt", "created_at", Kind::Time, ""),
    ],
    reverse: &[Reverse {
        name: "checks",
        resource: &CHECKS,
        via: "project",
        projection: &["_id", "status"],
        chosen_by: Some(("checkType", "type")),
    }],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: &[],
    opened_by: &[],
    deletion: None,
    not_found: NotFound { code: "", error: "" },
    tally: None,
    compat: Compat { page_size_max: 500, unpaged_size: Some(300), ..Compat::NONE },
};

/// A list of which nothing is searched as text.
pub static BARE: Resource = Resource {
    name: "owners",
    title: "Owner",
    doc: "",
    table: "owners",
    fields: &[
        Field::new("_id", "id", Kind::Id, "").required(),
        Field::new("name", "name", Kind::Text, ""),
        Field::new("email", "email", Kind::Text, ""),
    ],
    reverse: &[],
    tenant_column: "id",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &[],
    scopes: &[],
    opened_by: &[],
    deletion: None,
    not_found: NotFound { code: "", error: "" },
    tally: None,
    compat: Compat::NONE,
};

/// No address has a space.
fn typed_email(text: &str, _: Typed) -> String {
    text.trim().chars().map(|it| if it.is_whitespace() { '+' } else { it }).collect()
}

static OWNER: Relation = Relation { resource: &BARE, projection: &["_id", "name", "email"] };
static PROJECT: Relation = Relation { resource: &PROJECTS, projection: &["_id", "name"] };

static STATUS: Words = Words {
    words: &["new", "pending", "completed", "failed", "expired"],
    synonyms: &[("validated", "completed"), ("sent", "pending")],
    open: false,
};

static FAILED: WordSet = WordSet {
    words: &["screenReplay", "printedCopy", "quality"],
    from: &["details"],
    derive: |_| None,
};

static TYPE: Words = Words { words: &["login", "onboarding"], synonyms: &[], open: false };

const DETAILS: &[Member] = &[Member {
    name: "score",
    kind: MemberKind::Score,
    nullable: false,
    shown: Shown::List,
    audience: Audience::Client,
}];
