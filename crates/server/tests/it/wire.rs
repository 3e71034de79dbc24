//! One request in all its spellings, over real sockets.

use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use verax_domain::resources::BIOMETRIC_VALIDATIONS;

use crate::fixtures::{numbered, one_of_each, validation};
use crate::socket::{get, post};
use crate::world::World;

const LIST: &str = "/v2/biometric-validations";

/// The first spelling of each line is the plainest; what each client sends follows.
const MATRIX: &[&[&str]] = &[
    &[
        "populates=client&populates=project",
        "populates[]=client&populates[]=project",
        "populates%5B%5D=client&populates%5B%5D=project",
        "populates%5b%5d=client&populates%5b%5d=project",
        "populates[][]=client&populates[][]=project",
        "populates[0]=client&populates[1]=project",
        "populates%5B%5D%5B0%5D=client&populates%5B%5D%5B1%5D=project",
        "populates[][0]=client&populates[][1]=project",
        "populates=client,project",
        "populates=client%2Cproject",
        "populates[]=client,project",
        "populates=client+project",
        "populates=client%20project",
        "&populates=client&&populates=project&populates=client&",
    ],
    &[
        "whereGT_createdAt=2025-01-03",
        "where>_createdAt=2025-01-03",
        "where%3E_createdAt=2025-01-03",
        "where%3e_createdAt=2025-01-03",
        "where>_createdAt[]=2025-01-03",
        "where>_createdAt=2025-01-03T00:00:00Z",
        "where>_createdAt=2025-01-03T00%3A00%3A00.000Z",
        "where>_createdAt=2025-01-03T01:00:00%2B01:00",
    ],
    &[
        "whereGTE_createdAt=2025-01-03T12:00:00Z",
        "where>=_createdAt=2025-01-03T12:00:00Z",
        "where%3E=_createdAt=2025-01-03T12:00:00Z",
        "where>%3D_createdAt=2025-01-03T12:00:00Z",
        "where%3E%3D_createdAt=2025-01-03T12:00:00Z",
        "where>=_createdAt%3D2025-01-03T12:00:00Z",
    ],
    &[
        "whereLTE_createdAt=2025-01-03T12:00:00Z",
        "where<=_createdAt=2025-01-03T12:00:00Z",
        "where%3C=_createdAt=2025-01-03T12:00:00Z",
        "where%3C%3D_createdAt=2025-01-03T12:00:00Z",
    ],
    &[
        "whereLT_riskScore=0.05",
        "where<_riskScore=0.05",
        "where%3C_riskScore=0.05",
        "where<_riskScore=5e-2",
    ],
    &[
        "where_status=new&where_status=failed",
        "status=new&status=failed",
        "in_status=new&in_status=failed",
        "in_status[]=new&in_status[]=failed",
        "in_status%5B%5D=failed&in_status%5B%5D=new",
        "in_status[0]=new&in_status[1]=failed",
        "in_status[][]=new&in_status[][]=failed",
        "in_status%5B%5D%5B0%5D=new&in_status%5B%5D%5B1%5D=failed",
        "in_status=new,failed",
        "in_status[]=new%2Cfailed",
        "in_status[]=new,failed&in_status[]=new",
        "where_status[]=new&where_status[]=failed",
    ],
    &[
        "where_requires2FA=true",
        "where_requires2FA=True",
        "where_requires2FA=TRUE",
        "where_requires2FA=1",
        "requires2FA=true",
        "where_requires2FA%5B%5D=true",
    ],
    &[
        "%3Flike_identifier=user1&%3Flike_identifier=user2@",
        "?like_identifier=user1&?like_identifier=user2@",
        "&?like_identifier=user1&%3flike_identifier=user2%40",
    ],
    &[
        "populates=project&populateSelects=%7B%22project%22%3A%22name%22%7D",
        "populates=project&populateSelects={\"project\":\"name\"}",
        "populates[]=project&populateSelects=%7B\"project\":\"name\"%7D",
    ],
    &[
        "sort=-type%20createdAt&perPage=3",
        "sort=-type+createdAt&perPage=3",
        "sort=-type,createdAt&perPage=3",
        "sort=-type%2CcreatedAt&limit=3",
        "sort[]=-type&sort[]=createdAt&perPage[]=3",
        "page=1&take=3&sort=-type&sort=createdAt",
    ],
    &["like_identifier=%3Cb%3E%22", "like_identifier=<b>\"", "like_identifier=%3Cb>%22"],
];

