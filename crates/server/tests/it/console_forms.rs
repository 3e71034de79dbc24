//! Forms of projects and flows in the console: they make what the API makes of the same values.

use axum::http::Method;
use serde_json::{Map, Value, json};
use verax_domain::resources::PROJECTS;
use verax_domain::role::Role;
use verax_pages::{Language, Texts, names};

use crate::answer::Answer;
use crate::console_visits::Visit;
use crate::form_fields::{encoded, fields_of, pairs_of, value_of};
use crate::members::PASSWORD;
use crate::projects::{made, post, send};
use crate::sandboxes::sandbox_token;
use crate::world::World;

const LANGUAGES: [&str; 3] = ["en", "es", "pt"];
const NEW_PROJECT: &str = "/console/projects/-/new";
const NEW_FLOW: &str = "/console/project-flows/-/new";

/// The id of the record that an answer leads to.
#[track_caller]
fn saved(answer: &Answer) -> String {
    let place = answer.header("location");
    assert_eq!(answer.status, 303, "{}", answer.text());
    let path = place.strip_suffix("?done=saved").unwrap_or_else(|| panic!("{place}"));
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// What the OpenAPI document says that a body may have.
async fn schema_of(world: &World, path: &str) -> Value {
    let document = world.get("", "/openapi.json").await.json().clone();
    let body = resolved(&document, &document["paths"][path]["post"]["requestBody"]);
    body["content"]["application/json"]["schema"].clone()
}

/// The same with what its references name in their place.
fn resolved(document: &Value, value: &Value) -> Value {
    match value {
        Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
            Some(name) => {
                let named = document.pointer(name.trim_start_matches('#')).expect("a schema");
                resolved(document, named)
            }
            None => {
                let members = members.iter();
                members.map(|(name, it)| (name.clone(), resolved(document, it))).collect()
            }
        },
        Value::Array(list) => list.iter().map(|it| resolved(document, it)).collect(),
        other => other.clone(),
    }
}

/// A value of this schema. `None`: an object of any members.
fn example(path: &str, schema: &Value) -> Option<Value> {
    let schema = schema["anyOf"].get(0).unwrap_or(schema);
    let number = |name: &str| schema[name].as_f64().unwrap_or_default();
    if let Some(words) = schema["enum"].as_array() {
        return words.last().cloned();
    }
    Some(match schema["type"].as_str() {
        Some("boolean") => true.into(),
        Some("integer") => ((number("minimum") + number("maximum")) / 2.0)
            .floor()
            .to_string()
            .parse::<i64>()
            .ok()?
            .into(),
        Some("number") => ((number("minimum") + number("maximum")) / 2.0).into(),
        Some("array") => match schema["items"]["enum"].as_array() {
            Some(words) => json!([words.first(), words.last()]),
            None => json!(["Colombia", "Perú"]),
        },
        Some("object") => {
            let members: Map<String, Value> = schema["properties"]
                .as_object()?
                .iter()
                .filter_map(|(name, inner)| {
                    Some((name.clone(), example(&format!("{path}.{name}"), inner)?))
                })
                .collect();
            if members.is_empty() {
                return None;
            }
            members.into()
        }
        _ if schema["format"] == "email" => "help@bank.example".into(),
        _ if schema["format"] == "uri" || schema == &json!({}) => {
            format!("https://bank.example/{path}").into()
        }
        _ if path.contains("emailTemplates.code") => "Hello {project}: {code}".into(),
        _ if path.contains("emailTemplates") => "Hello {project}:\n{link}".into(),
        _ => path.chars().filter(char::is_ascii_alphabetic).take(8).collect::<String>().into(),
    })
}

/// A body with every member that a form has, for this path of the API.
async fn whole_body(world: &World, path: &str) -> Map<String, Value> {
    let schema = schema_of(world, path).await;
    let mut body = example("", &schema).and_then(|it| it.as_object().cloned()).expect("members");
    for name in ["projectFlow", "projectFlowType", "demoOTP"] {
        body.remove(name);
    }
    // An email's subject has one line, and no secret.
    if let Some(templates) = body.get_mut("emailTemplates").and_then(Value::as_object_mut) {
        for (_, languages) in templates {
            for (_, parts) in languages.as_object_mut().into_iter().flatten() {
                parts["subject"] = "Hello from {project}".into();
            }
        }
    }
    body
}

