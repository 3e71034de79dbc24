//! Reviews while the server is killed: a case is decided once, with its event and with what it makes of its
//! registration, or not at all.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::Work;
use crate::http::{self, Answer, Connection};
use crate::running::Site;

const REVIEWS: &str = "/v2/reviews";
const EVENTS: &str = "/v2/events";
const REGISTRATIONS: &str = "/v2/app-registrations";
/// Of the reviews whose decision was acknowledged, the newest are looked at after each kill.
const INSPECTED_MAX: usize = 100;

/// What is decided, and what was acknowledged.
#[derive(Default)]
pub struct Reviews {
    project: String,
    flow: String,
    /// The value of the `Authorization` header of a reviewer.
    token: String,
    /// Decisions that were acknowledged, by the review.
    decided: BTreeMap<String, &'static str>,
}

impl Work {
    /// Makes a flow whose registrations wait for a reviewer, and the reviewer's token.
    pub fn prepare_reviews(&self, site: &Site, address: SocketAddr) -> Result<()> {
        let mut connection = Connection::open(address)?;
        let mut make = |path: &str, body: Value| -> Result<String> {
            let made = self.ask(&mut connection, "POST", path, &body.to_string())?;
            Ok(made["data"]["_id"].as_str().context("no id")?.to_owned())
        };
        let project = make("/v3/projects", json!({ "name": "Reviews" }))?;
        let flow = json!({
            "project": project, "type": "onboarding", "steps": { "liveness": "mandatory" },
            "review": { "onManualVerification": true },
        });
        let flow = make("/v2/project-flows", flow)?;
        let token = site.token_for(&self.client, "review,validations:read,events:read")?;
        let token = format!("Bearer {token}");
        *self.reviews() = Reviews { project, flow, token, ..Reviews::default() };
        Ok(())
    }

    fn reviews(&self) -> std::sync::MutexGuard<'_, Reviews> {
        self.reviews.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Registers persons whose cases wait, claims them and decides them, until the server is gone.
    pub fn decide_reviews(&self, address: SocketAddr) -> Result<()> {
        let mut connection = Connection::open(address)?;
        for turn in 0_u32.. {
            let registration = self.register_waiting(&mut connection)?;
            let found = format!("{REVIEWS}?where_subjectId={registration}");
            let found = self.review(&mut connection, "GET", &found, &Value::Null)?;
            let id = found["data"][0]["_id"].as_str().context("no review was opened")?.to_owned();
            let path = |what: &str| format!("{REVIEWS}/{id}/{what}");
            self.review(&mut connection, "POST", &path("claim"), &json!({}))?;
            let decision = if turn.is_multiple_of(2) { "approve" } else { "decline" };
            let body = json!({ "decision": decision, "reasons": ["other"] });
            self.review(&mut connection, "POST", &path("decide"), &body)?;
            self.reviews().decided.insert(id, decision);
        }
        Ok(())
    }

    /// A registration whose person has ended without the face check that its flow demands.
    fn register_waiting(&self, connection: &mut Connection) -> Result<String> {
        let (project, flow) = {
            let reviews = self.reviews();
            (reviews.project.clone(), reviews.flow.clone())
        };
        let email = format!("r{}@example.com", self.number());
        let body = json!({
            "project": project, "projectFlow": flow, "email": email, "fullName": "Jo Doe",
        });
        let made = self.ask(connection, "POST", REGISTRATIONS, &body.to_string())?;
        let id = made["data"]["appRegistration"]["_id"].as_str().context("no id")?.to_owned();
        let token = made["data"]["token"].as_str().context("no token")?;
        let path = format!("{REGISTRATIONS}/{id}/sync");
        let ended = send(
            connection,
            ("PUT", &path),
            &format!("Bearer {token}"),
            &json!({ "step": "end", "status": "COMPLETED" }),
        )?;
        let status = &ended["data"]["status"];
        ensure!(status == "NEEDS_MANUAL_VERIFICATION", "the registration {id} is {status}");
        Ok(id)
    }

