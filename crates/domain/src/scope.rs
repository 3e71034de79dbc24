//! What a token may do.

/// One thing that a token may do; an operation names which it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    ReadValidations,
    ReadDocuments,
    ReadMedia,
    /// What has happened to all records.
    ReadEvents,
    Write,
    /// Makes and changes webhooks, and sees their secrets: what happens to all records is sent to them.
    WriteWebhooks,
    /// Decides cases.
    Review,
    /// Invites members, changes what they may do, and sees who they are.
    WriteMembers,
    /// Sees who has looked at images.
    ReadAccesses,
    /// Sees the records of all clients.
    Staff,
}

impl Scope {
    pub const ALL: [Scope; 10] = [
        Scope::ReadValidations,
        Scope::ReadDocuments,
        Scope::ReadMedia,
        Scope::ReadEvents,
        Scope::Write,
        Scope::WriteWebhooks,
        Scope::Review,
        Scope::WriteMembers,
        Scope::ReadAccesses,
        Scope::Staff,
    ];

    /// The word in a token and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Scope::ReadValidations => "validations:read",
            Scope::ReadDocuments => "documents:read",
            Scope::ReadMedia => "media:read",
            Scope::ReadEvents => "events:read",
            Scope::Write => "write",
            Scope::WriteWebhooks => "webhooks:write",
            Scope::Review => "review",
            Scope::WriteMembers => "members:write",
            Scope::ReadAccesses => "audit:read",
            Scope::Staff => "staff",
        }
    }

    /// Whether a token has it only where it is named: what people do, a program is not given unasked.
    pub fn is_named_only(self) -> bool {
        use Scope::{ReadAccesses, Review, Staff, WriteMembers};
        matches!(self, Review | WriteMembers | ReadAccesses | Staff)
    }

    pub fn from_word(word: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

/// What a token for one record alone is for. None of these is a [`Scope`]: it cannot be granted to
/// a client or on the command line, and it opens no operation that asks for a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordTokenScope {
    /// One app registration: its own steps and its own face check.
    Registration,
    /// One liveness session: one capture, and what became of it.
    Session,
    /// One app login: what it proved, and a second factor for it.
    Login,
}

impl RecordTokenScope {
    pub const ALL: [RecordTokenScope; 3] =
        [RecordTokenScope::Registration, RecordTokenScope::Session, RecordTokenScope::Login];

    /// The word in a token.
    pub fn word(self) -> &'static str {
        match self {
            RecordTokenScope::Registration => "registration",
            RecordTokenScope::Session => "session",
            RecordTokenScope::Login => "login",
        }
    }

    /// The record that it is for, in words.
    pub const fn title(self) -> &'static str {
        match self {
            RecordTokenScope::Registration => "app registration",
            RecordTokenScope::Session => "liveness session",
            RecordTokenScope::Login => "app login",
        }
    }

    pub fn from_word(word: &str) -> Option<RecordTokenScope> {
        RecordTokenScope::ALL.into_iter().find(|scope| scope.word() == word)
    }
}
