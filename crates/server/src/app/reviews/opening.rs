//! When a case opens: in the batch of what it is about, so that neither is there without the other.

use verax_domain::flow_settings::reviews::{CheckedSubject, ReviewSettings};
use verax_domain::lifecycle::ReviewState;
use verax_domain::records::review::{
    REGISTRATION, Review, ReviewSubject, STATE, SUBJECT_ID, SUBJECT_RESOURCE,
};
use verax_domain::resources::REVIEWS;
use verax_query::{Query, Tenant};
use verax_store::{Batch, StoreError};

use crate::app::App;
use crate::app::journal::Origin;

impl App {
    /// Opens a review of this subject, if its flow wants one. The subject comes to its end in the same batch.
    pub(in crate::app) fn add_review(
        &self,
        batch: &mut Batch,
        (client, subject): (&str, &ReviewSubject),
        settings: &ReviewSettings,
        checked: &CheckedSubject,
        origin: &Origin,
    ) {
        // 53 bits: as many as a number in 0..1 holds.
        let draw = || (self.random.number() >> 11) as f64 / (1_u64 << 53) as f64;
        let because = settings.reasons_to_open(checked, draw);
        if because.is_empty() {
            return;
        }
        let (id, now) = (self.new_id(), self.clock.now());
        let record = Review::opened((&id, client), subject, &because, now);
        batch.open_review(&record, now, self.stamp(origin));
    }

    /// The same for a subject that had come to its end before: where it has a review that is not decided,
    /// that is enough.
    pub(in crate::app) async fn add_review_again(
        &self,
        batch: &mut Batch,
        (client, subject): (&str, &ReviewSubject),
        settings: &ReviewSettings,
        checked: &CheckedSubject,
        origin: &Origin,
    ) -> Result<(), StoreError> {
        if self.undecided_review(client, &subject.resource, &subject.id).await?.is_none() {
            self.add_review(batch, (client, subject), settings, checked, origin);
        }
        Ok(())
    }

    /// The review of this subject that is not decided.
    pub(in crate::app) async fn undecided_review(
        &self,
        client: &str,
        resource: &str,
        subject: &str,
    ) -> Result<Option<Review>, StoreError> {
        let query = undecided().equal(SUBJECT_RESOURCE, resource).equal(SUBJECT_ID, subject);
        self.database.first(query, &Tenant::Client(client.to_owned())).await
    }

    /// Whether something of a registration waits for a reviewer.
    pub(in crate::app) async fn has_undecided_review(
        &self,
        client: &str,
        registration: &str,
    ) -> Result<bool, StoreError> {
        let query = undecided().equal(REGISTRATION, registration);
        Ok(self.database.first_id(query, &Tenant::Client(client.to_owned())).await?.is_some())
    }
}

/// Reviews that are not decided.
pub(super) fn undecided() -> Query {
    let states = ReviewState::ALL.into_iter().filter(|state| state.is_undecided());
    Query::of(&REVIEWS).one_of(STATE, states.map(|state| state.word().to_owned()))
}
