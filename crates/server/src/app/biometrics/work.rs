//! A face is measured for a validation, compared or enrolled, and judged.

use serde_json::Value;
use verax_domain::face_findings::FaceComparison;
use verax_domain::face_verdict::{CheckOutcome, FacePolicy, judge};
use verax_domain::lifecycle::Teller;
use verax_store::StoreError;
use verax_vision::faces::Template;

use super::attempts::LoginAttempt;
use super::found::Found;
use super::{Passed, ValidationError};
use crate::app::App;
use crate::app::faces::{MeasureError, Portrait, Selfie, SentImage};
use crate::app::persons::{NewPerson, PersonError, Unknown};
use crate::app::registrations::Way;
use crate::metrics::{CheckEnd, CheckKind, Score};

/// A validation that is being measured.
pub struct Work {
    pub client: String,
    pub mode: String,
    pub validation: Value,
    /// The session that is used up by it, if it has one.
    pub session: Option<String>,
    pub way: Way,
    /// The registration that it is for, if it is for one.
    pub registration: Option<Value>,
    /// Who sent the picture for it.
    pub teller: Teller,
    /// Whether somebody who is known already may be enrolled again.
    pub force: bool,
    /// What is tried, if it is a login.
    pub login: Option<LoginAttempt>,
    /// The id that whoever is enrolled by it gets.
    pub enrolled: String,
}

/// A match score at or above it is somebody who is known already, where the flow does not say.
const SEARCH_SCORE_DEFAULT: f64 = 0.9;

impl App {
    /// Measures what was begun; it reaches its end although its caller goes.
    pub(super) async fn to_the_end(
        &self,
        work: Work,
        image: SentImage,
    ) -> Result<Passed, ValidationError> {
        let app = self.clone();
        let running = tokio::spawn(async move {
            let outcome = app.work(&work, image).await;
            app.count_validation(&work, &outcome);
            if let Err(error @ (ValidationError::Store(_) | ValidationError::Persons(_))) = &outcome
            {
                tracing::warn!(cause = %error, "a face check could not be ended");
            }
            if let Err(ValidationError::Store(StoreError::Conflict)) = &outcome {
                app.undo(&work).await?;
            }
            outcome
        });
        running.await.unwrap_or(Err(ValidationError::Stopped))
    }

    fn count_validation(&self, work: &Work, outcome: &Result<Passed, ValidationError>) {
        let kind = match work.validation["type"].as_str() {
            Some("login") => CheckKind::Login,
            Some("onboarding") => CheckKind::Onboarding,
            _ => CheckKind::Validation,
        };
        let end = match outcome {
            Ok(_) => CheckEnd::Passed,
            Err(ValidationError::Measure(MeasureError::Image { .. })) => CheckEnd::ImageRejected,
            Err(
                ValidationError::Measure(_) | ValidationError::Store(_) | ValidationError::Stopped,
            ) => CheckEnd::Error,
            Err(_) => CheckEnd::Failed,
        };
        self.metrics.check_ended(kind, end);
    }

