//! Calling a URL once, for whoever wants to see what it answers.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use verax_store::StoreError;

use super::delivering::headers;
use super::{Endpoint, WebhookError};
use crate::app::App;
use crate::http_client::Outcome;

/// What a URL has answered.
pub struct Tried {
    pub is_success: bool,
    pub status_code: Option<u16>,
    /// In words.
    pub message: String,
    pub body: Option<String>,
}

const TEST_TYPE: &str = "webhook.test";

impl App {
    /// Sends a body that says that it is a test, signed as for this endpoint: without one it has the
    /// client's signature alone.
    pub async fn test_webhook(
        &self,
        client: &str,
        url: &str,
        endpoint: Option<&Endpoint>,
    ) -> Result<Tried, WebhookError> {
        let (id, now) = (self.new_id(), self.clock.now());
        let data = json!({ "id": id });
        let body = json!({ "type": TEST_TYPE, "timestamp": now.to_string(), "data": data });
        let body = body.to_string();
        let signer = match endpoint {
            Some(endpoint) => self.signer(endpoint).await?,
            None => Arc::new(self.signer_of_client(client).await?),
        };
        let signature = signer.sign(&id, now, body.as_bytes());
        let headers = headers(&id, 0, now, &signature).ok_or_else(|| {
            WebhookError::Store(StoreError::Statement("an id is no header".to_owned()))
        })?;
        let unavailable = || StoreError::Unavailable("this process calls nobody".to_owned());
        let sender =
            self.webhook_client.as_ref().ok_or_else(|| WebhookError::Store(unavailable()))?;
        Ok(match sender.send(url, headers, Bytes::from(body)).await.outcome {
            Outcome::Answered(answer) => {
                let is_success = (200..300).contains(&answer.status);
                let message = match answer.status {
                    status if is_success => format!("It answered {status}."),
                    status @ 300..400 => {
                        format!("It answered {status}: redirects are not followed.")
                    }
                    status => format!("It answered {status}, which counts as a failure."),
                };
                let (status_code, body) = (Some(answer.status), Some(answer.body));
                Tried { is_success, status_code, message, body }
            }
            Outcome::Failed(class) => {
                let message = class.sentence().to_owned();
                Tried { is_success: false, status_code: None, message, body: None }
            }
        })
    }
}
