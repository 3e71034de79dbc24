//! Where a visitor comes in: how many records there are, and what has just happened.

use askama::Template;

use crate::record::Entry;
use crate::shell::Shell;

#[derive(Template)]
#[template(path = "home.html")]
pub struct Home {
    pub shell: Shell,
    pub tiles: Vec<Tile>,
    /// The newest events; `None`: the visitor may not see them.
    pub events: Option<Vec<Entry>>,
    pub events_href: String,
    /// Whether the visitor's password alone opens the account.
    pub wants_totp: bool,
    pub is_demo: bool,
}

/// How many records of a resource there are.
pub struct Tile {
    pub title: String,
    pub href: String,
    /// In the digits of the language.
    pub shown: String,
    /// Lists of a few statuses: where they are, in words, and how many.
    pub statuses: Vec<(String, crate::cell::Cell, String)>,
}
