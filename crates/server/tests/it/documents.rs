//! What describes the server: the OpenAPI document, its page, health and numbers.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use verax_domain::resources::ALL;
use verax_server::http;

use crate::fixtures::one_of_each;
use crate::world::World;

/// Every `$ref` below a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(target) if name == "$ref" => drop(found.insert(target.clone())),
                    value => references(value, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// Checks a value against the part of JSON Schema that the document uses.
fn check(document: &Value, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    if let Some(target) = schema["$ref"].as_str() {
        let target = document.pointer(target.trim_start_matches('#')).expect("a schema");
        return check(document, target, value, path);
    }
    let fail = |why: &str| Err(format!("{path}: {why}: {value}"));
    if let Some(choices) = schema["anyOf"].as_array() {
        let fits = |choice: &Value| check(document, choice, value, path).is_ok();
        if !choices.iter().any(fits) {
            return fail("fits none of its shapes");
        }
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return fail("is another constant");
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return fail("is none of its words");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = |word: &Value| word == kind || (word == "number" && kind == "integer");
    let fits = match &schema["type"] {
        Value::Null => true,
        Value::Array(words) => words.iter().any(allowed),
        word => allowed(word),
    };
    if !fits {
        return fail("has another type");
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap_or_default()).is_none() {
            return fail(&format!("lacks {name}"));
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{path}/{index}"))?;
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(schema) => check(document, schema, member, &format!("{path}/{name}"))?,
            // Envelopes and records hold nothing that is not described; what was measured may.
            None if schema["required"].is_array() => {
                return Err(format!("{path}: {name} is not described"));
            }
            None => {}
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_openapi_document_holds_together() {
    let world = World::sqlite().await;
    let answer = world.get("", "/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for target in found {
        let pointer = target.strip_prefix('#').expect("a reference inside the document");
        assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
    }
    // What operations have alike stands in components: here each has its own.
    let document = verax_server::http::openapi::document();
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(ids.insert(id.to_owned()), "{id} is there twice");
            assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{id}");
            for (status, response) in operation["responses"].as_object().expect("responses") {
                assert!(response["description"].is_string(), "{id} {status}");
                // What has not changed is not sent; an image is no JSON.
                let content = response["content"].as_object().into_iter().flatten();
                let schemas = content.filter(|(_, media)| media["schema"].is_object()).count();
                assert_eq!(schemas > 0, status != "304", "{method} {path} {status}");
            }
            let mut names = BTreeSet::new();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().expect("a name");
                assert!(names.insert(name), "{id}: {name} is there twice");
                assert!(parameter["schema"].is_object(), "{id}: {name}");
                let in_path = parameter["in"] == "path";
                assert_eq!(in_path, path.contains(&format!("{{{name}}}")), "{id}: {name}");
                assert_eq!(in_path, parameter["required"] == true, "{id}: {name}");
            }
            assert!(!path.contains('{') || names.contains("id"), "{id}");
        }
    }
}

#[test]
fn every_error_that_an_operation_names_is_in_the_reference() {
    let known: Vec<(&str, &str)> = http::codes().map(|code| (code.code, code.when)).collect();
    let operations = http::operations();
    assert!(operations.len() > 60, "{}", operations.len());
    for operation in operations {
        for code in operation.errors {
            let described = known.contains(&(code.code, code.when));
            assert!(described, "{} names {}", operation.path, code.code);
        }
    }
}

#[tokio::test]
async fn every_list_and_record_is_as_the_document_describes_it() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    one_of_each(&world, "acme").await;
    let document = verax_server::http::openapi::document();
    let kinds = [
        "project",
        "flow",
        "collection",
        "person",
        "session",
        "registration",
        "validation",
        "document",
    ];
    let mut seen = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let responses = &methods["get"]["responses"];
        // A stream of events does not end.
        if responses.is_null() || responses["200"]["content"]["text/event-stream"].is_object() {
            continue;
        }
        let relations: Vec<&str> = ALL
            .iter()
            .filter(|resource| path.split('/').any(|part| part == resource.name))
            .flat_map(|resource| resource.relations().map(|(field, _)| field.name))
            .collect();
        let populates = format!("?populates={}", relations.join(","));
        let rejected = ["?perPage=0&where_statu=x", "?populates=nothing"];
        for kind in kinds {
            let target = path.replace("{id}", &format!("acme-{kind}"));
            for query in ["", populates.as_str(), rejected[0], rejected[1]] {
                let answer = world.get(&token, &format!("{target}{query}")).await;
                let status = answer.status.to_string();
                let range = format!("{}XX", answer.status / 100);
                let media_type = answer.header("content-type");
                let media_type = media_type.split(';').next().unwrap_or_default();
                let response = responses.get(&status).unwrap_or(&responses[&range]);
                let schema = &response["content"][media_type]["schema"];
                assert!(schema.is_object(), "{target}{query}: {status} is not described");
                // Of a table the document says that it is text.
                if media_type != "application/json" {
                    continue;
                }
                let place = format!("{target}{query}");
                if let Err(problem) = check(&document, schema, &answer.json(), &place) {
                    panic!("{problem}");
                }
                seen += usize::from(answer.status == 200);
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

/// A generator makes one method of an operation: what it answers must be one type.
#[test]
fn every_operation_answers_one_media_type_and_every_list_has_a_map_of_filters() {
    let document = verax_server::http::openapi::document();
    let mut lists = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for operation in methods.as_object().expect("methods").values() {
            let id = operation["operationId"].as_str().expect("an id");
            for (status, response) in operation["responses"].as_object().expect("responses") {
                let content = response["content"].as_object();
                assert!(content.is_none_or(|it| it.len() == 1), "{id} {status}");
            }
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            if let Some(filters) = parameters.clone().find(|it| it["name"] == "filters") {
                lists += 1;
                assert_eq!(
                    (&filters["style"], &filters["explode"]),
                    (&json!("form"), &json!(true))
                );
                assert!(parameters.count() <= 24, "{path} has many arguments");
            }
        }
    }
    assert!(lists >= 20, "{lists}");
}

#[test]
fn every_tag_is_described_and_used() {
    let document = verax_server::http::openapi::document();
    let described: Vec<&str> = document["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    let operations = document["paths"].as_object().expect("paths").values();
    let operations = operations.flat_map(|it| it.as_object().expect("methods").values());
    let used: BTreeSet<&str> =
        operations.filter_map(|operation| operation["tags"][0].as_str()).collect();
    assert_eq!(described.iter().copied().collect::<BTreeSet<_>>(), used);
    assert_eq!(described.len(), used.len(), "a tag is described twice");
}

/// Every array says of what, and no two words of an enumeration differ in capital letters alone.
#[test]
fn a_generator_can_name_every_type_and_word() {
    fn walk(value: &Value, path: &str) {
        if value["type"] == "array" {
            assert!(value["items"].is_object(), "{path} says nothing of its items");
        }
        let words = value["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut distinct_words = BTreeSet::new();
        for word in words {
            assert!(distinct_words.insert(word.to_lowercase()), "{path}: {word}");
        }
        let properties = value["properties"].as_object().into_iter().flatten();
        let mut names = BTreeSet::new();
        for (name, _) in properties {
            let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            assert!(names.insert(letters.to_lowercase()), "{path}: {name}");
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    walk(member, &format!("{path}/{name}"));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, path)),
            _ => {}
        }
    }
    walk(&verax_server::http::openapi::published(), "");
}

#[tokio::test]
async fn the_documentation_page_loads_nothing_from_elsewhere() {
    let world = World::sqlite().await;
    let moved = world.get("", "/docs").await;
    assert_eq!((moved.status, moved.header("location")), (308, "/docs/"));
    let page = world.get("", "/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").contains("default-src 'self'"));
    for foreign in ["http://", "https://", "src=\"//", "href=\"//"] {
        assert!(!page.text().contains(foreign), "{foreign} in {}", page.text());
    }
    let mut files = BTreeSet::new();
    for attribute in ["src=\"", "href=\""] {
        for part in page.text().split(attribute).skip(1) {
            files.insert(part.split('"').next().unwrap_or_default().trim_start_matches("./"));
        }
    }
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let answer = world.get("", &format!("/docs/{file}")).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(!answer.bytes.is_empty(), "{file}");
    }
    let settings = world.get("", "/docs/swagger-initializer.js").await;
    assert!(settings.text().contains("/openapi.json"));
    for foreign in ["http://", "https://"] {
        assert!(!settings.text().contains(foreign), "{}", settings.text());
    }
}

