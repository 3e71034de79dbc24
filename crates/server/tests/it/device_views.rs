//! What a device sees of its checks: every operation that is open to the token of one record, or to
//! nobody's, is called after every outcome, and no answer holds a score, a person or a reason of a
//! match.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};
use verax_domain::RecordTokenScope;
use verax_domain::resources::{APP_REGISTRATIONS, by_name};
use verax_query::Resource;
use verax_server::http::openapi;

use crate::answer::Answer;
use crate::bank::{Bank, REGISTRATIONS, VALIDATIONS, not_live, shot, text};
use crate::given_documents::{Shows, document as document_image, with_given_documents};
use crate::given_faces::{face, image, with_given_faces};
use crate::mailbox::with_mailbox;
use crate::world::{World, get};

/// What is open to devices. Whoever opens another operation adds it here and calls it below.
const OPEN: [&str; 37] = [
    "DELETE /v2/biometric-validations/{id}",
    "GET /v2/app-logins/{id}",
    "GET /v2/app-registrations/me",
    "GET /v2/app-registrations/{id}",
    "GET /v2/biometric-validations/{id}",
    "GET /v2/document-validations/{id}",
    "GET /v2/identity-images",
    "GET /v2/liveness-sessions/{id}",
    "GET /v2/projects/kyc",
    "POST /v2/app-registrations",
    "POST /v2/app-registrations/me",
    "POST /v2/auth/project-login",
    "POST /v2/biometric-validations",
    "POST /v2/biometric-validations/app-login",
    "POST /v2/biometric-validations/app-registration",
    "POST /v2/biometric-validations/validate",
    "POST /v2/biometric-validations/{id}/validate",
    "POST /v2/document-liveness",
    "POST /v2/document-validations/app-registration",
    "PUT /v2/document-validations/{id}/manual-verification",
    "PUT /v2/document-validations/{id}/validate",
    "POST /v2/face-recognition/compare/app-registration",
    "PUT /v2/app-registrations/{id}",
    "GET /v2/email-validations/{id}",
    "POST /v2/email-validations",
    "POST /v2/email-validations/app-registration",
    "POST /v2/email-validations/validate",
    "POST /v2/email-validations/{id}/validate",
    "PUT /v2/email-validations",
    "PUT /v2/email-validations/{id}",
    "GET /v2/phone-validations/{id}",
    "POST /v2/phone-validations",
    "POST /v2/phone-validations/app-registration",
    "POST /v2/phone-validations/validate",
    "POST /v2/phone-validations/{id}/validate",
    "PUT /v2/phone-validations",
    "PUT /v2/phone-validations/{id}",
];
/// What pages compare with limits of their own: there they may read whether it was passed, as 1 or 0.
const VERDICTS: [&str; 2] = ["livenessScore", "score"];
/// Told by no record of a check: where the person is.
const TOLD: &str = "PUT /v2/app-registrations/{id}/sync";

/// Members that no device may see, whatever they hold.
const HIDDEN: [&str; 15] = [
    "score",
    "livenessScore",
    "liveness_score",
    "qualityScore",
    "riskScore",
    "matchScore",
    "confidence",
    "person",
    "persons",
    "response",
    "value",
    "limit",
    "manualReviewLog",
    "failedChecks",
    "failureReason",
];

fn open_to_devices() -> BTreeSet<String> {
    let document = openapi::document();
    let mut open = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let words = operation["x-scopes"].as_array().into_iter().flatten();
            let record_token = words
                .filter_map(Value::as_str)
                .any(|word| RecordTokenScope::from_word(word).is_some());
            let anonymous = operation["security"].as_array().is_some_and(|it| it.len() == 2);
            if record_token || anonymous {
                open.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    open
}

/// What the client is told and the device is not: scores to their last digit, and persons' ids.
async fn secrets(bank: &Bank) -> BTreeSet<String> {
    let mut secrets = BTreeSet::new();
    for path in [VALIDATIONS, "/v2/document-liveness", "/v2/document-validations"] {
        for id in bank.get(&bank.token, path).await.ids() {
            let record = bank.get(&bank.token, &format!("{path}/{id}")).await.json();
            collect_numbers(&record["data"], &mut secrets);
        }
    }
    let scores = secrets.len();
    assert!(scores > 10, "the client sees its scores: {secrets:?}");
    secrets.extend(bank.get(&bank.token, "/v2/face-recognition/persons").await.ids());
    assert!(secrets.len() > scores, "there are persons");
    secrets
}

fn collect_numbers(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        // The whole digits of a score; 0 and 1 are in every text.
        Value::Number(number) if number.to_string().len() > 4 => {
            into.insert(number.to_string());
        }
        Value::Array(list) => list.iter().for_each(|value| collect_numbers(value, into)),
        Value::Object(object) => object.values().for_each(|value| collect_numbers(value, into)),
        _ => {}
    }
}

