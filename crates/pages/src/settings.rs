//! The settings of the server: what each means, its value, and where that comes from.

use askama::Template;

use crate::shell::Shell;

#[derive(Template)]
#[template(path = "settings.html")]
pub struct Settings {
    pub shell: Shell,
    pub sections: Vec<SettingSection>,
}

pub struct SettingSection {
    pub name: String,
    pub doc: String,
    pub settings: Vec<Setting>,
}

pub struct Setting {
    /// `http.request_seconds`.
    pub name: String,
    pub doc: String,
    pub default: String,
    /// What holds here, of those that all nodes can share; others may hold secrets.
    pub value: Option<String>,
    /// Where that comes from, in words.
    pub source: Option<String>,
}
