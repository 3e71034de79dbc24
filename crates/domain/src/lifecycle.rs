//! The lives of records: which state may follow which. What is not in these tables does not
//! happen. Pure.

mod reviews;

pub use self::reviews::{CLAIM_MS, Decision, ReviewState};

/// A step in the life of a biometric validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationStep {
    /// An image came, and is being measured.
    Begin,
    /// The image could not be measured: another may come.
    Release,
    Complete,
    Fail,
    /// Nobody came in time.
    Expire,
}

impl ValidationStep {
    pub const ALL: [ValidationStep; 5] = [
        ValidationStep::Begin,
        ValidationStep::Release,
        ValidationStep::Complete,
        ValidationStep::Fail,
        ValidationStep::Expire,
    ];

    /// The only state in which it may be taken.
    pub fn from(self) -> &'static str {
        match self {
            ValidationStep::Begin | ValidationStep::Expire => "new",
            ValidationStep::Release | ValidationStep::Complete | ValidationStep::Fail => "pending",
        }
    }

    /// The state that it leads to.
    pub fn to(self) -> &'static str {
        match self {
            ValidationStep::Begin => "pending",
            ValidationStep::Release => "new",
            ValidationStep::Complete => "completed",
            ValidationStep::Fail => "failed",
            ValidationStep::Expire => "expired",
        }
    }
}

/// Where a document stands that is read, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentValidationStatus {
    /// It is being read, or its back is waited for.
    Assessing,
    /// Its values prove each other.
    Active,
    /// Its values were read, and nothing proves them.
    ActiveButUnverified,
    /// A reviewer has to look at it.
    NeedsManualVerification,
    /// No value was read.
    NotFound,
    /// A check was not passed, or it could not be read.
    Failed,
    /// The day on the document is over.
    Expired,
}

impl DocumentValidationStatus {
    pub const ALL: [DocumentValidationStatus; 7] = [
        DocumentValidationStatus::Assessing,
        DocumentValidationStatus::Active,
        DocumentValidationStatus::ActiveButUnverified,
        DocumentValidationStatus::NeedsManualVerification,
        DocumentValidationStatus::NotFound,
        DocumentValidationStatus::Failed,
        DocumentValidationStatus::Expired,
    ];

    pub fn word(self) -> &'static str {
        match self {
            DocumentValidationStatus::Assessing => "ASSESSING",
            DocumentValidationStatus::Active => "ACTIVE",
            DocumentValidationStatus::ActiveButUnverified => "ACTIVE_BUT_UNVERIFIED",
            DocumentValidationStatus::NeedsManualVerification => "NEEDS_MANUAL_VERIFICATION",
            DocumentValidationStatus::NotFound => "NOT_FOUND",
            DocumentValidationStatus::Failed => "FAILED",
            DocumentValidationStatus::Expired => "EXPIRED",
        }
    }

    pub fn from_word(word: &str) -> Option<DocumentValidationStatus> {
        DocumentValidationStatus::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether the document was rejected: it does for no registration.
    pub fn is_rejected(self) -> bool {
        matches!(
            self,
            DocumentValidationStatus::NotFound
                | DocumentValidationStatus::Failed
                | DocumentValidationStatus::Expired
        )
    }

    /// Whether it does for a flow that demands a document.
    pub fn is_accepted(self) -> bool {
        self == DocumentValidationStatus::Active
    }

    /// Whether it may become this after it. What is being read may come to any end. What was read is judged
    /// again when more is known of its holder, and a person may ask for a reviewer; what was rejected comes
    /// back by a reviewer alone.
    pub fn may_become(self, after: DocumentValidationStatus) -> bool {
        use DocumentValidationStatus as Is;
        match self {
            Is::Assessing => after != Is::Assessing,
            Is::Active | Is::ActiveButUnverified | Is::NeedsManualVerification => {
                after != self && after != Is::Assessing
            }
            Is::NotFound | Is::Failed | Is::Expired => after == Is::NeedsManualVerification,
        }
    }
}

/// How far a person on the way through a flow has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationStatus {
    Started,
    Ongoing,
    Completed,
    CompletedWithoutKyc,
    Failed,
    NeedsManualVerification,
    Expired,
}

impl RegistrationStatus {
    pub const ALL: [RegistrationStatus; 7] = [
        RegistrationStatus::Started,
        RegistrationStatus::Ongoing,
        RegistrationStatus::Completed,
        RegistrationStatus::CompletedWithoutKyc,
        RegistrationStatus::Failed,
        RegistrationStatus::NeedsManualVerification,
        RegistrationStatus::Expired,
    ];

