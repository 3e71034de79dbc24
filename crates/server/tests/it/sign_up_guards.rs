//! Whoever tries to get more out of the hosted sign-up than is theirs.

use axum::http::Method;
use ring::hmac::HMAC_SHA256;
use serde_json::{Value, json};

use crate::bank::{Bank, REGISTRATIONS, VALIDATIONS, id, shot, text};
use crate::hosted_sign_up::{IMAGES, ME, POPULATES, SignUp, claims};
use crate::signed_tokens::{signed, signing_key};
use crate::world::{DAY, Engine, World};

const COMPARE: &str = "/v2/face-recognition/compare/app-registration";

/// These claims under the key of the server.
fn forged(world: &World, claims: &Value) -> String {
    let (kid, key) = signing_key(world);
    signed(&json!({ "typ": "JWT", "alg": "HS256", "kid": kid }), claims, HMAC_SHA256, &key)
}

on_both_databases! {
    async fn a_stranger_registers_nowhere_else(world) {
        let page = SignUp::open(Bank::open(world).await).await;
        let bank = &page.bank;
        let send = async |project: &str, flow: &str| {
            let body = json!({ "project": project, "projectFlow": flow, "email": "jo@example.com" });
            bank.post("", REGISTRATIONS, body).await
        };
        let rejected = send("nobody", "nobody").await;
        rejected.rejection(401);
        let login = json!({ "project": page.project, "type": "login", "status": "active" });
        let login = id(&bank.post(&bank.token, "/v2/project-flows", login).await);
        for (project, flow) in [
            (&bank.project, &bank.flow), (&bank.project, &page.flow), (&page.project, &bank.flow),
            (&page.project, &login), (&page.project, &"nobody".to_owned()),
        ] {
            assert_eq!(send(project, flow).await.bytes, rejected.bytes);
        }
        for body in [json!({}), json!({ "project": 1 }), json!({ "email": "jo@example.com" })] {
            assert_eq!(bank.post("", REGISTRATIONS, body).await.bytes, rejected.bytes);
        }
        let path = format!("/v3/project-flows/{}", page.flow);
        for status in ["draft", "paused", "inactive", "pending"] {
            let change = json!({ "status": status });
            assert_eq!(bank.call(Method::PUT, &bank.token, &path, change).await.status, 200);
            assert_eq!(page.register("jo@example.com").await.bytes, rejected.bytes, "{status}");
        }
        let change = json!({ "status": "active" });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, change).await.status, 200);
        let (_, own) = page.registered("jo@example.com").await;
        // Nor with the token of another record.
        let body = json!({ "project": page.project, "projectFlow": page.flow, "email": "a@b.example" });
        bank.post(&own, REGISTRATIONS, body).await.rejection(403);
        // What is wrong is told where the project is open.
        assert_eq!(page.register("nobody").await.rejection(409), "MissingParameter");
        // The same address again is another registration, which knows nothing of the first.
        let (first, _) = page.registered("jo@example.com").await;
        let again = page.register("jo@example.com").await;
        assert!(!again.text().contains(&first));
        assert_eq!(again.json()["data"]["appRegistration"]["person"], Value::Null);
    }

    async fn a_registrations_token_ends_when_the_server_says(world) {
        let page = SignUp::open(Bank::open(world).await).await;
        let (registration, own) = page.registered("jo@example.com").await;
        let get = async |token: &str| page.bank.get(token, ME).await;
        let payload = claims(&own);
        let later = json!(world.app.clock.now().0 / 1000 + 400 * 24 * 3600);
        let with = |name: &str, value: Value| {
            let mut changed = payload.clone();
            changed[name] = value;
            if changed[name].is_null() {
                changed.as_object_mut().expect("claims").remove(name);
            }
            forged(world, &changed)
        };
        assert_eq!(get(&own).await.status, 200);
        // Nobody can make these but who has the key; they end all the same.
        for (name, value) in [
            ("expiresAt", Value::Null), ("expiresAt", json!("2999-01-01 00:00:00")),
            ("expiresAt", json!(1)), ("exp", json!(1)), ("jti", json!("0".repeat(32))),
            ("clientId", json!("globex")),
        ] {
            get(&with(name, value.clone())).await.rejection(401);
        }
        let lasting = with("expiresAt", later.clone());
        // A client's own token has `exp`, or is none.
        let mut client = claims(&page.bank.token);
        client.as_object_mut().expect("claims").remove("exp");
        page.bank.get(&forged(world, &client), "/v2/clients/me").await.rejection(401);
        client["expiresAt"] = later;
        page.bank.get(&forged(world, &client), "/v2/clients/me").await.rejection(401);

        let path = format!("{REGISTRATIONS}/{registration}/resend-link");
        let link = page.bank.post(&page.bank.token, &path, json!({})).await.json()["data"].clone();
        let linked = text(&link["token"]);
        let payload = claims(&linked);
        assert_eq!(payload["accessType"], "app_registration_initiated");
        assert_eq!(link["accessType"], payload["accessType"]);
        let life = payload["expiresAt"].as_i64().zip(payload["issuedAt"].as_i64());
        assert_eq!(life.map(|(until, from)| until - from), Some(30 * 60));
        get(&own).await.rejection(401);
        world.turn_clock(29 * 60_000);
        assert_eq!(get(&linked).await.status, 200);
        world.turn_clock(60_000);
        get(&linked).await.rejection(401);

        let (_, own) = page.registered("al@example.com").await;
        world.turn_clock(2 * 3_600_000 - 1000);
        assert_eq!(get(&own).await.status, 200);
        world.turn_clock(1000);
        get(&own).await.rejection(401);
        get(&lasting).await.rejection(401);
        // Sessions are kept by pages too; what they are exchanged for is a server's.
        let opened = page.bank.open_validation("validation", "jo").await;
        assert!(claims(&text(&opened["token"])).get("exp").is_none());
        let passed = page.bank.validate(&text(&opened["token"]), shot(1, 0)).await;
        let token = text(&passed.json()["data"]["token"]);
        let exchanged = page.bank.post(&token, "/v2/auth/project-login", json!({})).await;
        assert!(claims(&text(&exchanged.json()["data"]["accessToken"]))["exp"].is_i64());
    }

    async fn a_person_changes_what_they_say_of_themselves_alone(world) {
        let page = SignUp::open(Bank::open(world).await).await;
        let (registration, own) = page.registered("jo@example.com").await;
        let (other, _) = page.registered("al@example.com").await;
        let change = json!({
            "firstName": "Jo", "lastName": "D", "language": "es", "email": "jo@new.example",
            "consentSession": { "status": "accepted" },
        });
        let changed = page.put(&own, &registration, change).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
        assert_eq!(changed.json()["data"]["email"], "jo@new.example");
        assert_eq!(changed.json()["data"]["person"], Value::Null);
        let phone = json!({
            "_id": other, "countryCode": "+57", "phone": "300 123 4567", "replacePhone": true,
            "status": "COMPLETED", "person": "p", "biometricValidation": "v", "currentStep": "end",
        });
        let changed = page.put(&own, &registration, phone).await;
        assert_eq!(changed.json()["data"]["phone"], "3001234567", "{}", changed.text());
        let record = page.record(&registration).await;
        assert_eq!((&record["status"], &record["currentStep"]), (&json!("STARTED"), &json!("1")));
        assert_eq!(record["person"], Value::Null);
        assert_eq!(record["biometricValidation"], Value::Null);

        let theirs = page.put(&own, &other, json!({ "fullName": "Me" })).await;
        assert_eq!(theirs.rejection(403), "Forbidden");
        page.put(&own, "nobody", json!({ "fullName": "Me" })).await.rejection(403);
        page.put("", &registration, json!({ "fullName": "Me" })).await.rejection(401);
        for name in ["emailValidation", "phoneValidation"] {
            for token in [&own, &page.bank.token] {
                let link = page.put(token, &registration, json!({ name: "someones" })).await;
                assert_eq!(link.rejection(409), "MissingParameter");
                assert_eq!(link.json()["details"][0]["parameter"], name);
            }
        }

        // Who has shown that an address is theirs keeps it, whoever has the token.
        world.execute("UPDATE app_registrations SET email_validation = 'e', phone_validation = 'p'").await;
        let taken = page.put(&own, &registration, json!({ "email": "thief@example.com" })).await;
        assert_eq!(taken.rejection(409), "Conflict");
        assert_eq!(taken.json()["message"], "email_is_validated");
        let taken = page.put(&own, &registration, json!({ "phone": "3009999999" })).await;
        assert_eq!(taken.json()["message"], "phone_is_validated");
        let same = page.put(&own, &registration, json!({ "email": "JO@new.example" })).await;
        assert_eq!(same.status, 200, "it is the same address: {}", same.text());
        // What only folds to it is another mailbox.
        for email in ["jo@\u{ff4e}ew.example", "\u{ff2a}o@new.example"] {
            let alike = page.put(&own, &registration, json!({ "email": email })).await;
            assert_eq!(alike.json()["message"], "email_is_validated", "{email}");
        }
        let alike = page.put(&own, &registration, json!({ "phone": "03001234567" })).await;
        assert_eq!(alike.json()["message"], "phone_is_validated", "{}", alike.text());
        // Its client may; then it is validated no more.
        let alike = json!({ "email": "jo@\u{ff4e}ew.example" });
        assert_eq!(page.put(&page.bank.token, &registration, alike).await.status, 200);
        assert_eq!(page.record(&registration).await["emailValidation"], Value::Null);
        world.execute("UPDATE app_registrations SET email_validation = 'e'").await;
        let moved = page.put(&page.bank.token, &registration, json!({ "email": "jo@c.example" })).await;
        assert_eq!(moved.status, 200, "{}", moved.text());
        let record = page.record(&registration).await;
        assert_eq!(record["emailValidation"], Value::Null);
        assert_eq!(record["phoneValidation"], "p");

        // Nobody gets a contact that a completed registration has.
        let done = json!({ "step": "adminOverride", "status": "COMPLETED" });
        let path = format!("{REGISTRATIONS}/{other}/sync");
        assert_eq!(page.bank.call(Method::PUT, &page.bank.token, &path, done).await.status, 200);
        let held = page.put(&own, &registration, json!({ "email": "al@example.com" })).await;
        assert_eq!(held.rejection(409), "email_is_registered_already");
        page.sync(&own, &registration, "end", "ONGOING").await;
        let late = page.put(&own, &registration, json!({ "fullName": "Late" })).await;
        assert_eq!(late.json()["message"], "registration_is_over");
        assert_eq!(page.record(&registration).await["fullName"], "Jo Doe");
    }

    async fn a_comparison_is_kept_and_decides_the_end(world) {
        let page = SignUp::open(Bank::open(world).await).await;
        let bank = &page.bank;
        let compare = async |own: &str, document: String| {
            let body = json!({ "image": document, "saveImage": true });
            assert_eq!(bank.post(own, "/v2/document-liveness", body).await.status, 200);
            let compared = bank.post(own, COMPARE, json!({})).await;
            assert_eq!(compared.status, 200, "{}", compared.text());
            compared.json()["data"]["compareFaceVerification"].clone()
        };
        let (jo, own) = page.registered("jo@example.com").await;
        assert_eq!(page.selfie(&own, shot(1, 0)).await.status, 200);
        let told = compare(&own, shot(1, 1)).await;
        assert_eq!(told["result"]["passed"], true);
        assert_eq!(told["result"]["score"], 1, "the verdict, and no score");
        assert_eq!(told["comparedAt"], "2026-01-02T03:04:05Z");
        assert_eq!(page.me(&own).await["compareFaceVerification"], told);
        let kept = page.record(&jo).await["compareFaceVerification"].clone();
        let score = kept["result"]["score"].as_f64().expect("a score");
        assert!(score > 0.85 && score < 1.0, "{kept}");
        assert_eq!((&kept["model"], &kept["scale"]), (&json!("given"), &json!("sface-2021dec/1")));
        assert_eq!(kept["faces"]["selfie"], Value::Null, "its image is not stored");
        assert_eq!(kept["faces"]["document"]["resource"], "document-liveness");
        assert_eq!(kept["faces"]["document"]["points"].as_array().map(Vec::len), Some(5));
        assert_eq!(told.as_object().map(serde_json::Map::len), Some(2), "the device learns no more: {told}");

        // Another face, and it was of another one.
        let check = text(&page.record(&jo).await["biometricValidation"]);
        let path = format!("{VALIDATIONS}/{check}");
        assert_eq!(bank.call(Method::DELETE, &own, &path, Value::Null).await.status, 200);
        assert_eq!(page.record(&jo).await["compareFaceVerification"], Value::Null);
        assert_eq!(page.selfie(&own, shot(1, 2)).await.status, 200);
        compare(&own, shot(1, 3)).await;
        assert_eq!(page.sync(&own, &jo, "end", "ONGOING").await.json()["data"]["status"], "COMPLETED");
        world.turn_clock(90 * DAY - 1);
        bank.app.sweep().await.expect("a sweep");
        let token = world.token("acme").await;
        let kept = async || {
            let record = bank.get(&token, &format!("{REGISTRATIONS}/{jo}")).await.json();
            record["data"]["compareFaceVerification"].clone()
        };
        assert_eq!(kept().await["result"]["passed"], true);
        world.turn_clock(1);
        bank.app.sweep().await.expect("a sweep");
        assert_eq!(kept().await, Value::Null);

        let (al, own) = page.registered("al@example.com").await;
        assert_eq!(page.selfie(&own, shot(2, 0)).await.status, 200);
        let told = compare(&own, shot(3, 0)).await;
        assert_eq!((&told["result"]["passed"], &told["result"]["score"]), (&json!(false), &json!(0)));
        let ended = page.sync(&own, &al, "end", "COMPLETED").await;
        assert_eq!(ended.json()["data"]["status"], "NEEDS_MANUAL_VERIFICATION");
    }

    async fn a_page_asks_for_relations_by_their_names(world) {
        let page = SignUp::open(Bank::open(world).await).await;
        let (_, own) = page.registered("jo@example.com").await;
        let many: Vec<&str> = POPULATES.iter().chain(&POPULATES).copied().collect();
        for names in [json!(many), json!(["proyect"]), json!(["project.client.x"]), json!("project"), json!([1])] {
            let rejected = page.bank.post(&own, ME, json!({ "populates": names })).await;
            assert_eq!(rejected.status, 400, "{names}: {}", rejected.text());
            assert_eq!(rejected.json()["code"], "INVALID_PARAMETERS");
        }
        for spelling in ["populates=", "populates[]=", "populates[][0]=", "populates%5B%5D="] {
            let all: Vec<String> = POPULATES.iter().map(|name| format!("{spelling}{name}")).collect();
            let seen = page.bank.get(&own, &format!("{ME}?{}", all.join("&"))).await;
            assert_eq!(seen.json()["data"], page.me(&own).await, "{spelling}: {}", seen.text());
        }
        let plain = page.bank.post(&own, ME, Value::Null).await;
        assert_eq!(plain.json()["data"]["project"], page.project.as_str());
        assert!(plain.json()["data"].get("person").is_none());
    }
}

