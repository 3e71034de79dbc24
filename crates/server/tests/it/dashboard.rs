//! What the protocol's dashboard asks of lists and records, word for word.

use serde_json::{Value, json};
use verax_domain::resources::{
    APP_LOGINS, APP_REGISTRATIONS, COLLECTIONS, PROJECT_FLOWS, PROJECTS,
};

use crate::answer::keys;
use crate::fixtures::one_of_each;
use crate::world::World;

/// A query, and the ids of the rows that it must answer.
const QUERIES: &[(&str, &[&str])] = &[
    // The list of projects.
    (
        "/v2/projects?with=projectFlows&sort=-updatedAt&populates=projectMembers&populates=projectMembers.staff&populates=client&select=_id%20name%20client%20projectFlows%20branding%20projectMembers%20demoMode%20demoOTP%20version%20updatedAt%20createdAt",
        &["acme-project"],
    ),
    (
        "/v2/projects?with=projectFlows&populates=projectMembers&populates=projectMembers.staff&select=_id%20name%20client%20projectFlows%20branding%20projectMembers%20demoMode%20demoOTP%20updatedAt%20createdAt&in__id=acme-project&in__id=nobody",
        &["acme-project"],
    ),
    // The records of a project, and its search box.
    (
        "/v2/app-registrations?page=1&perPage=25&sort=-createdAt&where_project=acme-project&populates=emailValidation&populates=phoneValidation&populates=biometricValidation&populates=biometricValidation.face&populates=face&populates=informationValidation",
        &["acme-registration"],
    ),
    (
        "/v2/app-registrations?page=1&perPage=10&sort=-createdAt&where_project=acme-project&populates=emailValidation&?like_name=Jo of&?like_email=Jo of&?like_phone=Jo of",
        &["acme-registration"],
    ),
    (
        "/v2/app-registrations?page=1&perPage=10&where_project=acme-project&?like_name=jo@&?like_email=jo@&?like_phone=jo@",
        &["acme-registration"],
    ),
    (
        "/v2/app-registrations?page=1&perPage=10&where_project=acme-project&?like_name=kim&?like_email=kim&?like_phone=kim",
        &[],
    ),
    ("/v2/app-registrations?like_name=jo", &["acme-registration"]),
    (
        "/v2/app-registrations?page=1&perPage=50&where_project=acme-project&where_status=STARTED&whereGTE_createdAt=2025-05-01&whereLTE_createdAt=2025-05-02",
        &["acme-registration"],
    ),
    ("/v2/app-registrations?where_project=acme-project&where_currentStep=liveness", &[]),
    // Logins.
    (
        "/v2/app-logins?page=1&perPage=25&sort=-createdAt&where_project=acme-project&populates=emailValidation&populates=phoneValidation&populates=biometricValidation&populates=biometricValidation.face",
        &["acme-login"],
    ),
    (
        "/v2/app-logins?page=1&perPage=10&where_project=acme-project&?like_name=jo@&?like_email=jo@&?like_phone=jo@",
        &["acme-login"],
    ),
    ("/v2/app-logins?where_status=validated&where-exists_biometricValidation=1", &["acme-login"]),
    // Webhooks and what was sent to them.
    (
        "/v2/webhooks?populates=projectFlow.project&populateSelects={\"project\":\"name\",\"projectFlow\":\"project name type\"}",
        &["acme-webhook"],
    ),
    (
        "/v2/webhooks?eventStatistics=7&populates=projectFlow.project&populateSelects={\"project\":\"name\",\"projectFlow\":\"project name type\"}",
        &["acme-webhook"],
    ),
    (
        "/v2/webhook-events?page=0&perPage=10&where_webhook=acme-webhook&where_status=sent&sort=-createdAt&populates=projectFlow.project&populateSelects={ \"projectFlow\": \"project\", \"project\": \"name\" }",
        &["acme-delivery"],
    ),
    (
        "/v2/webhook-events?where_appRegistration=acme-registration&where_status=sent&sort=-createdAt&page=1&perPage=10&populates[]=projectFlow.project&populateSelects=%7B%22projectFlow%22%3A%22project%22%2C%22project%22%3A%22name%22%7D",
        &["acme-delivery"],
    ),
    (
        "/v2/webhook-events?page=1&perPage=10&sort=-createdAt&where_webhook=acme-webhook&where_response.status=success",
        &["acme-delivery"],
    ),
    ("/v2/webhook-events?where_webhook=acme-webhook&where_response.status=fail", &[]),
    (
        "/v2/project-flows?where_status=active&in_type=onboarding&in_type=login&in_type=smartlink&sort=-type name&populates=project&populates=webhook&populateSelects={\"project\":\"name branding.logo\", \"webhook\":\"name\"}",
        &["acme-flow"],
    ),
    // Persons and collections.
    ("/v2/face-recognition/collections", &["acme-collection"]),
    ("/v2/face-recognition/collections?like_name=sta", &["acme-collection"]),
    ("/v2/face-recognition/persons?page=1&limit=200", &["acme-person"]),
    ("/v2/face-recognition/persons?limit=200&sort=name", &["acme-person"]),
    ("/v2/face-recognition/persons?page=1&perPage=500", &["acme-person"]),
    ("/v3/projects?page=1&limit=10&like_name=bank&where_target=personal", &[]),
];

