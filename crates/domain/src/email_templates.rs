//! Emails in a client's own words: what the `emailTemplates` of a flow say, and what is wrong with one. Pure.

use serde_json::Value as Json;

/// What an email is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailKind {
    /// A code that proves its address.
    Code,
    /// A link that proves its address.
    Link,
    /// A link with which a person goes on with their registration.
    Registration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailPart {
    Subject,
    Html,
    Text,
}

/// The words of one email in one language; `None`: the server's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmailTemplate {
    pub subject: Option<String>,
    pub html: Option<String>,
    pub text: Option<String>,
}

/// What stands between braces as a placeholder does, beside letters and digits.
const PLACEHOLDER_MARKS: &str = " _.-";

impl EmailKind {
    pub const ALL: [EmailKind; 3] = [EmailKind::Code, EmailKind::Link, EmailKind::Registration];
    pub const WORDS: [&str; 3] =
        [EmailKind::Code.word(), EmailKind::Link.word(), EmailKind::Registration.word()];

    pub const fn word(self) -> &'static str {
        match self {
            EmailKind::Code => "code",
            EmailKind::Link => "link",
            EmailKind::Registration => "registration",
        }
    }

    pub fn from_word(word: &str) -> Option<EmailKind> {
        EmailKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The name of the placeholder without which the email is good for nothing.
    pub const fn secret(self) -> &'static str {
        match self {
            EmailKind::Code => "code",
            EmailKind::Link | EmailKind::Registration => "link",
        }
    }

    /// A link in a subject would be shown on locked screens, and be cut off.
    const fn placeholders(self, part: EmailPart) -> &'static [&'static str] {
        match (self, part) {
            (EmailKind::Code, _) => &["project", "code", "minutes"],
            (_, EmailPart::Subject) => &["project", "minutes"],
            (_, EmailPart::Html | EmailPart::Text) => &["project", "link", "minutes"],
        }
    }
}

impl EmailPart {
    pub const fn word(self) -> &'static str {
        match self {
            EmailPart::Subject => "subject",
            EmailPart::Html => "html",
            EmailPart::Text => "text",
        }
    }

    pub const fn chars_max(self) -> usize {
        match self {
            EmailPart::Subject => 200,
            EmailPart::Html | EmailPart::Text => 32 * 1024,
        }
    }
}

impl EmailTemplate {
    /// What the `emailTemplates` of a flow say. A part that could not be saved today, as an import may
    /// bring one, says nothing.
    pub fn read(templates: &Json, kind: EmailKind, language: &str) -> EmailTemplate {
        let words = &templates[kind.word()][language];
        let part = |part: EmailPart| {
            let text = words[part.word()].as_str().filter(|text| !text.trim().is_empty())?;
            part_problem(kind, part, text).is_none().then(|| text.to_owned())
        };
        EmailTemplate {
            subject: part(EmailPart::Subject),
            html: part(EmailPart::Html),
            text: part(EmailPart::Text),
        }
    }
}

/// What is wrong with a part of an email, as what follows its name; `None`: nothing.
pub fn part_problem(kind: EmailKind, part: EmailPart, text: &str) -> Option<String> {
    let chars_max = part.chars_max();
    if text.chars().count() > chars_max {
        return Some(format!("length must be less than or equal to {chars_max} characters long"));
    }
    if part == EmailPart::Subject && text.contains(char::is_control) {
        return Some("must be one line without control characters".to_owned());
    }
    let allowed = kind.placeholders(part);
    if let Some(unknown) = placeholders(text).find(|name| !allowed.contains(name)) {
        let allowed: Vec<String> = allowed.iter().map(|name| format!("{{{name}}}")).collect();
        let allowed = allowed.join(", ");
        return Some(format!("has the unknown placeholder {{{unknown}}}: there are {allowed}"));
    }
    let secret = kind.secret();
    let is_missing = part != EmailPart::Subject && !placeholders(text).any(|name| name == secret);
    is_missing.then(|| format!("must have the placeholder {{{secret}}}"))
}

