//! The console: who sees which page, what a page loads, and where forms may come from.

use std::io::Write as _;

use axum::http::{Method, header};
use serde_json::json;
use verax_domain::resources::{self, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS};
use verax_domain::role::Role;
use verax_server::http::{Needs, SESSION_COOKIE, console_pages};

use crate::console_visits::{ORIGIN, Visit, cookie_of, got_pages};
use crate::fixtures::{one_of_each, target_of, validation};
use crate::members::PASSWORD;
use crate::world::{World, request};

/// What the API answers to a token with the scopes of a role is what its pages do.
#[tokio::test]
async fn each_role_sees_the_pages_whose_records_the_api_shows_it() {
    let world = World::sqlite().await;
    world.client("acme").await;
    one_of_each(&world, "acme").await;
    for role in Role::ALL {
        let visit = Visit::of(&world, Some("acme"), role).await;
        let token = world.token_with("acme", Some(role.scopes().to_vec()), false).await;
        for resource in resources::ALL.into_iter().filter(|it| !it.versions.is_empty()) {
            let version = resource.versions[0];
            for rest in ["", "/{id}"] {
                let path = format!("/{version}/{}{rest}", resource.name);
                let api = world.get(&token, &target_of(&path, "acme")).await;
                let path = format!("/console/{}{rest}", resource.name);
                let page = visit.get(&target_of(&path, "acme")).await;
                assert_eq!(page.status, api.status, "{path} as {role:?}: {}", page.text());
                assert!([200, 403].contains(&page.status), "{path} as {role:?}: {}", page.status);
            }
        }
    }
}

#[tokio::test]
async fn each_role_is_answered_as_each_page_says_that_it_needs() {
    let world = World::sqlite().await;
    world.client("acme").await;
    one_of_each(&world, "acme").await;
    let of_all = Visit::of(&world, None, Role::Owner).await;
    for role in Role::ALL {
        let visit = Visit::of(&world, Some("acme"), role).await;
        let home = visit.get("/console/").await;
        for (path, needs) in got_pages("acme") {
            let page = visit.get(&path).await;
            let allowed = match needs {
                Needs::Nothing | Needs::SignedIn => true,
                Needs::Reading(resource) => {
                    role.scopes().iter().any(|scope| resource.scopes.contains(&scope.word()))
                }
                Needs::Holding(scope) => role.scopes().contains(&scope),
                Needs::OfAll(_) => false,
            };
            let is_rejected = page.status == 403;
            assert_eq!(
                is_rejected,
                !allowed,
                "{path} as {role:?}: {} {}",
                page.status,
                page.text()
            );
            assert!(page.status < 500, "{path} as {role:?}: {}", page.text());
            // A link to it is on the home page where it leads somewhere.
            if home.text().contains(&format!("href=\"{path}\"")) {
                assert!(allowed, "{path} as {role:?}");
            }
            let all = of_all.get(&path).await.status;
            // No image is stored.
            let is_image = path.ends_with("image") || path.contains("/evidence/");
            assert!(all < 400 || is_image && all == 404, "{path} as an owner of all: {all}");
        }
    }
}

