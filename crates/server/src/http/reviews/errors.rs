//! Errors of reviews.

use axum::http::StatusCode;
use verax_domain::resources::REVIEWS;

use crate::app::registrations::RegistrationError;
use crate::app::reviews::ReviewError;
use crate::http::error::{ApiError, conflict};
use crate::http::error_codes::ErrorCode;

pub static REVIEW_CLAIMED: ErrorCode = ErrorCode {
    code: "review_claimed",
    status: StatusCode::CONFLICT,
    when: "another reviewer is at the case",
};
pub static REVIEW_NOT_CLAIMED: ErrorCode = ErrorCode {
    code: "review_not_claimed",
    status: StatusCode::CONFLICT,
    when: "the caller has not claimed the case, or the ten minutes are over",
};
pub static REVIEW_STATE: ErrorCode = ErrorCode {
    code: "review_state",
    status: StatusCode::CONFLICT,
    when: "the state of the review does not allow it",
};
pub static REVIEW_WITHDRAWN: ErrorCode = ErrorCode {
    code: "review_withdrawn",
    status: StatusCode::CONFLICT,
    when: "what the review is about was deleted: it is withdrawn",
};
pub static EVIDENCE_CHANGED: ErrorCode = ErrorCode {
    code: "evidence_changed",
    status: StatusCode::CONFLICT,
    when: "the evidence is not what the reviewer was shown: the case is open again",
};
pub static OWN_PROPOSAL: ErrorCode = ErrorCode {
    code: "own_proposal",
    status: StatusCode::FORBIDDEN,
    when: "who has proposed a decision neither confirms nor returns it",
};

pub static CONTACT_REGISTERED: ErrorCode = ErrorCode {
    code: "contact_is_registered",
    status: StatusCode::CONFLICT,
    when: "another completed registration of the project has the contact of the one that is approved",
};

/// The codes of this family.
pub static CODES: &[&ErrorCode] = &[
    &REVIEW_CLAIMED,
    &REVIEW_NOT_CLAIMED,
    &REVIEW_STATE,
    &REVIEW_WITHDRAWN,
    &EVIDENCE_CHANGED,
    &OWN_PROPOSAL,
    &CONTACT_REGISTERED,
];

impl From<ReviewError> for ApiError {
    fn from(error: ReviewError) -> ApiError {
        match error {
            ReviewError::NotFound => ApiError::not_found(&REVIEWS),
            ReviewError::Claimed(until) => {
                let error = format!("Another reviewer is at the case, until {until}.");
                ApiError::new(&REVIEW_CLAIMED, error)
            }
            ReviewError::NotClaimed => ApiError::new(
                &REVIEW_NOT_CLAIMED,
                "Claim the case first: a claim is valid 10 minutes.",
            ),
            ReviewError::State(step) => {
                ApiError::new(&REVIEW_STATE, format!("The review is {}.", step.from))
            }
            ReviewError::Withdrawn => {
                ApiError::new(&REVIEW_WITHDRAWN, "What the review is about was deleted.")
            }
            ReviewError::EvidenceChanged => ApiError::new(
                &EVIDENCE_CHANGED,
                "The evidence is not what was shown: the case is open again.",
            ),
            ReviewError::OwnProposal => {
                ApiError::new(&OWN_PROPOSAL, "Another reviewer has to confirm or return it.")
            }
            ReviewError::Moved => conflict(
                "review_changed",
                "The review was changed by somebody else: read it again.",
            ),
            ReviewError::Registration(RegistrationError::Registered(_)) => ApiError::new(
                &CONTACT_REGISTERED,
                "A completed registration of the project has the contact of this one.",
            ),
            ReviewError::Registration(error) => error.into(),
            ReviewError::Vault(error) => error.into(),
            ReviewError::Store(error) => error.into(),
        }
    }
}
