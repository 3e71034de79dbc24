//! Accounts in the console: joining, a second factor, members who are changed, and what asks again.

use axum::http::Method;
use data_encoding::BASE32_NOPAD;
use verax_domain::role::Role;
use verax_server::app::members::totp::code_at;
use verax_server::http::{Needs, Proof, console_pages};

use crate::console_visits::{Visit, cookie_of};
use crate::fixtures::{one_of_each, target_of};
use crate::members::{PASSWORD, secret_of};
use crate::world::World;

fn form(password: &str) -> String {
    format!("email=first%40example.com&name=Ana+B&password={}", password.replace(' ', "+"))
}

#[tokio::test]
async fn the_first_owner_joins_by_the_page_of_the_link() {
    let world = World::sqlite().await;
    let link = world.app.first_owner_link().await.expect("a database").expect("no member");
    let path = format!("/console/join/{}", secret_of(&link));
    let stranger = Visit::stranger(&world);
    for _ in 0..2 {
        let page = stranger.get(&path).await;
        assert_eq!(page.status, 200, "looking uses nothing up");
        assert!(page.text().contains("name=\"email\""));
        assert!(page.header("set-cookie").is_empty());
    }
    let short = stranger.post(&path, &form("short")).await;
    assert_eq!(short.status, 400);
    assert!(short.text().contains("The password is too short"));
    assert!(short.text().contains("value=\"first@example.com\""), "what was typed is there");
    assert!(!short.text().contains("value=\"short\""));
    let joined = stranger.post(&path, &form(PASSWORD)).await;
    assert_eq!((joined.status, joined.header("location")), (303, "/console/"));
    let owner = Visit { secret: cookie_of(&joined), world: &world };
    let home = owner.get("/console/").await;
    assert!(home.text().contains("Ana B") && home.text().contains("Owner"));
    for answer in [stranger.get(&path).await, stranger.post(&path, &form(PASSWORD)).await] {
        assert_eq!(answer.status, 404);
        assert!(answer.text().contains("This link is not valid any more"));
    }
}

/// The secret that a page shows, without its spaces.
fn shown_secret(text: &str) -> Vec<u8> {
    let code = text.split("class=\"copy\"><code>").nth(1).expect("a secret");
    let letters: String = code.split('<').next().unwrap_or_default().replace(' ', "");
    BASE32_NOPAD.decode(letters.as_bytes()).expect("base 32")
}

#[tokio::test]
async fn a_second_factor_is_set_up_used_and_taken_off() {
    let world = World::sqlite().await;
    let visit = Visit::of(&world, None, Role::Owner).await;
    let now = || world.app.clock.now().0 / 30_000;
    let page = visit.get("/console/account/totp").await;
    assert!(page.text().contains("<svg class=\"qr\""));
    assert!(page.text().contains("otpauth://totp/"));
    let wrong = visit.post("/console/account/totp", "code=000000").await;
    assert_eq!(wrong.status, 400);
    let secret = shown_secret(wrong.text());
    let code = code_at(&secret, now());
    let codes = visit.post("/console/account/totp", &format!("code={code}")).await;
    assert_eq!(codes.status, 200, "{}", codes.text());
    let recovery: Vec<&str> = codes.text().split("<li><code>").skip(1).collect();
    assert_eq!(recovery.len(), 10);
    let recovery = recovery[0].split('<').next().unwrap_or_default();

    let stranger = Visit::stranger(&world);
    let password = PASSWORD.replace(' ', "+");
    let proof = format!("email=owner%40all.example&password={password}");
    let asked = stranger.post("/console/sign-in", &proof).await;
    assert_eq!(asked.status, 200);
    assert!(asked.text().contains("autocomplete=\"one-time-code\""));
    assert!(asked.header("set-cookie").is_empty());
    let used = stranger.post("/console/sign-in", &format!("{proof}&code={code}")).await;
    assert_eq!(used.status, 403, "a code is taken once");
    world.turn_clock(30_000);
    let code = code_at(&secret, now());
    let signed_in = stranger.post("/console/sign-in", &format!("{proof}&code={code}")).await;
    assert_eq!(signed_in.status, 303);
    let by_recovery = format!("{proof}&code={recovery}");
    assert_eq!(stranger.post("/console/sign-in", &by_recovery).await.status, 303);
    assert_eq!(stranger.post("/console/sign-in", &by_recovery).await.status, 403);

    let removed = visit.post("/console/account/totp/remove", "").await;
    assert_eq!(removed.header("location"), "/console/account?done=totp-removed");
    assert_eq!(stranger.post("/console/sign-in", &proof).await.status, 303);
}

