//! A case that a person decides.

mod evidence;
mod subjects;

use serde_json::{Value as Json, json};
use verax_query::{Key, Resource};

pub use self::evidence::evidence_text;
use super::{IllegalTransition, StoredRecord, Transition, UnreadableRecord, Values};
use crate::flow_settings::reviews::OpenedBecause;
use crate::lifecycle::{CLAIM_MS, Decision, ReviewState};
use crate::resources::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, REVIEWS};
use crate::review_reasons::{ReviewReason, ReviewStep};
use crate::{Record, Timestamp};

const TABLE: &Resource = &REVIEWS;
const ID: Key<str> = Key::text(TABLE, "_id");
const CLIENT: Key<str> = Key::text(TABLE, "client");
const SUBJECT: Key<Json> = Key::json(TABLE, "subject");
pub const SUBJECT_RESOURCE: Key<str> = Key::text(TABLE, "subjectResource");
pub const SUBJECT_ID: Key<str> = Key::text(TABLE, "subjectId");
pub const REGISTRATION: Key<str> = Key::text(TABLE, "appRegistration");
const PROJECT: Key<str> = Key::text(TABLE, "project");
const FLOW: Key<str> = Key::text(TABLE, "projectFlow");
const BECAUSE: Key<[String]> = Key::texts(TABLE, "openedBecause");
const PRIORITY: Key<i64> = Key::integer(TABLE, "priority");
pub const STATE: Key<str> = Key::text(TABLE, "state");
const CLAIMED_BY: Key<str> = Key::text(TABLE, "claimedBy");
const CLAIMED_UNTIL: Key<Timestamp> = Key::time(TABLE, "claimedUntil");
const PROPOSAL: Key<str> = Key::text(TABLE, "proposal");
pub const DECISION: Key<str> = Key::text(TABLE, "decision");
const REASONS: Key<[String]> = Key::texts(TABLE, "reasons");
const NOTE: Key<str> = Key::text(TABLE, "note");
const DECIDED_BY: Key<str> = Key::text(TABLE, "decidedBy");
const CHECKED_BY: Key<str> = Key::text(TABLE, "checkedBy");
const EVIDENCE: Key<str> = Key::text(TABLE, "evidenceDigest");
const CREATED_AT: Key<Timestamp> = Key::time(TABLE, "createdAt");
const UPDATED_AT: Key<Timestamp> = Key::time(TABLE, "updatedAt");
const DECIDED_AT: Key<Timestamp> = Key::time(TABLE, "decidedAt");

/// A review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub id: String,
    pub client: String,
    pub subject: ReviewSubject,
    pub opened_because: Vec<OpenedBecause>,
    pub state: ReviewState,
    /// Who is at it, as the journal writes who does something.
    pub claimed_by: Option<String>,
    pub claimed_until: Option<Timestamp>,
    /// What was decided, or proposed.
    pub decision: Option<Decision>,
    /// Codes of the table of reasons.
    pub reasons: Vec<String>,
    pub note: Option<String>,
    /// Who decided, or proposed.
    pub decided_by: Option<String>,
    /// Of what the reviewer was shown.
    pub evidence: Option<String>,
}

/// What a review is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewSubject {
    /// The name of its resource.
    pub resource: String,
    pub id: String,
    pub registration: Option<String>,
    pub project: Option<String>,
    pub flow: Option<String>,
}

/// What a reviewer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub decision: Decision,
    pub reasons: Vec<String>,
    pub note: Option<String>,
}

