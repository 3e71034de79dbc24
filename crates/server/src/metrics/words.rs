//! The words that metrics count by.

use verax_domain::document_check::DocumentCheck;
use verax_domain::records::contact_validation::Channel;
use verax_store::JobKind;

/// What somebody asked to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// A photographed document.
    Document,
    /// A face for a registration, or of an onboarding session.
    Onboarding,
    Login,
    /// A validation of a session that is neither.
    Validation,
    /// Whether a face is a live one.
    Liveness,
    /// Whether two faces are of one person.
    Comparison,
    /// Whether a face is of this person.
    Verification,
    /// Whose face it is.
    Search,
}

/// What became of a code that was to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageOutcome {
    Accepted,
    /// It is tried again.
    Failed,
    /// It is not tried again.
    Rejected,
}

/// The labels of a message.
pub fn message(channel: Channel, outcome: MessageOutcome) -> [(&'static str, &'static str); 2] {
    let channel = match channel {
        Channel::Email => "email",
        Channel::Phone => "phone",
    };
    let outcome = match outcome {
        MessageOutcome::Accepted => "sent",
        MessageOutcome::Failed => "failed",
        MessageOutcome::Rejected => "rejected",
    };
    [("channel", channel), ("outcome", outcome)]
}

/// All of them.
pub fn messages() -> Vec<[(&'static str, &'static str); 2]> {
    let outcomes = [MessageOutcome::Accepted, MessageOutcome::Failed, MessageOutcome::Rejected];
    let of = |channel| outcomes.map(|outcome| message(channel, outcome));
    Channel::ALL.into_iter().flat_map(of).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckEnd {
    /// It passed; somebody was found.
    Passed,
    Failed,
    /// The image could not be measured.
    ImageRejected,
    /// The server's own fault, or its operator's: nothing is known.
    Error,
}

/// What was measured, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    Liveness,
    /// Of two faces.
    Match,
    /// Of whom a search found first.
    Search,
    Document(DocumentCheck),
    /// Larger is worse.
    DocumentRisk,
}

/// What one of the checks of a document found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    Passed,
    Failed,
    NotChecked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Face,
    Document,
}

/// How a measurement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    Done,
    ImageRejected,
    Overloaded,
    ModelsMissing,
    Failed,
}

/// Of what there was not enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scarce {
    /// Threads that measure, and places to wait for them.
    Measuring,
    /// Room for request bodies.
    Bodies,
    /// Images of other servers at once.
    Fetching,
    /// Room to wait for events.
    Listening,
    Connections,
    /// The database's connections and time.
    Database,
    /// The time for a request.
    Time,
}

/// Whose requests were too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimit {
    Token,
    Client,
    /// Of an address, without a token.
    Anonymous,
    /// Of an address, with tokens that were rejected.
    RejectedTokens,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFailure {
    Missing,
    Invalid,
    Expired,
    Revoked,
    OldSandbox,
    /// It is for one record, and this is not about that.
    OfOneRecord,
}

/// The words of an enum as they stand in labels.
pub trait Word: Copy + 'static {
    const ALL: &'static [Self];
    fn word(self) -> &'static str;
}

impl Word for CheckKind {
    const ALL: &'static [CheckKind] = &[
        CheckKind::Document,
        CheckKind::Onboarding,
        CheckKind::Login,
        CheckKind::Validation,
        CheckKind::Liveness,
        CheckKind::Comparison,
        CheckKind::Verification,
        CheckKind::Search,
    ];

    fn word(self) -> &'static str {
        match self {
            CheckKind::Document => "document",
            CheckKind::Onboarding => "onboarding",
            CheckKind::Login => "login",
            CheckKind::Validation => "validation",
            CheckKind::Liveness => "liveness",
            CheckKind::Comparison => "comparison",
            CheckKind::Verification => "verification",
            CheckKind::Search => "search",
        }
    }
}

impl Word for CheckEnd {
    const ALL: &'static [CheckEnd] =
        &[CheckEnd::Passed, CheckEnd::Failed, CheckEnd::ImageRejected, CheckEnd::Error];

    fn word(self) -> &'static str {
        match self {
            CheckEnd::Passed => "passed",
            CheckEnd::Failed => "failed",
            CheckEnd::ImageRejected => "image_rejected",
            CheckEnd::Error => "error",
        }
    }
}

