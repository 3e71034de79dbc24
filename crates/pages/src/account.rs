//! The visitor's own account: name, language, password, second factor, sessions.

use askama::Template;

use crate::cell::Cell;
use crate::qr::{Qr, qr};
use crate::shell::Shell;
use crate::texts::Language;

#[derive(Template)]
#[template(path = "account.html")]
pub struct Account {
    pub shell: Shell,
    pub email: String,
    pub name: String,
    /// `None`: that of the browser.
    pub chosen: Option<Language>,
    pub has_totp: bool,
    /// Recovery codes that were not used.
    pub codes_left: usize,
    pub password_min: usize,
    pub sessions: Vec<SessionRow>,
}

pub struct SessionRow {
    pub since: Cell,
    pub until: Cell,
    pub is_this: bool,
}

/// Whoever has signed in long ago proves again who they are.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct Confirm {
    pub shell: Shell,
    pub email: String,
    pub asks_code: bool,
    /// Where to go afterwards: a path of the console.
    pub next: String,
}

/// A secret that a program for codes is told, and the first code of it.
#[derive(Template)]
#[template(path = "totp.html")]
pub struct Totp {
    pub shell: Shell,
    /// Base32, in groups of four.
    pub secret: String,
    pub url: String,
    pub qr: Option<Qr>,
}

/// Codes for who has lost the program, shown once.
#[derive(Template)]
#[template(path = "codes.html")]
pub struct Codes {
    pub shell: Shell,
    pub codes: Vec<String>,
}

impl Account {
    fn codes_words(&self) -> String {
        self.shell.texts.count("codes-left", self.codes_left as u64)
    }

    fn password_hint(&self) -> String {
        self.shell.texts.count("password-hint", self.password_min as u64)
    }

    /// The languages: a code, a name, and whether it is chosen.
    pub fn choices(&self) -> Vec<(&'static str, &'static str, bool)> {
        let all = Language::ALL.into_iter();
        all.map(|it| (it.code(), it.name(), self.chosen == Some(it))).collect()
    }
}

impl Totp {
    /// Of an `otpauth://` URL and the secret in it.
    pub fn of(shell: Shell, url: String, secret: &str) -> Totp {
        let letters: Vec<char> = secret.chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|it| it.iter().collect()).collect();
        Totp { shell, secret: groups.join(" "), qr: qr(&url), url }
    }
}
