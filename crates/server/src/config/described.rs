//! The settings as `config.default.toml` describes them.

use super::DEFAULTS;

pub struct Section {
    pub name: String,
    pub doc: String,
    pub settings: Vec<Described>,
}

pub struct Described {
    pub key: String,
    pub doc: String,
    /// As the file writes it: texts in quotes.
    pub default: String,
}

/// Every section with its settings, in the order of the file.
pub fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
            continue;
        }
        let doc = std::mem::take(&mut comment).join(" ");
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let name = name.to_owned();
            sections.push(Section { name, doc, settings: Vec::new() });
        } else if let (Some((key, default)), Some(section)) =
            (line.split_once(" = "), sections.last_mut())
        {
            let (key, default) = (key.to_owned(), default.to_owned());
            // Settings below each other have one comment.
            let above = || section.settings.last().map_or(String::new(), |last| last.doc.clone());
            let doc = if doc.is_empty() { above() } else { doc };
            section.settings.push(Described { key, doc, default });
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::shared_names;

    #[test]
    fn every_setting_is_described() {
        let sections = sections();
        let all = || {
            sections.iter().flat_map(|section| section.settings.iter().map(move |it| (section, it)))
        };
        assert!(all().count() > 80);
        for (section, setting) in all() {
            assert!(!setting.default.is_empty(), "{}.{}", section.name, setting.key);
        }
        for name in shared_names() {
            let found = all().find(|(section, it)| format!("{}.{}", section.name, it.key) == name);
            assert!(found.is_some_and(|(_, it)| !it.doc.is_empty()), "{name}");
        }
    }
}