/// One record each.
const RECORDS: &[(&str, &str)] = &[
    (
        "/v2/projects/acme-project?with=projectFlows&type=onboarding&populates=client&populates=projectMembers&populates=projectMembers.staff",
        "acme-project",
    ),
    ("/v3/projects/acme-project?populates=projectFlows&projectFlowType=onboarding", "acme-project"),
    (
        "/v2/app-registrations/acme-registration?populates=emailValidation&populates=phoneValidation&populates=biometricValidation&populates=biometricValidation.face&populates=informationValidation&populates=consentSession&populates=documentFace&populates=documentValidation&populates=documentValidation.documentLiveness&populates=compareFaceVerification&populates=face&populates=person&populates=projectFlow&populates=failedDocumentValidations&populates=failedBiometricValidations.face&populates=manualReviewLog.reviewedByClient&populates=manualReviewLog.reviewedByStaff",
        "acme-registration",
    ),
    ("/v2/app-logins/acme-login", "acme-login"),
    (
        "/v2/webhooks/acme-webhook?eventStatistics=30&populates=projectFlow.project&populateSelects={\"project\":\"name\",\"projectFlow\":\"project name type\"}&projectFlow=acme-flow",
        "acme-webhook",
    ),
    (
        "/v2/webhook-events/acme-delivery?allSameEvents=true&where__id=acme-delivery&where_status=sent&populates=projectFlow.project",
        "acme-delivery",
    ),
];

