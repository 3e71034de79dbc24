//! The shapes of records, parameters and envelopes in the OpenAPI document.

use serde_json::{Map, Value, json};
use verax_domain::resources;
use verax_query::{Count, Field, Kind, Member, MemberKind, Relation, Resource, Shown};

pub fn id_schema() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" })
}

/// A score, 0..1.
pub fn score() -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 1 })
}

/// Marks an object or a list of any members. It has no `type`: generators read no choice of two.
pub const ANY_JSON: &str = "x-json";

/// Always null. Generators have no type for `null` alone.
pub fn nothing() -> Value {
    json!({ "const": null })
}

pub fn reference(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

/// An object that has all of these members.
pub fn members(members: Value) -> Value {
    let names: Vec<&String> = members.as_object().into_iter().flat_map(Map::keys).collect();
    json!({ "type": "object", "required": names, "properties": members })
}

/// `success` and `data`.
pub fn envelope(data: Value) -> Value {
    members(json!({ "success": { "const": true }, "data": data }))
}

/// The same with the signature of a resource that has one.
pub fn signed_envelope(resource: &Resource, data: Value) -> Value {
    let mut envelope = envelope(data);
    sign(resource, &mut envelope);
    envelope
}

pub fn sign(resource: &Resource, body: &mut Value) {
    if resource.signed {
        body["properties"]["signature"] = json!({ "$ref": reference("Signature") });
        if let Some(required) = body["required"].as_array_mut() {
            required.push("signature".into());
        }
    }
}

/// The record, as a retrieve shows it.
pub fn record(resource: &Resource) -> Value {
    json!({ "$ref": reference(&schema_name(resource, Shown::Retrieve)) })
}

pub fn schema_name(resource: &Resource, shown: Shown) -> String {
    let name: String = resource.title.split(' ').map(capitalised).collect();
    match shown {
        Shown::List if has_shorter_rows(resource) => format!("{name}Row"),
        Shown::List | Shown::Retrieve => name,
    }
}

/// Whether a list shows less of a record than a retrieve does.
fn has_shorter_rows(resource: &Resource) -> bool {
    fn hides_some(members: &[Member]) -> bool {
        members.iter().any(|member| {
            let hides_inner =
                matches!(member.kind, MemberKind::Object(members) if hides_some(members));
            member.shown != Shown::List || hides_inner
        })
    }
    resource.fields.iter().any(|field| {
        let hides_member = matches!(field.kind, Kind::Json(members) if hides_some(members));
        field.shown != Shown::List || hides_member
    })
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_uppercase() + rest
}

/// The `operationId` of what is done to a resource under one of its prefixes.
pub fn operation_id(verb: &str, version: &str, resource: &Resource) -> String {
    let name = resource.name.replace('-', "_");
    match version {
        "v3" => format!("{verb}_{name}_v3"),
        _ => format!("{verb}_{name}"),
    }
}

/// A parameter of a query.
pub fn query(name: &str, doc: &str, schema: Value) -> Value {
    parameter("query", name, doc, schema)
}

pub fn header(name: &str, doc: &str, schema: Value) -> Value {
    parameter("header", name, doc, schema)
}

/// The `{id}` of a path.
pub fn path_id(doc: &str) -> Value {
    parameter("path", "id", doc, id_schema())
}

fn parameter(place: &str, name: &str, doc: &str, schema: Value) -> Value {
    let mut parameter = json!({ "name": name, "in": place, "description": doc, "schema": schema });
    if place == "path" {
        parameter["required"] = true.into();
    }
    parameter
}

pub fn filter_schema(field: &Field) -> Value {
    match &field.kind {
        Kind::Id | Kind::Relation(_) | Kind::Relations(_) => id_schema(),
        Kind::Word(words) => {
            let synonyms = words.synonyms.iter().map(|(synonym, _)| *synonym);
            json!({ "type": "string", "enum": distinct_words(words.words.iter().copied().chain(synonyms)) })
        }
        Kind::Set(set) => json!({ "type": "string", "enum": set.words }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Number => json!({ "type": "number" }),
        // A time, or a day: two formats are two types to a generator.
        Kind::Time => {
            json!({ "type": "string", "examples": ["2024-12-01", "2024-12-01T10:30:00Z"] })
        }
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Text | Kind::Texts | Kind::Json(_) => json!({ "type": "string" }),
    }
}

/// Words that differ in more than capital letters: a generator makes names of them.
fn distinct_words(words: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut all: Vec<&str> = Vec::new();
    for word in words {
        if !all.iter().any(|other| other.eq_ignore_ascii_case(word)) {
            all.push(word);
        }
    }
    all
}

/// The record as a list shows it, or as a retrieve does.
pub fn object(resource: &'static Resource, shown: Shown) -> Value {
    let mut properties = Map::new();
    let fields = resource
        .fields
        .iter()
        .filter(|field| shown == Shown::Retrieve || field.shown == Shown::List);
    for field in fields {
        let mut schema = value_schema(field, shown);
        if resource.compat.unstored(field.name).is_some() && !matches!(field.kind, Kind::Json(_)) {
            // Populated it is null: no table holds it.
            schema = json!({ "anyOf": [schema, { "type": "null" }] });
        }
        schema["description"] = field.doc.into();
        properties.insert(field.name.to_owned(), schema);
    }
    let unstored = resource.compat.unstored.iter();
    for unstored in unstored.filter(|it| resource.field(it.name).is_none()) {
        let mut schema = match unstored.count {
            Count::One => nothing(),
            Count::Many => json!({ "type": "array", "maxItems": 0, "items": {} }),
        };
        schema["description"] =
            "Shown by `populates[]` alone, as null or an empty list: this server has none yet."
                .into();
        properties.insert(unstored.name.to_owned(), schema);
    }
    for reverse in resource.reverse {
        let items = projection(&reverse.fields());
        let schema = json!({
            "type": "array", "items": items, "description": "Shown by `with[]` or `populates[]` alone.",
        });
        properties.insert(reverse.name.to_owned(), schema);
    }
    // `columns` may leave out all but the id.
    json!({ "type": "object", "required": ["_id"], "properties": properties })
}

fn value_schema(field: &'static Field, shown: Shown) -> Value {
    match &field.kind {
        Kind::Id => json!({ "type": "string" }),
        Kind::Relation(relation) => related(relation),
        Kind::Relations(relation) => json!({ "type": "array", "items": related(relation) }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Set(_) => json!({ "type": "array", "items": filter_schema(field) }),
        Kind::Json(members) => members_schema(members, shown),
        Kind::Time => json!({ "type": "string", "format": "date-time" }),
        Kind::Word(words) if words.open => json!({ "type": "string", "examples": words.words }),
        Kind::Word(words) => json!({ "type": "string", "enum": words.words }),
        _ => filter_schema(field),
    }
}

/// An id; when populated the projection, or null when there is no such record. Not a component: some generators
/// make no type of one that is a choice.
fn related(relation: &'static Relation) -> Value {
    let shown = json!({ "$ref": reference(&populated_name(relation.resource)) });
    json!({ "anyOf": [{ "type": "string" }, shown, { "type": "null" }] })
}

/// What populating shows of each related record, by the name of its schema. Every relation to a resource shows
/// the same of it.
pub fn populated() -> Map<String, Value> {
    let relations = resources::ALL.iter().flat_map(|resource| resource.relations());
    let schema = |(_, relation): (&Field, &'static Relation)| {
        let shown = projection(&relation.fields());
        (populated_name(relation.resource), shown)
    };
    relations.map(schema).collect()
}

fn populated_name(resource: &Resource) -> String {
    format!("Populated{}", schema_name(resource, Shown::Retrieve))
}

fn projection(fields: &[&'static Field]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        properties.insert(field.name.to_owned(), value_schema(field, Shown::List));
    }
    json!({
        "type": "object",
        "required": ["_id"],
        "properties": properties,
    })
}

fn members_schema(members: &[Member], shown: Shown) -> Value {
    if members.is_empty() {
        return json!({ ANY_JSON: true });
    }
    let mut properties = Map::new();
    for member in members.iter().filter(|m| shown == Shown::Retrieve || m.shown == Shown::List) {
        let schema = match &member.kind {
            MemberKind::Text => json!({ "type": "string" }),
            MemberKind::Bool => json!({ "type": "boolean" }),
            MemberKind::Number => json!({ "type": "number" }),
            MemberKind::Score => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
            MemberKind::Word(words) => json!({ "type": "string", "enum": words }),
            MemberKind::Object(members) => members_schema(members, shown),
            MemberKind::Any => json!({}),
        };
        let schema = match member.nullable {
            true => json!({ "anyOf": [schema, { "type": "null" }] }),
            false => schema,
        };
        properties.insert(member.name.to_owned(), schema);
    }
    json!({ "type": "object", "properties": properties })
}
