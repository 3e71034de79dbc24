//! A case: the images, what the checks found, what has happened, and the decision.

pub mod checks;
pub mod images;

use askama::Template;
use serde_json::Value;
use verax_domain::flow_settings::reviews::OpenedBecause;
use verax_domain::lifecycle::Decision;
use verax_domain::review_reasons::REASONS;

use self::checks::CheckGroup;
use self::images::{Comparison, StoredImage};
use crate::cell::{Cell, moment};
use crate::names;
use crate::record::{Entry, Timeline};
use crate::shell::Shell;
use crate::texts::Texts;

#[derive(Template)]
#[template(path = "case.html")]
pub struct Case {
    pub shell: Shell,
    pub id: String,
    pub state: Cell,
    /// Why it was opened, in words.
    pub because: Vec<String>,
    pub opened: Cell,
    /// What it is about: a name for each, and where it leads.
    pub about: Vec<(String, Cell)>,
    pub images: Vec<StoredImage>,
    /// What lies over every image: who looks at it, and when.
    pub watermark: String,
    pub comparison: Option<Comparison>,
    pub checks: Vec<CheckGroup>,
    pub timeline: Option<Timeline>,
    /// Who has looked at the images; `None`: the visitor may not see it.
    pub accesses: Option<Vec<Looked>>,
    pub notes: Vec<Note>,
    pub turn: Turn,
    pub decision: Option<Stated>,
    pub choices: Vec<Choice>,
    pub json_href: String,
}

/// What the visitor can do with the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Begin with it.
    Begin,
    /// Decide it, on evidence with this digest.
    Decide { evidence: String },
    /// Nothing: another reviewer is at it.
    Taken { by: String },
    /// Confirm what another reviewer has proposed, or return it.
    Confirm,
    /// Nothing: another reviewer has to confirm what the visitor has proposed.
    Wait,
    /// It is over.
    Over,
}

/// What was decided, or is proposed.
pub struct Stated {
    pub decision: Cell,
    pub reasons: Vec<String>,
    pub note: String,
    pub by: String,
    pub checked_by: String,
    pub at: Option<Cell>,
}

/// One of the decisions that can be made.
pub struct Choice {
    pub word: &'static str,
    /// The key that opens it.
    pub key: &'static str,
    pub label: String,
    pub hint: String,
    /// Codes and words; nothing where it needs none.
    pub reasons: Vec<(&'static str, &'static str)>,
}

pub struct Note {
    pub time: Cell,
    pub author: String,
    pub text: String,
}

/// Somebody has looked at an image.
pub struct Looked {
    pub time: Cell,
    pub actor: String,
    pub what: String,
}

/// Keys, and what each does.
pub const KEYS: &[(&str, &str)] = &[
    ("p", "key-images"),
    ("c", "key-compare"),
    ("1–4", "key-evidence"),
    ("[ ]", "key-opacity"),
    ("j k", "key-move"),
    ("b", "key-begin"),
    ("a", "key-approve"),
    ("d", "key-decline"),
    ("r", "key-resubmit"),
    ("n", "key-note"),
    ("?", "key-help"),
];

impl Case {
    fn not_made_words(&self, group: &CheckGroup) -> String {
        self.shell.texts.count("checks-not-made", group.not_made.len() as u64)
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        KEYS.iter().map(|(key, id)| (*key, self.shell.t(id))).collect()
    }
}

/// The decisions, each with its reasons in the language of the page.
pub fn choices(texts: Texts) -> Vec<Choice> {
    let reasons = || -> Vec<(&'static str, &'static str)> {
        let code = texts.0.code();
        REASONS.iter().map(|reason| (reason.code, reason.for_reviewer(code))).collect()
    };
    let choice = |decision: Decision| {
        let word = decision.word();
        Choice {
            word,
            key: match decision {
                Decision::Approve => "a",
                Decision::Decline => "d",
                Decision::Resubmit => "r",
            },
            label: texts.get(&format!("word-{word}")),
            hint: texts.get(&format!("decide-{word}")),
            reasons: if decision.needs_reasons() { reasons() } else { Vec::new() },
        }
    };
    Decision::ALL.map(choice).into()
}

/// Why a case was opened, in words.
pub fn because(texts: Texts, review: &Value) -> Vec<String> {
    let all = review.get("openedBecause").and_then(Value::as_array).into_iter().flatten();
    let words = |text: &str| match OpenedBecause::from_text(text) {
        None => text.to_owned(),
        Some(OpenedBecause::ManualVerification) => texts.get("because-manual"),
        Some(OpenedBecause::LowConfidence) => texts.get("because-confidence"),
        Some(OpenedBecause::Sample) => texts.get("because-sample"),
        Some(OpenedBecause::FailedCheck(check)) => {
            texts.with("because-check", &[("check", &checks::title(texts, &check))])
        }
    };
    all.filter_map(Value::as_str).map(words).collect()
}

impl Stated {
    /// `None`: nothing is decided or proposed.
    pub fn of(texts: Texts, review: &Value) -> Option<Stated> {
        let text = |name: &str| review.get(name).and_then(Value::as_str).unwrap_or_default();
        let word = [text("decision"), text("proposal")].into_iter().find(|it| !it.is_empty())?;
        let codes = review.get("reasons").and_then(Value::as_array).into_iter().flatten();
        let reason = |code: &str| {
            let known = REASONS.iter().find(|it| it.code == code);
            known.map_or(code, |it| it.for_reviewer(texts.0.code())).to_owned()
        };
        let at = text("decidedAt");
        Some(Stated {
            decision: Cell::Word { label: names::word(texts, word), tone: names::Tone::of(word) },
            reasons: codes.filter_map(Value::as_str).map(reason).collect(),
            note: text("note").to_owned(),
            by: text("decidedBy").to_owned(),
            checked_by: text("checkedBy").to_owned(),
            at: (!at.is_empty()).then(|| moment(at)),
        })
    }
}

impl Timeline {
    /// The newest of these events, with no list of all of them.
    pub fn of_events(texts: Texts, events: &[Value]) -> Timeline {
        Timeline { entries: Entry::all(texts, events), href: String::new() }
    }
}