#[tokio::test]
async fn a_persons_images_are_theirs_and_their_clients() {
    let world = World::with(Engine::Sqlite, |config| config.validations.keep_images = true).await;
    let page = SignUp::open(Bank::open(&world).await).await;
    let bank = &page.bank;
    let (jo, own) = page.registered("jo@example.com").await;
    let (_, others) = page.registered("al@example.com").await;
    let selfie = shot(1, 0);
    assert_eq!(page.selfie(&own, selfie.clone()).await.status, 200);
    let document = json!({ "image": shot(1, 1), "saveImage": true });
    let document = id(&bank.post(&own, "/v2/document-liveness", document).await);
    let check = text(&page.record(&jo).await["biometricValidation"]);

    // Both images can be shown side by side, with the faces that were compared.
    assert_eq!(bank.post(&own, COMPARE, json!({})).await.status, 200);
    let kept = page.record(&jo).await["compareFaceVerification"].clone();
    for (face, resource, id) in
        [("selfie", "biometric-validations", &check), ("document", "document-liveness", &document)]
    {
        let place = &kept["faces"][face];
        assert_eq!((&place["resource"], &place["_id"]), (&json!(resource), &json!(id)), "{kept}");
        let number = |part: &str, name: &str| place[part][name].as_f64().expect("a number");
        let width = place["width"].as_f64().expect("a number");
        assert!(number("box", "width") > 0.0 && number("box", "x") < width, "{place}");
    }

    let seen = bank.get(&own, IMAGES).await;
    assert_eq!(seen.headers["cache-control"], "private, no-store");
    let images = seen.json()["data"].clone();
    assert_eq!(
        images[0],
        json!({ "_id": check, "category": "face", "base64": selfie.rsplit(',').next() })
    );
    assert_eq!(
        (&images[1]["_id"], &images[1]["category"]),
        (&json!(document), &json!("documentFace"))
    );
    assert!(text(&images[1]["base64"]).len() > 100);
    let me = page.me(&own).await;
    assert_eq!((&me["face"], &me["documentFace"]), (&images[0], &images[1]));
    assert_eq!(bank.get(&others, IMAGES).await.json()["data"], json!([]));
    for (image, number) in [(&check, 0), (&document, 1)] {
        let path = format!("{IMAGES}/{image}");
        let one = bank.get(&bank.token, &path).await;
        assert_eq!(one.json()["data"], images[number]);
        assert_eq!(one.headers["cache-control"], "private, no-store");
        for token in [&own, &others] {
            bank.get(token, &path).await.rejection(403);
        }
        let reading = vec![verax_domain::Scope::ReadValidations];
        let reading = world.token_with("acme", Some(reading), false).await;
        bank.get(&reading, &path).await.rejection(403);
        let stranger = world.token("globex").await;
        let unknown = bank.get(&stranger, &format!("{IMAGES}/nobody")).await;
        assert_eq!(unknown.rejection(404), "identity_image_not_found");
        assert_eq!(bank.get(&stranger, &path).await.bytes, unknown.bytes);
        bank.get("", &path).await.rejection(401);
    }
    bank.get("", IMAGES).await.rejection(401);
    bank.get(&bank.token, IMAGES).await.rejection(403);
    let path = format!("{VALIDATIONS}/{check}");
    assert_eq!(bank.call(Method::DELETE, &own, &path, Value::Null).await.status, 200);
    let left = bank.get(&own, IMAGES).await.json()["data"].clone();
    assert_eq!(left, json!([images[1]]), "what was set aside is not the person's any more");

    // A comparison says where the face stands on an image: it goes with the image's record.
    assert_eq!(page.selfie(&own, shot(1, 2)).await.status, 200);
    assert_eq!(bank.post(&own, COMPARE, json!({})).await.status, 200);
    assert!(page.record(&jo).await["compareFaceVerification"].is_object());
    let check = text(&page.record(&jo).await["biometricValidation"]);
    let path = format!("{VALIDATIONS}/{check}");
    assert_eq!(bank.call(Method::DELETE, &bank.token, &path, Value::Null).await.status, 200);
    assert_eq!(page.record(&jo).await["compareFaceVerification"], Value::Null);
}

