//! Cases in which there is nothing to decide any more.

use verax_domain::records::review::{REGISTRATION, Review, SUBJECT_ID, SUBJECT_RESOURCE};
use verax_domain::resources::APP_REGISTRATIONS;
use verax_query::{Resource, Tenant};
use verax_store::{Batch, StoreError};

use super::opening::undecided;
use super::{READS_MAX, ReviewError};
use crate::app::App;
use crate::app::journal::Origin;

/// A record has one review that is not decided, a registration one of each of its checks.
const WITHDRAWN_AT_ONCE: u32 = 100;

impl App {
    /// Withdraws the reviews of a record that was deleted; of a registration also those of its checks. Who
    /// is at one finds out when they decide. Interrupted before it, a reviewer who begins finds that the
    /// subject is gone.
    pub(in crate::app) async fn withdraw_reviews_of_deleted(
        &self,
        resource: &'static Resource,
        (client, id): (&str, &str),
        origin: &Origin,
    ) -> Result<(), StoreError> {
        let tenant = Tenant::Client(client.to_owned());
        let query = match resource.name == APP_REGISTRATIONS.name {
            true => undecided().equal(REGISTRATION, id),
            false => undecided().equal(SUBJECT_RESOURCE, resource.name).equal(SUBJECT_ID, id),
        };
        for _ in 0..READS_MAX {
            let found: Vec<Review> =
                self.database.walk_records(&query, &tenant, "", WITHDRAWN_AT_ONCE).await?;
            if found.is_empty() {
                return Ok(());
            }
            let mut batch = Batch::default();
            for review in &found {
                self.add_withdrawal(&mut batch, review, origin)?;
            }
            match self.database.commit(batch).await {
                // Somebody has begun with one, or decided it.
                Err(StoreError::Conflict) => {}
                withdrawn => return withdrawn,
            }
        }
        Ok(())
    }

    pub(in crate::app) fn add_withdrawal(
        &self,
        batch: &mut Batch,
        review: &Review,
        origin: &Origin,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        batch.step_review(review, &review.withdraw(now)?, now, self.stamp(origin));
        Ok(())
    }

    /// A reviewer has come to a case whose subject is not there any more.
    pub(super) async fn subject_is_gone(
        &self,
        review: &Review,
        origin: &Origin,
    ) -> Result<ReviewError, ReviewError> {
        let withdrawn = review.withdraw(self.clock.now());
        self.take_step(review, withdrawn, origin).await?;
        Ok(ReviewError::Withdrawn)
    }
}
