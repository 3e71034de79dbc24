//! Looking for persons by their faces.

use serde_json::{Value, json};
use verax_domain::resources::PERSONS;
use verax_server::app::journal::Origin;
use verax_server::app::persons::PersonError;
use verax_server::http::{self, State};

use crate::answer::keys;
use crate::given_faces::{Face, face, image, template, with_given_faces};
use crate::persons::People;
use crate::world::{DAY, Engine, World};

/// The score that is there, which is that of a face and itself.
#[track_caller]
fn same(score: &Value) -> &Value {
    assert!(score.as_f64().is_some_and(|score| (0.9999..=1.0).contains(&score)), "{score}");
    score
}

fn search(of: Face) -> Value {
    json!({ "images": [image(&[of])], "min_score": 0.85, "search_mode": "FAST" })
}

on_both_databases! {
    async fn persons_are_found_by_their_faces(world) {
        let people = People::of(world).await;
        let ana = people.enrolled("Ana", &[face(1), Face { shot: 1, ..face(1) }]).await;
        let bea = people.enrolled("Bea", &[face(2)]).await;
        for call in ["search", "search/crops"] {
            let mut body = search(Face { shot: 5, ..face(1) });
            body["collection_id"] = "staff-code".into();
            let answer = people.post(call, &body).await;
            let json = answer.json();
            assert_eq!(keys(&json), ["id", "data", "signature"], "{}", answer.text());
            let score = json["data"][0]["score"].as_f64().expect("a score");
            assert!((0.85..1.0).contains(&score), "{score}");
            let at = "2026-01-02T03:04:05Z";
            let found = json!([{
                "id": ana, "_id": ana, "name": "Ana", "gender": null, "date_of_birth": null,
                "nationality": null, "notes": null, "collections": ["staff"], "create_date": at,
                "modified_date": at, "score": score, "thumbnails": [],
            }]);
            assert_eq!(json["data"], found);
            body["collection_id"] = "guests".into();
            assert_eq!(people.post(call, &body).await.json()["data"], json!([]));
            body["collection_id"] = "nowhere".into();
            let answer = people.post(call, &body).await;
            assert_eq!(answer.rejection(404), "ERROR");
            assert_eq!(answer.json()["message"], "invalid_collection");
        }
        // Images of two persons find both, the more alike first; max_results cuts.
        let mut both = search(face(1));
        both["images"] = json!([image(&[Face { shot: 9, ..face(1) }]), image(&[face(2)])]);
        let found = people.post("search", &both).await.json();
        let ids: Vec<&str> = (0..2).filter_map(|at| found["data"][at]["id"].as_str()).collect();
        assert_eq!(ids, [bea.as_str(), ana.as_str()]);
        same(&found["data"][0]["score"]);
        both["max_results"] = 1.into();
        assert_eq!(people.post("search", &both).await.json()["data"].as_array().map(Vec::len), Some(1));

        let live = |of: Face| json!({
            "image": image(&[of]), "os": "IOS", "liveness_min_score": 0.6, "min_score": 0.85,
            "search_mode": "FAST", "collection_id": "staff",
        });
        let answer = people.post("search-live-face", &live(face(2))).await.json();
        let score = same(&answer["data"]["persons"][0]["score"]);
        assert_eq!(answer["data"]["persons"], json!([{ "id": bea, "score": score }]));
        let score = &answer["data"]["liveness_score"];
        let result = json!({ "passed": true, "min_score": 0.6, "liveness_score": score });
        let liveness = &answer["data"]["liveness"];
        let mut passed = result.clone();
        passed["result"] = result;
        passed["_id"] = liveness["_id"].clone();
        passed["status"] = "passed".into();
        assert_eq!(*liveness, passed);
        assert_eq!(liveness["_id"].as_str().map(str::len), Some(24));
        let whole = &answer["data"]["search"][0];
        assert_eq!((&whole["_id"], &whole["name"]), (&json!(bea), &json!("Bea")));
        let dull = people.post("search-live-face", &live(Face { live: 10, ..face(2) })).await.json();
        assert_eq!(dull["data"]["persons"], json!([]));
        assert_eq!(dull["data"]["liveness"]["passed"], false);
        assert_eq!(dull["data"]["liveness"]["status"], "failed");
        assert_eq!(dull["data"]["search"], json!([]));

        let active = json!({
            "image": image(&[face(2)]), "os": "IOS", "min_score": 0.85, "search_mode": "FAST",
        });
        let found = people.post("search-active-user", &active).await.json();
        let score = same(&found["data"][0]["score"]);
        assert_eq!(found["data"], json!([{ "id": bea, "score": score }]));
        // With a liveness score the answer is an object, and who is not live is not looked for.
        let mut live = active.clone();
        live["liveness_min_score"] = 0.6.into();
        let both = people.post("search-active-user", &live).await.json();
        assert_eq!(both["data"]["persons"][0]["_id"], *bea, "{both}");
        let liveness = &both["data"]["liveness"];
        assert_eq!((&liveness["passed"], &liveness["status"]), (&json!(true), &json!("passed")));
        assert!(liveness["score"].as_f64().is_some_and(|score| score > 0.6));
        live["image"] = image(&[Face { live: 10, ..face(2) }]).into();
        let dull = people.post("search-active-user", &live).await.json();
        assert_eq!(dull["data"]["persons"], json!([]));
        assert_eq!(dull["data"]["liveness"]["status"], "failed");
        world.store(&PERSONS, &[json!({ "_id": bea, "client": "acme", "status": "inactive" })]).await;
        let found = people.post("search-active-user", &active).await.json();
        assert_eq!(found["data"], json!([]));
        let found = people.post("search", &search(face(2))).await.json();
        assert_eq!(found["data"][0]["id"], *bea, "only that call looks at the status");
    }

    async fn a_person_is_verified(world) {
        let people = People::of(world).await;
        let answer = people.post("persons", &json!({
            "name": "Ana", "gender": "F", "date_of_birth": "1990-05-01", "collections": ["staff"],
            "images": [image(&[face(1)])], "keep_thumbnails": true,
        })).await.json();
        let person = answer["data"].clone();
        let body = |of: Face| json!({
            "id": person["_id"], "images": [image(&[of])], "min_score": 0.85,
            "search_mode": "FAST", "collection_id": "staff-code",
        });
        let answer = people.post("verify", &body(face(1))).await.json();
        let score = same(&answer["data"]["score"]);
        let result = json!({ "score": score, "passed": true, "min_score": 0.85 });
        let mut expected = result.clone();
        expected["match"] = json!({
            "id": person["_id"], "name": "Ana", "score": score, "gender": "F",
            "date_of_birth": "1990-05-01", "thumbnails": person["thumbnails"],
            "collections": ["staff"],
        });
        expected["result"] = result;
        assert_eq!(answer["data"], expected);
        let other = people.post("verify", &body(face(2))).await.json();
        assert_eq!(other["data"]["match"], Value::Null);
        assert_eq!(other["data"]["passed"], false);
        let mut elsewhere = body(face(1));
        elsewhere["collection_id"] = "guests".into();
        assert_eq!(people.post("verify", &elsewhere).await.rejection(404), "PERSON_NOT_FOUND");
        let mut nobody = body(face(1));
        nobody["id"] = "nobody".into();
        assert_eq!(people.post("verify", &nobody).await.rejection(404), "PERSON_NOT_FOUND");
        world.store(&PERSONS, &[json!({ "_id": "imported", "client": "acme" })]).await;
        let mut imported = body(face(1));
        imported["id"] = "imported".into();
        imported["collection_id"] = Value::Null;
        assert_eq!(people.post("verify", &imported).await.rejection(409), "person_without_face");
    }

    async fn every_face_of_an_image_is_recognised(world) {
        let people = People::of(world).await;
        let body = json!({
            "image": image(&[face(1), face(2)]), "min_score": 0.8, "search_mode": "FAST",
        });
        for call in ["detect", "detect/demo"] {
            let nobody = people.post(call, &body).await.json();
            assert_eq!(nobody["data"].as_array().map(Vec::len), Some(2), "{nobody}");
            assert_eq!(nobody["data"][1]["persons"], json!([]));
        }
        let bea = people.enrolled("Bea", &[face(2)]).await;
        let found = people.post("detect", &body).await.json();
        assert_eq!(found["data"][0]["persons"], json!([]));
        let score = same(&found["data"][1]["persons"][0]["score"]);
        let recognised = &found["data"][1]["persons"][0];
        let shown = ["id", "name", "score", "thumbnails"].map(|name| recognised[name].clone());
        assert_eq!(shown, [json!(bea), json!("Bea"), score.clone(), json!([])]);
        let mut elsewhere = body.clone();
        elsewhere["collection_id"] = "guests-code".into();
        let found = people.post("detect", &elsewhere).await.json();
        assert_eq!(found["data"][1]["persons"], json!([]));
    }

    async fn another_node_sees_each_change_at_once(world) {
        let people = People::of(world).await;
        let mut other = People::of(world).await;
        other.app = with_given_faces(world.app.clone(), "given:1");
        other.app.galleries = Default::default();
        other.router = http::router(State::new(other.app.clone()));
        let found = async |body: Value| {
            let answer = other.post("search", &body).await.json();
            answer["data"][0]["name"].as_str().map(str::to_owned)
        };
        assert_eq!(found(search(face(1))).await, None);
        let ana = people.enrolled("Ana", &[face(1)]).await;
        assert_eq!(found(search(face(1))).await.as_deref(), Some("Ana"));
        let bea = people.enrolled("Bea", &[face(2)]).await;
        assert_eq!(found(search(face(2))).await.as_deref(), Some("Bea"));
        people.app.delete_person("acme", &ana, &Origin::system()).await.expect("a deletion");
        assert_eq!(found(search(face(1))).await, None);
        // What was deleted is forgotten after a day, and who was away that long begins anew.
        world.turn_clock(2 * DAY);
        people.app.delete_person("acme", &bea, &Origin::system()).await.expect("a deletion");
        people.enrolled("Cleo", &[face(3)]).await;
        world.turn_clock(2 * DAY);
        people.enrolled("Dora", &[face(4)]).await;
        let changed = people.app.database.changed_persons("acme", 0).await.expect("changes");
        assert!(!changed.contains(&ana) && !changed.contains(&bea), "{changed:?}");
        assert_eq!(other.app.find_person_by_face("acme", None, &template(face(2)), 0.85, 9)
            .await.expect("a search"), []);
        // An import that moves a person is seen too.
        let cleo = &people.get("/v2/face-recognition/persons?like_name=cleo").await.ids()[0];
        let mut body = search(face(3));
        body["collection_id"] = "guests".into();
        assert_eq!(found(body.clone()).await, None);
        let row = json!({ "_id": cleo, "client": "acme", "collections": ["guests"] });
        world.store(&PERSONS, &[row]).await;
        assert_eq!(found(body).await.as_deref(), Some("Cleo"));
    }

    async fn templates_of_another_model_are_not_compared(world) {
        let people = People::of(world).await;
        let ana = people.enrolled("Ana", &[face(1)]).await;
        let mut app = with_given_faces(world.app.clone(), "given:2");
        app.galleries = Default::default();
        let probe = template(face(1));
        let found = app.find_person_by_face("acme", Some("staff"), &probe, 0.85, 9).await;
        assert_eq!(found.expect("a search"), []);
        assert_eq!(app.match_person("acme", &ana, &probe).await.expect("a look"), None);
        let own = people.app.match_person("acme", &ana, &probe).await.expect("a look");
        same(&json!(own));
    }

    async fn another_clients_faces_are_never_found(world) {
        let people = People::of(world).await;
        people.enrolled("Ana", &[face(1)]).await;
        world.client("globex").await;
        let found = people.app.find_person_by_face("globex", None, &template(face(1)), 0.2, 9).await;
        assert_eq!(found.expect("a search"), []);
        let ids = people.get("/v2/face-recognition/persons").await.ids();
        let matched = people.app.match_person("globex", &ids[0], &template(face(1))).await;
        assert!(matches!(matched, Err(PersonError::NotFound)), "{matched:?}");
    }
}

