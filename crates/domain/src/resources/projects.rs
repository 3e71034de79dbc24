//! Projects, and the flows through them.

use verax_query::{Deletion, NotFound, PageSize, Relation, Resource, Reverse, Takes, Words};

use super::clients::{READ, client};
use super::compat;
use super::fields::{email, flag, id, integer, json, related, text, time, word};

pub static PROJECTS: Resource = Resource {
    name: "projects",
    title: "Project",
    doc: "What a client validates people for: its name, its rules, its look.",
    table: "projects",
    fields: &[
        id(),
        client(),
        text("name", "name", "Its name.").folded("name_folded").on_devices().writable(),
        text("description", "description", "What it is for.")
            .folded("description_folded")
            .on_devices()
            .writable(),
        text("identifier", "identifier", "A name of the client's own.")
            .folded("identifier_folded")
            .writable(),
        email("contactEmail", "contact_email", "Support contact shown to end users.").writable(),
        text("privacyUrl", "privacy_url", "Its privacy notice.").writable(),
        text("termsAndConditionsUrl", "terms_and_conditions_url", "Its terms.").writable(),
        json("allowedCountries", "allowed_countries", &[], "Country names, or All.")
            .on_retrieve()
            .writable(),
        text("defaultLanguage", "default_language", "The language of its pages.").writable(),
        json("dataProtection", "data_protection", &[], "Who answers for the data.")
            .on_retrieve()
            .writable(),
        json("branding", "branding", &[], "Colours and logos of its pages.")
            .on_retrieve()
            .writable(),
        word("status", "status", &PROJECT_STATUS, "Whether it is in use.").writable(),
        word("target", "target", &PROJECT_TARGET, "Whom it validates.").writable(),
        integer("currentStep", "current_step", "Current onboarding step.").on_retrieve().writable(),
        integer("lastStep", "last_step", "The last step of its set-up.").on_retrieve().writable(),
        flag("demoMode", "demo_mode", "Whether it is a trial.").writable(),
        flag(
            "allowAnonymous",
            "allow_anonymous",
            "Whether logins and registrations may begin without a token.",
        )
        .on_retrieve()
        .writable(),
        integer("version", "version", "Schema version.").writable(),
        text("assignedCollection", "assigned_collection", "The collection of its persons.")
            .on_retrieve()
            .writable(),
        text("collectionCode", "collection_code", "That collection's code.").on_retrieve(),
        time("createdAt", "created_at", "When it was created."),
        time("updatedAt", "updated_at", "When it last changed."),
    ],
    reverse: &[Reverse {
        name: "projectFlows",
        resource: &PROJECT_FLOWS,
        via: "project",
        // A dashboard reads the settings of the flows with their project.
        projection: &[],
        chosen_by: Some(("projectFlowType", "type")),
    }],
    tenant_column: "client",
    page_size: PageSize { name: "limit", default: 10 },
    signed: false,
    versions: &["v2", "v3"],
    scopes: READ,
    opened_by: &[],
    deletion: Some(Deletion { under: &["v2", "v3"], takes: Takes::Parts }),
    not_found: NotFound { code: "NotFound", error: "Record not found." },
    tally: None,
    compat: compat::PROJECTS,
};

pub static PROJECT_FLOWS: Resource = Resource {
    name: "project-flows",
    title: "Project flow",
    doc: "One way through a project: login, onboarding or a smart link, and its thresholds.",
    table: "project_flows",
    fields: &[
        id(),
        client(),
        related("project", "project", &PROJECT, "The project it belongs to.").writable(),
        word("type", "type", &FLOW_TYPE, "What it is for.").on_devices().writable(),
        word("status", "status", &PROJECT_STATUS, "Whether it is in use.").writable(),
        integer("version", "version", "Schema version.").writable(),
        text("name", "name", "Its name.").folded("name_folded").on_devices().writable(),
        word("target", "target", &PROJECT_TARGET, "Whom it validates.").writable(),
        text("redirectUrl", "redirect_url", "Where its users go afterwards.").writable(),
        text("webhookUrl", "webhook_url", "URL that receives webhook events.").writable(),
        text("identityUrl", "identity_url", "Where its users show who they are.").writable(),
        text("webhook", "webhook", "The id of a webhook, as it was given.")
            .on_retrieve()
            .writable(),
        text("systemForm", "system_form", "The id of a form, as it was given.")
            .on_retrieve()
            .writable(),
        json("allowedCountries", "allowed_countries", &[], "Country names, as they were given.")
            .on_retrieve()
            .writable(),
        json(
            "onboardingSettings",
            "onboarding_settings",
            &[],
            "Form, steps, documents and liveness, as flows before version 3 have them.",
        )
        .on_retrieve()
        .writable(),
        json("loginSettings", "login_settings", &[], "How its users log in.")
            .on_retrieve()
            .writable(),
        json("signUpForm", "sign_up_form", &[], "What its users are asked.")
            .on_retrieve()
            .writable(),
        json("documents", "documents", &[], "Which documents it takes.").on_retrieve().writable(),
        json("liveness", "liveness", &[], "Attempts and thresholds of its face checks.")
            .on_retrieve()
            .writable(),
        json("steps", "steps", &[], "Which steps are mandatory, optional or skipped.")
            .on_retrieve()
            .writable(),
        json("review", "review", &[], "When a person decides, and whether a second one confirms.")
            .on_retrieve()
            .writable(),
        json("business", "business", &[], "Which documents of a business it takes.")
            .on_retrieve()
            .writable(),
        json("representatives", "representatives", &[], "What a business's people are asked.")
            .on_retrieve()
            .writable(),
        json("linkSettings", "link_settings", &[], "What a smart link asks.")
            .on_retrieve()
            .writable(),
        json("security", "security", &[], "Who is let in, as it was given.")
            .on_retrieve()
            .writable(),
        json("integrations", "integrations", &[], "What it is connected to.")
            .on_retrieve()
            .writable(),
        json("emailTemplates", "email_templates", &[], "What the emails to its users say.")
            .on_retrieve()
            .writable(),
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
    deletion: Some(Deletion { under: &["v2", "v3"], takes: Takes::Nothing }),
    not_found: NotFound { code: "NotFound", error: "Record not found." },
    tally: None,
    compat: compat::PROJECT_FLOWS,
};

pub(super) static PROJECT: Relation =
    Relation { resource: &PROJECTS, projection: &["_id", "name", "description"] };

pub(super) static PROJECT_FLOW: Relation =
    Relation { resource: &PROJECT_FLOWS, projection: &["_id", "name", "type"] };

static PROJECT_STATUS: Words = Words {
    words: &["draft", "active", "paused", "inactive", "pending"],
    synonyms: &[],
    open: true,
};

static PROJECT_TARGET: Words =
    Words { words: &["personal", "business"], synonyms: &[], open: true };

static FLOW_TYPE: Words =
    Words { words: &["login", "onboarding", "smartlink"], synonyms: &[], open: true };
