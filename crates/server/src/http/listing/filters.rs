//! What the OpenAPI document says of filters: the usual ones by their names, all others as one map.

use serde_json::{Value, json};
use verax_query::{Field, Kind, Resource};

use crate::http::openapi::shapes::{filter_schema, query};

/// Fields whose equality is a parameter with a name of its own, where a resource has them.
const USUAL: [&str; 5] = ["status", "type", "client", "project", "livenessSession"];

/// The filters that most requests send. A generator makes an argument of each.
pub fn usual_filters(resource: &'static Resource) -> Vec<Value> {
    let mut all = Vec::new();
    for name in USUAL {
        let Some(field) = resource.field(name).filter(|field| field.is_scalar()) else { continue };
        all.push(query(&format!("where_{name}"), "Equals.", filter_schema(field)));
        if name == "status" {
            all.push(query(name, "The same as `where_status`.", filter_schema(field)));
            let list = json!({ "type": "array", "items": filter_schema(field), "maxItems": 100 });
            all.push(query("in_status[]", "One of these.", list));
        }
    }
    if let Some(field) = resource.field("createdAt") {
        let doc = "After this time; of a day: after its midnight in UTC.";
        all.push(query("where>_createdAt", doc, filter_schema(field)));
    }
    all
}

/// Any filter: a map whose entries are sent as parameters of their own.
pub fn filters(resource: &'static Resource) -> Value {
    let scalar = || resource.fields.iter().filter(|field| field.is_scalar());
    let related = resource.relations().flat_map(|(field, relation)| {
        let is_one = matches!(field.kind, Kind::Relation(_));
        let filters = relation.filters().filter(move |_| is_one);
        filters.map(move |it| format!("{}.{}", field.name, it.name))
    });
    let compared = scalar().map(|field| field.name.to_owned()).chain(related);
    let names = |is_wanted: fn(&Field) -> bool| {
        scalar().filter(move |field| is_wanted(field)).map(|field| field.name.to_owned())
    };
    let lines = [
        ("`where_`, `in_`", listed(compared)),
        ("`where>_`, `where<_`", listed(names(has_range))),
        ("`like_`", listed(names(|field| field.folded.is_some()))),
    ];
    let lines: Vec<String> = lines
        .into_iter()
        .filter(|(_, fields)| !fields.is_empty())
        .map(|(operators, fields)| format!("{operators} of {fields}"))
        .collect();
    let doc = format!("Filters by their keys, each sent as a parameter: {}.", lines.join("; "));
    let map = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let mut filters = query("filters", &doc, map);
    filters["style"] = "form".into();
    filters["explode"] = true.into();
    filters["example"] = json!({ "where>=_createdAt": "2024-12-01" });
    filters
}

fn has_range(field: &Field) -> bool {
    matches!(field.kind, Kind::Time | Kind::Date | Kind::Number | Kind::Integer)
}

fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
