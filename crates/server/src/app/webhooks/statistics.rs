//! How many deliveries came to what, as a dashboard asks.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};
use verax_domain::Timestamp;
use verax_domain::webhook::DAY_MS;
use verax_query::Tenant;
use verax_store::StoreError;

use crate::app::App;

/// What has no flow.
const NO_FLOW: &str = "none";

/// Of one webhook.
#[derive(Default)]
pub struct Statistics {
    flows: BTreeMap<String, i64>,
    /// By day since 1970: what succeeded and what failed.
    days: BTreeMap<i64, (i64, i64)>,
}

impl Statistics {
    /// `statistics` and `statisticsByDay`.
    pub fn json(&self) -> (Value, Value) {
        let flows =
            self.flows.iter().map(|(flow, total)| (flow.clone(), json!({ "total": total })));
        let days = self.days.iter().map(|(day, (success, failed))| {
            let day = Timestamp(day * DAY_MS).to_string();
            let date = day.split('T').next().unwrap_or_default().to_owned();
            (date, json!({ "success": success, "failed": failed }))
        });
        (Value::Object(Map::from_iter(flows)), Value::Object(Map::from_iter(days)))
    }
}

/// What waits, and who rests.
pub struct WebhookLoad {
    /// Deliveries to endpoints that are called; counted up to 10,000.
    pub pending: i64,
    pub oldest: Option<Timestamp>,
    pub paused: i64,
    /// By the server.
    pub disabled: i64,
}

impl App {
    /// What waits to be delivered, of all clients.
    pub async fn webhook_load(&self) -> Result<WebhookLoad, StoreError> {
        let (pending, oldest) = self.database.open_deliveries().await?;
        let (paused, disabled) = self.database.resting_endpoints(self.clock.now()).await?;
        Ok(WebhookLoad { pending, oldest, paused, disabled })
    }

    /// The deliveries of these webhooks in the last so many days.
    pub async fn webhook_statistics(
        &self,
        tenant: &Tenant,
        webhooks: Vec<String>,
        days: u32,
    ) -> Result<HashMap<String, Statistics>, StoreError> {
        let today = self.clock.now().0.div_euclid(DAY_MS);
        let since = Timestamp((today - i64::from(days) + 1) * DAY_MS);
        let counts = self.database.delivery_counts(tenant, webhooks, since).await?;
        let mut all: HashMap<String, Statistics> = HashMap::new();
        for count in counts {
            let statistics = all.entry(count.webhook).or_default();
            let flow = count.project_flow.unwrap_or_else(|| NO_FLOW.to_owned());
            *statistics.flows.entry(flow).or_default() += count.count;
            let (success, failed) = statistics.days.entry(count.day).or_default();
            match count.response_status.as_deref() {
                Some("success") => *success += count.count,
                Some(_) => *failed += count.count,
                None => {}
            }
        }
        Ok(all)
    }
}
