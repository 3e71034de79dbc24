//! Codes: asked for, sent, brought back, guessed, and what a contact that was validated is good for.

use std::collections::HashSet;

use axum::body::Body;
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use verax_server::app::App;
use verax_server::http::{self, State};
use verax_server::jobs::codes;
use verax_server::messages::Messenger;

use crate::answer::Answer;
use crate::bank::{Bank, REGISTRATIONS, id, text};
use crate::given_faces::{face, take, with_given_faces};
use crate::mailbox::{Mailbox, sending, with_mailbox};
use crate::receiver::Receiver;
use crate::world::{World, request, send};

pub const EMAILS: &str = "/v2/email-validations";
const PHONES: &str = "/v2/phone-validations";
pub const JO: &str = "jo@example.com";
pub const MINUTE: i64 = 60_000;

/// A bank that strangers may come to, and what it sends.
pub async fn open_bank(world: &World) -> (Bank, Mailbox) {
    let app = with_given_faces(world.app.clone(), "given");
    let (app, mailbox) = with_mailbox(world, app).await;
    let bank = Bank::with(world, app).await;
    let open = json!({ "allowAnonymous": true, "allowedCountries": ["Colombia"] });
    let path = format!("/v3/projects/{}", bank.project);
    assert_eq!(bank.call(Method::PUT, &bank.token, &path, open).await.status, 200);
    let path = format!("/v3/project-flows/{}", bank.flow);
    let active = json!({ "status": "active" });
    assert_eq!(bank.call(Method::PUT, &bank.token, &path, active).await.status, 200);
    (bank, mailbox)
}

/// As a capture page asks for a code to log in.
pub fn login_email(bank: &Bank, email: &str) -> Value {
    json!({
        "email": email, "project": bank.project, "projectFlow": bank.login_flow, "type": "login",
        "validationMethod": "verificationCode", "language": "en", "location": { "country": "CO" },
    })
}

/// As a capture page brings one back.
pub fn login_code(bank: &Bank, email: &str, code: &str) -> Value {
    json!({
        "email": email, "otp": code, "projectFlow": bank.login_flow, "location": { "country": "CO" },
    })
}

pub fn message(answer: &Answer) -> String {
    text(&answer.json()["message"])
}

/// A code that is not this one.
pub fn another(code: &str) -> String {
    let last = code.as_bytes()[5];
    format!("{}{}", &code[..5], if last == b'9' { '0' } else { char::from(last + 1) })
}

/// A registration proves its address with its own token.
pub async fn prove(bank: &Bank, mailbox: &Mailbox, own: &str, email: &str) {
    let opened = bank.post(own, &format!("{EMAILS}/app-registration"), json!({})).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    let code = mailbox.emailed_code(&bank.app, email).await;
    let bring = json!({ "email": email, "otp": code });
    let proved = bank.post(own, &format!("{EMAILS}/validate"), bring).await;
    assert_eq!(proved.status, 200, "{}", proved.text());
}

/// The bank with another value of a setting.
pub fn with_setting(bank: &Bank, name: &str, value: &str) -> Bank {
    let shared = bank.app.config.now().with(name, value).expect("a setting");
    let config = verax_server::app::settings::Settings::new(shared);
    let app = App { config, ..bank.app.clone() };
    Bank { router: http::router(State::new(app.clone())), app, ..bank.clone() }
}