    pub fn word(self) -> &'static str {
        match self {
            RegistrationStatus::Started => "STARTED",
            RegistrationStatus::Ongoing => "ONGOING",
            RegistrationStatus::Completed => "COMPLETED",
            RegistrationStatus::CompletedWithoutKyc => "COMPLETED_WITHOUT_KYC",
            RegistrationStatus::Failed => "FAILED",
            RegistrationStatus::NeedsManualVerification => "NEEDS_MANUAL_VERIFICATION",
            RegistrationStatus::Expired => "EXPIRED",
        }
    }

    pub fn from_word(word: &str) -> Option<RegistrationStatus> {
        RegistrationStatus::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether the person is still on the way.
    pub fn is_open(self) -> bool {
        matches!(self, RegistrationStatus::Started | RegistrationStatus::Ongoing)
    }

    /// Whether a registration that this actor has brought here holds its contact: no other of its
    /// project is completed with it.
    pub fn holds_contact(self, actor: Actor) -> bool {
        match self {
            RegistrationStatus::Completed => true,
            // Nothing was checked: only the client can know who that is.
            RegistrationStatus::CompletedWithoutKyc => actor == Actor::Reviewer,
            _ => false,
        }
    }
}

/// The step with which a reviewer sets a status.
pub const REVIEW: &str = "adminOverride";

/// The step after which nothing more is asked.
pub const END: &str = "end";

/// The steps that a registration can be told of.
pub const SYNC_STEPS: [&str; 9] = [
    "instructions",
    "signUpForm",
    "basicInformation",
    "document",
    "liveness",
    "form",
    END,
    "skipKYC",
    REVIEW,
];

/// Who tells of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The person, with the registration's own token.
    Person,
    /// The client, or staff.
    Reviewer,
}

/// What a flow demands and the registration does not have yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirements {
    Met,
    /// Nothing is demanded, and no check was passed.
    NothingPassed,
    Unmet,
}

/// Why a step is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncRejection {
    #[error("there is no such step")]
    UnknownStep,
    #[error("this step cannot set that status")]
    StatusNotOfStep(&'static [RegistrationStatus]),
    #[error("the registration is over")]
    Over,
    #[error("the flow demands a check that was not made")]
    Mandatory,
    #[error("only a reviewer may do this")]
    ReviewersOnly,
}

