//! The controls of a form, from the table of what may be sent.

use std::collections::HashMap;

use serde_json::Value;
use verax_pages::form::{Choice, Control, Input};
use verax_pages::record::plain;
use verax_pages::{Language, Texts, names};
use verax_query::Problem;

use super::typed_form::{TypedForm, mark};
use super::typed_values::Typed;
use crate::http::body::table::{BodyField, Purpose, Rule};

/// What the controls of a form show.
pub struct Controls<'a> {
    pub texts: Texts,
    pub purpose: Purpose,
    /// What the record has so far.
    pub present: &'a Value,
    /// What was typed last; what was touched of it is shown in place of what the record has.
    pub typed: Option<&'a TypedForm<'a>>,
    /// What is wrong with it.
    pub problems: &'a [Problem],
    /// Members whose change asks for the password, the words for that, and where it is given.
    pub asks: Option<(&'static [&'static str], String, String)>,
    /// Of a member that names a record: a few to choose from.
    pub records: HashMap<&'static str, Vec<(String, String)>>,
    /// Where members are collected that no control shows.
    pub left_out: Vec<String>,
}

impl Controls<'_> {
    /// A control for each of these members; those of no form are left out.
    pub fn of(&mut self, fields: &[BodyField], is_shown: impl Fn(&str) -> bool) -> Vec<Control> {
        let shown = fields.iter().filter(|field| is_shown(field.name));
        let present = self.present;
        shown.filter_map(|field| self.control(field, "", present.get(field.name))).collect()
    }

    fn control(
        &mut self,
        field: &BodyField,
        above: &str,
        present: Option<&Value>,
    ) -> Option<Control> {
        let path = match above {
            "" => field.name.to_owned(),
            above => format!("{above}.{}", field.name),
        };
        let typed = Typed::of(&field.rule);
        let shown = typed.as_ref().and_then(|typed| typed.shown(present));
        let (Some(typed), Some(shown)) = (typed, shown) else {
            self.left_out.push(path);
            return None;
        };
        let is_kept = above.is_empty()
            && !shown.is_empty()
            && !matches!(typed, Typed::List | Typed::Words(_))
            && !matches!(field.rule, Rule::Webhook);
        let is_required = match self.purpose {
            Purpose::Create => above.is_empty() && field.required,
            Purpose::Change => is_kept,
        };
        let was = typed.plain(&shown);
        let touched = self.typed.and_then(|form| form.touched(&typed, &was, &path));
        let value = touched.unwrap_or(shown);
        let hint = match typed {
            Typed::List => self.texts.get("form-lines"),
            _ => String::new(),
        };
        let input = self.input(typed, (&path, &value), is_required, present);
        let asks = self.asks.as_ref().filter(|(names, ..)| names.contains(&path.as_str()));
        Some(Control {
            label: label(self.texts, field.name),
            doc: plain(field.doc),
            hint,
            is_required,
            was: if self.purpose == Purpose::Change { mark(&was) } else { String::new() },
            problems: self.problems_of(&path),
            asks: asks.map(|(_, words, href)| (words.clone(), href.clone())),
            input,
            name: path,
        })
    }

    fn input(
        &mut self,
        typed: Typed,
        (path, value): (&str, &str),
        is_required: bool,
        present: Option<&Value>,
    ) -> Input {
        let texts = self.texts;
        if let Some(records) = self.records.get(path) {
            return menu(texts, records.clone(), value, is_required);
        }
        let value = value.to_owned();
        match typed {
            Typed::Line { kind, chars_max } => Input::Line { kind, value, chars_max },
            Typed::Text { chars_max } => Input::Text { value, chars_max: Some(chars_max) },
            Typed::List => Input::Text { value, chars_max: None },
            Typed::Number { min, max, step } => Input::Number { value, min, max, step },
            Typed::Words(known) => {
                let chosen: Vec<&str> = value.lines().collect();
                let others = chosen.iter().filter(|word| !known.contains(word));
                let choice = |word: &&str| Choice {
                    value: (*word).to_owned(),
                    label: names::field(texts, word),
                    is_chosen: chosen.contains(word),
                };
                Input::Boxes(known.iter().chain(others).map(choice).collect())
            }
            Typed::Word(words) => {
                let all = words.iter().map(|word| ((*word).to_owned(), names::word(texts, word)));
                menu(texts, all.collect(), &value, is_required)
            }
            Typed::Flag => {
                let all = [("true", "yes"), ("false", "no")];
                let all = all.map(|(value, words)| (value.to_owned(), texts.get(words)));
                menu(texts, all.to_vec(), &value, is_required)
            }
            Typed::Group(fields) => {
                let inside = |field: &BodyField| {
                    self.control(field, path, present.and_then(|it| it.get(field.name)))
                };
                Input::Group(fields.iter().filter_map(inside).collect())
            }
        }
    }

    fn problems_of(&self, path: &str) -> Vec<String> {
        let of = |problem: &&Problem| is_of(problem, path);
        self.problems.iter().filter(of).map(|it| it.message.clone()).collect()
    }
}

/// What is wrong with no control of these.
pub fn elsewhere(problems: &[Problem], controls: &[Control]) -> Vec<String> {
    let other = problems.iter().filter(|problem| !controls.iter().any(|it| has(it, problem)));
    other.map(|problem| problem.message.clone()).collect()
}

fn has(control: &Control, problem: &Problem) -> bool {
    let is_inside = match &control.input {
        Input::Group(controls) => controls.iter().any(|it| has(it, problem)),
        _ => false,
    };
    is_inside || is_of(problem, &control.name)
}

/// Whether it is about the member of this path, or about an element of its list.
fn is_of(problem: &Problem, path: &str) -> bool {
    let rest = problem.parameter.strip_prefix(path);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

/// A menu of these values and words. What the record has is among them, whoever has written it.
pub fn menu(texts: Texts, mut all: Vec<(String, String)>, value: &str, is_required: bool) -> Input {
    if !value.is_empty() && !all.iter().any(|(known, _)| known == value) {
        all.push((value.to_owned(), value.to_owned()));
    }
    if value.is_empty() || !is_required {
        all.insert(0, (String::new(), texts.get("form-not-set")));
    }
    let choice = |(known, label): (String, String)| {
        let is_chosen = known == value;
        Choice { value: known, label, is_chosen }
    };
    Input::Menu(all.into_iter().map(choice).collect())
}

fn label(texts: Texts, name: &str) -> String {
    let language = Language::ALL.into_iter().find(|language| language.code() == name);
    language.map_or_else(|| names::field(texts, name), |it| it.name().to_owned())
}
