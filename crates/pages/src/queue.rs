//! The queue: the cases that wait for a reviewer.

use askama::Template;

use crate::cell::Cell;
use crate::shell::Shell;

#[derive(Template)]
#[template(path = "queue.html")]
pub struct Queue {
    pub shell: Shell,
    /// The cases that the visitor has begun with.
    pub mine: Vec<QueuedCase>,
    /// What another reviewer has proposed.
    pub proposed: Vec<QueuedCase>,
    /// The first of those that nobody is at.
    pub open: Vec<QueuedCase>,
    /// How many nobody is at, in words.
    pub open_words: String,
    pub is_oldest_first: bool,
    /// All of them, as a list.
    pub list_href: String,
}

pub struct QueuedCase {
    pub href: String,
    /// What it is about.
    pub subject: String,
    /// Whom, where that is known.
    pub person: String,
    pub because: Vec<String>,
    pub since: Cell,
}
