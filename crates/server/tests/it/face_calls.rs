//! The face calls, without models: what is rejected and how, and the shapes of answers.

use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::face_call::{LivenessCheck, MatchCheck, best_score};
use verax_domain::face_findings::{DetectedFace, PointPx};
use verax_server::app::faces::{Faces, FoundFace};
use verax_server::config::Model;
use verax_server::http::face_answers;
use verax_server::installed_models::{MANIFEST_FILE, read_backbone, read_face_models, sha256_hex};
use verax_vision::model_catalogue::MODELS;

use crate::answer::{Answer, keys};
use crate::world::{DAY, World, settings};

const CALLS: [&str; 6] =
    ["liveness", "liveness-score", "compare", "compare-live", "compare-with-liveness", "detect"];

static PORTRAIT: &[u8] = include_bytes!("../../assets/portrait-1080p.jpg");

fn portrait() -> String {
    STANDARD.encode(PORTRAIT)
}

async fn post(world: &World, token: &str, call: &str, body: impl Into<Body>) -> Answer {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/v2/face-recognition/{call}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(body.into())
        .expect("a request");
    world.send(request).await
}

/// A body that nothing is wrong with.
fn good(call: &str) -> Value {
    let image = portrait();
    match call {
        "compare" => json!({ "probe": [image], "gallery": [image] }),
        "compare-live" => json!({
            "probe": image, "gallery": [image], "os": "IOS", "liveness_min_score": 0.65,
        }),
        "compare-with-liveness" => json!({ "probe": image, "gallery": [image], "cropFace": true }),
        "detect" => json!({ "image": image, "min_score": 0.8, "search_mode": "FAST" }),
        _ => json!({ "os": "DESKTOP", "image": image }),
    }
}

/// The messages of a rejection's details.
fn messages(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let details = json["details"].as_array().expect("details");
    let message = |detail: &Value| {
        assert_eq!(keys(detail), ["parameter", "message"]);
        detail["message"].as_str().expect("a message").to_owned()
    };
    details.iter().map(message).collect()
}

#[tokio::test]
async fn each_call_names_all_that_it_needs() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for (call, needed) in [
        ("liveness", &["os", "image"][..]),
        ("liveness-score", &["os", "image"]),
        ("compare", &["probe", "gallery"]),
        ("compare-live", &["probe", "gallery", "os", "liveness_min_score"]),
        ("compare-with-liveness", &["probe", "gallery"]),
        ("detect", &["image", "min_score", "search_mode"]),
    ] {
        let expected: Vec<String> =
            needed.iter().map(|name| format!("\"{name}\" is required")).collect();
        for body in ["", "{}", r#"{"os":null,"image":null,"probe":null}"#] {
            let answer = post(&world, &token, call, body).await;
            assert_eq!(answer.rejection(409), "MissingParameter", "{call}");
            assert_eq!(answer.json()["message"], expected[0], "{call}");
            assert_eq!(messages(&answer), expected, "{call}");
        }
    }
}

#[tokio::test]
async fn a_wrong_member_is_named_with_what_is_allowed() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for (call, name, value, rule) in [
        ("liveness", "os", json!(""), "is not allowed to be empty"),
        ("liveness", "os", json!(7), "must be a string"),
        ("liveness", "image", json!({}), "must be a string"),
        ("liveness", "image", json!([]), "must be a string"),
        ("liveness", "liveness_min_score", json!("x"), "must be a number"),
        ("liveness", "liveness_min_score", json!("NaN"), "must be a number"),
        ("liveness", "liveness_min_score", json!(1.01), "must be less than or equal to 1"),
        ("liveness", "liveness_min_score", json!(-0.1), "must be greater than or equal to 0"),
        ("compare-live", "liveness_min_score", json!(0.5), "must be greater than or equal to 0.52"),
        ("compare", "compare_min_score", json!(0.66), "must be greater than or equal to 0.67"),
        ("compare", "compare_min_score", json!(0.96), "must be less than or equal to 0.95"),
        ("compare", "probe", json!([]), "must contain at least 1 items"),
        ("compare", "gallery", json!(vec!["x"; 11]), "must contain less than or equal to 10 items"),
        ("compare", "search_mode", json!("SLOW"), "must be one of [FAST, ACCURATE]"),
        ("detect", "min_score", json!(0.6), "must be greater than or equal to 0.7"),
        ("detect", "max_results", json!(101), "must be less than or equal to 100"),
        ("detect", "max_results", json!(1.5), "must be an integer"),
        (
            "detect",
            "collection_id",
            json!("a b"),
            "must be an id: 1 to 64 letters, digits, `_` or `-`",
        ),
    ] {
        let mut body = good(call);
        body[name] = value;
        let answer = post(&world, &token, call, body.to_string()).await;
        assert_eq!(answer.rejection(409), "MissingParameter", "{call} {name}");
        assert_eq!(messages(&answer), [format!("\"{name}\" {rule}")], "{call} {name}");
    }
}

