//! What the OpenAPI document says of lists and retrieves: made from the table of resources.

use axum::handler::Handler;
use axum::http::StatusCode;
use serde_json::{Value, json};
use verax_query::{Kind, Resource, Shown, Totals};

use crate::http::error_codes::URI_TOO_LONG;
use crate::http::layers::access::Access;
use crate::http::openapi::shapes::{
    envelope, filter_schema, header, operation_id, query, record, reference, schema_name, sign,
    signed_envelope,
};
use crate::http::operation::{Answer, Description, Operation};
use crate::http::state::State;

/// The list of a resource under one of its prefixes.
pub fn list_of<H: Handler<T, State>, T: 'static>(
    version: &str,
    resource: &'static Resource,
    access: Access,
    handler: H,
) -> Operation {
    let summary = format!("List {}", resource.name.replace('-', " "));
    let id = operation_id("list", version, resource);
    let described = Description::new(id, summary, resource.name, access, page(resource));
    let path = format!("/{version}/{}", resource.name);
    Operation::get(path, handler, described.doc(resource.doc))
        .parameters(list_parameters(resource))
        .checking_query()
        .or_answer(not_modified())
        .errors(&[&URI_TOO_LONG])
}

/// One record of a resource under one of its prefixes.
pub fn retrieve_of<H: Handler<T, State>, T: 'static>(
    version: &str,
    resource: &'static Resource,
    access: Access,
    handler: H,
) -> Operation {
    let summary = format!("Retrieve one: {}", resource.title.to_lowercase());
    let mut answer = Answer::json(signed_envelope(resource, record(resource)));
    answer.headers = validators();
    let id = operation_id("get", version, resource);
    let described = Description::new(id, summary, resource.name, access, answer);
    let path = format!("/{version}/{}/{{id}}", resource.name);
    Operation::get(path, handler, described.doc(resource.doc))
        .parameters([if_none_match(), prefer()])
        .parameters(include_parameters(resource))
        .checking_query()
        .or_answer(not_modified())
        .errors(&[&URI_TOO_LONG])
        .unknown(resource.not_found.error)
}

/// A page in its envelope, the number of matches alone, or the whole list as a stream.
fn page(resource: &Resource) -> Answer {
    let row = json!({ "$ref": reference(&schema_name(resource, Shown::List)) });
    let mut page = envelope(json!({ "type": "array", "items": row }));
    page["required"] = json!(["success", "data", "pagination"]);
    page["properties"]["pagination"] = pagination(resource);
    if resource.compat.totals == Totals::NestedAndFlat {
        for (name, minimum) in [("total", 0), ("limit", 1), ("page", 1), ("pages", 0)] {
            page["properties"][name] = json!({
                "type": "integer",
                "minimum": minimum,
                "description": "As in `pagination`; absent with `cursor` or `skipTotal`.",
            });
        }
    }
    sign(resource, &mut page);
    // With `count=true` there is a number instead of the page.
    let mut counted = envelope(json!({ "type": "integer", "minimum": 0 }));
    counted["additionalProperties"] = false.into();
    let mut answer = Answer::json(json!({ "anyOf": [page, counted] }));
    for stream in ["application/x-ndjson", "text/csv"] {
        answer.content[stream] = json!({ "schema": { "type": "string" } });
    }
    answer.headers = validators();
    answer
}

/// `pagination` of a list: of a page by its number, or of one by a cursor.
fn pagination(resource: &Resource) -> Value {
    let size = resource.page_size.name;
    let count = |minimum: u32| json!({ "type": "integer", "minimum": minimum });
    json!({
        "type": "object",
        "required": [size],
        "properties": {
            "page": { "type": "integer", "minimum": 1, "description": "Absent with `cursor`." },
            size: { "type": "integer", "minimum": 1, "maximum": resource.compat.page_size_max },
            "total": { "description": "Absent with `skipTotal`.", "allOf": [count(0)] },
            "pages": { "description": "Absent with `skipTotal`.", "allOf": [count(0)] },
            "nextCursor": {
                "type": ["string", "null"],
                "description": "With `cursor` alone; null on the last page.",
            },
        },
    })
}

pub fn list_parameters(resource: &'static Resource) -> Vec<Value> {
    let integer = |minimum: u32| json!({ "type": "integer", "minimum": minimum });
    let mut size = json!({
        "type": "integer", "minimum": 1, "maximum": resource.compat.page_size_max,
        "default": resource.page_size.default,
    });
    if let Some(unpaged) = resource.compat.unpaged_size {
        size["description"] = format!("{unpaged} where no page is asked for either.").into();
    }
    let other = if resource.page_size.name == "limit" { "perPage" } else { "limit" };
    let sorts: Vec<&str> =
        resource.fields.iter().filter(|field| field.sorts()).map(|field| field.name).collect();
    let sort = format!(
        "Sort keys with a comma or a space between them, `-` for descending: {}.",
        sorts.join(", ")
    );
    let cursor = "Walk by cursors: `*` begins, then each answer's `nextCursor`. Not with `page` or \
                  `offset`.";
    let skip = "Leave out `total` and `pages`.";
    let mut all = vec![
        query("page", "Page number, from 1.", integer(0)),
        query(resource.page_size.name, "Records per page.", size.clone()),
        query(other, "Another name of the page size.", size),
        query("offset", "Records to skip; `page` wins over it.", integer(0)),
        query("sort", &sort, json!({ "type": "string", "default": "-createdAt" })),
        query("count", "Answer the number of matches alone.", json!({ "type": "boolean" })),
        query("cursor", cursor, json!({ "type": "string", "const": "*" })),
        query("skipTotal", skip, json!({ "type": "boolean" })),
        if_none_match(),
        prefer(),
    ];
    all.extend(include_parameters(resource));
    all.extend(filters(resource));
    all
}

