//! What the OpenAPI document says of lists and retrieves: made from the table of resources.

use axum::handler::Handler;
use axum::http::StatusCode;
use serde_json::{Value, json};
use verax_query::{Resource, Shown, Totals};

use crate::http::error_codes::URI_TOO_LONG;
use crate::http::layers::access::Access;
use crate::http::listing::filters::{filters, usual_filters};
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
        .parameters(request_headers())
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
        .parameters(include_parameters(resource))
        .parameters(request_headers())
        .checking_query()
        .or_answer(not_modified())
        .errors(&[&URI_TOO_LONG])
        .unknown(resource.not_found.error)
}

/// A page in its envelope.
fn page(resource: &Resource) -> Answer {
    let row = json!({ "$ref": reference(&schema_name(resource, Shown::List)) });
    let mut page = envelope(json!({ "type": "array", "items": row }));
    page["required"] = json!(["success", "data", "pagination"]);
    page["properties"]["pagination"] = pagination(resource);
    if resource.compat.totals == Totals::NestedAndFlat {
        // As in `pagination`.
        for name in ["total", "limit", "page", "pages"] {
            page["properties"][name] = json!({ "type": "integer" });
        }
    }
    sign(resource, &mut page);
    let mut answer = Answer::json(page);
    answer.headers = validators();
    answer
}

/// `pagination` of a list: of a page by its number, or of one by a cursor.
fn pagination(resource: &Resource) -> Value {
    let size = resource.page_size.name;
    let count =
        || json!({ "type": "integer", "minimum": 0, "description": "Absent with `skipTotal`." });
    json!({
        "type": "object",
        "required": [size],
        "properties": {
            "page": { "type": "integer", "minimum": 1, "description": "Absent with `cursor`." },
            size: { "type": "integer", "minimum": 1, "maximum": resource.compat.page_size_max },
            "total": count(),
            "pages": count(),
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
    let sort = "Sort keys with a comma or a space between them, `-` for descending.";
    let cursor = "Walk by cursors: `*` begins, then each answer's `nextCursor`. Not with `page` or \
                  `offset`.";
    let skip = "Leave out `total` and `pages`.";
    let mut all = vec![
        query("page", "Page number, from 1.", integer(0)),
        query(resource.page_size.name, "Records per page.", size),
        query("sort", sort, json!({ "type": "string", "default": "-createdAt" })),
    ];
    all.extend(include_parameters(resource));
    all.extend(usual_filters(resource));
    all.extend([
        filters(resource),
        query("offset", "Records to skip; `page` wins over it.", integer(0)),
        query("cursor", cursor, json!({ "type": "string", "examples": ["*"] })),
        query("skipTotal", skip, json!({ "type": "boolean" })),
    ]);
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
    let doc = "Fields to show, with a comma between them.";
    all.push(query("columns", doc, json!({ "type": "string", "examples": ["_id,createdAt"] })));
    all
}

/// What an answer is compared with, and whether what is ignored is reported or rejected.
fn request_headers() -> [Value; 2] {
    let etag = "The `ETag` of an answer that is at hand.";
    let handling = "`handling=strict`: parameters that mean nothing are a 400. Else they are named in \
                    the answer's header `X-Ignored-Parameters`.";
    let words = json!({ "type": "string", "enum": ["handling=strict", "handling=lenient"] });
    [header("If-None-Match", etag, json!({ "type": "string" })), header("Prefer", handling, words)]
}

/// The headers that several operations answer.
pub fn headers() -> Value {
    json!({
        "ETag": {
            "description": "Changes with the answer, but for the time of its signature.",
            "schema": { "type": "string", "pattern": "^W/\".*\"$" },
        },
        "X-Ignored-Parameters": {
            "description": "Parameters that were ignored, with what may have been meant.",
            "schema": { "type": "string" },
        },
    })
}

fn named(header: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{header}") })
}

/// The headers of a list or a record.
fn validators() -> Value {
    json!({ "ETag": named("ETag"), "X-Ignored-Parameters": named("X-Ignored-Parameters") })
}

/// The header that names what of a query was ignored.
pub fn ignored_header() -> Value {
    json!({ "X-Ignored-Parameters": named("X-Ignored-Parameters") })
}

fn not_modified() -> Answer {
    Answer {
        status: StatusCode::NOT_MODIFIED,
        description: "`If-None-Match` names what would be answered".to_owned(),
        content: Value::Null,
        headers: json!({ "ETag": named("ETag") }),
    }
}
