//! What operations have alike stands once in the document, as a component: it is a quarter as long.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Shorter than this a reference is no shorter.
const BYTES_MIN: usize = 80;

/// A part of operations that is a component when several have the same.
struct Part {
    /// Where in `components` it stands.
    kind: &'static str,
    /// How often each is there, by its JSON.
    counts: BTreeMap<String, usize>,
    /// The names of those that are components.
    names: BTreeMap<String, String>,
    components: Map<String, Value>,
}

/// Puts parameters, bodies and answers that several operations have into `components`.
pub fn hoist(document: &mut Value) {
    let mut parts = ["parameters", "requestBodies", "responses"].map(Part::new);
    for_each_part(document, &mut |value, at, _| parts[at].count(value));
    for_each_part(document, &mut |value, at, name| parts[at].refer(value, name));
    for part in parts {
        document["components"][part.kind] = part.components.into();
    }
}

/// Calls `with` for each parameter (0), body (1) and answer (2) of each operation, and what a component of it
/// would be named after.
fn for_each_part(document: &mut Value, with: &mut dyn FnMut(&mut Value, usize, &str)) {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let named = |parameter: &Value| parameter["name"].as_str().unwrap_or_default().to_owned();
        for parameter in
            operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten()
        {
            let name = named(parameter);
            with(parameter, 0, &name);
        }
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        if let Some(body) = operation.get_mut("requestBody") {
            with(body, 1, &id);
        }
        for (status, answer) in operation["responses"].as_object_mut().into_iter().flatten() {
            with(answer, 2, &format!("Status{status}"));
        }
    }
}

impl Part {
    fn new(kind: &'static str) -> Part {
        Part { kind, counts: BTreeMap::new(), names: BTreeMap::new(), components: Map::new() }
    }

    fn count(&mut self, value: &Value) {
        *self.counts.entry(value.to_string()).or_default() += 1;
    }

    /// Puts a reference in the place of what is there several times.
    fn refer(&mut self, value: &mut Value, name: &str) {
        let text = value.to_string();
        let is_single = self.counts.get(&text).is_none_or(|count| *count < 2);
        if is_single || text.len() < BYTES_MIN {
            return;
        }
        let name = match self.names.get(&text) {
            Some(name) => name.clone(),
            None => {
                let name = self.free_name(name);
                self.components.insert(name.clone(), value.clone());
                self.names.insert(text, name.clone());
                name
            }
        };
        *value = json!({ "$ref": format!("#/components/{}/{name}", self.kind) });
    }

    /// The letters of a name, with a number behind it when it is taken.
    fn free_name(&self, name: &str) -> String {
        let is_allowed = |letter: &char| letter.is_ascii_alphanumeric() || "._-".contains(*letter);
        let plain: String = name.chars().filter(is_allowed).collect();
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let mut names = std::iter::once(plain.clone()).chain(numbered);
        names.find(|name| !self.components.contains_key(name)).unwrap_or(plain)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::http::openapi::{document, published};

    /// The value with what its references to parts that are not in `whole` name in their place.
    fn resolved(value: &Value, published: &Value, whole: &Value) -> Value {
        match value {
            Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
                Some(name) if whole.pointer(&name[1..]).is_none() => {
                    resolved(published.pointer(&name[1..]).expect("a component"), published, whole)
                }
                _ => members
                    .iter()
                    .map(|(name, it)| (name.clone(), resolved(it, published, whole)))
                    .collect(),
            },
            Value::Array(items) => items.iter().map(|it| resolved(it, published, whole)).collect(),
            other => other.clone(),
        }
    }

    #[test]
    fn a_reference_stands_for_what_was_there_and_the_document_is_short() {
        let (published, whole) = (published(), document());
        assert!(published.to_string().len() < 370_000, "{}", published.to_string().len());
        assert_eq!(resolved(&published["paths"], &published, &whole), whole["paths"]);
        for (name, schema) in whole["components"]["schemas"].as_object().expect("schemas") {
            let short = &published["components"]["schemas"][name];
            assert_eq!(&resolved(short, &published, &whole), schema, "{name}");
        }
    }
}
