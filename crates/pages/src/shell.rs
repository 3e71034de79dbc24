//! What every page has around its content.

use crate::assets;
use crate::texts::{Language, Texts};

/// What is around the content of a page.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    pub texts: Texts,
    pub title: String,
    /// Who has signed in.
    pub visitor: Option<Visitor>,
    /// Where they may go.
    pub sections: Vec<Section>,
    /// What has just been done, or what stopped it.
    pub notice: Option<Notice>,
    /// Whether the records are synthetic, which every page says then.
    pub is_demo: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Visitor {
    pub name: String,
    /// The role in words.
    pub role: String,
    /// The client whose records are shown.
    pub client: String,
}

#[derive(Clone, Debug)]
pub struct Section {
    pub title: String,
    pub links: Vec<SectionLink>,
}

#[derive(Clone, Debug)]
pub struct SectionLink {
    pub href: String,
    pub label: String,
    pub is_current: bool,
}

#[derive(Clone, Debug)]
pub struct Notice {
    pub text: String,
    pub is_problem: bool,
}

impl Shell {
    pub fn new(texts: Texts, title: impl Into<String>) -> Shell {
        Shell { texts, title: title.into(), ..Shell::default() }
    }

    /// The message of this name.
    pub fn t(&self, id: &str) -> String {
        self.texts.get(id)
    }

    pub fn language(&self) -> &'static str {
        self.texts.0.code()
    }

    /// The languages of a page whose visitor is not known: each with whether it is the page's.
    pub fn languages(&self) -> Vec<(&'static str, &'static str, bool)> {
        let all = Language::ALL.into_iter();
        all.map(|it| (it.code(), it.name(), it == self.texts.0)).collect()
    }

    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    pub fn with_problem(mut self, text: impl Into<String>) -> Shell {
        self.notice = Some(Notice { text: text.into(), is_problem: true });
        self
    }

    pub fn with_news(mut self, text: impl Into<String>) -> Shell {
        self.notice = Some(Notice { text: text.into(), is_problem: false });
        self
    }
}
