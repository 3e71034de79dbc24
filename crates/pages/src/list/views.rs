//! The saved views of a list: links to them, and the form that saves another one.

/// What a list page shows of views.
#[derive(Default)]
pub struct Views {
    pub all: Vec<SavedView>,
    /// Whether the visitor may share what they save.
    pub may_share: bool,
    /// What was sent and could not be saved, to be sent again.
    pub draft: ViewDraft,
}

/// A link to a list.
pub struct SavedView {
    pub name: String,
    pub href: String,
    /// Who else sees it, or whose it is, in words; empty for a view of the visitor alone.
    pub mark: String,
    /// Whether it is what the page shows.
    pub is_current: bool,
    /// Where it is deleted; empty: not by this visitor.
    pub delete_href: String,
}

/// What the form of a view holds.
#[derive(Clone, Debug, Default)]
pub struct ViewDraft {
    pub name: String,
    pub is_shared: bool,
    /// Whether it can take the place of the view that has this name.
    pub is_taken: bool,
}

impl Views {
    /// Those that the visitor may delete.
    pub fn deletable(&self) -> impl Iterator<Item = &SavedView> {
        self.all.iter().filter(|view| !view.delete_href.is_empty())
    }

    /// Whether the form could not be saved and is shown again.
    pub fn is_open(&self) -> bool {
        !self.draft.name.is_empty()
    }
}
