//! Every message is in every language, with the same values in it, and every message that is asked for
//! is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use verax_domain::events::EventKind;
use verax_domain::flow_settings::reviews::known_checks;
use verax_domain::resources;
use verax_pages::{Language, Texts, names};

/// The messages of a language: the values that each takes.
fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in language.source().lines().filter(|line| !line.starts_with('#')) {
        let begins = line.starts_with(|it: char| it.is_ascii_lowercase());
        if let (true, Some((id, _))) = (begins, line.split_once(" = ")) {
            current = id.to_owned();
            assert!(!all.contains_key(id), "{id} is twice in {language:?}");
            all.insert(current.clone(), BTreeSet::new());
        }
        for found in line.split('$').skip(1) {
            let name = found.chars().take_while(|it| it.is_ascii_alphanumeric()).collect();
            all.entry(current.clone()).or_default().insert(name);
        }
    }
    all
}

#[test]
fn every_message_is_in_every_language_with_the_same_values() {
    let english = messages(Language::English);
    assert!(english.len() > 200, "{}", english.len());
    for language in [Language::Spanish, Language::Portuguese] {
        let mut others = messages(language);
        // In English the table of events has them.
        others.retain(|id, _| !id.starts_with("event-"));
        assert_eq!(others, english, "{language:?}");
    }
}

#[test]
fn every_message_can_be_read() {
    for language in Language::ALL {
        let read = fluent_bundle::FluentResource::try_new(language.source().to_owned());
        assert!(read.is_ok(), "{language:?}: {:?}", read.err().map(|(_, errors)| errors));
        for id in messages(language).keys() {
            let text = Texts(language).find(id).unwrap_or_default();
            assert!(!text.trim().is_empty(), "{id} in {language:?}");
        }
    }
}

/// What a template or a source asks for in literals: `t("menu")`.
fn asked(text: &str, call: &str) -> Vec<String> {
    let literals = text.split(call).skip(1).filter_map(|rest| rest.split_once('"'));
    literals.map(|(id, _)| id.to_owned()).collect()
}

#[test]
fn every_message_that_is_asked_for_is_there() {
    let known = messages(Language::English);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for folder in ["templates", "src", "src/list"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a text");
            for call in [".t(\"", "texts.get(\"", "texts.count(\"", "texts.with(\"", "words(\""] {
                for id in asked(&text, call) {
                    assert!(known.contains_key(&id), "{}: {id}", path.display());
                    count += 1;
                }
            }
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn every_resource_has_its_names() {
    for resource in resources::ALL.into_iter().filter(|it| !it.versions.is_empty()) {
        for id in [format!("resource-{}", resource.name), format!("record-{}", resource.name)] {
            assert!(Texts(Language::English).find(&id).is_some(), "{id}");
        }
    }
}

#[test]
fn every_field_and_check_has_its_name() {
    let fields = resources::ALL.into_iter().filter(|it| !it.versions.is_empty());
    let fields = fields.flat_map(|it| it.fields).map(|field| field.name);
    for name in fields.chain(known_checks().iter().copied()) {
        let id = format!("field-{}", names::key(name));
        assert!(Texts(Language::Spanish).find(&id).is_some(), "{id}");
    }
}

#[test]
fn every_event_is_explained_in_every_language() {
    for kind in EventKind::all() {
        assert_eq!(names::event(Texts(Language::English), kind), kind.doc);
        for language in [Language::Spanish, Language::Portuguese] {
            assert_ne!(names::event(Texts(language), kind), kind.doc, "{}", kind.name);
        }
    }
}

#[test]
fn the_language_is_the_best_that_a_browser_accepts() {
    for (header, language) in [
        ("es-CO,es;q=0.9,en;q=0.8", Some(Language::Spanish)),
        ("de, pt-BR;q=0.7, en;q=0.5", Some(Language::Portuguese)),
        ("en;q=0.2, es;q=0.3", Some(Language::Spanish)),
        ("de", None),
        ("es;q=0", None),
        (";;,=,", None),
    ] {
        assert_eq!(Language::accepted(header), language, "{header}");
    }
}

#[test]
fn numbers_have_the_marks_of_their_language() {
    assert_eq!(Texts(Language::English).number(1_234_567), "1,234,567");
    assert_eq!(Texts(Language::Spanish).number(1_234), "1.234");
    assert_eq!(Texts(Language::Portuguese).number(999), "999");
    assert_eq!(Texts(Language::English).count("fields-empty", 1), "One field is empty");
    assert_eq!(Texts(Language::Spanish).count("fields-empty", 12), "12 campos están vacíos");
}