fn check(what: &str, answer: &Answer, secrets: &BTreeSet<String>) {
    let shown = answer.text();
    for secret in secrets {
        assert!(!shown.contains(secret.as_str()), "{what} shows {secret}: {shown}");
    }
    assert!(!shown.contains("matchScore") && !shown.contains('@'), "{what}: {shown}");
    if !shown.is_empty() {
        check_value(what, &answer.json());
    }
}

fn check_value(what: &str, value: &Value) {
    match value {
        Value::Number(number) => assert!(number.is_i64(), "{what} shows the number {number}"),
        Value::Array(list) => list.iter().for_each(|value| check_value(what, value)),
        Value::Object(object) => {
            for (name, value) in object {
                let is_verdict =
                    VERDICTS.contains(&name.as_str()) && [0, 1].map(Value::from).contains(value);
                let is_nobody = name == "person" && value.is_null();
                let is_told = is_verdict || is_nobody;
                assert!(is_told || !HIDDEN.contains(&name.as_str()), "{what} shows {name}");
                // A limit of the flow, which its capture pages are told anyway.
                if name != "compare_min_score" {
                    check_value(what, value);
                }
            }
        }
        _ => {}
    }
}

/// Every way to ask for one record.
fn queries(resource: &'static Resource) -> Vec<String> {
    let mut all = vec![String::new()];
    let relations: Vec<_> = resource.relations().collect();
    let every: Vec<String> =
        relations.iter().map(|(field, _)| format!("populates[]={}", field.name)).collect();
    all.push(every.iter().take(8).cloned().collect::<Vec<_>>().join("&"));
    for (field, relation) in relations {
        all.push(format!("populates[]={}", field.name));
        for (inner, _) in relation.resource.relations() {
            all.push(format!(
                "populates[]={}&populates[]={}.{}",
                field.name, field.name, inner.name
            ));
        }
    }
    all.extend(resource.fields.iter().map(|field| format!("columns={}", field.name)));
    all
}

async fn walk(bank: &Bank, token: &str, resource: &str, id: &str, secrets: &BTreeSet<String>) {
    let resource = by_name(resource).expect("a resource");
    for query in queries(resource) {
        let target = format!("/v2/{}/{id}?{query}", resource.name);
        let answer = bank.get(token, &target).await;
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        check_emails_aside(&target, &answer, secrets);
    }
}

/// Records hold addresses: their `@` is no score's.
fn check_emails_aside(what: &str, answer: &Answer, secrets: &BTreeSet<String>) {
    let mut aside = answer.clone();
    aside.bytes =
        answer.text().replace("@example.com", "").replace("@acme.example", "").into_bytes();
    check(what, &aside, secrets);
}

#[test]
fn what_is_open_to_devices_is_called_here() {
    let mut called: BTreeSet<String> = OPEN.map(str::to_owned).into();
    called.insert(TOLD.to_owned());
    assert_eq!(open_to_devices(), called);
}

