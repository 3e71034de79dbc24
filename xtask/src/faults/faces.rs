//! Face checks while the server is killed: each is made once, or has failed and says why.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Work;
use crate::http::{self, Answer, Connection};

pub const VALIDATIONS: &str = "/v2/biometric-validations";
const REGISTRATIONS: &str = "/v2/app-registrations";
/// Of what only was opened, the newest are looked at after each kill.
const INSPECTED_MAX: usize = 200;
const FORGETTING_LOOKS_MAX: u32 = 50;

/// What is asked of faces, and what was acknowledged.
#[derive(Default)]
pub struct Faces {
    pub project: String,
    pub flow: String,
    /// A portrait in base64; none where there are no models to look at it.
    pub selfie: Option<String>,
    /// Validations that were opened, all of them.
    opened: BTreeSet<String>,
    /// Validations that were passed, and the token of the session that each has used.
    passed: BTreeMap<String, String>,
    /// Registrations whose person was enrolled: the validation, and the email.
    registered: BTreeMap<String, (String, String)>,
    /// Images that were sent and not answered.
    unanswered: u64,
}

impl Work {
    /// Makes what face checks are made for.
    pub fn prepare_faces(&self, address: SocketAddr, models: Option<&Path>) -> Result<()> {
        let mut connection = Connection::open(address)?;
        let mut make = |path: &str, body: Value| -> Result<String> {
            let made = self.ask(&mut connection, "POST", path, &body.to_string())?;
            Ok(made["data"]["_id"].as_str().context("no id")?.to_owned())
        };
        let collection = make(super::COLLECTIONS, json!({ "name": "faces" }))?;
        let project = json!({ "name": "Faults", "assignedCollection": collection });
        let project = make("/v3/projects", project)?;
        let flow = make("/v2/project-flows", json!({ "project": project, "type": "onboarding" }))?;
        let portrait = crate::exec::root().join("crates/server/assets/portrait-1080p.jpg");
        let portrait = STANDARD.encode(std::fs::read(portrait)?);
        let selfie = models.map(|_| portrait);
        *self.faces() = Faces { project, flow, selfie, ..Faces::default() };
        Ok(())
    }

    /// Opens validations and answers them with an image, until the server is gone.
    pub fn check_faces(&self, address: SocketAddr) -> Result<()> {
        let mut connection = Connection::open(address)?;
        loop {
            let known = self.faces().registered.values().next_back().map(|it| it.1.clone());
            match known {
                Some(email) => self.validate(&mut connection, "login", &email)?,
                None => self.validate(&mut connection, "validation", "somebody")?,
            }
            self.validate(&mut connection, "validation", "somebody")?;
        }
    }

