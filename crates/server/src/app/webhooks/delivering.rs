//! One attempt of a delivery: signed, sent, and what came of it.

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::Value;
use verax_domain::Timestamp;
use verax_domain::webhook::{DISABLED_AFTER_MS, next_pause_ms, retry_at};
use verax_store::{Attempt, Batch, Delivery, Outcome, StoreError};

use super::{Disabled, Endpoint};
use crate::app::App;
use crate::app::journal::Origin;
use crate::http_client::{self, Answer};

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// Which of the record's events it is. A standard body says it too; Verifik's has no member for it.
const SEQUENCE: HeaderName = HeaderName::from_static("verax-sequence");

const GONE: u16 = 410;

/// A delivery that was taken, and how.
pub struct Taken {
    pub endpoint: Endpoint,
    pub delivery: Delivery,
    pub body: String,
    /// It is the one that is tried after a pause.
    pub is_probe: bool,
}

impl App {
    /// Attempts a delivery, and writes down what came of it.
    pub(super) async fn attempt(&self, taken: Taken) {
        if let Err(error) = self.attempt_once(&taken).await {
            // Its lease runs out, and it is attempted again: with the same id and the same bytes.
            tracing::warn!(cause = %error, "a delivery could not be written down");
        }
    }

    async fn attempt_once(&self, taken: &Taken) -> Result<(), StoreError> {
        let Taken { endpoint, delivery, body, .. } = taken;
        let at = self.clock.now();
        let signer = match self.signer(endpoint).await {
            Ok(signer) => signer,
            Err(error) => {
                tracing::warn!(cause = %error, "a delivery waits: it cannot be signed now");
                return Ok(());
            }
        };
        let signature = signer.sign(&delivery.event, at, body.as_bytes());
        let Some(headers) = headers(&delivery.event, delivery.sequence, at, &signature) else {
            return Err(StoreError::Statement("a delivery's id is no header".to_owned()));
        };
        let body = Bytes::copy_from_slice(body.as_bytes());
        let Some(sender) = &self.webhook_client else { return Ok(()) };
        let sent = sender.send(&endpoint.url, headers, body).await;
        self.write_down(taken, at, &sent).await
    }

    async fn write_down(
        &self,
        taken: &Taken,
        at: Timestamp,
        sent: &http_client::Attempt,
    ) -> Result<(), StoreError> {
        let Taken { endpoint, delivery, is_probe, .. } = taken;
        let now = self.clock.now();
        let number = delivery.attempts + 1;
        let answer = match &sent.outcome {
            http_client::Outcome::Answered(answer) => Some(answer),
            http_client::Outcome::Failed(_) => None,
        };
        let is_delivered = answer.is_some_and(|answer| (200..300).contains(&answer.status));
        let outcome = if is_delivered {
            Outcome::Delivered
        } else {
            let jitter = (self.random.number() >> 11) as f64 / (1u64 << 53) as f64;
            match retry_at(now, number, jitter, answer.and_then(|it| retry_after_ms(it, now))) {
                Some(at) => Outcome::Retried(at),
                None => Outcome::Dead,
            }
        };
        let attempt = Attempt {
            number,
            at,
            ms: i64::try_from(sent.ms).unwrap_or(i64::MAX),
            status_code: answer.map(|answer| answer.status.into()),
            error: match &sent.outcome {
                http_client::Outcome::Failed(class) => Some(class.word().to_owned()),
                http_client::Outcome::Answered(_) => None,
            },
            headers: answer.map(|answer| {
                let named = answer.headers.iter();
                let named = named.map(|(name, value)| ((*name).to_owned(), value.as_str().into()));
                Value::Object(named.collect()).to_string()
            }),
        };
        let response = response(&attempt, &sent.outcome)?;
        let mut batch = Batch::default();
        let body = answer.map(|answer| answer.body.as_str());
        batch.end_attempt(delivery, &attempt, outcome, (&response, body), now);
        if is_delivered {
            batch.endpoint_answered(endpoint);
        } else {
            batch.endpoint_failed(endpoint, now, next_pause_ms(endpoint.pause_ms), *is_probe);
        }
        match self.database.commit(batch).await {
            // It was cancelled meanwhile, or another node has taken it.
            Err(StoreError::Conflict) => return Ok(()),
            committed => committed?,
        }
        self.metrics.delivery_attempted(outcome_word(outcome), sent.ms);
        self.deliveries.answered_in(&endpoint.id, sent.ms);
        if !is_delivered {
            self.disable_if_hopeless(endpoint, answer, now).await?;
        }
        Ok(())
    }

    /// Who answers 410 does not want to be called; whom nothing has reached for days is not called either.
    async fn disable_if_hopeless(
        &self,
        endpoint: &Endpoint,
        answer: Option<&Answer>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let is_gone = answer.is_some_and(|answer| answer.status == GONE);
        let is_old =
            endpoint.failing_since.is_some_and(|since| now.0 - since.0 >= DISABLED_AFTER_MS);
        let reason = match (is_gone, is_old) {
            (true, _) => "it answered 410",
            (_, true) => "every attempt of five days has failed",
            _ => return Ok(()),
        };
        let (client, id) = (endpoint.client.as_str(), endpoint.id.as_str());
        let mut batch = Batch::default();
        let why = Disabled::Because { reason, url: &endpoint.url };
        let stamp = self.stamp(&Origin::system());
        batch.disable_endpoint((client, id), why, now, stamp).mark_held(Some((client, id)));
        match self.database.commit(batch).await {
            // Somebody was faster.
            Err(StoreError::Conflict) => Ok(()),
            disabled => {
                disabled?;
                tracing::error!(client, webhook = id, reason, "a webhook was disabled");
                Ok(())
            }
        }
    }
}

/// The headers of Standard Webhooks, and which of the record's events it is.
pub(super) fn headers(
    event: &str,
    sequence: i64,
    at: Timestamp,
    signature: &str,
) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (ID, event.to_owned()),
        (TIMESTAMP, at.0.div_euclid(1000).to_string()),
        (SIGNATURE, signature.to_owned()),
        (SEQUENCE, sequence.to_string()),
    ] {
        headers.insert(name, HeaderValue::try_from(value).ok()?);
    }
    Some(headers)
}

/// What the list of deliveries shows of an attempt.
#[derive(Serialize)]
struct Response<'a> {
    status: &'a str,
    #[serde(rename = "statusCode", skip_serializing_if = "Option::is_none")]
    status_code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

fn response(attempt: &Attempt, outcome: &http_client::Outcome) -> Result<String, StoreError> {
    let is_success = attempt.status_code.is_some_and(|code| (200..300).contains(&code));
    let response = Response {
        status: if is_success { "success" } else { "fail" },
        status_code: attempt.status_code,
        error: match outcome {
            http_client::Outcome::Failed(class) => Some(class.sentence()),
            http_client::Outcome::Answered(_) => None,
        },
    };
    serde_json::to_string(&response).map_err(|error| StoreError::Statement(error.to_string()))
}

/// How long a receiver asks to be left alone: in seconds, or until a date (RFC 9110, 10.2.3).
fn retry_after_ms(answer: &Answer, now: Timestamp) -> Option<i64> {
    let (_, value) = answer.headers.iter().find(|(name, _)| *name == "retry-after")?;
    let seconds = || value.trim().parse::<i64>().ok().map(|it| it.saturating_mul(1000));
    let date = || jiff::fmt::rfc2822::parse(value.trim()).ok();
    let until = || Some(date()?.timestamp().as_millisecond().saturating_sub(now.0));
    seconds().or_else(until)
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Retried(_) => "failed",
        Outcome::Dead => "dead",
    }
}
