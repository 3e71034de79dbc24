//! Who makes a change, as the journal writes it down.
use verax_domain::events::{Entry, EventKind};
use verax_domain::journal::{Principal, Stamp};

use crate::app::App;

/// Who asks for a change, and in which request.
#[derive(Clone, Debug)]
pub struct Origin {
    actor: Principal,
    request: Option<String>,
}

impl Origin {
    /// A request with the token of this id.
    pub fn token(id: &str, request: Option<String>) -> Origin {
        Origin { actor: Principal::Token(id.to_owned()), request }
    }

    /// A request in the session of the member with this id.
    pub fn member(id: &str, request: Option<String>) -> Origin {
        Origin { actor: Principal::Member(id.to_owned()), request }
    }

    /// A request without a token.
    pub fn anonymous(request: Option<String>) -> Origin {
        Origin { actor: Principal::Anonymous, request }
    }

    /// A command on the data folder.
    pub fn command() -> Origin {
        Origin { actor: Principal::Command, request: None }
    }

    /// The server itself.
    pub fn system() -> Origin {
        Origin { actor: Principal::System, request: None }
    }

    /// Who asks, as the journal and the log write it.
    pub fn actor(&self) -> String {
        self.actor.text()
    }

    /// The id of the request, if it is one.
    pub fn request(&self) -> Option<&str> {
        self.request.as_deref()
    }
}

impl App {
    /// What an event has of its own that is written now.
    pub fn stamp(&self, origin: &Origin) -> Stamp {
        let salt = self.random_bits();
        let Origin { actor, request } = origin.clone();
        Stamp { id: self.new_id(), salt, actor, request }
    }

    /// The event of this kind, if there is such a one.
    pub(in crate::app) fn entry(&self, kind: Option<EventKind>, origin: &Origin) -> Entry {
        match kind {
            Some(kind) => Entry::Event(kind, self.stamp(origin)),
            None => Entry::quiet("nobody is told of such records"),
        }
    }
}
