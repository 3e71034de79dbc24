//! The pages in front of the door: signing in, and accepting an invitation.

use askama::Template;

use crate::shell::Shell;

/// Address and password, and then the code of a member who has one set up.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    pub shell: Shell,
    /// What was typed, where it is asked again.
    pub email: String,
    /// Kept through the second step. Nothing of it is stored.
    pub password: String,
    pub asks_code: bool,
    /// Where to go afterwards: a path of the console.
    pub next: String,
}

/// The form of an invitation: a name and a password.
#[derive(Template)]
#[template(path = "invitation.html")]
pub struct Invitation {
    pub shell: Shell,
    pub secret: String,
    /// Empty where whoever has the link says it.
    pub email: String,
    /// What was typed, where it is asked again.
    pub typed_email: String,
    pub name: String,
    /// The role in words.
    pub role: String,
    /// Whether the member is the first of all.
    pub is_first: bool,
    /// Whether it sets a new password, for who has joined before.
    pub has_joined: bool,
    /// Letters that a password has at least.
    pub password_min: usize,
}

/// A page that says one thing: that a link is used up.
#[derive(Template)]
#[template(path = "notice.html")]
pub struct Closed {
    pub shell: Shell,
    pub text: String,
    /// A link, and what it says.
    pub link: Option<(String, String)>,
}

impl Invitation {
    fn password_hint(&self) -> String {
        self.shell.texts.count("password-hint", self.password_min as u64)
    }

    fn words_for_role(&self) -> String {
        self.shell.texts.with("invitation-as", &[("role", &self.role)])
    }
}
