//! What handlers stand on.

use std::ops::Deref;
use std::sync::Arc;

use crate::app::App;
use crate::http::demo_door::DemoDoor;
use crate::http::layers::rate_limit::Limits;
use crate::http::polls::Polls;
use crate::metrics::Metrics;
use crate::shares::Shares;

/// Calls that may wait for images of other servers at once; half of them one client's.
pub const FETCHING_MAX: usize = 64;

/// Requests that may wait for events at once; half of them one client's.
pub const LISTENERS_MAX: usize = 512;

/// What handlers stand on. Cheap to clone, which every request does a few times.
#[derive(Clone)]
pub struct State(Arc<Shared>);

pub struct Shared {
    pub app: App,
    pub metrics: Metrics,
    pub polls: Arc<Polls>,
    pub limits: Limits,
    /// For calls that measure.
    pub slots: Arc<Shares>,
    /// The bytes of all bodies that are in memory.
    pub bodies: Arc<Shares>,
    /// Calls that wait for images of other servers.
    pub fetching: Arc<Shares>,
    /// Calls that wait for events.
    pub listening: Arc<Shares>,
    /// Nothing where the server is no demo.
    pub demo: DemoDoor,
}

impl State {
    pub fn new(app: App) -> State {
        State::of_demo(app, DemoDoor::default())
    }

    /// Of a demo, which is entered by this door.
    pub fn of_demo(app: App, demo: DemoDoor) -> State {
        let limits = Limits::default();
        let slots = Shares::new(app.admission.admitted_max());
        let bodies = Shares::new(app.config.now().http.bodies_bytes_max);
        let (fetching, listening) = (Shares::new(FETCHING_MAX), Shares::new(LISTENERS_MAX));
        let (metrics, polls) = (app.metrics.clone(), Arc::default());
        let shared =
            Shared { app, metrics, polls, limits, slots, bodies, fetching, listening, demo };
        State(Arc::new(shared))
    }
}

impl Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
