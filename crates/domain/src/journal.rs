//! Who makes a change, and in which request, as the journal writes it down. Pure.

/// Who makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Whoever holds the token with this id.
    Token(String),
    /// The member with this id, who has signed in.
    Member(String),
    /// Nobody in particular: the project takes strangers.
    Anonymous,
    /// An operator, by a command on the data folder.
    Command,
    /// The server itself: what expires, what a crash left.
    System,
}

/// What an event has of its own: its id, who made the change, and a secret that its commitment is
/// blinded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub id: String,
    /// 128 bits in hexadecimal. Never shown.
    pub salt: String,
    pub actor: Principal,
    /// The id of the request; none: it was made by no request.
    pub request: Option<String>,
}

const MEMBER: &str = "member:";

impl Principal {
    /// As the journal writes it.
    pub fn text(&self) -> String {
        match self {
            Principal::Token(id) => format!("token:{id}"),
            Principal::Member(id) => format!("{MEMBER}{id}"),
            Principal::Anonymous => "anonymous".to_owned(),
            Principal::Command => "command".to_owned(),
            Principal::System => "system".to_owned(),
        }
    }

    /// The id of the member whom a text of [`text`](Principal::text) names, if it names one.
    pub fn member_id(text: &str) -> Option<&str> {
        text.strip_prefix(MEMBER)
    }
}
