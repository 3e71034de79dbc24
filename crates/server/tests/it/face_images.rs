//! Images that cannot be measured, each with its own answer; and calls that come when it is full.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::{Value, json};
use verax_domain::face_findings::{AttackFindings, DetectedFace, FaceFindings, PointPx};
use verax_domain::face_verdict::attack_rejection;
use verax_server::app::faces::{AnalyseFaces, AnalysisError, Faces, SentImage};
use verax_server::http::{self, State};
use verax_vision::faces::{
    FaceError, FaceRequest, MeasuredFace, StageTimings, Template, Wanted, measure_quality,
};
use verax_vision::image::Image;
use verax_vision::workers::Waiting;

use crate::answer::Answer;
use crate::world::{Engine, World, request, send};

static PORTRAIT: &[u8] = include_bytes!("../../assets/portrait-1080p.jpg");

/// "Finds" the same faces in every image.
struct Finds(Vec<DetectedFace>);

impl AnalyseFaces for Finds {
    fn models(&self) -> Vec<&'static str> {
        vec!["face-detector", "face-template", "face-attack"]
    }

    fn analyse_image(
        &self,
        image: &Image,
        request: &FaceRequest,
        _: &Waiting,
    ) -> Result<MeasuredFace, FaceError> {
        let subject = self.0.first();
        let attack = subject.filter(|_| request.attack == Wanted::Yes);
        let template = subject.filter(|_| request.template == Wanted::Yes);
        let findings = FaceFindings {
            width_px: image.width,
            height_px: image.height,
            faces: self.0.clone(),
            quality: subject.map(|face| measure_quality(image, face, image)),
            attack: attack.map(|face| self.analyse_attack(image, face)).transpose()?.flatten(),
        };
        let template = template.map(|face| self.template_of(image, face)).transpose()?.flatten();
        Ok(MeasuredFace { findings, template, timings: StageTimings::default() })
    }

    fn analyse_attack(
        &self,
        image: &Image,
        face: &DetectedFace,
    ) -> Result<Option<AttackFindings>, FaceError> {
        if attack_rejection(face, image.width, image.height).is_some() {
            return Ok(None);
        }
        let (bona_fide_by_crop, bona_fide) = (Some([0.9; 3]), 0.9);
        Ok(Some(AttackFindings { bona_fide_by_crop, bona_fide, liveness_score: 0.87 }))
    }

    fn template_of(&self, _: &Image, _: &DetectedFace) -> Result<Option<Template>, FaceError> {
        Ok(Template::normalised(&[1.0; 128]))
    }
}

/// A face with so many pixels between its eyes.
fn face(eyes_px: f64) -> DetectedFace {
    let at = |x: f64, y: f64| PointPx { x: 20.0 + x * eyes_px, y: 20.0 + y * eyes_px };
    DetectedFace {
        origin: at(-0.5, -0.7),
        width_px: 2.0 * eyes_px,
        height_px: 2.5 * eyes_px,
        confidence: 0.9,
        points: [at(0.0, 0.0), at(1.0, 0.0), at(0.5, 0.6), at(0.15, 1.1), at(0.85, 1.1)],
    }
}

fn finding(world: &World, faces: Vec<DetectedFace>) -> Router {
    let faces = Faces::with(Arc::new(Finds(faces)), "a test's");
    http::router(State::new(world.app.clone().with_faces(faces)))
}

async fn liveness(router: &Router, token: &str, image: &[u8]) -> Answer {
    let body = json!({ "os": "IOS", "image": STANDARD.encode(image) });
    post(router, token, Body::from(body.to_string())).await
}

async fn post(router: &Router, token: &str, body: Body) -> Answer {
    let path = "/v2/face-recognition/liveness";
    send(router, request(Method::POST, token, path).map(|_| body)).await
}

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 99]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut bytes, format).expect("an encoded image");
    bytes.into_inner()
}

