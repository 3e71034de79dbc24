//! `/v2/prompt-templates` and `/v2/ocr/scan-prompt/template`: what a client looks for on documents besides.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::label_reading::LABELS_MAX;
use verax_domain::records::document_validation::is_extracted;
use verax_domain::resources::PROMPT_TEMPLATES;

use super::errors::DOCUMENT_PARAMETER_MISSING;
use crate::app::access::Caller;
use crate::app::journal::Origin;
use crate::app::lists::records::{Changes, RecordError};
use crate::http::answers::brief::brief;
use crate::http::answers::json as json_response;
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Default, Purpose, Rule, field, field_as, optional};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::layers::allowed::{Allowed, may_read};
use crate::http::layers::idempotency::about;
use crate::http::path_id::PathId;
use crate::http::state::State;

const LABEL_CHARS_MAX: usize = 100;
/// What the protocol's own templates have in the place of labels.
const FIELDS: &str = "fields";

pub static TEMPLATE_BODY: &[BodyField] = &[
    field_as(&PROMPT_TEMPLATES, "name", Rule::Text(1, 200)).required(),
    field_as(&PROMPT_TEMPLATES, "documentTypes", Rule::Texts),
    field_as(&PROMPT_TEMPLATES, "country", Rule::Text(1, 100)),
    field_as(&PROMPT_TEMPLATES, "labels", Rule::Object(&[])),
    optional(
        FIELDS,
        Rule::Texts,
        "Where no labels are sent: names of values. Those that are not read anyway are looked for by their \
         names' own words.",
    ),
    field(&PROMPT_TEMPLATES, "active").or(Default::Flag(true)),
];

/// `POST /v2/prompt-templates`.
pub async fn create(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let sent = read(&state, &allowed, body, TEMPLATE_BODY, Purpose::Create).await?;
    let members = finish(sent, Purpose::Create)?.members;
    let told = members.clone();
    let id = state.app.create_record(&PROMPT_TEMPLATES, caller.client(), members, &origin).await?;
    Ok(about(&PROMPT_TEMPLATES, &id, shown(&state, &caller, &id, &told).await?))
}

/// `PUT /v2/prompt-templates/{id}`: what is not sent stays.
pub async fn change(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(&PROMPT_TEMPLATES)?;
    let sent = read(&state, &allowed, body, TEMPLATE_BODY, Purpose::Change).await?;
    let sent = finish(sent, Purpose::Change)?;
    let told = sent.members.clone();
    let of = (caller.client(), id.as_str());
    let changes = Changes { cleared: sent.cleared.as_slice(), ..Changes::of(sent.members) };
    match state.app.change_record(&PROMPT_TEMPLATES, of, changes, &origin).await {
        Ok(()) => shown(&state, &caller, &id, &told).await,
        Err(RecordError::Gone) => Err(ApiError::not_found(&PROMPT_TEMPLATES)),
        Err(error) => Err(error.into()),
    }
}

fn finish(mut sent: CheckedBody, purpose: Purpose) -> Result<CheckedBody, ApiError> {
    if let Some(Value::Array(fields)) = sent.members.remove(FIELDS)
        && !sent.members.contains_key("labels")
    {
        let labels = labels_of(fields.iter().filter_map(Value::as_str));
        sent.members.insert("labels".to_owned(), labels.into());
    }
    if purpose == Purpose::Create && !sent.members.contains_key("labels") {
        sent.wrong("labels", "or \"fields\" is required");
    }
    if let Some(Value::Object(labels)) = sent.members.get("labels") {
        let is_label = |label: &Value| {
            let text = label.as_str().unwrap_or_default();
            !text.trim().is_empty() && text.chars().count() <= LABEL_CHARS_MAX
        };
        let fits = labels.len() <= LABELS_MAX && labels.values().all(is_label);
        if !fits {
            let rule = format!(
                "must have at most {LABELS_MAX} names, each with a label of 1 to {LABEL_CHARS_MAX} characters"
            );
            sent.wrong("labels", rule);
        }
    }
    // What every record has is not taken away.
    sent.cleared.retain(|name| !matches!(*name, "name" | "labels"));
    sent.finish(&DOCUMENT_PARAMETER_MISSING)
}

/// The whole record; to who may not read it, what was told of it.
async fn shown(
    state: &State,
    caller: &Caller,
    id: &str,
    told: &Map<String, Value>,
) -> Result<Response, ApiError> {
    let record = match may_read(caller, PROMPT_TEMPLATES.scopes) {
        true => state.app.whole_record(&PROMPT_TEMPLATES, caller.client(), id).await?,
        false => Some(brief(id, told)),
    };
    let record = record.ok_or_else(|| ApiError::not_found(&PROMPT_TEMPLATES))?;
    let body = json!({ "success": true, "data": record });
    Ok(json_response(body.to_string().into_bytes()))
}

/// The names of values that are not read anyway, each with the words that it is made of: `placeOfBirth` →
/// `place of birth`. What stands in brackets behind a name is for those who prompt a model.
fn labels_of<'a>(fields: impl Iterator<Item = &'a str>) -> Map<String, Value> {
    let name = |field: &'a str| field.split(['(', '[']).next().unwrap_or_default().trim();
    let looked_for = fields.map(name).filter(|name| !name.is_empty() && !is_extracted(name));
    looked_for.map(|name| (name.to_owned(), words_of(name).into())).collect()
}

fn words_of(name: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        let begins = letter.is_uppercase() && before.is_lowercase();
        match letter {
            '_' | '-' => words.push(' '),
            letter if begins => {
                words.push(' ');
                words.extend(letter.to_lowercase());
            }
            letter => words.push(letter),
        }
        before = letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_looked_for_by_its_words_where_it_is_not_read_anyway() {
        let fields = [
            "firstName",
            "placeOfBirth",
            "RUN",
            "voter_key",
            "age (Number)",
            "documentNumber (numeric)",
        ];
        let expected = json!({
            "placeOfBirth": "place of birth", "RUN": "RUN", "voter_key": "voter key", "age": "age",
        });
        assert_eq!(Value::from(labels_of(fields.into_iter())), expected);
    }
}
