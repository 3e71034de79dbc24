//! An event that somebody wants to see arrive: with a synthetic record of its own.

use serde_json::{Map, Value, json};
use verax_domain::Record;
use verax_domain::events::{Effect, Entry, EventKind, EventType};
use verax_query::{Field, Kind};
use verax_store::{Batch, StoreError};

use crate::app::App;
use crate::app::journal::Origin;

/// What synthetic texts say of themselves.
const SYNTHETIC: &str = "synthetic";

impl App {
    /// Makes a synthetic record of this client, and one event of it; answers the record's id.
    pub async fn trigger(&self, client: &str, kind: EventKind) -> Result<String, StoreError> {
        let row = kind.event_type();
        let (id, now) = (self.new_id(), self.clock.now());
        let mut members = Map::new();
        for field in row.resource.fields {
            if let Some(value) = self.synthetic(field, row, &id) {
                members.insert(field.name.to_owned(), value);
            }
        }
        let record = Record::from_json(row.resource, &Value::Object(members), Some(client));
        let mut record = record.map_err(|problems| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            StoreError::Statement(problems.join("; "))
        })?;
        let event = Entry::Event(kind, self.stamp(&Origin::command()));
        let mut batch = Batch::default();
        let record = record.made_at(now);
        if row.effect == Effect::Deleted {
            let quiet = Entry::quiet("it is made to be deleted");
            batch.insert_record(record, now, quiet);
            batch.delete(row.resource, (client, &id), now, event);
        } else {
            batch.insert_record(record, now, event);
        }
        self.database.commit(batch).await?;
        Ok(id)
    }

    fn synthetic(&self, field: &Field, row: &EventType, id: &str) -> Option<Value> {
        if field.column == "status"
            && let Some(status) = row.to.or(row.from.first().copied())
        {
            return Some(status.into());
        }
        match &field.kind {
            Kind::Id => Some(id.into()),
            // Where nobody is called, unless somebody has to be.
            Kind::Text if field.name.to_lowercase().ends_with("url") => {
                field.required.then(|| "https://example.com/".into())
            }
            Kind::Text if ["name", "description"].contains(&field.name) => Some(SYNTHETIC.into()),
            // Of another record, which is not there: each time of another one.
            Kind::Text if field.required && field.name.ends_with("Id") => Some(id.into()),
            Kind::Text if field.required => Some(SYNTHETIC.into()),
            Kind::Word(words) if field.required => words.words.first().map(|word| (*word).into()),
            Kind::Bool if field.required => Some(false.into()),
            Kind::Integer if field.required => Some(0.into()),
            Kind::Time if field.required => Some(self.clock.now().to_string().into()),
            Kind::Json([]) | Kind::Texts if field.required => Some(json!([])),
            Kind::Json(members) if field.required => Some(
                members.iter().map(|it| (it.name.to_owned(), Value::from(SYNTHETIC))).collect(),
            ),
            _ => None,
        }
    }
}
