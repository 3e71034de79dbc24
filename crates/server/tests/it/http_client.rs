//! A caller's URL must not reach our own network.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::response::Redirect;
use axum::routing::get;
use serde_json::json;
use verax_server::http::{self, Serving, State, Tls};
use verax_server::http_client::{AllowedAddresses, FetchError, ImageFetcher, is_public};

use crate::given_faces::{face, image, with_given_faces};
use crate::world::{World, request, send};

fn public() -> ImageFetcher {
    ImageFetcher::new(AllowedAddresses::public(), Duration::from_secs(5), 1000).expect("a client")
}

#[test]
fn addresses_of_the_public_internet_are_told_from_all_others() {
    for address in ["1.1.1.1", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1111"] {
        assert!(is_public(address.parse().expect("an address")), "{address}");
    }
    for address in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        assert!(!is_public(address.parse().expect("an address")), "{address}");
    }
}

#[tokio::test]
async fn urls_that_are_not_plain_https_are_rejected_before_anything_is_asked() {
    for url in [
        "http://example.com/a.jpg",
        "file:///etc/passwd",
        "ftp://example.com/a.jpg",
        "https://user:secret@example.com/a.jpg",
        "https://example.com:8443/a.jpg",
        "https://",
        "no url",
    ] {
        assert_eq!(public().fetch(url, |_| true).await, Err(FetchError::NotHttps), "{url}");
    }
}

#[tokio::test]
async fn hosts_of_our_own_network_are_rejected_by_address_and_by_name() {
    for url in [
        "https://127.0.0.1/a.jpg",
        "https://[::1]/a.jpg",
        "https://[::ffff:127.0.0.1]/a.jpg",
        // Other spellings of 127.0.0.1.
        "https://2130706433/a.jpg",
        "https://0x7f.1/a.jpg",
        "https://0177.0.0.1/a.jpg",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/a.jpg",
        "https://localhost/a.jpg",
    ] {
        assert_eq!(public().fetch(url, |_| true).await, Err(FetchError::NotAllowed), "{url}");
    }
}

/// The certificate of `images.example`, and who vouches for it. They are for tests alone.
pub const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");

/// A server of images on this machine.
pub async fn images(router: Router) -> SocketAddr {
    let file = |name: &str| Path::new(CERTIFICATES).join(name);
    let tls = Tls { certificates: file("leaf.pem"), key: file("leaf.key") };
    let serving = Serving::bind(([127, 0, 0, 1], 0).into(), Some(&tls)).await.expect("a socket");
    let url = serving.url().expect("an address");
    let address = url.trim_start_matches("https://").parse().expect("an address");
    let settings = crate::world::settings().http;
    tokio::spawn(
        async move { http::serve(serving, router, &settings, std::future::pending()).await },
    );
    address
}

/// One that takes this machine for `images.example` and its certificate for good: all else that
/// it rejects, it rejects still.
fn fetcher(at: SocketAddr, bytes_max: usize) -> ImageFetcher {
    let vouching = std::fs::read(Path::new(CERTIFICATES).join("ca.pem")).expect("a certificate");
    let vouching = reqwest::Certificate::from_pem(&vouching).expect("a certificate");
    let client =
        reqwest::Client::builder().tls_certs_only([vouching]).resolve("pictures.example", at);
    ImageFetcher::build(client, AllowedAddresses::public(), Duration::from_secs(5), bytes_max)
        .expect("a client")
}

fn image_routes() -> Router {
    Router::new()
        .route("/face.png", get(|| async { b"the bytes of an image".to_vec() }))
        .route("/moved", get(|| async { Redirect::temporary("/face.png") }))
        .route("/inside", get(|| async { Redirect::temporary("https://127.0.0.1/face.png") }))
        .route("/by-name", get(|| async { Redirect::temporary("https://localhost/face.png") }))
        .route("/plain", get(|| async { Redirect::temporary("http://pictures.example/face.png") }))
        .route("/round", get(|| async { Redirect::temporary("/round") }))
        .route("/gone", get(|| async { StatusCode::GONE }))
        .route("/large", get(|| async { vec![0; 1001] }))
}

#[tokio::test]
async fn an_image_is_fetched_by_https_and_no_redirect_leads_inside() {
    let fetcher = fetcher(images(image_routes()).await, 1000);
    for path in ["face.png", "moved"] {
        let fetched = fetcher.fetch(&format!("https://pictures.example/{path}"), |_| true).await;
        assert_eq!(fetched.as_deref(), Ok(&b"the bytes of an image"[..]), "{path}");
    }
    for (path, error) in [
        ("inside", FetchError::NotAllowed),
        ("by-name", FetchError::NotAllowed),
        ("plain", FetchError::NotHttps),
        ("round", FetchError::NoImage),
        ("gone", FetchError::NoImage),
        ("nothing", FetchError::NoImage),
        ("large", FetchError::TooManyBytes),
    ] {
        let fetched = fetcher.fetch(&format!("https://pictures.example/{path}"), |_| true).await;
        assert_eq!(fetched, Err(error), "{path}");
    }
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_asked_for_nothing() {
    let at = images(image_routes()).await;
    let client = reqwest::Client::builder().resolve("pictures.example", at);
    let fetcher =
        ImageFetcher::build(client, AllowedAddresses::public(), Duration::from_secs(5), 1000);
    let fetched =
        fetcher.expect("a client").fetch("https://pictures.example/face.png", |_| true).await;
    assert_eq!(fetched, Err(FetchError::NoImage));
}

#[tokio::test]
async fn a_call_names_an_image_by_its_url_where_the_server_fetches_any() {
    use base64::Engine as _;
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let png = base64::engine::general_purpose::STANDARD.decode(image(&[face(1)]));
    let png = png.expect("an image");
    let at = images(Router::new().route("/face.png", get(move || async { png }))).await;
    let mut app = with_given_faces(world.app.clone(), "given");
    app.images = Some(fetcher(at, 1_000_000));
    let fetching = http::router(State::new(app));
    let others = http::router(State::new(with_given_faces(world.app.clone(), "given")));
    let url = "https://pictures.example/face.png";
    for (path, body) in [
        ("liveness", json!({ "os": "IOS", "image": url })),
        ("compare", json!({ "probe": [url], "gallery": [image(&[face(1)]), url] })),
        ("persons", json!({ "name": "Jo", "images": [url] })),
    ] {
        let call = || {
            let path = format!("/v2/face-recognition/{path}");
            request(Method::POST, &token, &path).map(|_| Body::from(body.to_string()))
        };
        let answer = send(&fetching, call()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let rejected = send(&others, call()).await;
        assert_eq!(rejected.rejection(412), "ERROR", "{path}");
        assert_eq!(rejected.json()["message"], "only_images_in_base64");
    }
    let inside = json!({ "os": "IOS", "image": "https://127.0.0.1/face.png" });
    let call = request(Method::POST, &token, "/v2/face-recognition/liveness");
    let rejected = send(&fetching, call.map(|_| Body::from(inside.to_string()))).await;
    assert_eq!(rejected.rejection(412), "ERROR");
    let text = &rejected.json()["details"][0]["message"];
    assert_eq!(text, "\"image\" names a host that this server does not fetch from");
}
