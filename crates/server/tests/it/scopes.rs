//! What a token with one scope alone learns: every operation is called, and no answer holds
//! anything of a record that the scope does not read.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::resources::{ALL, PERSONS};
use verax_query::{Kind, Resource};

use crate::answer::Answer;
use crate::fixtures::one_of_each;
use crate::given_faces::{face, image};
use crate::persons::People;
use crate::rejections::{Operation, operations};
use crate::world::{World, request, send};

const SINGLE: [Scope; 9] = [
    Scope::ReadValidations,
    Scope::ReadDocuments,
    Scope::ReadMedia,
    Scope::ReadEvents,
    Scope::Write,
    Scope::WriteWebhooks,
    Scope::Review,
    Scope::WriteMembers,
    Scope::ReadAccesses,
];

/// A record of each, whose texts name its resource.
async fn canaries(world: &World) {
    one_of_each(world, "acme").await;
    for (resource, kind, status) in [
        ("projects", "project", "active"),
        ("project-flows", "flow", "active"),
        ("collections", "collection", ""),
        ("persons", "person", "active"),
        ("liveness-sessions", "session", "active"),
        ("app-registrations", "registration", "STARTED"),
        ("biometric-validations", "validation", "completed"),
        ("app-logins", "login", "completed"),
        ("document-liveness", "document", "completed"),
    ] {
        let resource = verax_domain::resources::by_name(resource).expect("a resource");
        let mut row = json!({
            "_id": format!("acme-{kind}"), "client": "acme", "createdAt": "2025-05-01T08:00:00.250Z",
        });
        if !status.is_empty() {
            row["status"] = status.into();
        }
        if resource.name == "collections" {
            row["code"] = "acme-code".into();
        }
        for field in resource.fields.iter().filter(|field| is_free_text(field.name, &field.kind)) {
            row[field.name] = canary(resource).into();
        }
        world.store(resource, &[row]).await;
    }
}

fn is_free_text(name: &str, kind: &Kind) -> bool {
    let used = ["code", "imageUrl", "language", "defaultLanguage", "currentStep"];
    matches!(kind, Kind::Text) && !used.contains(&name)
}

fn canary(resource: &Resource) -> String {
    format!("canary of {}.", resource.name)
}

/// Where to call it, with everything populated that can be.
fn target(operation: &Operation) -> String {
    let target = operation.target("acme");
    if operation.path.ends_with("/kyc") {
        return format!("{target}?id=acme-project");
    }
    if operation.path.ends_with("/lookup") {
        return format!("{target}?name=canary");
    }
    target
}

fn body(operation: &Operation) -> Value {
    let (project, flow) = ("acme-project", "acme-flow");
    match (operation.method.as_str(), operation.path.as_str()) {
        ("PUT", path) if path.ends_with("/sync") => {
            json!({ "step": "adminOverride", "status": "FAILED", "note": "Seen" })
        }
        ("PUT", _) => json!({}),
        ("POST", "/v2/projects" | "/v3/projects") => {
            json!({ "name": "New", "assignedCollection": "acme-collection" })
        }
        ("POST", "/v2/project-flows") => json!({ "project": project, "type": "login" }),
        ("POST", "/v2/app-registrations") => {
            json!({ "project": project, "projectFlow": flow, "email": "new@example.com" })
        }
        ("POST", "/v2/liveness-sessions") => json!({ "project": project, "projectFlow": flow }),
        ("POST", "/v2/biometric-validations") => json!({
            "project": project, "projectFlow": flow, "identifier": "new", "type": "validation",
        }),
        ("POST", path) if path.ends_with("/collections") => json!({ "name": "New" }),
        _ => {
            serde_json::from_str(operation.body.as_deref().unwrap_or_default()).unwrap_or_default()
        }
    }
}

async fn call(world: &World, operation: &Operation, token: &str, target: &str) -> Answer {
    let body = match body(operation) {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    world.send(request(operation.method.clone(), token, target).map(|_| Body::from(body))).await
}

/// Of which records an answer holds something.
fn seen(answer: &Answer) -> Vec<&'static Resource> {
    let text = String::from_utf8_lossy(&answer.bytes);
    ALL.into_iter().filter(|resource| text.contains(&canary(resource))).collect()
}

#[track_caller]
fn nothing_foreign(answer: &Answer, scope: Scope, what: &str) {
    for resource in seen(answer) {
        let reads = resource.scopes.contains(&scope.word());
        assert!(reads, "{} sees {} by {what}: {}", scope.word(), resource.name, answer.text());
    }
}