#[tokio::test]
async fn more_faces_than_memory_may_hold_are_rejected() {
    let world =
        World::with(Engine::Sqlite, |config| config.persons.templates_in_memory_max = 2).await;
    let people = People::of(&world).await;
    for of in 1..=2 {
        people.enrolled(&format!("Person {}", "x".repeat(of.into())), &[face(of)]).await;
    }
    assert_eq!(people.post("search", &search(face(1))).await.status, 200);
    people.enrolled("One too many", &[face(3)]).await;
    for _ in 0..2 {
        let probe = template(face(1));
        let found = people.app.find_person_by_face("acme", None, &probe, 0.85, 1).await;
        let rejected = matches!(found, Err(PersonError::GalleryTooLarge { count: 3, max: 2 }));
        assert!(rejected, "{found:?}");
    }
    assert_eq!(people.post("search", &search(face(1))).await.rejection(503), "GALLERY_TOO_LARGE");
}

#[tokio::test]
async fn each_search_names_all_that_it_needs() {
    let world = World::sqlite().await;
    let people = People::of(&world).await;
    for (call, needed) in [
        ("search", &["images", "min_score", "search_mode"][..]),
        ("search/crops", &["images", "min_score", "search_mode"]),
        ("search-live-face", &["image", "os", "liveness_min_score", "min_score", "search_mode"]),
        ("search-active-user", &["image", "os", "min_score", "search_mode"]),
        ("verify", &["id", "images", "min_score", "search_mode"]),
        ("persons", &["name", "images"]),
        (
            "persons/search-live-face",
            &["name", "images", "collection_id", "liveness_min_score", "min_score", "search_mode"],
        ),
        ("collections", &["name"]),
        ("liveness/demo", &["os", "image"]),
        ("compare/demo", &["probe", "gallery"]),
        ("detect/demo", &["image", "min_score", "search_mode"]),
    ] {
        let answer = people.post(call, &json!({})).await;
        assert_eq!(answer.rejection(409), "MissingParameter", "{call}");
        let json = answer.json();
        let details = json["details"].as_array().expect("details");
        let text: Vec<&str> = details.iter().filter_map(|it| it["message"].as_str()).collect();
        let expected: Vec<String> =
            needed.iter().map(|name| format!("\"{name}\" is required")).collect();
        assert_eq!(text, expected, "{call}");
    }
    for (call, low) in [("search", 0.2), ("search/crops", 0.5)] {
        let mut body = search(face(1));
        body["min_score"] = (low - 0.01).into();
        let answer = people.post(call, &body).await;
        let rule = format!("\"min_score\" must be greater than or equal to {low}");
        assert_eq!(answer.json()["message"], rule);
    }
}
