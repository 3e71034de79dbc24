//! Persons on the way through a project flow: registered, moved on, reviewed.

pub mod changes;
pub mod faces;
pub mod images;
pub mod links;
pub mod reviews;
pub mod statistics;

use serde_json::{Map, Value};
use verax_domain::events::EventKind;
use verax_domain::flow_settings::reviews::CheckedSubject;
use verax_domain::lifecycle::{Actor, END, REVIEW, RegistrationStatus, SyncRejection};
use verax_domain::records::Values;
use verax_domain::records::app_registration::{
    self, AppRegistration, ContactDetails, Review, Reviewer,
};
use verax_domain::records::contact_validation::ContactValidation;
use verax_domain::records::project::Project;
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::records::review::ReviewSubject;
use verax_domain::resources::APP_REGISTRATIONS;
use verax_domain::{RecordTokenScope, Timestamp};
use verax_query::Tenant;
pub use verax_store::HeldContact;
use verax_store::{Batch, Contacts, Hold, RegistrationStep, StoreError};

use crate::app::App;
use crate::app::access::{MintError, PageAccess, RecordTokenMint, RegistrationPage};
use crate::app::emails::EmailError;
use crate::app::journal::Origin;
use crate::app::lists::records::body_record;

/// Why a registration is not made or moved.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    #[error("there is no such project with this flow, or it is paused")]
    NoProject,
    #[error("there is no such registration")]
    NotFound,
    #[error("another registration of the project holds this contact")]
    Registered(HeldContact),
    #[error("the registration is over: nobody goes on with it")]
    NoLink,
    #[error("the registration has no email address")]
    NoEmail,
    #[error("the registration is over: its person changes nothing of it")]
    Over,
    #[error("the person has shown that this contact is theirs")]
    Validated(HeldContact),
    #[error("the step was rejected: {0}")]
    Rejected(SyncRejection),
    #[error(transparent)]
    Mint(#[from] MintError),
    #[error(transparent)]
    Email(#[from] EmailError),
    /// It was moved on by somebody else: read it again.
    #[error("the record was changed by somebody else")]
    Moved,
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for RegistrationError {
    fn from(error: StoreError) -> RegistrationError {
        match error {
            StoreError::Conflict => RegistrationError::Moved,
            error => RegistrationError::Store(error),
        }
    }
}

/// A project and one of its flows, both in use.
pub struct UsableFlow {
    pub project: Project,
    pub flow: ProjectFlow,
}

/// What is told of a registration.
pub struct SyncOrder {
    pub step: String,
    pub wanted: Option<RegistrationStatus>,
    pub note: Option<String>,
    pub actor: Actor,
    /// For the log of reviews.
    pub reviewer: Reviewer,
    pub origin: Origin,
}

/// Who gets a token of a registration that is moved on.
#[derive(Clone, Copy)]
pub struct TokenFor<'a> {
    /// Only of this client's own registrations.
    pub client: &'a str,
    pub mode: &'a str,
    /// Until when the token is valid with which a registration's own step came.
    pub until: Option<Timestamp>,
}

/// Whether somebody who registers is told that a completed registration has their contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldContacts {
    Told,
    /// It is made all the same, and is looked at when it ends.
    NotTold,
}

impl App {
    /// The project and its flow, as far as this client has them and neither is paused.
    pub async fn find_usable_flow(
        &self,
        client: &str,
        project: Option<&str>,
        flow: Option<&str>,
    ) -> Result<Option<UsableFlow>, StoreError> {
        let (Some(project), Some(flow)) = (project, flow) else { return Ok(None) };
        let found = self.database.project_and_flow(client, project, flow).await?;
        let found = found.filter(|(project, flow)| flow.is_usable_in(project));
        Ok(found.map(|(project, flow)| UsableFlow { project, flow }))
    }

