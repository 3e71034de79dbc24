//! Reviews: cases that people decide, and what a decision makes of a registration.

pub mod deciding;
pub mod errors;
pub mod evidence;
pub mod labels;
pub mod notes;
pub mod opening;
pub mod withdrawing;

use verax_domain::journal::Principal;
use verax_domain::lifecycle::ReviewState;
use verax_domain::records::app_registration::Reviewer;
use verax_domain::records::review::Review;
use verax_domain::records::{IllegalTransition, Transition};
use verax_query::Tenant;
pub use verax_store::ReviewNote;
use verax_store::{Batch, StoreError};

pub use self::errors::ReviewError;
use crate::app::App;
use crate::app::access::Caller;
use crate::app::journal::Origin;

/// Somebody may change it while it is looked at: so often it is read again.
const READS_MAX: usize = 4;
const LAPSED_AT_ONCE: u32 = 100;

/// Who reviews, among whose records.
#[derive(Clone, Debug)]
pub struct ReviewActor {
    tenant: Tenant,
    by: Principal,
    origin: Origin,
}

impl ReviewActor {
    /// A member acts as themselves, a token as the first of those that it renews: nobody confirms what they
    /// have proposed by renewing their token.
    pub fn of(caller: &Caller, origin: &Origin) -> ReviewActor {
        ReviewActor { tenant: caller.tenant(), by: caller.principal(), origin: origin.clone() }
    }

    /// The member with this id, among the records of a client.
    pub(crate) fn of_member(client: &str, id: &str) -> ReviewActor {
        ReviewActor {
            tenant: Tenant::Client(client.to_owned()),
            by: Principal::Member(id.to_owned()),
            origin: Origin::member(id, None),
        }
    }

    /// As reviews name them.
    pub fn name(&self) -> String {
        self.by.text()
    }

    /// As the log of a registration's reviews names them.
    fn reviewer(&self, client: &str) -> Reviewer {
        match &self.by {
            Principal::Member(id) => Reviewer::Staff(id.clone()),
            _ => Reviewer::Client(client.to_owned()),
        }
    }
}

impl App {
    /// A review that the actor sees.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn review(&self, actor: &ReviewActor, id: &str) -> Result<Review, ReviewError> {
        let found: Option<Review> = self.database.find(&actor.tenant, id).await?;
        found.ok_or(ReviewError::NotFound)
    }

    /// Begins with a case: for ten minutes nobody else decides it. Who is at it already begins anew, with
    /// what is there now.
    ///
    /// # Errors
    /// `NotFound`, `Claimed` (by another), `State`, `Withdrawn` (its subject is gone).
    pub async fn claim_review(&self, actor: &ReviewActor, id: &str) -> Result<(), ReviewError> {
        while_moved(|| self.try_claim(actor, id)).await
    }

    async fn try_claim(&self, actor: &ReviewActor, id: &str) -> Result<(), ReviewError> {
        let before = self.review(actor, id).await?;
        let (now, by) = (self.clock.now(), actor.name());
        let mut batch = Batch::default();
        let mut open = before.clone();
        if before.has_lapsed(now) || before.is_claimed_by(&by, now) {
            open = self.add_step(&mut batch, &before, before.reopen(now), &actor.origin)?;
        }
        if open.state == ReviewState::Claimed {
            return Err(ReviewError::Claimed(open.claimed_until.unwrap_or(now)));
        }
        let Some(evidence) = self.evidence_of(&before).await? else {
            return Err(self.subject_is_gone(&before, &actor.origin).await?);
        };
        let claimed = open.claim(&by, &evidence.digest, now);
        self.add_step(&mut batch, &open, claimed, &actor.origin)?;
        Ok(self.database.commit(batch).await?)
    }

    /// Leaves a case to others.
    ///
    /// # Errors
    /// `NotFound`, `NotClaimed` (by the actor).
    pub async fn release_review(&self, actor: &ReviewActor, id: &str) -> Result<(), ReviewError> {
        while_moved(|| self.try_release(actor, id)).await
    }

    async fn try_release(&self, actor: &ReviewActor, id: &str) -> Result<(), ReviewError> {
        let before = self.review(actor, id).await?;
        let now = self.clock.now();
        if !before.is_claimed_by(&actor.name(), now) {
            return Err(ReviewError::NotClaimed);
        }
        self.take_step(&before, before.reopen(now), &actor.origin).await
    }

    /// Leaves cases to others whose reviewers have let their time run out. Answers how many.
    pub async fn release_lapsed_reviews(&self) -> Result<u64, StoreError> {
        let (now, mut count) = (self.clock.now(), 0);
        for (client, id) in self.database.lapsed_reviews(now, LAPSED_AT_ONCE).await? {
            let found: Option<Review> = self.database.find(&Tenant::Client(client), &id).await?;
            let Some(before) = found.filter(|it| it.has_lapsed(now)) else { continue };
            let mut batch = Batch::default();
            let stamp = self.stamp(&Origin::system());
            batch.step_review(&before, &before.reopen(now)?, now, stamp);
            match self.database.commit(batch).await {
                // Another reviewer has begun with it.
                Err(StoreError::Conflict) => {}
                released => {
                    released?;
                    count += 1;
                }
            }
        }
        Ok(count)
    }

    async fn take_step(
        &self,
        before: &Review,
        step: Result<Transition<Review>, IllegalTransition>,
        origin: &Origin,
    ) -> Result<(), ReviewError> {
        let mut batch = Batch::default();
        self.add_step(&mut batch, before, step, origin)?;
        Ok(self.database.commit(batch).await?)
    }

    /// Adds a step of a review to a batch, and answers it as it is then.
    fn add_step(
        &self,
        batch: &mut Batch,
        before: &Review,
        step: Result<Transition<Review>, IllegalTransition>,
        origin: &Origin,
    ) -> Result<Review, ReviewError> {
        let step = step?;
        batch.step_review(before, &step, self.clock.now(), self.stamp(origin));
        Ok(step.after)
    }
}

/// Tries again while others change what it is about.
async fn while_moved<F: Future<Output = Result<(), ReviewError>>>(
    attempt: impl Fn() -> F,
) -> Result<(), ReviewError> {
    for _ in 0..READS_MAX {
        match attempt().await {
            Err(ReviewError::Moved) => {}
            done => return done,
        }
    }
    Err(ReviewError::Moved)
}
