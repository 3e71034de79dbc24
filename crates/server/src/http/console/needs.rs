//! What a page needs of its visitor.

use verax_domain::Scope;
use verax_query::Resource;

/// What a visitor needs to see a page.
#[derive(Clone, Copy, Debug)]
pub enum Needs {
    Nothing,
    SignedIn,
    /// What reading this resource takes in the API.
    Reading(&'static Resource),
    Holding(Scope),
    /// The same, of a member who sees the records of all clients.
    OfAll(Scope),
}

/// How lately the visitor of a page must have proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// When they signed in.
    Session,
    /// Within the last minutes: whoever did so longer ago is asked for the password again, and comes back to
    /// where its form is.
    Recent(FormAt),
}

/// Where the form is that is sent to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormAt {
    /// At the same path.
    Same,
    /// One step above it: at `/console/settings` for `/console/settings/tokens.days`.
    Above,
    /// Two steps above it: at `/console/tokens` for `/console/tokens/t1/revoke`.
    TwoAbove,
}

impl FormAt {
    /// The path of the form that is sent to this path.
    pub fn path(self, sent_to: &str) -> &str {
        let above = |path| str::rsplit_once(path, '/').map_or(path, |(above, _)| above);
        match self {
            FormAt::Same => sent_to,
            FormAt::Above => above(sent_to),
            FormAt::TwoAbove => above(above(sent_to)),
        }
    }
}
