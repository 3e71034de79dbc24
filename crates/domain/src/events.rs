//! What can happen to a record, as whoever is told of it hears it: one table of types. Pure.
//!
//! The table says of each type what it is called, which resource it is of, between which states that
//! record moves, and what Verifik calls it. A change is made with its event, so that none is forgotten.

mod kinds;
mod table;

use verax_query::{Resource, Timestamp};

pub use self::kinds::{Effect, EventKind, EventType, Finding};
use crate::journal::Stamp;
use crate::lifecycle::{DocumentValidationStatus, RegistrationStatus, ReviewState, ValidationStep};

/// What has happened to one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    pub client: String,
    pub record: String,
    pub at: Timestamp,
    pub certainty: Certainty,
    pub stamp: Stamp,
}

/// What one change is to the journal. Each method of a batch that changes a record takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Event(EventKind, Stamp),
    /// Nobody is told, for this reason.
    Quiet(&'static str),
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

/// The type of what happens to records that come by an import: one event a command and client.
pub const RECORDS_IMPORTED: &str = "records.imported";

impl Entry {
    pub fn quiet(why: &'static str) -> Entry {
        Entry::Quiet(why)
    }
}

impl EventKind {
    /// Its row.
    pub fn event_type(self) -> &'static EventType {
        // Row for row in the order of the variants: a test holds it.
        &table::TYPES[self as usize]
    }

    /// Every type, in the order of the table.
    pub fn all() -> impl Iterator<Item = &'static EventType> {
        table::TYPES.iter()
    }

    /// The type for a record of this resource that comes, changes or goes as a whole; `None`: nobody is
    /// told of such a record.
    pub fn of(resource: &Resource, effect: Effect) -> Option<EventKind> {
        let plain = match effect {
            Effect::Created => ".created",
            Effect::Changed => ".updated",
            Effect::Deleted => ".deleted",
        };
        let mut types = EventKind::all();
        types
            .find(|row| row.resource.name == resource.name && row.name.ends_with(plain))
            .map(|row| row.kind)
    }

    /// The type of a registration's step, which leads to `after`; `None`: it was reviewed.
    pub fn of_sync(step: Option<&str>, after: RegistrationStatus) -> EventKind {
        match after {
            RegistrationStatus::Completed => EventKind::RegistrationCompleted,
            RegistrationStatus::CompletedWithoutKyc => EventKind::RegistrationCompletedWithoutKyc,
            RegistrationStatus::Failed => EventKind::RegistrationFailed,
            RegistrationStatus::NeedsManualVerification => {
                EventKind::RegistrationNeedsManualVerification
            }
            RegistrationStatus::Expired => EventKind::RegistrationExpired,
            RegistrationStatus::Started | RegistrationStatus::Ongoing => match step {
                Some("instructions") => EventKind::RegistrationSyncInstructions,
                Some("signUpForm") => EventKind::RegistrationSyncSignUpForm,
                Some("basicInformation") => EventKind::RegistrationSyncBasicInformation,
                Some("document") => EventKind::RegistrationSyncDocument,
                Some("liveness") => EventKind::RegistrationSyncLiveness,
                Some("form") => EventKind::RegistrationSyncForm,
                _ => EventKind::RegistrationReopened,
            },
        }
    }
}

impl DocumentValidationStatus {
    /// The event of coming to it.
    pub fn event(self) -> EventKind {
        match self {
            DocumentValidationStatus::Assessing => EventKind::DocumentValidationCreated,
            DocumentValidationStatus::Active => EventKind::DocumentValidationActive,
            DocumentValidationStatus::ActiveButUnverified => {
                EventKind::DocumentValidationUnverified
            }
            DocumentValidationStatus::NeedsManualVerification => {
                EventKind::DocumentValidationNeedsManualVerification
            }
            DocumentValidationStatus::NotFound => EventKind::DocumentValidationNotFound,
            DocumentValidationStatus::Failed => EventKind::DocumentValidationFailed,
            DocumentValidationStatus::Expired => EventKind::DocumentValidationExpired,
        }
    }
}

impl ReviewState {
    /// The event of coming to it from another one; `None`: it is where a review begins.
    pub fn event_from(self, before: Option<ReviewState>) -> EventKind {
        match (self, before) {
            (ReviewState::Open, None) => EventKind::ReviewOpened,
            (ReviewState::Open, Some(ReviewState::Proposed)) => EventKind::ReviewReturned,
            (ReviewState::Open, Some(_)) => EventKind::ReviewReleased,
            (ReviewState::Claimed, _) => EventKind::ReviewClaimed,
            (ReviewState::Proposed, _) => EventKind::ReviewProposed,
            (ReviewState::Decided, _) => EventKind::ReviewDecided,
            (ReviewState::Withdrawn, _) => EventKind::ReviewWithdrawn,
        }
    }
}

