//! One way through a project: what it is for, its limits, and which checks it requirements.

use serde_json::{Map, Value as Json};
use verax_query::{Key, Resource};

mod reading;

pub use self::reading::ReadingSettings;
use super::project::{Project, ProjectStatus};
use super::{StoredRecord, UnreadableRecord, Values};
use crate::email_templates::{EmailKind, EmailTemplate};
use crate::face_verdict::FacePolicy;
use crate::flow_settings::FlowSettings;
use crate::flow_settings::reviews::ReviewSettings;
use crate::resources::PROJECT_FLOWS;

const TABLE: &Resource = &PROJECT_FLOWS;
const ID: Key<str> = Key::text(TABLE, "_id");
pub const PROJECT: Key<str> = Key::text(TABLE, "project");
pub const KIND: Key<str> = Key::text(TABLE, "type");
const STATUS: Key<str> = Key::text(TABLE, "status");
const VERSION: Key<i64> = Key::integer(TABLE, "version");
const LIVENESS: Key<Json> = Key::json(TABLE, "liveness");
const STEPS: Key<Json> = Key::json(TABLE, "steps");
const SIGN_UP_FORM: Key<Json> = Key::json(TABLE, "signUpForm");
const DOCUMENTS: Key<Json> = Key::json(TABLE, "documents");
const ONBOARDING: Key<Json> = Key::json(TABLE, "onboardingSettings");
const LOGIN: Key<Json> = Key::json(TABLE, "loginSettings");
const REVIEW: Key<Json> = Key::json(TABLE, "review");
const EMAIL_TEMPLATES: Key<Json> = Key::json(TABLE, "emailTemplates");

/// Match scores at or above it are somebody who is enrolled already, where the flow does not say.
const SEARCH_SCORE_DEFAULT: f64 = 0.9;

/// A project flow, as far as it decides something here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectFlow {
    pub id: String,
    pub project: Option<String>,
    pub kind: Option<FlowKind>,
    pub status: ProjectStatus,
    pub liveness: LivenessSettings,
    pub reading: ReadingSettings,
    /// Whether a login by a code needs the face besides.
    pub requires_2fa: bool,
    /// The match score from which a face login finds the person among all of the project's collection;
    /// `None`: it is compared with the person of its identifier alone.
    pub login_search_score_min: Option<f64>,
    /// Whether its form asks for an address, and for a number, that is proved by a code.
    pub requires_email: bool,
    pub requires_phone: bool,
    /// Which steps are mandatory, optional or skipped, as its client has written it.
    pub steps: Map<String, Json>,
    /// When somebody looks at what was checked.
    pub review: ReviewSettings,
}

/// The emails of a project flow, which are read apart: a face check needs none of them.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowEmails {
    id: String,
    pub project: Option<String>,
    templates: Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowKind {
    Login,
    Onboarding,
    SmartLink,
    /// Another system's word.
    Foreign,
}

/// Attempts and limits of a flow's face checks; `None`: the protocol's, or the settings'.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LivenessSettings {
    pub attempts_max: Option<u64>,
    pub liveness_score_min: Option<f64>,
    pub match_score_min: Option<f64>,
    search_score_min: Option<f64>,
    /// Whether a device may enrol a face that is enrolled already.
    pub allows_force: bool,
    /// Whether the image of a face is stored; `None`: as the settings say.
    pub saves_image: Option<bool>,
}

impl LivenessSettings {
    /// What has another type than it should says nothing: an imported flow may have anything.
    fn of(settings: &Map<String, Json>) -> LivenessSettings {
        let number = |name: &str| settings.get(name).and_then(Json::as_f64);
        LivenessSettings {
            attempts_max: settings.get("attemptLimit").and_then(Json::as_u64),
            liveness_score_min: number("minScore"),
            match_score_min: number("compareMinScore"),
            search_score_min: number("searchMinScore"),
            allows_force: settings.get("allowForce") == Some(&Json::Bool(true)),
            saves_image: settings.get("saveImage").and_then(Json::as_bool),
        }
    }

    /// Match scores at or above it are somebody who is enrolled already.
    pub fn search_score_min(&self) -> f64 {
        self.search_score_min.unwrap_or(SEARCH_SCORE_DEFAULT)
    }
}

