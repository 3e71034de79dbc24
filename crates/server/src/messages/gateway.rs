//! Texts to phones: a gateway is a request that the settings describe.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::Value;

use super::error::SendError;
use super::filling::fill;
use crate::config::TextGateway;
use crate::http_client::choose_tls;

/// What sends texts.
pub struct Gateway {
    client: Client,
    url: Url,
    headers: HeaderMap,
    body: String,
    is_json: bool,
    /// Where the answer says the message's id, as a JSON pointer; empty: nowhere.
    answer_id: String,
}

const TIMEOUT: Duration = Duration::from_secs(15);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const ID_CHARS_MAX: usize = 100;
const JSON_BODY: &str = r#"{"to":"{to}","text":"{text}"}"#;

impl Gateway {
    /// `None`: no texts are sent.
    ///
    /// # Errors
    /// A setting is wrong. None of them is repeated: they may hold secrets.
    pub fn new(settings: &TextGateway) -> Result<Option<Gateway>> {
        let settings = match settings.kind.as_str() {
            "" => return Ok(None),
            "http" => settings.clone(),
            "twilio" => twilio(settings)?,
            _ => bail!("kind must be one of twilio, http, or nothing"),
        };
        let url: Url = settings.url.expose().parse().ok().context("url must be a URL")?;
        if url.scheme() != "https" && !url.host_str().is_some_and(is_local) {
            bail!("url must begin with https://: codes are not sent unencrypted");
        }
        let body = match settings.body.as_str() {
            "" => JSON_BODY,
            body => body,
        };
        if !body.contains("{to}") || !(body.contains("{text}") || body.contains("{code}")) {
            bail!("body must hold {{to}}, and {{text}} or {{code}}");
        }
        let is_json = body.trim_start().starts_with('{');
        if is_json && serde_json::from_str::<Value>(body).is_err() {
            bail!("body must be JSON, or like To={{to}}&Body={{text}}");
        }
        let media_type =
            if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        for header in &settings.headers {
            let parsed = header.expose().split_once(':').and_then(|(name, value)| {
                let mut value = HeaderValue::from_str(value.trim()).ok()?;
                value.set_sensitive(true);
                Some((name.trim().parse::<HeaderName>().ok()?, value))
            });
            let (name, value) = parsed.context("headers must be like \"Authorization: …\"")?;
            headers.insert(name, value);
        }
        choose_tls();
        let client =
            Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT).build()?;
        let (body, answer_id) = (body.to_owned(), settings.answer_id);
        Ok(Some(Gateway { client, url, headers, body, is_json, answer_id }))
    }

    /// Sends a text; answers the id that the gateway gave it, if it says one.
    ///
    /// # Errors
    /// The gateway did not take it.
    pub async fn send(
        &self,
        to: &str,
        text: &str,
        code: &str,
    ) -> Result<Option<String>, SendError> {
        let body = self.fill(to, text, code);
        let request = self.client.post(self.url.clone()).headers(self.headers.clone()).body(body);
        // An error may repeat the URL, which may hold a secret.
        let mut answer = request
            .send()
            .await
            .map_err(|_| SendError::for_now("the gateway could not be reached"))?;
        let status = answer.status();
        if !status.is_success() {
            let reason = format!("the gateway answered {}", status.as_u16());
            // Too many requests, or too slow: not for good.
            let is_final = status.is_client_error() && !matches!(status.as_u16(), 408 | 425 | 429);
            return Err(SendError { reason, is_final });
        }
        if self.answer_id.is_empty() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        while let Ok(Some(chunk)) = answer.chunk().await {
            if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk);
        }
        let answer: Option<Value> = serde_json::from_slice(&bytes).ok();
        let id = answer.as_ref().and_then(|answer| answer.pointer(&self.answer_id)?.as_str());
        Ok(id.map(|id| id.chars().take(ID_CHARS_MAX).collect()))
    }

    /// The body with these values, each written so that it stays one value.
    fn fill(&self, to: &str, text: &str, code: &str) -> String {
        let write = |value: &str| match self.is_json {
            true => {
                let quoted = Value::from(value).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            false => utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
        };
        fill(&self.body, &[("{to}", to), ("{text}", text), ("{code}", code)], write)
    }
}

/// What Twilio's API asks for.
fn twilio(settings: &TextGateway) -> Result<TextGateway> {
    use base64::Engine as _;
    let (account, token) = (settings.account.expose(), settings.token.expose());
    if account.is_empty() || token.is_empty() || settings.from.is_empty() {
        bail!("account, token and from must be set for twilio");
    }
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{account}:{token}"));
    let prefix = if settings.from.starts_with("whatsapp:") { "whatsapp%3A" } else { "" };
    let from = utf8_percent_encode(&settings.from, NON_ALPHANUMERIC);
    let url = match settings.url.expose() {
        "" => format!("https://api.twilio.com/2010-04-01/Accounts/{account}/Messages.json"),
        url => url.to_owned(),
    };
    Ok(TextGateway {
        url: url.into(),
        headers: vec![format!("{AUTHORIZATION}: Basic {login}").into()],
        body: format!("To={prefix}{{to}}&From={from}&Body={{text}}"),
        answer_id: "/sid".to_owned(),
        ..settings.clone()
    })
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(body: &str) -> Gateway {
        let settings = TextGateway {
            kind: "http".to_owned(),
            url: "https://sms.example.com/send".to_owned().into(),
            body: body.to_owned(),
            ..TextGateway::default()
        };
        Gateway::new(&settings).expect("right settings").expect("a gateway")
    }

    #[test]
    fn a_value_stays_one_value() {
        let text = "Say \"{code}\" & more\n{to}";
        let json = gateway(r#"{"to":"{to}","message":{"text":"{text}","other":"{x}"}}"#);
        let filled: Value = serde_json::from_str(&json.fill("+57300", text, "1")).expect("JSON");
        assert_eq!(filled["message"]["text"], text);
        assert_eq!(filled["message"]["other"], "{x}");
        assert_eq!(filled["to"], "+57300");
        let form = gateway("To={to}&Body={text}");
        assert_eq!(form.fill("+57300", "a&b=c", "1"), "To=%2B57300&Body=a%26b%3Dc");
    }

    #[test]
    fn wrong_settings_are_named_and_not_repeated() {
        let right = TextGateway {
            kind: "http".to_owned(),
            url: "https://example.com/".to_owned().into(),
            ..TextGateway::default()
        };
        let wrong: [(&str, TextGateway); 5] = [
            ("kind", TextGateway { kind: "pigeon".to_owned(), ..right.clone() }),
            (
                "url",
                TextGateway {
                    url: "http://secret.example.com/".to_owned().into(),
                    ..right.clone()
                },
            ),
            ("body", TextGateway { body: "secret".to_owned(), ..right.clone() }),
            ("headers", TextGateway { headers: vec!["secret".to_owned().into()], ..right.clone() }),
            ("account", TextGateway { kind: "twilio".to_owned(), ..right }),
        ];
        for (name, settings) in wrong {
            let error = Gateway::new(&settings).err().map(|error| format!("{error:#}"));
            let error = error.expect("an error");
            assert!(error.contains(name) && !error.contains("secret"), "{error}");
        }
    }
}