#[tokio::test]
async fn what_is_dangerous_asks_for_the_password_again() {
    let world = World::sqlite().await;
    let visit = Visit::of(&world, None, Role::Owner).await;
    world.turn_clock(11 * 60_000);
    let confirm = "/console/account/confirm?next=%2Fconsole%2Faccount";
    for path in ["/console/account/password", "/console/account/totp/remove"] {
        let answer = visit.post(path, "password=another+good+password").await;
        assert_eq!(answer.header("location"), format!("{confirm}%3Fdone%3Dconfirmed"), "{path}");
    }
    let answer = visit.get("/console/account/totp?lang=es").await;
    assert_eq!(answer.header("location"), format!("{confirm}%2Ftotp%3Flang%3Des"));
    let wrong = visit.post("/console/account/confirm", "password=wrong").await;
    assert_eq!(wrong.status, 403);
    let password = PASSWORD.replace(' ', "+");
    let sent = format!("password={password}&next=%2Fconsole%2Faccount%2Ftotp");
    let confirmed = visit.post("/console/account/confirm", &sent).await;
    assert_eq!(confirmed.header("location"), "/console/account/totp");
    assert_eq!(visit.get("/console/account/totp").await.status, 200);
    let changed = visit.post("/console/account/password", "password=another+good+password").await;
    assert_eq!(changed.header("location"), "/console/account?done=password-changed");
}

#[tokio::test]
async fn an_owner_invites_changes_and_deletes_members_of_their_client_alone() {
    let world = World::sqlite().await;
    for client in ["acme", "rival"] {
        world.client(client).await;
    }
    let owner = Visit::of(&world, Some("acme"), Role::Owner).await;
    let rival = Visit::of(&world, Some("rival"), Role::Owner).await;
    let invited = "/console/project-members/-/invite";
    let page = owner.post(invited, "email=bo%40acme.example&role=editor").await;
    assert_eq!(page.status, 200);
    let link = page.text().split("https://verax.example/console/join/").nth(1).expect("a link");
    let secret = link.split('<').next().unwrap_or_default().to_owned();
    let twice = owner.post(invited, "email=bo%40acme.example&role=editor").await;
    assert_eq!(twice.status, 400);
    assert!(twice.text().contains("There is a member with this address already"));
    let stranger = Visit::stranger(&world);
    let joined = stranger.post(&format!("/console/join/{secret}"), &form(PASSWORD)).await;
    let bo = Visit { secret: cookie_of(&joined), world: &world };
    assert_eq!(bo.get("/console/project-members").await.status, 403);
    let members = world.app.members(Some("acme")).await.expect("members");
    let id = &members.iter().find(|it| it.email == "bo@acme.example").expect("a member").id;
    let path = format!("/console/project-members/{id}");
    for verb in ["role", "disable", "enable", "delete", "link"] {
        let answer = rival.post(&format!("{path}/{verb}"), "role=owner").await;
        assert_eq!(answer.status, 404, "{verb} of another client");
        let answer = bo.post(&format!("{path}/{verb}"), "role=owner").await;
        assert_eq!(answer.status, 403, "{verb} by an editor");
    }
    let changed = owner.post(&format!("{path}/role"), "role=admin").await;
    assert_eq!(changed.header("location"), format!("{path}?done=member-changed"));
    assert!(owner.get(changed.header("location")).await.text().contains("The member is changed."));
    assert!(bo.get("/console/").await.text().contains("Administrator"));
    owner.post(&format!("{path}/disable"), "").await;
    assert_eq!(bo.get("/console/").await.status, 303, "a disabled member is signed out");
    owner.post(&format!("{path}/delete"), "").await;
    assert_eq!(owner.get(&path).await.status, 404);
    let own = &members.iter().find(|it| it.role == Role::Owner).expect("an owner").id;
    let last = owner.post(&format!("/console/project-members/{own}/role"), "role=viewer").await;
    assert_eq!(last.status, 409);
    assert!(last.text().contains("the last owner"));
}