impl Word for Score {
    const ALL: &'static [Score] = &{
        const FACES: usize = 3;
        let mut all = [Score::DocumentRisk; FACES + DocumentCheck::COUNT + 1];
        [all[0], all[1], all[2]] = [Score::Liveness, Score::Match, Score::Search];
        let mut at = 0;
        while at < DocumentCheck::COUNT {
            all[FACES + at] = OF_DOCUMENTS[at];
            at += 1;
        }
        all
    };

    fn word(self) -> &'static str {
        match self {
            Score::Liveness => "liveness",
            Score::Match => "match",
            Score::Search => "search",
            Score::Document(check) => check.entry().label,
            Score::DocumentRisk => "document_risk",
        }
    }
}

/// The scores of the checks of a document.
pub const OF_DOCUMENTS: [Score; DocumentCheck::COUNT] = {
    let mut all = [Score::DocumentRisk; DocumentCheck::COUNT];
    let mut at = 0;
    while at < DocumentCheck::COUNT {
        all[at] = Score::Document(DocumentCheck::ALL[at]);
        at += 1;
    }
    all
};

impl Word for CheckOutcome {
    const ALL: &'static [CheckOutcome] =
        &[CheckOutcome::Passed, CheckOutcome::Failed, CheckOutcome::NotChecked];

    fn word(self) -> &'static str {
        match self {
            CheckOutcome::Passed => "passed",
            CheckOutcome::Failed => "failed",
            CheckOutcome::NotChecked => "not_checked",
        }
    }
}

impl Word for Subject {
    const ALL: &'static [Subject] = &[Subject::Face, Subject::Document];

    fn word(self) -> &'static str {
        match self {
            Subject::Face => "face",
            Subject::Document => "document",
        }
    }
}

impl Word for Measured {
    const ALL: &'static [Measured] = &[
        Measured::Done,
        Measured::ImageRejected,
        Measured::Overloaded,
        Measured::ModelsMissing,
        Measured::Failed,
    ];

    fn word(self) -> &'static str {
        match self {
            Measured::Done => "done",
            Measured::ImageRejected => "image_rejected",
            Measured::Overloaded => "overloaded",
            Measured::ModelsMissing => "models_missing",
            Measured::Failed => "failed",
        }
    }
}

impl Word for Scarce {
    const ALL: &'static [Scarce] = &[
        Scarce::Measuring,
        Scarce::Bodies,
        Scarce::Fetching,
        Scarce::Listening,
        Scarce::Connections,
        Scarce::Database,
        Scarce::Time,
    ];

    fn word(self) -> &'static str {
        match self {
            Scarce::Measuring => "measuring",
            Scarce::Bodies => "bodies",
            Scarce::Fetching => "fetching",
            Scarce::Listening => "listening",
            Scarce::Connections => "connections",
            Scarce::Database => "database",
            Scarce::Time => "time",
        }
    }
}

impl Word for RateLimit {
    const ALL: &'static [RateLimit] =
        &[RateLimit::Token, RateLimit::Client, RateLimit::Anonymous, RateLimit::RejectedTokens];

    fn word(self) -> &'static str {
        match self {
            RateLimit::Token => "token",
            RateLimit::Client => "client",
            RateLimit::Anonymous => "anonymous",
            RateLimit::RejectedTokens => "rejected_tokens",
        }
    }
}

impl Word for TokenFailure {
    const ALL: &'static [TokenFailure] = &[
        TokenFailure::Missing,
        TokenFailure::Invalid,
        TokenFailure::Expired,
        TokenFailure::Revoked,
        TokenFailure::OldSandbox,
        TokenFailure::OfOneRecord,
    ];

    fn word(self) -> &'static str {
        match self {
            TokenFailure::Missing => "missing",
            TokenFailure::Invalid => "invalid",
            TokenFailure::Expired => "expired",
            TokenFailure::Revoked => "revoked",
            TokenFailure::OldSandbox => "old_sandbox",
            TokenFailure::OfOneRecord => "of_one_record",
        }
    }
}

impl Word for JobKind {
    const ALL: &'static [JobKind] = &JobKind::OF_RECORDS;

    fn word(self) -> &'static str {
        self.name()
    }
}
