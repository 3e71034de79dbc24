//! `/v2/face-recognition/collections`.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::answer::{Answer, keys};
use crate::world::{World, request};

const PATH: &str = "/v2/face-recognition/collections";

async fn send(world: &World, token: &str, method: Method, target: &str, body: &Value) -> Answer {
    let request = request(method, token, target);
    world.send(request.map(|_| Body::from(body.to_string()))).await
}

on_both_databases! {
    async fn a_collection_is_created_changed_and_deleted(world) {
        let token = world.token("acme").await;
        let text = json!({ "name": " Staff ", "description": "Who works here" });
        let created = send(world, &token, Method::POST, PATH, &text).await;
        assert_eq!(created.status, 200, "{}", created.text());
        let json = created.json();
        assert_eq!(keys(&json), ["id", "data", "signature"]);
        let collection = &json["data"];
        let (id, code) = (&collection["_id"], &collection["code"]);
        let at = "2026-01-02T03:04:05Z";
        let expected = json!({
            "_id": id, "client": "acme", "code": code, "name": "Staff",
            "description": "Who works here", "deleted": false, "createdAt": at, "updatedAt": at,
        });
        assert_eq!(*collection, expected);
        let (id, code) = (id.as_str().expect("an id"), code.as_str().expect("a code"));
        assert_eq!((id.len(), code.len(), &code[14..15]), (24, 36, "4"));

        // By its id or by its code.
        for name in [id, code] {
            let answer = world.get(&token, &format!("{PATH}/{name}")).await;
            assert_eq!(answer.json(), json!({ "success": true, "data": expected }));
        }
        let listed = world.get(&token, &format!("{PATH}?like_name=sta&populates=client")).await;
        assert_eq!((listed.ids(), listed.total()), (vec![id.to_owned()], 1));

        world.turn_clock(1000);
        let change = json!({ "name": "Guests" });
        let changed = send(world, &token, Method::PUT, &format!("{PATH}/{code}"), &change).await;
        let mut expected = expected.clone();
        expected["name"] = "Guests".into();
        expected["updatedAt"] = "2026-01-02T03:04:06Z".into();
        assert_eq!(changed.json()["data"], expected);

        let gone = send(world, &token, Method::DELETE, &format!("{PATH}/{id}"), &Value::Null).await;
        assert_eq!(gone.json()["data"], expected, "a deletion answers what it was");
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = send(world, &token, method, &format!("{PATH}/{id}"), &json!({})).await;
            assert_eq!(answer.rejection(404), "ERROR");
            assert_eq!(answer.json()["message"], "invalid_collection");
        }
    }

    async fn deleting_a_collection_takes_its_persons_out_of_it(world) {
        let token = world.token("acme").await;
        let rows = ["a", "b", "c"].map(|id| json!({ "_id": id, "client": "acme", "code": id }));
        world.store(&verax_domain::resources::COLLECTIONS, &rows).await;
        let rows = [
            json!({ "_id": "p1", "client": "acme", "collections": ["a"] }),
            json!({ "_id": "p2", "client": "acme", "collections": ["a", "b"] }),
            json!({ "_id": "p3", "client": "acme", "collections": ["b", "a", "c"] }),
            json!({ "_id": "p4", "client": "acme", "collections": ["b", { "_id": "a" }] }),
            json!({ "_id": "p5", "client": "acme", "collections": ["aa", "A"] }),
        ];
        world.store(&verax_domain::resources::PERSONS, &rows).await;
        let persons = "/v2/face-recognition/persons?sort=_id";
        assert_eq!(world.get(&token, &format!("{persons}&collection=a")).await.total(), 4);
        send(world, &token, Method::DELETE, &format!("{PATH}/a"), &Value::Null).await;
        let listed = world.get(&token, persons).await.json();
        let left = |at: usize| listed["data"][at]["collections"].clone();
        assert_eq!([left(0), left(1), left(2), left(3), left(4)], [
            json!([]), json!(["b"]), json!(["b", "c"]), json!(["b"]), json!(["aa", "A"]),
        ]);
        let populated = world.get(&token, &format!("{persons}&populates=collections")).await.json();
        let names = json!([{ "_id": "b", "code": "b" }, { "_id": "c", "code": "c" }]);
        assert_eq!(populated["data"][2]["collections"], names);
        assert_eq!(populated["data"][4]["collections"], json!([null, null]));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_collection_is_said() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for (body, problem) in [
        (json!({}), "\"name\" is required"),
        (json!({ "name": "" }), "\"name\" is not allowed to be empty"),
        (json!({ "name": 7 }), "\"name\" must be a string"),
        (json!({ "name": "a\u{0}b" }), "\"name\" must not contain a NUL character"),
        (json!({ "name": "x", "project": "nobody" }), "\"project\" must be the id of a project"),
    ] {
        let answer = send(&world, &token, Method::POST, PATH, &body).await;
        assert_eq!(answer.rejection(409), "MissingParameter");
        assert_eq!(answer.json()["message"], problem);
    }
}
