//! The door of a demo: a link that is signed in, once.

use std::sync::{Arc, Mutex, PoisonError};

use crate::app::members::sessions::SignedIn;

/// Nothing where the server is no demo. Clones share it.
#[derive(Clone, Default)]
pub struct DemoDoor(Option<Arc<Door>>);

struct Door {
    code: String,
    /// Taken by the first who comes.
    signed_in: Mutex<Option<SignedIn>>,
}

impl DemoDoor {
    pub fn new(code: String, signed_in: SignedIn) -> DemoDoor {
        let signed_in = Mutex::new(Some(signed_in));
        DemoDoor(Some(Arc::new(Door { code, signed_in })))
    }

    pub fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// The session, for the first who comes with the code.
    pub fn open(&self, code: &str) -> Option<SignedIn> {
        let door = self.0.as_ref().filter(|door| door.code == code)?;
        door.signed_in.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
