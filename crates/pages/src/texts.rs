//! The words of the pages, in each language.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Spanish,
    Portuguese,
}

const SOURCES: [&str; 3] = [
    include_str!("../texts/en.ftl"),
    include_str!("../texts/es.ftl"),
    include_str!("../texts/pt.ftl"),
];

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 3]> =
    LazyLock::new(|| Language::ALL.map(bundle));

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let code: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![code]);
    // Values are isolated in the page, by elements.
    bundle.set_use_isolating(false);
    // What cannot be read is missed by the test of all texts.
    let resource = FluentResource::try_new(language.source().to_owned());
    let resource = resource.unwrap_or_else(|(partial, _)| partial);
    let _ = bundle.add_resource(resource);
    bundle
}

impl Language {
    pub const ALL: [Language; 3] = [Language::English, Language::Spanish, Language::Portuguese];

    /// ISO 639-1.
    pub fn code(self) -> &'static str {
        ["en", "es", "pt"][self as usize]
    }

    /// In the language itself.
    pub fn name(self) -> &'static str {
        ["English", "Español", "Português"][self as usize]
    }

    /// Its messages, as Fluent writes them.
    pub fn source(self) -> &'static str {
        SOURCES[self as usize]
    }

    /// The language of a code, also with a region behind it: `pt-BR`.
    pub fn from_code(code: &str) -> Option<Language> {
        let code = code.split(['-', '_']).next().unwrap_or_default().trim();
        Language::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(code))
    }

    /// The best of an `Accept-Language`; among equals the first.
    pub fn accepted(header: &str) -> Option<Language> {
        let mut best: Option<(Language, f32)> = None;
        for range in header.split(',').take(20) {
            let mut parts = range.split(';').map(str::trim);
            let Some(language) = parts.next().and_then(Language::from_code) else { continue };
            let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
            let quality: f32 = quality.unwrap_or(1.0);
            if quality > best.map_or(0.0, |(_, quality)| quality) {
                best = Some((language, quality));
            }
        }
        best.map(|(language, _)| language)
    }
}

/// The messages of one language.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts(pub Language);

impl Texts {
    /// The message of this name; the name itself where there is none, which a test looks for.
    pub fn get(self, id: &str) -> String {
        self.find(id).unwrap_or_else(|| id.to_owned())
    }

    /// The message of this name, if there is one.
    pub fn find(self, id: &str) -> Option<String> {
        self.format(id, None)
    }

    /// The message with a number in it, by whose plural it goes.
    pub fn count(self, id: &str, count: u64) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set("count", FluentValue::from(count));
        arguments.set("shown", FluentValue::from(self.number(count)));
        self.format(id, Some(&arguments)).unwrap_or_else(|| id.to_owned())
    }

    /// The message with these words in it.
    pub fn with(self, id: &str, words: &[(&'static str, &str)]) -> String {
        let mut arguments = FluentArgs::new();
        for (name, word) in words {
            arguments.set(*name, FluentValue::String(Cow::Borrowed(word)));
        }
        self.format(id, Some(&arguments)).unwrap_or_else(|| id.to_owned())
    }

    /// A whole number, with the mark between thousands that the language has.
    pub fn number(self, number: u64) -> String {
        let mark = if self.0 == Language::English { ',' } else { '.' };
        let digits = number.to_string();
        let mut out = String::with_capacity(digits.len() + digits.len() / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                out.push(mark);
            }
            out.push(digit);
        }
        out
    }

    fn format(self, id: &str, arguments: Option<&FluentArgs<'_>>) -> Option<String> {
        let bundle = &BUNDLES[self.0 as usize];
        let pattern = bundle.get_message(id)?.value()?;
        Some(bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned())
    }
}
