//! What a request says and nobody hears: told of, so that a slip of the pen is found.

use super::key::{OPERATORS, PARAMETERS, Why};
use super::problem::{Problem, problem};
use crate::nearest::nearest;
use crate::{Ignored, Resource};

#[derive(Default)]
pub struct IgnoredWords(pub Vec<Ignored>);

/// As many are told of, and of so many it is looked what may have been meant.
const TOLD_MAX: usize = 100;
const HINTS_MAX: usize = 16;

impl Ignored {
    /// A name that is not known, beside these that are.
    pub fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Ignored {
        let hint = nearest(name, known).map(did_you_mean);
        Ignored { parameter: name.to_owned(), hint }
    }

    /// A number outside its range that a form has before anybody touches it: nothing was chosen.
    pub fn untouched(name: &str) -> Ignored {
        Ignored { parameter: name.to_owned(), hint: Some(UNTOUCHED.to_owned()) }
    }

    /// The same as a problem, for those who want to be told.
    pub fn problem(&self) -> Problem {
        match &self.hint {
            Some(hint) if hint == EMPTY || hint == UNTOUCHED => problem(&self.parameter, hint),
            Some(hint) => problem(&self.parameter, format!("is not known here; {hint}?")),
            None => problem(&self.parameter, "is not known here"),
        }
    }
}

const EMPTY: &str = "is empty";
const UNTOUCHED: &str = "is outside the range: not given";

impl IgnoredWords {
    pub fn add(&mut self, resource: &'static Resource, name: &str, why: Why) -> Option<&Ignored> {
        if name.is_empty() || self.0.len() >= TOLD_MAX {
            return None;
        }
        let hint = match why {
            Why::Empty => Some(EMPTY.to_owned()),
            Why::Unknown if self.0.len() < HINTS_MAX => meant(resource, name),
            Why::Unknown => None,
        };
        self.0.push(Ignored { parameter: name.to_owned(), hint });
        self.0.last()
    }
}

/// The nearest thing that a list knows: a filter, a field, a parameter.
fn meant(resource: &'static Resource, name: &str) -> Option<String> {
    let name = name.split('[').next().unwrap_or_default();
    let fields = resource.fields.iter().map(|field| field.name);
    // One of several that need not all hold: a filter with its operator.
    if let Some(name) = name.strip_prefix('?') {
        let field = || nearest(name, fields).map(|field| format!("where_{field}"));
        let filter = meant_filter(resource, name).or_else(field)?;
        return Some(did_you_mean(&format!("?{filter}")));
    }
    if let Some(filter) = meant_filter(resource, name) {
        return Some(did_you_mean(&filter));
    }
    let parameters = PARAMETERS.iter().map(|(parameter, _)| *parameter);
    nearest(name, fields.chain(parameters)).map(did_you_mean)
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean {name}")
}

/// `wher_status`, `where-status`, `Where_statu`.
fn meant_filter(resource: &'static Resource, name: &str) -> Option<String> {
    let operators = || OPERATORS.iter().map(|(prefix, _)| prefix.trim_end_matches('_'));
    // The last of them may be a part of the operator: where-not-null-status.
    name.match_indices(['_', '-', ' ', '.']).find_map(|(at, _)| {
        let operator = nearest(&name[..at], operators())?;
        let fields = resource.fields.iter().map(|field| field.name);
        let field = nearest(&name[at + 1..], fields)?;
        Some(format!("{operator}_{field}"))
    })
}
