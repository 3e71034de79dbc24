//! The table of resources: each listed thing is one value here, and everything else reads it.

mod logins;
mod people;

use crate::contact::{typed_country, typed_email, typed_identifier, typed_phone};
use crate::document_check::DocumentCheck;
pub use logins::APP_LOGINS;
pub use people::{COLLECTIONS, PERSONS};
use verax_query::{
    Audience, Field, Kind, Member, MemberKind, NotFound, Opener, PageSize, Relation, Resource,
    Reverse, Shown, Tally, Words, fold_address,
};

/// Every resource, in the order in which an import of all must take them.
pub static ALL: [&Resource; 10] = [
    &CLIENTS,
    &PROJECTS,
    &PROJECT_FLOWS,
    &COLLECTIONS,
    &PERSONS,
    &LIVENESS_SESSIONS,
    &APP_REGISTRATIONS,
    &BIOMETRIC_VALIDATIONS,
    &APP_LOGINS,
    &DOCUMENT_LIVENESS,
];

/// The resource with this name, as paths and commands write it.
pub fn by_name(name: &str) -> Option<&'static Resource> {
    ALL.into_iter().find(|resource| resource.name == name)
}

pub static BIOMETRIC_VALIDATIONS: Resource = Resource {
    name: "biometric-validations",
    title: "Biometric validation",
    doc: "A check of a person's face: liveness, presentation attacks, quality, identity.",
    table: "biometric_validations",
    fields: &[
        id(),
        client(),
        related("project", "project", &PROJECT, "The project it was made for.").on_devices(),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The flow it was made in.")
            .on_devices(),
        related("livenessSession", "liveness_session", &LIVENESS_SESSION, "Its capture session.")
            .on_devices(),
        related(
            "appRegistration",
            "app_registration",
            &APP_REGISTRATION,
            "The registration it belongs to.",
        )
        .on_devices(),
        word("status", "status", &BIOMETRIC_STATUS, "Where it stands.").required().on_devices(),
        identifier("Who is being validated: an email or a name of yours.").on_devices(),
        word("type", "type", &BIOMETRIC_TYPE, "What it is for.").on_devices(),
        time("expiresAt", "expires_at", "When it can no longer be completed.").on_devices(),
        plain("redirectUrl", "redirect_url", "Where the user goes afterwards.")
            .on_retrieve()
            .on_devices(),
        plain("webhookUrl", "webhook_url", "Who is told of the outcome.").on_retrieve(),
        flag("requires2FA", "requires_2fa", "Whether a second factor is asked for.").on_devices(),
        plain("ipAddress", "ip_address", "The address given for the user.").on_devices(),
        flag("sendViaEmail", "send_via_email", "Whether the link is sent by email.").on_retrieve(),
        email("email", "email", "Where the link is sent.").on_retrieve(),
        plain("language", "language", "The language of the capture page: en or es.")
            .on_retrieve()
            .on_devices(),
        plain("url", "url", "The capture page.").on_retrieve().on_devices(),
        plain("assignedCollection", "assigned_collection", "The collection compared with.")
            .on_retrieve()
            .on_devices(),
        plain("collectionCode", "collection_code", "That collection's code.")
            .on_retrieve()
            .on_devices(),
        number("livenessScore", "liveness_score", "Liveness, 0..1.").on_retrieve(),
        json("response", "response", &[], "Liveness and persons found.").on_retrieve(),
        json(
            "reasons",
            "reasons",
            &[],
            "Which measurement missed which limit, or why there is none.",
        )
        .on_retrieve()
        .on_devices(),
        json(
            "biometricData",
            "biometric_data",
            &[
                on_devices(member("quality", MemberKind::Word(&["good", "acceptable", "poor"]))),
                member("livenessScore", MemberKind::Score),
            ],
            "What was measured of the face.",
        )
        .with_full("biometric_data_full")
        .on_devices(),
        json(
            "verificationResults",
            "verification_results",
            &[
                on_devices(member("livenessDetection", MemberKind::Word(OUTCOME))),
                on_devices(member("identityMatch", MemberKind::Word(OUTCOME))),
                member("qualityScore", MemberKind::Score),
                on_devices(member("antiSpoofing", MemberKind::Word(OUTCOME))),
            ],
            "What each check found; a check that was not made says not_checked.",
        )
        .with_full("verification_results_full")
        .on_devices(),
        number("riskScore", "risk_score", "Risk, 0 (none) to 1."),
        flag("imageSaved", "image_saved", "Whether the image was stored.")
            .on_retrieve()
            .on_devices(),
        time("createdAt", "created_at", "When it was created.").required().on_devices(),
        time("updatedAt", "updated_at", "When it last changed.").on_devices(),
        time("completedAt", "completed_at", "When it was completed.").on_devices(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "perPage", default: 20 },
    signed: false,
    versions: &["v2"],
    scopes: &["validations:read"],
    opened_by: &[
        Opener { scope: "session", field: "livenessSession", may_delete: false },
        // Who begins the face check again sets the old one aside.
        Opener { scope: "registration", field: "appRegistration", may_delete: true },
    ],
    deleted_under: &["v2"],
    not_found: NotFound {
        code: "biometric_validation_not_found",
        error: "Biometric validation not found",
    },
    tally: Some(&Tally { status: &BIOMETRIC_STATUS, kind: Some(&BIOMETRIC_TYPE) }),
};

static DOCUMENT_CHECKS: [Member; DocumentCheck::COUNT] = {
    let mut members = [on_devices(member("", MemberKind::Object(CHECK))); DocumentCheck::COUNT];
    let mut at = 0;
    while at < DocumentCheck::COUNT {
        members[at].name = DocumentCheck::ALL[at].entry().wire_name;
        at += 1;
    }
    members
};

pub static DOCUMENT_LIVENESS: Resource = Resource {
    name: "document-liveness",
    title: "Document liveness validation",
    doc: "A check of a photographed identity document: screen replay, printed copy, portrait \
          substitution, digital manipulation.",
    table: "document_liveness",
    fields: &[
        id(),
        client(),
        related(
            "appRegistration",
            "app_registration",
            &APP_REGISTRATION,
            "The registration it belongs to.",
        )
        .on_devices(),
        flag("imageSaved", "image_saved", "Whether the image was stored.").required().on_devices(),
        plain("imageUrl", "image_url", "Where the stored image is."),
        word("status", "status", &DOCUMENT_STATUS, "Where it stands.").required().on_devices(),
        json(
            "validationResults",
            "validation_results",
            &DOCUMENT_CHECKS,
            "What each check found; a check that was not asked for is absent.",
        )
        .with_full("validation_results_full")
        .on_devices(),
        json(
            "calibrationSettings",
            "calibration_settings",
            &[],
            "SOFT, REGULAR or HARD per check.",
        )
        .on_retrieve()
        .on_devices(),
        json("validationFlags", "validation_flags", &[], "Validations that were not to fail it.")
            .on_retrieve()
            .on_devices(),
        number("riskScore", "risk_score", "Risk, 0 (none) to 1."),
        number("confidence", "confidence", "How much the image allows to be concluded, 0..1."),
        plain("failureReason", "failure_reason", "Why it failed.").on_retrieve(),
        time("createdAt", "created_at", "When it was created.").required().on_devices(),
        time("updatedAt", "updated_at", "When it last changed.").on_devices(),
        time("completedAt", "completed_at", "When it was completed.").on_devices(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: true,
    versions: &["v2"],
    scopes: &["documents:read"],
    opened_by: &[],
    deleted_under: &["v2"],
    not_found: NotFound {
        code: "DOCUMENT_LIVENESS_NOT_FOUND",
        error: "Document liveness not found",
    },
    tally: Some(&Tally { status: &DOCUMENT_STATUS, kind: None }),
};

pub static PROJECTS: Resource = Resource {
    name: "projects",
    title: "Project",
    doc: "What a client validates people for: its name, its rules, its look.",
    table: "projects",
    fields: &[
        id(),
        client(),
        text("name", "name", "Its name.").folded("name_folded").on_devices(),
        text("description", "description", "What it is for.")
            .folded("description_folded")
            .on_devices(),
        text("identifier", "identifier", "A name of the client's own.").folded("identifier_folded"),
        email("contactEmail", "contact_email", "Support contact shown to end users."),
        plain("privacyUrl", "privacy_url", "Its privacy notice."),
        plain("termsAndConditionsUrl", "terms_and_conditions_url", "Its terms."),
        json("allowedCountries", "allowed_countries", &[], "Country names, or All.").on_retrieve(),
        plain("defaultLanguage", "default_language", "The language of its pages."),
        json("dataProtection", "data_protection", &[], "Who answers for the data.").on_retrieve(),
        json("branding", "branding", &[], "Colours and logos of its pages.").on_retrieve(),
        word("status", "status", &PROJECT_STATUS, "Whether it is in use."),
        word("target", "target", &PROJECT_TARGET, "Whom it validates."),
        integer("currentStep", "current_step", "Current onboarding step.").on_retrieve(),
        integer("lastStep", "last_step", "The last step of its set-up.").on_retrieve(),
        flag("demoMode", "demo_mode", "Whether it is a trial."),
        flag("allowAnonymous", "allow_anonymous", "Whether logins may begin without a token.")
            .on_retrieve(),
        integer("version", "version", "Schema version."),
        plain("assignedCollection", "assigned_collection", "The collection of its persons.")
            .on_retrieve(),
        plain("collectionCode", "collection_code", "That collection's code.").on_retrieve(),
        time("createdAt", "created_at", "When it was created."),
        time("updatedAt", "updated_at", "When it last changed."),
    ],
    reverse: &[Reverse {
        name: "projectFlows",
        resource: &PROJECT_FLOWS,
        via: "project",
        projection: &["_id", "name", "type", "status"],
    }],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2", "v3"],
    scopes: READ,
    opened_by: &[],
    deleted_under: &["v2", "v3"],
    not_found: NotFound { code: "NotFound", error: "Record not found." },
    tally: None,
};

pub static PROJECT_FLOWS: Resource = Resource {
    name: "project-flows",
    title: "Project flow",
    doc: "One way through a project: login, onboarding or a smart link, and its thresholds.",
    table: "project_flows",
    fields: &[
        id(),
        client(),
        related("project", "project", &PROJECT, "The project it belongs to."),
        word("type", "type", &FLOW_TYPE, "What it is for.").on_devices(),
        word("status", "status", &PROJECT_STATUS, "Whether it is in use."),
        integer("version", "version", "Schema version."),
        text("name", "name", "Its name.").folded("name_folded").on_devices(),
        word("target", "target", &PROJECT_TARGET, "Whom it validates."),
        plain("redirectUrl", "redirect_url", "Where its users go afterwards."),
        plain("webhookUrl", "webhook_url", "URL that receives webhook events."),
        json("loginSettings", "login_settings", &[], "How its users log in.").on_retrieve(),
        json("signUpForm", "sign_up_form", &[], "What its users are asked.").on_retrieve(),
        json("documents", "documents", &[], "Which documents it takes.").on_retrieve(),
        json("liveness", "liveness", &[], "Attempts and thresholds of its face checks.")
            .on_retrieve(),
        json("steps", "steps", &[], "Which steps are mandatory, optional or skipped.")
            .on_retrieve(),
        json("integrations", "integrations", &[], "What it is connected to.").on_retrieve(),
        json("emailTemplates", "email_templates", &[], "What its users are sent.").on_retrieve(),
        time("createdAt", "created_at", "When it was created."),
        time("updatedAt", "updated_at", "When it last changed."),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: true,
    versions: &["v2"],
    scopes: READ,
    opened_by: &[],
    deleted_under: &["v2", "v3"],
    not_found: NotFound { code: "NotFound", error: "Record not found." },
    tally: None,
};

pub static APP_REGISTRATIONS: Resource = Resource {
    name: "app-registrations",
    title: "App registration",
    doc: "A person on the way through a project flow.",
    table: "app_registrations",
    fields: &[
        id(),
        client(),
        related("project", "project", &PROJECT, "The project.").on_devices(),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The flow.").on_devices(),
        word("status", "status", &REGISTRATION_STATUS, "How far the person came.").on_devices(),
        text("fullName", "full_name", "The person's whole name.")
            .folded("full_name_folded")
            .on_devices(),
        text("firstName", "first_name", "First name.").folded("first_name_folded").on_devices(),
        text("lastName", "last_name", "Last name.").folded("last_name_folded").on_devices(),
        email("email", "email", "Email address.").folded("email_folded").on_devices(),
        phone("phone", "phone", "Phone number without its country code.")
            .folded("phone_folded")
            .on_devices(),
        country_code("Country code of the phone: +57.").on_devices(),
        plain("language", "language", "Language of the pages.").on_devices(),
        plain("currentStep", "current_step", "The step that comes next.").on_devices(),
        plain("emailValidation", "email_validation", "The check of the email address.")
            .on_devices(),
        plain("phoneValidation", "phone_validation", "The check of the phone number.").on_devices(),
        related(
            "biometricValidation",
            "biometric_validation",
            &BIOMETRIC_VALIDATION,
            "The face check that it passed.",
        )
        .on_devices(),
        plain("documentValidation", "document_validation", "The check of the document.")
            .on_devices(),
        plain("person", "person", "The person who was enrolled."),
        json("consentSession", "consent_session", &[], "What the person has agreed to.")
            .on_retrieve()
            .on_devices(),
        json(
            "failedBiometricValidations",
            "failed_biometric_validations",
            &[],
            "The face checks that it did not pass.",
        )
        .on_retrieve()
        .on_devices(),
        plain("assignedCollection", "assigned_collection", "The collection of the person.")
            .on_retrieve()
            .on_devices(),
        json("manualReviewLog", "manual_review_log", &[], "What reviewers decided.").on_retrieve(),
        time("createdAt", "created_at", "When it was created.").on_devices(),
        time("updatedAt", "updated_at", "When it last changed.").on_devices(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: READ,
    opened_by: &[Opener { scope: "registration", field: "_id", may_delete: false }],
    deleted_under: &["v2"],
    not_found: NotFound { code: "appRegistration_not_found", error: "App registration not found" },
    tally: None,
};

pub static LIVENESS_SESSIONS: Resource = Resource {
    name: "liveness-sessions",
    title: "Liveness session",
    doc: "A short-lived permission to capture one face.",
    table: "liveness_sessions",
    fields: &[
        id(),
        client(),
        related("project", "project", &PROJECT, "The project.").on_devices(),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The flow.").on_devices(),
        identifier("Who is being validated.").on_devices(),
        word("status", "status", &SESSION_STATUS, "Whether it can still be used.").on_devices(),
        time("expiresAt", "expires_at", "When it can no longer be used.").on_devices(),
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
    deleted_under: &[],
    not_found: NotFound { code: "liveness_session_not_found", error: "Liveness session not found" },
    tally: None,
};

pub static CLIENTS: Resource = Resource {
    name: "clients",
    title: "Client",
    doc: "A company that uses this server; records belong to one.",
    table: "clients",
    fields: &[
        id(),
        text("name", "name", "Its name.").folded("name_folded").on_devices(),
        email("email", "email", "Its address.").folded("email_folded").on_devices(),
        phone("phone", "phone", "Phone number without its country code."),
        country_code("Country code of the phone."),
        plain("company", "company", "Its legal name."),
        plain("language", "language", "Its language."),
        word("status", "status", &CLIENT_STATUS, "Whether it has joined."),
        plain("scopes", "scopes", "What its tokens may do; absent: all but staff.").on_retrieve(),
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
    deleted_under: &[],
    not_found: NotFound { code: "NotFound", error: "Record not found." },
    tally: None,
};

const READ: &[&str] = &["validations:read", "documents:read"];

const OUTCOME: &[&str] = &["passed", "failed", "not_checked"];

const CHECK: &[Member] = &[
    on_devices(member("passed", MemberKind::Bool)),
    member("score", MemberKind::Score),
    Member { shown: Shown::Retrieve, ..member("details", MemberKind::Text) },
];

static CLIENT: Relation = Relation { resource: &CLIENTS, projection: &["_id", "name", "email"] };

static PROJECT: Relation =
    Relation { resource: &PROJECTS, projection: &["_id", "name", "description"] };

static PROJECT_FLOW: Relation =
    Relation { resource: &PROJECT_FLOWS, projection: &["_id", "name", "type"] };

static LIVENESS_SESSION: Relation =
    Relation { resource: &LIVENESS_SESSIONS, projection: &["_id", "status", "expiresAt"] };

static APP_REGISTRATION: Relation =
    Relation { resource: &APP_REGISTRATIONS, projection: &["_id", "fullName", "email", "status"] };

static BIOMETRIC_VALIDATION: Relation =
    Relation { resource: &BIOMETRIC_VALIDATIONS, projection: &["_id", "status", "type"] };

static BIOMETRIC_STATUS: Words = Words {
    words: &["new", "pending", "completed", "failed", "expired"],
    synonyms: &[("validated", "completed"), ("sent", "pending")],
    open: false,
};

static BIOMETRIC_TYPE: Words = Words {
    words: &["validation", "login", "onboarding", "oneTimeLink"],
    synonyms: &[],
    open: false,
};

static DOCUMENT_STATUS: Words =
    Words { words: &["new", "processing", "completed", "failed"], synonyms: &[], open: false };

static PROJECT_STATUS: Words = Words {
    words: &["draft", "active", "paused", "inactive", "pending"],
    synonyms: &[],
    open: true,
};

static PROJECT_TARGET: Words =
    Words { words: &["personal", "business"], synonyms: &[], open: true };

static FLOW_TYPE: Words =
    Words { words: &["login", "onboarding", "smartlink"], synonyms: &[], open: true };

// The seed page shows `completed` in lower case beside the documented words: both can be filtered.
static REGISTRATION_STATUS: Words = Words {
    words: &[
        "STARTED",
        "ONGOING",
        "COMPLETED",
        "COMPLETED_WITHOUT_KYC",
        "FAILED",
        "NEEDS_MANUAL_VERIFICATION",
        "EXPIRED",
        "completed",
    ],
    synonyms: &[],
    open: true,
};

static SESSION_STATUS: Words =
    Words { words: &["active", "completed", "expired"], synonyms: &[], open: true };

static CLIENT_STATUS: Words = Words { words: &["joined"], synonyms: &[], open: true };

const fn id() -> Field {
    Field::new("_id", "id", Kind::Id, "The record's id.").required().on_devices()
}

const fn client() -> Field {
    related("client", "client", &CLIENT, "The client whose record it is.").required().on_devices()
}

const fn related(
    name: &'static str,
    column: &'static str,
    relation: &'static Relation,
    doc: &'static str,
) -> Field {
    Field::new(name, column, Kind::Relation(relation), doc)
}

/// Text that can be searched; [`Field::folded`] names the column for it.
const fn text(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Text, doc)
}

/// An address that people type.
const fn email(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    plain(name, column, doc).typed_as(typed_email).folded_by(fold_address)
}

/// A phone number that people type.
const fn phone(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    plain(name, column, doc).typed_as(typed_phone)
}

/// The code of a country in front of a phone number.
const fn country_code(doc: &'static str) -> Field {
    plain("countryCode", "country_code", doc).typed_as(typed_country)
}

/// Who somebody is: an address, a number or a name.
const fn identifier(doc: &'static str) -> Field {
    text("identifier", "identifier", doc).folded("identifier_folded").typed_as(typed_identifier)
}

/// Text that is compared whole.
const fn plain(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Text, doc)
}

const fn word(
    name: &'static str,
    column: &'static str,
    words: &'static Words,
    doc: &'static str,
) -> Field {
    Field::new(name, column, Kind::Word(words), doc)
}

const fn flag(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Bool, doc)
}

const fn integer(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Integer, doc)
}

const fn number(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Number, doc)
}

const fn time(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Time, doc)
}

const fn json(
    name: &'static str,
    column: &'static str,
    members: &'static [Member],
    doc: &'static str,
) -> Field {
    Field::new(name, column, Kind::Json(members), doc)
}

const fn member(name: &'static str, kind: MemberKind) -> Member {
    Member { name, kind, shown: Shown::List, audience: Audience::Client }
}

/// Devices see it too.
const fn on_devices(member: Member) -> Member {
    Member { audience: Audience::Device, ..member }
}
