//! Inviting a member. The list and the page of each are those of every resource.

use askama::Template;

use crate::shell::Shell;

#[derive(Template)]
#[template(path = "invite.html")]
pub struct Invite {
    pub shell: Shell,
    pub email: String,
    /// A role, what it is called, what it may do, and whether it is chosen.
    pub roles: Vec<(&'static str, String, String, bool)>,
}

impl Invite {
    /// Whether who is invited sees the records of all clients: as whoever invites them does.
    fn sees_all(&self) -> bool {
        self.shell.visitor.as_ref().is_some_and(|visitor| visitor.client.is_empty())
    }
}

/// The link of an invitation, shown once.
#[derive(Template)]
#[template(path = "invited.html")]
pub struct Invited {
    pub shell: Shell,
    pub email: String,
    pub link: String,
    /// Until when it opens.
    pub until: crate::cell::Cell,
}
