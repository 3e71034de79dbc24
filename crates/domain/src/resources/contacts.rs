//! Checks of an email address or a phone number by a code that is sent there.

use verax_query::{
    Compat, Deletion, Field, NotFound, Opener, PageSize, Relation, Resource, Takes, Words,
};

use super::clients::{READ, client};
use super::fields::{country_code, email, flag, id, integer, phone, related, text, time, word};
use super::projects::{PROJECT, PROJECT_FLOW};

pub static EMAIL_VALIDATIONS: Resource = Resource {
    name: "email-validations",
    title: "Email validation",
    doc: "A check that a person receives what is sent to an email address.",
    table: "email_validations",
    fields: &[
        id(),
        client(),
        project(),
        flow(),
        registration(),
        status(),
        email("email", "email", "The address.").folded("email_folded").on_devices().writable(),
        kind(),
        word("validationMethod", "validation_method", &EMAIL_METHOD, "A code, or a link.")
            .on_devices()
            .writable(),
        expires_at(),
        redirect_url(),
        requires_2fa(),
        ip_address(),
        language(),
        attempts(),
        attempts_max(),
        reason(),
        created_at(),
        updated_at(),
        validated_at(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: true,
    versions: &["v2"],
    scopes: READ,
    opened_by: OPENED_BY,
    deletion: Some(Deletion { under: &["v2"], takes: Takes::Nothing }),
    not_found: NotFound { code: "email_validation_not_found", error: "Email validation not found" },
    tally: None,
    compat: Compat::NONE,
};

pub static PHONE_VALIDATIONS: Resource = Resource {
    name: "phone-validations",
    title: "Phone validation",
    doc: "A check that a person receives what is sent to a phone number.",
    table: "phone_validations",
    fields: &[
        id(),
        client(),
        project(),
        flow(),
        registration(),
        status(),
        country_code("Country code of the phone: +57.").on_devices().writable(),
        phone("phone", "phone", "Phone number without its country code.")
            .folded("phone_folded")
            .on_devices()
            .writable(),
        word("phoneGateway", "phone_gateway", &GATEWAY, "What the code is sent by.")
            .on_devices()
            .writable(),
        kind(),
        word("validationMethod", "validation_method", &PHONE_METHOD, "A code.")
            .on_devices()
            .writable(),
        expires_at(),
        redirect_url(),
        requires_2fa(),
        ip_address(),
        language(),
        attempts(),
        attempts_max(),
        reason(),
        created_at(),
        updated_at(),
        validated_at(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: true,
    versions: &["v2"],
    scopes: READ,
    opened_by: OPENED_BY,
    deletion: Some(Deletion { under: &["v2"], takes: Takes::Nothing }),
    not_found: NotFound { code: "phone_validation_not_found", error: "Phone validation not found" },
    tally: None,
    compat: Compat::NONE,
};

const OPENED_BY: &[Opener] =
    &[Opener { scope: "registration", field: "appRegistration", may_delete: false }];

const fn project() -> Field {
    related("project", "project", &PROJECT, "The project it was made for.").on_devices().writable()
}

const fn flow() -> Field {
    related("projectFlow", "project_flow", &PROJECT_FLOW, "The flow it was made in.")
        .on_devices()
        .writable()
}

const fn registration() -> Field {
    // The registration names its validation: tables that point to each other are in one file.
    text("appRegistration", "app_registration", "The registration whose contact it is.")
        .on_devices()
}

const fn status() -> Field {
    word("status", "status", &STATUS, "Where it stands.").required().on_devices()
}

const fn kind() -> Field {
    word("type", "type", &KIND, "What it is for.").on_devices().writable()
}

const fn expires_at() -> Field {
    time("expiresAt", "expires_at", "When its code is no longer taken.").on_devices()
}

const fn redirect_url() -> Field {
    text("redirectUrl", "redirect_url", "Where the person goes afterwards.")
        .on_retrieve()
        .on_devices()
        .writable()
}

const fn requires_2fa() -> Field {
    flag("requires2FA", "requires_2fa", "Whether a login needs the face besides.")
        .on_devices()
        .writable()
}

const fn ip_address() -> Field {
    text("ipAddress", "ip_address", "The address given for the person.").writable()
}

const fn language() -> Field {
    text("language", "language", "The language of the message: en, es or pt.")
        .on_retrieve()
        .on_devices()
        .writable()
}

const fn attempts() -> Field {
    integer("attempts", "attempts", "How many codes were tried.")
}

const fn attempts_max() -> Field {
    integer("maxAttempts", "attempts_max", "How many codes may be tried.")
}

const fn reason() -> Field {
    text("reason", "reason", "Why it failed.").on_retrieve()
}

const fn created_at() -> Field {
    time("createdAt", "created_at", "When it was created.").required().on_devices()
}

const fn updated_at() -> Field {
    time("updatedAt", "updated_at", "When it last changed.").on_devices()
}

const fn validated_at() -> Field {
    time("validatedAt", "validated_at", "When the right code came.").on_devices()
}

pub(super) static EMAIL_VALIDATION: Relation = Relation {
    resource: &EMAIL_VALIDATIONS,
    projection: &["_id", "status", "email", "type", "validationMethod", "validatedAt"],
};

pub(super) static PHONE_VALIDATION: Relation = Relation {
    resource: &PHONE_VALIDATIONS,
    projection: &[
        "_id",
        "status",
        "countryCode",
        "phone",
        "phoneGateway",
        "type",
        "validationMethod",
        "validatedAt",
    ],
};

static STATUS: Words = Words {
    words: &["new", "sent", "validated", "failed", "expired"],
    synonyms: &[("pending", "sent"), ("completed", "validated")],
    open: false,
};

static KIND: Words = Words {
    words: &["validation", "login", "onboarding", "oneTimeLink"],
    synonyms: &[],
    open: true,
};

static EMAIL_METHOD: Words = Words {
    words: &["verificationCode", "oneTimeLink"],
    synonyms: &[("magicLink", "oneTimeLink")],
    open: true,
};

static PHONE_METHOD: Words = Words { words: &["verificationCode"], synonyms: &[], open: true };

static GATEWAY: Words = Words { words: &["sms", "whatsapp"], synonyms: &[], open: true };
