//! Persons on the way through a project flow: registered, moved on, reviewed.

pub mod faces;

use serde_json::{Map, Value};
use verax_domain::events::EventKind;
use verax_domain::lifecycle::{Actor, REVIEW, RegistrationStatus, SyncRejection};
use verax_domain::records::Values;
use verax_domain::records::app_registration::{
    self, AppRegistration, ContactDetails, Review, Reviewer,
};
use verax_domain::records::project::Project;
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::resources::APP_REGISTRATIONS;
use verax_domain::{RecordTokenScope, Timestamp};
use verax_query::Tenant;
pub use verax_store::HeldContact;
use verax_store::{Batch, Contacts, Hold, RegistrationStep, StoreError};

use crate::app::App;
use crate::app::access::{MintError, RecordTokenMint};
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
    #[error("the step was rejected: {0}")]
    Rejected(SyncRejection),
    #[error(transparent)]
    Mint(#[from] MintError),
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

/// How long the token of a link lives that goes by email or by hand.
const LINK_MINUTES: i64 = 30;

/// A project and one of its flows, both in use.
pub struct UsableFlow {
    pub project: Project,
    pub flow: ProjectFlow,
}

/// A new token for a registration, for whoever its client sends the link.
pub struct Resent {
    pub token: String,
    pub until: Timestamp,
    pub registration: Values,
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
        origin: &Origin,
    ) -> Result<(String, String), RegistrationError> {
        let asked = Values::of_body(&APP_REGISTRATIONS, &members);
        let project = asked.text(app_registration::PROJECT).unwrap_or_default();
        let flow = asked.text(app_registration::FLOW);
        let usable = self.find_usable_flow(client, Some(&project), flow.as_deref()).await?;
        let usable = usable.ok_or(RegistrationError::NoProject)?;
        let now = self.clock.now();
        let contacts = contacts(&ContactDetails::read(&asked));
        if let Some(held) = self.database.contact_holder(client, &project, contacts, "").await? {
            return Err(RegistrationError::Registered(held));
        }
        let id = self.new_id();
        let mut record = body_record(&APP_REGISTRATIONS, &id, client, members)?;
        AppRegistration::begin(&mut record, usable.project.assigned_collection.as_deref());
        let mut batch = Batch::default();
        let entry = self.entry(Some(EventKind::RegistrationCreated), origin);
        batch.insert_record(record.made_at(now), now, entry);
        let until = self.registration_token_until();
        let token = self.add_registration_token(&mut batch, client, mode, &id, until)?;
        self.database.commit(batch).await?;
        Ok((id, token))
    }

    /// Changes these members of a registration of this client. A completed one holds its new contact
    /// from then on.
    ///
    /// # Errors
    /// `Registered` when another registration holds that.
    pub async fn change_registration(
        &self,
        client: &str,
        id: &str,
        members: Map<String, Value>,
        origin: &Origin,
    ) -> Result<(), RegistrationError> {
        let now = self.clock.now();
        let contact = ContactDetails::read(&Values::of_body(&APP_REGISTRATIONS, &members));
        let mut batch = Batch::default();
        let entry = self.entry(Some(EventKind::RegistrationUpdated), origin);
        batch.change(&body_record(&APP_REGISTRATIONS, id, client, members)?, now, entry);
        if contact.is_empty() {
            return match self.database.commit(batch).await {
                Err(StoreError::Conflict) => Err(RegistrationError::NotFound),
                done => Ok(done?),
            };
        }
        let tenant = Tenant::Client(client.to_owned());
        let before: Option<AppRegistration> = self.database.find(&tenant, id).await?;
        let before = before.ok_or(RegistrationError::NotFound)?;
        let (project, contacts) = (before.project.unwrap_or_default(), contacts(&contact));
        let held = self.database.contact_holder(client, &project, contacts.clone(), id).await?;
        if let Some(held) = held {
            return Err(RegistrationError::Registered(held));
        }
        batch.move_contact(client, id, now);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                let held = self.database.contact_holder(client, &project, contacts, id).await?;
                Err(held.map_or(RegistrationError::NotFound, RegistrationError::Registered))
            }
            done => Ok(done?),
        }
    }

    /// A new token for a registration on its way, as its client asks; older ones are dead. Sending it
    /// is the client's part.
    ///
    /// # Errors
    /// `NoLink` when the registration is over.
    pub async fn resend_link(
        &self,
        client: &str,
        mode: &str,
        id: &str,
    ) -> Result<Resent, RegistrationError> {
        let tenant = Tenant::Client(client.to_owned());
        let (now, until) = (self.clock.now(), self.registration_token_until());
        let until = Timestamp(now.0.saturating_add(LINK_MINUTES * 60_000)).min(until);
        let mut batch = Batch::default();
        batch.touch_open_registration(client, id, now).revoke_tokens_for(id, now);
        let token = self.add_registration_token(&mut batch, client, mode, id, until)?;
        let committed = self.database.commit(batch).await;
        let found: Option<AppRegistration> = self.database.find(&tenant, id).await?;
        let found = found.ok_or(RegistrationError::NotFound)?;
        match committed {
            Err(StoreError::Conflict) => return Err(RegistrationError::NoLink),
            done => done?,
        }
        self.forget_tokens();
        let flow = found.flow.unwrap_or_default();
        let flow: ProjectFlow = self.database.find(&tenant, &flow).await?.unwrap_or_default();
        let shown = self.find_record(&APP_REGISTRATIONS, &tenant, id).await?;
        let shown = shown.ok_or(RegistrationError::NotFound)?;
        let registration = Values::of_shown(&APP_REGISTRATIONS, &shown);
        Ok(Resent { token, until, registration, flow })
    }

    fn registration_token_until(&self) -> Timestamp {
        let hours = i64::from(self.config.now().validations.registration_hours);
        Timestamp(self.clock.now().0.saturating_add(hours * 3_600_000))
    }

    fn add_registration_token(
        &self,
        batch: &mut Batch,
        client: &str,
        mode: &str,
        id: &str,
        until: Timestamp,
    ) -> Result<String, MintError> {
        let scope = RecordTokenScope::Registration;
        let mint = RecordTokenMint { scope, subject: id, client, mode, until };
        let (token, stored) = self.record_token(&mint)?;
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
        let after = before
            .sync(&order.step, order.wanted, order.actor, &flow)
            .map_err(RegistrationError::Rejected)?;
        let (actor, origin) = (order.actor, order.origin.clone());
        let mut step = self.registration_step(&before, after, order)?;
        let mut synced = self.commit_step(token_for, &step, &origin).await;
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
                    synced = self.commit_step(token_for, &step, &origin).await;
                }
                None => {}
            }
        }
        let token = synced?;
        let record = self.find_record(&APP_REGISTRATIONS, &own, id).await?;
        let record = record.ok_or(RegistrationError::NotFound)?;
        Ok((token, Values::of_shown(&APP_REGISTRATIONS, &record), flow))
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
            decided_on: decided.then(|| [before.validation.clone(), before.document.clone()]),
        })
    }

    async fn commit_step(
        &self,
        token_for: Option<TokenFor<'_>>,
        step: &RegistrationStep,
        origin: &Origin,
    ) -> Result<Option<String>, RegistrationError> {
        let mut batch = Batch::default();
        batch.sync_registration(step, self.clock.now(), self.stamp(origin));
        let token = match token_for.filter(|wanted| wanted.client == step.client) {
            Some(wanted) => {
                let until = self.registration_token_until();
                let (client, mode) = (&step.client, wanted.mode);
                Some(self.add_registration_token(&mut batch, client, mode, &step.id, until)?)
            }
            None => None,
        };
        self.database.commit(batch).await?;
        Ok(token)
    }
}

/// What addresses and numbers are compared by.
fn contacts(contact: &ContactDetails) -> Contacts {
    Contacts { email: contact.email_key(), phone: contact.phone_key() }
}