on_both_databases! {
    async fn a_dashboard_is_answered_whatever_it_asks(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        one_of_each(world, "globex").await;
        for (target, ids) in QUERIES {
            assert_eq!(world.get(&token, target).await.ids(), *ids, "{target}");
        }
        for (target, id) in RECORDS {
            let answer = world.get(&token, target).await;
            assert_eq!(answer.status, 200, "{target}: {}", answer.text());
            assert_eq!(answer.json()["data"]["_id"], *id, "{target}");
        }
    }

    async fn what_no_table_holds_is_null_where_it_is_populated_and_absent_elsewhere(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        let row = json!({
            "_id": "r", "client": "acme", "status": "COMPLETED", "person": "acme-person",
            "emailValidation": "an-imported-one", "createdAt": "2025-01-01T00:00:00Z",
        });
        world.store(&APP_REGISTRATIONS, &[row]).await;
        let path = "/v2/app-registrations/r";
        let bare = world.get(&token, path).await.json()["data"].clone();
        assert_eq!(bare["emailValidation"], "an-imported-one");
        assert!(bare.get("face").is_none() && bare.get("informationValidation").is_none());
        let asked = "populates=emailValidation,face,person,failedDocumentValidations,project";
        let shown = world.get(&token, &format!("{path}?{asked}")).await.json()["data"].clone();
        assert_eq!(shown["emailValidation"], Value::Null);
        assert_eq!(shown.get("face"), Some(&Value::Null));
        assert!(shown.get("failedDocumentValidations").is_none(), "no document was rejected");
        assert_eq!(shown["person"]["name"], "Jo of acme");
        assert!(shown.get("project").is_none(), "the record has none");
        // Inside another record, and where the same one was shown without it before.
        let path = "/v2/app-registrations/acme-registration";
        for (more, expected) in [("", None), (".face", Some(&Value::Null)), ("", None)] {
            let target = format!("{path}?populates=biometricValidation{more}");
            let shown = world.get(&token, &target).await.json()["data"].clone();
            assert_eq!(shown["biometricValidation"]["_id"], "acme-validation");
            assert_eq!(shown["biometricValidation"].get("face"), expected, "{target}");
        }
        // As columns leave it, and not in CSV.
        let target = "/v2/app-registrations?like_name=jo&columns=face,email&populates=face,signature";
        let rows = world.get(&token, target).await.json();
        let expected = json!({ "_id": "acme-registration", "email": "jo@example.com", "face": null });
        assert_eq!(rows["data"][0], expected);
    }

    async fn a_name_that_nobody_documents_is_still_an_error(world) {
        let token = world.token("acme").await;
        for (target, parameter) in [
            ("/v2/app-registrations?populates=faces", "populates"),
            ("/v2/app-registrations?populates=face.owner", "populates"),
            ("/v2/app-registrations?populates=consentSession.x", "populates"),
            ("/v2/app-registrations?populates=fullName", "populates"),
            ("/v2/app-logins?populates=informationValidation", "populates"),
            ("/v2/biometric-validations?populates=documentFace", "populates"),
            ("/v2/projects?populates=projectMembers.owner", "populates"),
            ("/v2/projects?populates=projectFlows.project", "populates"),
            ("/v2/projects?select=otp", "select"),
            ("/v2/app-registrations?like_names=jo", "like_names"),
            ("/v2/projects/x?with=projectFlows&projectFlowType[$ne]=x", "projectFlowType[$ne]"),
        ] {
            assert_eq!(world.get(&token, target).await.wrong_parameters(), [parameter], "{target}");
        }
        let twenty = |count: usize| vec!["populates=face"; count].join("&");
        let list = "/v2/app-registrations?";
        assert_eq!(world.get(&token, &format!("{list}{}", twenty(20))).await.status, 200);
        let many = world.get(&token, &format!("{list}{}", twenty(21))).await;
        assert_eq!(many.wrong_parameters(), ["populates"]);
    }

    async fn a_project_shows_its_flows_whole_and_of_the_wanted_type(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        let flow = json!({
            "_id": "in", "client": "acme", "project": "acme-project", "type": "login",
            "liveness": { "minScore": 0.6 }, "createdAt": "2025-01-01T00:00:00Z",
        });
        world.store(&PROJECT_FLOWS, &[flow]).await;
        let shown = async |query: &str| {
            let answer = world.get(&token, &format!("/v3/projects/acme-project?{query}")).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.json()["data"]["projectFlows"].clone()
        };
        let login = shown("populates=projectFlows&projectFlowType=login").await;
        let expected = json!([{
            "_id": "in", "client": "acme", "project": "acme-project", "type": "login",
            "liveness": { "minScore": 0.6 }, "createdAt": "2025-01-01T00:00:00Z",
        }]);
        assert_eq!(login, expected);
        let ids = |flows: &Value| -> Vec<String> {
            let rows = flows.as_array().expect("a list").iter();
            rows.map(|row| row["_id"].as_str().expect("an id").to_owned()).collect()
        };
        assert_eq!(ids(&shown("with=projectFlows").await), ["acme-flow", "in"]);
        let both = "with[]=projectFlows&projectFlowType=login&projectFlowType=onboarding";
        assert_eq!(ids(&shown(both).await), ["acme-flow", "in"]);
        assert_eq!(shown("with=projectFlows&projectFlowType=smartlink").await, json!([]));
        assert_eq!(ids(&shown("with=projectFlows&projectFlowType=").await), ["acme-flow", "in"]);
        assert_eq!(shown("projectFlowType=login").await, Value::Null);
    }

    async fn totals_stand_beside_data_where_the_documentation_has_them(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        for (path, flat) in [
            ("/v2/app-registrations", true),
            ("/v2/app-logins", true),
            ("/v2/projects", true),
            ("/v3/projects", true),
            ("/v2/webhooks", true),
            ("/v2/webhook-events", true),
            ("/v2/face-recognition/persons", true),
            ("/v2/face-recognition/collections", true),
            ("/v2/project-flows", false),
            ("/v2/liveness-sessions", false),
            ("/v2/events", false),
            ("/v2/biometric-validations", false),
            ("/v2/document-liveness", false),
        ] {
            let json = world.get(&token, &format!("{path}?limit=7&page=1")).await.json();
            let named = ["total", "limit", "page", "pages"].map(|name| json[name].as_u64());
            let expected = flat.then_some([Some(1), Some(7), Some(1), Some(1)]);
            assert_eq!(named, expected.unwrap_or_default(), "{path}");
            let walked = world.get(&token, &format!("{path}?cursor=*&limit=7")).await.json();
            assert!(!keys(&walked).contains(&"total"), "{path}");
        }
    }

    async fn pickers_are_given_all_there_is(world) {
        let token = world.token("acme").await;
        let rows: Vec<Value> = (0..520).map(|number| {
            json!({
                "_id": format!("c{number:03}"), "client": "acme", "code": format!("code-{number}"),
                "createdAt": "2025-01-01T00:00:00Z",
            })
        }).collect();
        world.store(&COLLECTIONS, &rows).await;
        let path = "/v2/face-recognition/collections";
        for (query, count) in [
            ("", 500), ("?sort=code", 500), ("?page=1", 10), ("?offset=0", 10),
            ("?cursor=*", 10), ("?limit=200", 200), ("?perPage=500&page=2", 20), ("?limit=3", 3),
        ] {
            assert_eq!(world.get(&token, &format!("{path}{query}")).await.ids().len(), count, "{query}");
        }
        let all = world.get(&token, path).await.json();
        let expected = json!({ "page": 1, "limit": 500, "total": 520, "pages": 2 });
        assert_eq!(all["pagination"], expected);
        assert_eq!(world.get(&token, &format!("{path}?limit=501")).await.wrong_parameters(), ["limit"]);
        for list in ["/v2/app-registrations", "/v2/app-logins", "/v2/projects", "/v2/biometric-validations"] {
            let wide = world.get(&token, &format!("{list}?perPage=101")).await;
            assert_eq!(wide.wrong_parameters(), ["perPage"], "{list}");
        }
    }
}

