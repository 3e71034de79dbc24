//! A face is measured for a validation, compared or enrolled, and judged.

use verax_domain::Timestamp;
use verax_domain::face_findings::FaceComparison;
use verax_domain::face_verdict::{CheckOutcome, judge};
use verax_domain::lifecycle::Actor;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::biometric_validation::{BiometricValidation, CheckResult, Purpose};
use verax_domain::records::liveness_session::LivenessSession;
use verax_domain::records::person::PersonDetails;
use verax_store::{Collection, EncryptedTemplate, StoreError};
use verax_vision::faces::Template;

use super::attempts::LoginAttempt;
use super::outcome::FaceOutcome;
use super::{Passed, ValidationError};
use crate::app::App;
use crate::app::faces::{AnalysisError, Portrait, Selfie, SentImage};
use crate::app::journal::Origin;
use crate::app::persons::{NOBODY, NewPerson, PersonError, Thumbnails, Unknown};
use crate::app::registrations::UsableFlow;
use crate::metrics::{CheckEnd, CheckKind, Score};

/// A validation that is being measured.
pub struct Work {
    pub client: String,
    pub mode: String,
    pub validation: BiometricValidation,
    /// The session that is used up by it, if it has one.
    pub session: Option<LivenessSession>,
    pub usable: UsableFlow,
    /// The registration that it is for, if it is for one.
    pub registration: Option<AppRegistration>,
    /// Who sent the image for it.
    pub actor: Actor,
    /// Whether somebody who is known already may be enrolled again.
    pub force: bool,
    /// What is tried, if it is a login.
    pub login: Option<LoginAttempt>,
    /// The id that whoever is enrolled by it gets.
    pub enrolled: String,
    pub origin: Origin,
}

impl App {
    /// Measures what was begun; it runs to completion even if the client disconnects.
    pub(super) async fn run_detached(
        &self,
        work: Work,
        image: SentImage,
    ) -> Result<Passed, ValidationError> {
        let app = self.clone();
        let running = tokio::spawn(async move {
            let outcome = app.work(&work, image).await;
            app.count_validation(&work, &outcome);
            if let Err(
                error @ (ValidationError::Ended
                | ValidationError::Store(_)
                | ValidationError::Persons(_)),
            ) = &outcome
            {
                tracing::warn!(cause = %error, "a face check could not be ended");
            }
            if let Err(ValidationError::Ended) = &outcome {
                app.undo(&work).await?;
            }
            outcome
        });
        running.await.unwrap_or(Err(ValidationError::Stopped))
    }

    fn count_validation(&self, work: &Work, outcome: &Result<Passed, ValidationError>) {
        let kind = match work.validation.order.purpose {
            Some(Purpose::Login) => CheckKind::Login,
            Some(Purpose::Onboarding) => CheckKind::Onboarding,
            _ => CheckKind::Validation,
        };
        let end = match outcome {
            Ok(_) => CheckEnd::Passed,
            Err(ValidationError::Measure(AnalysisError::Image { .. })) => CheckEnd::ImageRejected,
            Err(
                ValidationError::Measure(_)
                | ValidationError::Ended
                | ValidationError::Store(_)
                | ValidationError::Stopped,
            ) => CheckEnd::Error,
            Err(_) => CheckEnd::Failed,
        };
        self.metrics.check_ended(kind, end);
    }