#[tokio::test]
async fn what_is_no_image_in_base64_is_rejected_before_anything_is_measured() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for text in [
        "https://example.com/face.jpg",
        "HTTP://169.254.169.254/latest/meta-data",
        "data:image/png,plain-text-of-some-length",
        "data:image/png;base64",
        "data:image/png;base64,aGVsbG8=",
        "aGVsbG8=",
        "",
    ] {
        let body = json!({ "os": "IOS", "image": text }).to_string();
        let answer = post(&world, &token, "liveness", body).await;
        assert_eq!(answer.rejection(412), "ERROR", "{text}");
        assert_eq!(answer.json()["message"], "only_images_in_base64");
        assert!(messages(&answer)[0].starts_with("\"image\" is "), "{}", answer.text());
        assert!(text.is_empty() || !answer.text().contains(text), "{}", answer.text());
    }
    let urls = json!({ "probe": [portrait(), "https://a.example/1"], "gallery": ["http://b/"] });
    let answer = post(&world, &token, "compare", urls.to_string()).await;
    answer.rejection(412);
    let named: Vec<String> = messages(&answer)
        .iter()
        .map(|message| message.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(named, ["\"probe[1]\"", "\"gallery[0]\""]);
}

#[tokio::test]
async fn a_body_that_is_no_object_is_rejected() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for body in ["[]", "7", "\"x\"", "null", "{", "{\"os\":}"] {
        let answer = post(&world, &token, "liveness", body).await;
        assert_eq!(answer.rejection(400), "BadRequest", "{body}");
    }
    let form = post(&world, &token, "liveness", "os=IOS&image=x").await;
    assert_eq!(form.rejection(415), "UNSUPPORTED_MEDIA_TYPE");
    let long = "x".repeat(settings().http.body_bytes_max + 1);
    let answer = post(&world, &token, "liveness", long).await;
    assert_eq!(answer.rejection(413), "BODY_TOO_LARGE");
}

#[tokio::test]
async fn without_models_a_good_call_says_which_are_missing_and_what_installs_them() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for (call, models) in [
        ("liveness", "face-detector, face-attack are"),
        ("liveness-score", "face-detector, face-attack are"),
        ("compare", "face-detector, face-template are"),
        ("compare-live", "face-detector, face-template, face-attack are"),
        ("compare-with-liveness", "face-detector, face-template, face-attack are"),
        ("detect", "face-detector is"),
    ] {
        let answer = post(&world, &token, call, good(call).to_string()).await;
        assert_eq!(answer.rejection(503), "MODELS_MISSING", "{call}");
        let error = answer.json()["error"].as_str().unwrap_or_default().to_owned();
        assert!(error.contains(&format!("{models} not installed")), "{error}");
        assert!(error.contains("`verax models install`"), "{error}");
        // Trying again changes nothing.
        assert_eq!(answer.header("retry-after"), "");
        assert!(answer.json()["requestId"].is_string());
    }
}

