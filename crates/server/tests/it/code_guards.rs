//! Whoever tries to get more out of codes than is theirs: another's mailbox, another's proof, what is known of
//! an address, and what is there to send.

use axum::http::Method;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};
use verax_domain::records::app_registration::ContactDetails;
use verax_server::jobs::codes;
use verax_store::Batch;

use crate::bank::{Bank, REGISTRATIONS, id, text};
use crate::codes::{
    EMAILS, JO, MINUTE, another, login_code, login_email, message, open_bank, prove, validation,
    with_setting,
};

on_both_databases! {
    async fn a_code_goes_to_the_mailbox_that_is_typed_and_to_no_other(world) {
        let (bank, mailbox) = open_bank(world).await;
        for email in [
            "jo@straße-bank.example", "strauß@example.com", "o\u{fb00}@example.com",
            "\u{ff4a}o@example.com", "jo@\u{ff45}.example",
            "x,victim2@e.example", "a@b..c",
        ] {
            for token in ["", &bank.token] {
                let answer = bank.post(token, EMAILS, login_email(&bank, email)).await;
                assert_eq!(answer.rejection(400), "INVALID_PARAMETERS", "{email}");
                let detail = answer.json()["details"][0].clone();
                assert_eq!(detail["parameter"], "email");
                assert!(text(&detail["message"]).contains("write the domain as xn--"), "{detail}");
            }
        }
        let (registration, own) = bank.register("jo@straße.example").await;
        let open = bank.post(&own, &format!("{EMAILS}/app-registration"), json!({})).await;
        assert_eq!(open.rejection(400), "INVALID_PARAMETERS");
        // Nor does the mailbox of another one prove it.
        let other = json!({ "email": "jo@strasse.example" });
        let other = bank.post(&own, &format!("{EMAILS}/app-registration"), other).await;
        assert_eq!(message(&other), "contact_is_another");
        // What was proved before by an older version, and what its client completes, is nobody else's either.
        world.execute("UPDATE app_registrations SET email_validation = 'old'").await;
        let path = format!("{REGISTRATIONS}/{registration}/sync");
        let done = json!({ "step": "adminOverride", "status": "COMPLETED" });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, done).await.status, 200);
        assert!(mailbox.emails().is_empty());
        for email in ["jo@xn--strae-oqa.example", "jo@strasse.example"] {
            let opened = bank.post("", EMAILS, login_email(&bank, email)).await;
            assert_eq!(opened.status, 200, "{}", opened.text());
            let code = mailbox.emailed_code(&bank.app, email).await;
            let path = format!("{EMAILS}/validate");
            let passed = bank.post("", &path, login_code(&bank, email, &code)).await.json();
            assert!(passed["data"]["appLogin"]["appRegistration"].is_null(), "{passed}");
        }
    }

    async fn a_login_names_no_registration_that_only_typed_the_contact(world) {
        let (bank, mailbox) = open_bank(world).await;
        for (email, proves) in [("ana@example.com", false), (JO, true)] {
            let (registration, own) = bank.register(email).await;
            if proves {
                prove(&bank, &mailbox, &own, email).await;
            }
            let path = format!("{REGISTRATIONS}/{registration}/sync");
            let done = json!({ "step": "adminOverride", "status": "COMPLETED" });
            assert_eq!(bank.call(Method::PUT, &bank.token, &path, done).await.status, 200);
            world.turn_clock(MINUTE);
            assert_eq!(bank.post("", EMAILS, login_email(&bank, email)).await.status, 200);
            let code = mailbox.emailed_code(&bank.app, email).await;
            let path = format!("{EMAILS}/validate");
            let passed = bank.post("", &path, login_code(&bank, email, &code)).await.json();
            let named = passed["data"]["appLogin"]["appRegistration"].clone();
            assert_eq!(named, if proves { json!(registration) } else { Value::Null });
        }
    }

    async fn a_stranger_learns_nothing_of_an_address_by_bringing_codes(world) {
        let (bank, mailbox) = open_bank(world).await;
        let path = format!("{EMAILS}/validate");
        assert_eq!(bank.post("", EMAILS, login_email(&bank, JO)).await.status, 200);
        let code = mailbox.emailed_code(&bank.app, JO).await;
        let passed = bank.post("", &path, login_code(&bank, JO, &code)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        let late = bank.post("", EMAILS, login_email(&bank, "ana@example.com")).await;
        assert_eq!(late.status, 200, "{}", late.text());
        let never = bank.post("", &path, login_code(&bank, "never@example.com", "000000")).await;
        assert_eq!((never.rejection(400).as_str(), message(&never).as_str()), ("INVALID_CODE", "otp_does_not_match"));
        let never = (never.status, never.json());
        let validated = bank.post("", &path, login_code(&bank, JO, "000000")).await;
        assert_eq!((validated.status, validated.json()), never);
        // Of one that was asked for lately it is told that it has expired: whoever asks can bring that about.
        world.turn_clock(11 * MINUTE);
        let ana = async || bank.post("", &path, login_code(&bank, "ana@example.com", "000000")).await;
        assert_eq!(ana().await.rejection(409), "CODE_EXPIRED");
        world.turn_clock(10 * MINUTE);
        let expired = ana().await;
        assert_eq!((expired.status, expired.json()), never);
        // Its own client is told.
        let own = login_code(&bank, "never@example.com", "000000");
        assert_eq!(bank.post(&bank.token, &path, own).await.status, 404);
        // Each was counted as a wrong code is.
        let max = bank.app.config.now().logins.failures_per_address_max;
        for guess in 3..max {
            let code = login_code(&bank, &format!("x{guess}@example.com"), "000000");
            assert_eq!(bank.post("", &path, code).await.status, 400, "{guess}");
        }
        let locked = bank.post("", &path, login_code(&bank, "y@example.com", "000000")).await;
        assert_eq!(locked.rejection(429), "codes_locked");
    }

    async fn nobody_weakens_what_another_has_asked_for(world) {
        let (bank, mailbox) = open_bank(world).await;
        let first = id(&bank.post("", EMAILS, login_email(&bank, JO)).await);
        world.turn_clock(MINUTE);
        let mut asked = login_email(&bank, JO);
        for (name, value) in [
            ("requires2FA", json!(true)), ("redirectUrl", json!("https://bank.example/in")),
            ("ipAddress", json!("192.0.2.1")),
        ] {
            asked[name] = value;
        }
        let own = bank.post(&bank.token, EMAILS, asked.clone()).await;
        let own = own.json()["data"].clone();
        let own_id = text(&own["_id"]);
        assert_ne!(own_id, first);
        for name in ["requires2FA", "redirectUrl", "ipAddress"] {
            assert_eq!(own[name], asked[name], "{name}");
        }
        assert_eq!(validation(&bank, EMAILS, &first).await["status"], "expired");
        // The code of the first is not taken any more, and not sent where it waits.
        codes::send(&bank.app).await.expect("all is sent");
        assert_eq!(mailbox.emails().len(), 1);
        // The same again is the same validation.
        world.turn_clock(MINUTE);
        let again = bank.post(&bank.token, EMAILS, asked).await;
        assert_eq!(id(&again), own_id);
        world.turn_clock(MINUTE);
        let strangers = id(&bank.post("", EMAILS, login_email(&bank, JO)).await);
        assert_ne!(strangers, own_id);
        assert_eq!(validation(&bank, EMAILS, &own_id).await["status"], "expired");
        let stored = validation(&bank, EMAILS, &strangers).await;
        assert_eq!((&stored["requires2FA"], stored.get("redirectUrl")), (&json!(true), None));
        // Nor by ending it with wrong codes.
        let code = mailbox.emailed_code(&bank.app, JO).await;
        let path = format!("{EMAILS}/validate");
        for _ in 0..3 {
            let wrong = bank.post("", &path, login_code(&bank, JO, &another(&code))).await;
            assert_eq!(wrong.rejection(400), "INVALID_CODE");
        }
        world.turn_clock(MINUTE);
        assert_eq!(bank.post("", EMAILS, login_email(&bank, JO)).await.status, 200);
        let code = mailbox.emailed_code(&bank.app, JO).await;
        let half = bank.post("", &path, login_code(&bank, JO, &code)).await.json();
        assert_eq!(half["data"]["appLogin"]["status"], "pending", "{half}");
    }

    async fn strangers_use_up_nothing_of_a_clients_own(world) {
        let (bank, _mailbox) = open_bank(world).await;
        let bank = with_setting(&bank, "codes.per_project_hour", "4");
        let ask = async |token: &str, email: &str| {
            bank.post(token, EMAILS, login_email(&bank, email)).await
        };
        for email in [JO, "ana@example.com"] {
            assert_eq!(ask("", email).await.status, 200, "{email}");
        }
        assert_eq!(ask("", "al@example.com").await.rejection(429), "too_many_codes");
        for email in ["al@example.com", "mo@example.com"] {
            assert_eq!(ask(&bank.token, email).await.status, 200, "{email}");
        }
        assert_eq!(ask(&bank.token, "eve@example.com").await.rejection(429), "too_many_codes");
        // Of another project nothing is used up, of the same contact neither.
        let project = json!({ "name": "Inside" });
        let project = id(&bank.post(&bank.token, "/v3/projects", project).await);
        let flow = json!({ "project": project, "type": "login", "status": "active" });
        let flow = id(&bank.post(&bank.token, "/v2/project-flows", flow).await);
        let inside = Bank { project, login_flow: flow, ..bank.clone() };
        let own = inside.post(&inside.token, EMAILS, login_email(&inside, JO)).await;
        assert_eq!(own.status, 200, "{}", own.text());
    }

    async fn an_address_has_its_own_proof_alone(world) {
        let (bank, mailbox) = open_bank(world).await;
        for round in 0..6 {
            let (mine, other) = (format!("mine{round}@e.example"), format!("other{round}@e.example"));
            let (registration, own) = bank.register(&other).await;
            let path = format!("{REGISTRATIONS}/{registration}");
            let own = own.as_str();
            let put = |email: &str| bank.call(Method::PUT, own, &path, json!({ "email": email })).boxed();
            assert_eq!(put(&mine).await.status, 200);
            let opened = bank.post(own, &format!("{EMAILS}/app-registration"), json!({})).await;
            assert_eq!(opened.status, 200, "{}", opened.text());
            let code = mailbox.emailed_code(&bank.app, &mine).await;
            assert_eq!(put(&other).await.status, 200);
            // Proved while it is changed back, and away again by who has read it before.
            let bring = json!({ "email": mine, "otp": code });
            let validate = || bank.post(own, "/v2/email-validations/validate", bring.clone()).boxed();
            let spelt = other.to_uppercase();
            let calls = [put(&mine), put(&other), validate(), put(&spelt), validate(), put(&other)];
            for answer in join_all(calls).await {
                assert!(answer.status < 500, "{}", answer.text());
            }
            let shown = format!("{path}?populates[]=emailValidation");
            let shown = bank.get(&bank.token, &shown).await.json()["data"].clone();
            let proved = &shown["emailValidation"]["email"];
            assert!(proved.is_null() || *proved == shown["email"], "{shown}");
        }
    }

    async fn a_change_of_what_was_read_before_is_none_of_what_is_there(world) {
        let (bank, _mailbox) = open_bank(world).await;
        let (registration, _) = bank.register(JO).await;
        let now = bank.app.clock.now();
        for (email, fits) in [(JO, true), ("before@example.com", false), ("JO@example.com", false)] {
            let read = ContactDetails { email: Some(email.to_owned()), ..ContactDetails::default() };
            let mut batch = Batch::default();
            batch.require_contact("acme", &registration, &read, now);
            let done = bank.app.database.commit(batch).await;
            assert_eq!(done.is_ok(), fits, "{email}");
        }
    }
}