async fn collection(world: &World, token: &str) -> String {
    let order = json!({ "name": "Everybody", "contactEmail": "a@b.example" });
    let made = post(world, token, "/v2/face-recognition/collections", order).await;
    made.json()["data"]["code"].as_str().expect("a code").to_owned()
}

/// The fields of a form as they are sent after these were typed.
fn typed(fields: &[(String, String)], values: &[(&str, &str)]) -> String {
    let mut fields = fields.to_vec();
    for (name, value) in values {
        let field = fields.iter_mut().find(|(known, _)| known == name).expect("a field");
        (*value).clone_into(&mut field.1);
    }
    encoded(&fields)
}

/// A record without what is its own.
fn compared(answer: &Answer) -> Value {
    let mut record = answer.json()["data"].clone();
    for name in ["_id", "createdAt", "updatedAt", "project"] {
        record.as_object_mut().expect("a record").remove(name);
    }
    record
}

on_both_databases! {
    async fn a_form_makes_what_the_api_makes_of_the_same_values(world) {
        let token = world.token("acme").await;
        let owner = Visit::of(world, Some("acme"), Role::Owner).await;
        let mut body = whole_body(world, "/v2/projects").await;
        body.insert("assignedCollection".to_owned(), collection(world, &token).await.into());
        assert!(body.len() > 12, "{body:?}");
        let by_api = made(&post(world, &token, "/v2/projects", body.clone().into()).await);
        let by_form = saved(&owner.post(NEW_PROJECT, &encoded(&pairs_of(&body))).await);
        let get = async |path: &str, id: &str| world.get(&token, &format!("{path}/{id}")).await;
        assert_eq!(
            compared(&get("/v2/projects", &by_form).await),
            compared(&get("/v2/projects", &by_api).await)
        );

        let mut body = whole_body(world, "/v2/project-flows").await;
        body.insert("project".to_owned(), by_form.as_str().into());
        assert!(pairs_of(&body).len() > 90, "{}", pairs_of(&body).len());
        let by_api = made(&post(world, &token, "/v2/project-flows", body.clone().into()).await);
        let by_form = saved(&owner.post(NEW_FLOW, &encoded(&pairs_of(&body))).await);
        let flow = get("/v2/project-flows", &by_form).await;
        assert_eq!(compared(&flow), compared(&get("/v2/project-flows", &by_api).await));
        // What it says is in the form that changes it.
        let page = owner.get(&format!("/console/project-flows/{by_form}/edit")).await;
        let shown = fields_of(page.text());
        for (name, value) in pairs_of(&body) {
            let values = shown.iter().filter(|it| it.0 == name && !it.1.is_empty());
            let values: Vec<&str> = values.flat_map(|it| it.1.lines()).collect();
            assert_eq!(values, value.lines().collect::<Vec<_>>(), "{name}");
        }
    }

    async fn a_form_that_is_sent_back_untouched_changes_nothing(world) {
        let token = world.token("acme").await;
        let owner = Visit::of(world, Some("acme"), Role::Owner).await;
        let mut body = whole_body(world, "/v2/projects").await;
        body.remove("assignedCollection");
        body.insert("description".to_owned(), "\n one \"line\"\n <b>another</b> & more\n".into());
        body.insert("branding".to_owned(), json!({ "bgColor": "#fff" }));
        let project = made(&post(world, &token, "/v2/projects", body.into()).await);
        let mut body = whole_body(world, "/v2/project-flows").await;
        body.insert("project".to_owned(), project.as_str().into());
        let flow = made(&post(world, &token, "/v2/project-flows", body.into()).await);
        for (resource, id) in [("projects", &project), ("project-flows", &flow)] {
            let path = format!("/v2/{resource}/{id}");
            let before = world.get(&token, &path).await.json().clone();
            world.turn_clock(1000);
            let form = format!("/console/{resource}/{id}/edit");
            let page = owner.get(&form).await;
            let answer = owner.post(&form, &encoded(&fields_of(page.text()))).await;
            assert_eq!(&saved(&answer), id);
            assert_eq!(world.get(&token, &path).await.json()["data"], before["data"], "{resource}");
        }
    }

    async fn what_was_changed_alone_is_changed(world) {
        let token = world.token("acme").await;
        let editor = Visit::of(world, Some("acme"), Role::Editor).await;
        let project = made(&post(world, &token, "/v2/projects", json!({
            "name": "Bank", "description": "Old", "allowedCountries": ["Colombia"],
            "dataProtection": { "name": "Jo", "city": "Cali", "dpo": { "kept": [1] } },
            "branding": { "bgColor": "#fff" }, "demoMode": false,
        })).await);
        let path = format!("/console/projects/{project}/edit");
        let page = editor.get(&path).await;
        let sent = typed(&fields_of(page.text()), &[
            ("description", "New"), ("allowedCountries", ""), ("dataProtection.city", "Bogotá"),
            ("dataProtection.name", ""), ("demoMode", "true"),
        ]);
        world.turn_clock(1000);
        assert_eq!(saved(&editor.post(&path, &sent).await), project);
        let record = world.get(&token, &format!("/v2/projects/{project}")).await.json()["data"].clone();
        assert_eq!(record["description"], "New");
        assert_eq!(record["allowedCountries"], json!([]));
        assert_eq!(record["dataProtection"], json!({ "city": "Bogotá", "dpo": { "kept": [1] } }));
        assert_eq!(record["branding"], json!({ "bgColor": "#fff" }));
        assert_eq!((&record["name"], &record["demoMode"]), (&json!("Bank"), &json!(true)));
        let event = world.get(&token, "/v2/events?where_type=project.updated").await;
        let actor = event.json()["data"][0]["actor"].as_str().unwrap_or_default().to_owned();
        assert!(actor.starts_with("member:"), "{}", event.text());
    }

    async fn who_was_slower_is_told_and_what_they_have_not_touched_stays(world) {
        let token = world.token("acme").await;
        let editor = Visit::of(world, Some("acme"), Role::Editor).await;
        let project = made(&post(world, &token, "/v2/projects", json!({
            "name": "Bank", "identifier": "old", "dataProtection": { "city": "Cali" },
        })).await);
        let path = format!("/console/projects/{project}/edit");
        let fields = fields_of(editor.get(&path).await.text());
        world.turn_clock(1000);
        let theirs = json!({
            "name": "Theirs", "description": "Theirs",
            "dataProtection": { "city": "Cali", "email": "theirs@bank.example" },
        });
        send(world, Method::PUT, &token, &format!("/v2/projects/{project}"), theirs).await;
        let record = async || world.get(&token, &format!("/v2/projects/{project}")).await.json()["data"].clone();
        // What one of them has touched and the other has not goes together.
        let answer = editor.post(&path, &typed(&fields, &[("identifier", "mine"), ("dataProtection.city", "Pasto")])).await;
        assert_eq!(saved(&answer), project);
        let both = record().await;
        assert_eq!((&both["name"], &both["description"], &both["identifier"]), (&json!("Theirs"), &json!("Theirs"), &json!("mine")));
        assert_eq!(both["dataProtection"], json!({ "city": "Pasto", "email": "theirs@bank.example" }));
        // Both have touched the name.
        let answer = editor.post(&path, &typed(&fields, &[("name", "Mine")])).await;
        assert_eq!(answer.status, 409);
        assert!(answer.text().contains("Somebody else has changed this"));
        assert_eq!(record().await["name"], "Theirs");
        let shown = fields_of(answer.text());
        assert_eq!((value_of(&shown, "name"), value_of(&shown, "description")), ("Mine", "Theirs"));
        // Whoever saves it then has seen it.
        assert_eq!(saved(&editor.post(&path, &encoded(&shown)).await), project);
        let last = record().await;
        assert_eq!((&last["name"], &last["description"]), (&json!("Mine"), &json!("Theirs")));
    }

    async fn what_several_save_at_once_goes_together(world) {
        let token = world.token("acme").await;
        let editor = Visit::of(world, Some("acme"), Role::Editor).await;
        let project = made(&post(world, &token, "/v2/projects", json!({
            "name": "Bank", "dataProtection": { "city": "Cali", "dpo": "Jo" },
        })).await);
        let path = format!("/console/projects/{project}/edit");
        let fields = fields_of(editor.get(&path).await.text());
        let members = ["name", "address", "address2", "city", "country"];
        let answers = futures_util::future::join_all(members.map(|member| {
            let sent = typed(&fields, &[(&format!("dataProtection.{member}"), "mine")]);
            let (editor, path) = (&editor, &path);
            async move { editor.post(path, &sent).await }
        })).await;
        for answer in &answers {
            assert_eq!(saved(answer), project);
        }
        let record = world.get(&token, &format!("/v2/projects/{project}")).await;
        assert_eq!(record.json()["data"]["dataProtection"], json!({
            "name": "mine", "address": "mine", "address2": "mine", "city": "mine", "country": "mine", "dpo": "Jo",
        }));
    }

    async fn checks_that_open_a_review_are_boxes(world) {
        let token = world.token("acme").await;
        let editor = Visit::of(world, Some("acme"), Role::Editor).await;
        let project = made(&post(world, &token, "/v2/projects", json!({ "name": "Bank" })).await);
        let order = json!({ "project": project, "type": "onboarding", "review": {
            "onFailedChecks": ["NAMESMATCH", "livenessScore", "namesMatch"], "sample": 5,
        } });
        let flow = made(&post(world, &token, "/v2/project-flows", order).await);
        let review = async || {
            let flow = world.get(&token, &format!("/v2/project-flows/{flow}")).await;
            flow.json()["data"]["review"].clone()
        };
        assert_eq!(review().await["onFailedChecks"], json!(["livenessScore", "namesMatch"]));
        let path = format!("/console/project-flows/{flow}/edit");
        let name = "review.onFailedChecks";
        let mut fields = fields_of(editor.get(&path).await.text());
        let ticked: Vec<&str> = fields.iter().filter(|it| it.0 == name).map(|it| it.1.as_str()).collect();
        assert_eq!(ticked, ["", "livenessScore", "namesMatch"]);
        // One is ticked off, two are ticked; then all are ticked off.
        fields.retain(|it| it.0 != name || it.1 != "livenessScore");
        fields.extend(["screenReplay", "matchScore"].map(|it| (name.to_owned(), it.to_owned())));
        assert_eq!(saved(&editor.post(&path, &encoded(&fields)).await), flow);
        assert_eq!(review().await, json!({ "onFailedChecks": ["matchScore", "screenReplay", "namesMatch"], "sample": 5.0 }));
        let mut fields = fields_of(editor.get(&path).await.text());
        fields.retain(|it| it.0 != name || it.1.is_empty());
        assert_eq!(saved(&editor.post(&path, &encoded(&fields)).await), flow);
        assert_eq!(review().await, json!({ "sample": 5.0 }));
        let wrong = json!({ "review": { "onFailedChecks": ["namesMatch", "livenessDetection"] } });
        let answer = send(world, Method::PUT, &token, &format!("/v2/project-flows/{flow}"), wrong).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains("review.onFailedChecks"), "{}", answer.text());
        assert!(answer.text().contains("checkDigits"), "{}", answer.text());
    }

    async fn a_wrong_value_is_told_at_its_control_and_the_rest_is_kept(world) {
        let token = world.token("acme").await;
        let editor = Visit::of(world, Some("acme"), Role::Editor).await;
        let typed = [
            ("name", "Bank \"<script>alert(1)</script>"), ("contactEmail", "nobody"),
            ("privacyUrl", "javascript:alert(1)"), ("dataProtection.postalCode", "1"),
            ("dataProtection.city", "Cali"), ("currentStep", "1.5"), ("demoMode", "maybe"),
            ("status", "live"), ("version", "0"), ("description", "a\0b"),
            ("allowedCountries", "Colombia\r\nPerú"),
        ];
        let typed: Vec<(String, String)> =
            typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = editor.post(NEW_PROJECT, &encoded(&typed)).await;
        assert_eq!(answer.status, 400);
        let page = answer.text();
        assert!(!page.contains("<script>"));
        for (name, rule) in [
            ("contactEmail", "must be a valid email"),
            ("privacyUrl", "must be an absolute https URL"),
            ("dataProtection.postalCode", "length must be at least 3 characters long"),
            ("currentStep", "must be an integer"),
            ("demoMode", "must be a boolean"),
            ("status", "must be one of [draft, active"),
            ("version", "must be greater than or equal to 1"),
            ("description", "must not contain a NUL character"),
        ] {
            let told = page.split(&format!("id=\"problem-{name}\"")).nth(1);
            let told = told.unwrap_or_else(|| panic!("{name} is not told of"));
            let told = told.split("</p>").next().unwrap_or_default();
            assert!(told.contains(rule), "{name}: {told}");
            assert!(page.contains(&format!("href=\"#control-{name}\"")), "{name}");
        }
        assert!(!page.contains("id=\"problem-name\""));
        let shown = fields_of(page);
        for (name, value) in &typed {
            if name != "description" {
                assert_eq!(value_of(&shown, name).replace("\r\n", "\n"), value.replace("\r\n", "\n"), "{name}");
            }
        }
        assert!(page.contains("<details class=\"group\" open id=\"control-dataProtection\">"));
        assert_eq!(world.get(&token, "/v2/projects").await.total(), 0);
        // What is required is told of as well.
        let empty = editor.post(NEW_FLOW, "").await;
        assert_eq!(empty.status, 400);
        for name in ["project", "type"] {
            assert!(empty.text().contains(&format!("id=\"problem-{name}\"")), "{name}");
        }
    }

    async fn what_no_call_takes_away_is_not_taken_away_silently(world) {
        let token = world.token("acme").await;
        let admin = Visit::of(world, Some("acme"), Role::Admin).await;
        let project = made(&post(world, &token, "/v2/projects", json!({ "name": "Bank", "description": "Old" })).await);
        let path = format!("/console/projects/{project}/edit");
        let fields = fields_of(admin.get(&path).await.text());
        let answer = admin.post(&path, &typed(&fields, &[("description", ""), ("identifier", "new")])).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains("can be changed, but not taken away"));
        let record = world.get(&token, &format!("/v2/projects/{project}")).await.json()["data"].clone();
        assert_eq!((&record["description"], &record["identifier"]), (&json!("Old"), &Value::Null));

        let flow = made(&post(world, &token, "/v2/project-flows", json!({
            "project": project, "type": "login", "webhookUrl": "https://bank.example/hook",
        })).await);
        let path = format!("/console/project-flows/{flow}/edit");
        assert_eq!(saved(&admin.post(&path, "webhookUrl=").await), flow);
        let record = world.get(&token, &format!("/v2/project-flows/{flow}")).await.json()["data"].clone();
        assert_eq!(record.get("webhookUrl").unwrap_or(&Value::Null), &Value::Null);
    }

    async fn forms_are_for_who_may_change_the_record(world) {
        for client in ["acme", "rival"] {
            world.client(client).await;
        }
        let token = world.token("acme").await;
        let project = made(&post(world, &token, "/v2/projects", json!({ "name": "Bank" })).await);
        let flow = made(&post(world, &token, "/v2/project-flows", json!({ "project": project, "type": "login" })).await);
        let edits = [format!("/console/projects/{project}/edit"), format!("/console/project-flows/{flow}/edit")];
        let viewer = Visit::of(world, Some("acme"), Role::Viewer).await;
        let rival = Visit::of(world, Some("rival"), Role::Owner).await;
        for path in edits.iter().map(String::as_str).chain([NEW_PROJECT, NEW_FLOW]) {
            assert_eq!(viewer.get(path).await.status, 403, "{path}");
            assert_eq!(viewer.post(path, "name=Mine").await.status, 403, "{path}");
        }
        for path in &edits {
            assert_eq!(rival.get(path).await.status, 404, "{path}");
            assert_eq!(rival.post(path, "name=Mine").await.status, 404, "{path}");
        }
        let stolen = rival.post(NEW_FLOW, &format!("project={project}&type=login")).await;
        assert_eq!(stolen.status, 400);
        assert!(stolen.text().contains("must be a project of yours"));
        assert!(!rival.get(&format!("{NEW_FLOW}?project={project}")).await.text().contains("Bank"));
        assert!(!viewer.get("/console/projects").await.text().contains(NEW_PROJECT));
        assert!(rival.get("/console/projects").await.text().contains(NEW_PROJECT));
        // Where records are sent is for who makes webhooks.
        let editor = Visit::of(world, Some("acme"), Role::Editor).await;
        assert!(!editor.get(&edits[1]).await.text().contains("name=\"webhookUrl\""));
        saved(&editor.post(&edits[1], "webhookUrl=https%3A%2F%2Fevil.example%2F&name=In").await);
        let record = world.get(&token, &format!("/v2/project-flows/{flow}")).await.json()["data"].clone();
        assert_eq!((&record["name"], record.get("webhookUrl")), (&json!("In"), None));
        let page = editor.get(&format!("/console/projects/{project}")).await;
        for href in [edits[0].clone(), format!("{NEW_FLOW}?project={project}")] {
            assert!(page.text().contains(&format!("href=\"{href}\"")), "{href}");
        }
        assert!(!viewer.get(&format!("/console/projects/{project}")).await.text().contains("/edit"));
    }

    async fn members_of_the_whole_server_say_whose_a_project_is(world) {
        for client in ["acme", "rival"] {
            world.client(client).await;
        }
        let token = world.token("acme").await;
        let editor = Visit::of(world, None, Role::Editor).await;
        let page = editor.get(NEW_PROJECT).await;
        assert!(page.text().contains("<option value=\"acme\">acme Ltd · acme</option>"), "{}", page.text());
        for client in ["", "nobody", "*", "%00", "a%20b"] {
            let answer = editor.post(NEW_PROJECT, &format!("name=Bank&client={client}")).await;
            assert_eq!(answer.status, 400, "{client}");
            assert!(answer.text().contains("must be a client of this server"), "{client}");
        }
        let project = saved(&editor.post(NEW_PROJECT, "name=Bank&client=acme").await);
        let record = world.get(&token, &format!("/v2/projects/{project}")).await;
        assert_eq!(record.json()["data"]["client"], "acme");
        for project in ["", "nothing", "%00"] {
            let answer = editor.post(NEW_FLOW, &format!("type=login&project={project}")).await;
            assert_eq!(answer.status, 400, "{project}");
        }
        let flow = saved(&editor.post(NEW_FLOW, &format!("type=login&project={project}")).await);
        let record = world.get(&token, &format!("/v2/project-flows/{flow}")).await;
        assert_eq!(record.json()["data"]["client"], "acme");
        let path = format!("/console/project-flows/{flow}/edit");
        saved(&editor.post(&path, "name=In").await);
        let record = world.get(&token, &format!("/v2/project-flows/{flow}")).await;
        assert_eq!(record.json()["data"]["name"], "In");
    }

    async fn where_a_flow_sends_people_and_data_asks_for_the_password_again(world) {
        let token = world.token("acme").await;
        let admin = Visit::of(world, Some("acme"), Role::Admin).await;
        let project = made(&post(world, &token, "/v2/projects", json!({ "name": "Bank" })).await);
        let flow = made(&post(world, &token, "/v2/project-flows", json!({ "project": project, "type": "login" })).await);
        world.turn_clock(10 * 60_000);
        let path = format!("/console/project-flows/{flow}/edit");
        let page = admin.get(&path).await;
        assert!(page.text().contains("Changing this asks for your password."));
        let url = "https%3A%2F%2Fbank.example%2Fhook";
        let new = format!("{NEW_FLOW}?project={project}");
        for (path, form, back) in [
            (path.clone(), format!("webhookUrl={url}&name=In"), format!("{path}?done=confirmed")),
            (path.clone(), "webhook=w1".to_owned(), format!("{path}?done=confirmed")),
            (path.clone(), format!("integrations.webhook={url}"), format!("{path}?done=confirmed")),
            (path.clone(), format!("redirectUrl={url}"), format!("{path}?done=confirmed")),
            (new.clone(), format!("type=login&project={project}&webhookUrl={url}"), format!("{new}&done=confirmed")),
        ] {
            let answer = admin.post(&path, &form).await;
            let back: String = back.bytes().map(|byte| match byte {
                byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            }).collect();
            assert_eq!(answer.header("location"), format!("/console/account/confirm?next={back}"), "{form}");
        }
        let record = world.get(&token, &format!("/v2/project-flows/{flow}")).await.json()["data"].clone();
        assert_eq!((record.get("name"), record.get("webhookUrl")), (None, None));
        assert_eq!(world.get(&token, "/v2/project-flows").await.total(), 1);
        // What is not of this kind is changed without it.
        saved(&admin.post(&path, "name=In").await);
        let proof = format!("password={}&next=%2Fconsole%2F", PASSWORD.replace(' ', "+"));
        assert_eq!(admin.post("/console/account/confirm", &proof).await.status, 303);
        assert!(!admin.get(&path).await.text().contains("Changing this asks for your password."));
        saved(&admin.post(&path, &format!("webhookUrl={url}")).await);
        let record = world.get(&token, &format!("/v2/project-flows/{flow}")).await.json()["data"].clone();
        assert_eq!(record["webhookUrl"], "https://bank.example/hook");
    }

    async fn records_that_are_made_to_break_out_are_text_in_their_forms(world) {
        const MARKUP: &str = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
        world.client("acme").await;
        let record = json!({
            "_id": "p1", "client": "acme", "name": MARKUP, "description": MARKUP, "identifier": MARKUP,
            "privacyUrl": MARKUP, "allowedCountries": [MARKUP],
            "dataProtection": { "name": MARKUP, "city": { MARKUP: 1 }, MARKUP: MARKUP },
            "branding": { MARKUP: MARKUP }, "createdAt": "2025-06-01T00:00:00Z",
            "updatedAt": "2025-06-01T00:00:00Z",
        });
        world.store(&PROJECTS, &[record]).await;
        let owner = Visit::of(world, Some("acme"), Role::Owner).await;
        for path in ["/console/projects/p1/edit", NEW_FLOW, "/console/project-flows/-/new?project=p1"] {
            let page = owner.get(path).await;
            assert_eq!(page.status, 200, "{path}");
            for element in ["<script>", "<img src=x", "onerror=alert(2)>\""] {
                assert!(!page.text().contains(element), "{path}: {element}");
            }
        }
        let page = owner.get("/console/projects/p1/edit").await;
        // What is no text there stays with the API.
        assert!(page.text().contains("<code>dataProtection.city</code>"));
        assert_eq!(value_of(&fields_of(page.text()), "identifier"), MARKUP);
        let answer = owner.post("/console/projects/p1/edit", &encoded(&[
            ("name".to_owned(), MARKUP.to_owned()), ("identifier".to_owned(), format!("{MARKUP}!")),
            ("client".to_owned(), MARKUP.to_owned()),
        ])).await;
        assert!(answer.status < 500 && !answer.text().contains("<script>"), "{}", answer.status);
    }
}

