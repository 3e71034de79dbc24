//! Webhooks: endpoints that are made and changed, their secrets, and what is delivered to them.

pub mod delivering;
pub mod dispatch;
pub mod errors;
pub mod payload;
pub mod secrets;
pub mod signers;
pub mod slots;
pub mod statistics;
pub mod sweeping;
pub mod trigger;
pub mod trying;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use verax_domain::Timestamp;
use verax_domain::events::{Effect, EventKind};
use verax_domain::resources::{WEBHOOK_EVENTS, WEBHOOKS};
use verax_query::Tenant;
pub use verax_store::{Attempt, Bodies, Disabled, Endpoint};
use verax_store::{Batch, StoreError};

pub use self::errors::{ENDPOINTS_MAX, WebhookError};
use crate::app::App;
use crate::app::journal::Origin;
use crate::app::lists::records::body_record;

/// Different URLs that the validations of one client may name in a month.
const NAMED_URLS_MAX: i64 = 1000;
/// The old secret of an endpoint counts no longer than this after a rotation.
pub const OVERLAP_HOURS_MAX: i64 = 7 * 24;

impl App {
    /// Makes an endpoint of what a checked body says, and answers its id.
    pub async fn create_webhook(
        &self,
        client: &str,
        mut members: Map<String, Value>,
        origin: &Origin,
    ) -> Result<String, WebhookError> {
        let host = members.get("url").and_then(Value::as_str).and_then(host_of);
        if let Some(host) = host {
            members.entry("name").or_insert_with(|| host.into());
        }
        let is_standard = members.get("format").is_some_and(|format| format == "standard");
        for (name, value) in [
            ("isActive", true.into()),
            ("format", "verifik".into()),
            ("payload", if is_standard { "thin".into() } else { "full".into() }),
            ("ordering", "record".into()),
            ("source", "api".into()),
            ("failures", 0.into()),
        ] {
            members.entry(name).or_insert(value);
        }
        let (id, now) = (self.new_id(), self.clock.now());
        // The key first: an endpoint whose deliveries cannot be signed is of no use.
        self.vault.code_key(client, &secrets::subject_of(&id)).await?;
        let mut record = body_record(&WEBHOOKS, &id, client, members)?;
        let mut batch = Batch::default();
        let entry = self.entry(EventKind::of(&WEBHOOKS, Effect::Created), origin);
        batch.limit_endpoints(client, ENDPOINTS_MAX);
        batch.insert_record(record.made_at(now), now, entry);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                self.vault.destroy_key(client, &secrets::subject_of(&id)).await?;
                Err(WebhookError::TooMany)
            }
            made => Ok(made.map(|()| id)?),
        }
    }

    /// Changes these members of an endpoint. Another URL is called as if nothing had ever failed.
    pub async fn change_webhook(
        &self,
        (client, id): (&str, &str),
        (mut members, cleared): (Map<String, Value>, &[&str]),
        origin: &Origin,
    ) -> Result<(), WebhookError> {
        let is_active = members.remove("isActive").and_then(|it| it.as_bool());
        let endpoint = match members.is_empty() && cleared.is_empty() {
            // Whether it is called can be said of any.
            true => self.endpoint(client, id).await?,
            false => self.made_endpoint(client, id).await?,
        };
        let is_moved =
            members.get("url").and_then(Value::as_str).is_some_and(|url| url != endpoint.url);
        let format = if endpoint.is_verifik { "verifik" } else { "standard" };
        if members.get("format").is_some_and(|wanted| wanted != format) {
            return Err(WebhookError::OtherFormat);
        }
        if !members.is_empty() || !cleared.is_empty() {
            let record = body_record(&WEBHOOKS, id, client, members)?;
            let mut batch = Batch::default();
            batch.clear(&WEBHOOKS, (client, id), cleared);
            let entry = self.entry(EventKind::of(&WEBHOOKS, Effect::Changed), origin);
            batch.change(&record, self.clock.now(), entry);
            if is_moved {
                batch.endpoint_answered(&endpoint);
            }
            self.database.commit(batch).await?;
        }
        match is_active {
            Some(true) => self.enable_webhook((client, id), origin).await,
            Some(false) => self.disable_webhook((client, id), Disabled::ByClient, origin).await,
            None => Ok(()),
        }
    }

    /// It is called again; what was held for it goes out. That it is called already is no error.
    pub async fn enable_webhook(
        &self,
        (client, id): (&str, &str),
        origin: &Origin,
    ) -> Result<(), WebhookError> {
        let mut batch = Batch::default();
        let now = self.clock.now();
        batch.enable_endpoint((client, id), now, self.stamp(origin));
        batch.hasten_deliveries((client, id), self.lease_until());
        self.switch(client, id, batch).await?;
        self.deliveries.wake();
        Ok(())
    }

    /// It is not called any more; what happens from now on is held for it.
    pub async fn disable_webhook(
        &self,
        (client, id): (&str, &str),
        why: Disabled<'_>,
        origin: &Origin,
    ) -> Result<(), WebhookError> {
        let mut batch = Batch::default();
        batch.disable_endpoint((client, id), why, self.clock.now(), self.stamp(origin));
        self.switch(client, id, batch).await
    }

    async fn switch(&self, client: &str, id: &str, mut batch: Batch) -> Result<(), WebhookError> {
        batch.mark_held(Some((client, id)));
        match self.database.commit(batch).await {
            // It is as it should be already.
            Err(StoreError::Conflict) => self.endpoint(client, id).await.map(drop),
            switched => Ok(switched?),
        }
    }

    /// Deletes an endpoint, its secrets, and what waits for it.
    pub async fn delete_webhook(
        &self,
        (client, id): (&str, &str),
        origin: &Origin,
    ) -> Result<(), WebhookError> {
        self.made_endpoint(client, id).await?;
        let mut batch = Batch::default();
        let entry = self.entry(Some(EventKind::WebhookDeleted), origin);
        batch.delete(&WEBHOOKS, (client, id), self.clock.now(), entry);
        self.database.commit(batch).await?;
        self.vault.destroy_key(client, &secrets::subject_of(id)).await?;
        Ok(self.destroy_answers(client, id).await?)
    }

    /// Whether a validation of this client may name this URL: not more than so many different ones.
    pub async fn may_name_webhook(&self, client: &str, url: &str) -> Result<bool, StoreError> {
        let id = validation_endpoint(client, url);
        Ok(self.database.endpoint(client, &id).await?.is_some()
            || self.database.count_endpoints(client, "validation").await? < NAMED_URLS_MAX)
    }

    /// The endpoint of the client that is called at this URL.
    pub async fn endpoint_at(
        &self,
        client: &str,
        url: &str,
    ) -> Result<Option<Endpoint>, StoreError> {
        self.database.endpoint_at(client, url).await
    }

    /// The endpoint as whoever calls it needs it.
    pub async fn endpoint(&self, client: &str, id: &str) -> Result<Endpoint, WebhookError> {
        self.database.endpoint(client, id).await?.ok_or(WebhookError::Gone)
    }

    async fn made_endpoint(&self, client: &str, id: &str) -> Result<Endpoint, WebhookError> {
        let endpoint = self.endpoint(client, id).await?;
        if endpoint.is_made() { Ok(endpoint) } else { Err(WebhookError::NotMade) }
    }

    /// Queues a delivery again, as a new one; answers its id.
    pub async fn resend_delivery(&self, client: &str, id: &str) -> Result<String, WebhookError> {
        let new = self.new_id();
        let mut batch = Batch::default();
        batch.resend(client, id, &new, self.clock.now());
        match self.database.commit(batch).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => {
                let tenant = Tenant::Client(client.to_owned());
                let delivery = self.find_record(&WEBHOOK_EVENTS, &tenant, id).await?;
                // It is there, and its endpoint is not.
                return Err(if delivery.is_some() {
                    WebhookError::Deleted
                } else {
                    WebhookError::Gone
                });
            }
            Err(error) => return Err(error.into()),
        }
        self.deliveries.wake();
        Ok(new)
    }

    /// Queues all deliveries to an endpoint again that were given up since then; answers how many.
    pub async fn recover_deliveries(
        &self,
        client: &str,
        id: &str,
        since: Timestamp,
    ) -> Result<u64, WebhookError> {
        self.endpoint(client, id).await?;
        let recovered = self.database.recover_deliveries(
            (client, id),
            since,
            (self.clock.now(), self.lease_until()),
        );
        let recovered = recovered.await?;
        self.deliveries.wake();
        Ok(recovered)
    }
}

/// What is known of a delivery besides its row.
pub struct DeliveryDetails {
    pub attempts: Vec<Attempt>,
    pub bodies: Option<Bodies>,
}

impl App {
    /// Every attempt of a delivery, and what was sent and answered.
    pub async fn delivery_details(
        &self,
        client: &str,
        id: &str,
    ) -> Result<DeliveryDetails, StoreError> {
        let attempts = self.database.attempts(client, id).await?;
        Ok(DeliveryDetails { attempts, bodies: self.database.bodies(client, id).await? })
    }
}

/// The id of the endpoint that validations of a client name by this URL.
pub fn validation_endpoint(client: &str, url: &str) -> String {
    let mut digest = Sha256::new();
    for part in [client, "\n", url] {
        digest.update(part);
    }
    digest.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

fn host_of(url: &str) -> Option<String> {
    Some(reqwest::Url::parse(url).ok()?.host_str()?.to_owned())
}
