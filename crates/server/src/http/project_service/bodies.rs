//! What a project and its flows may be told. An empty text is as if it was not sent: the dashboard sends
//! all fields of its forms.

use verax_domain::email_templates::{EmailKind, EmailPart};
use verax_domain::flow_settings::reviews::{FourEyes, known_checks};
use verax_domain::resources::{PROJECT_FLOWS, PROJECTS};

use crate::http::body::table::{BodyField, Rule, field, field_as, joined, optional};
use crate::messages::LANGUAGES;

const SEARCH_MODES: &[&str] = &["FAST", "ACCURATE"];
const STEP: Rule = Rule::Word(&["mandatory", "optional", "skip"]);
const MAIL_GATEWAY: Rule = Rule::Word(&["mailgun", "none"]);
const PHONE_GATEWAY: Rule = Rule::Word(&["sms", "whatsapp", "both", "none"]);

/// What the dashboard's forms have before anybody touches them: below what is allowed.
const UNTOUCHED_LIVENESS: f64 = 0.5;
const UNTOUCHED_SEARCH: f64 = 0.3;

pub static PROJECT_BODY: &[BodyField] = &[
    field_as(&PROJECTS, "name", Rule::Text(1, 60)).required(),
    field_as(&PROJECTS, "description", Rule::Text(1, 2000)).or_blank(),
    field_as(&PROJECTS, "identifier", Rule::Text(1, 120)).or_blank(),
    field_as(&PROJECTS, "contactEmail", Rule::Email).or_blank(),
    field_as(&PROJECTS, "privacyUrl", Rule::Url).or_blank(),
    field_as(&PROJECTS, "termsAndConditionsUrl", Rule::Url).or_blank(),
    field_as(&PROJECTS, "allowedCountries", Rule::Texts),
    field_as(&PROJECTS, "defaultLanguage", Rule::Text(2, 8)).or_blank(),
    field_as(&PROJECTS, "dataProtection", Rule::Object(DATA_PROTECTION)),
    field_as(&PROJECTS, "branding", Rule::Object(&[])),
    field(&PROJECTS, "status").or_blank(),
    field(&PROJECTS, "target").or_blank(),
    field_as(&PROJECTS, "currentStep", Rule::Integer(0, 1000)),
    field_as(&PROJECTS, "lastStep", Rule::Integer(0, 1000)),
    field(&PROJECTS, "demoMode"),
    field_as(&PROJECTS, "version", Rule::Integer(1, 1000)),
    field_as(&PROJECTS, "assignedCollection", Rule::Id)
        .or_blank()
        .doc("The collection of its persons: its id or its code."),
    field(&PROJECTS, "allowAnonymous"),
    optional(
        "demoOTP",
        Rule::Text(6, 6),
        "Six digits that a trial takes in the place of a code that is sent; of sandboxes alone.",
    )
    .or_blank(),
    optional("projectFlow", Rule::Members(FLOW), "A flow of the project, made or changed with it."),
    optional(
        "projectFlowType",
        Rule::Word(&["login", "onboarding", "smartlink"]),
        "The type of projectFlow, where that does not say it; onboarding.",
    )
    .or_blank(),
];

const DATA_PROTECTION: &[BodyField] = &[
    optional("name", Rule::Text(1, 200), "").or_blank(),
    optional("email", Rule::Email, "").or_blank(),
    optional("address", Rule::Text(1, 200), "").or_blank(),
    optional("address2", Rule::Text(1, 200), "").or_blank(),
    optional("city", Rule::Text(1, 100), "").or_blank(),
    optional("country", Rule::Text(1, 100), "").or_blank(),
    optional("postalCode", Rule::Text(3, 12), "").or_blank(),
];

pub static FLOW_BODY: &[BodyField] = &joined::<25>(
    &[field(&PROJECT_FLOWS, "project").required(), field(&PROJECT_FLOWS, "type").required()],
    SETTINGS,
);

/// A flow inside its project.
const FLOW: &[BodyField] = &joined::<24>(&[field(&PROJECT_FLOWS, "type").or_blank()], SETTINGS);

