//! App logins: who came in, and by what.

use verax_query::{NotFound, PageSize, Resource, Words};

use super::{
    APP_REGISTRATION, BIOMETRIC_VALIDATION, PROJECT, PROJECT_FLOW, READ, client, id, plain,
    related, text, time, word,
};

pub static APP_LOGINS: Resource = Resource {
    name: "app-logins",
    title: "App login",
    doc: "A person who came in by email, phone or face. It is born from a validation alone.",
    table: "app_logins",
    fields: &[
        id(),
        client(),
        text("name", "name", "Who came in, as the validation named them.").folded("name_folded"),
        word("status", "status", &LOGIN_STATUS, "Whether the person is in."),
        related("project", "project", &PROJECT, "The project."),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The flow."),
        word("type", "type", &LOGIN_TYPE, "What the person came in by."),
        plain("emailValidation", "email_validation", "The check of the email address."),
        plain("phoneValidation", "phone_validation", "The check of the phone number."),
        related(
            "biometricValidation",
            "biometric_validation",
            &BIOMETRIC_VALIDATION,
            "The check of the face.",
        ),
        related(
            "appRegistration",
            "app_registration",
            &APP_REGISTRATION,
            "The registration of the person.",
        ),
        plain("person", "person", "The person who was recognised."),
        time("createdAt", "created_at", "When it was created."),
        time("updatedAt", "updated_at", "When it last changed."),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: READ,
    not_found: NotFound { code: "appLogin_not_found", error: "App login not found" },
    tally: None,
};

static LOGIN_STATUS: Words = Words {
    words: &["pending", "completed", "failed"],
    synonyms: &[("validated", "completed")],
    open: false,
};

static LOGIN_TYPE: Words = Words {
    words: &["email", "phone", "faceLiveness"],
    synonyms: &[("faceliveness", "faceLiveness")],
    open: false,
};
