//! A page that says what went wrong, or is not there.

use askama::Template;

use crate::shell::Shell;

#[derive(Template)]
#[template(path = "message.html")]
pub struct Message {
    pub shell: Shell,
    /// The status of the answer, and the API's code.
    pub status: u16,
    pub code: String,
    /// As the API words it.
    pub text: String,
    /// What is wrong with which field, as the API words it.
    pub details: Vec<(String, String)>,
}
