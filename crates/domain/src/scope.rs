//! What a token may do.

/// One thing that a token may do; an operation names which it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    ReadValidations,
    ReadDocuments,
    ReadMedia,
    Write,
    /// Sees the records of all clients.
    Staff,
}

impl Scope {
    pub const ALL: [Scope; 5] = [
        Scope::ReadValidations,
        Scope::ReadDocuments,
        Scope::ReadMedia,
        Scope::Write,
        Scope::Staff,
    ];

    /// The word in a token and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Scope::ReadValidations => "validations:read",
            Scope::ReadDocuments => "documents:read",
            Scope::ReadMedia => "media:read",
            Scope::Write => "write",
            Scope::Staff => "staff",
        }
    }

    pub fn from_word(word: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.word() == word)
    }
}
