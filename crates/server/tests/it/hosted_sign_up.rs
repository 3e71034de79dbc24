//! A person signs up on the hosted capture pages: what these send and read, in their order.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use verax_server::app::access::{Mint, SANDBOX};

use crate::answer::Answer;
use crate::bank::{Bank, REGISTRATIONS, id, shot, text};

pub const ME: &str = "/v2/app-registrations/me";
pub const IMAGES: &str = "/v2/identity-images";
/// What the pages ask for, all at once.
pub const POPULATES: [&str; 11] = [
    "project",
    "projectFlow",
    "emailValidation",
    "phoneValidation",
    "biometricValidation",
    "documentValidation",
    "person",
    "face",
    "documentFace",
    "compareFaceVerification",
    "informationValidation",
];

/// What the dashboard's wizard sends for a project that anybody may sign up in.
fn wizard(bank: &Bank) -> Value {
    json!({
        "name": "Sign-up", "identifier": "", "contactEmail": "help@acme.example", "status": "active",
        "version": 3, "target": "personal", "allowAnonymous": true,
        "assignedCollection": bank.collection, "demoOTP": "",
        "dataProtection": { "name": "Jo", "address": "1 Street", "address2": "" },
        "branding": { "backgroundColor": "#fff", "image": "https://acme.example/i.png" },
        "projectFlowType": "onboarding",
        "projectFlow": {
            "type": "onboarding", "status": "active", "version": 3, "target": "personal", "name": "",
            "signUpForm": {
                "fullName": true, "email": true, "emailGateway": "none", "phone": false,
                "phoneGateway": "none", "additionalFields": ["role"],
            },
            "liveness": {
                "attemptLimit": 3, "minScore": 0.5, "searchMinScore": 0.3, "searchMode": "FAST",
            },
            "steps": { "document": "skip", "liveness": "mandatory" },
            "integrations": { "redirectUrl": "https://acme.example/done", "webhook": "" },
            "somethingElse": 1,
        },
    })
}

/// The page of a project that anybody may sign up in.
pub struct SignUp {
    pub bank: Bank,
    pub project: String,
    pub flow: String,
}