/// The status that a registration has after a step. A person who says that all is done, although
/// the flow demands more or nothing was checked at all, is looked at by somebody.
pub fn sync(
    before: RegistrationStatus,
    step: &str,
    wanted: Option<RegistrationStatus>,
    actor: Actor,
    requirements: Requirements,
) -> Result<RegistrationStatus, SyncRejection> {
    let allowed: &'static [RegistrationStatus] = match step {
        "instructions" | "signUpForm" | "basicInformation" | "document" | "liveness" | "form" => {
            &[RegistrationStatus::Ongoing]
        }
        "skipKYC" => &[RegistrationStatus::CompletedWithoutKyc],
        END => &[
            RegistrationStatus::Completed,
            RegistrationStatus::Failed,
            RegistrationStatus::NeedsManualVerification,
        ],
        REVIEW => &RegistrationStatus::ALL,
        _ => return Err(SyncRejection::UnknownStep),
    };
    if step == REVIEW && actor == Actor::Person {
        return Err(SyncRejection::ReviewersOnly);
    }
    let wanted = match wanted {
        // A page that has shown its last step does not know how it ends: what was passed decides.
        Some(open) if step == END && open.is_open() => Some(RegistrationStatus::Completed),
        wanted => wanted,
    };
    let after = match (wanted, allowed) {
        (Some(wanted), allowed) if allowed.contains(&wanted) => wanted,
        // There is nothing to choose.
        (None, [only]) => *only,
        _ => return Err(SyncRejection::StatusNotOfStep(allowed)),
    };
    if step == REVIEW {
        return Ok(after);
    }
    if !before.is_open() {
        return Err(SyncRejection::Over);
    }
    match (after, requirements, actor) {
        (RegistrationStatus::Completed, Requirements::Unmet, _)
        | (RegistrationStatus::Completed, Requirements::NothingPassed, Actor::Person) => {
            Ok(RegistrationStatus::NeedsManualVerification)
        }
        (RegistrationStatus::CompletedWithoutKyc, Requirements::Unmet, Actor::Person) => {
            Err(SyncRejection::Mandatory)
        }
        _ => Ok(after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validation_that_has_ended_takes_no_step() {
        let ends = ["completed", "failed", "expired"];
        for step in ValidationStep::ALL {
            assert!(!ends.contains(&step.from()), "{step:?}");
        }
    }

    #[test]
    fn a_document_that_was_read_is_not_read_again_and_what_was_rejected_stays_so() {
        use DocumentValidationStatus as Is;
        for before in Is::ALL {
            assert!(!before.may_become(before), "{before:?}");
            assert!(!before.may_become(Is::Assessing), "{before:?}");
            if before.is_rejected() {
                let ways = Is::ALL.into_iter().filter(|after| before.may_become(*after));
                assert_eq!(ways.collect::<Vec<_>>(), [Is::NeedsManualVerification]);
                assert!(!before.is_accepted());
            }
        }
    }

    #[test]
    fn each_step_of_a_registration_has_its_statuses() {
        use RegistrationStatus as Is;
        let by = |step, wanted| sync(Is::Started, step, wanted, Actor::Person, Requirements::Met);
        for step in
            ["instructions", "signUpForm", "basicInformation", "document", "liveness", "form"]
        {
            assert_eq!(by(step, None), Ok(Is::Ongoing));
            assert_eq!(by(step, Some(Is::Ongoing)), Ok(Is::Ongoing));
            assert!(by(step, Some(Is::Completed)).is_err(), "{step}");
        }
        assert_eq!(by("skipKYC", None), Ok(Is::CompletedWithoutKyc));
        assert!(by("end", None).is_err());
        for end in [Is::Completed, Is::Failed, Is::NeedsManualVerification] {
            assert_eq!(by("end", Some(end)), Ok(end));
        }
        assert!(by("end", Some(Is::Expired)).is_err());
        assert_eq!(by("dance", None), Err(SyncRejection::UnknownStep));
        assert_eq!(by("adminOverride", Some(Is::Completed)), Err(SyncRejection::ReviewersOnly));
    }

    #[test]
    fn a_page_that_does_not_know_the_end_is_told_it() {
        use RegistrationStatus as Is;
        for open in [Is::Started, Is::Ongoing] {
            let by =
                |requirements| sync(Is::Ongoing, "end", Some(open), Actor::Person, requirements);
            assert_eq!(by(Requirements::Met), Ok(Is::Completed));
            assert_eq!(by(Requirements::Unmet), Ok(Is::NeedsManualVerification));
            assert_eq!(by(Requirements::NothingPassed), Ok(Is::NeedsManualVerification));
            let late = sync(Is::Failed, "end", Some(open), Actor::Person, Requirements::Met);
            assert_eq!(late, Err(SyncRejection::Over));
        }
    }

    #[test]
    fn what_a_flow_demands_cannot_be_talked_away() {
        use RegistrationStatus as Is;
        let by = |step, wanted, actor| sync(Is::Ongoing, step, wanted, actor, Requirements::Unmet);
        let end = by("end", Some(Is::Completed), Actor::Person);
        assert_eq!(end, Ok(Is::NeedsManualVerification));
        assert_eq!(by("skipKYC", None, Actor::Person), Err(SyncRejection::Mandatory));
        assert_eq!(by("skipKYC", None, Actor::Reviewer), Ok(Is::CompletedWithoutKyc));
    }

    #[test]
    fn a_person_whom_nobody_has_checked_is_looked_at() {
        use RegistrationStatus as Is;
        let by = |step, wanted, actor| {
            sync(Is::Ongoing, step, wanted, actor, Requirements::NothingPassed)
        };
        let end = Some(Is::Completed);
        assert_eq!(by("end", end, Actor::Person), Ok(Is::NeedsManualVerification));
        assert_eq!(by("end", end, Actor::Reviewer), Ok(Is::Completed));
        assert_eq!(by("skipKYC", None, Actor::Person), Ok(Is::CompletedWithoutKyc));
        assert!(!Is::CompletedWithoutKyc.holds_contact(Actor::Person));
    }

    #[test]
    fn only_a_reviewer_opens_what_is_over() {
        use RegistrationStatus as Is;
        for over in Is::ALL.into_iter().filter(|status| !status.is_open()) {
            let step = sync(over, "form", None, Actor::Reviewer, Requirements::Met);
            assert_eq!(step, Err(SyncRejection::Over));
            let opened = sync(
                over,
                "adminOverride",
                Some(Is::Ongoing),
                Actor::Reviewer,
                Requirements::Unmet,
            );
            assert_eq!(opened, Ok(Is::Ongoing));
        }
    }
}