#[tokio::test]
async fn a_stranger_is_led_to_the_sign_in_and_back() {
    let world = World::sqlite().await;
    let stranger = Visit::stranger(&world);
    for (path, needs) in got_pages("acme") {
        let answer = stranger.get(&path).await;
        match needs {
            Needs::Nothing => assert_eq!(answer.status, 200, "{path}"),
            _ => {
                assert_eq!(answer.status, 303, "{path}");
                assert!(answer.header("location").starts_with("/console/sign-in"), "{path}");
            }
        }
    }
    let answer = stranger.get("/console/events?where_status=x&sort=createdAt").await;
    let next = "/console/sign-in?next=%2Fconsole%2Fevents%3Fwhere%5Fstatus%3Dx%26sort%3DcreatedAt";
    assert_eq!(answer.header("location"), next);
    for page in console_pages().into_iter().filter(|page| page.method == Method::POST) {
        if matches!(page.needs, Needs::Nothing) {
            continue;
        }
        let answer = stranger.post(&target_of(&page.path, "acme"), "").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/console/sign-in"));
    }
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let world = World::sqlite().await;
    world.client("acme").await;
    one_of_each(&world, "acme").await;
    let visit = Visit::of(&world, None, Role::Owner).await;
    let forms = console_pages().into_iter().filter(|page| page.method == Method::POST);
    let mut count = 0;
    for page in forms {
        let target = target_of(&page.path, "acme").replace("{secret}", "x");
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "https://verax.example.evil.example"),
            ("origin", "https://verax.example:8443"),
            ("origin", "null"),
            ("origin", ""),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("x-nothing", "at all"),
        ] {
            let mut request = visit.request(Method::POST, &target, "role=viewer");
            request.headers_mut().insert(name, value.parse().expect("a header"));
            let answer = world.send(request).await;
            assert_eq!(answer.status, 403, "{target} with {name}: {value}");
            assert!(answer.text().contains("CROSS_SITE"), "{target}");
            count += 1;
        }
        let mut request = visit.request(Method::POST, &target, "");
        for origin in [ORIGIN, "https://evil.example"] {
            request.headers_mut().append(header::ORIGIN, origin.parse().expect("a header"));
        }
        assert_eq!(world.send(request).await.status, 403, "{target} with two origins");
    }
    assert!(count > 100, "{count}");
    // As Chromium sends a form of a page that sends no referrer.
    for (site, origin, status) in [
        ("same-origin", "null", 303),
        ("same-origin", ORIGIN, 303),
        ("cross-site", "null", 403),
        ("cross-site", ORIGIN, 403),
        ("same-origin", "https://evil.example", 403),
    ] {
        let mut request =
            visit.request(Method::POST, "/console/account/profile", "name=Ana&language=es");
        request.headers_mut().insert("sec-fetch-site", site.parse().expect("a header"));
        request.headers_mut().insert(header::ORIGIN, origin.parse().expect("a header"));
        assert_eq!(world.send(request).await.status, status, "{site} {origin}");
    }
    // Nothing of it has signed anybody out or changed a role.
    assert_eq!(visit.get("/console/").await.status, 200);
    let mut request =
        visit.request(Method::POST, "/console/account/profile", "name=Ana&language=es");
    request.headers_mut().insert("sec-fetch-site", "same-origin".parse().expect("a header"));
    assert_eq!(world.send(request).await.status, 303);
}

/// The cookie is for people at pages: no operation of the API takes it.
#[tokio::test]
async fn the_cookie_opens_no_operation_of_the_api_and_a_token_no_page() {
    let world = World::sqlite().await;
    let visit = Visit::of(&world, None, Role::Owner).await;
    for operation in verax_server::http::operations() {
        if operation.described.access.is_for_anybody() {
            continue;
        }
        let target = target_of(&operation.path, "acme");
        let ask = async |cookie: bool| {
            let mut request = visit.request(operation.method.clone(), &target, "");
            let headers = request.headers_mut();
            headers.insert(header::ORIGIN, ORIGIN.parse().expect("a header"));
            headers.insert(header::CONTENT_TYPE, "application/json".parse().expect("one"));
            if !cookie {
                headers.remove(header::COOKIE);
            }
            world.send(request).await
        };
        // It is answered like a stranger; the call that renews tokens has a status of its own for them.
        let (answer, stranger) = (ask(true).await, ask(false).await);
        assert!(matches!(answer.status, 401 | 403 | 409), "{target}: {}", answer.status);
        assert_eq!(answer.status, stranger.status, "{} {target}", operation.method);
    }
    let token = world.token("acme").await;
    let answer = world.get(&token, "/console/events").await;
    assert_eq!((answer.status, answer.header("location").is_empty()), (303, false));
    let mut request = request(Method::GET, "", "/console/events");
    let cookie = format!("{SESSION_COOKIE}={token}").parse().expect("a header");
    request.headers_mut().insert(header::COOKIE, cookie);
    assert_eq!(world.send(request).await.status, 303);
}

