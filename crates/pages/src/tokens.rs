//! Tokens of the API: who has one, what it may do, and until when.

use askama::Template;

use crate::cell::Cell;
use crate::shell::Shell;

#[derive(Template)]
#[template(path = "tokens.html")]
pub struct Tokens {
    pub shell: Shell,
    pub rows: Vec<TokenRow>,
    /// Whether they are of several clients.
    pub shows_clients: bool,
}

pub struct TokenRow {
    pub id: String,
    pub client: String,
    pub mode: String,
    pub scopes: Vec<String>,
    pub created: Cell,
    pub expires: Cell,
    /// Whether it opens anything still, in a word.
    pub state: Cell,
    pub is_live: bool,
}