#[tokio::test]
async fn health_and_numbers_need_no_token_and_name_no_record() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    one_of_each(&world, "acme").await;
    // An event of long ago without a number would be a fault.
    world.app.number_events().await.expect("numbers");
    assert_eq!(world.get("", "/healthz").await.json(), json!({ "status": "ok" }));
    let checks = json!({ "database": "ok", "models": "missing" });
    let ready = json!({ "status": "ready", "checks": checks });
    assert_eq!(world.get("", "/readyz").await.json(), ready);
    world.get(&token, "/v2/biometric-validations/acme-validation?x=secret-words").await;
    world.get(&token, "/v2/some/acme-path").await;
    world.get(&token, "/v2/biometric-validations?where_identifier=jo@example.com").await;
    let numbers = world.get("", "/metrics").await;
    let text = numbers.text();
    assert!(numbers.header("content-type").starts_with("application/openmetrics-text"));
    assert!(text.contains(r#"route="/v2/biometric-validations/{id}""#), "{text}");
    assert!(text.contains(r#"method="GET",route="unmatched",status="404""#), "{text}");
    assert!(text.ends_with("# EOF\n"));
    for secret in ["acme", "secret-words", "jo@", token.as_str()] {
        assert!(!text.contains(secret), "{secret}");
    }
}
