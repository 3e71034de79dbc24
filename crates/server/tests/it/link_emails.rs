//! Links of registrations, sent by email.

use axum::http::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::bank::{Bank, REGISTRATIONS, text};
use crate::emails::{
    PRIVATE, newest, on, open_bank, saved, twin_of, with_closed_mail_server, with_pages,
};
use crate::mailbox::with_mailbox;

const JO: &str = "jo@example.com";
const MINUTE: i64 = 60_000;

async fn resend(bank: &Bank, registration: &str, body: Value) -> Answer {
    let path = format!("{REGISTRATIONS}/{registration}/resend-link");
    bank.post(&bank.token, &path, body).await
}

on_both_databases! {
    async fn a_link_goes_to_the_address_of_its_registration(world) {
        let (bank, mailbox) = open_bank(world).await;
        let (registration, old) = bank.register(JO).await;
        let path = format!("{REGISTRATIONS}/{registration}");
        let spanish = json!({ "language": "es" });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, spanish).await.status, 200);
        let sent = resend(&bank, &registration, json!({ "sendEmail": "true" })).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        let data = sent.json()["data"].clone();
        assert_eq!((&data["emailSent"], data.get("emailReason")), (&true.into(), None));
        let email = newest(&mailbox);
        assert!(email.contains("To: jo@example.com") && email.contains("tu registro en Bank"), "{email}");
        let (link, token) = (text(&data["link"]), text(&data["token"]));
        assert_eq!(link, format!("https://bank.example/sign-up/{}?token={token}", bank.project));
        assert!(email.contains(&format!("<a href=\"{link}\">")) && email.contains("30 minutos"));
        let me = format!("{REGISTRATIONS}/me");
        assert_eq!(bank.get(&token, &me).await.json()["data"]["_id"], registration.as_str());
        bank.get(&old, &me).await.rejection(401);
        // The link is in no table: not whole, and not its token.
        let stored = world.database_bytes().await;
        let signature = token.rsplit('.').next().expect("a signature").as_bytes();
        assert!(!stored.windows(signature.len()).any(|bytes| bytes == signature));
        // In the flow's own words.
        saved(&bank, json!({ "registration": { "es": { "html": "<a class=mine href=\"{link}\">Sigue</a>" } } })).await;
        world.turn_clock(MINUTE);
        let data = resend(&bank, &registration, json!({ "sendEmail": true })).await.json()["data"].clone();
        assert!(newest(&mailbox).contains(&format!("<a class=mine href=\"{}\">Sigue", text(&data["link"]))));
        // Whoever does not ask for an email gets none.
        let data = resend(&bank, &registration, json!({})).await.json()["data"].clone();
        assert_eq!(data["emailSent"], false);
        assert_eq!(mailbox.emails().len(), 2);
    }

    async fn links_by_email_are_limited_as_codes_are(world) {
        let (bank, mailbox) = open_bank(world).await;
        let (registration, _) = bank.register(JO).await;
        let ask = json!({ "sendEmail": true });
        let data = resend(&bank, &registration, ask.clone()).await.json()["data"].clone();
        let token = text(&data["token"]);
        let again = resend(&bank, &registration, ask.clone()).await;
        assert_eq!(again.rejection(429), "too_many_codes");
        assert_eq!(again.header("retry-after"), "30");
        // The link that was sent is as good as before.
        assert_eq!(bank.get(&token, &format!("{REGISTRATIONS}/me")).await.status, 200);
        for _ in 2..=5 {
            world.turn_clock(MINUTE);
            assert_eq!(resend(&bank, &registration, ask.clone()).await.status, 200);
        }
        world.turn_clock(MINUTE);
        assert_eq!(resend(&bank, &registration, ask.clone()).await.rejection(429), "too_many_codes");
        // By hand it goes on.
        assert_eq!(resend(&bank, &registration, json!({})).await.status, 200);
        assert_eq!(mailbox.emails().len(), 5);
        world.turn_clock(60 * MINUTE);
        let done = json!({ "step": "end", "status": "COMPLETED" });
        let path = format!("{REGISTRATIONS}/{registration}/sync");
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, done).await.status, 200);
        let over = resend(&bank, &registration, ask).await;
        assert_eq!(over.rejection(409), "cannot_resend_link_for_this_status");
        assert_eq!(mailbox.emails().len(), 5);
    }

    async fn a_link_that_no_mail_server_takes_is_the_clients_to_pass_on(world) {
        let (bank, _mailbox) = open_bank(world).await;
        let (registration, old) = bank.register(JO).await;
        let closed = with_closed_mail_server(&bank).await;
        let sent = resend(&closed, &registration, json!({ "sendEmail": true })).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        let data = sent.json()["data"].clone();
        assert_eq!(data["emailSent"], false);
        assert_eq!(data["emailReason"], "the mail server answered 554");
        assert!(!sent.text().contains(PRIVATE) && !sent.text().contains("mail-password"));
        let me = format!("{REGISTRATIONS}/me");
        assert_eq!(bank.get(&text(&data["token"]), &me).await.status, 200);
        bank.get(&old, &me).await.rejection(401);
    }

    async fn a_sandboxs_link_does_not_leave_it(world) {
        let (bank, mailbox) = open_bank(world).await;
        let twin = twin_of(world, &bank).await;
        let (registration, _) = twin.register(JO).await;
        let sent = resend(&twin, &registration, json!({ "sendEmail": true })).await;
        let data = sent.json()["data"].clone();
        assert_eq!(data["emailSent"], false);
        assert_eq!(data["emailReason"], "nothing leaves a sandbox");
        assert!(mailbox.emails().is_empty());
    }

    async fn a_link_that_cannot_be_sent_changes_nothing(world) {
        let bank = Bank::with(world, with_pages(world.app.clone())).await;
        let (registration, own) = bank.register(JO).await;
        let ask = json!({ "sendEmail": true });
        let answer = resend(&bank, &registration, ask.clone()).await;
        assert_eq!(answer.rejection(409), "messages_not_set");
        // Without pages there is nothing that a link in an email could lead to.
        let (app, mailbox) = with_mailbox(world, world.app.clone()).await;
        let bank = on(&bank, app);
        let answer = resend(&bank, &registration, ask.clone()).await;
        assert_eq!(answer.rejection(409), "messages_not_set");
        // Nor is there an address of everybody.
        let bank = on(&bank, with_pages(bank.app.clone()));
        let phone = json!({
            "project": bank.project, "projectFlow": bank.flow, "phone": "3001234567", "countryCode": "+57",
        });
        let phone = bank.post(&bank.token, REGISTRATIONS, phone).await.json()["data"].clone();
        let without = text(&phone["appRegistration"]["_id"]);
        // What is not in ASCII may be read as another mailbox.
        let (other, _) = bank.register("jó@example.com").await;
        for registration in [&without, &other] {
            let answer = resend(&bank, registration, ask.clone()).await;
            assert_eq!(answer.rejection(409), "Conflict");
            assert_eq!(answer.json()["message"], "email_not_set");
        }
        // Nothing has changed, and nothing was sent.
        let me = format!("{REGISTRATIONS}/me");
        assert_eq!(bank.get(&own, &me).await.status, 200);
        assert_eq!(bank.get(&text(&phone["token"]), &me).await.status, 200);
        assert!(mailbox.emails().is_empty());
    }
}
