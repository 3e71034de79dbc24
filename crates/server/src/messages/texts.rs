//! The words of a message, in the languages that there are, and in a client's own where it has some.

use verax_domain::email_templates::{EmailKind, EmailTemplate};

use super::filling::fill;

/// Languages that messages are written in; any other is answered in the first.
pub const LANGUAGES: [&str; 3] = ["en", "es", "pt"];

/// A message with a code, or a link. A text message has a code alone.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    pub kind: EmailKind,
    pub language: &'a str,
    /// The name of the project; empty: it has none.
    pub project: &'a str,
    /// The code, or the whole link.
    pub secret: &'a str,
    /// Whether the link proves the contact of a registration, which somebody else may have begun.
    pub is_registration: bool,
    pub minutes: i64,
    /// What an email says instead of the server's own words.
    pub template: Option<&'a EmailTemplate>,
}

/// An email, plain and as HTML.
pub struct EmailText {
    pub subject: String,
    pub plain: String,
    pub html: String,
}

/// The words of one language. `{project}`, `{code}` and `{minutes}` are filled in.
struct Words {
    code: EmailWords,
    link: EmailWords,
    /// A link that proves the contact of a registration.
    confirmation: EmailWords,
    registration: EmailWords,
    ignore: &'static str,
    text: &'static str,
}

struct EmailWords {
    subject: &'static str,
    intro: &'static str,
    /// What the link is called; a code has none.
    button: &'static str,
}

const ENGLISH: Words = Words {
    code: EmailWords {
        subject: "{code} is your code for {project}",
        intro: "Your code for {project} is:",
        button: "",
    },
    link: EmailWords {
        subject: "Confirm your email address for {project}",
        intro: "Open this link and press the button to confirm your email address for {project}:",
        button: "Confirm my email address",
    },
    confirmation: EmailWords {
        subject: "{project}: confirm that you have begun a registration",
        intro: "{project}: confirm that you have begun a registration with this address; if you have \
                not, ignore this message. Open this link and press the button:",
        button: "Confirm my email address",
    },
    registration: EmailWords {
        subject: "Continue your registration with {project}",
        intro: "Open this link to continue your registration with {project}:",
        button: "Continue my registration",
    },
    ignore: "It is valid for {minutes} minutes. Nobody will ask you for it. If you did not request \
             it, ignore this message.",
    text: "{code} is your code for {project}. It is valid for {minutes} minutes. Do not share it.",
};

const SPANISH: Words = Words {
    code: EmailWords {
        subject: "{code} es tu código para {project}",
        intro: "Tu código para {project} es:",
        button: "",
    },
    link: EmailWords {
        subject: "Confirma tu correo electrónico para {project}",
        intro: "Abre este enlace y pulsa el botón para confirmar tu correo electrónico para {project}:",
        button: "Confirmar mi correo electrónico",
    },
    confirmation: EmailWords {
        subject: "{project}: confirma que has iniciado un registro",
        intro: "{project}: confirma que has iniciado un registro con esta dirección; si no es así, \
                ignora este mensaje. Abre este enlace y pulsa el botón:",
        button: "Confirmar mi correo electrónico",
    },
    registration: EmailWords {
        subject: "Continúa tu registro en {project}",
        intro: "Abre este enlace para continuar tu registro en {project}:",
        button: "Continuar mi registro",
    },
    ignore: "Es válido durante {minutes} minutos. Nadie te lo pedirá. Si no lo has solicitado, \
             ignora este mensaje.",
    text: "{code} es tu código para {project}. Es válido durante {minutes} minutos. No lo compartas.",
};

const PORTUGUESE: Words = Words {
    code: EmailWords {
        subject: "{code} é o seu código para {project}",
        intro: "O seu código para {project} é:",
        button: "",
    },
    link: EmailWords {
        subject: "Confirme o seu e-mail para {project}",
        intro: "Abra este link e clique no botão para confirmar o seu e-mail para {project}:",
        button: "Confirmar o meu e-mail",
    },
    confirmation: EmailWords {
        subject: "{project}: confirme que iniciou um cadastro",
        intro: "{project}: confirme que iniciou um cadastro com este endereço; se não foi você, ignore \
                esta mensagem. Abra este link e clique no botão:",
        button: "Confirmar o meu e-mail",
    },
    registration: EmailWords {
        subject: "Continue o seu cadastro em {project}",
        intro: "Abra este link para continuar o seu cadastro em {project}:",
        button: "Continuar o meu cadastro",
    },
    ignore: "É válido por {minutes} minutos. Ninguém vai pedi-lo a você. Se não foi você, ignore \
             esta mensagem.",
    text: "{code} é o seu código para {project}. É válido por {minutes} minutos. Não o compartilhe.",
};

/// A name in a subject or a text message is no longer than this.
const PROJECT_CHARS_MAX: usize = 60;

