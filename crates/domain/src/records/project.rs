//! What a client validates people for, as far as it decides something here.

use serde_json::Value as Json;
use verax_query::{Key, Resource};

use super::{StoredRecord, UnreadableRecord, Values};
use crate::resources::PROJECTS;

const TABLE: &Resource = &PROJECTS;
const ID: Key<str> = Key::text(TABLE, "_id");
pub const CLIENT: Key<str> = Key::text(TABLE, "client");
const STATUS: Key<str> = Key::text(TABLE, "status");
const COLLECTION: Key<str> = Key::text(TABLE, "assignedCollection");
const COLLECTION_CODE: Key<str> = Key::text(TABLE, "collectionCode");
const NAME: Key<str> = Key::text(TABLE, "name");
const ALLOWED_COUNTRIES: Key<Json> = Key::json(TABLE, "allowedCountries");
pub const ALLOW_ANONYMOUS: Key<bool> = Key::flag(TABLE, "allowAnonymous");

/// A project. Its look and its texts are no part of this: they are kept and shown as they came.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    pub id: String,
    pub client: String,
    /// What its users know it by.
    pub name: Option<String>,
    pub status: ProjectStatus,
    /// Countries whose numbers are sent codes: names in English, codes, or `All`.
    pub allowed_countries: Vec<String>,
    /// The collection of its persons; enrolment needs one.
    pub assigned_collection: Option<String>,
    pub collection_code: Option<String>,
    /// Whether logins may begin without a token.
    pub allows_anonymous: bool,
}

/// Whether a project, or one of its flows, is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProjectStatus {
    Active,
    Draft,
    Pending,
    Paused,
    Inactive,
    /// None was ever said.
    #[default]
    Unset,
    /// Another system's word.
    Foreign,
}

impl ProjectStatus {
    pub(super) fn of(word: Option<&str>) -> ProjectStatus {
        match word {
            None => ProjectStatus::Unset,
            Some("active") => ProjectStatus::Active,
            Some("draft") => ProjectStatus::Draft,
            Some("pending") => ProjectStatus::Pending,
            Some("paused") => ProjectStatus::Paused,
            Some("inactive") => ProjectStatus::Inactive,
            Some(_) => ProjectStatus::Foreign,
        }
    }

    /// Whether checks may be made in it.
    pub fn is_in_use(self) -> bool {
        !matches!(self, ProjectStatus::Paused | ProjectStatus::Inactive)
    }

    /// Whether it is in use and open to everybody: what is not yet finished may have lower limits.
    pub fn is_public(self) -> bool {
        matches!(self, ProjectStatus::Active | ProjectStatus::Unset)
    }
}

impl StoredRecord for Project {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<Project, UnreadableRecord> {
        Ok(Project {
            id: values.required(ID, values.text(ID))?,
            client: values.required(CLIENT, values.text(CLIENT))?,
            name: values.text(NAME),
            status: ProjectStatus::of(values.text(STATUS).as_deref()),
            allowed_countries: values.json(ALLOWED_COUNTRIES).map_or_else(Vec::new, texts),
            assigned_collection: values.text(COLLECTION),
            collection_code: values.text(COLLECTION_CODE),
            allows_anonymous: values.flag(ALLOW_ANONYMOUS).unwrap_or(false),
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

/// The texts of a list; anything else in it says nothing.
fn texts(json: Json) -> Vec<String> {
    match json {
        Json::Array(list) => {
            list.into_iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}