/// The names between braces. The rules of a style sheet are none: they have a colon.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| {
        let is_part = |it: char| it.is_ascii_alphanumeric() || PLACEHOLDER_MARKS.contains(it);
        let end = rest.find(|it| !is_part(it))?;
        let (name, after) = rest.split_at(end);
        if name.trim().is_empty() || !after.starts_with('}') {
            return None;
        }
        // Other systems write two braces: then the second is part of the name, and there is none such.
        Some(if after.starts_with("}}") { &rest[..=end] } else { name })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(kind: EmailKind, part: EmailPart, text: &str) -> String {
        part_problem(kind, part, text).unwrap_or_default()
    }

    #[test]
    fn every_kind_has_its_word() {
        for kind in EmailKind::ALL {
            assert_eq!(EmailKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(EmailKind::from_word("other"), None);
    }

    #[test]
    fn an_email_has_its_code_or_its_link_and_no_other_placeholder() {
        use EmailKind::{Code, Link, Registration};
        use EmailPart::{Html, Subject, Text};
        let style = "<style>p { color: red } @media print {.a{color:blue}} .b{}</style>";
        for (kind, part, text) in [
            (Code, Html, format!("{style}<p>{{code}} {{project}} {{minutes}}</p>")),
            (Code, Text, "{code}{code}".to_owned()),
            (Code, Subject, "Hello".to_owned()),
            (Code, Subject, "{code} for {project}".to_owned()),
            (Link, Html, "<a href=\"{link}\">{project}</a>".to_owned()),
            (Registration, Text, "{link} { : } { {".to_owned()),
        ] {
            assert_eq!(problem(kind, part, &text), "", "{text}");
        }
        let lacks = "must have the placeholder ";
        let unknown = "has the unknown placeholder ";
        for (kind, part, text, start, name) in [
            (Code, Html, "<p>hello</p>", lacks, "{code}"),
            (Code, Text, "{ {code", lacks, "{code}"),
            (Link, Text, "{project}", lacks, "{link}"),
            (Registration, Html, "", lacks, "{link}"),
            (Link, Html, "{link} {code}", unknown, "{code}"),
            (Link, Subject, "{link}", unknown, "{link}"),
            (Code, Html, "{code} {name}", unknown, "{name}"),
            (Code, Html, "{code} { minutes }", unknown, "{ minutes }"),
            (Code, Html, "{code} {first-name}", unknown, "{first-name}"),
            (Code, Html, "{{code}}", unknown, "{code}}"),
            (Code, Subject, "{otp}", unknown, "{otp}"),
        ] {
            let problem = problem(kind, part, text);
            assert!(problem.starts_with(&format!("{start}{name}")), "{text}: {problem}");
        }
        assert!(problem(Link, Text, "{x}").ends_with("there are {project}, {link}, {minutes}"));
    }

    #[test]
    fn a_subject_is_short_and_one_line_and_a_body_has_a_limit() {
        use EmailKind::Code;
        use EmailPart::{Html, Subject};
        for text in ["a\nb", "a\rb", "a\tb", "a\u{85}b", "a\u{7f}"] {
            assert!(problem(Code, Subject, text).starts_with("must be one line"), "{text:?}");
        }
        assert_eq!(problem(Code, Subject, &"ñ".repeat(200)), "");
        assert!(problem(Code, Subject, &"ñ".repeat(201)).contains("200 characters"));
        let html = |chars: usize| format!("{{code}}{}", "ñ".repeat(chars - 6));
        assert_eq!(problem(Code, Html, &html(32_768)), "");
        assert!(problem(Code, Html, &html(32_769)).contains("32768 characters"));
    }

    #[test]
    fn what_an_import_brought_counts_as_far_as_it_could_be_saved() {
        let templates = json!({
            "code": {
                "en": { "subject": " ", "html": "<p>no code</p>", "text": "{code}" },
                "es": { "subject": "a\r\nBcc: x@example.com", "text": 3 },
                "pt": "{code}",
            },
            "link": ["{link}"],
        });
        let read = |kind, language| EmailTemplate::read(&templates, kind, language);
        let text = Some("{code}".to_owned());
        let only_text = EmailTemplate { text, ..EmailTemplate::default() };
        assert_eq!(read(EmailKind::Code, "en"), only_text);
        for language in ["es", "pt", "fr"] {
            assert_eq!(read(EmailKind::Code, language), EmailTemplate::default(), "{language}");
        }
        assert_eq!(read(EmailKind::Link, "en"), EmailTemplate::default());
        let nothing = EmailTemplate::read(&Json::Null, EmailKind::Code, "en");
        assert_eq!(nothing, EmailTemplate::default());
    }
}