impl SignUp {
    pub async fn open(bank: Bank) -> SignUp {
        let made = bank.post(&bank.token, "/v3/projects", wizard(&bank)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let project = text(&made.json()["data"]["_id"]);
        let flow = text(&made.json()["data"]["projectFlows"][0]["_id"]);
        SignUp { bank, project, flow }
    }

    /// What the page of somebody without a token sends.
    pub async fn register(&self, email: &str) -> Answer {
        let body = json!({
            "project": self.project, "projectFlow": self.flow, "language": "en",
            "location": { "country": "Colombia" }, "agreements": true, "email": email,
            "fullName": "Jo Doe",
        });
        self.bank.post("", REGISTRATIONS, body).await
    }

    pub async fn registered(&self, email: &str) -> (String, String) {
        let answer = self.register(email).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let data = &answer.json()["data"];
        (text(&data["appRegistration"]["_id"]), text(&data["token"]))
    }

    pub async fn sync(&self, own: &str, registration: &str, step: &str, status: &str) -> Answer {
        let path = format!("{REGISTRATIONS}/{registration}/sync");
        let body = json!({ "step": step, "status": status });
        self.bank.call(Method::PUT, own, &path, body).await
    }

    pub async fn put(&self, token: &str, registration: &str, body: Value) -> Answer {
        let path = format!("{REGISTRATIONS}/{registration}");
        self.bank.call(Method::PUT, token, &path, body).await
    }

    /// What the page sees of its registration.
    pub async fn me(&self, own: &str) -> Value {
        let answer = self.bank.post(own, ME, json!({ "populates": POPULATES })).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["data"].clone()
    }

    pub async fn selfie(&self, own: &str, image: String) -> Answer {
        self.bank.enrol(own, json!({ "image": image, "os": "DESKTOP", "force": false })).await
    }

    pub async fn record(&self, registration: &str) -> Value {
        let path = format!("{REGISTRATIONS}/{registration}");
        self.bank.get(&self.bank.token, &path).await.json()["data"].clone()
    }
}

/// What a token says.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}

on_both_databases! {
    async fn a_person_signs_up_on_the_hosted_page(world) {
        let bank = Bank::open(world).await;
        let made = bank.post(&bank.token, "/v3/projects", wizard(&bank)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let data = made.json()["data"].clone();
        assert_eq!(data["identifier"], Value::Null);
        assert_eq!(data["dataProtection"], json!({ "name": "Jo", "address": "1 Street" }));
        assert_eq!(data["branding"]["image"], "https://acme.example/i.png");
        let flow = &data["projectFlows"][0];
        assert_eq!(flow["project"], data["_id"]);
        assert_eq!(flow["liveness"], json!({ "attemptLimit": 3, "searchMode": "FAST" }));
        let ignored = made.headers["x-ignored-parameters"].to_str().expect("text").to_owned();
        for name in ["minScore", "searchMinScore", "somethingElse"] {
            let prefix = if name == "somethingElse" { "" } else { "liveness." };
            assert!(ignored.contains(&format!("projectFlow.{prefix}{name}")), "{ignored}");
        }
        let (project, flow) = (text(&data["_id"]), text(&flow["_id"]));
        let page = SignUp { bank, project, flow };

        let kyc = page.bank.get("", &format!("/v2/projects/kyc?id={}", page.project)).await;
        let data = kyc.json()["data"].clone();
        assert_eq!(data["planCode"], "self-hosted");
        assert_eq!(data["client"], "acme");
        assert_eq!(data["branding"]["backgroundColor"], "#fff");
        let flow = &data["projectFlow"];
        assert_eq!(*flow, data["projectFlows"][0]);
        assert_eq!((&flow["_id"], &flow["version"]), (&json!(page.flow), &json!(3)));
        assert_eq!(flow["integrations"], json!({ "redirectUrl": "https://acme.example/done" }));
        assert_eq!(flow["redirectUrl"], "https://acme.example/done");
        assert_eq!(flow["signUpForm"]["email"], true);
        let older = &flow["onboardingSettings"];
        assert_eq!(older["signUpForm"]["extraFields"], json!(["role"]));
        assert_eq!(older["steps"], json!({ "document": "skip", "liveness": "mandatory" }));
        assert_eq!(older["liveness"]["maxAttempts"], 3);

        let answer = page.register("jo@example.com").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let data = answer.json()["data"].clone();
        let registration = text(&data["appRegistration"]["_id"]);
        let own = text(&data["token"]);
        let now = world.app.clock.now().0 / 1000;
        let payload = claims(&own);
        for (name, value) in [
            ("clientId", json!("acme")), ("appRegistration", json!(registration)),
            ("project", json!(page.project)), ("projectFlow", json!(page.flow)),
            ("accessType", json!("app_registration_created")), ("step", json!("1")),
            ("issuedAt", json!(now)), ("expiresAt", json!(now + 120 * 60)),
        ] {
            assert_eq!(payload[name], value, "{name}");
        }
        assert!(payload.get("exp").is_none(), "a page takes it for somebody who has signed in");

        let me = page.me(&own).await;
        assert_eq!(me["project"]["branding"]["backgroundColor"], "#fff");
        assert_eq!(me["project"]["planCode"], "self-hosted");
        assert_eq!(me["projectFlow"]["onboardingSettings"]["steps"]["liveness"], "mandatory");
        for name in POPULATES.iter().filter(|name| !name.starts_with("project")) {
            assert!(me[name].is_null() && me.get(name).is_some(), "{name}: {me}");
        }
        let moved = page.sync(&own, &registration, "instructions", "ONGOING").await;
        assert_eq!(claims(&text(&moved.json()["data"]["token"]))["step"], "instructions");

        let taken = page.selfie(&own, shot(1, 0)).await;
        assert_eq!(taken.status, 200, "{}", taken.text());
        let check = taken.json()["data"]["biometricValidation"].clone();
        assert_eq!((&check["status"], &check["livenessScore"]), (&json!("completed"), &json!(1)));
        assert_eq!(taken.json()["data"]["person"], Value::Null);
        let record = page.record(&registration).await;
        assert_eq!(record["biometricValidation"], check["_id"]);
        assert_ne!(record["biometricValidation"], record["person"]);
        let me = page.me(&own).await;
        assert_eq!(me["biometricValidation"]["_id"], check["_id"]);
        assert_eq!(me["biometricValidation"]["livenessScore"], 1);
        assert_eq!(me["face"], Value::Null, "images are not stored");
        let images = page.bank.get(&own, IMAGES).await;
        assert_eq!(images.json(), json!({ "success": true, "data": [] }));

        let ended = page.sync(&own, &registration, "end", "ONGOING").await;
        assert_eq!(ended.json()["data"]["status"], "COMPLETED", "{}", ended.text());
        // The last button says it once more, with what the page makes of it.
        for status in ["ONGOING", "COMPLETED", "FAILED"] {
            let again = page.sync(&own, &registration, "end", status).await;
            assert_eq!(again.json()["data"]["status"], "COMPLETED", "{}", again.text());
            let until = |token: &Value| claims(&text(token))["expiresAt"].as_i64();
            assert!(until(&again.json()["data"]["token"]) <= payload["expiresAt"].as_i64());
        }
        assert_eq!(page.record(&registration).await["status"], "COMPLETED");

        let again = page.register("JO@example.com").await;
        assert_eq!(again.rejection(409), "email_is_registered_already");
        assert_eq!(again.json()["message"], "email_is_registered_already");
        assert!(!again.text().contains(&registration) && !again.text().contains("Jo"), "nothing of it");
    }

    async fn a_project_and_its_flow_are_made_together_or_not_at_all(world) {
        let bank = Bank::open(world).await;
        let (projects, flows) = ("/v2/projects", "/v2/project-flows");
        let before = [
            bank.get(&bank.token, projects).await.total(), bank.get(&bank.token, flows).await.total(),
        ];
        let mut wrong = wizard(&bank);
        wrong["projectFlow"]["liveness"]["minScore"] = 0.1.into();
        wrong["projectFlow"]["steps"]["document"] = "maybe".into();
        wrong["projectFlowType"] = "login".into();
        let answer = bank.post(&bank.token, "/v3/projects", wrong).await;
        assert_eq!(answer.rejection(422), "UnprocessableEntity");
        let details = answer.json()["details"].clone();
        let named: Vec<&Value> =
            details.as_array().expect("details").iter().map(|it| &it["field"]).collect();
        assert_eq!(named, [
            "projectFlow.liveness.minScore", "projectFlow.steps.document", "projectFlowType",
        ]);
        let after = [
            bank.get(&bank.token, projects).await.total(), bank.get(&bank.token, flows).await.total(),
        ];
        assert_eq!(before, after);

        // The wizard saves step by step: a flow that is not there is made, one that is there is changed.
        let bare = id(&bank.post(&bank.token, "/v3/projects", json!({ "name": "Bare" })).await);
        let path = format!("/v3/projects/{bare}");
        let put = async |flow: Value| {
            let body = json!({ "name": "Bare", "projectFlow": flow });
            let answer = bank.call(Method::PUT, &bank.token, &path, body).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.json()["data"]["projectFlows"][0].clone()
        };
        let made = put(json!({ "steps": { "liveness": "mandatory" } })).await;
        assert_eq!((&made["type"], &made["status"]), (&json!("onboarding"), &json!("draft")));
        let changed = put(json!({ "status": "active" })).await;
        assert_eq!(changed["_id"], made["_id"]);
        assert_eq!(changed["steps"], json!({ "liveness": "mandatory" }));
        assert_eq!(changed["status"], "active");
        // Where its records are sent is for who may make webhooks.
        let writing = vec![verax_domain::Scope::Write, verax_domain::Scope::ReadValidations];
        let writing = world.token_with("acme", Some(writing), false).await;
        let hook = json!({ "projectFlow": { "webhookUrl": "https://acme.example/hook" } });
        assert_eq!(bank.call(Method::PUT, &writing, &path, hook).await.rejection(403), "FORBIDDEN");
    }

    async fn a_flow_keeps_all_that_is_documented_and_decides_by_either_form(world) {
        let bank = Bank::open(world).await;
        let onboarding = json!({
            "hiddenLoginOption": false, "requiresSignature": false,
            "steps": { "document": "skip", "liveness": "mandatory", "signUpForm": "mandatory" },
            "signUpForm": { "email": true, "emailGateway": "mailgun", "extraFields": [] },
            "basicInformation": { "age": false },
            "document": { "compareMinScore": 0.67, "maxAttempts": 10, "verifyNames": false },
            "liveness": {
                "livenessMinScore": 0.65, "maxAttempts": 1, "searchMinScore": 0.85,
                "searchMode": "FAST",
            },
        });
        let documented = json!({
            "project": bank.project, "type": "onboarding", "status": "active", "version": 1,
            "redirectUrl": "https://acme.example", "webhook": "507f1f77bcf86cd799439013",
            "identityUrl": "https://acme.example/verify", "allowedCountries": ["Colombia"],
            "systemForm": "507f1f77bcf86cd799439014", "onboardingSettings": onboarding,
            "loginSettings": {
                "email": true, "emailGateway": "mailgun", "phone": true, "phoneGateway": "none",
                "faceLiveness": true, "showFaceLivenessRecommendation": true,
                "livenessMinScore": 0.75, "searchMode": "FAST", "searchMinScore": 0.85,
                "steps": ["email", "phone", "liveness"],
            },
            "security": { "strategy": "blacklist", "source": "NONE", "apiTestType": "email" },
            "business": { "screening": true }, "representatives": { "documents": {} },
            "linkSettings": { "validateEmail": true },
            "emailTemplates": { "template": { "image": "a" } },
        });
        let made = bank.post(&bank.token, "/v2/project-flows", documented.clone()).await;
        let flow = id(&made);
        let path = format!("/v2/project-flows/{flow}");
        let kept = bank.get(&bank.token, &path).await.json()["data"].clone();
        for (name, value) in documented.as_object().expect("an object") {
            assert_eq!(kept[name], *value, "{name}");
            assert_eq!(made.json()["data"][name], *value, "{name}");
        }
        // One face check may fail: the second is not looked at.
        let body = json!({ "project": bank.project, "projectFlow": flow, "email": "al@example.com" });
        let data = bank.post(&bank.token, REGISTRATIONS, body).await.json()["data"].clone();
        let (registration, own) = (text(&data["appRegistration"]["_id"]), text(&data["token"]));
        let selfie = |image: String| json!({ "image": image, "os": "IOS" });
        assert_eq!(bank.enrol(&own, selfie(crate::bank::not_live(1))).await.status, 409);
        let late = bank.enrol(&own, selfie(shot(1, 0))).await;
        assert_eq!(late.json()["message"], "no_attempts_left", "{}", late.text());
        assert_eq!(bank.finish(&registration, &own).await, "NEEDS_MANUAL_VERIFICATION");
        // The version says which form counts.
        let newer = json!({ "version": 3, "steps": { "liveness": "optional" } });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, newer).await.status, 200);
        let kyc = bank.get(&bank.token, &format!("/v2/projects/kyc?id={}", bank.project)).await;
        let seen = kyc.json()["data"]["projectFlow"].clone();
        assert_eq!(seen["_id"], flow.as_str(), "the one in use");
        assert_eq!(seen["steps"]["liveness"], "optional");
        assert_eq!(seen["onboardingSettings"]["steps"]["liveness"], "optional");
        assert_eq!(seen["liveness"]["minScore"], 0.65, "the client sees its limits");
        for hidden in ["webhook", "security", "emailTemplates", "systemForm"] {
            assert_eq!(seen[hidden], Value::Null, "{hidden}");
        }
    }