impl ValidationStep {
    /// The event of a step.
    pub fn event(self) -> EventKind {
        match self {
            ValidationStep::Begin => EventKind::ValidationStarted,
            ValidationStep::Release => EventKind::ValidationReleased,
            ValidationStep::Complete => EventKind::ValidationCompleted,
            ValidationStep::Fail => EventKind::ValidationFailed,
            ValidationStep::Expire => EventKind::ValidationExpired,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::lifecycle::{REVIEW, SYNC_STEPS};
    use crate::resources::{
        ACCESSES, ALL, CLIENTS, EVENTS, LIVENESS_SESSIONS, REVIEWS, WEBHOOK_EVENTS,
    };

    #[test]
    fn every_variant_has_its_row_and_every_row_a_name_of_its_own() {
        let mut names = HashSet::new();
        for (index, row) in EventKind::all().enumerate() {
            assert_eq!(row.kind as usize, index, "{}", row.name);
            assert_eq!(row.kind.event_type().name, row.name);
            assert!(names.insert(row.name), "{} twice", row.name);
        }
        let last = EventKind::WebhookDeleted as usize;
        assert_eq!(EventKind::all().count(), last + 1);
    }

    #[test]
    fn an_event_is_called_by_its_resource() {
        for row in EventKind::all() {
            let (resource, _) = row.name.split_once('.').expect("two parts");
            assert_eq!(row.resource.table.trim_end_matches('s'), resource.trim_end_matches('s'));
            assert!(row.to.is_none_or(|to| !row.from.contains(&to)), "{}", row.name);
            assert!(row.doc.ends_with('.'), "{}", row.name);
        }
    }

    #[test]
    fn the_states_of_an_event_are_those_of_its_resource() {
        for row in EventKind::all() {
            let mut fields = row.resource.fields.iter();
            let status = fields.find(|field| field.column == "status");
            for state in row.from.iter().chain(&row.to) {
                let status = status.expect("a state is a field");
                let verax_query::Kind::Word(words) = &status.kind else { panic!("{}", row.name) };
                assert!(words.words.contains(state), "{}: {state}", row.name);
            }
        }
    }

    #[test]
    fn the_events_of_validations_are_the_steps_of_their_lives() {
        for step in ValidationStep::ALL {
            let row = step.event().event_type();
            assert_eq!((row.from, row.to), (&[step.from()][..], Some(step.to())), "{step:?}");
        }
    }

    #[test]
    fn the_events_of_documents_are_the_steps_of_their_lives() {
        for after in DocumentValidationStatus::ALL {
            let row = after.event().event_type();
            assert_eq!(row.to, Some(after.word()));
            let before =
                DocumentValidationStatus::ALL.into_iter().filter(|it| it.may_become(after));
            let before: Vec<&str> = before.map(DocumentValidationStatus::word).collect();
            assert_eq!(row.from, before, "{after:?}");
        }
    }

    #[test]
    fn the_events_of_reviews_are_the_steps_of_their_lives() {
        for (before, after) in
            ReviewState::ALL.into_iter().flat_map(|it| ReviewState::ALL.map(|to| (it, to)))
        {
            let row = after.event_from(Some(before)).event_type();
            let is_of_both = row.to == Some(after.word()) && row.from.contains(&before.word());
            assert_eq!(is_of_both, before.may_become(after), "{before:?} to {after:?}");
        }
        let opened = ReviewState::Open.event_from(None).event_type();
        assert_eq!((opened.from.len(), opened.to), (0, Some("open")));
    }

    #[test]
    fn a_registration_has_an_event_for_every_step_and_status() {
        for after in RegistrationStatus::ALL {
            for step in SYNC_STEPS.into_iter().filter(|step| *step != REVIEW) {
                let row = EventKind::of_sync(Some(step), after).event_type();
                if !after.is_open() {
                    assert_eq!(row.to, Some(after.word()), "{step}");
                }
            }
        }
        let kinds =
            ["instructions", "signUpForm", "basicInformation", "document", "liveness", "form"]
                .map(|step| EventKind::of_sync(Some(step), RegistrationStatus::Ongoing));
        assert_eq!(kinds.into_iter().collect::<HashSet<_>>().len(), 6);
        assert!(kinds.iter().all(|kind| kind.event_type().to == Some("ONGOING")));
    }

    #[test]
    fn whoever_is_told_of_a_record_is_told_of_its_end() {
        for resource in ALL {
            // Reviews are not deleted: they are withdrawn.
            let untold =
                [&CLIENTS, &LIVENESS_SESSIONS, &REVIEWS, &EVENTS, &ACCESSES, &WEBHOOK_EVENTS];
            let is_untold = untold.iter().any(|it| it.name == resource.name);
            let deleted = EventKind::of(resource, Effect::Deleted);
            assert_eq!(deleted.is_none(), is_untold, "{}", resource.name);
        }
    }
}
