//! HTTP: the only place that knows a status code or a header.

mod account;
mod activity;
mod admission;
mod authorize;
mod biometrics;
mod body;
mod brief;
mod caching;
mod certificate;
mod collections;
mod connections;
mod deletes;
mod document_checks;
mod document_order;
mod documents;
mod error;
pub mod face_answers;
mod face_calls;
mod face_errors;
mod handling;
mod idempotency;
mod kept_pictures;
mod lifecycle_errors;
mod limits;
mod listen;
mod lists;
mod login_locks;
mod malformed;
mod metrics;
mod observe;
pub mod openapi;
mod paths;
mod person_calls;
mod person_errors;
mod persons;
mod projects;
mod registration_faces;
mod registration_links;
mod registrations;
pub mod request_line;
mod routes;
mod signature;
pub mod source_address;
mod streams;
mod swagger_ui;
mod validation_errors;

pub use certificate::{Certificate, Tls, certificate_expiry};
pub use error::CODES;
pub use listen::{Serving, serve};
pub use routes::{health_router, router};
pub use streams::BYTE_ORDER_MARK;

use std::ops::Deref;
use std::sync::Arc;

use crate::app::App;
use crate::metrics::Metrics;
use crate::shares::Shares;

/// What handlers stand on. Cheap to clone, which every request does a few times.
#[derive(Clone)]
pub struct State(Arc<Shared>);

pub struct Shared {
    pub app: App,
    pub metrics: Metrics,
    polls: Arc<metrics::Polls>,
    limits: limits::Limits,
    /// For calls that measure.
    places: Arc<Shares>,
    /// The bytes of all bodies that are in memory.
    bodies: Arc<Shares>,
    /// Calls that wait for pictures of other servers.
    fetching: Arc<Shares>,
}

impl State {
    pub fn new(app: App) -> State {
        let limits = limits::Limits::default();
        let places = Shares::new(app.measuring.admitted_max());
        let bodies = Shares::new(app.config.now().http.bodies_bytes_max);
        let fetching = Shares::new(admission::FETCHING_MAX);
        let (metrics, polls) = (app.metrics.clone(), Arc::default());
        for code in CODES {
            drop(metrics.errors.get_or_create(&[("code", code.code)]));
        }
        State(Arc::new(Shared { app, metrics, polls, limits, places, bodies, fetching }))
    }
}

impl Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