on_both_databases! {
    async fn no_answer_to_a_device_holds_a_score_a_person_or_a_reason_of_a_match(world) {
        let app = with_given_documents(with_given_faces(world.app.clone(), "given"));
        let (app, mailbox) = with_mailbox(world, app).await;
        let bank = Bank::with(world, app).await;
        let path = format!("/v3/projects/{}", bank.project);
        let allow = json!({ "allowAnonymous": true, "allowedCountries": ["Colombia"] });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, allow).await.status, 200);
        let mut answers: Vec<(String, Answer)> = Vec::new();
        let mut walked: Vec<(String, &str, String)> = Vec::new();

        // A registration: not live, enrolled, a document, compared with it; and one that is known.
        let (registration, own) = bank.register("jo@example.com").await;
        let forged = bank.enrol(&own, json!({ "image": not_live(1), "os": "IOS" })).await;
        let enrolled = bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await;
        assert_eq!((forged.status, enrolled.status), (409, 200), "{}", enrolled.text());
        let document = json!({ "image": shot(1, 1), "saveImage": true });
        let document = bank.post(&own, "/v2/document-liveness", document).await;
        assert_eq!(document.status, 200, "{}", document.text());
        assert!(document.json()["data"]["validationResults"]["printedCopy"]["passed"].is_boolean());
        let compared = bank.post(&own, "/v2/face-recognition/compare/app-registration", json!({})).await;
        assert_eq!(compared.json()["data"]["passed"], true, "{}", compared.text());
        let images = bank.get(&own, "/v2/identity-images").await;
        assert_eq!(images.json()["data"][0]["category"], "documentFace", "{}", images.text());
        let path = format!("{REGISTRATIONS}/{registration}");
        let renamed = bank.call(Method::PUT, &own, &path, json!({ "fullName": "Jo D." })).await;
        assert_eq!(renamed.status, 200, "{}", renamed.text());
        let change = json!({ "status": "active" });
        let path = format!("/v3/project-flows/{}", bank.flow);
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, change).await.status, 200);
        let anonymous = json!({
            "project": bank.project, "projectFlow": bank.flow, "email": "eve@example.com",
        });
        let anonymous = bank.post("", REGISTRATIONS, anonymous).await;
        assert_eq!(anonymous.status, 200, "{}", anonymous.text());
        for (what, answer) in [("images", images), ("renamed", renamed), ("stranger", anonymous)] {
            answers.push((what.to_owned(), answer));
        }
        // Codes: of the registration, and of somebody who logs in.
        let path = format!("{REGISTRATIONS}/{registration}");
        let number = json!({ "phone": "3001234567", "countryCode": "+57" });
        let numbered = bank.call(Method::PUT, &own, &path, number).await;
        assert_eq!(numbered.status, 200, "{}", numbered.text());
        for family in ["email-validations", "phone-validations"] {
            let path = format!("/v2/{family}");
            let asked = bank.post(&own, &format!("{path}/app-registration"), json!({})).await;
            assert_eq!(asked.status, 200, "{}", asked.text());
            let id = text(&asked.json()["data"]["_id"]);
            let is_email = family.starts_with("email");
            let code = match is_email {
                true => mailbox.emailed_code(&bank.app, "jo@example.com").await,
                false => mailbox.texted_code(&bank.app).await,
            };
            let wrong = json!({ "otp": "AAAAAA" });
            let one = format!("{path}/{id}");
            let by_put = bank.call(Method::PUT, &own, &one, wrong.clone()).await;
            let by_post = bank.post(&own, &format!("{one}/validate"), wrong).await;
            assert_eq!((by_put.status, by_post.status), (400, 400), "{}", by_put.text());
            let contact = match is_email {
                true => json!({ "email": "jo@example.com", "otp": code }),
                false => json!({ "phone": "3001234567", "countryCode": "+57", "otp": code }),
            };
            let passed = bank.call(Method::PUT, &own, &path, contact).await;
            assert_eq!(passed.status, 200, "{}", passed.text());
            let mut login = json!({
                "project": bank.project, "projectFlow": bank.login_flow, "type": "login",
            });
            match is_email {
                true => login["email"] = "al@example.com".into(),
                false => {
                    login["phone"] = "3007654321".into();
                    login["countryCode"] = "+57".into();
                }
            }
            let opened = bank.post("", &path, login.clone()).await;
            assert_eq!(opened.status, 200, "{}", opened.text());
            login["otp"] = match is_email {
                true => mailbox.emailed_code(&bank.app, "al@example.com").await.into(),
                false => mailbox.texted_code(&bank.app).await.into(),
            };
            let came_in = bank.post("", &format!("{path}/validate"), login).await;
            assert_eq!(came_in.status, 200, "{}", came_in.text());
            walked.push((own.clone(), if is_email { "email-validations" } else { "phone-validations" }, id));
            for (what, answer) in [
                ("asked", asked), ("by PUT", by_put), ("by POST", by_post), ("proved", passed),
                ("opened", opened), ("came in", came_in),
            ] {
                answers.push((format!("{family}: {what}"), answer));
            }
        }
        let failed = bank.get(&own, &format!("{REGISTRATIONS}/me")).await.json();
        let failed = text(&failed["data"]["failedBiometricValidations"][0]);
        let path = format!("{VALIDATIONS}/{failed}");
        let deleted = bank.call(Method::DELETE, &own, &path, Value::Null).await;
        assert_eq!(deleted.status, 200, "{}", deleted.text());
        answers.push(("deleted".to_owned(), deleted));
        assert_eq!(bank.finish(&registration, &own).await, "COMPLETED");
        let (_, second) = bank.register("al@example.com").await;
        let known = bank.enrol(&second, json!({ "image": shot(1, 9), "os": "IOS" })).await;
        assert_eq!(known.rejection(409), "duplicated_person");
        let me = bank.get(&own, &format!("{REGISTRATIONS}/me")).await;
        let me_by_post = bank.post(&own, &format!("{REGISTRATIONS}/me"), Value::Null).await;
        let checks = format!("{VALIDATIONS}?where_appRegistration={registration}");
        for id in bank.get(&bank.token, &checks).await.ids() {
            walked.push((own.clone(), "biometric-validations", id));
        }
        walked.push((own.clone(), "app-registrations", registration.clone()));
        for (what, answer) in [
            ("not live", forged), ("enrolled", enrolled), ("document", document),
            ("compared", compared), ("known", known), ("me", me), ("me by POST", me_by_post),
        ] {
            answers.push((what.to_owned(), answer));
        }

        // Documents that are read: with a back that is waited for, then completed, and one that is rejected.
        let (shown, page) = bank.register("docs@example.com").await;
        let read = "/v2/document-validations/app-registration";
        let front = json!({ "image": document_image(Shows::CardFront, 1, 3) });
        let front = bank.post(&page, read, front).await;
        let back = bank.post(&page, read, json!({ "backImage": document_image(Shows::CardBack, 1, 0) })).await;
        assert_eq!((front.status, back.status), (200, 200), "{}", back.text());
        let id = text(&back.json()["data"]["documentValidation"]["_id"]);
        let one = format!("/v2/document-validations/{id}");
        let forged = json!({ "image": document_image(Shows::Forged, 1, 3), "force": true });
        let rejected = bank.post(&page, read, forged).await;
        let rejected_id = text(&rejected.json()["data"]["documentValidation"]["_id"]);
        let again = bank.call(Method::PUT, &page, &format!("{one}/validate"), Value::Null).await;
        let given_up = format!("/v2/document-validations/{rejected_id}/manual-verification");
        let given_up = bank.call(Method::PUT, &page, &given_up, json!({ "reason": "x" })).await;
        assert_eq!(given_up.status, 200, "{}", given_up.text());
        walked.push((page.clone(), "document-validations", rejected_id));
        walked.push((page.clone(), "document-validations", id));
        walked.push((page.clone(), "app-registrations", shown));
        for (what, answer) in [
            ("front", front), ("back", back), ("rejected", rejected), ("again", again),
            ("given up", given_up),
        ] {
            answers.push((what.to_owned(), answer));
        }

        // Logins without a token, with every outcome.
        let open = json!({
            "project": bank.project, "projectFlow": bank.login_flow, "type": "login",
        });
        let outcomes = [
            ("jo@example.com", shot(1, 2), 200),
            ("jo@example.com", shot(2, 0), 400),
            ("nobody@example.com", shot(2, 0), 400),
            ("jo@example.com", not_live(1), 400),
            ("jo@example.com", not_live(2), 400),
            ("jo@example.com", image(&[]), 422),
            ("jo@example.com", shot(1, 2), 409),
        ];
        let mut login = String::new();
        for (who, image, status) in outcomes {
            let mut body = open.clone();
            body["identifier"] = who.into();
            let opened = bank.post("", VALIDATIONS, body).await;
            let data = opened.json()["data"].clone();
            let (token, id) = (text(&data["token"]), text(&data["biometricValidation"]["_id"]));
            let path = format!("{VALIDATIONS}/{id}/validate");
            let answer = bank.post(&token, &path, json!({ "image": image })).await;
            assert_eq!(answer.status, status, "{who}: {}", answer.text());
            if status == 200 {
                login = text(&answer.json()["data"]["token"]);
            }
            walked.push((token.clone(), "biometric-validations", id));
            walked.push((token, "liveness-sessions", text(&data["livenessSession"]["_id"])));
            answers.push((format!("{who} opened"), opened));
            answers.push((format!("{who} {status}"), answer));
        }

        // A second factor, and the exchange of its token.
        let again = json!({ "project": bank.project });
        let again = bank.post(&login, &format!("{VALIDATIONS}/app-login"), again).await;
        let token = text(&again.json()["data"]["token"]);
        let passed = bank.validate(&token, shot(1, 4)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        login = text(&passed.json()["data"]["token"]);
        let exchanged = bank.post(&login, "/v2/auth/project-login", json!({})).await;
        login = text(&exchanged.json()["data"]["accessToken"]);
        let logins = bank.get(&bank.token, "/v2/app-logins?where_type=faceLiveness").await;
        walked.push((login, "app-logins", logins.ids()[0].clone()));
        for (what, answer) in [("second factor", again), ("passed", passed), ("exchanged", exchanged)] {
            answers.push((what.to_owned(), answer));
        }

        let secrets = secrets(&bank).await;
        for (token, resource, id) in &walked {
            walk(&bank, token, resource, id, &secrets).await;
        }
        for query in queries(&APP_REGISTRATIONS) {
            let target = format!("{REGISTRATIONS}/me?{query}");
            answers.push((target.clone(), bank.get(&own, &target).await));
        }
        for (what, answer) in &answers {
            check_emails_aside(what, answer, &secrets);
        }
    }

    async fn a_rejected_login_reads_the_same_whoever_is_enrolled(world) {
        let bank = Bank::open(world).await;
        let (registration, own) = bank.register("jo@example.com").await;
        assert_eq!(bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await.status, 200);
        assert_eq!(bank.finish(&registration, &own).await, "COMPLETED");
        // Registered, but not enrolled.
        bank.register("al@example.com").await;
        for image in [image(&[face(2)]), not_live(1)] {
            let mut seen = Vec::new();
            for who in ["jo@example.com", "al@example.com", "nobody@example.com"] {
                let opened = bank.open_validation("login", who).await;
                let (token, id) = (text(&opened["token"]), text(&opened["biometricValidation"]["_id"]));
                let rejected = bank.validate(&token, image.clone()).await;
                let path = format!("{VALIDATIONS}/{id}");
                let whole = bank.get(&token, &path).await.text().replace(&id, "").replace(who, "");
                let session = text(&opened["livenessSession"]["_id"]);
                let mut parts = vec![whole.replace(&session, "")];
                for column in ["verificationResults", "reasons", "riskScore", "response", "livenessScore"] {
                    let part = get(&bank.router, &token, &format!("{path}?columns={column}")).await;
                    parts.push(part.text().replace(&id, ""));
                }
                seen.push((rejected.status, rejected.bytes, parts));
            }
            assert_eq!(seen[0], seen[1]);
            assert_eq!(seen[0], seen[2]);
        }
        // The client is told which it was.
        let failed = format!("{VALIDATIONS}?where_status=failed");
        let rows = bank.get(&bank.token, &failed).await.json()["data"].clone();
        let text: BTreeSet<String> = rows.as_array().expect("rows").iter()
            .map(|row| text(&row["verificationResults"]["identityMatch"])).collect();
        assert_eq!(text, ["failed", "not_checked", "passed"].map(str::to_owned).into());
    }
}

#[tokio::test]
async fn a_tag_says_nothing_of_what_is_hidden() {
    let world = World::sqlite().await;
    let bank = Bank::open(&world).await;
    let opened = bank.open_validation("validation", "jo").await;
    let (token, id) = (text(&opened["token"]), text(&opened["biometricValidation"]["_id"]));
    assert_eq!(bank.validate(&token, shot(1, 0)).await.status, 200);
    let tag = async |token: &str, column: &str| {
        let target = format!("{VALIDATIONS}/{id}?columns={column}");
        get(&bank.router, token, &target).await.header("etag").to_owned()
    };
    for hidden in ["riskScore", "livenessScore", "response", "webhookUrl"] {
        assert_eq!(tag(&token, hidden).await, tag(&token, "_id").await, "{hidden}");
    }
    assert_ne!(tag(&bank.token, "riskScore").await, tag(&bank.token, "_id").await);
}