#[tokio::test]
async fn a_dashboard_reads_all_projects_of_a_client_at_once() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let rows: Vec<Value> = (0..30)
        .map(|number| {
            json!({ "_id": format!("p{number:02}"), "client": "acme", "createdAt": "2025-01-01T00:00:00Z" })
        })
        .collect();
    world.store(&PROJECTS, &rows).await;
    assert_eq!(world.get(&token, "/v2/projects?sort=-updatedAt").await.ids().len(), 30);
    assert_eq!(world.get(&token, "/v2/projects?page=1").await.ids().len(), 10);
}

#[tokio::test]
async fn a_login_is_found_by_the_number_that_it_began_with() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let row = json!({ "_id": "l", "client": "acme", "name": "+573001234567", "createdAt": "2025-01-01T00:00:00Z" });
    world.store(&APP_LOGINS, &[row]).await;
    for query in ["?like_phone=300123", "like_phone=300123", "?like_name=x&?like_phone=3001234567"]
    {
        assert_eq!(
            world.get(&token, &format!("/v2/app-logins?{query}")).await.ids(),
            ["l"],
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_send_the_header_that_clients_send() {
    let world = World::sqlite().await;
    let router = world.beside(|config| config.http.cors_origins = vec!["*".to_owned()]);
    let mut request = crate::world::request(axum::http::Method::OPTIONS, "", "/v2/projects");
    for (name, value) in [
        ("origin", "https://access.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization,timeout"),
    ] {
        request.headers_mut().insert(name, value.parse().expect("a header"));
    }
    let answer = crate::world::send(&router, request).await;
    assert!(answer.header("access-control-allow-headers").contains("timeout"));
}
