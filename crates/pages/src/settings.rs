//! The settings of the server: what each means, its value, where that comes from, and forms that set it for all
//! nodes.

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
    pub is_open: bool,
    pub settings: Vec<Setting>,
}

pub struct Setting {
    /// `http.request_seconds`.
    pub name: String,
    pub doc: String,
    pub default: String,
    /// Of those that all nodes can share; others may hold secrets.
    pub value: Option<SettingValue>,
}

/// What holds on this node, and what a form sets for all.
pub struct SettingValue {
    pub kind: SettingKind,
    pub value: String,
    /// What the form shows: what was typed last, or the value.
    pub typed: String,
    /// Where the value comes from, in words.
    pub source: String,
    /// Whether it is set for all nodes.
    pub is_set: bool,
    /// Why what was typed is not taken, as the command line says it.
    pub problem: Option<String>,
}

impl SettingValue {
    fn is_typed(&self, word: &str) -> bool {
        self.typed == word
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// A whole number from 0 to 4294967295.
    Number,
    /// `true` or `false`.
    Switch,
    Text,
}