async fn world() -> (World, String) {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    one_of_each(&world, "acme").await;
    numbered(&world, "acme", 12).await;
    let sharp = validation(
        "sharp",
        "acme",
        json!({ "identifier": "a <b>\"c", "requires2FA": true, "project": "acme-project" }),
    );
    world.store(&BIOMETRIC_VALIDATIONS, &[sharp]).await;
    (world, token)
}

#[tokio::test]
async fn every_spelling_of_a_request_gets_the_same_answer() {
    let (world, token) = world().await;
    let listening = world.listen().await;
    let mut wire = listening.connect().await;
    let everything = wire.get(&token, LIST).await;
    for spellings in MATRIX {
        let plain = wire.get(&token, &format!("{LIST}?{}", spellings[0])).await;
        assert_eq!(plain.status, 200, "{}", plain.text());
        assert_ne!(plain.text(), everything.text(), "{} does nothing", spellings[0]);
        assert!(plain.total() > 0, "{} matches nothing", spellings[0]);
        for spelling in &spellings[1..] {
            let answer = wire.get(&token, &format!("{LIST}?{spelling}")).await;
            assert_eq!(answer.text(), plain.text(), "{spelling}");
        }
    }
}

#[tokio::test]
async fn what_python_and_curl_send_raw_is_answered_for_every_list() {
    let (world, token) = world().await;
    let listening = world.listen().await;
    for path in ["document-liveness", "projects", "project-flows", "app-registrations"] {
        let mut wire = listening.connect().await;
        let raw = format!("/v2/{path}?where>_createdAt=2020-01-01&where<=_createdAt=2030-01-01");
        let encoded = raw.replace('>', "%3E").replace('<', "%3C");
        let answer = wire.get(&token, &raw).await;
        assert_eq!(answer.total(), 1);
        assert_eq!(answer.text(), wire.get(&token, &encoded).await.text());
        let whole = format!("http://verax.example{raw}");
        assert_eq!(answer.text(), wire.get(&token, &whole).await.text());
    }
}

#[tokio::test]
async fn a_request_that_comes_byte_by_byte_is_read() {
    let (world, token) = world().await;
    let listening = world.listen().await;
    let target = format!("{LIST}?where>=_createdAt=2025-01-03&like_identifier=\"");
    let whole = listening.connect().await.get(&token, &target).await;
    assert_eq!(whole.status, 200);
    let mut wire = listening.connect().await;
    for byte in get(&token, &target).bytes() {
        wire.stream.write_all(&[byte]).await.expect("the server reads");
        tokio::task::yield_now().await;
    }
    assert_eq!(wire.answer().await.text(), whole.text());
}

#[tokio::test]
async fn requests_with_bodies_between_share_a_connection() {
    let (world, token) = world().await;
    let listening = world.listen().await;
    let mut wire = listening.connect().await;
    let target = format!("{LIST}?where>_createdAt=2025-01-03");
    let plain = wire.get(&token, &target).await;
    let bodies = [
        r#"{"origin":"app"}"#,
        "{\"origin\":\"app\",\"x\":\"<>\"}",
        "{\"origin\":\"app\",\n\"x\":\"GET /v2/x?a<b>c HTTP/1.1\"\n\n}",
        "",
        "\r\n\r\n",
        "GET /v2/x?a<b HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    for body in bodies {
        wire.send(&post(&token, "/v2/auth/session?x=<>", body)).await;
        let session = wire.answer().await;
        assert_eq!(session.status, 200, "{body:?}: {}", session.text());
        assert_eq!(session.json()["user"].is_object(), body.starts_with('{'), "{body:?}");
        assert_eq!(wire.get(&token, &target).await.text(), plain.text(), "after {body:?}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let (world, token) = world().await;
    let listening = world.listen().await;
    let mut wire = listening.connect().await;
    let first = format!("{LIST}?where>_createdAt=2025-01-03&perPage=1");
    let second = format!("{LIST}?where<_createdAt=2025-01-03&perPage=1&x=\"");
    let all = [
        get(&token, &first),
        post(&token, "/v2/auth/session", "{\"origin\":\"app\",\"x\":\"<\"}"),
        "\r\n".to_owned(),
        get(&token, &second),
        get("nobody", &first),
        get(&token, &first),
    ];
    wire.send(&all.concat()).await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(wire.answer().await);
    }
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 401, 200]);
    assert!(answers[1].json()["user"].is_object());
    assert_eq!(answers[0].text(), answers[4].text());
    assert_ne!(answers[0].text(), answers[2].text());
}

