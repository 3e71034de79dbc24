//! What a dashboard reads and changes of the caller's own client, and the statistics of its projects.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::resources::{
    APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, COLLECTIONS, DOCUMENT_LIVENESS, PROJECT_FLOWS,
    PROJECTS,
};

use crate::answer::Answer;
use crate::bank::Bank;
use crate::fixtures::one_of_each;
use crate::hosted_sign_up::{ME, SignUp};
use crate::world::{World, request};

async fn put(world: &World, token: &str, path: &str, body: &Value) -> Answer {
    let request = request(Method::PUT, token, path);
    world.send(request.map(|_| Body::from(body.to_string()))).await
}

on_both_databases! {
    async fn a_client_changes_what_is_said_of_itself(world) {
        let token = world.token("acme").await;
        world.token("globex").await;
        world.turn_clock(1000);
        let body = json!({
            "name": "Acme Bank", "company": "Acme SA", "language": "es", "countryCode": "+57",
            "phone": "300 123 4567", "email": "office@acme.example",
        });
        let changed = put(world, &token, "/v2/clients/acme", &body).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
        let client = changed.json()["data"].clone();
        let found = ["name", "company", "language", "countryCode", "phone", "email", "secretKey"]
            .map(|name| client[name].clone());
        let expected = json!([
            "Acme Bank", "Acme SA", "es", "+57", "3001234567", "office@acme.example", null,
        ]);
        assert_eq!(json!(found), expected);
        assert_eq!(client["updatedAt"], "2026-01-02T03:04:06Z");
        // A dashboard sends its whole form, also what nobody has filled in.
        let form = json!({ "company": "Acme Holding", "phone": "" });
        let me = put(world, &token, "/v2/clients/me", &form).await;
        assert_eq!(me.json()["data"]["phone"], "3001234567");
        assert_eq!(me.json()["data"]["company"], "Acme Holding");
        assert_eq!(me.json()["data"]["name"], "Acme Bank", "what is not sent stays");
        assert_eq!(world.get(&token, "/v2/clients/me").await.json()["data"], me.json()["data"]);
    }

    async fn nobody_changes_another_client_or_moves_an_account(world) {
        let token = world.token("acme").await;
        let staff = world.staff_token("acme").await;
        let other = world.token("globex").await;
        let name = json!({ "name": "Mine" });
        for (token, id) in [(&token, "globex"), (&staff, "globex"), (&token, "nobody"), (&other, "acme")] {
            assert_eq!(put(world, token, &format!("/v2/clients/{id}"), &name).await.rejection(404), "NotFound");
            let settings = world.get(token, &format!("/v2/client-settings/{id}")).await;
            assert_eq!(settings.rejection(404), "NotFound");
        }
        let reader = world.token_with("acme", Some(vec![Scope::ReadValidations]), false).await;
        assert_eq!(put(world, &reader, "/v2/clients/me", &name).await.rejection(403), "FORBIDDEN");
        for (member, value) in [
            ("email", json!("thief@example.com")),
            ("avatar", json!("data:image/png;base64,AAAA")),
            ("address", json!("Street 1")),
            ("name", json!(7)),
            ("name", json!("")),
        ] {
            let answer = put(world, &token, "/v2/clients/me", &json!({ member: value })).await;
            assert_eq!(answer.rejection(400), "INVALID_PARAMETERS", "{member}");
            assert_eq!(answer.json()["details"][0]["parameter"], member);
        }
        // What no body may say: who may do what, and which client it is.
        let more = json!({ "scopes": "staff", "status": "x", "_id": "globex", "sandboxOf": "x" });
        assert_eq!(put(world, &token, "/v2/clients/me", &more).await.status, 200);
        let client = world.get(&token, "/v2/clients/me").await.json()["data"].clone();
        assert_eq!((&client["_id"], &client["status"], client.get("scopes")), (&json!("acme"), &json!("joined"), None));
        assert_eq!((&client["name"], &client["email"]), (&json!("acme Ltd"), &json!("office@acme.example")));
    }

    async fn a_record_token_sees_its_clients_name_alone(world) {
        let page = SignUp::open(Bank::open(world).await).await;
        let (_, own) = page.registered("jo@example.com").await;
        let seen = page.bank.get(&own, &format!("{ME}?populates[]=client")).await.json();
        assert_eq!(seen["data"]["client"], json!({ "_id": "acme", "name": "acme Ltd" }));
        assert!(!seen.to_string().contains("office@acme.example"));
    }

    async fn a_dashboard_finds_no_limit(world) {
        let token = world.token("acme").await;
        for path in ["client-smart-enroll-plans", "client-smart-access-plans"] {
            let target = format!("/v2/{path}?sort=startDate&where_status=active&populates=plan");
            let plans = world.get(&token, &target).await.json()["data"].clone();
            assert_eq!(plans.as_array().map(Vec::len), Some(1), "{path}");
            let plan = &plans[0];
            assert_eq!((&plan["status"], &plan["client"]), (&json!("active"), &json!("acme")));
            assert_eq!(plan["plan"]["limit"], Value::Null);
        }
        let settings = world.get(&token, "/v2/client-settings?findOne=true").await.json();
        assert_eq!((&settings["data"]["_id"], &settings["data"]["sandboxMode"]), (&json!("acme"), &json!(false)));
        let same = world.get(&token, "/v2/client-settings/acme").await.json();
        assert_eq!(same, settings);
        let target = "/v2/project-members?where_project=acme-project&populates=staff";
        let members = world.get(&token, target).await;
        assert_eq!((members.ids(), members.total()), (Vec::new(), 0));
        assert_eq!(members.json()["total"], 0);
    }

    async fn statistics_say_how_far_registrations_have_come(world) {
        let token = world.token("acme").await;
        one_of_each(world, "globex").await;
        let row = |id: &str, client: &str, project: &str, status: &str, step: Value| json!({
            "_id": id, "client": client, "project": project, "status": status,
            "currentStep": step, "createdAt": "2025-01-01T00:00:00Z",
        });
        world.store(&APP_REGISTRATIONS, &[
            row("a", "acme", "p", "ONGOING", json!("liveness")),
            row("b", "acme", "p", "ONGOING", json!("document")),
            row("c", "acme", "p", "COMPLETED", Value::Null),
            row("d", "acme", "q", "FAILED", Value::Null),
            row("e", "globex", "p", "ONGOING", json!("document")),
        ]).await;
        let check = |id: &str, registration: &str, live: &str| json!({
            "_id": id, "client": "acme", "project": "p", "appRegistration": registration,
            "status": "failed", "createdAt": "2025-01-01T00:00:00Z",
            "verificationResults": { "livenessDetection": live, "identityMatch": "failed" },
        });
        world.store(&BIOMETRIC_VALIDATIONS, &[
            check("f1", "a", "failed"), check("f2", "a", "failed"), check("f3", "b", "passed"),
        ]).await;
        let document = |id: &str, registration: &str, passed: bool| json!({
            "_id": id, "client": "acme", "appRegistration": registration, "status": "completed",
            "createdAt": "2025-01-01T00:00:00Z", "imageSaved": false,
            "validationResults": {
                "screenReplay": { "passed": passed, "score": 0.5 },
                "printedCopy": { "passed": true, "score": 0.5 },
            },
        });
        world.store(&DOCUMENT_LIVENESS, &[
            document("d1", "a", false), document("d2", "b", true), document("d3", "d", false),
        ]).await;
        let target = "/v2/app-registrations/statistics?project=p&funnel=true";
        let funnel = world.get(&token, target).await.json()["data"]["funnel"].clone();
        let expected = json!({
            "total": 3,
            "byStatus": [{ "label": "ONGOING", "count": 2 }, { "label": "COMPLETED", "count": 1 }],
            "byCurrentStep": [
                { "label": "", "count": 1 }, { "label": "document", "count": 1 },
                { "label": "liveness", "count": 1 },
            ],
            "documentFailures": [{ "label": "screenReplay", "count": 1 }],
            "livenessFailures": [
                { "label": "liveness_failed", "count": 2 }, { "label": "failed", "count": 1 },
            ],
        });
        assert_eq!(funnel, expected);
        let all = world.get(&token, "/v2/app-registrations/statistics").await.json();
        assert_eq!(all["data"]["funnel"]["total"], 4, "of all projects of the client, and of no other");
        let none = world.get(&token, "/v2/app-registrations/statistics?project=nobody").await.json();
        assert_eq!(none["data"]["funnel"]["total"], 0);
        let more = world.get(&token, "/v2/app-registrations/statistics?projectFlow=f").await;
        assert_eq!(more.status, 200);
        assert!(more.headers["x-ignored-parameters"].to_str().is_ok_and(|it| it.contains("projectFlow")));
        let wrong = world.get(&token, "/v2/app-registrations/statistics?project=a%20b").await;
        assert_eq!(wrong.wrong_parameters(), ["project"]);
    }

    async fn registrations_are_exported_as_they_are_listed(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        one_of_each(world, "globex").await;
        let hostile = json!({
            "_id": "h", "client": "acme", "status": "STARTED", "fullName": "=HYPERLINK(\"x\")",
            "createdAt": "2025-01-01T00:00:00Z",
        });
        world.store(&APP_REGISTRATIONS, &[hostile]).await;
        let target = "/v2/app-registrations/export-cv?columns=status,fullName,createdAt&populates=face";
        let answer = world.get(&token, target).await;
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        let expected = "_id,status,fullName,createdAt\r\n\
                        acme-registration,STARTED,Jo of acme,2025-05-01T08:00:00.250Z\r\n\
                        h,STARTED,\"'=HYPERLINK(\"\"x\"\")\",2025-01-01T00:00:00Z\r\n";
        assert_eq!(answer.text().replace('"', "").replace("\"\"", ""), expected.replace('"', ""));
        let some = world.get(&token, &format!("{target}&like_name=jo")).await;
        assert_eq!(some.text().lines().count(), 2);
        assert_eq!(world.get(&token, &format!("{target}&where_nope=1")).await.wrong_parameters(), ["where_nope"]);
    }

    async fn collections_and_persons_are_listed_by_the_flows_of_their_projects(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        one_of_each(world, "globex").await;
        let at = "2025-01-01T00:00:00Z";
        world.store(&COLLECTIONS, &[
            json!({ "_id": "doors", "client": "acme", "code": "c1", "name": "Doors", "createdAt": at }),
            json!({ "_id": "loose", "client": "acme", "code": "c2", "name": "Loose", "createdAt": at }),
        ]).await;
        let project = json!({ "_id": "p", "client": "acme", "assignedCollection": "doors", "createdAt": at });
        world.store(&PROJECTS, &[project]).await;
        let flow = json!({ "_id": "f", "client": "acme", "project": "p", "type": "login", "createdAt": at });
        world.store(&PROJECT_FLOWS, &[flow]).await;
        let path = "/v2/face-recognition";
        for (what, query, ids) in [
            ("collections/project-type/onboarding", "", vec!["acme-collection"]),
            ("collections/project-type/login", "", vec!["doors"]),
            ("collections/project-type/login", "?like_name=loose", vec![]),
            ("collections/project-type/smartlink", "", vec![]),
            ("persons/project-type/onboarding", "?page=1&limit=200", vec!["acme-person"]),
            ("persons/project-type/login", "", vec![]),
            ("persons/project-type/smartlink", "", vec![]),
        ] {
            let answer = world.get(&token, &format!("{path}/{what}{query}")).await;
            assert_eq!(answer.ids(), ids, "{what}{query}");
        }
        assert_eq!(world.get(&token, &format!("{path}/persons/project-type/other")).await.status, 404);
    }

    async fn a_retrieved_document_check_says_what_was_measured_and_its_list_does_not(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        let path = "/v2/document-liveness";
        let shown = world.get(&token, &format!("{path}/acme-document")).await.json();
        let found = ["isLive", "screenReplayProbability"].map(|name| shown["data"][name].clone());
        assert_eq!(found, [json!(true), json!(0.75)]);
        for absent in ["aggregatedScore", "printedCopyProbability", "aggregateWarnings"] {
            assert!(shown["data"].get(absent).is_none(), "{absent} was not measured");
        }
        assert!(shown["signature"].is_object());
        let listed = world.get(&token, path).await;
        assert!(!listed.text().contains("isLive") && !listed.text().contains("Probability"));
        let id = world.get(&token, &format!("{path}/acme-document?columns=status")).await.json();
        assert_eq!(id["data"], json!({ "_id": "acme-document", "status": "completed" }));
    }

    async fn what_clients_translate_is_a_word_and_the_sentence_is_beside_it(world) {
        let token = world.token("acme").await;
        let reader = world.token_with("acme", Some(vec![Scope::ReadDocuments]), false).await;
        for (token, target, status, word) in [
            ("", "/v2/projects", 401, "UNAUTHORIZED"),
            ("ey.x.y", "/v2/projects", 401, "UNAUTHORIZED"),
            (&reader, "/v2/face-recognition/persons", 403, "FORBIDDEN"),
            (&token, "/v2/nothing", 404, "NOT_FOUND"),
            (&token, "/v2/app-registrations/nobody", 404, "appRegistration_not_found"),
        ] {
            let answer = world.get(token, target).await;
            answer.rejection(status);
            let json = answer.json();
            assert_eq!(json["message"], word, "{target}");
            let sentence = json["error"].as_str().unwrap_or_default();
            assert!(sentence.contains(' '), "{target}: {sentence}");
        }
        world.turn_clock(31 * crate::world::DAY);
        let expired = world.get(&token, "/v2/projects").await;
        assert_eq!((expired.rejection(401), &expired.json()["message"]), ("UNAUTHORIZED".to_owned(), &json!("token_expired")));
    }
}