#[tokio::test]
async fn every_page_has_the_headers_that_keep_it_to_itself_and_is_small() {
    let world = World::sqlite().await;
    world.client("acme").await;
    one_of_each(&world, "acme").await;
    crate::fixtures::numbered(&world, "acme", 40).await;
    let visit = Visit::of(&world, None, Role::Owner).await;
    let assets: usize = verax_pages::assets::ASSETS.iter().map(|asset| zipped(asset.bytes)).sum();
    let mut pages: Vec<String> = got_pages("acme").into_iter().map(|(path, _)| path).collect();
    pages.push("/console/there-is-none".to_owned());
    pages.push("/console/events?where_status>x=1".to_owned());
    pages.push("/console/events/none".to_owned());
    for path in pages {
        let page = visit.get(&path).await;
        assert_eq!(
            page.header("content-security-policy"),
            verax_pages::CONTENT_SECURITY_POLICY,
            "{path}"
        );
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(page.header(name), value, "{path}: {name}");
        }
        assert!(page.header("access-control-allow-origin").is_empty(), "{path}");
        if page.header("content-type").starts_with("text/html") {
            let size = zipped(&page.bytes) + assets;
            assert!(size <= 60_000, "{path}: {size} bytes with its files");
        }
    }
}

fn zipped(bytes: &[u8]) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory").len()
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_a_name_that_changes() {
    let world = World::sqlite().await;
    let stranger = Visit::stranger(&world);
    for asset in &verax_pages::assets::ASSETS {
        let answer = stranger.get(&verax_pages::assets::url(asset.name)).await;
        assert_eq!((answer.status, answer.bytes.as_slice()), (200, asset.bytes), "{}", asset.name);
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("content-type"), asset.media_type);
    }
    assert_eq!(stranger.get("/console/assets/console.css").await.status, 404);
}

#[tokio::test]
async fn a_member_signs_in_is_led_on_and_signs_out() {
    let world = World::sqlite().await;
    let joined = Visit::of(&world, None, Role::Owner).await;
    assert_eq!(joined.get("/console/").await.status, 200);
    let stranger = Visit::stranger(&world);
    let password = PASSWORD.replace(' ', "+");
    let form = |email: &str, password: &str| {
        format!("email={email}&password={password}&next=%2Fconsole%2Fevents%3Fsort%3DcreatedAt")
    };
    let wrong = stranger.post("/console/sign-in", &form("owner%40all.example", "no")).await;
    let unknown = stranger.post("/console/sign-in", &form("nobody%40all.example", "no")).await;
    assert_eq!((wrong.status, unknown.status), (403, 403));
    let same = |text: &str| text.replace("owner@", "").replace("nobody@", "");
    assert_eq!(same(wrong.text()), same(unknown.text()));
    assert!(!wrong.text().contains("value=\"no\""), "a wrong password is not shown again");
    let answer = stranger.post("/console/sign-in", &form("owner%40all.example", &password)).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), "/console/events?sort=createdAt");
    let cookie = answer.header("set-cookie");
    for part in ["__Host-verax=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{part}");
    }
    assert!(!cookie.contains("Domain"));
    let visit = Visit { secret: cookie_of(&answer), world: &world };
    assert_eq!(visit.get("/console/events?sort=createdAt").await.status, 200);
    assert_eq!(visit.get("/console/sign-in").await.status, 303);
    let out = visit.post("/console/sign-out", "").await;
    assert_eq!(out.header("location"), "/console/sign-in?out=1");
    assert!(out.header("set-cookie").contains("__Host-verax=; Max-Age=0"));
    assert_eq!(visit.get("/console/").await.status, 303);
    assert_eq!(joined.get("/console/").await.status, 200, "another session goes on");
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let world = World::sqlite().await;
    let visit = Visit::of(&world, None, Role::Owner).await;
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/console/../../evil",
        "/v2/events",
        "/console/sign-in?next=/console/sign-in",
        "javascript:alert(1)",
        "/consolex",
    ] {
        let encoded: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = visit.get(&format!("/console/sign-in?next={encoded}")).await;
        let location = answer.header("location");
        assert!(location.starts_with("/console/"), "{next}: {location}");
        assert!(!location.contains("evil.example"), "{next}: {location}");
    }
}

#[tokio::test]
async fn the_front_door_leads_browsers_and_nobody_else() {
    let world = World::sqlite().await;
    let browser = Visit::stranger(&world).get("/").await;
    assert_eq!((browser.status, browser.header("location")), (303, "/console/"));
    assert_eq!(world.get("", "/").await.rejection(404), "NOT_FOUND");
    let off = world.beside(|config| config.console.enabled = false);
    for path in ["/", "/console/", "/console/sign-in"] {
        let visit = Visit::stranger(&world);
        let answer = crate::world::send(&off, visit.request(Method::GET, path, "")).await;
        assert_eq!(answer.rejection(404), "NOT_FOUND", "{path}");
    }
}

