//! A client with a project, on a server that measures given faces.

use axum::Router;
use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use verax_server::app::App;
use verax_server::http::{self, State};

use crate::answer::Answer;
use crate::given_faces::{Face, face, image, with_given_faces};
use crate::world::{World, request, send};

pub const VALIDATIONS: &str = "/v2/biometric-validations";
pub const REGISTRATIONS: &str = "/v2/app-registrations";

/// A server that measures given faces, and a client with a project on it.
#[derive(Clone)]
pub struct Bank {
    pub app: App,
    pub router: Router,
    pub token: String,
    pub collection: String,
    pub project: String,
    pub flow: String,
    /// In which strangers may log in, where the project lets them.
    pub login_flow: String,
}

impl Bank {
    pub async fn open(world: &World) -> Bank {
        Bank::with(world, with_given_faces(world.app.clone(), "given")).await
    }

    /// The same on this app.
    pub async fn with(world: &World, app: App) -> Bank {
        let router = http::router(State::new(app.clone()));
        let token = world.token("acme").await;
        let nothing = String::new;
        let (collection, project, flow) = (nothing(), nothing(), nothing());
        let login_flow = nothing();
        let mut bank = Bank { app, router, token, collection, project, flow, login_flow };
        let own = bank.token.clone();
        let name = json!({ "name": "Customers" });
        bank.collection = id(&bank.post(&own, "/v2/face-recognition/collections", name).await);
        let project = json!({ "name": "Bank", "assignedCollection": bank.collection });
        bank.project = id(&bank.post(&own, "/v3/projects", project).await);
        let flow = json!({ "project": bank.project, "type": "onboarding" });
        bank.flow = id(&bank.post(&own, "/v2/project-flows", flow).await);
        let flow = json!({ "project": bank.project, "type": "login", "status": "active" });
        bank.login_flow = id(&bank.post(&own, "/v2/project-flows", flow).await);
        bank
    }

    pub async fn call(&self, method: Method, token: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(&self.router, request(method, token, path).map(|_| Body::from(body))).await
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.call(Method::POST, token, path, body).await
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.call(Method::GET, token, path, Value::Null).await
    }

    /// The id of a new registration, and its token.
    pub async fn register(&self, email: &str) -> (String, String) {
        let body = json!({
            "project": self.project, "projectFlow": self.flow, "email": email, "fullName": "Jo Doe",
        });
        let data = self.post(&self.token, REGISTRATIONS, body).await.json()["data"].clone();
        (text(&data["appRegistration"]["_id"]), text(&data["token"]))
    }

    /// What a registration is after its device says that all is done.
    pub async fn finish(&self, registration: &str, own: &str) -> String {
        let done = json!({ "step": "end", "status": "COMPLETED" });
        let path = format!("{REGISTRATIONS}/{registration}/sync");
        let done = self.call(Method::PUT, own, &path, done).await;
        assert_eq!(done.status, 200, "{}", done.text());
        text(&done.json()["data"]["status"])
    }

    pub async fn enrol(&self, token: &str, body: Value) -> Answer {
        self.post(token, &format!("{VALIDATIONS}/app-registration"), body).await
    }

    /// What opening a validation answers: the session, the validation, the token.
    pub async fn open_validation(&self, kind: &str, identifier: &str) -> Value {
        let body = json!({
            "project": self.project, "projectFlow": self.flow, "identifier": identifier,
            "type": kind,
        });
        let answer = self.post(&self.token, VALIDATIONS, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["data"].clone()
    }

    pub async fn validate(&self, token: &str, image: String) -> Answer {
        self.post(token, &format!("{VALIDATIONS}/validate"), json!({ "image": image })).await
    }

    /// The same from a source address, behind a proxy that is trusted.
    pub async fn validate_from(&self, address: &str, token: &str, image: String) -> Answer {
        let mut call = request(Method::POST, token, &format!("{VALIDATIONS}/validate"));
        call.headers_mut().insert("x-forwarded-for", address.parse().expect("a header"));
        let body = json!({ "image": image }).to_string();
        send(&self.router, call.map(|_| Body::from(body))).await
    }

    pub async fn validation(&self, id: &str) -> Value {
        self.get(&self.token, &format!("{VALIDATIONS}/{id}")).await.json()["data"].clone()
    }
}

#[track_caller]
pub fn id(answer: &Answer) -> String {
    assert!(answer.status < 300, "{}", answer.text());
    text(&answer.json()["data"]["_id"])
}

#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

pub fn not_live(of: u8) -> String {
    image(&[Face { of, shot: 1, live: 5 }])
}

pub fn shot(of: u8, shot: u8) -> String {
    image(&[Face { shot, ..face(of) }])
}