    async fn work(&self, work: &Work, image: SentImage) -> Result<Passed, ValidationError> {
        let selfie = match self.measure_selfie(image).await {
            Ok(selfie) => selfie,
            Err(error) => return Err(self.not_measured(work, error).await?),
        };
        let policy = policy(&work.way.flow);
        let digests = App::kept_digests(&work.client, &selfie.image_digests);
        let old = self.images_forgotten_before(self.clock.now());
        let replayed = self.database.was_accepted(&work.client, digests.clone(), old).await?;
        let person = work.login.as_ref().and_then(|login| login.person.as_deref());
        // With an image that is refused anyhow nobody finds out whose it is.
        let score = match &work.login {
            Some(_) if !replayed => {
                match self.match_enrolled(&work.client, person, &selfie.template).await {
                    Err(error) if !matches!(error, PersonError::Store(_)) => {
                        return Err(self.not_compared(work, error).await?);
                    }
                    compared => compared?,
                }
            }
            _ => None,
        };
        if let Some(score) = score {
            self.metrics.score(Score::Match, score);
        }
        // The scale of the protocol is all that a verdict reads.
        let comparison = score.map(|match_score| FaceComparison { cosine: f64::NAN, match_score });
        let verdict = judge(&selfie.findings, comparison.as_ref(), &policy);
        let person = person.filter(|_| score.is_some()).map(str::to_owned);
        let mut found = Found::new(&verdict, person, score);
        found.accepts(digests);
        if self.config.now().validations.keep_images {
            // Before the record says so; what then comes to no end is destroyed.
            self.keep_face(&work.client, work.id(), &selfie.image_bytes).await?;
            found.image_saved();
        }
        if replayed {
            return Err(self.refuse_replayed(work, &mut found).await?);
        }
        if verdict.liveness_detection != CheckOutcome::Passed {
            self.fail(work, &found).await?;
            return Err(ValidationError::NotLive { reasons: verdict.reasons });
        }
        match work.validation["type"].as_str() {
            Some("login") => match verdict.identity_match {
                CheckOutcome::Passed => {}
                failed => {
                    let locked = work.login.as_ref().is_some_and(|login| login.person_is_locked);
                    if locked {
                        found
                            .reason("person", "locked: too many logins of this person have failed");
                    } else if failed == CheckOutcome::NotChecked {
                        found.reason("person", "nobody is enrolled under this identifier");
                    }
                    self.fail(work, &found).await?;
                    return Err(ValidationError::NotThePerson);
                }
            },
            Some("onboarding") => match self.enrol_for(work, &selfie).await {
                Ok(person) => found.enrolled = Some(person),
                Err(ValidationError::Persons(error)) => {
                    return Err(self.not_compared(work, error).await?);
                }
                Err(error) => {
                    found.reason("person", "a person with this face, or name, is enrolled already");
                    self.fail(work, &found).await?;
                    return Err(error);
                }
            },
            _ => {}
        }
        match self.complete(work, &mut found).await {
            // Meanwhile the registration was over, or had another person: this one is nobody's.
            Err(ValidationError::Store(StoreError::Conflict)) if work.registration.is_some() => {
                found.reason("registration", "it was over, or had another face, before the end");
                self.fail(work, &found).await?;
                self.undo(work).await?;
                Err(ValidationError::RegistrationOver)
            }
            completed => {
                let passed = completed?;
                self.forget_replaced(work).await?;
                Ok(passed)
            }
        }
    }

    /// One identity has one face in a project: who was replaced leaves the collection.
    async fn forget_replaced(&self, work: &Work) -> Result<(), PersonError> {
        let registration = work.registration.as_ref();
        let replaced = registration.and_then(|it| it["person"].as_str());
        let Some(replaced) = replaced else { return Ok(()) };
        let wanted = work.way.project["assignedCollection"].as_str().unwrap_or_default();
        let Some(collection) = self.collection(&work.client, wanted).await? else { return Ok(()) };
        match self.leave_collection(&work.client, replaced, &collection.id).await {
            // Its client has deleted it, or taken it out.
            Err(PersonError::NotFound) => Ok(()),
            left => left,
        }
    }

    /// Enrols whom nobody knows yet in the project's collection. The person's id is known before,
    /// so that what a crash leaves behind is found again.
    async fn enrol_for(&self, work: &Work, selfie: &Selfie) -> Result<String, ValidationError> {
        let wanted = work.way.project["assignedCollection"].as_str().unwrap_or_default();
        let collection = self.collection(&work.client, wanted).await?;
        let collection = collection.ok_or(ValidationError::NoCollection)?;
        let registration = work.registration.as_ref().unwrap_or(&work.validation);
        let text = |name: &str| registration[name].as_str().map(str::to_owned);
        let person = NewPerson {
            name: text("fullName").or_else(|| text("identifier")).unwrap_or_default(),
            collections: vec![collection.id.clone()],
            email: text("email"),
            phone: text("phone"),
            ..NewPerson::default()
        };
        let min_score = &work.way.flow["liveness"]["searchMinScore"];
        let min_score = min_score.as_f64().unwrap_or(SEARCH_SCORE_DEFAULT);
        let unknown = Unknown { collection: Some(collection.id), min_score };
        let unknown = (!work.force).then_some(unknown);
        let faces = vec![portrait(&selfie.template)];
        let id = work.enrolled.clone();
        Ok(self.enrol_person_as(&work.client, id, person, faces, unknown).await?)
    }
}

impl Work {
    pub fn id(&self) -> &str {
        self.validation["_id"].as_str().unwrap_or_default()
    }
}

/// The limits of a flow; where it says nothing, the protocol's.
pub fn policy(flow: &Value) -> FacePolicy {
    let usual = FacePolicy::default();
    let liveness = &flow["liveness"];
    FacePolicy {
        liveness_score_min: liveness["minScore"].as_f64().unwrap_or(usual.liveness_score_min),
        match_score_min: liveness["compareMinScore"].as_f64().unwrap_or(usual.match_score_min),
        ..usual
    }
}

/// No picture of the face is kept.
fn portrait(template: &Template) -> Portrait {
    Portrait { template: template.clone(), thumbnail: None, liveness_score: None }
}
