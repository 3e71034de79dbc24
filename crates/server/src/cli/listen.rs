//! `verax listen`: events as signed webhooks to an application on the developer's own machine.

mod event_stream;
mod forwarding;
mod secret;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use futures_util::StreamExt;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;
use tokio::sync::mpsc;
use verax_domain::events::{EventKind, RECORDS_IMPORTED};

use self::event_stream::EventStream;
use self::forwarding::{Forwarder, StreamedEvent};
use super::output::{print_line, report_line};
use crate::app::access::SANDBOX;
use crate::http_client::{ErrorClass, choose_tls};

#[derive(Args)]
pub struct Arguments {
    /// The application that takes webhooks: any URL.
    #[arg(long, value_name = "URL")]
    forward_to: Url,
    /// The server whose events are forwarded.
    #[arg(long, env = "VERAX_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: Url,
    /// A sandbox token with the scope events:read.
    #[arg(long, env = "VERAX_TOKEN", hide_env_values = true)]
    token: String,
    /// Take a live token too: its events are about real people.
    #[arg(long)]
    live: bool,
    /// Forward events of this type alone: biometric_validation.completed, biometric_validation.*;
    /// may be given several times.
    #[arg(long = "filter", value_name = "TYPE", value_parser = parse_filter)]
    filters: Vec<String>,
    /// What signs: whsec_ and base64. Without it, one that is made once and kept in
    /// $XDG_STATE_HOME/verax/listen-secret.
    #[arg(long, value_name = "SECRET", hide_env_values = true)]
    secret: Option<String>,
}

/// The server sends a comment every 15 seconds.
const SILENCE_SECONDS_MAX: u64 = 45;
const CONNECT_SECONDS_MAX: u64 = 10;
const PAUSE_SECONDS_MAX: u64 = 30;
/// Events that were read and wait for the application.
const EVENTS_WAITING_MAX: usize = 1000;

pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    if !arguments.live && mode_of(&arguments.token)? != SANDBOX {
        bail!(
            "--token must be a sandbox token (`verax token create --client … --sandbox`): the events \
             of a live one are about real people; --live takes it all the same"
        );
    }
    let secret = secret::find(arguments.secret.as_deref())?;
    choose_tls();
    let secret_text = secret.to_text();
    print_line(format_args!("signed with {}", *secret_text))?;
    let forwarder = Forwarder::new(arguments.forward_to.clone(), secret)?;
    let (sender, receiver) = mpsc::channel(1);
    let mut forwarding = tokio::spawn(forwarder.forward_all(receiver, EVENTS_WAITING_MAX));
    let feed = Feed::new(arguments)?;
    tokio::select! {
        error = feed.follow(sender) => Err(error),
        // It ends before the feed where nobody reads what it prints.
        done = &mut forwarding => done?.map(|()| ExitCode::SUCCESS),
    }
}

/// The stream of events, read again where it broke off.
struct Feed {
    client: Client,
    url: Url,
    token: String,
    filters: Vec<String>,
}

impl Feed {
    fn new(arguments: Arguments) -> Result<Feed> {
        let Arguments { mut url, token, filters, .. } = arguments;
        let path = format!("{}/v2/events/stream", url.path().trim_end_matches('/'));
        url.set_path(&path);
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
            .read_timeout(Duration::from_secs(SILENCE_SECONDS_MAX))
            .redirect(Policy::none())
            .build()?;
        Ok(Feed { client, url, token, filters })
    }

    /// Reads until it must not go on, and says why.
    async fn follow(&self, events: mpsc::Sender<StreamedEvent>) -> anyhow::Error {
        let (mut last, mut pause) = (None, 1);
        loop {
            let why = match self.open(last.as_deref()).await {
                Ok(Ok(response)) => {
                    pause = 1;
                    report_line(match &last {
                        None => {
                            format!("listening to {}", self.url.origin().ascii_serialization())
                        }
                        Some(last) => format!("listening again, after the event {last}"),
                    });
                    match self.read(response, &mut last, &events).await {
                        Ok(why) => why,
                        Err(error) => return error,
                    }
                }
                Ok(Err(why)) => why,
                Err(error) => return error,
            };
            report_line(format_args!("{why}; trying again in {pause} s"));
            tokio::time::sleep(Duration::from_secs(pause)).await;
            pause = (pause * 2).min(PAUSE_SECONDS_MAX);
        }
    }

    /// The stream, or why it may be there later.
    async fn open(&self, last: Option<&str>) -> Result<Result<Response, String>> {
        let mut request = self
            .client
            .get(self.url.clone())
            .bearer_auth(&self.token)
            .header(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                return Ok(Err(format!(
                    "the server does not answer ({})",
                    ErrorClass::of(&error).word()
                )));
            }
        };
        match response.status() {
            StatusCode::OK if is_stream(&response) => Ok(Ok(response)),
            StatusCode::OK => {
                bail!("what answers at --url is no Verax: it sends no stream of events")
            }
            StatusCode::UNAUTHORIZED => bail!(
                "the server rejects the token (401): --token is missing there, expired or revoked"
            ),
            StatusCode::FORBIDDEN => {
                bail!("the server rejects the token (403): --token must have the scope events:read")
            }
            status => Ok(Err(format!("the server answers {status}"))),
        }
    }

    /// Hands on what comes, and says how it ended.
    async fn read(
        &self,
        response: Response,
        last: &mut Option<String>,
        events: &mpsc::Sender<StreamedEvent>,
    ) -> Result<String> {
        let (mut bytes, mut stream) = (response.bytes_stream(), EventStream::default());
        while let Some(chunk) = bytes.next().await {
            let Ok(chunk) = chunk else { return Ok("the stream broke off".to_owned()) };
            let complete = stream.push(&chunk)?;
            if complete.is_empty() && last.is_none() {
                // Where it begins, before anything has happened.
                *last = stream.last_id().map(str::to_owned);
            }
            for event in complete {
                let parsed: StreamedEvent =
                    serde_json::from_str(&event.data).context("the server sends no events")?;
                if self.wants(&parsed.kind) && events.send(parsed).await.is_err() {
                    // Whoever forwards has ended, and says why.
                    std::future::pending::<()>().await;
                }
                *last = event.id.or(last.take());
            }
        }
        Ok("the server has ended the stream".to_owned())
    }

    fn wants(&self, kind: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| is_of(kind, filter))
    }
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// Whether the type is this one, or of this group: `biometric_validation.*`.
fn is_of(kind: &str, filter: &str) -> bool {
    match filter.strip_suffix('*') {
        Some(group) => kind.starts_with(group),
        None => kind == filter,
    }
}

fn parse_filter(text: &str) -> Result<String, String> {
    let mut kinds = EventKind::all().map(|it| it.name).chain([RECORDS_IMPORTED]);
    let is_whole = !text.contains('*') || text.ends_with(".*");
    if is_whole && kinds.any(|kind| is_of(kind, text)) {
        return Ok(text.to_owned());
    }
    Err("must be a type of event, or a group of them: biometric_validation.completed, \
         biometric_validation.*"
        .to_owned())
}

/// What the token says that it is for. The server checks it; here it is a guard against a mix-up.
fn mode_of(token: &str) -> Result<String> {
    #[derive(Deserialize)]
    struct Claims {
        mode: String,
    }
    let claims = token.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    let claims = claims.and_then(|claims| serde_json::from_slice::<Claims>(&claims).ok());
    Ok(claims.context("--token must be a token as `verax token create` prints it")?.mode)
}
