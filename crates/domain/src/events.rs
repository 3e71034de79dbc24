//! What can happen to a record, as whoever is told of it hears it. Pure.
//!
//! The table says of each kind of event what it is called, which resource it is of, and between which
//! states that record moves. A change is made with its event, so that none is forgotten.

use verax_query::{Resource, Timestamp};

use crate::lifecycle::ValidationStep;
use crate::resources::{BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS};

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    DocumentCheckCompleted,
    DocumentCheckFailed,
    /// It was interrupted too often, or its image was lost.
    DocumentCheckAbandoned,
    ValidationCompleted,
    ValidationFailed,
    ValidationExpired,
}

/// What has happened to one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    pub client: String,
    pub record: String,
    pub at: Timestamp,
    pub certainty: Certainty,
}

/// Whether the record was there to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Where it was not, nothing is committed.
    Changed,
    /// Nothing was changed where the record had come to an end before, or was gone: it has the event's
    /// state, and was updated at the event's moment, where this event has happened.
    ChangedIfOpen,
}

impl EventKind {
    pub const ALL: [EventKind; 6] = [
        EventKind::DocumentCheckCompleted,
        EventKind::DocumentCheckFailed,
        EventKind::DocumentCheckAbandoned,
        EventKind::ValidationCompleted,
        EventKind::ValidationFailed,
        EventKind::ValidationExpired,
    ];

    /// `<resource>.<state>`. Two ways to one state have one name.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::DocumentCheckCompleted => "document_liveness.completed",
            EventKind::DocumentCheckFailed | EventKind::DocumentCheckAbandoned => {
                "document_liveness.failed"
            }
            EventKind::ValidationCompleted => "biometric_validation.completed",
            EventKind::ValidationFailed => "biometric_validation.failed",
            EventKind::ValidationExpired => "biometric_validation.expired",
        }
    }

    pub fn resource(self) -> &'static Resource {
        match self {
            EventKind::DocumentCheckCompleted
            | EventKind::DocumentCheckFailed
            | EventKind::DocumentCheckAbandoned => &DOCUMENT_LIVENESS,
            EventKind::ValidationCompleted
            | EventKind::ValidationFailed
            | EventKind::ValidationExpired => &BIOMETRIC_VALIDATIONS,
        }
    }

    /// The states in which it can happen.
    pub fn from(self) -> &'static [&'static str] {
        match self {
            EventKind::DocumentCheckCompleted | EventKind::DocumentCheckFailed => &["processing"],
            EventKind::DocumentCheckAbandoned => &["new", "processing"],
            EventKind::ValidationCompleted | EventKind::ValidationFailed => &["pending"],
            EventKind::ValidationExpired => &["new"],
        }
    }

    /// The state that it leads to.
    pub fn to(self) -> &'static str {
        match self {
            EventKind::DocumentCheckCompleted | EventKind::ValidationCompleted => "completed",
            EventKind::DocumentCheckFailed
            | EventKind::DocumentCheckAbandoned
            | EventKind::ValidationFailed => "failed",
            EventKind::ValidationExpired => "expired",
        }
    }
}

impl ValidationStep {
    /// The event of a step that ends a validation; `None`: the step ends none.
    pub fn event(self) -> Option<EventKind> {
        match self {
            ValidationStep::Complete => Some(EventKind::ValidationCompleted),
            ValidationStep::Fail => Some(EventKind::ValidationFailed),
            ValidationStep::Expire => Some(EventKind::ValidationExpired),
            ValidationStep::Begin | ValidationStep::Release => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_called_by_its_resource_and_the_state_that_it_leads_to() {
        for kind in EventKind::ALL {
            let (resource, state) = kind.name().split_once('.').expect("two parts");
            assert_eq!(state, kind.to(), "{kind:?}");
            let table = kind.resource().table;
            assert_eq!(
                table.trim_end_matches("validations"),
                resource.trim_end_matches("validation")
            );
            assert!(!kind.from().contains(&kind.to()), "{kind:?}");
        }
    }

    #[test]
    fn the_events_of_validations_are_the_steps_of_their_lives() {
        for step in ValidationStep::ALL {
            if let Some(kind) = step.event() {
                assert_eq!((kind.from(), kind.to()), (&[step.from()][..], step.to()), "{step:?}");
            }
        }
    }
}
