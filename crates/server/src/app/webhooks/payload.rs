//! The body of a delivery: what Verifik would send, or what Standard Webhooks recommends.

use serde_json::{Map, Value, json};
use verax_domain::resources;
use verax_query::{Kind, Resource, Tenant};
use verax_store::{Delivery, StoreError};

use super::Endpoint;
use crate::app::App;

impl App {
    /// What is sent in every attempt of a delivery: the record as it is now, with the event's status. Also
    /// the resource of the record, where it is in the body.
    pub async fn delivery_body(
        &self,
        endpoint: &Endpoint,
        delivery: &Delivery,
    ) -> Result<(String, Option<&'static Resource>), StoreError> {
        let (object, resource) = match endpoint.is_verifik || endpoint.is_full {
            true => self.delivered_record(delivery).await?,
            false => (None, None),
        };
        let body = match endpoint.is_verifik {
            true => json!({ "type": delivery.wire_type, "object": object }),
            false => standard_body(delivery, object),
        };
        Ok((body.to_string(), resource))
    }

    async fn delivered_record(
        &self,
        delivery: &Delivery,
    ) -> Result<(Option<Value>, Option<&'static Resource>), StoreError> {
        let tenant = Tenant::Client(delivery.client.clone());
        let found = match resources::by_name(&delivery.resource) {
            Some(resource) => {
                let record = self.find_record(resource, &tenant, &delivery.record).await?;
                record.map(|record| (resource, record))
            }
            None => None,
        };
        let Some((resource, Value::Object(mut record))) = found else {
            // It is gone: what it was is not told any more.
            let gone = json!({ "_id": delivery.record, "status": delivery.status });
            return Ok((Some(gone), None));
        };
        if !self.config.now().webhooks.personal_data {
            record.retain(|name, _| {
                resource.field(name).is_some_and(|it| {
                    // What people have typed, and what was found of them, is in these.
                    !matches!(it.kind, Kind::Text | Kind::Texts | Kind::Json(_) | Kind::Date)
                })
            });
        }
        if let (Some(status), Some(stored)) = (&delivery.status, record.get_mut("status")) {
            *stored = status.as_str().into();
        }
        Ok((Some(Value::Object(record)), Some(resource)))
    }
}

/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
fn standard_body(delivery: &Delivery, object: Option<Value>) -> Value {
    let mut data = Map::new();
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    for (name, value) in [
        ("id", Some(delivery.record.as_str().into())),
        ("resource", Some(delivery.resource.as_str().into())),
        ("status", text(&delivery.status)),
        ("sequence", Some(delivery.sequence.into())),
        ("projectFlow", text(&delivery.project_flow)),
        ("appRegistration", text(&delivery.app_registration)),
        ("object", object),
    ] {
        if let Some(value) = value {
            data.insert(name.to_owned(), value);
        }
    }
    json!({ "type": delivery.wire_type, "timestamp": delivery.created_at.to_string(), "data": data })
}