#[tokio::test]
async fn no_operation_shows_a_record_to_a_token_that_may_not_read_it() {
    let world = World::sqlite().await;
    // A stream is answered as any other, and ends at once.
    world.app.feed.close();
    world.client("acme").await;
    let mut shown = 0;
    // What is only read, or rejected, changes no record.
    let changes = |operation: &Operation, answer: &Answer| {
        operation.method != Method::GET && answer.status < 400
    };
    canaries(&world).await;
    for operation in operations() {
        let what = format!("{} {}", operation.method, operation.path);
        for scope in SINGLE {
            let token = world.token_with("acme", Some(vec![scope]), false).await;
            let answer = call(&world, &operation, &token, &target(&operation)).await;
            if changes(&operation, &answer) {
                canaries(&world).await;
            }
            assert!(answer.status < 500, "{what}: {}", answer.text());
            nothing_foreign(&answer, scope, &what);
        }
        // With every scope the same calls do show records: the test looks at something.
        let token = world.token("acme").await;
        let answer = call(&world, &operation, &token, &target(&operation)).await;
        if changes(&operation, &answer) {
            canaries(&world).await;
        }
        shown += usize::from(!seen(&answer).is_empty());
    }
    assert!(shown >= 30, "only {shown} operations show a record at all");
}

#[tokio::test]
async fn what_is_populated_takes_the_scope_of_what_it_is() {
    let world = World::sqlite().await;
    canaries(&world).await;
    let mut rejected = 0;
    for resource in ALL.into_iter().filter(|resource| !resource.versions.is_empty()) {
        let mut names: Vec<String> = Vec::new();
        for (field, relation) in resource.relations() {
            names.push(field.name.to_owned());
            let nested = relation.resource.relations();
            names.extend(nested.map(|(inner, _)| format!("{}.{}", field.name, inner.name)));
        }
        for name in names {
            let path = format!("/{}/{}", resource.versions[0], resource.name);
            let one = path.clone() + "/" + &id_of(resource);
            for (scope, lacking) in [
                (Scope::ReadValidations, "documents:read"),
                (Scope::ReadDocuments, "validations:read"),
            ] {
                let token = world.token_with("acme", Some(vec![scope]), false).await;
                for target in [&path, &one] {
                    let target = format!("{target}?populates[]={name}");
                    let answer = world.get(&token, &target).await;
                    nothing_foreign(&answer, scope, &target);
                    let readable = resource.scopes.contains(&scope.word());
                    if readable && answer.status == 403 {
                        rejected += 1;
                        assert!(answer.text().contains(lacking), "{}", answer.text());
                    }
                }
            }
        }
    }
    assert!(rejected > 0, "documents:read populates no face check");
}

fn id_of(resource: &Resource) -> String {
    let kind = match resource.name {
        "project-flows" => "flow",
        "collections" => "collection",
        "persons" => "person",
        "liveness-sessions" => "session",
        "app-registrations" => "registration",
        "biometric-validations" => "validation",
        "app-logins" => "login",
        "document-liveness" => "document",
        "webhook-events" => "delivery",
        "project-members" => "member",
        other => other.trim_end_matches('s'),
    };
    format!("acme-{kind}")
}