/// No member that the API takes is missed silently.
#[tokio::test]
async fn every_member_of_a_body_has_a_control_or_is_named_as_left_out() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let project = made(&post(&world, &token, "/v2/projects", json!({ "name": "Bank" })).await);
    let flow = json!({ "project": project, "type": "login" });
    let flow = made(&post(&world, &token, "/v2/project-flows", flow).await);
    let owner = Visit::of(&world, Some("acme"), Role::Owner).await;
    for (path, forms) in [
        ("/v2/projects", [NEW_PROJECT.to_owned(), format!("/console/projects/{project}/edit")]),
        ("/v2/project-flows", [NEW_FLOW.to_owned(), format!("/console/project-flows/{flow}/edit")]),
    ] {
        let mut paths = Vec::new();
        leaves("", &schema_of(&world, path).await, &mut paths);
        // Flows have forms of their own; codes of trials are for sandboxes alone.
        paths.retain(|path| !path.starts_with("projectFlow") && path != "demoOTP");
        assert!(paths.len() > 15, "{path}: {paths:?}");
        for name in paths.iter().flat_map(|path| path.split('.')) {
            let id = format!("field-{}", names::key(name));
            let is_named = Texts(Language::Spanish).find(&id).is_some();
            assert!(is_named || LANGUAGES.contains(&name), "{id}");
        }
        for form in forms {
            let page = owner.get(&form).await;
            for path in &paths {
                let is_there = page.text().contains(&format!(" name=\"{path}\""));
                let is_left_out = page.text().contains(&format!("<code>{path}</code>"));
                assert!(is_there != is_left_out, "{form}: {path}");
            }
        }
    }
}

