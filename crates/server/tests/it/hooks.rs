//! A client with webhooks, on a server that calls them at receivers of this machine.

use std::sync::{Arc, Mutex};

use axum::http::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use verax_server::app::App;
use verax_server::config::Config;

use crate::answer::Answer;
use crate::bank::{Bank, REGISTRATIONS, id, text};
use crate::given_faces::with_given_faces;
use crate::receiver::Receiver;
use crate::world::World;

pub const WEBHOOKS: &str = "/v2/webhooks";
pub const DELIVERIES: &str = "/v2/webhook-events";
pub const OK: &str = "200 OK";
pub const BROKEN: &str = "500 Internal Server Error";

/// Webhooks may be sent to this machine by http.
pub fn local(config: &mut Config) {
    config.webhooks.allow_http = true;
    config.webhooks.allowed_networks = vec!["127.0.0.1/32".parse().expect("a network")];
}

pub struct Hooks {
    pub bank: Bank,
}

impl Hooks {
    pub async fn open(world: &World) -> Hooks {
        Hooks::with(world, |_| {}).await
    }

    pub async fn with(world: &World, adjust: impl FnOnce(&mut Config)) -> Hooks {
        let app = world.node(|config| {
            local(config);
            adjust(config);
        });
        let bank = Bank::with(world, with_given_faces(app.await, "given")).await;
        Hooks { bank }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.bank.post(&self.bank.token, path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.bank.call(Method::PUT, &self.bank.token, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.bank.call(Method::DELETE, &self.bank.token, path, Value::Null).await
    }

    /// What a path answers as `data`.
    pub async fn data(&self, path: &str) -> Value {
        let answer = self.bank.get(&self.bank.token, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()["data"].clone()
    }

    /// A webhook at this URL, as it is answered.
    pub async fn webhook(&self, url: &str, more: Value) -> Value {
        let mut body = json!({ "url": url });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let made = self.post(WEBHOOKS, body).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["data"].clone()
    }

    /// The id of a standard webhook that is told of registrations alone.
    pub async fn of_registrations(&self, url: &str, more: Value) -> String {
        let mut body = json!({ "format": "standard", "eventTypes": ["app_registration.*"] });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        text(&self.webhook(url, body).await["_id"])
    }

    /// A new project, which belongs to no flow.
    pub async fn project(&self, name: &str) -> String {
        id(&self.post("/v2/projects", json!({ "name": name })).await)
    }

    /// The device of a registration takes a step.
    pub async fn step(&self, registration: &str, own: &str, step: &str) {
        let path = format!("{REGISTRATIONS}/{registration}/sync");
        let done = self.bank.call(Method::PUT, own, &path, json!({ "step": step })).await;
        assert_eq!(done.status, 200, "{}", done.text());
    }

    /// Attempts what is due now, once.
    pub async fn deliver(&self) {
        deliver(&self.bank.app).await;
    }

    /// Attempts what is due now, as long as something ends by that.
    pub async fn deliver_all(&self) {
        let mut open = i64::MAX;
        loop {
            self.deliver().await;
            let left = self.bank.app.webhook_load().await.expect("the load").pending;
            if left == open {
                return;
            }
            open = left;
        }
    }

    /// The deliveries to a webhook, the oldest first.
    pub async fn deliveries(&self, webhook: &str) -> Vec<Value> {
        let path =
            format!("{DELIVERIES}?where_webhook={webhook}&sort=createdAt,sequence&limit=100");
        self.data(&path).await.as_array().expect("a list").clone()
    }

    /// What became of the deliveries to a webhook, the oldest first.
    pub async fn states(&self, webhook: &str) -> Vec<String> {
        self.deliveries(webhook).await.iter().map(|it| text(&it["state"])).collect()
    }
}

/// Attempts what is due, once.
pub async fn deliver(app: &App) {
    app.deliver_due().await.expect("deliveries");
    app.deliveries.drain().await;
}

/// A receiver whose answer can be changed.
pub struct Hook {
    pub receiver: Receiver,
    answer: Arc<Mutex<String>>,
}

impl Hook {
    /// One that answers 200.
    pub async fn start() -> Hook {
        let answer = Arc::new(Mutex::new(String::new()));
        let current = Arc::clone(&answer);
        let respond = move |mut stream: TcpStream| {
            let answer = current.lock().expect("the answer").clone();
            async move {
                stream.write_all(answer.as_bytes()).await.ok()?;
                Some(stream)
            }
        };
        let receiver = Receiver::start(("127.0.0.1", 0), respond).await;
        let hook = Hook { receiver, answer };
        hook.answers(OK);
        hook
    }

    /// From now on it answers with this status, and perhaps further headers: `503 Busy\r\nretry-after: 9`.
    pub fn answers(&self, status: &str) {
        let text = format!("HTTP/1.1 {status}\r\ncontent-length: 4\r\n\r\nseen");
        *self.answer.lock().expect("the answer") = text;
    }

    pub fn url(&self) -> String {
        self.receiver.url()
    }

    pub fn received(&self) -> Vec<Received> {
        self.receiver.requests().iter().map(|request| Received::read(request)).collect()
    }

    /// What was received, as the types in the bodies.
    pub fn types(&self) -> Vec<String> {
        self.received().iter().map(|it| text(&it.json()["type"])).collect()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    head: String,
    pub body: String,
}

impl Received {
    fn read(request: &str) -> Received {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        Received { head: head.to_owned(), body: body.to_owned() }
    }

    pub fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default()
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}