#[tokio::test]
async fn a_list_shows_what_the_api_shows_of_the_same_query() {
    let world = World::sqlite().await;
    crate::fixtures::numbered(&world, "acme", 53).await;
    let token = world.staff_token("acme").await;
    let visit = Visit::of(&world, None, Role::Owner).await;
    for query in [
        "",
        "where_status=failed&sort=-createdAt",
        "where>_riskScore=0.2&perPage=7&page=2",
        "search=user4&sort=identifier",
        "in_status=new,failed&columns=status,identifier&offset=3",
        "status=&limit=5",
    ] {
        let target = if query.is_empty() { String::new() } else { format!("?{query}") };
        let api = world.get(&token, &format!("/v2/biometric-validations{target}")).await;
        let page = visit.get(&format!("/console/biometric-validations{target}")).await;
        let links = page.text().split("href=\"/console/biometric-validations/").skip(1);
        let shown: Vec<&str> = links.filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(shown, api.ids(), "{query}");
        let total = api.total();
        assert!(page.text().contains(&format!("of {total}</p>")), "{query}: {total}");
    }
    let wrong = "where_statu=new&sort=x&perPage=1000";
    let api = world.get(&token, &format!("/v2/biometric-validations?{wrong}")).await;
    let page = visit.get(&format!("/console/biometric-validations?{wrong}")).await;
    assert_eq!(page.status, 400);
    for detail in api.json()["details"].as_array().expect("problems") {
        let message = detail["message"].as_str().expect("a text");
        assert!(page.text().contains(message), "{message}");
    }
}

#[tokio::test]
async fn the_csv_is_the_streams_of_the_api() {
    let world = World::sqlite().await;
    crate::fixtures::numbered(&world, "acme", 30).await;
    let visit = Visit::of(&world, None, Role::Viewer).await;
    let page = visit.get("/console/biometric-validations?where_status=failed").await;
    let href = page.text().split("href=\"").find(|it| it.contains(".csv?")).expect("a link");
    let href = href.split('"').next().unwrap_or_default().replace("&#38;", "&");
    let csv = visit.get(&href).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let name = "attachment; filename=\"biometric-validations.csv\"";
    assert_eq!(csv.header("content-disposition"), name);
    assert_eq!(csv.text().lines().count(), 1 + 6);
}

#[tokio::test]
async fn a_form_of_filters_becomes_the_query_of_the_list() {
    let world = World::sqlite().await;
    let visit = Visit::of(&world, None, Role::Viewer).await;
    let sent = "/console/events/-/filter?query=sort%3D-createdAt%26where-null_status%3D\
                &search=&where_type=a%26b&where%3E%3D_createdAt=2026-01-01&where%3C%3D_createdAt=\
                &field=record&operator=where_&value=x+y";
    let answer = visit.get(sent).await;
    let location = "/console/events?sort=-createdAt&where-null_status=&where%5Ftype=a%26b\
                    &where%3E%3D%5FcreatedAt=2026%2D01%2D01&where%5Frecord=x%20y";
    assert_eq!((answer.status, answer.header("location")), (303, location));
    assert_eq!(visit.get(location).await.status, 200);
}

/// What another client has is on no list, and its records are not there.
#[tokio::test]
async fn a_member_of_one_client_sees_nothing_of_another() {
    let worlds = [World::sqlite().await, World::sqlite().await];
    for world in &worlds {
        world.client("acme").await;
        one_of_each(world, "acme").await;
        world.client("rival").await;
    }
    one_of_each(&worlds[1], "rival").await;
    let mut visits = Vec::new();
    for world in &worlds {
        visits.push(Visit::of(world, Some("acme"), Role::Owner).await);
    }
    for (path, _) in got_pages("acme") {
        // They hold what is random: times of sessions, secrets.
        if ["/console/account", "/console/tokens", "/console/sign-in"]
            .iter()
            .any(|it| path.starts_with(it))
        {
            continue;
        }
        let (one, other) = (visits[0].get(&path).await, visits[1].get(&path).await);
        assert_eq!(one.status, other.status, "{path}");
        assert_eq!(one.text(), other.text(), "{path}");
        assert!(!other.text().contains("rival"), "{path}");
    }
    for (path, needs) in got_pages("rival").into_iter().filter(|(path, _)| path.contains("/rival-"))
    {
        assert_eq!(visits[1].get(&path).await.status, 404, "{path} {needs:?}");
    }
}