#[tokio::test]
async fn a_token_is_revoked_by_an_owner_of_its_client() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let rivals = world.token("rival").await;
    let owner = Visit::of(&world, Some("acme"), Role::Owner).await;
    let page = owner.get("/console/tokens").await;
    let forms = page.text().split("/console/tokens/").skip(1);
    let ids: Vec<&str> =
        forms.filter_map(|rest| rest.split_once("/revoke\"")).map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 1, "its own alone");
    let revoked = owner.post(&format!("/console/tokens/{}/revoke", ids[0]), "").await;
    assert_eq!(revoked.header("location"), "/console/tokens?done=token-was-revoked");
    assert_eq!(world.get(&token, "/v2/biometric-validations").await.status, 401);
    assert_eq!(world.get(&rivals, "/v2/biometric-validations").await.status, 200);
    let rival = Visit::of(&world, Some("rival"), Role::Owner).await;
    let answer = rival.post(&format!("/console/tokens/{}/revoke", ids[0]), "").await;
    assert_eq!(answer.status, 404);
}

/// What a page says that it needs, asked of the router: nothing that is dangerous is done by a session that
/// somebody has left open.
#[tokio::test]
async fn every_dangerous_form_asks_for_the_password_again_and_leads_back_to_its_page() {
    let world = World::sqlite().await;
    world.client("acme").await;
    one_of_each(&world, "acme").await;
    let visit = Visit::of(&world, None, Role::Owner).await;
    let viewer = Visit::of(&world, Some("acme"), Role::Viewer).await;
    world.turn_clock(10 * 60_000);
    let members = world.app.members(None).await.expect("members");
    let dangerous =
        console_pages().into_iter().filter(|page| matches!(page.proof, Proof::Recent(_)));
    let mut paths = Vec::new();
    for page in dangerous.filter(|page| page.method == Method::POST) {
        let path = target_of(&page.path, "acme").replace("{name}", "tokens.days");
        let form = "role=viewer&value=7&email=x%40x.example&name=Mine";
        let answer = visit.post(&path, form).await;
        assert_eq!(answer.status, 303, "{path}");
        let next = answer.header("location").strip_prefix("/console/account/confirm?next=");
        let next = next.unwrap_or_else(|| panic!("{path}: {}", answer.header("location")));
        let next = percent_encoding::percent_decode_str(next).decode_utf8_lossy().into_owned();
        let (page_path, done) = next.split_once("?done=").expect("what the page says");
        assert!(path.starts_with(page_path), "{path}: {next}");
        assert_eq!(done, "confirmed", "{path}");
        assert!(visit.get(answer.header("location")).await.text().contains(page_path), "{path}");
        if !matches!(page.needs, Needs::SignedIn) {
            assert_eq!(viewer.post(&path, form).await.status, 403, "{path} as a viewer");
        }
        paths.push((path, next));
    }
    for part in [
        "/invite",
        "/link",
        "/role",
        "/disable",
        "/enable",
        "/delete",
        "/revoke",
        "/tokens.days",
        "/unset",
        "/password",
        "/totp",
        "/totp/remove",
        "/codes",
    ] {
        assert!(paths.iter().any(|(path, _)| path.ends_with(part)), "{part}");
    }
    assert_eq!(world.app.members(None).await.expect("members").len(), members.len());
    assert!(world.app.settings_of_all_nodes().await.expect("settings").is_empty());
    let confirm = format!("password={}&next=%2Fconsole%2Ftokens", PASSWORD.replace(' ', "+"));
    assert_eq!(visit.post("/console/account/confirm", &confirm).await.status, 303);
    for (path, next) in paths {
        // Afterwards its page is there, and says that nothing was done.
        let page = visit.get(&next).await;
        let leads_on = next.starts_with("/console/account/totp");
        assert!(page.status == 200, "{path}: {next} {}", page.status);
        assert!(leads_on || page.text().contains("Nothing was done yet"), "{next}");
        let answer = visit.post(&path, "").await;
        let location = answer.header("location");
        assert!(!location.starts_with("/console/account/confirm"), "{path}: {location}");
    }
}
