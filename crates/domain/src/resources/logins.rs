//! App logins: who came in, and by what.

use verax_query::{Deletion, NotFound, Opener, PageSize, Resource, Takes, Words};

use super::clients::{READ, client};
use super::compat;
use super::contacts::{EMAIL_VALIDATION, PHONE_VALIDATION};
use super::fields::{id, related, text, time, word};
use super::people::PERSON;
use super::projects::{PROJECT, PROJECT_FLOW};
use super::validations::{APP_REGISTRATION, BIOMETRIC_VALIDATION};
use crate::contact::typed_identifier;

pub static APP_LOGINS: Resource = Resource {
    name: "app-logins",
    title: "App login",
    doc: "A person who came in by email, phone or face. It is born from a validation alone.",
    table: "app_logins",
    fields: &[
        id(),
        client(),
        text("name", "name", "Who came in, as the validation named them.")
            .folded("name_folded")
            .typed_as(typed_identifier)
            .on_devices(),
        word("status", "status", &LOGIN_STATUS, "Whether the person is in.").on_devices(),
        related("project", "project", &PROJECT, "The project.").on_devices(),
        related("projectFlow", "project_flow", &PROJECT_FLOW, "The flow.").on_devices(),
        word("type", "type", &LOGIN_TYPE, "What the person came in by.").on_devices(),
        related(
            "emailValidation",
            "email_validation",
            &EMAIL_VALIDATION,
            "The check of the email address.",
        )
        .on_devices(),
        related(
            "phoneValidation",
            "phone_validation",
            &PHONE_VALIDATION,
            "The check of the phone number.",
        )
        .on_devices(),
        related(
            "biometricValidation",
            "biometric_validation",
            &BIOMETRIC_VALIDATION,
            "The check of the face.",
        )
        .on_devices(),
        related(
            "appRegistration",
            "app_registration",
            &APP_REGISTRATION,
            "The registration of the person.",
        )
        .on_devices(),
        related("person", "person", &PERSON, "The person who was recognised."),
        time("createdAt", "created_at", "When it was created.").on_devices(),
        time("updatedAt", "updated_at", "When it last changed.").on_devices(),
    ],
    reverse: &[],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2"],
    scopes: READ,
    opened_by: &[Opener { scope: "login", field: "_id", may_delete: false }],
    deletion: Some(Deletion { under: &["v2"], takes: Takes::Nothing }),
    not_found: NotFound { code: "appLogin_not_found", error: "App login not found" },
    tally: None,
    compat: compat::APP_LOGINS,
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
