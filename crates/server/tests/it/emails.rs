//! Emails in a flow's own words, and tests of them.

use axum::http::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use verax_domain::Scope;
use verax_domain::resources::PROJECT_FLOWS;
use verax_server::app::App;
use verax_server::app::settings::Settings;
use verax_server::http::{self, State};
use verax_server::jobs::codes;
use verax_server::messages::Messenger;

use crate::answer::Answer;
use crate::bank::{Bank, id, text};
use crate::mailbox::{Mailbox, sending, with_mailbox};
use crate::world::World;

const EMAILS: &str = "/v2/email-validations";
const JO: &str = "jo@example.com";
const MINUTE: i64 = 60_000;
/// What a mail server says that nobody else is to know.
pub const PRIVATE: &str = "internal-relay.example";

/// A bank with pages that links lead to, and what it sends.
pub async fn open_bank(world: &World) -> (Bank, Mailbox) {
    let (app, mailbox) = with_mailbox(world, world.app.clone()).await;
    (Bank::with(world, with_pages(app)).await, mailbox)
}

pub fn with_pages(app: App) -> App {
    let shared = app.config.now().with("http.public_url", "https://bank.example");
    App { config: Settings::new(shared.expect("a setting")), ..app }
}

/// The same bank on a server whose mail server takes nothing, and says more than others may know.
pub async fn with_closed_mail_server(bank: &Bank) -> Bank {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(format!("554 {PRIVATE} is closed\r\n").as_bytes()).await;
        }
    });
    let mut config = sending("/nowhere", "http://127.0.0.1:1/");
    config.email.url = format!("smtp://user:mail-password@127.0.0.1:{port}").into();
    let messenger = Messenger::new(&config).expect("right settings");
    on(bank, bank.app.clone().with_messenger(messenger))
}

/// The same bank on another app.
pub fn on(bank: &Bank, app: App) -> Bank {
    let router = http::router(State::new(app.clone()));
    Bank { app, router, ..bank.clone() }
}

/// The same bank in its client's sandbox.
pub async fn twin_of(world: &World, bank: &Bank) -> Bank {
    let mut twin = Bank { token: crate::sandboxes::sandbox_token(world).await, ..bank.clone() };
    let own = twin.token.clone();
    twin.project = id(&twin.post(&own, "/v3/projects", json!({ "name": "Bank" })).await);
    let flow = json!({ "project": twin.project, "type": "onboarding" });
    twin.flow = id(&twin.post(&own, "/v2/project-flows", flow).await);
    twin
}

async fn save(bank: &Bank, templates: Value) -> Answer {
    let path = format!("/v2/project-flows/{}", bank.flow);
    bank.call(Method::PUT, &bank.token, &path, json!({ "emailTemplates": templates })).await
}

pub async fn saved(bank: &Bank, templates: Value) {
    let answer = save(bank, templates).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A code, or a link, to this address in the bank's flow.
async fn ask(bank: &Bank, email: &str, method: &str, language: &str) -> String {
    let body = json!({
        "email": email, "project": bank.project, "projectFlow": bank.flow, "type": "onboarding",
        "validationMethod": method, "language": language,
    });
    let opened = id(&bank.post(&bank.token, EMAILS, body).await);
    codes::send(&bank.app).await.expect("it is sent");
    opened
}

async fn test(bank: &Bank, body: Value) -> Answer {
    bank.post(&bank.token, &format!("/v2/project-flows/{}/test-email", bank.flow), body).await
}

/// The newest email, its lines and letters as they were written.
pub fn newest(mailbox: &Mailbox) -> String {
    let email = mailbox.emails().pop().expect("an email").replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = email.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'=').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).expect("an email in UTF-8")
}

fn parameters(answer: &Answer) -> Vec<String> {
    let details = answer.json()["details"].clone();
    details.as_array().expect("details").iter().map(|it| text(&it["parameter"])).collect()
}