const SETTINGS: &[BodyField] = &[
    field_as(&PROJECT_FLOWS, "name", Rule::Text(1, 120)).or_blank(),
    field(&PROJECT_FLOWS, "status").or_blank(),
    field_as(&PROJECT_FLOWS, "version", Rule::Integer(1, 1000)),
    field(&PROJECT_FLOWS, "target").or_blank(),
    field_as(&PROJECT_FLOWS, "redirectUrl", Rule::Url).or_blank(),
    field_as(&PROJECT_FLOWS, "webhookUrl", Rule::Webhook).or_blank(),
    field_as(&PROJECT_FLOWS, "identityUrl", Rule::Url).or_blank(),
    field_as(&PROJECT_FLOWS, "webhook", Rule::Id).or_blank(),
    field_as(&PROJECT_FLOWS, "systemForm", Rule::Id).or_blank(),
    field_as(&PROJECT_FLOWS, "allowedCountries", Rule::Texts),
    field_as(&PROJECT_FLOWS, "onboardingSettings", Rule::Object(ONBOARDING)),
    field_as(&PROJECT_FLOWS, "loginSettings", Rule::Object(LOGIN_SETTINGS)),
    field_as(&PROJECT_FLOWS, "signUpForm", Rule::Object(SIGN_UP_FORM)),
    field_as(&PROJECT_FLOWS, "documents", Rule::Object(DOCUMENTS)),
    field_as(&PROJECT_FLOWS, "liveness", Rule::Object(LIVENESS)),
    field_as(&PROJECT_FLOWS, "steps", Rule::Object(STEPS)),
    field_as(&PROJECT_FLOWS, "review", Rule::Object(REVIEW)),
    field_as(&PROJECT_FLOWS, "business", Rule::Object(&[])),
    field_as(&PROJECT_FLOWS, "representatives", Rule::Object(&[])),
    field_as(&PROJECT_FLOWS, "linkSettings", Rule::Object(&[])),
    field_as(&PROJECT_FLOWS, "security", Rule::Object(SECURITY)),
    field_as(&PROJECT_FLOWS, "integrations", Rule::Object(INTEGRATIONS)),
    field_as(&PROJECT_FLOWS, "emailTemplates", Rule::Object(EMAIL_TEMPLATES)),
];

/// Other members are kept as they come: clients of the protocol have designs there.
const EMAIL_TEMPLATES: &[BodyField] = &[
    optional("code", Rule::Members(CODE_EMAIL), "The email of a code: with {code}."),
    optional(
        "link",
        Rule::Members(LINK_EMAIL),
        "The email of a link that is confirmed: with {link}.",
    ),
    optional(
        "registration",
        Rule::Members(REGISTRATION_EMAIL),
        "The email of resend-link: with {link}.",
    ),
];
const CODE_EMAIL: &[BodyField] = &in_languages(CODE_PARTS);
const CODE_PARTS: &[BodyField] = &parts(EmailKind::Code);
const LINK_EMAIL: &[BodyField] = &in_languages(LINK_PARTS);
const LINK_PARTS: &[BodyField] = &parts(EmailKind::Link);
const REGISTRATION_EMAIL: &[BodyField] = &in_languages(REGISTRATION_PARTS);
const REGISTRATION_PARTS: &[BodyField] = &parts(EmailKind::Registration);

const fn in_languages(parts: &'static [BodyField]) -> [BodyField; LANGUAGES.len()] {
    let mut all = [optional("", Rule::Members(parts), ""); LANGUAGES.len()];
    let mut at = 0;
    while at < all.len() {
        all[at].name = LANGUAGES[at];
        at += 1;
    }
    all
}

const fn parts(kind: EmailKind) -> [BodyField; 3] {
    const fn part(kind: EmailKind, part: EmailPart) -> BodyField {
        optional(part.word(), Rule::EmailPart(kind, part), "")
    }
    [part(kind, EmailPart::Subject), part(kind, EmailPart::Html), part(kind, EmailPart::Text)]
}

const ONBOARDING: &[BodyField] = &[
    optional("steps", Rule::Object(STEPS), ""),
    optional("signUpForm", Rule::Object(SIGN_UP_FORM), ""),
    optional("basicInformation", Rule::Object(&[]), ""),
    optional("document", Rule::Object(DOCUMENT), ""),
    optional("liveness", Rule::Object(OLDER_LIVENESS), ""),
    optional("requiresSignature", Rule::Flag, ""),
    optional("hiddenLoginOption", Rule::Flag, ""),
];
/// Before version 3 of a flow.
const DOCUMENT: &[BodyField] = &[
    optional("maxAttempts", Rule::Integer(1, 100), ""),
    optional(
        "compareMinScore",
        Rule::Number(0.65, 0.95),
        "Match scores from here on are the same.",
    ),
    minimum_age(),
];
const OLDER_LIVENESS: &[BodyField] = &[
    optional("maxAttempts", Rule::Integer(1, 100), ""),
    liveness_score("livenessMinScore"),
    search_score(),
    search_mode(),
];