/// The paths of what a schema describes: of objects without members, their own.
fn leaves(path: &str, schema: &Value, paths: &mut Vec<String>) {
    let schema = schema["anyOf"].get(0).unwrap_or(schema);
    match schema["properties"].as_object().filter(|members| !members.is_empty()) {
        Some(members) => {
            for (name, inner) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(&path, inner, paths);
            }
        }
        None => paths.push(path.to_owned()),
    }
}

#[tokio::test]
async fn a_form_is_no_way_to_keep_the_server_busy() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let project = made(&post(&world, &token, "/v2/projects", json!({ "name": "Bank" })).await);
    let editor = Visit::of(&world, Some("acme"), Role::Editor).await;
    let path = format!("/console/projects/{project}/edit");
    let long = format!("name={}", "x".repeat(600_000));
    assert_eq!(editor.post(&path, &long).await.status, 413);
    let many = "a=1&".repeat(100_000);
    assert_eq!(editor.post(&path, &many).await.status, 303);
    for form in
        ["name=%FF&name=x", "name=%00", "dataProtection=x", "dataProtection.city.x=1", "=&&=="]
    {
        let answer = editor.post(&path, form).await;
        assert!(answer.status < 500, "{form}: {}", answer.status);
    }
    // What is no form in UTF-8 says nothing that a control has.
    for (media_type, body) in [
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=name\r\n\r\nNew\r\n--x--",
        ),
        ("application/json", r#"{"name":"New"}"#),
        ("application/x-www-form-urlencoded; charset=utf-16", "n\0a\0m\0e\0=\0N\0"),
    ] {
        let answer = editor.post_as(&path, media_type, body).await;
        assert_eq!(answer.status, 415, "{media_type}: {}", answer.text());
    }
    let deep = format!("onboardingSettings.steps.{}=x", "steps.".repeat(1000));
    let new = format!("{deep}&type=login&project={project}");
    assert_eq!(editor.post(NEW_FLOW, &new).await.status, 303);
}

#[tokio::test]
async fn the_code_of_trials_is_set_in_a_sandbox_alone() {
    let world = World::sqlite().await;
    world.client("acme").await;
    let token = sandbox_token(&world).await;
    let sandbox = world.app.database.sandbox_of("acme").await.expect("clients").expect("a sandbox");
    let live = Visit::of(&world, Some("acme"), Role::Owner).await;
    let trial = Visit::of(&world, Some(&sandbox.id), Role::Owner).await;
    assert!(!live.get(NEW_PROJECT).await.text().contains("name=\"demoOTP\""));
    assert!(trial.get(NEW_PROJECT).await.text().contains("name=\"demoOTP\""));
    let wrong = trial.post(NEW_PROJECT, "name=Trial&demoMode=true&demoOTP=12345a").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text().contains("must be six digits"));
    let project = saved(&trial.post(NEW_PROJECT, "name=Trial&demoMode=true&demoOTP=123456").await);
    let path = format!("/v2/projects/{project}");
    let answer = send(&world, Method::PUT, &token, &path, json!({})).await;
    assert_eq!(answer.json()["data"]["demoOTP"], "123456");
}