    /// Registers persons and enrols them, until the server is gone.
    pub fn register_faces(&self, address: SocketAddr) -> Result<()> {
        let mut connection = Connection::open(address)?;
        loop {
            let email = format!("p{}@example.com", self.number());
            let (project, flow) = self.way();
            let body = json!({
                "project": project, "projectFlow": flow, "email": email, "fullName": "Jo Doe",
            });
            let made = self.ask(&mut connection, "POST", REGISTRATIONS, &body.to_string())?;
            let id = made["data"]["appRegistration"]["_id"].as_str().context("no id")?.to_owned();
            let token = made["data"]["token"].as_str().context("no token")?.to_owned();
            // Without models that is all that can be done.
            let Some(image) = self.faces().selfie.clone() else { continue };
            let body = json!({ "image": image, "os": "IOS", "force": true });
            let path = format!("{VALIDATIONS}/app-registration");
            self.faces().unanswered += 1;
            let answer = send(&mut connection, &path, &token, &body)?;
            ensure!(answer.status == 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
            let record: Value = serde_json::from_slice(&answer.body)?;
            let made = &record["data"]["biometricValidation"]["_id"];
            let made = made.as_str().context("no validation")?.to_owned();
            let mut faces = self.faces();
            faces.unanswered -= 1;
            faces.registered.insert(id, (made, email));
        }
    }

    /// Looks for everything that was acknowledged about faces.
    pub fn look_at_faces(&self, connection: &mut Connection) -> Result<()> {
        let faces = self.faces();
        for id in faces.opened.iter().rev().take(INSPECTED_MAX) {
            self.ask(connection, "GET", &format!("{VALIDATIONS}/{id}"), "")?;
        }
        for id in faces.passed.keys() {
            let record = self.ask(connection, "GET", &format!("{VALIDATIONS}/{id}"), "")?;
            let status = &record["data"]["status"];
            ensure!(status == "completed", "the validation {id} was passed and is {status}");
        }
        for (id, (validation, _)) in &faces.registered {
            let record = self.ask(connection, "GET", &format!("{REGISTRATIONS}/{id}"), "")?;
            let made = &record["data"]["biometricValidation"];
            ensure!(made == validation, "the registration {id} has the validation {made}");
            // Whom a validation enrols has its id.
            let person = &record["data"]["person"];
            ensure!(person == validation, "the registration {id} has the person {person}");
        }
        Ok(())
    }

    /// When all has reached an end: nothing was done twice, and nothing is left of what was not done.
    pub fn count_faces(&self, connection: &mut Connection) -> Result<String> {
        let mut count =
            |filter: &str| self.total(connection, &format!("{VALIDATIONS}?{filter}"), "perPage");
        let enrolled = count("where_type=onboarding&where_status=completed")?;
        let logins = count("where_type=login&where_status=completed")?;
        let failed = count("where_status=failed")?;
        let mut persons = u64::MAX;
        // Who was enrolled by half is forgotten just after their validation has failed.
        for _ in 0..FORGETTING_LOOKS_MAX {
            persons = self.total(connection, "/v2/face-recognition/persons", "limit")?;
            if persons == enrolled {
                break;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        ensure!(persons == enrolled, "{persons} persons, {enrolled} were enrolled by validations");
        let made = self.total(connection, "/v2/app-logins", "limit")?;
        ensure!(made == logins, "{made} logins are there, {logins} validations of logins passed");
        let faces = self.faces();
        ensure!(
            failed <= faces.unanswered,
            "{failed} validations have failed, {} images were not answered",
            faces.unanswered
        );
        for (id, token) in faces.passed.iter().rev().take(20) {
            let body = json!({ "image": faces.selfie });
            let again = send(connection, &format!("{VALIDATIONS}/validate"), token, &body)?;
            ensure!(again.status == 409, "{id} was made twice: {}", again.status);
        }
        Ok(format!(
            "{} validations opened and {} passed, {} persons enrolled, {failed} checks interrupted",
            faces.opened.len(),
            faces.passed.len(),
            faces.registered.len(),
        ))
    }

    fn validate(&self, connection: &mut Connection, kind: &str, identifier: &str) -> Result<()> {
        let (project, flow) = self.way();
        let body = json!({
            "project": project, "projectFlow": flow, "type": kind, "identifier": identifier,
        });
        let opened = self.ask(connection, "POST", VALIDATIONS, &body.to_string())?;
        let data = &opened["data"];
        let id = data["biometricValidation"]["_id"].as_str().context("no id")?.to_owned();
        let token = data["token"].as_str().context("no token")?.to_owned();
        self.faces().opened.insert(id.clone());
        let Some(image) = self.faces().selfie.clone() else { return Ok(()) };
        self.faces().unanswered += 1;
        let path = format!("{VALIDATIONS}/validate");
        let answer = send(connection, &path, &token, &json!({ "image": image }))?;
        ensure!(answer.status == 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        let mut faces = self.faces();
        faces.unanswered -= 1;
        faces.passed.insert(id, token);
        Ok(())
    }

    fn way(&self) -> (String, String) {
        let faces = self.faces();
        (faces.project.clone(), faces.flow.clone())
    }

    fn faces(&self) -> std::sync::MutexGuard<'_, Faces> {
        self.faces.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn send(connection: &mut Connection, path: &str, token: &str, body: &Value) -> Result<Answer> {
    let mut answer = Answer::default();
    let body = body.to_string();
    let token = format!("Bearer {token}");
    connection
        .exchange(&http::request("POST", path, Some(&token), body.as_bytes()), &mut answer)?;
    Ok(answer)
}