fn filters(resource: &'static Resource) -> Vec<Value> {
    let mut all = Vec::new();
    for field in resource.fields.iter().filter(|field| field.is_scalar()) {
        let test = if field.is_list() { "Contains" } else { "Equals" };
        let doc = format!("{test}. {}", field.doc);
        all.push(query(&format!("where_{}", field.name), &doc, filter_schema(field)));
        let list = json!({ "type": "array", "items": filter_schema(field), "maxItems": 100 });
        all.push(query(&format!("in_{}[]", field.name), "One of these.", list));
        if matches!(field.kind, Kind::Time | Kind::Date | Kind::Number | Kind::Integer) {
            for (sign, words) in [(">", "after"), (">=", "from"), ("<", "before"), ("<=", "until")]
            {
                let doc = format!("Only {words} this.");
                all.push(query(&format!("where{sign}_{}", field.name), &doc, filter_schema(field)));
            }
        }
        if let Kind::Relation(relation) = field.kind {
            for related in relation.filters() {
                let name = format!("{}.{}", field.name, related.name);
                let doc =
                    format!("Of the {} the {} is this, in any case.", field.name, related.name);
                all.push(query(&format!("where_{name}"), &doc, json!({ "type": "string" })));
                let items = json!({ "type": "string" });
                let list = json!({ "type": "array", "items": items, "maxItems": 100 });
                all.push(query(&format!("in_{name}[]"), "One of these, in any case.", list));
            }
        }
        if field.folded.is_some() {
            let doc = "Contains this text, in any case.";
            all.push(query(&format!("like_{}", field.name), doc, json!({ "type": "string" })));
        }
    }
    all
}

/// What a record is shown with, and how much of it.
pub fn include_parameters(resource: &'static Resource) -> Vec<Value> {
    let mut all = Vec::new();
    let stored = resource.relations().map(|(field, _)| field.name);
    let unstored = resource.compat.unstored.iter().map(|unstored| unstored.name);
    let reverses = resource.reverse.iter().map(|reverse| reverse.name);
    let relations: Vec<&str> = stored.chain(unstored).chain(reverses).collect();
    if !relations.is_empty() {
        let items = json!({ "type": "string", "enum": relations });
        let list = json!({ "type": "array", "items": items, "maxItems": 20 });
        all.push(query("populates[]", "Relations to show as records.", list));
    }
    if !resource.reverse.is_empty() {
        let names: Vec<&str> = resource.reverse.iter().map(|reverse| reverse.name).collect();
        let items = json!({ "type": "string", "enum": names });
        let list = json!({ "type": "array", "items": items });
        all.push(query("with[]", "Records that point here, to show too.", list));
    }
    for reverse in resource.reverse {
        let Some((name, field)) = reverse.chosen_by else { continue };
        let doc = format!("Of `{}`, those whose `{field}` is this.", reverse.name);
        let schema = reverse.resource.field(field).map_or_else(|| json!({}), filter_schema);
        all.push(query(name, &doc, schema));
    }
    let names: Vec<&str> = resource.fields.iter().map(|field| field.name).collect();
    let doc = format!("Fields to show, with a comma between them: {}.", names.join(", "));
    all.push(query("columns", &doc, json!({ "type": "string" })));
    all
}

fn if_none_match() -> Value {
    let doc = "The `ETag` of an answer that is at hand.";
    header("If-None-Match", doc, json!({ "type": "string" }))
}

/// Whether what is ignored is told of or rejected.
fn prefer() -> Value {
    let doc = "`handling=strict`: parameters that are not known are a 400. Else they are named in \
               the answer's header `X-Ignored-Parameters`.";
    let words = json!({ "type": "string", "enum": ["handling=strict", "handling=lenient"] });
    header("Prefer", doc, words)
}

fn etag() -> Value {
    json!({
        "description": "Changes with the answer, but for the time of its signature.",
        "schema": { "type": "string", "pattern": "^W/\".*\"$" },
    })
}

/// The headers of a list or a record.
fn validators() -> Value {
    let mut headers = json!({ "ETag": etag() });
    headers["X-Ignored-Parameters"] = ignored_header()["X-Ignored-Parameters"].take();
    headers
}

/// The header that names what of a query was ignored.
pub fn ignored_header() -> Value {
    json!({ "X-Ignored-Parameters": {
        "description": "Parameters that were ignored, with what may have been meant.",
        "schema": { "type": "string" },
    } })
}

fn not_modified() -> Answer {
    Answer {
        status: StatusCode::NOT_MODIFIED,
        description: "`If-None-Match` names what would be answered".to_owned(),
        content: Value::Null,
        headers: json!({ "ETag": etag() }),
    }
}