pub async fn validation(bank: &Bank, family: &str, id: &str) -> Value {
    let answer = bank.get(&bank.token, &format!("{family}/{id}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].clone()
}

on_both_databases! {
    async fn a_person_logs_in_by_a_code_from_an_email(world) {
        let (bank, mailbox) = open_bank(world).await;
        let opened = bank.post("", EMAILS, login_email(&bank, "Jo@Example.com")).await;
        assert_eq!(opened.status, 200, "{}", opened.text());
        let opened = opened.json();
        assert_eq!(opened["data"]["status"], "new");
        assert_eq!(opened["data"].get("verificationCode"), None);
        assert!(opened["signature"].is_object());
        let code = mailbox.emailed_code(&bank.app, "Jo@Example.com").await;
        assert!(!opened.to_string().contains(&code));
        let id = text(&opened["data"]["_id"]);
        assert_eq!(validation(&bank, EMAILS, &id).await["status"], "sent");

        let path = format!("{EMAILS}/validate");
        let passed = bank.post("", &path, login_code(&bank, JO, &code)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        let data = passed.json()["data"].clone();
        assert_eq!((&data["status"], &data["type"]), (&"validated".into(), &"login".into()));
        assert_eq!(data["appLogin"]["status"], "completed");
        assert_eq!(data["appLogin"]["type"], "email");
        assert_eq!(data["appLogin"]["emailValidation"], id.as_str());
        assert_eq!(data["showFaceLivenessRecommendation"], false);
        // The token is exchanged once, as that of a face is.
        let token = text(&data["token"]);
        let exchanged = bank.post(&token, "/v2/auth/project-login", json!({})).await;
        assert_eq!(exchanged.status, 200, "{}", exchanged.text());
        assert_ne!(bank.post(&token, "/v2/auth/project-login", json!({})).await.status, 200);
        // A code is taken once.
        let again = bank.post("", &path, login_code(&bank, JO, &code)).await;
        assert_eq!((again.status, message(&again).as_str()), (400, "otp_does_not_match"));
        let own = bank.post(&bank.token, &path, login_code(&bank, JO, &code)).await;
        assert_eq!((own.status, message(&own).as_str()), (409, "already_validated"));
        let shown = bank.get(&bank.token, "/v2/app-logins?populates[]=emailValidation").await.json();
        let shown = &shown["data"][0]["emailValidation"];
        assert_eq!((&shown["_id"], &shown["email"]), (&id.as_str().into(), &"Jo@Example.com".into()));
    }

    async fn a_registration_proves_its_contact_and_is_resumed_by_it(world) {
        let (bank, mailbox) = open_bank(world).await;
        let (registration, own) = bank.register(JO).await;
        let path = format!("{EMAILS}/app-registration");
        let opened = bank.post(&own, &path, json!({ "language": "es" })).await;
        assert_eq!(opened.status, 200, "{}", opened.text());
        let validation = id(&opened);
        let code = mailbox.emailed_code(&bank.app, JO).await;
        assert!(mailbox.emails()[0].contains("lang=3D\"es\"") || mailbox.emails()[0].contains("\"es\""));
        // A page that is loaded again asks again: the code that is on its way is the answer.
        let again = bank.post(&own, &path, json!({ "language": "es" })).await;
        assert_eq!((again.status, id(&again)), (200, validation.clone()));
        codes::send(&bank.app).await.expect("nothing is left to send");
        assert_eq!(mailbox.emails().len(), 1);
        // Another address is none of its own.
        let other = bank.post(&own, &path, json!({ "email": "eve@example.com" })).await;
        assert_eq!((other.status, message(&other).as_str()), (409, "contact_is_another"));
        // Without its token it is nobody's code.
        let stranger = json!({ "email": JO, "otp": code, "projectFlow": bank.flow });
        let stranger = bank.post("", &format!("{EMAILS}/validate"), stranger).await;
        assert_eq!(stranger.rejection(400), "INVALID_CODE");
        // Nor by its id, which is answered as one that is nowhere.
        let by_id = async |id: &str| {
            let answer = bank.post("", &format!("{EMAILS}/{id}/validate"), json!({ "otp": code })).await;
            (answer.status, answer.bytes)
        };
        let unknown = by_id("6b0b3c844b683916a4cb6460").await;
        assert_eq!((by_id(&validation).await, unknown.0), (unknown.clone(), 401));

        let passed = json!({ "email": JO, "otp": code.parse::<u32>().expect("digits") });
        let passed = bank.call(Method::PUT, &own, EMAILS, passed).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        assert_eq!(passed.json()["data"].get("token"), None);
        let path = format!("{REGISTRATIONS}/{registration}?populates[]=emailValidation");
        let shown = bank.get(&bank.token, &path).await.json();
        assert_eq!(shown["data"]["emailValidation"]["_id"], validation.as_str());
        assert_eq!(shown["data"]["emailValidation"]["status"], "validated");

        // On another device the same person proves the address again, and goes on.
        world.turn_clock(MINUTE);
        let open = json!({
            "email": JO, "project": bank.project, "projectFlow": bank.flow, "type": "onboarding",
        });
        assert_eq!(bank.post("", EMAILS, open.clone()).await.status, 200);
        let code = mailbox.emailed_code(&bank.app, JO).await;
        let bring = json!({ "email": JO, "otp": code, "projectFlow": bank.flow, "type": "onboarding" });
        let resumed = bank.post("", &format!("{EMAILS}/validate"), bring).await;
        assert_eq!(resumed.status, 200, "{}", resumed.text());
        let data = resumed.json()["data"].clone();
        assert_eq!(data["appRegistration"], registration.as_str());
        let me = bank.get(&text(&data["token"]), "/v2/app-registrations/me").await;
        assert_eq!(me.json()["data"]["_id"], registration.as_str());
        // Whoever had it before need not be who receives what is sent there.
        bank.get(&own, "/v2/app-registrations/me").await.rejection(401);

        // Whoever only typed an address is not found by who proves it.
        let (typed, _) = bank.register("ana@example.com").await;
        let mut ana = open;
        ana["email"] = "ana@example.com".into();
        assert_eq!(bank.post("", EMAILS, ana).await.status, 200);
        let code = mailbox.emailed_code(&bank.app, "ana@example.com").await;
        let bring = json!({ "email": "ana@example.com", "otp": code, "projectFlow": bank.flow });
        let passed = bank.post("", &format!("{EMAILS}/validate"), bring).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        assert!(!passed.text().contains(&typed) && passed.json()["data"].get("token").is_none());
    }

    async fn a_flow_that_asks_for_a_proved_address_is_not_completed_without(world) {
        let (bank, mailbox) = open_bank(world).await;
        let path = format!("/v3/project-flows/{}", bank.flow);
        let form = json!({ "signUpForm": { "email": true, "emailGateway": "mailgun" } });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, form).await.status, 200);
        for (email, proves) in [("ana@example.com", false), (JO, true)] {
            let (registration, own) = bank.register(email).await;
            let of = if proves { 1 } else { 2 };
            let selfie = json!({ "image": take(face(of), 0), "os": "DESKTOP" });
            assert_eq!(bank.enrol(&own, selfie).await.status, 200);
            if proves {
                prove(&bank, &mailbox, &own, email).await;
            }
            let ended = bank.finish(&registration, &own).await;
            assert_eq!(ended, if proves { "COMPLETED" } else { "NEEDS_MANUAL_VERIFICATION" });
        }
    }

    async fn a_sandbox_takes_its_projects_own_code(world) {
        let (bank, _mailbox) = open_bank(world).await;
        let sandbox = crate::sandboxes::sandbox_token(world).await;
        let mut twin = Bank { token: sandbox, ..bank.clone() };
        let own = twin.token.clone();
        let project = json!({ "name": "Bank", "allowAnonymous": true, "demoOTP": "424242" });
        twin.project = id(&twin.post(&own, "/v3/projects", project).await);
        let flow = json!({ "project": twin.project, "type": "login", "status": "active" });
        twin.login_flow = id(&twin.post(&own, "/v2/project-flows", flow).await);
        let opened = twin.post("", EMAILS, login_email(&twin, JO)).await;
        assert_eq!(opened.status, 200, "{}", opened.text());
        assert!(opened.json()["data"].get("verificationCode").is_none(), "a device is not told");
        let path = format!("{EMAILS}/validate");
        let passed = twin.post("", &path, login_code(&twin, JO, "424242")).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        // What is a trial's code there is nobody's here.
        assert_eq!(bank.post("", EMAILS, login_email(&bank, JO)).await.status, 200);
        let wrong = bank.post("", &path, login_code(&bank, JO, "424242")).await;
        assert_eq!(wrong.rejection(400), "INVALID_CODE");
    }

    async fn three_wrong_codes_end_a_code_and_nine_lock_an_address(world) {
        let (bank, mailbox) = open_bank(world).await;
        let path = format!("{EMAILS}/validate");
        for round in 0..3 {
            let opened = bank.post("", EMAILS, login_email(&bank, JO)).await;
            assert_eq!(opened.status, 200, "{round}: {}", opened.text());
            let code = mailbox.emailed_code(&bank.app, JO).await;
            for _ in 0..3 {
                let wrong = bank.post("", &path, login_code(&bank, JO, &another(&code))).await;
                assert_eq!((wrong.status, message(&wrong).as_str()), (400, "otp_does_not_match"));
                assert_eq!(wrong.rejection(400), "INVALID_CODE");
            }
            let id = id(&opened);
            let ended = validation(&bank, EMAILS, &id).await;
            assert_eq!((&ended["status"], &ended["attempts"]), (&"failed".into(), &3.into()));
            // The right one comes too late.
            let right = bank.post("", &path, login_code(&bank, JO, &code)).await;
            assert_eq!(right.rejection(410), "MAX_ATTEMPTS_EXCEEDED");
            world.turn_clock(MINUTE);
        }
        let locked = bank.post("", EMAILS, login_email(&bank, JO)).await;
        assert_eq!(locked.rejection(429), "codes_locked");
        let seconds: u64 = locked.header("retry-after").parse().expect("seconds");
        assert!((1..=1800).contains(&seconds), "{seconds}");
        // Another address is not.
        let other = bank.post("", EMAILS, login_email(&bank, "ana@example.com")).await;
        assert_eq!(other.status, 200, "{}", other.text());
        world.turn_clock(30 * MINUTE);
        assert_eq!(bank.post("", EMAILS, login_email(&bank, JO)).await.status, 200);
        let code = mailbox.emailed_code(&bank.app, JO).await;
        assert_eq!(bank.post("", &path, login_code(&bank, JO, &code)).await.status, 200);
    }

    async fn guesses_at_once_on_two_nodes_are_three(world) {
        let (bank, mailbox) = open_bank(world).await;
        let other = http::router(State::new(world.node(|_| {}).await));
        let opened = bank.post("", EMAILS, login_email(&bank, JO)).await;
        let code = mailbox.emailed_code(&bank.app, JO).await;
        let codes = (0..1_000_000).map(|number| format!("{number:06}"));
        let guesses: Vec<String> = codes.filter(|guess| *guess != code).take(300).collect();
        let guess = |(number, guess): (usize, &String)| {
            let router = if number % 2 == 0 { &bank.router } else { &other };
            let body = login_code(&bank, JO, guess).to_string();
            let call = request(Method::POST, "", &format!("{EMAILS}/validate"));
            send(router, call.map(|_| Body::from(body)))
        };
        let answers = join_all(guesses.iter().enumerate().map(guess)).await;
        let wrong = answers.iter().filter(|answer| answer.status == 400).count();
        assert_eq!(wrong, 3, "so many were compared");
        for answer in &answers {
            // So many at once are more than this database has connections for.
            assert!(matches!(answer.status, 400 | 409 | 410 | 429 | 503), "{}", answer.text());
        }
        let ended = validation(&bank, EMAILS, &id(&opened)).await;
        assert_eq!((&ended["status"], &ended["attempts"]), (&"failed".into(), &3.into()));
    }

    async fn codes_are_limited_over_all_nodes(world) {
        let (bank, _mailbox) = open_bank(world).await;
        let second = with_mailbox(world, world.node(|_| {}).await).await.0;
        let second = http::router(State::new(second));
        let ask = |router| {
            let body = login_email(&bank, JO).to_string();
            send(router, request(Method::POST, "", EMAILS).map(|_| Body::from(body)))
        };
        let asked = join_all((0..20).map(|number| {
            ask(if number % 2 == 0 { &bank.router } else { &second })
        }));
        let sent = asked.await.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(sent, 1, "one at once");
        for count in 2..=5 {
            world.turn_clock(MINUTE);
            let sent = ask(if count % 2 == 0 { &second } else { &bank.router }).await;
            assert_eq!(sent.status, 200, "{count}: {}", sent.text());
        }
        world.turn_clock(MINUTE);
        let over = ask(&second).await;
        assert_eq!(over.rejection(429), "too_many_codes");
        let seconds: i64 = over.header("retry-after").parse().expect("seconds");
        assert_eq!(seconds, 55 * 60, "until an hour after the first");
        // Another spelling is the same mailbox; another mailbox is not.
        let body = login_email(&bank, " JO@EXAMPLE.com ");
        assert_eq!(bank.post("", EMAILS, body).await.status, 429);
        let body = login_email(&bank, "ana@example.com");
        assert_eq!(bank.post("", EMAILS, body).await.status, 200);
        world.turn_clock(55 * MINUTE);
        assert_eq!(ask(&second).await.status, 200);
    }

    async fn a_new_code_replaces_the_old_one_and_both_expire(world) {
        let (bank, mailbox) = open_bank(world).await;
        let path = format!("{EMAILS}/validate");
        let opened = id(&bank.post("", EMAILS, login_email(&bank, JO)).await);
        let old = mailbox.emailed_code(&bank.app, JO).await;
        let wrong = login_code(&bank, JO, &another(&old));
        assert_eq!(bank.post("", &path, wrong).await.status, 400);
        world.turn_clock(MINUTE);
        let again = bank.post("", EMAILS, login_email(&bank, JO)).await.json();
        assert_eq!(again["data"]["_id"], opened.as_str());
        assert_eq!(validation(&bank, EMAILS, &opened).await["attempts"], 0);
        let new = mailbox.emailed_code(&bank.app, JO).await;
        assert_eq!(mailbox.emails().len(), 2);
        assert_ne!(old, new);
        assert_eq!(bank.post("", &path, login_code(&bank, JO, &old)).await.status, 400);
        world.turn_clock(10 * MINUTE);
        let late = bank.post("", &path, login_code(&bank, JO, &new)).await;
        assert_eq!(late.rejection(409), "CODE_EXPIRED");
        assert_eq!(message(&late), "emailValidation_has_expired");
        assert_eq!(bank.app.expire_contacts().await.expect("an end"), 1);
        assert_eq!(validation(&bank, EMAILS, &opened).await["status"], "expired");
        assert_eq!(bank.app.expire_contacts().await.expect("no more"), 0);
    }

    async fn a_text_goes_to_allowed_countries_through_the_gateway(world) {
        let (bank, mailbox) = open_bank(world).await;
        let ask = |code: &str, phone: &str| json!({
            "countryCode": code, "phone": phone, "project": bank.project,
            "projectFlow": bank.login_flow, "type": "login", "phoneGateway": "sms",
            "validationMethod": "verificationCode", "language": "es",
        });
        let other = bank.post("", PHONES, ask("+1", "2125550100")).await;
        assert_eq!(other.rejection(409), "country_not_allowed");
        // Digits that are no country's code and a number that begins with a zero would be compared as one
        // number, and dialled as another. Nobody has the others, or they are of a service.
        for (code, phone, parameter) in [
            ("+4", "0741234568", "countryCode"),
            ("+50", "76012345", "countryCode"),
            ("+57", "1234567", "phone"),
            ("+44", "9012345678", "phone"),
        ] {
            let wrong = bank.post("", PHONES, ask(code, phone)).await;
            assert_eq!(wrong.json()["details"][0]["parameter"], parameter, "{}", wrong.text());
        }
        assert!(mailbox.texts().is_empty());
        let opened = bank.post("", PHONES, ask("+57", "300 123 4567")).await;
        assert_eq!(opened.status, 200, "{}", opened.text());
        let code = mailbox.texted_code(&bank.app).await;
        let sent = mailbox.texts().concat();
        for part in ["authorization: Bearer gateway-secret", r#""to":"+573001234567""#, "tu código"] {
            assert!(sent.contains(part), "{part}: {sent}");
        }
        let bring = json!({
            "countryCode": "+57", "phone": "3001234567", "otp": code, "type": "login",
            "projectFlow": bank.login_flow, "authenticatorOTP": "",
        });
        let passed = bank.post("", &format!("{PHONES}/validate"), bring).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        let data = passed.json()["data"].clone();
        assert_eq!(data["appLogin"]["type"], "phone");
        assert_eq!(data["appLogin"]["name"], "+573001234567");
        let row = bank.get(&bank.token, &format!("{PHONES}?countryCode=%2B57&phone=3001234567")).await;
        assert_eq!(row.total(), 1);
    }

    async fn a_message_that_is_not_taken_is_tried_again_or_given_up(world) {
        let (bank, _mailbox) = open_bank(world).await;
        let ask = json!({
            "countryCode": "+57", "phone": "3001234567", "project": bank.project,
            "projectFlow": bank.login_flow, "type": "login",
        });
        let with_gateway = async |answer: &'static str| -> (App, Receiver) {
            let gateway = Receiver::answering(answer).await;
            let config = sending("/nowhere", &gateway.url());
            let config = verax_server::config::Config {
                email: Default::default(),
                ..config
            };
            let messenger = Messenger::new(&config).expect("right settings");
            (bank.app.clone().with_messenger(messenger), gateway)
        };
        let (busy, gateway) =
            with_gateway("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").await;
        let opened = id(&bank.post("", PHONES, ask.clone()).await);
        assert!(codes::send(&busy).await.is_err());
        assert_eq!(codes::send(&busy).await.ok(), Some(0), "its lease has not run out");
        world.turn_clock(31_000);
        assert!(codes::send(&busy).await.is_err());
        assert_eq!(gateway.requests().len(), 2);
        assert_eq!(validation(&bank, PHONES, &opened).await["status"], "new");
        let (wrong, gateway) =
            with_gateway("HTTP/1.1 400 Wrong number\r\ncontent-length: 0\r\n\r\n").await;
        world.turn_clock(31_000);
        assert_eq!(codes::send(&wrong).await.ok(), Some(1));
        assert_eq!(gateway.requests().len(), 1);
        let failed = validation(&bank, PHONES, &opened).await;
        assert_eq!(failed["status"], "failed");
        assert_eq!(failed["reason"], "the gateway answered 400");
        let bring = json!({
            "countryCode": "+57", "phone": "3001234567", "otp": "000000",
            "projectFlow": bank.login_flow,
        });
        let bring = bank.post("", &format!("{PHONES}/validate"), bring).await;
        assert_eq!(bring.rejection(409), "CODE_NOT_SENT");
    }

    async fn a_link_is_confirmed_by_its_button_and_by_nobody_who_opens_it(world) {
        let app = with_given_faces(world.app.clone(), "given");
        let (app, mailbox) = with_mailbox(world, app).await;
        let bank = Bank::with(world, app).await;
        let bank = with_setting(&bank, "http.public_url", "https://bank.example");
        let open = json!({
            "email": JO, "project": bank.project, "projectFlow": bank.flow, "type": "validation",
            "validationMethod": "oneTimeLink", "redirectUrl": "https://bank.example/welcome",
        });
        let opened = id(&bank.post(&bank.token, EMAILS, open).await);
        codes::send(&bank.app).await.expect("it is sent");
        let email = mailbox.emails().concat().replace("=\r\n", "").replace("=3D", "=");
        let begin = format!("https://bank.example/confirm-email/{opened}#");
        let (_, rest) = email.split_once(&begin).expect("the link");
        let code: String = rest.chars().take_while(|it| !it.is_whitespace()).collect();
        assert!(code.len() >= 43, "{code}");
        // A program that opens links gets a page, and has confirmed nothing.
        let page = bank.get("", &format!("/confirm-email/{opened}")).await;
        assert_eq!(page.status, 200);
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        assert!(page.text().contains("<button"));
        assert!(page.text().contains(r#"data-project="Bank" data-confirms="address""#));
        assert_eq!(validation(&bank, EMAILS, &opened).await["status"], "sent");
        // Its button brings the code, without a token.
        let path = format!("{EMAILS}/{opened}/validate");
        let wrong = bank.post("", &path, json!({ "verificationCode": "AAAA" })).await;
        assert_eq!(wrong.rejection(400), "INVALID_CODE");
        let passed = bank.post("", &path, json!({ "verificationCode": code })).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        assert_eq!(passed.json()["data"]["redirectUrl"], "https://bank.example/welcome");
        // What the link says is in no table.
        let stored = world.database_bytes().await;
        assert!(!stored.windows(code.len()).any(|bytes| bytes == code.as_bytes()));

        // One for a registration, which anybody may have begun with this address, says so.
        let (_, own) = bank.register("ana@example.com").await;
        let link = json!({ "validationMethod": "oneTimeLink", "language": "en" });
        let opened = id(&bank.post(&own, &format!("{EMAILS}/app-registration"), link).await);
        codes::send(&bank.app).await.expect("it is sent");
        let emails = mailbox.emails();
        let email = emails.iter().find(|it| it.contains("To: ana@")).expect("an email");
        assert!(email.contains("Bank: confirm that you have begun a registration"), "{email}");
        let page = bank.get("", &format!("/confirm-email/{opened}")).await;
        assert!(page.text().contains(r#"data-project="Bank" data-confirms="registration""#));
        let nowhere = bank.get("", "/confirm-email/nobody%00").await;
        assert!(nowhere.text().contains(r#"data-project="" data-confirms="address""#));
    }

    async fn a_login_by_code_may_need_the_face_besides(world) {
        let (bank, mailbox) = open_bank(world).await;
        let (registration, own) = bank.register(JO).await;
        let selfie = json!({ "image": take(face(1), 1), "os": "DESKTOP" });
        assert_eq!(bank.enrol(&own, selfie).await.status, 200);
        prove(&bank, &mailbox, &own, JO).await;
        assert_eq!(bank.finish(&registration, &own).await, "COMPLETED");
        world.turn_clock(MINUTE);
        let path = format!("/v3/project-flows/{}", bank.login_flow);
        let strict = json!({ "loginSettings": { "requires2FA": true } });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, strict).await.status, 200);
        let path = format!("{EMAILS}/validate");
        for (shot, of, status) in [(2, 2, 400), (3, 1, 200)] {
            // A stranger does not say that the code is enough.
            let mut open = login_email(&bank, JO);
            open["requires2FA"] = false.into();
            assert_eq!(bank.post("", EMAILS, open).await.status, 200);
            let code = mailbox.emailed_code(&bank.app, JO).await;
            let half = bank.post("", &path, login_code(&bank, JO, &code)).await.json();
            assert_eq!(half["data"]["appLogin"]["status"], "pending");
            assert_eq!(half["data"]["appLogin"]["appRegistration"], registration.as_str());
            let token = text(&half["data"]["token"]);
            assert_ne!(bank.post(&token, "/v2/auth/project-login", json!({})).await.status, 200);
            let asked = json!({ "project": bank.project, "type": "login" });
            let path = "/v2/biometric-validations/app-login";
            let second = bank.post(&token, path, asked.clone()).await;
            assert_eq!(second.status, 200, "{}", second.text());
            let session = text(&second.json()["data"]["token"]);
            let passed = bank.validate(&session, take(face(of), shot)).await;
            assert_eq!(passed.status, status, "{}", passed.text());
            if status == 200 {
                let over = bank.post(&token, path, asked).await;
                assert_eq!((over.status, message(&over).as_str()), (409, "login_is_over"));
                let login = text(&passed.json()["data"]["token"]);
                let exchanged = bank.post(&login, "/v2/auth/project-login", json!({})).await;
                assert_eq!(exchanged.status, 200, "{}", exchanged.text());
                let named = &exchanged.json()["data"]["appRegistration"]["_id"];
                assert_eq!(named, registration.as_str());
            }
            world.turn_clock(MINUTE);
        }
    }

    async fn nobody_brings_a_code_for_anothers_validation(world) {
        let (bank, mailbox) = open_bank(world).await;
        let opened = id(&bank.post("", EMAILS, login_email(&bank, JO)).await);
        let code = mailbox.emailed_code(&bank.app, JO).await;
        let other = world.token("globex").await;
        let path = format!("{EMAILS}/{opened}/validate");
        let bring = json!({ "otp": code });
        assert_eq!(bank.post(&other, &path, bring.clone()).await.status, 404);
        assert_eq!(bank.get(&other, &format!("{EMAILS}/{opened}")).await.status, 404);
        let (_, own) = bank.register(JO).await;
        assert_eq!(bank.post(&own, &path, bring.clone()).await.status, 404);
        assert_eq!(bank.get(&own, &format!("{EMAILS}/{opened}")).await.status, 403);
        let mut elsewhere = login_code(&bank, JO, &code);
        elsewhere["projectFlow"] = bank.flow.as_str().into();
        let elsewhere = bank.post("", &format!("{EMAILS}/validate"), elsewhere).await;
        assert_eq!(elsewhere.rejection(400), "INVALID_CODE");
        // Where a project is closed to strangers nothing is said.
        let shut = json!({ "allowAnonymous": false });
        let project = format!("/v3/projects/{}", bank.project);
        assert_eq!(bank.call(Method::PUT, &bank.token, &project, shut).await.status, 200);
        assert_eq!(bank.post("", &path, bring.clone()).await.status, 401);
        assert_eq!(bank.post("", EMAILS, login_email(&bank, JO)).await.status, 401);
        assert_eq!(bank.post("", EMAILS, json!({})).await.status, 401);
        // Its own client may always.
        let passed = bank.post(&bank.token, &path, bring).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
    }

    async fn a_stranger_asks_for_what_the_flow_is_for_and_names_no_way(world) {
        let (bank, _mailbox) = open_bank(world).await;
        for (name, value) in [
            ("type", json!("validation")),
            ("type", json!("oneTimeLink")),
            ("type", json!("onboarding")),
            ("projectFlow", json!(bank.flow)),
            ("project", json!("6b0b3c844b683916a4cb6460")),
        ] {
            let mut body = login_email(&bank, JO);
            body[name] = value;
            let answer = bank.post("", EMAILS, body.clone()).await;
            assert_eq!(answer.status, 401, "{body}: {}", answer.text());
        }
        let mut body = login_email(&bank, JO);
        body["redirectUrl"] = "https://evil.example/".into();
        let opened = bank.post("", EMAILS, body).await.json();
        let stored = validation(&bank, EMAILS, opened["data"]["_id"].as_str().expect("an id")).await;
        assert_eq!(stored.get("redirectUrl"), None);
        let mut body = login_email(&bank, "ana@example.com");
        body["webhookUrl"] = "https://evil.example/".into();
        let rejected = bank.post("", EMAILS, body).await;
        assert_eq!(rejected.status, 409, "{}", rejected.text());
        let told: HashSet<String> = rejected.json()["details"]
            .as_array()
            .expect("details")
            .iter()
            .map(|detail| text(&detail["parameter"]))
            .collect();
        assert_eq!(told, HashSet::from(["webhookUrl".to_owned()]));
    }

    async fn nothing_leaves_a_sandbox_and_its_client_is_told_the_code(world) {
        let (bank, mailbox) = open_bank(world).await;
        let live = bank.token.clone();
        let sandbox = crate::sandboxes::sandbox_token(world).await;
        let mut twin = Bank { token: sandbox, ..bank.clone() };
        let own = twin.token.clone();
        let project = json!({ "name": "Bank", "allowedCountries": ["All"] });
        twin.project = id(&twin.post(&own, "/v3/projects", project).await);
        let flow = json!({ "project": twin.project, "type": "login", "status": "active" });
        twin.login_flow = id(&twin.post(&own, "/v2/project-flows", flow).await);
        let opened = twin.post(&own, EMAILS, login_email(&twin, JO)).await.json();
        let code = text(&opened["data"]["verificationCode"]);
        codes::send(&twin.app).await.expect("nothing to send");
        assert!(mailbox.emails().is_empty());
        let of = text(&opened["data"]["_id"]);
        assert_eq!(validation(&twin, EMAILS, &of).await["status"], "sent");
        let path = format!("{EMAILS}/validate");
        let passed = twin.post(&own, &path, login_code(&twin, JO, &code)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        for (email, status, code) in [
            ("a+sent_failed@example.com", 409, "CODE_NOT_SENT"),
            ("a+expired@example.com", 409, "CODE_EXPIRED"),
            ("a+max_attempts@example.com", 410, "MAX_ATTEMPTS_EXCEEDED"),
        ] {
            let opened = twin.post(&own, EMAILS, login_email(&twin, email)).await;
            assert_eq!(opened.status, 200, "{}", opened.text());
            codes::send(&twin.app).await.expect("nothing to send");
            let right = opened.json()["data"]["verificationCode"].clone();
            let right = login_code(&twin, email, right.as_str().expect("a code"));
            assert_eq!(twin.post(&own, &path, right).await.rejection(status), code, "{email}");
        }
        // Outside of a sandbox such an address is one as any other, and nobody is told a code.
        let plain = bank.post(&live, EMAILS, login_email(&bank, "a+expired@example.com")).await;
        assert_eq!(plain.json()["data"].get("verificationCode"), None);
        let code = mailbox.emailed_code(&bank.app, "a+expired@example.com").await;
        let bring = login_code(&bank, "a+expired@example.com", &code);
        assert_eq!(bank.post("", &path, bring).await.status, 200);
    }

    async fn without_a_mail_server_nothing_is_promised(world) {
        let bank = Bank::open(world).await;
        let answer = bank.post(&bank.token, EMAILS, login_email(&bank, JO)).await;
        assert_eq!(answer.rejection(409), "messages_not_set");
        let list = bank.get(&bank.token, EMAILS).await;
        assert_eq!(list.total(), 0);
    }
}