#[tokio::test]
async fn each_image_that_cannot_be_read_has_its_own_answer() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let router = finding(&world, vec![face(60.0)]);
    assert_eq!(liveness(&router, &token, PORTRAIT).await.status, 200);

    // What its header promises is rejected before any of it is allocated.
    let bomb = encoded(10_000, 1, ImageFormat::Png);
    let bomb = with_png_height(bomb, 10_000);
    assert!(bomb.len() < 40_000);
    let png = encoded(300, 300, ImageFormat::Png);
    let avif = [&b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"[..], &[7; 200]].concat();
    let half_and_an_end = [&PORTRAIT[..PORTRAIT.len() / 2], &[0xFF, 0xD9]].concat();
    let mut transparent = std::io::Cursor::new(Vec::new());
    let pixels = image::RgbaImage::from_pixel(300, 300, image::Rgba([90, 90, 90, 0]));
    pixels.write_to(&mut transparent, ImageFormat::Png).expect("an encoded image");
    let transparent = transparent.into_inner();
    let text = b"These bytes are no image; there are enough of them to be read as base64, though.";
    for (image, status, code, says) in [
        (&bomb[..], 413, "IMAGE_TOO_LARGE", "10000 x 10000 pixels"),
        (&PORTRAIT[..PORTRAIT.len() / 2], 400, "IMAGE_DAMAGED", "cut off"),
        (&png[..png.len() / 2], 400, "IMAGE_DAMAGED", "cut off"),
        (text, 400, "INVALID_IMAGE_FORMAT", "not a JPEG, PNG or WebP"),
        (&half_and_an_end, 400, "IMAGE_DAMAGED", "cut off"),
        (&avif, 400, "INVALID_IMAGE_FORMAT", "an AVIF image"),
        (&transparent, 400, "INVALID_IMAGE_FORMAT", "transparent in places"),
        (&encoded(20, 300, ImageFormat::Png), 422, "IMAGE_TOO_SMALL", "20 x 300 pixels"),
    ] {
        let answer = liveness(&router, &token, image).await;
        assert_eq!(answer.rejection(status), code, "{}", answer.text());
        let json = answer.json();
        assert!(json["message"].as_str().unwrap_or_default().contains(says), "{json}");
        assert_eq!(json["details"][0]["parameter"], "image");
    }
}

#[tokio::test]
async fn no_face_two_faces_and_a_tiny_face_have_their_own_answers() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for (faces, code, says) in [
        (vec![], "NO_FACE", "the image has no face"),
        (vec![face(60.0), face(50.0)], "MANY_FACES", "the image has more than one face"),
        (vec![face(12.0)], "FACE_TOO_SMALL", "12 pixels between the eyes; at least 20"),
    ] {
        let answer = liveness(&finding(&world, faces), &token, PORTRAIT).await;
        assert_eq!(answer.rejection(422), code);
        let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains(says), "{message}");
        let reason = match code {
            "NO_FACE" => "no_face_detected",
            "MANY_FACES" => "multiple_faces_detected",
            _ => "face_too_far",
        };
        assert_eq!(answer.json()["details"][0]["reason"], reason);
    }
    // A small face behind the subject is nobody that could be meant.
    let two = finding(&world, vec![face(60.0), face(20.0)]);
    assert_eq!(liveness(&two, &token, PORTRAIT).await.status, 200);
}

/// The face turned clockwise about the middle of the image, in which all of it stays.
fn turned(face: DetectedFace, degrees: f64) -> DetectedFace {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let points = face.points.map(|point| {
        let (x, y) = (point.x - 960.0, point.y - 540.0);
        PointPx { x: 960.0 + x * cos - y * sin, y: 540.0 + x * sin + y * cos }
    });
    DetectedFace { points, ..face }
}

#[tokio::test]
async fn a_face_too_close_or_tilted_for_liveness_is_not_called_an_attack() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    // The portrait has 1920 x 1080 pixels; this face's box is 850 pixels high.
    let (near, tilted) = (face(340.0), turned(face(60.0), 40.0));
    let image = STANDARD.encode(PORTRAIT);
    for (faces, code, says, reason) in [
        (vec![near], "FACE_TOO_CLOSE", "hold the camera further away", "face_too_close"),
        (vec![tilted], "FACE_TURNED", "turned by 40 degrees", "face_rotation_too_large"),
    ] {
        let router = finding(&world, faces);
        let answer = liveness(&router, &token, PORTRAIT).await;
        assert_eq!(answer.rejection(422), code);
        let json = answer.json();
        assert!(json["message"].as_str().unwrap_or_default().contains(says), "{json}");
        assert_eq!(json["details"][0]["reason"], reason);
        let body = json!({
            "probe": image, "gallery": [image], "os": "IOS", "liveness_min_score": 0.6,
        });
        for (call, expected) in [
            ("compare-live", 422),
            ("compare-with-liveness", 422),
            // Who somebody is can be told all the same.
            ("compare", 200),
        ] {
            let mut body = body.clone();
            if call == "compare" {
                body["probe"] = json!([image]);
            }
            let path = format!("/v2/face-recognition/{call}");
            let call = request(Method::POST, &token, &path);
            let answer = send(&router, call.map(|_| Body::from(body.to_string()))).await;
            assert_eq!(answer.status, expected, "{}", answer.text());
        }
    }
    // Of a face that lies on its side all is measured.
    let lying = finding(&world, vec![turned(face(60.0), 90.0)]);
    assert_eq!(liveness(&lying, &token, PORTRAIT).await.status, 200);
}