    async fn work(&self, work: &Work, image: SentImage) -> Result<Passed, ValidationError> {
        let selfie = match self.analyse_selfie(image).await {
            Ok(selfie) => selfie,
            Err(error) => return Err(self.not_measured(work, error).await?),
        };
        let search = work.login.as_ref().and_then(|login| login.search.as_ref());
        let mut policy = work.usable.flow.face_policy();
        if let Some(search) = search {
            policy.match_score_min = search.score_min;
        }
        let digests = App::stored_digests(&work.client, &selfie.image_digests);
        let old = self.images_forgotten_before(self.clock.now());
        let compared = work.login.as_ref().filter(|_| search.is_none());
        let login = compared.map(|login| login.person.as_deref());
        let (replayed, templates) =
            self.asked_for_face(&work.client, digests.clone(), old, login).await?;
        // With an image that is rejected anyhow nobody finds out whose it is.
        let score = match templates.filter(|_| !replayed) {
            Some(templates) => {
                match self.match_templates(&work.client, templates, &selfie.template).await {
                    Err(error)
                        if !matches!(error, PersonError::Contended | PersonError::Store(_)) =>
                    {
                        return Err(self.not_compared(work, error).await?);
                    }
                    compared => compared?,
                }
            }
            None => None,
        };
        let identified = match search.filter(|_| !replayed) {
            Some(search) => match self.find_among(&work.client, search, &selfie.template).await {
                Err(error) if !matches!(error, PersonError::Contended | PersonError::Store(_)) => {
                    return Err(self.not_compared(work, error).await?);
                }
                identified => identified?,
            },
            None => None,
        };
        let score = identified.as_ref().map(|hit| hit.score).or(score);
        if let Some(score) = score {
            self.metrics.score(Score::Match, score);
        }
        // The scale of the protocol is all that a verdict reads.
        let comparison = score.map(|match_score| FaceComparison { cosine: f64::NAN, match_score });
        let verdict = judge(&selfie.findings, comparison.as_ref(), &policy);
        let identified = identified.as_ref().map(|hit| hit.person.as_str());
        let person = identified.or(login.flatten()).filter(|_| score.is_some());
        let mut outcome = FaceOutcome::of(CheckResult::of(&verdict, person, score));
        outcome.person = person.map(str::to_owned);
        outcome.digests = digests;
        let usual = self.config.now().validations.keep_images;
        if work.usable.flow.liveness.saves_image.unwrap_or(usual) {
            // Before the record says so; what then comes to no end is destroyed.
            self.keep_face(&work.client, work.id(), &selfie.image_bytes).await?;
            outcome.result.image_saved = true;
        }
        if replayed {
            return Err(self.reject_replayed(work, &mut outcome).await?);
        }
        if verdict.liveness_detection != CheckOutcome::Passed {
            self.fail(work, &outcome).await?;
            return Err(ValidationError::NotLive { reasons: verdict.reasons });
        }
        match work.validation.order.purpose {
            Some(Purpose::Login) => match verdict.identity_match {
                CheckOutcome::Passed => {}
                failed => {
                    let locked = work.login.as_ref().is_some_and(|login| login.person_is_locked);
                    let result = &mut outcome.result;
                    if locked {
                        result.add_reason(
                            "person",
                            "locked: too many logins of this person have failed",
                        );
                    } else if failed == CheckOutcome::NotChecked {
                        let why = match search {
                            Some(_) => "nobody, or more than one, in the collection has this face",
                            None => "nobody is enrolled under this identifier",
                        };
                        result.add_reason("person", why);
                    }
                    self.fail(work, &outcome).await?;
                    return Err(ValidationError::NotThePerson);
                }
            },
            Some(Purpose::Onboarding) => match self.enrol_for(work, &selfie).await {
                Ok(person) => outcome.enrolled = Some(person),
                Err(ValidationError::Persons(error)) => {
                    return Err(self.not_compared(work, error).await?);
                }
                Err(error) => {
                    let why = "a person with this face, or name, is enrolled already";
                    outcome.result.add_reason("person", why);
                    self.fail(work, &outcome).await?;
                    return Err(error);
                }
            },
            _ => {}
        }
        match self.complete(work, &mut outcome).await {
            // Meanwhile the registration was over, or had another person: this one is nobody's.
            Err(ValidationError::Ended) if work.registration.is_some() => {
                let why = "it was over, or had another face, before the end";
                outcome.result.add_reason("registration", why);
                self.fail(work, &outcome).await?;
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

    /// Whether the image was accepted before, and, of a login, the templates of whom it is compared with:
    /// `login` says who that is, if anybody.
    async fn asked_for_face(
        &self,
        client: &str,
        digests: Vec<String>,
        old: Timestamp,
        login: Option<Option<&str>>,
    ) -> Result<(bool, Option<Vec<EncryptedTemplate>>), StoreError> {
        match login {
            Some(person) => {
                let person = person.unwrap_or(NOBODY);
                let read = self.database.login_evidence(client, digests, old, person);
                read.await.map(|(replayed, templates)| (replayed, Some(templates)))
            }
            None => Ok((self.database.was_accepted(client, digests, old).await?, None)),
        }
    }

    /// One identity has one face in a project: who was replaced leaves the collection.
    async fn forget_replaced(&self, work: &Work) -> Result<(), PersonError> {
        let replaced = work.registration.as_ref().and_then(|it| it.person.as_deref());
        let Some(replaced) = replaced else { return Ok(()) };
        let Some(collection) = self.collection_for(work).await? else { return Ok(()) };
        match self.leave_collection(&work.client, replaced, &collection.id, &work.origin).await {
            // Its client has deleted it, or taken it out.
            Err(PersonError::NotFound) => Ok(()),
            left => left,
        }
    }

    /// The collection of the project's persons.
    async fn collection_for(&self, work: &Work) -> Result<Option<Collection>, StoreError> {
        let wanted = work.usable.project.assigned_collection.as_deref().unwrap_or_default();
        self.collection(&work.client, wanted).await
    }

    /// Enrols whom nobody knows yet in the project's collection. The person's id is known before,
    /// so that what a crash leaves behind is found again.
    async fn enrol_for(&self, work: &Work, selfie: &Selfie) -> Result<String, ValidationError> {
        let collection = self.collection_for(work).await?;
        let collection = collection.ok_or(ValidationError::NoCollection)?;
        let order = &work.validation.order;
        let (name, email, phone) = match &work.registration {
            Some(it) => (&it.full_name, &it.contact.email, &it.contact.phone),
            None => (&order.identifier, &order.email, &None),
        };
        let details = PersonDetails {
            name: name.clone(),
            collections: Some(vec![collection.id.clone()]),
            email: email.clone(),
            phone: phone.clone(),
            ..PersonDetails::default()
        };
        let person = NewPerson { details, thumbnails: Thumbnails::NotStored };
        let min_score = work.usable.flow.liveness.search_score_min();
        let unknown = Unknown { collection: Some(collection.id), min_score };
        let unknown = (!work.force).then_some(unknown);
        let faces = vec![portrait(&selfie.template)];
        let id = work.enrolled.clone();
        Ok(self.enrol_person_as((&work.client, id), person, faces, unknown, &work.origin).await?)
    }
}

impl Work {
    pub fn id(&self) -> &str {
        &self.validation.id
    }
}

/// No image of the face is stored.
fn portrait(template: &Template) -> Portrait {
    Portrait { template: template.clone(), thumbnail: None, liveness_score: None }
}
