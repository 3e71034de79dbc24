//! The life of one person, in the words of the protocol's own clients: the hosted capture page signs them up,
//! the login page lets them in on another device, and the dashboard lists what came of it.
//!
//! The requests are written from what those clients were seen to send; what is looked at in the answers is
//! what they read. Face checks need the models: where they cannot be had, the steps that need one are left out
//! and the line says so.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Tally;
use crate::exec;
use crate::http::{self, Answer, Connection};
use crate::postgres::Cluster;
use crate::running::{Binary, Server, Site};

const EMAIL: &str = "jo@example.com";
const CODE_SECONDS_MAX: u64 = 20;
/// What the capture page asks for along with the registration.
const RELATIONS: [&str; 11] = [
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

/// Who calls, and how answers are looked at.
struct Caller<'a, 'b> {
    name: &'static str,
    server: &'a Server,
    tally: &'a mut Tally<'b>,
}

/// The whole life on this binary, on SQLite and, with a cluster, on PostgreSQL.
pub fn check(binary: &Binary, cluster: Option<&Cluster>, tally: &mut Tally) -> Result<()> {
    const NAMES: [&str; 3] = ["capture-page", "login-page", "dashboard"];
    if !NAMES.iter().any(|name| tally.wants(name)) {
        return Ok(());
    }
    let models = binary.installed_models()?;
    let postgres = cluster.map(|it| it.create_database("clients_life")).transpose()?;
    for database in [None].into_iter().chain(postgres.map(Some)) {
        let site = Site::new(binary, database)?;
        if let Some(models) = &models {
            site.add_models(models)?;
        }
        let outbox = site.data().join("outbox");
        let url = format!("file://{}", outbox.display());
        let from = "Bank <no-reply@bank.example>";
        let site =
            site.with_environment(&[("VERAX__EMAIL__URL", &url), ("VERAX__EMAIL__FROM", from)]);
        site.verax(&[
            "client",
            "create",
            "--id",
            "bank",
            "--name",
            "Bank",
            "--email",
            "office@bank.example",
        ])?;
        let token = site.token("bank")?;
        let server = site.serve(&[])?;
        live(&server, &token, &outbox, models.is_some(), tally)?;
    }
    Ok(())
}

fn live(
    server: &Server,
    token: &str,
    outbox: &Path,
    has_models: bool,
    tally: &mut Tally,
) -> Result<()> {
    let mut dashboard = Caller { name: "dashboard", server, tally };
    let (project, flow, login_flow) = dashboard.make_project(token)?;

    let mut page = Caller { name: "capture-page", server, tally: dashboard.tally };
    let kyc = page.get("the project", &format!("/v2/projects/kyc?id={project}"), "")?;
    page.has("the project", &kyc["data"], &["name", "branding", "planCode", "projectFlows"]);
    let registered = page.post(
        "sign up",
        "/v2/app-registrations",
        "",
        json!({
            "project": project, "projectFlow": flow, "email": EMAIL, "fullName": "Jo Doe",
            "language": "en",
        }),
    )?;
    let own = page.text("sign up", &registered["data"]["token"])?;
    let registration = page.text("sign up", &registered["data"]["appRegistration"]["_id"])?;
    let claims = claims(&own)?;
    page.has(
        "the token",
        &claims,
        &[
            "clientId",
            "appRegistration",
            "project",
            "projectFlow",
            "accessType",
            "step",
            "issuedAt",
            "expiresAt",
        ],
    );
    page.lacks("the token", &claims, "exp");

    page.post(
        "ask for a code",
        "/v2/email-validations",
        &own,
        json!({
            "email": EMAIL, "project": project, "projectFlow": flow, "type": "onboarding",
            "validationMethod": "verificationCode", "language": "en",
        }),
    )?;
    let code = emailed_code(outbox, 1)?;
    let confirmed = page.post(
        "bring the code",
        "/v2/email-validations/validate",
        &own,
        json!({ "email": EMAIL, "otp": code, "project": project, "projectFlow": flow }),
    )?;
    page.is("bring the code", &confirmed["data"]["status"], "validated");
    let path = format!("/v2/app-registrations/{registration}");
    let validation = confirmed["data"]["_id"].clone();
    page.put("keep the code's validation", &path, &own, json!({ "emailValidation": validation }))?;
    let sync = format!("{path}/sync");
    for step in ["signUpForm", "basicInformation"] {
        page.put(step, &sync, &own, json!({ "step": step, "status": "ONGOING" }))?;
    }
    page.put("the name", &path, &own, json!({ "firstName": "Jo", "lastName": "Doe" }))?;
    let me = |page: &mut Caller, question| {
        page.post(question, "/v2/app-registrations/me", &own, json!({ "populates": RELATIONS }))
    };
    let before = me(&mut page, "who am I")?;
    page.has("who am I", &before["data"]["project"], &["_id", "name", "branding"]);
    page.has(
        "who am I",
        &before["data"]["projectFlow"],
        &["_id", "type", "version", "onboardingSettings", "redirectUrl"],
    );
    page.is("who am I", &before["data"]["emailValidation"]["status"], "validated");
    for relation in RELATIONS {
        page.has("who am I", &before["data"], &[relation]);
    }
    if !has_models {
        println!("  clients: the life of a person: no models, so no face was checked");
        return Ok(());
    }

    let enrolled = page.post(
        "the face",
        "/v2/biometric-validations/app-registration",
        &own,
        json!({ "image": selfie(95)?, "os": "DESKTOP", "force": true }),
    )?;
    page.has("the face", &enrolled["data"]["biometricValidation"], &["_id", "status"]);
    let images = page.get("the images", "/v2/identity-images", &own)?;
    if !images["data"].is_array() {
        page.complain("the images", "data is no list");
    }
    let end = json!({ "step": "end", "status": "ONGOING" });
    let ended = page.put("the end", &sync, &own, end)?;
    page.is("the end", &ended["data"]["status"], "COMPLETED");

    let mut login = Caller { name: "login-page", server, tally: page.tally };
    let opened = login.post(
        "open a login",
        "/v2/biometric-validations",
        "",
        json!({
            "identifier": "b6ab2a1ecf3c4e5d8f90a1b2c3d4e5f6", "type": "login", "project": project,
            "projectFlow": login_flow, "location": { "country": "CO" },
        }),
    )?;
    let session = login.text("open a login", &opened["data"]["token"])?;
    let passed = login.post(
        "the face",
        "/v2/biometric-validations/validate",
        &session,
        json!({ "image": selfie(85)?, "os": "DESKTOP", "location": { "country": "CO" } }),
    )?;
    let result = login.text("the face", &passed["data"]["token"])?;
    let exchanged = login.post("the exchange", "/v2/auth/project-login", &result, json!({}))?;
    login.has("the exchange", &exchanged["data"], &["accessToken", "tokenType", "appRegistration"]);
    login.is("the exchange", &exchanged["data"]["appRegistration"]["_id"], &registration);

    let mut dashboard = Caller { name: "dashboard", server, tally: login.tally };
    dashboard.list_all(token, &project, &registration)
}

impl Caller<'_, '_> {
    /// A project with an onboarding flow, and a login flow, as the wizard makes them.
    fn make_project(&mut self, token: &str) -> Result<(String, String, String)> {
        let collections = "/v2/face-recognition/collections";
        let collection =
            self.post("a collection", collections, token, json!({ "name": "Customers" }))?;
        let collection = self.text("a collection", &collection["data"]["_id"])?;
        let made = self.post(
            "a project",
            "/v3/projects",
            token,
            json!({
                "name": "Bank", "identifier": "", "contactEmail": "help@bank.example",
                "privacyUrl": "https://bank.example/privacy",
                "termsAndConditionsUrl": "https://bank.example/terms",
                "allowedCountries": ["Colombia"], "defaultLanguage": "en", "status": "active",
                "target": "personal", "assignedCollection": collection, "allowAnonymous": true,
                "dataProtection": {
                    "name": "Bank", "email": "data@bank.example", "address": "Street 1",
                    "address2": "", "city": "Bogotá", "country": "Colombia", "postalCode": "110111",
                },
                "branding": { "bgColor": "#ffffff", "buttonColor": "#1d4ed8" },
                "projectFlowType": "onboarding",
                "projectFlow": {
                    "type": "onboarding", "status": "active", "target": "personal",
                    "redirectUrl": "https://bank.example/done",
                    "onboardingSettings": {
                        "signUpForm": {
                            "email": true, "emailGateway": "mailgun", "phone": false, "fullName": true,
                        },
                        "steps": { "document": "skip", "liveness": "mandatory" },
                        "liveness": { "minScore": 0.6, "searchMinScore": 0.9, "searchMode": "FAST" },
                    },
                },
            }),
        )?;
        let project = self.text("a project", &made["data"]["_id"])?;
        let flow = self.text("a project", &made["data"]["projectFlows"][0]["_id"])?;
        let login = self.post(
            "a login flow",
            "/v2/project-flows",
            token,
            json!({
                "project": project, "type": "login", "status": "active",
                "loginSettings": {
                    "email": true, "phone": false, "faceLiveness": true, "searchMode": "FAST",
                    "searchMinScore": 0.85,
                },
            }),
        )?;
        Ok((project, flow, self.text("a login flow", &login["data"]["_id"])?))
    }

    /// Its record pages, in the queries that it was seen to send.
    fn list_all(&mut self, token: &str, project: &str, registration: &str) -> Result<()> {
        let registrations = "/v2/app-registrations";
        for (question, path) in [
            ("its projects", "/v2/projects?sort=-createdAt".to_owned()),
            ("its plan", "/v2/client-smart-enroll-plans?where_status=active".to_owned()),
            ("its settings", "/v2/client-settings?findOne=true".to_owned()),
            (
                "a project",
                format!(
                    "/v2/projects/{project}?with=projectFlows&populates=client\
                     &populates=projectMembers&populates=projectMembers.staff"
                ),
            ),
            (
                "a project of version 3",
                format!("/v3/projects/{project}?populates=projectFlows&projectFlowType=onboarding"),
            ),
            (
                "how registrations stand",
                format!("{registrations}/statistics?project={project}&funnel=true"),
            ),
            (
                "registrations",
                format!(
                    "{registrations}?perPage=20&page=1&where_project={project}&sort=-createdAt\
                     &populates=emailValidation,phoneValidation,biometricValidation,\
                     biometricValidation.face,face,informationValidation"
                ),
            ),
            (
                "who is called so",
                format!("{registrations}?page=1&?like_name=jo&?like_email=jo&?like_phone=jo"),
            ),
            (
                "logins",
                format!(
                    "/v2/app-logins?page=1&perPage=20&where_project={project}\
                     &populates=emailValidation,phoneValidation,biometricValidation"
                ),
            ),
            ("persons", "/v2/face-recognition/persons?page=1&limit=200".to_owned()),
            ("collections", "/v2/face-recognition/collections".to_owned()),
            (
                "webhooks",
                "/v2/webhooks?perPage=20&eventStatistics=7&populates=projectFlow.project"
                    .to_owned(),
            ),
        ] {
            let answer = self.get(question, &path, token)?;
            if answer.get("data").is_none() {
                self.complain(question, "there is no data");
            }
            if matches!(question, "registrations" | "who is called so") {
                self.is(question, &answer["data"][0]["_id"], registration);
                self.is(question, &answer["data"][0]["status"], "COMPLETED");
                self.is_number(question, &answer["total"], 1);
            }
            if matches!(question, "logins" | "persons") && answer["data"][0].get("_id").is_none() {
                self.complain(question, "there is none");
            }
        }
        Ok(())
    }

    fn get(&mut self, question: &str, path: &str, token: &str) -> Result<Value> {
        self.call(question, "GET", path, token, None)
    }

    fn post(&mut self, question: &str, path: &str, token: &str, body: Value) -> Result<Value> {
        self.call(question, "POST", path, token, Some(body))
    }

    fn put(&mut self, question: &str, path: &str, token: &str, body: Value) -> Result<Value> {
        self.call(question, "PUT", path, token, Some(body))
    }

    /// The JSON of a call that must pass.
    fn call(
        &mut self,
        question: &str,
        method: &str,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> Result<Value> {
        let authorization = (!token.is_empty()).then(|| format!("Bearer {token}"));
        let authorization = authorization.as_deref();
        let request = match body {
            None => http::get_request(path, authorization),
            Some(body) => http::request(method, path, authorization, body.to_string().as_bytes()),
        };
        let mut answer = Answer::default();
        Connection::open(self.server.address)?.exchange(&request, &mut answer)?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let complaints: Vec<String> = match answer.status {
            200 | 201 => Vec::new(),
            status => vec![format!("{method} {path}: {status} {text}")],
        };
        self.tally.note(self.name, question, &complaints);
        serde_json::from_str(&text).with_context(|| format!("{method} {path}: {text}"))
    }

    fn has(&mut self, question: &str, object: &Value, names: &[&str]) {
        let missing: Vec<&str> =
            names.iter().copied().filter(|name| object.get(name).is_none()).collect();
        if !missing.is_empty() {
            self.complain(question, &format!("without {}: {object}", missing.join(", ")));
        }
    }

    fn lacks(&mut self, question: &str, object: &Value, name: &str) {
        if object.get(name).is_some() {
            self.complain(question, &format!("has {name}: {object}"));
        }
    }

    fn is(&mut self, question: &str, value: &Value, wanted: &str) {
        if value != wanted {
            self.complain(question, &format!("{value} is not {wanted}"));
        }
    }

    fn is_number(&mut self, question: &str, value: &Value, wanted: u64) {
        if value.as_u64() != Some(wanted) {
            self.complain(question, &format!("{value} is not {wanted}"));
        }
    }

    fn text(&mut self, question: &str, value: &Value) -> Result<String> {
        let text = value.as_str().with_context(|| format!("{}: {question}: {value}", self.name))?;
        Ok(text.to_owned())
    }

    fn complain(&mut self, question: &str, complaint: &str) {
        self.tally.note(self.name, question, &[complaint.to_owned()]);
    }
}

/// What a token says, for whoever does not check it.
fn claims(token: &str) -> Result<Value> {
    let payload = token.split('.').nth(1).context("no token")?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload)?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// The code in the newest of so many emails, as soon as they are there.
fn emailed_code(outbox: &Path, count: usize) -> Result<String> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(CODE_SECONDS_MAX) {
        let files = std::fs::read_dir(outbox).into_iter().flatten();
        let mut files: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
        files.sort();
        if files.len() >= count
            && let Some(newest) = files.last()
        {
            let email = std::fs::read_to_string(newest)?;
            let subject = email.lines().find_map(|line| line.strip_prefix("Subject: "));
            if let Some(code) = subject.and_then(|it| it.split(' ').next())
                && code.len() == 6
            {
                return Ok(code.to_owned());
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("no email came within {CODE_SECONDS_MAX} s")
}

/// A photograph of one face, another each time that the quality differs.
fn selfie(quality: u8) -> Result<String> {
    let portrait = exec::root().join("crates/server/assets/portrait-1080p.jpg");
    let mut pixels =
        Command::new("djpeg").arg(portrait).stdout(Stdio::piped()).spawn().context("djpeg")?;
    let from = pixels.stdout.take().context("djpeg writes")?;
    let quality = quality.to_string();
    let jpeg = Command::new("cjpeg").args(["-quality", &quality]).stdin(from).output();
    let jpeg = jpeg.context("cjpeg")?;
    if !pixels.wait()?.success() || !jpeg.status.success() {
        bail!("the photograph could not be made");
    }
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg.stdout)))
}