    fn review(
        &self,
        connection: &mut Connection,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value> {
        let token = self.reviews().token.clone();
        send(connection, (method, path), &token, body)
    }

    /// What was acknowledged is decided; the newest are looked at.
    pub fn look_at_reviews(&self, connection: &mut Connection) -> Result<()> {
        let decided: Vec<(String, &str)> = {
            let reviews = self.reviews();
            let newest = reviews.decided.iter().rev().take(INSPECTED_MAX);
            newest.map(|(id, decision)| (id.clone(), *decision)).collect()
        };
        for (id, decision) in decided {
            let record =
                self.review(connection, "GET", &format!("{REVIEWS}/{id}"), &Value::Null)?;
            let (state, found) = (&record["data"]["state"], &record["data"]["decision"]);
            ensure!(
                state == "decided" && found == decision,
                "{id} is {state} {found}, not {decision}"
            );
        }
        Ok(())
    }

    /// Every review, whatever was acknowledged: decided with one event of it and a registration that says the
    /// same and was reviewed once, or not decided and neither. Answers how many were decided.
    pub fn count_reviews(&self, connection: &mut Connection) -> Result<String> {
        let (mut decided, mut page) = (0_u64, 1);
        loop {
            let list = format!("{REVIEWS}?sort=createdAt&limit=100&page={page}");
            let list = self.review(connection, "GET", &list, &Value::Null)?;
            let rows = list["data"].as_array().context("no list")?;
            for review in rows {
                decided += u64::from(self.is_decided_whole(connection, review)?);
            }
            if rows.len() < 100 {
                break;
            }
            page += 1;
        }
        let acknowledged = self.reviews().decided.len();
        ensure!(acknowledged > 0, "no review was decided before a kill");
        Ok(format!("{decided} reviews decided ({acknowledged} acknowledged)"))
    }

    fn is_decided_whole(&self, connection: &mut Connection, review: &Value) -> Result<bool> {
        let text = |name: &str| review[name].as_str().unwrap_or_default();
        let (id, registration) = (text("_id"), text("appRegistration"));
        let events = format!("{EVENTS}?where_record={id}&where_type=review.decided&limit=5");
        let events = self.review(connection, "GET", &events, &Value::Null)?;
        let events = events["data"].as_array().map_or(0, Vec::len);
        let path = format!("{REGISTRATIONS}/{registration}");
        let record = self.ask(connection, "GET", &path, "")?;
        let status = record["data"]["status"].as_str().unwrap_or_default();
        let logged = record["data"]["manualReviewLog"].as_array().map_or(0, Vec::len);
        let (is_decided, expected) = match (text("state"), text("decision")) {
            ("decided", "approve") => (true, "COMPLETED"),
            ("decided", "decline") => (true, "FAILED"),
            ("open" | "claimed", "") => (false, "NEEDS_MANUAL_VERIFICATION"),
            (state, decision) => anyhow::bail!("{id} is {state} {decision}"),
        };
        let count = usize::from(is_decided);
        ensure!(
            (status, logged, events) == (expected, count, count),
            "{id} is {}: its registration is {status}, reviewed {logged} times, and {events} events say \
             that it was decided",
            text("state")
        );
        Ok(is_decided)
    }
}

fn send(
    connection: &mut Connection,
    (method, path): (&str, &str),
    authorization: &str,
    body: &Value,
) -> Result<Value> {
    let bytes = if body.is_null() { String::new() } else { body.to_string() };
    let mut answer = Answer::default();
    let request = http::request(method, path, Some(authorization), bytes.as_bytes());
    connection.exchange(&request, &mut answer)?;
    let told = String::from_utf8_lossy(&answer.body);
    ensure!((200..300).contains(&answer.status), "{method} {path}: {} {told}", answer.status);
    Ok(serde_json::from_slice(&answer.body)?)
}