on_both_databases! {
    async fn an_empty_change_tells_who_may_only_write_nothing(world) {
        canaries(world).await;
        let writing = world.token_with("acme", Some(vec![Scope::Write]), false).await;
        let full = world.token("acme").await;
        for (path, id) in [
            ("/v3/project-flows", "acme-flow"),
            ("/v2/app-registrations", "acme-registration"),
            ("/v2/face-recognition/collections", "acme-collection"),
            ("/v2/face-recognition/persons", "acme-person"),
            // It takes its flows with it.
            ("/v2/projects", "acme-project"),
        ] {
            let target = format!("{path}/{id}");
            let put = async |token: &str, body: Value| {
                let body = Body::from(body.to_string());
                world.send(request(Method::PUT, token, &target).map(|_| body)).await
            };
            let empty = put(&writing, json!({})).await;
            assert_eq!((empty.status, &empty.json()["data"]), (200, &json!({ "_id": id })), "{path}");
            // What it says itself it is told again, in the shape of the whole answer.
            let name = if path.ends_with("registrations") { "fullName" } else { "name" };
            let changed = put(&writing, json!({ name: "Another" })).await.json();
            assert_eq!(changed["data"], json!({ "_id": id, name: "Another" }), "{path}");
            let whole = put(&full, json!({})).await.json();
            assert_eq!(whole["data"][name], "Another", "{path}");
            let members = |value: &Value| crate::answer::keys(value).len();
            assert_eq!(members(&whole), members(&changed), "{path}");
            assert!(members(&whole["data"]) > 2, "{path}");
            let gone = world.send(request(Method::DELETE, &writing, &target)).await;
            assert_eq!(gone.json()["data"], json!({ "_id": id }), "{path}");
        }
    }

    async fn a_registration_moved_on_by_a_writer_is_not_read_by_it(world) {
        canaries(world).await;
        let sync = async |token: &str| {
            let body = json!({ "step": "adminOverride", "status": "FAILED", "note": "Seen" });
            let path = "/v2/app-registrations/acme-registration/sync";
            let body = Body::from(body.to_string());
            let answer = world.send(request(Method::PUT, token, path).map(|_| body)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.json()["data"].clone()
        };
        // With the token of the registration it would be read after all.
        let writing = world.token_with("acme", Some(vec![Scope::Write]), false).await;
        assert_eq!(sync(&writing).await, json!({
            "token": null, "firstName": null, "lastName": null, "fullName": null,
            "step": "adminOverride", "steps": {}, "appRegistrationId": "acme-registration",
            "status": "FAILED",
        }));
        canaries(world).await;
        // Staff that may write moves others' registrations on, but holds no token of theirs.
        let house = world.staff_token("house").await;
        let moved = sync(&house).await;
        assert_eq!(moved["token"], Value::Null);
        assert_eq!(moved["fullName"], "canary of app-registrations.");
        canaries(world).await;
        let full = world.token("acme").await;
        assert!(sync(&full).await["token"].is_string());
    }

    async fn staff_that_only_reads_has_nothing_measured(world) {
        let people = People::of(world).await;
        let house = world.token_with("acme", Some(vec![Scope::ReadValidations]), true).await;
        for call in ["liveness", "compare", "detect", "search", "verify", "search/crops"] {
            let path = format!("/v2/face-recognition/{call}");
            let request = request(Method::POST, &house, &path).map(|_| Body::from("{}"));
            let answer = send(&people.router, request).await;
            assert_eq!(answer.rejection(403), "FORBIDDEN", "{call}");
        }
    }

    async fn a_face_tells_who_may_only_write_an_id_and_a_score(world) {
        let people = People::of(world).await;
        let ana = people.enrolled("Ana", &[face(1)]).await;
        let row = json!({
            "_id": ana, "client": "acme", "notes": canary(&PERSONS), "date_of_birth": "1990-05-01",
        });
        world.store(&PERSONS, &[row]).await;
        let writing = world.token_with("acme", Some(vec![Scope::Write]), false).await;
        let post = async |call: &str, body: Value| {
            let request = request(Method::POST, &writing, &format!("/v2/face-recognition/{call}"));
            send(&people.router, request.map(|_| Body::from(body.to_string()))).await
        };
        let search = json!({
            "images": [image(&[face(1)])], "min_score": 0.85, "search_mode": "FAST",
        });
        let found = post("search", search.clone()).await.json();
        let known = json!({ "id": ana, "score": found["data"][0]["score"], "thumbnails": [] });
        assert_eq!(found["data"], json!([known]));
        let mut verify = search.clone();
        verify["id"] = ana.clone().into();
        let verified = post("verify", verify).await.json();
        let matched = &verified["data"]["match"];
        let known = json!({ "id": ana, "score": matched["score"], "thumbnails": [] });
        assert_eq!(*matched, known);
        let detect = json!({
            "image": image(&[face(1)]), "min_score": 0.85, "search_mode": "FAST",
        });
        let detected = post("detect", detect).await.json();
        assert_eq!(detected["data"][0]["persons"][0].get("name"), None);

        let enrol = |name: &str, of: u8| json!({
            "name": name, "images": [image(&[face(of)])], "collections": ["staff"],
        });
        let enrolled = post("persons", enrol("Bea", 2)).await.json();
        let expected = json!({
            "_id": enrolled["data"]["_id"], "name": "Bea", "collections": ["staff"],
        });
        assert_eq!(enrolled["data"], expected);
        // Who is there already is not shown either.
        let mut again = enrol("Ana", 3);
        again["date_of_birth"] = "1990-05-01".into();
        let again = post("persons", again).await;
        assert_eq!(again.status, 412, "{}", again.text());
        assert_eq!(again.json()["data"], json!({ "_id": ana }));
        let changed = json!({ "images": [image(&[face(1)])] });
        let request = request(
            Method::PUT, &writing, &format!("/v2/face-recognition/persons/{ana}"),
        );
        let changed = send(&people.router, request.map(|_| Body::from(changed.to_string()))).await;
        assert_eq!(changed.json()["data"], json!({ "_id": ana }));
    }
}
