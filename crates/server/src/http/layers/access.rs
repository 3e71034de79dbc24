//! Who may call an operation: which tokens, with which scopes, for which records, or none.

use verax_domain::{RecordTokenScope, Scope};

use crate::app::access::{AccessError, Caller, RecordToken};
use crate::http::error::{ApiError, access_denied, for_clients_only, token_not_right};
use crate::http::layers::allowed::{Allowed, require, require_own};
use crate::http::state::State;

/// Who may call an operation, and what everybody else is told.
#[derive(Clone, Copy)]
pub struct Access {
    pub clients: Clients,
    /// Which tokens for one record may call it too.
    pub records: RecordKinds,
    /// What other tokens for one record are told.
    pub other_records: Rejection,
    pub without_token: WithoutToken,
    /// What a request whose token is missing or wrong is told.
    pub wrong_token: fn(&State, AccessError) -> ApiError,
}

/// Kinds of records, for one of which a token may be.
#[derive(Clone, Copy, PartialEq)]
pub struct RecordKinds([Option<RecordTokenScope>; RecordTokenScope::ALL.len()]);

impl RecordKinds {
    pub const NONE: RecordKinds = RecordKinds([None; RecordTokenScope::ALL.len()]);
    pub const ALL: RecordKinds = RecordKinds([
        Some(RecordTokenScope::Registration),
        Some(RecordTokenScope::Session),
        Some(RecordTokenScope::Login),
    ]);

    pub const fn one(kind: RecordTokenScope) -> RecordKinds {
        RecordKinds([Some(kind), None, None])
    }

    pub const fn two(kind: RecordTokenScope, other: RecordTokenScope) -> RecordKinds {
        RecordKinds([Some(kind), Some(other), None])
    }

    /// These kinds, of which there are no more than there are kinds.
    pub fn of(kinds: impl IntoIterator<Item = RecordTokenScope>) -> RecordKinds {
        let mut all = RecordKinds::NONE;
        all.0.iter_mut().zip(kinds).for_each(|(slot, kind)| *slot = Some(kind));
        all
    }

    pub fn iter(self) -> impl Iterator<Item = RecordTokenScope> {
        self.0.into_iter().flatten()
    }

    pub fn is_empty(self) -> bool {
        self == RecordKinds::NONE
    }
}

/// What a client's own token needs.
#[derive(Clone, Copy, PartialEq)]
pub enum Clients {
    /// The operation is for the tokens of records alone: others are told `other_records`.
    None,
    /// A token with any scopes.
    Any,
    /// One of these scopes, or `staff`, which reads everything.
    Reading(&'static [&'static str]),
    /// This scope itself, also of staff.
    Holding(Scope),
    /// This scope, or `staff`.
    HoldingOrStaff(Scope),
}

/// How a token for another record is rejected.
#[derive(Clone, Copy)]
pub enum Rejection {
    /// A token for one record opens nothing of this kind.
    RecordToken,
    /// The operation is the client's own.
    ClientsOnly,
    OtherRecord,
    /// The operation is for the token of one such record.
    NotRight(&'static str),
}

#[derive(Clone, Copy, PartialEq)]
pub enum WithoutToken {
    Rejected,
    /// Where the project that the request names allows it, which the handler looks up.
    AsProjectAllows,
    /// With a URL that this server has signed, which the handler checks; it checks the scope of who
    /// has none, too.
    WithSignedUrl,
    /// It is for anybody, and no token is looked at.
    Anybody,
}

impl Access {
    /// Whoever has a token of a client.
    pub const CLIENT: Access = Access {
        clients: Clients::Any,
        records: RecordKinds::NONE,
        other_records: Rejection::RecordToken,
        without_token: WithoutToken::Rejected,
        wrong_token: |_, error| error.into(),
    };
    /// A client's token that may write.
    pub const WRITE: Access = Access { clients: Clients::Holding(Scope::Write), ..Access::CLIENT };
    /// A client's token that may see images. A staff token alone may not.
    pub const MEDIA: Access =
        Access { clients: Clients::Holding(Scope::ReadMedia), ..Access::CLIENT };
    pub const ANYBODY: Access = Access { without_token: WithoutToken::Anybody, ..Access::CLIENT };

    /// A client's token with one of these scopes.
    pub const fn reading(scopes: &'static [&'static str]) -> Access {
        Access { clients: Clients::Reading(scopes), ..Access::CLIENT }
    }

    /// The token of one record of these kinds; `needed` says which in words.
    pub const fn of_record(records: RecordKinds, needed: &'static str) -> Access {
        Access { clients: Clients::None, ..Access::CLIENT }
            .or_record(records, Rejection::NotRight(needed))
    }

    /// The same, and the token of one record of these kinds.
    pub const fn or_record(self, records: RecordKinds, others: Rejection) -> Access {
        Access { records, other_records: others, ..self }
    }

    /// Whether no token is looked at.
    pub fn is_for_anybody(&self) -> bool {
        self.without_token == WithoutToken::Anybody
    }

    /// The words of the scopes that open it, each of which is enough.
    pub fn scopes(&self) -> Vec<&'static str> {
        let mut scopes: Vec<&str> = match self.clients {
            Clients::None | Clients::Any => Vec::new(),
            Clients::Reading(scopes) => scopes.to_vec(),
            Clients::Holding(scope) | Clients::HoldingOrStaff(scope) => vec![scope.word()],
        };
        scopes.extend(self.records.iter().map(RecordTokenScope::word));
        scopes
    }

    /// Whether a client's token may call it.
    ///
    /// # Errors
    /// It lacks the scope, or the operation is for the tokens of records.
    pub fn check_caller(&self, caller: &Caller) -> Result<Allowed, ApiError> {
        match self.clients {
            _ if self.without_token == WithoutToken::WithSignedUrl => Ok(Allowed::caller(caller)),
            Clients::None => Err(self.other_records.error()),
            Clients::Any => Ok(Allowed::caller(caller)),
            Clients::Reading(scopes) => require(caller, scopes),
            Clients::HoldingOrStaff(_) if caller.has(Scope::Staff) => Ok(Allowed::caller(caller)),
            Clients::Holding(scope) | Clients::HoldingOrStaff(scope) => require_own(caller, scope),
        }
    }

    /// Whether the token of one record may call it. That it is the record which the request names is
    /// for the handler to check.
    ///
    /// # Errors
    /// It is for a record of another kind.
    pub fn check_record_token(&self, record_token: &RecordToken) -> Result<Allowed, ApiError> {
        match self.kind_of(record_token) {
            Some(kind) => Allowed::record_token(record_token, kind),
            None => Err(self.other_records.error()),
        }
    }

    /// Which of the kinds of records that may call it this token is for.
    pub fn kind_of(&self, record_token: &RecordToken) -> Option<RecordTokenScope> {
        self.records.iter().find(|kind| record_token.subject(*kind).is_some())
    }
}

impl Rejection {
    fn error(self) -> ApiError {
        match self {
            Rejection::RecordToken => AccessError::RecordToken.into(),
            Rejection::ClientsOnly => for_clients_only(),
            Rejection::OtherRecord => access_denied(),
            Rejection::NotRight(needed) => token_not_right(needed),
        }
    }
}