#[tokio::test]
async fn a_chunked_body_leaves_the_connection_usable() {
    let (world, token) = world().await;
    let listening = world.listen().await;
    let mut wire = listening.connect().await;
    let chunked = format!(
        "POST /v2/auth/session HTTP/1.1\r\nHost: x\r\nAuthorization: JWT {token}\r\n\
         Transfer-Encoding: chunked\r\n\r\n10\r\n{{\"origin\":\"app\"}}\r\n0\r\n\r\n"
    );
    wire.send(&chunked).await;
    assert!(wire.answer().await.json()["user"].is_object());
    let answer = wire.get(&token, &format!("{LIST}?where%3E_createdAt=2025-01-03")).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn two_different_lengths_are_rejected_and_smuggle_nothing() {
    let (world, token) = world().await;
    let listening = world.listen().await;
    let mut wire = listening.connect().await;
    let inner = get(&token, LIST);
    wire.send(&format!(
        "POST /v2/auth/session HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 0\r\nContent-Length: {}\r\n\r\n{inner}",
        inner.len()
    ))
    .await;
    assert_eq!(wire.answer().await.status, 400);
    assert!(wire.is_closed().await);
}

#[tokio::test]
async fn http2_with_prior_knowledge_passes_untouched() {
    let (world, token) = world().await;
    let listening = world.listen().await;
    let plain =
        listening.connect().await.get(&token, &format!("{LIST}?where>_createdAt=2025-01-03")).await;
    let stream = TcpStream::connect(listening.address).await.expect("a connection");
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
    tokio::spawn(connection);
    let mut send = |request: axum::http::request::Builder, body: String| {
        let authorized = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        sender.send_request(authorized.body(Body::from(body)).expect("a request"))
    };
    let base = format!("http://{}", listening.address);
    // Ten lines that look like requests: nothing in front of the parser may touch them.
    let lookalikes = "GET /v2/x?a<b>c HTTP/1.1\\n\\n".repeat(10);
    let body = format!("{{\"origin\":\"app\",\"x\":\"{lookalikes}\"}}");
    let session = send(Request::post(format!("{base}/v2/auth/session")), body);
    let target = format!("{base}{LIST}?where%3E_createdAt=2025-01-03");
    let list = send(Request::get(target), String::new());
    let (session, list) = tokio::join!(session, list);
    let (session, list) = (session.expect("an answer"), list.expect("an answer"));
    assert_eq!((session.status().as_u16(), list.status().as_u16()), (200, 200));
    let bytes = list.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(bytes, plain.bytes);
    let bytes = session.into_body().collect().await.expect("a body").to_bytes();
    let session: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(session["user"]["_id"], "acme");
}

#[tokio::test]
async fn a_long_target_is_rejected_in_the_form_of_errors() {
    let (world, token) = world().await;
    let listening = world.listen().await;
    let mut wire = listening.connect().await;
    let long = |bytes: usize| format!("{LIST}?where>_createdAt=2025-01-03&x={}", "y".repeat(bytes));
    assert_eq!(wire.get(&token, &long(20_000)).await.rejection(414), "URI_TOO_LONG");
    assert_eq!(wire.get(&token, &long(4_000)).await.status, 200);
    assert_eq!(wire.get(&token, &long(70_000)).await.status, 414);
}