impl Message<'_> {
    pub fn email(&self) -> EmailText {
        let own = self.template.cloned().unwrap_or_default();
        let words = match self.kind {
            EmailKind::Code => &self.words().code,
            EmailKind::Link if self.is_registration => &self.words().confirmation,
            EmailKind::Link => &self.words().link,
            EmailKind::Registration => &self.words().registration,
        };
        EmailText {
            subject: self.fill(own.subject.as_deref().unwrap_or(words.subject), str::to_owned),
            plain: match own.text {
                Some(text) => self.fill(&text, str::to_owned),
                None => self.plain(words),
            },
            html: match own.html {
                Some(html) => self.fill(&html, escape),
                None => self.html(words),
            },
        }
    }

    /// A text message.
    pub fn text(&self) -> String {
        self.fill(self.words().text, str::to_owned)
    }

    /// The one of the languages that it is written in.
    pub fn language(&self) -> &'static str {
        LANGUAGES.into_iter().find(|it| *it == self.language).unwrap_or(LANGUAGES[0])
    }

    fn plain(&self, words: &EmailWords) -> String {
        let [intro, ignore] =
            [words.intro, self.words().ignore].map(|text| self.fill(text, str::to_owned));
        format!("{intro}\n\n    {}\n\n{ignore}\n", self.secret)
    }

    fn html(&self, words: &EmailWords) -> String {
        let [intro, ignore] =
            [words.intro, self.words().ignore].map(|text| self.fill(text, escape));
        let secret = escape(self.secret);
        let secret = match self.kind {
            EmailKind::Code => format!("<strong style=\"font-size:2em\">{secret}</strong>"),
            EmailKind::Link | EmailKind::Registration => {
                format!("<a href=\"{secret}\">{}</a>", escape(words.button))
            }
        };
        format!(
            "<!doctype html>\n<html lang=\"{}\">\n<body style=\"font-family:sans-serif\">\n\
             <p>{intro}</p>\n<p>{secret}</p>\n<p>{ignore}</p>\n</body>\n</html>\n",
            self.language(),
        )
    }

    fn words(&self) -> &'static Words {
        match self.language() {
            "es" => &SPANISH,
            "pt" => &PORTUGUESE,
            _ => &ENGLISH,
        }
    }

    fn fill(&self, text: &str, write: impl Fn(&str) -> String) -> String {
        let secret = format!("{{{}}}", self.kind.secret());
        let (project, minutes) = (self.project(), self.minutes.to_string());
        let values =
            [("{project}", project.as_str()), (&secret, self.secret), ("{minutes}", &minutes)];
        fill(text, &values, write)
    }

    /// One line, without what a mail program or a phone would make a link of.
    fn project(&self) -> String {
        let plain = |letter: char| match letter {
            letter if letter.is_control() => ' ',
            letter => letter,
        };
        let name: String = self.project.chars().map(plain).take(PROJECT_CHARS_MAX).collect();
        let name = name.trim();
        if name.is_empty() { "Verax".to_owned() } else { name.to_owned() }
    }
}

/// As text, or as the value of an attribute, of HTML.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<'a>(language: &'a str, project: &'a str) -> Message<'a> {
        let (kind, secret) = (EmailKind::Code, "012345");
        Message {
            kind,
            language,
            project,
            secret,
            is_registration: false,
            minutes: 10,
            template: None,
        }
    }

    #[test]
    fn every_language_says_the_code_or_the_link_and_how_long_it_is_valid() {
        for language in LANGUAGES {
            let code = message(language, "Acme");
            assert!(code.email().subject.contains("012345"), "{language}");
            assert!(code.text().contains("012345") && code.text().contains("10"), "{language}");
            for kind in EmailKind::ALL {
                let email = Message { kind, ..code }.email();
                for text in [&email.plain, &email.html] {
                    assert!(text.contains("012345") && text.contains("10"), "{language}: {text}");
                    assert!(text.contains("Acme") && !text.contains(['{', '}']), "{text}");
                }
                assert!(!email.subject.contains(['{', '}']), "{}", email.subject);
            }
        }
        assert_eq!(message("fr", "Acme").text(), message("en", "Acme").text());
    }

    #[test]
    fn a_link_for_a_registration_says_whose_and_what_it_confirms() {
        for (language, word) in
            [("en", "begun a registration"), ("es", "registro"), ("pt", "cadastro")]
        {
            let message = message(language, "Acme");
            let email = Message { kind: EmailKind::Link, is_registration: true, ..message }.email();
            for text in [&email.subject, &email.plain, &email.html] {
                assert!(text.contains("Acme") && text.contains(word), "{language}: {text}");
            }
        }
    }

    #[test]
    fn a_name_is_text_and_never_markup_a_header_or_a_placeholder() {
        let name = "<b>\"Acme\"</b>\r\nBcc: x@example.com {code}";
        let own = EmailTemplate {
            subject: Some("{project}: {code}".to_owned()),
            html: Some("<i title=\"{project}\">{code}</i><style>i { top: 0 }</style>".to_owned()),
            text: None,
        };
        for template in [None, Some(&own)] {
            let email = Message { template, ..message("en", name) }.email();
            assert!(!email.html.contains("<b>") && email.html.contains("&lt;b&gt;&quot;Acme"));
            assert!(!email.subject.contains(['\r', '\n']), "{}", email.subject);
            assert_eq!(email.subject.matches("012345").count(), 1, "{}", email.subject);
            assert_eq!(email.html.matches("012345").count(), 1, "{}", email.html);
            assert_eq!(template.is_some(), email.html.contains("{ top: 0 }"), "{}", email.html);
            assert!(
                email.plain.contains("012345"),
                "what a template does not say is said all the same"
            );
        }
    }
}
