//! A case is decided: by one reviewer, or by two where its flow wants that.

use verax_domain::lifecycle::{Decision, ReviewState};
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::records::review::{Review, Verdict};
use verax_domain::records::{IllegalTransition, Transition};
use verax_store::Batch;

use super::evidence::Evidence;
use super::{ReviewActor, ReviewError, while_moved};
use crate::app::App;
use crate::app::registrations::RegistrationError;
use crate::app::registrations::reviews::{AfterDecision, ReviewedRegistration};

impl App {
    /// Decides a case, or proposes it where the flow wants a second reviewer. `seen`: the digest of what the
    /// reviewer was shown, where they say it; else what was there when they began counts.
    ///
    /// # Errors
    /// `NotFound`, `NotClaimed` (by the actor, or for too long), `EvidenceChanged` (it is open again),
    /// `Withdrawn` (its subject is gone), `Registration` (it cannot be moved so).
    pub async fn decide_review(
        &self,
        actor: &ReviewActor,
        id: &str,
        verdict: &Verdict,
        seen: Option<&str>,
    ) -> Result<(), ReviewError> {
        while_moved(|| self.try_decide(actor, id, verdict, seen)).await
    }

    async fn try_decide(
        &self,
        actor: &ReviewActor,
        id: &str,
        verdict: &Verdict,
        seen: Option<&str>,
    ) -> Result<(), ReviewError> {
        let before = self.review(actor, id).await?;
        let (now, by) = (self.clock.now(), actor.name());
        if !before.is_claimed_by(&by, now) {
            return Err(ReviewError::NotClaimed);
        }
        let evidence = self.unchanged_evidence(actor, &before, seen).await?;
        let flow = self.reviewed_flow(&before).await?;
        let verdict = self.effective(&before, &flow, verdict).await?;
        if flow.review.four_eyes.are_needed_for(verdict.decision) {
            let mut batch = Batch::default();
            require(&mut batch, &before, &evidence);
            let proposed = before.propose(&verdict, &by, now);
            self.add_step(&mut batch, &before, proposed, &actor.origin)?;
            return Ok(self.database.commit(batch).await?);
        }
        let decided = before.decide(&verdict, &by, now);
        self.conclude_review(actor, (&before, &evidence), decided, &verdict).await
    }

    /// Confirms what another reviewer has proposed.
    ///
    /// # Errors
    /// `NotFound`, `State` (nothing is proposed), `OwnProposal`, and as [`App::decide_review`].
    pub async fn confirm_review(&self, actor: &ReviewActor, id: &str) -> Result<(), ReviewError> {
        while_moved(|| self.try_confirm_review(actor, id)).await
    }

    async fn try_confirm_review(&self, actor: &ReviewActor, id: &str) -> Result<(), ReviewError> {
        let before = self.proposal(actor, id).await?;
        let verdict = before.stated().ok_or(ReviewError::Moved)?;
        let evidence = self.unchanged_evidence(actor, &before, None).await?;
        let decided = before.confirm(&actor.name(), self.clock.now());
        self.conclude_review(actor, (&before, &evidence), decided, &verdict).await
    }

    /// Does not confirm what another reviewer has proposed: the case is open again. `note`: why.
    ///
    /// # Errors
    /// `NotFound`, `State` (nothing is proposed), `OwnProposal`.
    pub async fn return_review(
        &self,
        actor: &ReviewActor,
        id: &str,
        note: Option<&str>,
    ) -> Result<(), ReviewError> {
        while_moved(|| self.try_return(actor, id, note)).await
    }

    async fn try_return(
        &self,
        actor: &ReviewActor,
        id: &str,
        note: Option<&str>,
    ) -> Result<(), ReviewError> {
        let before = self.proposal(actor, id).await?;
        let mut batch = Batch::default();
        let returned = before.reopen(self.clock.now());
        self.add_step(&mut batch, &before, returned, &actor.origin)?;
        if let Some(note) = note {
            let note = self.new_note(actor, note);
            batch.insert_review_note((&before.client, &before.id), &note);
        }
        Ok(self.database.commit(batch).await?)
    }

