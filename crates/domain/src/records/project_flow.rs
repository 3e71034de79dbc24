//! One way through a project: what it is for, its limits, and which checks it requirements.

use serde_json::{Map, Value as Json};
use verax_query::{Key, Resource};

use super::project::{Project, ProjectStatus};
use super::{StoredRecord, UnreadableRecord, Values};
use crate::face_verdict::FacePolicy;
use crate::resources::PROJECT_FLOWS;

const TABLE: &Resource = &PROJECT_FLOWS;
const ID: Key<str> = Key::text(TABLE, "_id");
pub const PROJECT: Key<str> = Key::text(TABLE, "project");
const KIND: Key<str> = Key::text(TABLE, "type");
const STATUS: Key<str> = Key::text(TABLE, "status");
const LIVENESS: Key<Json> = Key::json(TABLE, "liveness");
const STEPS: Key<Json> = Key::json(TABLE, "steps");

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
    /// Which steps are mandatory, optional or skipped, as its client has written it.
    pub steps: Map<String, Json>,
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
}

impl LivenessSettings {
    /// What has another type than it should says nothing: an imported flow may have anything.
    fn of(json: &Json) -> LivenessSettings {
        LivenessSettings {
            attempts_max: json["attemptLimit"].as_u64(),
            liveness_score_min: json["minScore"].as_f64(),
            match_score_min: json["compareMinScore"].as_f64(),
            search_score_min: json["searchMinScore"].as_f64(),
            allows_force: json["allowForce"] == true,
        }
    }

    /// Match scores at or above it are somebody who is enrolled already.
    pub fn search_score_min(&self) -> f64 {
        self.search_score_min.unwrap_or(SEARCH_SCORE_DEFAULT)
    }
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
        let steps = match values.json(STEPS) {
            Some(Json::Object(steps)) => steps,
            _ => Map::new(),
        };
        Ok(ProjectFlow {
            id: values.required(ID, values.text(ID))?,
            project: values.text(PROJECT),
            kind,
            status: ProjectStatus::of(values.text(STATUS).as_deref()),
            liveness: values
                .json(LIVENESS)
                .map_or_else(Default::default, |it| LivenessSettings::of(&it)),
            steps,
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
        self.kind == Some(FlowKind::Login) && self.status.is_public()
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
