//! The life of a review: a case that a person decides.

/// So long a claim is its reviewer's alone.
pub const CLAIM_MS: i64 = 10 * 60 * 1000;

/// Where a review stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewState {
    /// Nobody is at it.
    Open,
    /// A reviewer is at it.
    Claimed,
    /// A reviewer has decided, and another one has to confirm it.
    Proposed,
    Decided,
    /// There is nothing to decide any more.
    Withdrawn,
}

impl ReviewState {
    pub const ALL: [ReviewState; 5] = [
        ReviewState::Open,
        ReviewState::Claimed,
        ReviewState::Proposed,
        ReviewState::Decided,
        ReviewState::Withdrawn,
    ];
    pub const WORDS: &[&str] = &["open", "claimed", "proposed", "decided", "withdrawn"];

    pub fn word(self) -> &'static str {
        match self {
            ReviewState::Open => "open",
            ReviewState::Claimed => "claimed",
            ReviewState::Proposed => "proposed",
            ReviewState::Decided => "decided",
            ReviewState::Withdrawn => "withdrawn",
        }
    }

    pub fn from_word(word: &str) -> Option<ReviewState> {
        ReviewState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it is still to be decided.
    pub fn is_undecided(self) -> bool {
        matches!(self, ReviewState::Open | ReviewState::Claimed | ReviewState::Proposed)
    }

    /// Whether it may become this after it.
    pub fn may_become(self, after: ReviewState) -> bool {
        use ReviewState as Is;
        match self {
            Is::Open => matches!(after, Is::Claimed | Is::Withdrawn),
            Is::Claimed => matches!(after, Is::Open | Is::Proposed | Is::Decided | Is::Withdrawn),
            Is::Proposed => matches!(after, Is::Open | Is::Decided | Is::Withdrawn),
            Is::Decided | Is::Withdrawn => false,
        }
    }
}

/// What a reviewer decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Approve,
    Decline,
    /// The person shows something once more.
    Resubmit,
}

impl Decision {
    pub const ALL: [Decision; 3] = [Decision::Approve, Decision::Decline, Decision::Resubmit];
    pub const WORDS: &[&str] = &["approve", "decline", "resubmit"];

    pub fn word(self) -> &'static str {
        match self {
            Decision::Approve => "approve",
            Decision::Decline => "decline",
            Decision::Resubmit => "resubmit",
        }
    }

    pub fn from_word(word: &str) -> Option<Decision> {
        Decision::ALL.into_iter().find(|decision| decision.word() == word)
    }

    /// Whether the person has to be told why.
    pub fn needs_reasons(self) -> bool {
        self != Decision::Approve
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_stays_so_and_all_else_can_be_withdrawn() {
        for before in ReviewState::ALL {
            assert!(!before.may_become(before), "{before:?}");
            assert_eq!(before.may_become(ReviewState::Withdrawn), before.is_undecided());
            let goes_on = ReviewState::ALL.into_iter().any(|after| before.may_become(after));
            assert_eq!(goes_on, before.is_undecided(), "{before:?}");
        }
    }

    #[test]
    fn nobody_decides_what_they_have_not_claimed() {
        assert!(!ReviewState::Open.may_become(ReviewState::Decided));
        assert!(!ReviewState::Open.may_become(ReviewState::Proposed));
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        assert!(ReviewState::ALL.map(ReviewState::word).iter().eq(ReviewState::WORDS));
        assert!(Decision::ALL.map(Decision::word).iter().eq(Decision::WORDS));
        let back = |it: &ReviewState| ReviewState::from_word(it.word()) == Some(*it);
        assert!(ReviewState::ALL.iter().all(back));
        assert!(Decision::ALL.iter().all(|it| Decision::from_word(it.word()) == Some(*it)));
    }
}