    async fn a_trials_code_is_a_sandboxes_and_shown_once(world) {
        let bank = Bank::open(world).await;
        let trial = json!({ "name": "Trial", "demoMode": true, "demoOTP": "123456" });
        let live = bank.post(&bank.token, "/v3/projects", trial.clone()).await;
        assert_eq!(live.rejection(422), "UnprocessableEntity");
        assert_eq!(live.json()["details"][0]["field"], "demoOTP");
        let mint = Mint {
            client: "acme", scopes: None, staff: false, mode: SANDBOX,
            valid: std::time::Duration::from_secs(3600), renewable: None,
        };
        let sandbox = world.app.mint_token(&mint).await.expect("a token");
        let made = bank.post(&sandbox, "/v3/projects", trial.clone()).await;
        assert_eq!(made.json()["data"]["demoOTP"], "123456");
        let path = format!("/v3/projects/{}", id(&made));
        for target in [path.clone(), "/v2/projects?columns=name,demoMode".to_owned()] {
            let seen = bank.get(&sandbox, &target).await;
            assert_eq!(seen.status, 200);
            assert!(!seen.text().contains("123456"), "{target}");
        }
        // A dashboard asks for the column, and is shown the others.
        let seen = bank.get(&sandbox, "/v2/projects?columns=demoOTP,name").await;
        assert_eq!(seen.status, 200);
        assert!(!seen.text().contains("123456"), "{}", seen.text());
        for query in ["where_demoOTP=123456", "sort=demoOTP"] {
            assert_eq!(bank.get(&sandbox, &format!("/v2/projects?{query}")).await.status, 400);
        }
        for wrong in ["12345", "1234567", "12345x"] {
            let change = json!({ "demoOTP": wrong });
            bank.call(Method::PUT, &sandbox, &path, change).await.rejection(422);
        }
        let changed = bank.call(Method::PUT, &sandbox, &path, json!({ "demoOTP": "654321" })).await;
        assert_eq!(changed.json()["data"]["demoOTP"], "654321");
        // Without one it gets one.
        let other = bank.post(&sandbox, "/v3/projects", json!({ "name": "T", "demoMode": true })).await;
        assert_eq!(text(&other.json()["data"]["demoOTP"]).len(), 6);
        let open = json!({ "allowAnonymous": true });
        assert_eq!(bank.call(Method::PUT, &sandbox, &path, open).await.status, 200);
        let kyc = bank.get("", &format!("/v2/projects/kyc?id={}", id(&made))).await;
        assert_eq!(kyc.status, 200);
        assert!(!kyc.text().contains("654321") && !kyc.text().contains("demo"));
    }
}
