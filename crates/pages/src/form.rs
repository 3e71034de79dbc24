//! A form that makes or changes a record: a control for each member that the API takes.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::shell::Shell;

#[derive(Template)]
#[template(path = "form.html")]
pub struct RecordForm {
    pub shell: Shell,
    /// Where it belongs: paths and titles.
    pub crumbs: Vec<(String, String)>,
    /// What a record of the resource is.
    pub doc: &'static str,
    /// Where it is sent.
    pub action: String,
    /// When the record last changed, as it was when the form was shown; none for a new record.
    pub changed_at: Option<String>,
    pub controls: Vec<Control>,
    /// Members that no form shows, by the names that the API has for them.
    pub left_out: Vec<String>,
    /// What is wrong with what belongs to no control, in the API's words.
    pub problems: Vec<String>,
    pub back: String,
}

/// What one member is typed into.
#[derive(Clone, Debug, Template)]
#[template(path = "control.html")]
pub struct Control {
    /// The member's path in the body: `dataProtection.city`.
    pub name: String,
    pub label: String,
    pub doc: String,
    /// What else is to be known, in the language of the page.
    pub hint: String,
    pub is_required: bool,
    /// By what the server knows again what the record had, when the form comes back; empty: nothing.
    pub was: String,
    /// What is wrong with what was typed, in the API's words.
    pub problems: Vec<String>,
    /// Changing it asks for the password: in words, and where it is given.
    pub asks: Option<(String, String)>,
    pub input: Input,
}

// Its template escapes what is in it.
impl HtmlSafe for Control {}

#[derive(Clone, Debug)]
pub enum Input {
    /// One line: `text`, `email` or `url`.
    Line {
        kind: &'static str,
        value: String,
        chars_max: Option<usize>,
    },
    Number {
        value: String,
        min: String,
        max: String,
        step: &'static str,
    },
    /// Several lines.
    Text {
        value: String,
        chars_max: Option<usize>,
    },
    Menu(Vec<Choice>),
    /// A box for each: any of them.
    Boxes(Vec<Choice>),
    /// The members of an object.
    Group(Vec<Control>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

impl RecordForm {
    /// Every control that something is wrong with: its name, what it is called, and what is wrong.
    pub fn to_mend(&self) -> Vec<(&str, String, &str)> {
        let mut all = Vec::new();
        for control in &self.controls {
            control.to_mend("", &mut all);
        }
        all
    }
}

impl Control {
    fn to_mend<'a>(&'a self, above: &str, all: &mut Vec<(&'a str, String, &'a str)>) {
        let label = match above {
            "" => self.label.clone(),
            above => format!("{above}: {}", self.label),
        };
        let own = self.problems.iter().map(|it| (self.name.as_str(), label.clone(), it.as_str()));
        all.extend(own);
        if let Input::Group(controls) = &self.input {
            for control in controls {
                control.to_mend(&label, all);
            }
        }
    }

    /// Whether something is wrong with it, or with a member of it.
    fn is_wrong(&self) -> bool {
        let inner = match &self.input {
            Input::Group(controls) => controls.iter().any(Control::is_wrong),
            _ => false,
        };
        inner || !self.problems.is_empty()
    }

    /// The elements that say more of it, by their ids.
    fn described_by(&self) -> String {
        let parts = [
            ("problem", !self.problems.is_empty()),
            ("doc", !self.doc.is_empty()),
            ("hint", !self.hint.is_empty()),
            ("asks", self.asks.is_some()),
        ];
        let there = parts.iter().filter(|(_, is_there)| *is_there);
        let ids: Vec<String> = there.map(|(part, _)| format!("{part}-{}", self.name)).collect();
        ids.join(" ")
    }
}