    /// A review whose proposal is another reviewer's.
    async fn proposal(&self, actor: &ReviewActor, id: &str) -> Result<Review, ReviewError> {
        let found = self.review(actor, id).await?;
        if found.state != ReviewState::Proposed {
            let (from, to) = (found.state.word(), ReviewState::Decided.word());
            return Err(IllegalTransition { from, to }.into());
        }
        match found.decided_by == Some(actor.name()) {
            true => Err(ReviewError::OwnProposal),
            false => Ok(found),
        }
    }

    /// The evidence, where it is still what was shown; else the case is open again, or withdrawn.
    async fn unchanged_evidence(
        &self,
        actor: &ReviewActor,
        review: &Review,
        seen: Option<&str>,
    ) -> Result<Evidence, ReviewError> {
        let Some(evidence) = self.evidence_of(review).await? else {
            return Err(self.subject_is_gone(review, &actor.origin).await?);
        };
        let is_shown = review.evidence.as_ref() == Some(&evidence.digest)
            && seen.is_none_or(|seen| seen == evidence.digest);
        if is_shown {
            return Ok(evidence);
        }
        self.take_step(review, review.reopen(self.clock.now()), &actor.origin).await?;
        Err(ReviewError::EvidenceChanged)
    }

    /// Who may not try again has nothing to resubmit: that is a decline.
    async fn effective(
        &self,
        review: &Review,
        flow: &ProjectFlow,
        verdict: &Verdict,
    ) -> Result<Verdict, ReviewError> {
        let may_resubmit = match (verdict.decision, &review.subject.registration) {
            (Decision::Resubmit, Some(registration)) => {
                let step = review.resubmitted_step(&verdict.reasons);
                self.may_try_again((&review.client, registration), flow, step).await?
            }
            _ => true,
        };
        let decision = if may_resubmit { verdict.decision } else { Decision::Decline };
        Ok(Verdict { decision, ..verdict.clone() })
    }

    /// Writes the decision, and what it makes of the registration, or neither.
    async fn conclude_review(
        &self,
        actor: &ReviewActor,
        (before, evidence): (&Review, &Evidence),
        decided: Result<Transition<Review>, IllegalTransition>,
        verdict: &Verdict,
    ) -> Result<(), ReviewError> {
        let mut batch = Batch::default();
        require(&mut batch, before, evidence);
        self.add_step(&mut batch, before, decided, &actor.origin)?;
        let reviewer = actor.reviewer(&before.client);
        let registration = self.reviewed_registration(before).await?;
        let after = match &registration {
            Some(registration) => {
                let ReviewedRegistration { record, flow, document } = registration;
                self.add_decision(
                    &mut batch,
                    (record, flow, *document),
                    (before, verdict, reviewer),
                    &actor.origin,
                )?
            }
            None => AfterDecision::default(),
        };
        match self.database.commit(batch).await.map_err(ReviewError::from) {
            Err(ReviewError::Moved) => {
                if let (true, Some(registration)) = (after.holds_contact, &registration)
                    && let Some(held) = self.holder_of_contact(&registration.record).await?
                {
                    return Err(RegistrationError::Registered(held).into());
                }
                return Err(ReviewError::Moved);
            }
            committed => committed?,
        }
        if let (Some(face), Some(registration)) = (after.face_set_aside, registration) {
            let (client, id) = (&registration.record.client, &registration.record.id);
            let set_aside = self.set_aside_validation(client, id, &face, &actor.origin).await;
            if let Err(error) = set_aside {
                // The person can do it from their page.
                tracing::warn!(cause = %error, "a face check was not set aside after its review");
            }
        }
        Ok(())
    }
}

/// What was looked at does not change before the decision is written.
fn require(batch: &mut Batch, review: &Review, evidence: &Evidence) {
    let subject = (review.client.as_str(), review.subject.id.as_str());
    batch.require_unchanged(evidence.resource, subject, evidence.updated_at);
}