#[tokio::test]
async fn a_hostile_record_is_text_on_every_page() {
    let world = World::sqlite().await;
    world.client("acme").await;
    let hostile = "<script>alert(1)</script>\"'><svg onload=alert(2)>\u{202e}fdp.exe";
    let long = "x".repeat(10_000);
    let rows = [
        validation("h1", "acme", json!({ "identifier": hostile, "reasons": { hostile: hostile } })),
        validation(
            "h2",
            "acme",
            json!({ "identifier": long, "redirectUrl": "javascript:alert(3)" }),
        ),
    ];
    world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
    let person = json!({
        "_id": "h3", "client": "acme", "fullName": hostile, "status": "FAILED", "email": hostile,
        "createdAt": "2025-06-01T00:00:00Z",
    });
    world.store(&APP_REGISTRATIONS, &[person]).await;
    let visit = Visit::of(&world, None, Role::Owner).await;
    for path in [
        "/console/",
        "/console/biometric-validations",
        "/console/biometric-validations?columns=identifier,reasons,redirectUrl",
        "/console/biometric-validations?search=%3Cscript%3E&where_identifier=%22%3E%3Csvg%20onload=1%3E",
        "/console/biometric-validations/h1",
        "/console/biometric-validations/h1/json",
        "/console/biometric-validations/h2",
        "/console/biometric-validations/h2/json",
        "/console/app-registrations",
        "/console/app-registrations/h3",
        "/console/%3Cscript%3E",
        "/console/events?where_%3Cscript%3Ealert(1)%3C/script%3E=1",
        "/console/sign-in?next=%22%3E%3Cscript%3E",
    ] {
        let page = visit.get(path).await;
        let text = page.text();
        for element in ["<script>", "<svg", "onload=alert(2)>\u{202e}", "href=\"javascript:"] {
            assert!(!text.contains(element), "{path}: {element}");
        }
    }
    let record = visit.get("/console/biometric-validations/h2").await;
    assert!(record.text().contains("10,000 letters in all"));
}

#[tokio::test]
async fn pages_speak_the_language_that_is_asked_for() {
    let world = World::sqlite().await;
    let visit = Visit::of(&world, None, Role::Owner).await;
    let get = |language: &'static str, cookie: &'static str, path: &'static str| {
        let mut request = visit.request(Method::GET, path, "");
        let accepted = language.parse().expect("a header");
        request.headers_mut().insert(header::ACCEPT_LANGUAGE, accepted);
        let session = format!("{SESSION_COOKIE}={}; __Host-verax-language={cookie}", visit.secret);
        request.headers_mut().insert(header::COOKIE, session.parse().expect("a header"));
        world.send(request)
    };
    for (accepted, cookie, path, shown) in [
        ("de", "", "/console/", "<html lang=\"en\">"),
        ("es-CO,es", "", "/console/", "<html lang=\"es\">"),
        ("es", "pt", "/console/events", "<html lang=\"pt\">"),
        ("es", "pt", "/console/events?lang=en", "<html lang=\"en\">"),
        ("es", "xx", "/console/events?lang=xx", "<html lang=\"es\">"),
    ] {
        let page = get(accepted, cookie, path).await;
        assert!(page.text().contains(shown), "{accepted} {cookie} {path}");
    }
    // What a member chooses holds on every browser, but where an address has said otherwise.
    let chosen = visit.post("/console/account/profile", "name=Zo%C3%AB&language=pt").await;
    assert!(chosen.header("set-cookie").starts_with("__Host-verax-language=; Max-Age=0"));
    for (accepted, cookie, path, shown) in [
        ("es", "", "/console/", "<html lang=\"pt\">"),
        ("es", "en", "/console/", "<html lang=\"en\">"),
        ("es", "en", "/console/?lang=es", "<html lang=\"es\">"),
    ] {
        let page = get(accepted, cookie, path).await;
        assert!(page.text().contains(shown), "{accepted} {cookie} {path}");
        assert!(page.text().contains("Zoë"), "{path}");
    }
    for name in ["", "%00", &"n".repeat(121)] {
        let form = format!("name={name}&language=pt");
        assert_eq!(visit.post("/console/account/profile", &form).await.status, 400, "{name}");
    }
}
