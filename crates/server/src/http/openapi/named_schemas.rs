//! Objects that several schemas have alike get names: the document is shorter, and a generator makes one type of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::shapes::reference;

/// Shorter than this a reference is no shorter.
const BYTES_MIN: usize = 120;

/// Gives a name to each object that is there several times.
pub fn name_schemas(document: &mut Value) {
    let mut schemas = match document["components"]["schemas"].take() {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    };
    let mut naming = Naming::of(&schemas);
    for_each_root(document, &mut schemas, &mut |schema, _| naming.count(schema));
    for_each_root(document, &mut schemas, &mut |schema, name| naming.name(schema, name));
    schemas.extend(naming.named);
    document["components"]["schemas"] = schemas.into();
}

/// Calls `with` for the schemas of all bodies and answers, and for those below a component, with the name that
/// each would have.
fn for_each_root(
    document: &mut Value,
    schemas: &mut Map<String, Value>,
    with: &mut dyn FnMut(&mut Value, &str),
) {
    // A name of a record's is better than one of a body's.
    for (name, schema) in schemas {
        for_each_part(schema, name, with);
    }
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let id = pascal(operation["operationId"].as_str().unwrap_or_default());
        if let Some(body) = operation.get_mut("requestBody") {
            for_each_content(body, &mut |schema| with(schema, &format!("{id}Body")));
        }
        for answer in operation["responses"].as_object_mut().into_iter().flat_map(Map::values_mut) {
            for_each_content(answer, &mut |schema| {
                let name = answer_name(schema).unwrap_or_else(|| format!("{id}Answer"));
                with(schema, &name);
            });
        }
    }
}

fn for_each_content(value: &mut Value, with: &mut dyn FnMut(&mut Value)) {
    let content = value.get_mut("content").and_then(Value::as_object_mut);
    for media_type in content.into_iter().flat_map(Map::values_mut) {
        if let Some(schema) = media_type.get_mut("schema") {
            with(schema);
        }
    }
}

/// An envelope is named after what is in it: `ProjectAnswer`, `ProjectPage`.
fn answer_name(schema: &Value) -> Option<String> {
    let data = &schema["properties"]["data"];
    let last = |value: &Value| Some(value["$ref"].as_str()?.rsplit('/').next()?.to_owned());
    let page = || Some(format!("{}Page", last(&data["items"])?.trim_end_matches("Row")));
    last(data).map(|name| format!("{name}Answer")).or_else(page)
}

/// Calls `with` for the schemas directly below one.
fn for_each_part(schema: &mut Value, name: &str, with: &mut dyn FnMut(&mut Value, &str)) {
    let Some(schema) = schema.as_object_mut() else { return };
    for (key, value) in schema {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (property, schema) in properties {
                    with(schema, &format!("{name}{}", pascal(property)));
                }
            }
            ("items" | "additionalProperties", schema) => with(schema, name),
            ("anyOf" | "allOf", Value::Array(choices)) => {
                // A generator itself names the whole after the property.
                let name = format!("{name}Part");
                choices.iter_mut().for_each(|schema| with(schema, &name));
            }
            _ => {}
        }
    }
}

struct Naming {
    /// How often each object is there, by its JSON.
    counts: BTreeMap<String, usize>,
    /// The names of those that have one.
    names: BTreeMap<String, String>,
    /// All names, in small letters: some generators make files of them.
    taken: Vec<String>,
    named: Map<String, Value>,
}

impl Naming {
    fn of(schemas: &Map<String, Value>) -> Naming {
        let taken = schemas.keys().map(|name| name.to_lowercase()).collect();
        Naming { counts: BTreeMap::new(), names: BTreeMap::new(), taken, named: Map::new() }
    }

    fn count(&mut self, schema: &mut Value) {
        if schema["properties"].is_object() {
            *self.counts.entry(schema.to_string()).or_default() += 1;
        }
        for_each_part(schema, "", &mut |part, _| self.count(part));
    }

    /// Names what is there several times, from the inside out.
    fn name(&mut self, schema: &mut Value, name: &str) {
        let text = schema.to_string();
        for_each_part(schema, name, &mut |part, name| self.name(part, name));
        let is_single = self.counts.get(&text).is_none_or(|count| *count < 2);
        if is_single || text.len() < BYTES_MIN {
            return;
        }
        let name = match self.names.get(&text) {
            Some(name) => name.clone(),
            None => {
                let name = self.free_name(name);
                self.named.insert(name.clone(), schema.take());
                self.names.insert(text, name.clone());
                name
            }
        };
        *schema = json!({ "$ref": reference(&name) });
    }

    fn free_name(&mut self, name: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let is_free = |name: &String| !self.taken.contains(&name.to_lowercase());
        let name = names.find(is_free).unwrap_or_default();
        self.taken.push(name.to_lowercase());
        name
    }
}

/// `screenReplay` and `screen_replay` as `ScreenReplay`.
fn pascal(name: &str) -> String {
    let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    parts
        .map(|part| {
            let (first, rest) = part.split_at(part.len().min(1));
            first.to_uppercase() + rest
        })
        .collect()
}
