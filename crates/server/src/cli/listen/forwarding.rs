//! Events to the developer's application: one at a time of each record, several records at once.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::cli::output::print_line;
use crate::clock::Clock;
use crate::http_client::ErrorClass;
use crate::webhook_signature::{Secret, sign_symmetric};

/// An event as the server's stream has it.
#[derive(Deserialize)]
pub struct StreamedEvent {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "createdAt")]
    created_at: String,
    #[serde(flatten)]
    about: Subject,
}

/// Whom it is about: read from an event, and written into a webhook under the same names but one.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Subject {
    #[serde(rename(deserialize = "record", serialize = "id"))]
    record: String,
    resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_flow: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_registration: Option<String>,
}

/// The body of a webhook in the format `standard`.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: &'a str,
    data: &'a Subject,
}

pub struct Forwarder {
    client: Client,
    to: Url,
    secret: Secret,
}

const RECORDS_AT_ONCE: usize = 8;
const ANSWER_SECONDS_MAX: u64 = 15;

impl Forwarder {
    /// # Errors
    /// The system's root certificates cannot be read.
    pub fn new(to: Url, secret: Secret) -> Result<Forwarder, reqwest::Error> {
        // Without the guard of webhooks: the developer calls their own machine.
        let client = Client::builder()
            .timeout(Duration::from_secs(ANSWER_SECONDS_MAX))
            .redirect(Policy::none())
            .build()?;
        Ok(Forwarder { client, to, secret })
    }

    /// Until there are no more, of which so many may wait.
    ///
    /// # Errors
    /// Nobody reads what it prints.
    pub async fn forward_all(
        self,
        mut events: mpsc::Receiver<StreamedEvent>,
        waiting_max: usize,
    ) -> Result<()> {
        let (mut waiting, mut running) = (VecDeque::new(), FuturesUnordered::new());
        let (mut records, mut is_open) = (HashSet::new(), true);
        loop {
            while running.len() < RECORDS_AT_ONCE
                && let Some(at) = waiting
                    .iter()
                    .position(|event: &StreamedEvent| !records.contains(&event.about.record))
                && let Some(event) = waiting.remove(at)
            {
                records.insert(event.about.record.clone());
                running.push(self.forward(event));
            }
            if running.is_empty() && !is_open {
                return Ok(());
            }
            tokio::select! {
                Some(record) = running.next() => {
                    records.remove(&record?);
                }
                event = events.recv(), if is_open && waiting.len() < waiting_max => match event {
                    Some(event) => waiting.push_back(event),
                    None => is_open = false,
                },
            }
        }
    }

    /// The record whose turn is over.
    async fn forward(&self, event: StreamedEvent) -> io::Result<String> {
        let StreamedEvent { id, kind, created_at, about } = event;
        let now = Clock::System.now();
        print_line(format_args!("-> {} {kind} {}", clock_time(now.0), about.record))?;
        let start = Instant::now();
        let answer = self.send(&id, now.0.div_euclid(1000), &kind, &created_at, &about).await;
        let ms = start.elapsed().as_millis();
        match answer {
            Ok(status) => print_line(format_args!("<- {status} ({ms} ms) {}", about.record))?,
            Err(why) => print_line(format_args!("<- {why} ({ms} ms) {}", about.record))?,
        }
        Ok(about.record)
    }

    async fn send(
        &self,
        id: &str,
        now_seconds: i64,
        kind: &str,
        timestamp: &str,
        data: &Subject,
    ) -> Result<u16, String> {
        let body =
            serde_json::to_vec(&Body { kind, timestamp, data }).map_err(|it| it.to_string())?;
        let request = self
            .client
            .post(self.to.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now_seconds)
            .header("webhook-signature", sign_symmetric(&self.secret, id, now_seconds, &body));
        match request.body(body).send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) => Err(ErrorClass::of(&error).sentence().to_owned()),
        }
    }
}

/// The time of day where the developer is.
fn clock_time(millis: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string()
}
