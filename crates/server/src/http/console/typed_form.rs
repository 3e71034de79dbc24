//! What was typed into a form, and what each control had when it was shown.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::form::Form;
use super::typed_values::Typed;

/// What the form of a record has that is there already. Forms without it are not asked what they had before.
const CHANGED_AT: &str = "updatedAt";
/// Enough to know a text again.
const MARK_BYTES: usize = 8;

/// Values by the names of controls; several where boxes are ticked.
#[derive(Default)]
pub struct TypedForm<'a>(HashMap<&'a str, Vec<&'a str>>);

impl<'a> TypedForm<'a> {
    pub fn of(form: &'a Form) -> TypedForm<'a> {
        let mut values = HashMap::<&str, Vec<&str>>::new();
        for (name, value) in form.pairs() {
            values.entry(name).or_default().push(value);
        }
        TypedForm(values)
    }

    /// A form in which one value is typed already.
    pub fn with(name: &'a str, value: &'a str) -> TypedForm<'a> {
        TypedForm(HashMap::from([(name, vec![value])]))
    }

    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.first().copied()
    }

    /// What was typed for a member whose control shows this now. `None`: nobody has touched it, whatever
    /// somebody else has made of the member since.
    pub fn touched(&self, typed: &Typed, shown: &str, path: &str) -> Option<String> {
        let text = match typed {
            Typed::Words(_) => typed.plain(&self.0.get(path)?.join("\n")),
            _ => typed.plain(self.get(path)?),
        };
        (mark(&text) != self.mark_before(shown, path)).then_some(text)
    }

    /// Whether somebody else has changed the member since the form was shown.
    pub fn is_overtaken(&self, shown: &str, path: &str) -> bool {
        self.mark_before(shown, path) != mark(shown)
    }

    /// The mark of what the control had when the form was shown.
    fn mark_before(&self, shown: &str, path: &str) -> String {
        match self.get(&format!("was.{path}")) {
            Some(mark) => mark.to_owned(),
            None if self.0.contains_key(CHANGED_AT) => String::new(),
            None => mark(shown),
        }
    }
}

/// A mark of a text, which is sent with the form; none of an empty one.
pub fn mark(text: &str) -> String {
    match text {
        "" => String::new(),
        text => HEXLOWER.encode(&Sha256::digest(text)[..MARK_BYTES]),
    }
}
