//! The settings of this node, and over them what the database holds for all nodes.

mod shared;

use std::sync::{Arc, PoisonError, RwLock};

use crate::config::Config;

/// Clones share what they know.
#[derive(Clone)]
pub struct Settings {
    own: Arc<Config>,
    current: Arc<RwLock<Current>>,
}

struct Current {
    now: Arc<Config>,
    /// Names and values of the database.
    shared: Vec<(String, String)>,
}

impl Settings {
    pub fn new(own: Config) -> Settings {
        let own = Arc::new(own);
        let current = Current { now: Arc::clone(&own), shared: Vec::new() };
        Settings { own, current: Arc::new(RwLock::new(current)) }
    }

    /// As they are now: a request that needs several looks once.
    pub fn now(&self) -> Arc<Config> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).now)
    }

    /// Puts these over the node's own. One that this node cannot use is left out, and the log says
    /// so: a newer node may have set it.
    fn share(&self, shared: Vec<(String, String)>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.shared == shared {
            return;
        }
        let mut now = (*self.own).clone();
        for (name, value) in &shared {
            match now.with(name, value) {
                Ok(with) => now = with,
                Err(error) => tracing::warn!(cause = %error, "a setting of all nodes is not used"),
            }
        }
        let names: Vec<&str> = shared.iter().map(|(name, _)| name.as_str()).collect();
        tracing::info!(names = names.join(" "), "settings of all nodes are used");
        *current = Current { now: Arc::new(now), shared };
    }
}