/// What a flow asks of its users, whichever of the two forms it was written in.
pub fn settings(values: &Values) -> FlowSettings {
    let part = |key: Key<Json>| match values.json(key) {
        Some(Json::Object(part)) => part,
        _ => Map::new(),
    };
    let own = FlowSettings {
        steps: part(STEPS),
        sign_up_form: part(SIGN_UP_FORM),
        documents: part(DOCUMENTS),
        liveness: part(LIVENESS),
    };
    FlowSettings::of(values.integer(VERSION), own, values.json(ONBOARDING).as_ref())
}

impl StoredRecord for ProjectFlow {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<ProjectFlow, UnreadableRecord> {
        let kind = values.text(KIND).map(|word| match word.as_str() {
            "login" => FlowKind::Login,
            "onboarding" => FlowKind::Onboarding,
            "smartlink" => FlowKind::SmartLink,
            _ => FlowKind::Foreign,
        });
        let settings = settings(values);
        let mut liveness = LivenessSettings::of(&settings.liveness);
        let login = values.json(LOGIN).unwrap_or_default();
        if kind == Some(FlowKind::Login) {
            let score = login["livenessMinScore"].as_f64();
            liveness.liveness_score_min = liveness.liveness_score_min.or(score);
        }
        Ok(ProjectFlow {
            id: values.required(ID, values.text(ID))?,
            project: values.text(PROJECT),
            kind,
            status: ProjectStatus::of(values.text(STATUS).as_deref()),
            liveness,
            reading: ReadingSettings::of(&settings.documents),
            requires_2fa: login["requires2FA"] == true,
            login_search_score_min: login_search(&login),
            requires_email: is_proved(&settings.sign_up_form, "email", "emailGateway"),
            requires_phone: is_proved(&settings.sign_up_form, "phone", "phoneGateway"),
            steps: settings.steps,
            review: ReviewSettings::of(values.json(REVIEW).as_ref()),
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl ProjectFlow {
    /// Whether checks may be made in this flow of this project.
    pub fn is_usable_in(&self, project: &Project) -> bool {
        self.project.as_ref() == Some(&project.id)
            && project.status.is_in_use()
            && self.status.is_in_use()
    }

    /// Whether it is a flow that may be open to strangers for logging in.
    pub fn is_public_login(&self) -> bool {
        self.is_public_of(FlowKind::Login)
    }

    /// Whether it is a flow of this kind that may be open to strangers.
    pub fn is_public_of(&self, kind: FlowKind) -> bool {
        self.kind == Some(kind) && self.status.is_public()
    }

    /// Its limits; where it says nothing, the protocol's.
    pub fn face_policy(&self) -> FacePolicy {
        let usual = FacePolicy::default();
        let LivenessSettings { liveness_score_min, match_score_min, .. } = self.liveness;
        FacePolicy {
            liveness_score_min: liveness_score_min.unwrap_or(usual.liveness_score_min),
            match_score_min: match_score_min.unwrap_or(usual.match_score_min),
            ..usual
        }
    }

    pub fn requires_liveness(&self) -> bool {
        self.demands("liveness")
    }

    pub fn requires_document(&self) -> bool {
        self.demands("document")
    }

    fn demands(&self, step: &str) -> bool {
        self.steps.get(step).is_some_and(|word| word == "mandatory")
    }
}

impl StoredRecord for FlowEmails {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<FlowEmails, UnreadableRecord> {
        Ok(FlowEmails {
            id: values.required(ID, values.text(ID))?,
            project: values.text(PROJECT),
            templates: values.json(EMAIL_TEMPLATES).unwrap_or_default(),
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl FlowEmails {
    /// What this email says in this language, as far as the flow says it.
    pub fn template(&self, kind: EmailKind, language: &str) -> EmailTemplate {
        EmailTemplate::read(&self.templates, kind, language)
    }
}

/// Verifik's flows say how they search; one that says neither looks for nobody.
fn login_search(settings: &Json) -> Option<f64> {
    let score_min = settings["searchMinScore"].as_f64();
    let searches = score_min.is_some() || settings["searchMode"].is_string();
    searches.then(|| score_min.unwrap_or(SEARCH_SCORE_DEFAULT))
}

/// Whether a form asks for a contact and says what a code is sent by.
fn is_proved(form: &Map<String, Json>, contact: &str, gateway: &str) -> bool {
    let gateway = form.get(gateway).and_then(Json::as_str);
    form.get(contact) == Some(&Json::Bool(true)) && gateway.is_some_and(|it| it != "none")
}