#[tokio::test]
async fn who_registers_many_or_guesses_is_held_up() {
    let world = World::with(Engine::Sqlite, |config| {
        config.rate_limit.anonymous_requests_per_minute = 5;
        config.rate_limit.rejected_tokens_per_minute = 2;
    })
    .await;
    let page = SignUp::open(Bank::open(&world).await).await;
    let (jo, _) = page.registered("jo@example.com").await;
    let done = json!({ "step": "adminOverride", "status": "COMPLETED" });
    let path = format!("{REGISTRATIONS}/{jo}/sync");
    assert_eq!(page.bank.call(Method::PUT, &page.bank.token, &path, done).await.status, 200);
    for _ in 0..2 {
        page.register("jo@example.com").await.rejection(409);
    }
    assert_eq!(page.register("jo@example.com").await.rejection(429), "TOO_MANY_REQUESTS");
    assert_eq!(page.register("al@example.com").await.status, 200, "who does not guess goes on");
    page.register("al@example.com").await.rejection(429);
}

#[tokio::test]
async fn an_operator_may_leave_strangers_in_the_dark() {
    let world =
        World::with(Engine::Sqlite, |config| config.validations.tell_registered = false).await;
    let page = SignUp::open(Bank::open(&world).await).await;
    let (jo, own) = page.registered("jo@example.com").await;
    assert_eq!(page.selfie(&own, shot(1, 0)).await.status, 200);
    assert_eq!(page.sync(&own, &jo, "end", "ONGOING").await.json()["data"]["status"], "COMPLETED");
    let (second, own) = page.registered("jo@example.com").await;
    assert_eq!(page.selfie(&own, shot(2, 0)).await.status, 200);
    let ended = page.sync(&own, &second, "end", "ONGOING").await;
    assert_eq!(ended.json()["data"]["status"], "NEEDS_MANUAL_VERIFICATION");
    let (_, third) = page.registered("al@example.com").await;
    let third_id = text(&claims(&third)["appRegistration"]);
    let moved = page.put(&third, &third_id, json!({ "email": "jo@example.com" })).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    // Its client is told.
    let body =
        json!({ "project": page.project, "projectFlow": page.flow, "email": "jo@example.com" });
    let told = page.bank.post(&page.bank.token, REGISTRATIONS, body).await;
    assert_eq!(told.rejection(409), "email_is_registered_already");
}