    /// Registers a person; answers the registration's id and a token for it. Another registration on
    /// its way with the same contact stays as it is: whoever typed an address need not own it.
    ///
    /// # Errors
    /// `Registered` when a completed registration holds the contact.
    pub async fn register(
        &self,
        client: &str,
        mode: &str,
        members: Map<String, Value>,
        held: HeldContacts,
        origin: &Origin,
    ) -> Result<(String, String), RegistrationError> {
        let asked = Values::of_body(&APP_REGISTRATIONS, &members);
        let project = asked.text(app_registration::PROJECT).unwrap_or_default();
        let flow = asked.text(app_registration::FLOW);
        let usable = self.find_usable_flow(client, Some(&project), flow.as_deref()).await?;
        let usable = usable.ok_or(RegistrationError::NoProject)?;
        let now = self.clock.now();
        if held == HeldContacts::Told {
            let contacts = contacts(&ContactDetails::read(&asked));
            let holder = self.database.contact_holder(client, &project, contacts, "").await?;
            if let Some(contact) = holder {
                return Err(RegistrationError::Registered(contact));
            }
        }
        let id = self.new_id();
        let mut record = body_record(&APP_REGISTRATIONS, &id, client, members)?;
        AppRegistration::begin(&mut record, usable.project.assigned_collection.as_deref());
        let mut batch = Batch::default();
        let entry = self.entry(Some(EventKind::RegistrationCreated), origin);
        batch.insert_record(record.made_at(now), now, entry);
        let until = self.registration_token_until();
        let step = record.to_values().text(app_registration::CURRENT_STEP);
        let page = RegistrationPage {
            project: Some(&project),
            flow: flow.as_deref(),
            step: step.as_deref(),
            access: PageAccess::Created,
        };
        let token = self.add_registration_token(&mut batch, (client, mode), &id, until, &page)?;
        self.database.commit(batch).await?;
        Ok((id, token))
    }

    /// A token for who has proved the contact of a registration on its way. Those of before are dead: whoever
    /// began it need not be who receives what is sent there.
    pub(in crate::app) fn add_resumed_token(
        &self,
        batch: &mut Batch,
        (client, mode): (&str, &str),
        registration: &AppRegistration,
        validation: &ContactValidation,
    ) -> Result<String, MintError> {
        let now = self.clock.now();
        batch.touch_proved_registration(validation, &registration.id, now);
        batch.revoke_tokens_for(&registration.id, now);
        let page = page_of(registration, registration.step.as_deref(), PageAccess::Created);
        let until = self.registration_token_until();
        self.add_registration_token(batch, (client, mode), &registration.id, until, &page)
    }

    fn registration_token_until(&self) -> Timestamp {
        let hours = i64::from(self.config.now().validations.registration_hours);
        Timestamp(self.clock.now().0.saturating_add(hours * 3_600_000))
    }

    fn add_registration_token(
        &self,
        batch: &mut Batch,
        (client, mode): (&str, &str),
        id: &str,
        until: Timestamp,
        page: &RegistrationPage<'_>,
    ) -> Result<String, MintError> {
        let scope = RecordTokenScope::Registration;
        let mint = RecordTokenMint { scope, subject: id, client, mode, until };
        let (token, stored) = self.registration_token(&mint, page)?;
        batch.insert_token(&stored);
        Ok(token)
    }

    /// Moves a registration on; answers a token for it, if one is wanted, and the record as it is
    /// then, with its flow.
    pub async fn sync_registration(
        &self,
        tenant: &Tenant,
        token_for: Option<TokenFor<'_>>,
        id: &str,
        order: SyncOrder,
    ) -> Result<(Option<String>, Values, ProjectFlow), RegistrationError> {
        let before: Option<AppRegistration> = self.database.find(tenant, id).await?;
        let before = before.ok_or(RegistrationError::NotFound)?;
        let client = before.client.as_str();
        let own = Tenant::Client(client.to_owned());
        let flow = before.flow.as_deref().unwrap_or_default();
        let flow: ProjectFlow = self.database.find(&own, flow).await?.unwrap_or_default();
        if order.step == END && order.actor == Actor::Person && before.has_ended() {
            // Pages say it once more when their last button is pressed: it stands as it is, and what
            // comes after the page gets a token that is valid no longer than the page's own.
            let token = self.token_after_end(token_for, &before).await?;
            return Ok((token, self.shown_registration(&own, id).await?, flow));
        }
        let document = self.document_status(&own, &before).await?;
        let after = before
            .sync(&order.step, order.wanted, order.actor, &flow, document)
            .map_err(RegistrationError::Rejected)?;
        let (actor, origin) = (order.actor, order.origin.clone());
        let mut step = self.registration_step(&before, after, order)?;
        let mut synced = self.commit_step(token_for, (&before, &flow), &step, &origin).await;
        if step.hold == Hold::Taken && matches!(synced, Err(RegistrationError::Moved)) {
            let contacts = contacts(&before.contact);
            let project = before.project.as_deref().unwrap_or_default();
            match self.database.contact_holder(client, project, contacts, id).await? {
                Some(held) if actor == Actor::Reviewer => {
                    return Err(RegistrationError::Registered(held));
                }
                // Two say that they are one: somebody must look who is right.
                Some(_) => {
                    step.after = RegistrationStatus::NeedsManualVerification;
                    step.hold = Hold::Free;
                    synced = self.commit_step(token_for, (&before, &flow), &step, &origin).await;
                }
                None => {}
            }
        }
        let token = synced?;
        Ok((token, self.shown_registration(&own, id).await?, flow))
    }

