//! What a client looks for on documents besides.

use serde_json::Value as Json;
use verax_query::{Key, Resource};

use super::{StoredRecord, UnreadableRecord, Values};
use crate::label_reading::Label;
use crate::resources::PROMPT_TEMPLATES;

const TABLE: &Resource = &PROMPT_TEMPLATES;
const ID: Key<str> = Key::text(TABLE, "_id");
const LABELS: Key<Json> = Key::json(TABLE, "labels");
const ACTIVE: Key<bool> = Key::flag(TABLE, "active");

/// A prompt template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptTemplate {
    pub id: String,
    pub labels: Vec<Label>,
    pub is_active: bool,
}

impl StoredRecord for PromptTemplate {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<PromptTemplate, UnreadableRecord> {
        let labels = match values.json(LABELS) {
            Some(Json::Object(labels)) => labels,
            _ => serde_json::Map::new(),
        };
        let label = |(name, label): (String, Json)| {
            let label = label.as_str()?.to_owned();
            Some(Label { name, label })
        };
        Ok(PromptTemplate {
            id: values.required(ID, values.text(ID))?,
            labels: labels.into_iter().filter_map(label).collect(),
            is_active: values.flag(ACTIVE).unwrap_or(true),
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}
