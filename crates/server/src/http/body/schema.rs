//! What the OpenAPI document says of a body.

use serde_json::{Map, Value, json};

use super::images::BASE64_CHARS_MIN;
use super::table::{BodyField, Purpose, Rule};

/// The body's schema in the OpenAPI document: what should be sent. What also means that nothing is given is
/// accepted beside it, and would be a second type of each member.
pub fn schema(fields: &[BodyField], purpose: Purpose) -> Value {
    let mut properties = Map::new();
    for member in fields {
        let mut schema = member.rule.schema();
        if let Some(default) = member.default {
            schema["default"] = default.json();
        }
        if !member.doc.is_empty() {
            schema["description"] = member.doc.into();
        }
        properties.insert(member.name.to_owned(), schema);
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    let required: Vec<&str> = fields.iter().filter(|it| it.required).map(|it| it.name).collect();
    if purpose == Purpose::Create && !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

impl Rule {
    /// The member's schema in the OpenAPI document.
    fn schema(&self) -> Value {
        match self {
            Rule::Text(low, high) => {
                json!({ "type": "string", "minLength": low, "maxLength": high })
            }
            Rule::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Rule::Words(known) => {
                json!({ "type": "array", "items": { "type": "string", "enum": known() } })
            }
            Rule::Word(words) => json!({ "type": "string", "enum": words }),
            Rule::Flag => json!({ "type": "boolean" }),
            Rule::Integer(low, high) => {
                json!({ "type": "integer", "minimum": low, "maximum": high })
            }
            Rule::Number(low, high) => json!({ "type": "number", "minimum": low, "maximum": high }),
            Rule::Id => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" }),
            Rule::Email => json!({ "type": "string", "format": "email" }),
            Rule::Url | Rule::Webhook => {
                json!({ "type": "string", "format": "uri", "pattern": "^https://" })
            }
            Rule::WebhookOrId => json!({}),
            Rule::Address => {
                json!({ "type": "string", "description": "An IPv4 or IPv6 address." })
            }
            Rule::Phone => json!({ "type": "string", "pattern": "^\\+?[0-9 ().-]{4,32}$" }),
            Rule::CountryCode => json!({ "type": "string", "pattern": "^\\+?[0-9]{1,4}$" }),
            Rule::Code => json!({ "anyOf": [
                { "type": "string", "minLength": 1, "maxLength": 64 },
                { "type": "integer", "minimum": 0, "maximum": 999_999 },
            ] }),
            Rule::Time => json!({ "type": "string", "format": "date-time" }),
            Rule::Name(high) | Rule::AnyEmail(high) | Rule::AnyPhone(high) => {
                json!({ "type": "string", "minLength": 1, "maxLength": high })
            }
            Rule::Ids(high) => {
                let id = Rule::Id.schema();
                json!({ "type": "array", "items": id, "maxItems": high })
            }
            Rule::EmailPart(_, part) => {
                json!({ "type": "string", "minLength": 1, "maxLength": part.chars_max() })
            }
            Rule::DayOfBirth => day_schema(),
            Rule::Image => json!({ "type": "string", "minLength": BASE64_CHARS_MIN }),
            Rule::Images(high) => {
                let image = Rule::Image.schema();
                let list =
                    json!({ "type": "array", "items": image, "minItems": 1, "maxItems": high });
                json!({ "anyOf": [list, image] })
            }
            Rule::Object(members) | Rule::Members(members) => schema(members, Purpose::Change),
        }
    }
}

fn day_schema() -> Value {
    let part = || json!({ "type": ["integer", "string"] });
    let parts = json!({
        "type": "object",
        "required": ["year", "month", "day"],
        "properties": { "year": part(), "month": part(), "day": part() },
    });
    json!({ "anyOf": [
        { "type": "string", "format": "date" }, { "type": "string", "format": "date-time" }, parts,
    ] })
}