    async fn shown_registration(
        &self,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Values, RegistrationError> {
        let record = self.find_record(&APP_REGISTRATIONS, tenant, id).await?;
        let record = record.ok_or(RegistrationError::NotFound)?;
        Ok(Values::of_shown(&APP_REGISTRATIONS, &record))
    }

    async fn token_after_end(
        &self,
        token_for: Option<TokenFor<'_>>,
        ended: &AppRegistration,
    ) -> Result<Option<String>, RegistrationError> {
        let Some(wanted) = token_for else { return Ok(None) };
        let usual = self.registration_token_until();
        let until = wanted.until.map_or(usual, |until| until.min(usual));
        let page = page_of(ended, ended.step.as_deref(), PageAccess::Created);
        let mut batch = Batch::default();
        let whose = (ended.client.as_str(), wanted.mode);
        let token = self.add_registration_token(&mut batch, whose, &ended.id, until, &page)?;
        self.database.commit(batch).await?;
        Ok(Some(token))
    }

    fn registration_step(
        &self,
        before: &AppRegistration,
        after: RegistrationStatus,
        order: SyncOrder,
    ) -> Result<RegistrationStep, RegistrationError> {
        let standing = before.status.ok_or(RegistrationError::Rejected(SyncRejection::Over))?;
        let is_review = order.step == REVIEW;
        let review_log = is_review.then(|| {
            let review = Review { after, note: order.note.as_deref(), by: &order.reviewer };
            before.reviewed(review, self.clock.now())
        });
        // A reviewer decides on more than the checks.
        let decided = !is_review && after == RegistrationStatus::Completed;
        Ok(RegistrationStep {
            id: before.id.clone(),
            client: before.client.clone(),
            before: standing,
            after,
            step: (!is_review).then_some(order.step),
            review_log,
            hold: if after.holds_contact(order.actor) { Hold::Taken } else { Hold::Free },
            decided_on: decided.then(|| {
                let contacts = [&before.email_validation, &before.phone_validation];
                let [email, phone] = contacts.map(Option::clone);
                let documents = [&before.document, &before.document_liveness];
                let [document, image] = documents.map(Option::clone);
                [before.validation.clone(), document, image, email, phone]
            }),
        })
    }

    async fn commit_step(
        &self,
        token_for: Option<TokenFor<'_>>,
        (before, flow): (&AppRegistration, &ProjectFlow),
        step: &RegistrationStep,
        origin: &Origin,
    ) -> Result<Option<String>, RegistrationError> {
        let mut batch = Batch::default();
        batch.sync_registration(step, self.clock.now(), self.stamp(origin));
        let waits = step.after == RegistrationStatus::NeedsManualVerification;
        // A case of one of its checks is enough.
        if waits
            && step.before != step.after
            && !self.has_undecided_review(&step.client, &step.id).await?
        {
            let subject = ReviewSubject::of_registration(before);
            let (of, waiting) = ((step.client.as_str(), &subject), CheckedSubject::waiting());
            self.add_review(&mut batch, of, &flow.review, &waiting, origin);
        }
        let token = match token_for.filter(|wanted| wanted.client == step.client) {
            Some(wanted) => {
                let until = self.registration_token_until();
                let whose = (step.client.as_str(), wanted.mode);
                let now_at = step.step.as_deref().or(before.step.as_deref());
                let page = page_of(before, now_at, PageAccess::Created);
                Some(self.add_registration_token(&mut batch, whose, &step.id, until, &page)?)
            }
            None => None,
        };
        self.database.commit(batch).await?;
        Ok(token)
    }
}

fn page_of<'a>(
    registration: &'a AppRegistration,
    step: Option<&'a str>,
    access: PageAccess,
) -> RegistrationPage<'a> {
    RegistrationPage {
        project: registration.project.as_deref(),
        flow: registration.flow.as_deref(),
        step,
        access,
    }
}

/// What addresses and numbers are compared by.
fn contacts(contact: &ContactDetails) -> Contacts {
    Contacts { email: contact.email_key(), phone: contact.phone_key() }
}
