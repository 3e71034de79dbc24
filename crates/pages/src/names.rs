//! What things are called on a page: resources, fields and words, in its language where it has a name for
//! them, and else as the API has them.

use verax_domain::events::EventType;
use verax_query::{Field, Resource};

use crate::texts::Texts;

/// How a word is marked, besides being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
    Waiting,
    Plain,
}

const GOOD: &[&str] =
    &["active", "completed", "completed-without-kyc", "delivered", "joined", "passed", "success"];
const BAD: &[&str] = &["cancelled", "dead", "expired", "fail", "failed", "inactive", "rejected"];
const WAITING: &[&str] = &[
    "claimed",
    "held",
    "needs-manual-verification",
    "new",
    "ongoing",
    "open",
    "pending",
    "processing",
    "proposed",
    "retrying",
    "sent",
    "started",
];

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Waiting => "waiting",
            Tone::Plain => "plain",
        }
    }

    pub fn of(word: &str) -> Tone {
        let word = key(word);
        let is_in = |words: &[&str]| words.contains(&word.as_str());
        match () {
            () if is_in(GOOD) => Tone::Good,
            () if is_in(BAD) => Tone::Bad,
            () if is_in(WAITING) => Tone::Waiting,
            () => Tone::Plain,
        }
    }
}

/// One word of an enumeration.
pub fn word(texts: Texts, word: &str) -> String {
    texts.find(&format!("word-{}", key(word))).unwrap_or_else(|| word.to_owned())
}

/// A field by its name in the API.
pub fn field(texts: Texts, name: &str) -> String {
    texts.find(&format!("field-{}", key(name))).unwrap_or_else(|| spaced(name))
}

/// The column or the line of a field.
pub fn of_field(texts: Texts, of: &Field) -> String {
    field(texts, of.name)
}

/// Records of a resource, as a list of them is headed.
pub fn plural(texts: Texts, resource: &Resource) -> String {
    texts
        .find(&format!("resource-{}", resource.name))
        .unwrap_or_else(|| capital(&resource.name.replace('-', " ")))
}

/// One record of a resource.
pub fn singular(texts: Texts, resource: &Resource) -> String {
    let named = texts.find(&format!("record-{}", resource.name));
    named.unwrap_or_else(|| resource.title.to_owned())
}

/// What an event of this kind means.
pub fn event(texts: Texts, kind: &EventType) -> String {
    let named = texts.find(&format!("event-{}", key(kind.name)));
    named.unwrap_or_else(|| kind.doc.to_owned())
}

/// A name as Fluent may have it in the name of a message.
pub fn key(name: &str) -> String {
    let safe = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    name.to_ascii_lowercase().chars().map(safe).collect()
}

/// `riskScore` as `Risk score`, `date_of_birth` as `Date of birth`, `OCRExtraction` as `OCR extraction`.
fn spaced(name: &str) -> String {
    let letters: Vec<char> = name.trim_start_matches('_').chars().collect();
    let mut out = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|it| letters[it]);
        let after = letters.get(index + 1);
        let ends_capitals = letter.is_ascii_uppercase()
            && before.is_some_and(|it| it.is_ascii_uppercase())
            && after.is_some_and(|it| it.is_ascii_lowercase());
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
        if letter == '_' {
            out.push(' ');
            continue;
        }
        if begins || ends_capitals {
            out.push(' ');
        }
        let is_word = after.is_none_or(|it| !it.is_ascii_uppercase());
        let lower = (begins || ends_capitals) && is_word;
        out.push(if lower { letter.to_ascii_lowercase() } else { letter });
    }
    capital(&out)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_api_becomes_words() {
        for (name, words) in [
            ("riskScore", "Risk score"),
            ("date_of_birth", "Date of birth"),
            ("OCRExtraction", "OCR extraction"),
            ("_id", "Id"),
            ("projectFlow", "Project flow"),
            ("x-new", "X-new"),
        ] {
            assert_eq!(spaced(name), words);
        }
    }

    #[test]
    fn a_word_has_its_tone_however_it_is_spelt() {
        assert_eq!(Tone::of("COMPLETED_WITHOUT_KYC"), Tone::Good);
        assert_eq!(Tone::of("failed"), Tone::Bad);
        assert_eq!(Tone::of("NEEDS_MANUAL_VERIFICATION"), Tone::Waiting);
        assert_eq!(Tone::of("onboarding"), Tone::Plain);
    }
}