#[tokio::test]
async fn a_selfie_is_measured_in_one_go() {
    let world = World::sqlite().await;
    let faces = Faces::with(Arc::new(Finds(vec![face(60.0)])), "a test's");
    let app = world.app.clone().with_faces(faces);
    let sent = |bytes: &[u8]| SentImage {
        parameter: "image".to_owned(),
        base64: STANDARD.encode(bytes).into(),
    };
    let selfie = app.analyse_selfie(sent(PORTRAIT)).await.expect("a selfie");
    assert_eq!(selfie.image_bytes, PORTRAIT);
    assert_eq!(selfie.liveness_score, Some(0.87));
    assert_eq!((selfie.findings.width_px, selfie.findings.faces.len()), (1920, 1));
    assert!((0.0..=1.0).contains(&selfie.quality_score));
    assert!(matches!(
        app.analyse_selfie(sent(b"no image")).await,
        Err(AnalysisError::Image { parameter, .. }) if parameter == "image"
    ));
}

/// A body that never ends.
fn endless() -> Body {
    Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())
}

#[tokio::test]
async fn a_call_without_a_place_is_rejected_before_its_body_is_read() {
    let world = World::with(Engine::Sqlite, |config| {
        config.vision.threads = 1;
        config.vision.waiting_max = 0;
    })
    .await;
    let token = world.token("acme").await;
    let router = finding(&world, vec![face(60.0)]);
    let permit = world.app.admission.try_permit().expect("the only permit");
    for path in ["/v2/face-recognition/liveness", "/v2/document-liveness"] {
        let call = request(Method::POST, &token, path).map(|_| endless());
        let answer = send(&router, call).await;
        assert_eq!(answer.rejection(503), "UNAVAILABLE");
        assert_ne!(answer.header(header::RETRY_AFTER.as_str()), "");
    }
    drop(permit);
    assert_eq!(liveness(&router, &token, PORTRAIT).await.status, 200);
}

#[tokio::test]
async fn a_rejected_sender_reads_its_answer_and_keeps_its_connection() {
    let world = World::with(Engine::Sqlite, |config| {
        config.vision.threads = 1;
        config.vision.waiting_max = 0;
    })
    .await;
    let token = world.token("acme").await;
    let server = world.listen().await;
    let permit = world.app.admission.try_permit().expect("the only permit");
    let mut wire = server.connect().await;
    let body = "x".repeat(3_000_000);
    wire.send(&format!(
        "POST /v2/face-recognition/liveness HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    ))
    .await;
    // Nothing of the body has been sent, and the answer is there.
    assert_eq!(wire.answer().await.rejection(503), "UNAVAILABLE");
    wire.send(&body).await;
    assert_eq!(wire.get(&token, "/v2/document-liveness").await.status, 200);
    drop(permit);
}

#[tokio::test]
async fn a_sender_that_is_slow_keeps_nobody_from_a_place() {
    let world = World::with(Engine::Sqlite, |config| {
        config.vision.threads = 1;
        config.vision.waiting_max = 0;
        config.vision.body_milliseconds = 500;
    })
    .await;
    let token = world.token("acme").await;
    let router = finding(&world, vec![face(60.0)]);
    let slow = || {
        let (router, token) = (router.clone(), token.clone());
        tokio::spawn(async move { post(&router, &token, endless()).await })
    };
    let mut sending = slow();
    // Until the slow one has the only place: a call that needs one is rejected.
    loop {
        // It comes first, as far as it is able to.
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        if post(&router, &token, Body::from("{}")).await.status == 503 {
            break;
        }
        // It was rejected itself, while the other call had the place.
        if sending.is_finished() {
            sending = slow();
        }
    }
    // Until its time is over.
    while post(&router, &token, Body::from("{}")).await.status == 503 {
        tokio::task::yield_now().await;
    }
    let answer = liveness(&router, &token, PORTRAIT).await;
    assert_eq!(answer.json()["data"]["liveness_score"], Value::from(0.87));
    assert!(!sending.is_finished());
    sending.abort();
}

/// The same file with another height in its header, and the header's checksum made right.
fn with_png_height(mut png: Vec<u8>, height: u32) -> Vec<u8> {
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = !png[12..29].iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    });
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    png
}
