//! The settings of this node, and over them what the database holds for all nodes.

pub mod shared;

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
        let (now, unused) = put_over(&self.own, &shared);
        for error in unused {
            tracing::warn!(cause = %error, "a setting of all nodes is not used");
        }
        let names: Vec<&str> = shared.iter().map(|(name, _)| name.as_str()).collect();
        tracing::info!(names = names.join(" "), "settings of all nodes are used");
        *current = Current { now: Arc::new(now), shared };
    }
}

/// These over a node's own, and why some of them cannot be used. One may be allowed by another that comes
/// behind it, so those that are not are tried again.
fn put_over(own: &Config, shared: &[(String, String)]) -> (Config, Vec<anyhow::Error>) {
    let mut now = own.clone();
    let mut left: Vec<&(String, String)> = shared.iter().collect();
    loop {
        let (count, mut unused) = (left.len(), Vec::new());
        left.retain(|(name, value)| match now.with(name, value) {
            Ok(with) => {
                now = with;
                false
            }
            Err(error) => {
                unused.push(error);
                true
            }
        });
        if left.len() == count || left.is_empty() {
            return (now, unused);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_another_one_allows_is_used_in_whatever_order_they_come() {
        let own = Config::load(None).expect("the defaults");
        let mut shared: Vec<(String, String)> = [
            ("logins.lock_seconds", "90000"),
            ("logins.lock_seconds_max", "100000"),
            ("logins.address_lock_seconds_max", "100000"),
            ("logins.there_is_none", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for _ in 0..2 {
            let (now, unused) = put_over(&own, &shared);
            assert_eq!((now.logins.lock_seconds, unused.len()), (90_000, 1));
            shared.reverse();
        }
    }
}