impl StoredRecord for Review {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<Review, UnreadableRecord> {
        let state = values.word(STATE, ReviewState::from_word)?;
        let decision = values.word(DECISION, Decision::from_word)?;
        let proposal = values.word(PROPOSAL, Decision::from_word)?;
        let because = values.texts(BECAUSE);
        Ok(Review {
            id: values.required(ID, values.text(ID))?,
            client: values.required(CLIENT, values.text(CLIENT))?,
            subject: ReviewSubject {
                resource: values.required(SUBJECT_RESOURCE, values.text(SUBJECT_RESOURCE))?,
                id: values.required(SUBJECT_ID, values.text(SUBJECT_ID))?,
                registration: values.text(REGISTRATION),
                project: values.text(PROJECT),
                flow: values.text(FLOW),
            },
            opened_because: because.iter().filter_map(|it| OpenedBecause::from_text(it)).collect(),
            state: values.required(STATE, state)?,
            claimed_by: values.text(CLAIMED_BY),
            claimed_until: values.time(CLAIMED_UNTIL),
            decision: decision.or(proposal),
            reasons: values.texts(REASONS),
            note: values.text(NOTE),
            decided_by: values.text(DECIDED_BY),
            evidence: values.text(EVIDENCE),
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl Review {
    /// The record of a review that is opened now.
    pub fn opened(
        (id, client): (&str, &str),
        subject: &ReviewSubject,
        because: &[OpenedBecause],
        now: Timestamp,
    ) -> Record {
        let texts: Vec<String> = because.iter().map(OpenedBecause::text).collect();
        let mut record = Record::of(TABLE, id, client);
        record
            .set(SUBJECT, Some(&json!({ "resource": subject.resource, "id": subject.id })))
            .set(SUBJECT_RESOURCE, Some(subject.resource.as_str()))
            .set(SUBJECT_ID, Some(subject.id.as_str()))
            .set(REGISTRATION, subject.registration.as_deref())
            .set(PROJECT, subject.project.as_deref())
            .set(FLOW, subject.flow.as_deref())
            .set(BECAUSE, Some(texts.as_slice()))
            .set(PRIORITY, Some(&because.iter().map(OpenedBecause::priority).sum()))
            .set(STATE, Some(ReviewState::Open.word()))
            .set(CREATED_AT, Some(&now))
            .set(UPDATED_AT, Some(&now));
        record
    }

    /// Whether this reviewer is at it, and their time has not run out.
    pub fn is_claimed_by(&self, by: &str, now: Timestamp) -> bool {
        self.state == ReviewState::Claimed
            && self.claimed_by.as_deref() == Some(by)
            && !self.has_lapsed(now)
    }

    /// Whether the time of its reviewer has run out: others may begin with it.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.state == ReviewState::Claimed && self.claimed_until.is_none_or(|until| until <= now)
    }

    /// Whether it was opened for nothing that was found: what it is about has passed.
    pub fn is_sample(&self) -> bool {
        self.opened_because == [OpenedBecause::Sample]
    }

    /// Whether it was opened for nothing but this.
    pub fn waits_for_manual_verification_alone(&self) -> bool {
        self.opened_because == [OpenedBecause::ManualVerification]
    }

    /// A reviewer begins, and is shown what has this digest.
    ///
    /// # Errors
    /// Unless it is open.
    pub fn claim(
        &self,
        by: &str,
        evidence: &str,
        now: Timestamp,
    ) -> Result<Transition<Review>, IllegalTransition> {
        let mut step = self.step(ReviewState::Claimed, now)?;
        let until = Timestamp(now.0.saturating_add(CLAIM_MS));
        step.after.claimed_by = Some(by.to_owned());
        step.after.claimed_until = Some(until);
        step.after.evidence = Some(evidence.to_owned());
        step.changes
            .set(CLAIMED_BY, Some(by))
            .set(CLAIMED_UNTIL, Some(&until))
            .set(EVIDENCE, Some(evidence));
        Ok(step)
    }

    /// It is open again, as if nobody had begun.
    ///
    /// # Errors
    /// Unless somebody is at it, or has proposed something.
    pub fn reopen(&self, now: Timestamp) -> Result<Transition<Review>, IllegalTransition> {
        let step = self.step(ReviewState::Open, now)?;
        let after = Review {
            claimed_by: None,
            claimed_until: None,
            decision: None,
            reasons: Vec::new(),
            note: None,
            decided_by: None,
            evidence: None,
            ..step.after
        };
        Ok(Transition { after, ..step })
    }

    /// The reviewer has decided, and another one has to confirm it.
    ///
    /// # Errors
    /// Unless somebody is at it.
    pub fn propose(
        &self,
        verdict: &Verdict,
        by: &str,
        now: Timestamp,
    ) -> Result<Transition<Review>, IllegalTransition> {
        let mut step = self.verdict(ReviewState::Proposed, verdict, by, now)?;
        step.changes.set(PROPOSAL, Some(verdict.decision.word()));
        Ok(step)
    }

    /// The reviewer has decided.
    ///
    /// # Errors
    /// Unless somebody is at it.
    pub fn decide(
        &self,
        verdict: &Verdict,
        by: &str,
        now: Timestamp,
    ) -> Result<Transition<Review>, IllegalTransition> {
        if self.state != ReviewState::Claimed {
            return Err(self.illegal(ReviewState::Decided));
        }
        let mut step = self.verdict(ReviewState::Decided, verdict, by, now)?;
        step.changes.set(DECISION, Some(verdict.decision.word())).set(DECIDED_AT, Some(&now));
        Ok(step)
    }

    /// Another reviewer confirms what was proposed.
    ///
    /// # Errors
    /// Unless something is proposed.
    pub fn confirm(
        &self,
        by: &str,
        now: Timestamp,
    ) -> Result<Transition<Review>, IllegalTransition> {
        let (ReviewState::Proposed, Some(decision)) = (self.state, self.decision) else {
            return Err(self.illegal(ReviewState::Decided));
        };
        let mut step = self.step(ReviewState::Decided, now)?;
        step.changes
            .set(DECISION, Some(decision.word()))
            .set(CHECKED_BY, Some(by))
            .set(DECIDED_AT, Some(&now));
        Ok(step)
    }

    /// There is nothing to decide any more.
    ///
    /// # Errors
    /// It is over.
    pub fn withdraw(&self, now: Timestamp) -> Result<Transition<Review>, IllegalTransition> {
        self.step(ReviewState::Withdrawn, now)
    }

    /// What was decided or proposed, as it was said.
    pub fn stated(&self) -> Option<Verdict> {
        let (reasons, note) = (self.reasons.clone(), self.note.clone());
        Some(Verdict { decision: self.decision?, reasons, note })
    }

    /// What a person makes again who is asked to for these reasons; where they do not say it, what was
    /// looked at.
    pub fn resubmitted_step(&self, reasons: &[String]) -> ReviewStep {
        let found = reasons.iter().filter_map(|code| ReviewReason::from_code(code));
        let steps: Vec<ReviewStep> = found.filter_map(|reason| reason.step).collect();
        // A face is compared with the document: that comes first.
        let order = [ReviewStep::Document, ReviewStep::Liveness, ReviewStep::Form];
        let named = order.into_iter().find(|step| steps.contains(step));
        named.unwrap_or(match self.subject.resource.as_str() {
            name if name == BIOMETRIC_VALIDATIONS.name => ReviewStep::Liveness,
            name if name == APP_REGISTRATIONS.name => ReviewStep::Form,
            _ => ReviewStep::Document,
        })
    }

    fn verdict(
        &self,
        state: ReviewState,
        verdict: &Verdict,
        by: &str,
        now: Timestamp,
    ) -> Result<Transition<Review>, IllegalTransition> {
        let mut step = self.step(state, now)?;
        step.after.decision = Some(verdict.decision);
        step.after.reasons.clone_from(&verdict.reasons);
        step.after.note.clone_from(&verdict.note);
        step.after.decided_by = Some(by.to_owned());
        step.changes
            .set(REASONS, Some(verdict.reasons.as_slice()))
            .set(NOTE, verdict.note.as_deref())
            .set(DECIDED_BY, Some(by));
        Ok(step)
    }

    fn step(
        &self,
        state: ReviewState,
        now: Timestamp,
    ) -> Result<Transition<Review>, IllegalTransition> {
        if !self.state.may_become(state) {
            return Err(self.illegal(state));
        }
        let mut changes = Record::of(TABLE, &self.id, &self.client);
        changes.set(STATE, Some(state.word())).set(UPDATED_AT, Some(&now));
        let event = Some(state.event_from(Some(self.state)));
        let after = Review { state, ..self.clone() };
        Ok(Transition { from: self.state.word(), after, changes, event })
    }

    fn illegal(&self, to: ReviewState) -> IllegalTransition {
        IllegalTransition { from: self.state.word(), to: to.word() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(resource: &str, because: &[OpenedBecause]) -> Review {
        let subject = ReviewSubject {
            resource: resource.to_owned(),
            id: "s1".to_owned(),
            registration: None,
            project: None,
            flow: None,
        };
        let record = Review::opened(("r1", "acme"), &subject, because, Timestamp(7));
        Review::read(&record.to_values()).expect("a review")
    }

    #[test]
    fn a_claim_is_valid_for_ten_minutes_and_for_its_reviewer() {
        let open = review("document-validations", &[OpenedBecause::Sample]);
        let claimed = open.claim("member:m1", "00", Timestamp(0)).expect("open").after;
        assert!(claimed.is_claimed_by("member:m1", Timestamp(CLAIM_MS - 1)));
        assert!(!claimed.is_claimed_by("member:m2", Timestamp(0)));
        assert!(!claimed.is_claimed_by("member:m1", Timestamp(CLAIM_MS)));
        assert!(claimed.has_lapsed(Timestamp(CLAIM_MS)) && !open.has_lapsed(Timestamp(CLAIM_MS)));
        let reopened = claimed.reopen(Timestamp(9)).expect("claimed").after;
        assert_eq!(reopened, open);
    }

    #[test]
    fn only_what_was_proposed_is_confirmed() {
        let open = review("document-validations", &[OpenedBecause::ManualVerification]);
        let claimed = open.claim("member:m1", "00", Timestamp(0)).expect("open").after;
        let reasons = vec!["other".to_owned()];
        let verdict = Verdict { decision: Decision::Decline, reasons, note: None };
        assert!(open.decide(&verdict, "member:m1", Timestamp(1)).is_err());
        assert!(claimed.confirm("member:m2", Timestamp(1)).is_err());
        let proposed = claimed.propose(&verdict, "member:m1", Timestamp(1)).expect("claimed").after;
        assert_eq!(proposed.stated().as_ref(), Some(&verdict));
        assert!(proposed.decide(&verdict, "member:m2", Timestamp(2)).is_err());
        let decided = proposed.confirm("member:m2", Timestamp(2)).expect("proposed").after;
        assert!(decided.withdraw(Timestamp(3)).is_err());
    }

    #[test]
    fn the_first_step_of_its_reasons_is_made_again() {
        let face = review(BIOMETRIC_VALIDATIONS.name, &[OpenedBecause::Sample]);
        let step = |codes: &[&str]| {
            face.resubmitted_step(&codes.iter().map(|&code| code.to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(step(&["face_unclear", "document_unreadable"]), ReviewStep::Document);
        assert_eq!(step(&["names_differ", "face_unclear"]), ReviewStep::Liveness);
        assert_eq!(step(&["other"]), ReviewStep::Liveness);
        assert_eq!(review("document-liveness", &[]).resubmitted_step(&[]), ReviewStep::Document);
    }
}
