//! Persons on the way through a project flow: registered, moved on, reviewed.

use serde_json::{Map, Value, json};
use verax_domain::lifecycle::{Demands, RegistrationStatus, SyncRefusal, Teller, sync};
use verax_domain::resources::{APP_REGISTRATIONS, PROJECT_FLOWS, PROJECTS};
use verax_domain::{NarrowScope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, Contact, RegistrationStep, StoreError};

use super::App;
use super::access::{MintError, NarrowMint};

/// Why a registration is not made or moved.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    #[error("there is no such project with this flow, or it is paused")]
    NoProject,
    #[error("there is no such registration")]
    NotFound,
    #[error("the step was refused: {0}")]
    Refused(SyncRefusal),
    #[error(transparent)]
    Mint(#[from] MintError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A project and one of its flows, both in use.
pub struct Way {
    pub project: Value,
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

    /// Registers a person, or finds the registration again by its address or number; answers its
    /// id and a token for it. Older tokens of it are dead.
    pub async fn register(
        &self,
        client: &str,
        mode: &str,
        contact: Contact,
        mut members: Map<String, Value>,
    ) -> Result<(String, String), RegistrationError> {
        let text =
            |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (project, flow) = (text("project"), text("projectFlow"));
        let way = self.find_way(client, &project, &flow).await?;
        let way = way.ok_or(RegistrationError::NoProject)?;
        let now = self.clock.now();
        let known = self.database.registration_by_contact(client, &project, &flow, contact).await?;
        let mut batch = Batch::default();
        let id = if let Some(id) = known {
            batch.restart_registration(client, &id, now).revoke_tokens_for(&id, now);
            id
        } else {
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
            batch.insert_record(&record, now);
            id
        };
        let token = self.add_registration_token(&mut batch, client, mode, &id)?;
        self.database.commit(batch).await?;
        self.forget_tokens();
        Ok((id, token))
    }

    fn add_registration_token(
        &self,
        batch: &mut Batch,
        client: &str,
        mode: &str,
        id: &str,
    ) -> Result<String, MintError> {
        let hours = i64::from(self.config.now().validations.registration_hours);
        let until = Timestamp(self.clock.now().0.saturating_add(hours * 3_600_000));
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
        let now = self.clock.now();
        let reviewed = order.step == "adminOverride";
        let review_log = reviewed.then(|| {
            let mut log = before["manualReviewLog"].as_array().cloned().unwrap_or_default();
            let (by, who) = order.reviewer;
            log.push(json!({
                "previousStatus": standing.word(),
                "newStatus": after.word(),
                "note": order.note,
                by: who,
                "createdAt": now.to_string(),
            }));
            Value::from(log).to_string()
        });
        let mut batch = Batch::default();
        batch.sync_registration(
            &RegistrationStep {
                id: id.to_owned(),
                client: client.clone(),
                before: standing,
                after,
                step: (!reviewed).then_some(order.step),
                review_log,
            },
            now,
        );
        let token = match token_for.filter(|wanted| wanted.client == client) {
            Some(wanted) => {
                Some(self.add_registration_token(&mut batch, &client, wanted.mode, id)?)
            }
            None => None,
        };
        self.database.commit(batch).await?;
        let record = self.find_record(&APP_REGISTRATIONS, &own, id).await?;
        Ok((token, record.ok_or(RegistrationError::NotFound)?, flow))
    }
}

/// Whether the checks that the flow calls mandatory are there.
fn demands(flow: &Value, registration: &Value) -> Demands {
    let missing = |step: &str, check: &str| {
        flow["steps"][step] == "mandatory" && registration[check].is_null()
    };
    if missing("liveness", "biometricValidation") || missing("document", "documentValidation") {
        Demands::Unmet
    } else {
        Demands::Met
    }
}