#[tokio::test]
async fn the_spellings_of_real_clients_are_read() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let raw = portrait();
    let wrapped: Vec<String> =
        raw.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let uri = format!("data:image/jpeg;base64,{raw}");
    for (call, name, value) in [
        ("liveness", "image", json!(uri)),
        ("liveness", "image", json!(wrapped.join("\r\n"))),
        ("liveness", "image", json!([uri])),
        ("liveness", "liveness_min_score", json!("0.7")),
        ("liveness", "liveness_min_score", json!(null)),
        ("liveness", "collection_id", json!("c1")),
        ("compare", "probe", json!(raw)),
        ("compare", "search_mode", json!("accurate")),
        ("compare-live", "probe", json!([raw])),
        ("compare-with-liveness", "gallery", json!(raw)),
        ("detect", "max_results", json!(99)),
    ] {
        let mut body = good(call);
        body[name] = value;
        let answer = post(&world, &token, call, body.to_string()).await;
        assert_eq!(answer.rejection(503), "MODELS_MISSING", "{call} {name}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_token_that_is_expired_or_may_only_read_is_rejected() {
    let world = World::sqlite().await;
    let reads = vec![Scope::ReadValidations, Scope::ReadDocuments, Scope::ReadMedia];
    let reader = world.token_with("acme", Some(reads), false).await;
    let writer = world.token_with("acme", Some(vec![Scope::Write]), false).await;
    for call in CALLS {
        assert_eq!(post(&world, &reader, call, "").await.rejection(403), "FORBIDDEN");
        assert_eq!(post(&world, &writer, call, "").await.rejection(409), "MissingParameter");
        assert_eq!(post(&world, "x.y.z", call, "").await.rejection(401), "UNAUTHORIZED");
    }
    world.turn_clock(30 * DAY);
    for call in CALLS {
        let answer = post(&world, &writer, call, good(call).to_string()).await;
        assert_eq!(answer.rejection(403), "FORBIDDEN");
        assert_eq!(answer.json()["message"], "token_expired");
    }
}

#[test]
fn a_folder_without_the_installed_models_loads_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = ["face-detector", "face-template", "face-attack"];
    let missing = || {
        let models = read_face_models(folder.path(), &settings().models).expect("no settings");
        Faces::load(models).expect("no models").missing()
    };
    assert_eq!(missing(), all);
    // A file that `verax models install` did not write is not run.
    std::fs::write(folder.path().join("face-detector.onnx"), b"anything").expect("a file");
    assert_eq!(missing(), all);
}

#[test]
fn the_backbone_is_read_like_a_face_model_and_no_face_call_misses_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut models = settings().models;
    assert_eq!(read_backbone(folder.path(), &models).expect("no settings"), None);
    let file = folder.path().join("backbone.onnx");
    std::fs::write(&file, b"anything").expect("a file");
    assert_eq!(read_backbone(folder.path(), &models).expect("no settings"), None);
    let manifest = |source: &str| json!({ "backbone": { "sha256": sha256_hex(b"anything"), "source_sha256": source } });
    let entry = MODELS.iter().find(|entry| entry.name == "backbone").expect("an entry");
    for (source, expected) in [("00ff", None), (entry.member_sha256, Some(b"anything".to_vec()))] {
        std::fs::write(folder.path().join(MANIFEST_FILE), manifest(source).to_string())
            .expect("a manifest");
        assert_eq!(read_backbone(folder.path(), &models).expect("no settings"), expected);
    }
    models.backbone.path = file.display().to_string();
    models.backbone.sha256 = "00ff".to_owned();
    let error = read_backbone(folder.path(), &models).expect_err("a rejection");
    let says = "the setting models.backbone.sha256 is not the SHA-256 of";
    assert!(format!("{error:#}").contains(says), "{error:#}");
    let faces = read_face_models(folder.path(), &models).expect("settings of another model");
    let missing = Faces::load(faces).expect("no models").missing();
    assert_eq!(missing, ["face-detector", "face-template", "face-attack"]);
}