on_both_databases! {
    async fn an_email_is_sent_in_the_words_of_its_flow(world) {
        let (bank, mailbox) = open_bank(world).await;
        let name = json!({ "name": "<b>Bank</b> & {code}" });
        let path = format!("/v3/projects/{}", bank.project);
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, name).await.status, 200);
        saved(&bank, json!({
            "code": {
                "en": {
                    "subject": "{project} lets you in",
                    "html": "<style>p { color: red }</style><p title=\"{project}\">CODE-{code}, {minutes}</p>",
                    "text": "Plain {code} of {project} for {minutes}",
                },
                "es": { "subject": "Entra" },
            },
            "link": { "en": { "html": "<a class=mine href=\"{link}\">{project}</a>" } },
        })).await;
        ask(&bank, JO, "verificationCode", "en").await;
        let email = newest(&mailbox);
        assert!(email.contains("Subject: <b>Bank</b> & {code} lets you in\r\n"), "{email}");
        assert!(email.contains("<style>p { color: red }</style>"), "{email}");
        let title = "<p title=\"&lt;b&gt;Bank&lt;/b&gt; &amp; {code}\">CODE-";
        let (_, html) = email.split_once(title).expect("its HTML");
        assert!(html[..6].bytes().all(|it| it.is_ascii_digit()) && html[6..].starts_with(", 10</p>"));
        let plain = format!("Plain {} of <b>Bank</b> & {{code}} for 10", &html[..6]);
        assert!(email.contains(&plain), "{email}");
        // What a language does not say is said in the server's own words, in that language.
        ask(&bank, "ana@example.com", "verificationCode", "es").await;
        let email = newest(&mailbox);
        assert!(email.contains("Subject: Entra\r\n") && email.contains("Tu código para"), "{email}");
        ask(&bank, "rui@example.com", "verificationCode", "pt").await;
        let email = newest(&mailbox);
        assert!(email.contains("O seu código para") && !email.contains("CODE-"), "{email}");
        let opened = ask(&bank, "eve@example.com", "oneTimeLink", "en").await;
        let email = newest(&mailbox);
        let link = format!("<a class=mine href=\"https://bank.example/confirm-email/{opened}#");
        assert!(email.contains(&link) && !email.contains("CODE-"), "{email}");
    }

    async fn a_template_that_is_good_for_nothing_is_rejected_by_its_name(world) {
        let (bank, _mailbox) = open_bank(world).await;
        let wrong = json!({
            "code": {
                "en": { "subject": "a\nBcc: x@example.com", "html": "<p>hello</p>", "text": "{code} {name}" },
                "es": { "subject": "a".repeat(201), "text": "x".repeat(32_769) },
                "pt": "{code}",
            },
            "link": { "en": { "html": "{code}", "text": "{{link}}", "subject": "{link}" } },
            "registration": 5,
        });
        let rejected = save(&bank, wrong.clone()).await;
        assert_eq!(rejected.rejection(400), "INVALID_PARAMETERS");
        assert_eq!(parameters(&rejected), [
            "emailTemplates.code.en.subject", "emailTemplates.code.en.html",
            "emailTemplates.code.en.text", "emailTemplates.code.es.subject",
            "emailTemplates.code.es.text", "emailTemplates.code.pt",
            "emailTemplates.link.en.subject", "emailTemplates.link.en.html",
            "emailTemplates.link.en.text", "emailTemplates.registration",
        ]);
        let messages = rejected.json()["details"].to_string();
        assert!(messages.contains("must have the placeholder {code}"), "{messages}");
        assert!(messages.contains("has the unknown placeholder {name}: there are {project}, {code}"));
        let flow = json!({ "project": bank.project, "type": "login", "emailTemplates": wrong });
        let made = bank.post(&bank.token, "/v2/project-flows", flow.clone()).await;
        assert_eq!(parameters(&made), parameters(&rejected));
        let project = json!({ "projectFlow": { "emailTemplates": { "code": { "en": { "html": "x" } } } } });
        let path = format!("/v3/projects/{}", bank.project);
        let changed = bank.call(Method::PUT, &bank.token, &path, project).await;
        assert_eq!(parameters(&changed), ["projectFlow.emailTemplates.code.en.html"]);
        // Of ours what is not known is ignored, and named; what is another's is kept.
        let kept = json!({
            "design": { "html": "<p>hello</p>", "body": [1, 2] },
            "code": { "fr": { "text": "{code}" }, "en": { "text": "{code}", "title": "x" } },
        });
        let answer = save(&bank, kept).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let ignored = answer.header("x-ignored-parameters");
        for name in ["emailTemplates.code.fr", "emailTemplates.code.en.title"] {
            assert!(ignored.contains(name), "{ignored}");
        }
        assert_eq!(answer.json()["data"]["emailTemplates"], json!({
            "design": { "html": "<p>hello</p>", "body": [1, 2] },
            "code": { "en": { "text": "{code}" } },
        }));
    }

    async fn an_imported_template_that_says_no_code_is_not_used(world) {
        let (bank, mailbox) = open_bank(world).await;
        let row = json!({
            "_id": bank.flow, "client": "acme", "project": bank.project, "type": "onboarding",
            "emailTemplates": { "code": { "en": { "subject": "Hi", "html": "<p>nothing</p>" } } },
        });
        world.store(&PROJECT_FLOWS, &[row]).await;
        ask(&bank, JO, "verificationCode", "en").await;
        let email = newest(&mailbox);
        assert!(email.contains("Subject: Hi\r\n") && !email.contains("nothing"), "{email}");
        assert!(email.contains("Your code for Bank is:"), "{email}");
    }

    async fn a_test_email_says_what_its_flow_says_with_example_values(world) {
        let (bank, mailbox) = open_bank(world).await;
        saved(&bank, json!({
            "code": { "en": { "html": "<p>CODE-{code}</p>" } },
            "registration": { "pt": { "text": "Vamos: {link}" } },
        })).await;
        let sent = test(&bank, json!({ "email": JO })).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        assert_eq!(sent.json(), json!({ "success": true, "data": {
            "sent": true, "email": JO, "template": "code", "language": "en",
        } }));
        let email = newest(&mailbox);
        assert!(email.contains("To: jo@example.com") && email.contains("<p>CODE-000000</p>"), "{email}");
        for (template, language, part) in [
            ("registration", "pt", "Vamos: https://example.invalid/"),
            ("registration", "es", "Abre este enlace para continuar tu registro en Bank"),
            ("registration", "en", "Open this link to continue your registration with Bank"),
            ("link", "pt", "Abra este link e clique"),
        ] {
            world.turn_clock(MINUTE);
            let body = json!({ "email": JO, "template": template, "language": language });
            let sent = test(&bank, body).await;
            assert_eq!(sent.json()["data"]["sent"], true, "{}", sent.text());
            let email = newest(&mailbox);
            assert!(email.contains(part) && email.contains("https://example.invalid/"), "{email}");
        }
        assert_eq!(bank.get(&bank.token, EMAILS).await.total(), 0, "nothing is validated by it");
    }

    async fn a_test_email_is_for_who_may_change_the_flow(world) {
        let (bank, mailbox) = open_bank(world).await;
        let (_, own) = bank.register(JO).await;
        let path = format!("/v2/project-flows/{}/test-email", bank.flow);
        let body = json!({ "email": JO });
        assert_eq!(bank.post("", &path, body.clone()).await.status, 401);
        bank.post(&own, &path, body.clone()).await.rejection(403);
        let reading = world.token_with("acme", Some(vec![Scope::ReadValidations]), false).await;
        bank.post(&reading, &path, body.clone()).await.rejection(403);
        let stranger = world.token("globex").await;
        bank.post(&stranger, &path, body).await.rejection(404);
        for (body, name) in [
            (json!({}), "email"),
            (json!({ "email": "nobody" }), "email"),
            (json!({ "email": "jó@example.com" }), "email"),
            (json!({ "email": JO, "template": "poem" }), "template"),
            (json!({ "email": JO, "language": "fr" }), "language"),
        ] {
            let rejected = test(&bank, body).await;
            assert_eq!(rejected.rejection(400), "INVALID_PARAMETERS");
            assert_eq!(parameters(&rejected), [name]);
        }
        assert!(mailbox.emails().is_empty());
    }

    async fn test_emails_are_limited_as_codes_are(world) {
        let (bank, mailbox) = open_bank(world).await;
        assert_eq!(test(&bank, json!({ "email": JO })).await.status, 200);
        let again = test(&bank, json!({ "email": " JO@example.com" })).await;
        assert_eq!(again.rejection(429), "too_many_codes");
        assert_eq!(again.header("retry-after"), "30");
        // It is one counter with that of codes.
        let code = json!({ "email": JO, "project": bank.project, "projectFlow": bank.flow, "type": "validation" });
        assert_eq!(bank.post(&bank.token, EMAILS, code).await.rejection(429), "too_many_codes");
        // A client's are few, whomever they go to.
        for number in 1..30 {
            let sent = test(&bank, json!({ "email": format!("jo{number}@example.com") })).await;
            assert_eq!(sent.status, 200, "{number}: {}", sent.text());
        }
        let over = test(&bank, json!({ "email": "ana@example.com" })).await;
        assert_eq!(over.rejection(429), "too_many_codes");
        assert_eq!(over.header("retry-after"), "3600");
        assert_eq!(mailbox.emails().len(), 30);
        world.turn_clock(60 * MINUTE);
        assert_eq!(test(&bank, json!({ "email": JO })).await.status, 200);
    }

    async fn what_a_mail_server_does_not_take_is_told_without_its_words(world) {
        let (bank, _mailbox) = open_bank(world).await;
        let closed = with_closed_mail_server(&bank).await;
        let rejected = test(&closed, json!({ "email": JO })).await;
        assert_eq!(rejected.rejection(409), "EMAIL_NOT_SENT");
        let error = "The email was not sent: the mail server answered 554.";
        assert_eq!(rejected.json()["error"], error);
        assert!(!rejected.text().contains(PRIVATE) && !rejected.text().contains("mail-password"));
    }

    async fn nothing_leaves_a_sandbox_and_the_answer_says_so(world) {
        let (bank, mailbox) = open_bank(world).await;
        let twin = twin_of(world, &bank).await;
        let withheld = test(&twin, json!({ "email": JO })).await;
        assert_eq!(withheld.json(), json!({ "success": true, "data": {
            "sent": false, "reason": "nothing leaves a sandbox", "email": JO, "template": "code",
            "language": "en",
        } }));
        assert!(mailbox.emails().is_empty());
    }

    async fn without_a_mail_server_no_test_is_promised(world) {
        let bank = Bank::open(world).await;
        assert_eq!(test(&bank, json!({ "email": JO })).await.rejection(409), "messages_not_set");
    }
}