const LOGIN_SETTINGS: &[BodyField] = &[
    optional("email", Rule::Flag, ""),
    optional("emailGateway", MAIL_GATEWAY, "").or_blank(),
    optional("phone", Rule::Flag, ""),
    optional("faceLiveness", Rule::Flag, ""),
    optional("showFaceLivenessRecommendation", Rule::Flag, ""),
    optional("phoneGateway", PHONE_GATEWAY, "").or_blank(),
    optional("livenessMinScore", Rule::Number(0.51, 0.9), "").or_untouched(UNTOUCHED_LIVENESS),
    search_mode().doc(
        "With it, or searchMinScore, a face login finds the person among all of the project's collection.",
    ),
    search_score().doc(
        "Match score from which a face is a person of the collection; raised for large collections.",
    ),
    optional("requires2FA", Rule::Flag, "Whether a login by a code needs the face besides."),
];
const SIGN_UP_FORM: &[BodyField] = &[
    optional("fullName", Rule::Flag, ""),
    optional("firstName", Rule::Flag, ""),
    optional("lastName", Rule::Flag, ""),
    optional("fullNameStyle", Rule::Word(&["together", "separate"]), "").or_blank(),
    optional("email", Rule::Flag, ""),
    optional("emailGateway", MAIL_GATEWAY, "").or_blank(),
    optional("phone", Rule::Flag, ""),
    optional("phoneGateway", PHONE_GATEWAY, "").or_blank(),
    optional("showTermsAndConditions", Rule::Flag, ""),
    optional("showPrivacyNotice", Rule::Flag, ""),
    optional("allowAdditionalFields", Rule::Flag, ""),
];
const DOCUMENTS: &[BodyField] = &[
    optional("attemptLimit", Rule::Integer(1, 100), ""),
    optional("verificationMethods", Rule::Texts, ""),
    minimum_age(),
];
const LIVENESS: &[BodyField] = &[
    optional("attemptLimit", Rule::Integer(1, 100), ""),
    liveness_score("minScore"),
    optional(
        "compareMinScore",
        Rule::Number(0.65, 0.95),
        "Match scores from here on are the same.",
    ),
    search_score(),
    search_mode(),
    optional("allowForce", Rule::Flag, "Whether a device may enrol a face that is known; false."),
    optional(
        "saveImage",
        Rule::Flag,
        "Whether images of faces are stored encrypted; the setting validations.keep_images.",
    ),
];
const STEPS: &[BodyField] = &[
    optional("document", STEP, "").or_blank(),
    optional("liveness", STEP, "").or_blank(),
    optional("form", STEP, "").or_blank(),
    optional("signUpForm", STEP, "").or_blank(),
    optional("basicInformation", STEP, "").or_blank(),
];
const REVIEW: &[BodyField] = &[
    optional(
        "onManualVerification",
        Rule::Flag,
        "Whether a review opens where a document or a registration needs manual verification.",
    ),
    optional(
        "onFailedChecks",
        Rule::Words(known_checks),
        "Checks of documents and measurements of faces: a review opens where one was not passed.",
    ),
    optional("confidenceMin", Rule::Number(0.0, 1.0), "A review opens below this confidence."),
    optional(
        "sample",
        Rule::Number(0.0, 100.0),
        "So many in a hundred of what passed are reviewed: error rates follow from them.",
    ),
    optional(
        "fourEyes",
        Rule::Word(FourEyes::WORDS),
        "Which decisions a second reviewer has to confirm.",
    )
    .or_blank(),
];
const SECURITY: &[BodyField] = &[
    optional("strategy", Rule::Word(&["whitelist", "blacklist", "none"]), "").or_blank(),
    optional("source", Rule::Word(&["NONE", "API", "CSV"]), "").or_blank(),
    optional("apiUrl", Rule::Url, "").or_blank(),
];
const INTEGRATIONS: &[BodyField] = &[
    optional("redirectUrl", Rule::Url, "").or_blank(),
    optional("webhook", Rule::WebhookOrId, "").or_blank(),
    optional("source", Rule::Word(&["NONE", "API", "CSV"]), "").or_blank(),
    optional("strategy", Rule::Text(1, 100), "").or_blank(),
];

const fn minimum_age() -> BodyField {
    optional("minimumAge", Rule::Integer(0, 120), "How old the holder of a document must be.")
}

const fn liveness_score(name: &'static str) -> BodyField {
    optional(name, Rule::Number(0.52, 0.9), "Liveness scores from here on are accepted.")
        .or_untouched(UNTOUCHED_LIVENESS)
}

const fn search_score() -> BodyField {
    optional(
        "searchMinScore",
        Rule::Number(0.7, 0.95),
        "Match score at or above which a face counts as already enrolled.",
    )
    .or_untouched(UNTOUCHED_SEARCH)
}

const fn search_mode() -> BodyField {
    optional("searchMode", Rule::Word(SEARCH_MODES), "Accepted for compatibility; has no effect.")
        .or_blank()
}