#[test]
fn a_model_of_the_settings_must_be_what_they_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("own.onnx");
    std::fs::write(&file, b"no model").expect("a file");
    let file = file.display().to_string();
    let digest = sha256_hex(b"no model");
    for (path, sha256, kind, says) in [
        (file.as_str(), digest.as_str(), "arcface", "models.face_template.kind must be sface"),
        (file.as_str(), "00ff", "sface", "models.face_template.sha256 is not the SHA-256 of"),
        ("/no/such/file", digest.as_str(), "sface", "models.face_template.path: /no/such/file"),
        (file.as_str(), digest.as_str(), "sface", "cannot be converted"),
    ] {
        let mut models = settings().models;
        models.face_template =
            Model { path: path.to_owned(), sha256: sha256.to_owned(), kind: kind.to_owned() };
        let error = read_face_models(folder.path(), &models).err().expect("a rejection");
        assert!(format!("{error:#}").contains(says), "{error:#}");
    }
}

#[test]
fn a_head_of_the_settings_needs_the_backbone_and_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut models = settings().models;
    models.face_attack_head = folder.path().join("head.json").display().to_string();
    let error = read_face_models(folder.path(), &models).err().expect("a rejection");
    let says = "the setting models.face_attack_head needs the backbone";
    assert!(format!("{error:#}").contains(says), "{error:#}");
}

#[test]
fn liveness_must_exceed_its_threshold_and_a_match_must_reach_it() {
    let live = |score| LivenessCheck { score, min_score: 0.6 }.passed();
    assert_eq!([live(0.599), live(0.6), live(0.601)], [false, false, true]);
    let same = |score| MatchCheck { score, min_score: 0.85 }.passed();
    assert_eq!([same(0.849), same(0.85), same(0.851)], [false, true, true]);
    assert!(!live(f64::NAN) && !same(f64::NAN));
    assert_eq!(best_score([0.2, 0.9, 0.4]), Some(0.9));
    assert_eq!(best_score([]), None);
    assert_eq!(best_score([0.2, f64::NAN, 0.9]), None);
}

#[test]
fn answers_have_the_members_of_the_documents_and_those_that_clients_read() {
    let probe = LivenessCheck { score: 0.92, min_score: 0.65 };
    let live = json!({ "passed": true, "min_score": 0.65, "liveness_score": 0.92 });
    assert_eq!(face_answers::liveness(&probe), live);
    let check = MatchCheck { score: 0.8, min_score: 0.85 };
    let compared = json!({ "score": 0.8, "passed": false, "compare_min_score": 0.85 });
    let mut both = compared.clone();
    both["result"] = compared.clone();
    assert_eq!(face_answers::comparison(&check), both);

    // No `passed` that a client could take for the whole answer.
    let expected = json!({
        "score": 0.8,
        "compare_min_score": 0.85,
        "liveness": live,
        "liveness_min_score": 0.65,
        "result": { "score": 0.8, "compare_min_score": 0.85, "liveness_score": 0.92 },
    });
    assert_eq!(face_answers::live_comparison(&check, &probe), expected);

    let answer = face_answers::comparison_with_liveness(&check, None);
    assert_eq!(answer, json!({ "comparison": both, "liveness": null }));
    let answer = face_answers::comparison_with_liveness(&check, Some(&probe));
    assert_eq!(answer["liveness"]["result"], live);
    assert_eq!(answer["liveness"]["passed"], true);
}

#[test]
fn a_found_face_has_whole_pixels_and_no_persons() {
    let at = |x, y| PointPx { x, y };
    let face = DetectedFace {
        origin: at(-3.6, 10.4),
        width_px: 80.0,
        height_px: 100.0,
        confidence: 0.5,
        points: [at(1.0, 2.0), at(3.0, 4.0), at(5.0, 6.0), at(7.0, 8.0), at(9.0, 10.4)],
    };
    let found = FoundFace { face, image_px: (64, 64), thumbnail: vec![1, 2, 3], template: None };
    let answer = face_answers::detection(&[(found, json!([]))]);
    let expected = json!([{
        "box": { "top": 10, "left": -4, "right": 76, "bottom": 110 },
        "landmarks": {
            "nose": [5, 6], "left_eye": [3, 4], "right_eye": [1, 2],
            "left_mouth": [9, 10], "right_mouth": [7, 8],
        },
        "thumbnail": "AQID",
        "detection_score": 0.5,
        "persons": [],
    }]);
    assert_eq!(answer, expected);
    assert_eq!(face_answers::detection(&[]), json!([]));
}
