//! Persons on the way through a project flow: registered, moved on, reviewed.

use serde_json::{Map, Value, json};
use verax_domain::contact::{Phone, email_key};
use verax_domain::lifecycle::{Demands, RegistrationStatus, SyncRefusal, Teller, sync};
use verax_domain::resources::{APP_REGISTRATIONS, PROJECT_FLOWS, PROJECTS};
use verax_domain::{NarrowScope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, Contacts, HeldContact, Hold, RegistrationStep, StoreError};

use super::App;
use super::access::{MintError, NarrowMint};
use super::records::said;

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
    #[error("the step was refused: {0}")]
    Refused(SyncRefusal),
    #[error(transparent)]
    Mint(#[from] MintError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How long the token of a link lives that goes by email or by hand.
const LINK_MINUTES: i64 = 30;

/// A project and one of its flows, both in use.
pub struct Way {
    pub project: Value,
    pub flow: Value,
}

/// A new token for a registration, for whoever its client sends the link.
pub struct Resent {
    pub token: String,
    pub until: Timestamp,
    pub registration: Value,
    pub flow: Value,
}

/// What is told of a registration.
pub struct SyncOrder {
    pub step: String,
    pub wanted: Option<RegistrationStatus>,
    pub note: Option<String>,
    pub teller: Teller,
    /// `reviewedByStaff` or `reviewedByClient`, and who: for the log of reviews.
    pub reviewer: (&'static str, String),
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
    pub async fn find_way(
        &self,
        client: &str,
        project: &str,
        flow: &str,
    ) -> Result<Option<Way>, StoreError> {
        let tenant = Tenant::Client(client.to_owned());
        let project = self.find_record(&PROJECTS, &tenant, project).await?;
        let flow = self.find_record(&PROJECT_FLOWS, &tenant, flow).await?;
        let in_use =
            |record: &Value| !matches!(record["status"].as_str(), Some("paused" | "inactive"));
        let way = project.zip(flow).map(|(project, flow)| Way { project, flow });
        Ok(way.filter(|way| {
            way.flow["project"] == way.project["_id"] && in_use(&way.project) && in_use(&way.flow)
        }))
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
        mut members: Map<String, Value>,
    ) -> Result<(String, String), RegistrationError> {
        let text =
            |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (project, flow) = (text("project"), text("projectFlow"));
        let way = self.find_way(client, &project, &flow).await?;
        let way = way.ok_or(RegistrationError::NoProject)?;
        let now = self.clock.now();
        let contacts = contacts(&members);
        if let Some(held) = self.database.contact_holder(client, &project, contacts, "").await? {
            return Err(RegistrationError::Registered(held));
        }
        let names = [text("firstName"), text("lastName")].join(" ");
        if !members.contains_key("fullName") && !names.trim().is_empty() {
            members.insert("fullName".to_owned(), names.trim().into());
        }
        members.entry("language").or_insert_with(|| "en".into());
        members.insert("status".to_owned(), RegistrationStatus::Started.word().into());
        members.insert("currentStep".to_owned(), "1".into());
        if let Value::String(collection) = &way.project["assignedCollection"] {
            members.insert("assignedCollection".to_owned(), collection.clone().into());
        }
        let id = self.new_id();
        let record = self.new_record(&APP_REGISTRATIONS, &id, client, members)?;
        let mut batch = Batch::default();
        batch.insert_record(&record, now);
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
        before: &Value,
        members: Map<String, Value>,
    ) -> Result<(), RegistrationError> {
        let text = |name: &str| before[name].as_str().unwrap_or_default();
        let (id, project, now) = (text("_id"), text("project"), self.clock.now());
        let moves = ["email", "phone", "countryCode"].iter().any(|it| members.contains_key(*it));
        let contacts = contacts(&members);
        let mut batch = Batch::default();
        batch.change(&said(&APP_REGISTRATIONS, id, client, members)?, now);
        if moves {
            let held = self.database.contact_holder(client, project, contacts.clone(), id).await?;
            if let Some(held) = held {
                return Err(RegistrationError::Registered(held));
            }
            batch.move_contact(client, id, now);
        }
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                let held = self.database.contact_holder(client, project, contacts, id).await?;
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
        let registration = self.find_record(&APP_REGISTRATIONS, &tenant, id).await?;
        let registration = registration.ok_or(RegistrationError::NotFound)?;
        match committed {
            Err(StoreError::Conflict) => return Err(RegistrationError::NoLink),
            done => done?,
        }
        self.forget_tokens();
        let flow = registration["projectFlow"].as_str().unwrap_or_default();
        let flow = self.find_record(&PROJECT_FLOWS, &tenant, flow).await?.unwrap_or_default();
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
        let scope = NarrowScope::Registration;
        let mint = NarrowMint { scope, subject: id, client, mode, until };
        let (token, kept) = self.narrow_token(&mint)?;
        batch.insert_token(&kept);
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
    ) -> Result<(Option<String>, Value, Value), RegistrationError> {
        let before = self.find_record(&APP_REGISTRATIONS, tenant, id).await?;
        let before = before.ok_or(RegistrationError::NotFound)?;
        let client = before["client"].as_str().unwrap_or_default().to_owned();
        let own = Tenant::Client(client.clone());
        let flow = before["projectFlow"].as_str().unwrap_or_default();
        let flow = self.find_record(&PROJECT_FLOWS, &own, flow).await?.unwrap_or_default();
        let standing = before["status"].as_str().unwrap_or("STARTED");
        let standing = RegistrationStatus::from_word(standing)
            .ok_or(RegistrationError::Refused(SyncRefusal::Over))?;
        let after =
            sync(standing, &order.step, order.wanted, order.teller, demands(&flow, &before))
                .map_err(RegistrationError::Refused)?;
        let teller = order.teller;
        let mut step = self.registration_step(&client, &before, (standing, after), order);
        let mut synced = self.commit_step(token_for, &step).await;
        if step.hold == Hold::Taken
            && matches!(synced, Err(RegistrationError::Store(StoreError::Conflict)))
        {
            let contacts = before.as_object().map(contacts).unwrap_or_default();
            let project = before["project"].as_str().unwrap_or_default();
            match self.database.contact_holder(&client, project, contacts, id).await? {
                Some(held) if teller == Teller::Reviewer => {
                    return Err(RegistrationError::Registered(held));
                }
                // Two say that they are one: somebody must look who is right.
                Some(_) => {
                    step.after = RegistrationStatus::NeedsManualVerification;
                    step.hold = Hold::Free;
                    synced = self.commit_step(token_for, &step).await;
                }
                None => {}
            }
        }
        let token = synced?;
        let record = self.find_record(&APP_REGISTRATIONS, &own, id).await?;
        Ok((token, record.ok_or(RegistrationError::NotFound)?, flow))
    }

    fn registration_step(
        &self,
        client: &str,
        before: &Value,
        (standing, after): (RegistrationStatus, RegistrationStatus),
        order: SyncOrder,
    ) -> RegistrationStep {
        let reviewed = order.step == "adminOverride";
        let review_log = reviewed.then(|| {
            let mut log = before["manualReviewLog"].as_array().cloned().unwrap_or_default();
            let (by, who) = order.reviewer;
            log.push(json!({
                "previousStatus": standing.word(),
                "newStatus": after.word(),
                "note": order.note,
                by: who,
                "createdAt": self.clock.now().to_string(),
            }));
            Value::from(log).to_string()
        });
        let checks = ["biometricValidation", "documentValidation"];
        let read = |name: &str| before[name].as_str().map(str::to_owned);
        // A reviewer decides on more than the checks.
        let decided = !reviewed && after == RegistrationStatus::Completed;
        RegistrationStep {
            id: before["_id"].as_str().unwrap_or_default().to_owned(),
            client: client.to_owned(),
            before: standing,
            after,
            step: (!reviewed).then_some(order.step),
            review_log,
            hold: if after.holds_contact(order.teller) { Hold::Taken } else { Hold::Free },
            decided_on: decided.then(|| checks.map(read)),
        }
    }

    async fn commit_step(
        &self,
        token_for: Option<TokenFor<'_>>,
        step: &RegistrationStep,
    ) -> Result<Option<String>, RegistrationError> {
        let mut batch = Batch::default();
        batch.sync_registration(step, self.clock.now());
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

/// The keys of the address and the number that these members say.
fn contacts(members: &Map<String, Value>) -> Contacts {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let phone = text("countryCode").zip(text("phone"));
    let phone = phone.and_then(|(code, number)| Phone::new(code, number).ok());
    Contacts { email: text("email").map(email_key), phone: phone.map(|phone| phone.key()) }
}

/// What of the checks that the flow calls mandatory is there.
fn demands(flow: &Value, registration: &Value) -> Demands {
    let passed = |check: &str| !registration[check].is_null();
    let steps =
        [("liveness", passed("biometricValidation")), ("document", passed("documentValidation"))];
    let demanded = |step: &str| flow["steps"][step] == "mandatory";
    if steps.iter().any(|(step, passed)| demanded(step) && !passed) {
        Demands::Unmet
    } else if steps.iter().any(|(_, passed)| *passed) {
        Demands::Met
    } else {
        Demands::NothingPassed
    }
}
