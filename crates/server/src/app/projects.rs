//! Projects, made and changed together with a flow of theirs.

use serde_json::{Map, Value};
use verax_domain::Timestamp;
use verax_domain::events::{Effect, EventKind};
use verax_domain::records::project_flow;
use verax_domain::resources::{PROJECT_FLOWS, PROJECTS};
use verax_query::{Query, Tenant};
use verax_store::{Batch, StoreError};

use crate::app::App;
use crate::app::journal::Origin;
use crate::app::lists::records::{RecordError, body_record};

/// A page shows no more flows of one project.
const FLOWS_MAX: u32 = 100;

/// What a project is told.
pub struct ProjectOrder {
    pub members: Map<String, Value>,
    pub flow: Option<FlowOrder>,
    pub demo_code: DemoCode,
    /// As in [`Changes`](crate::app::lists::records::Changes).
    pub last_changed: Option<Timestamp>,
}

/// What is told of a flow inside its project.
pub struct FlowOrder {
    /// Its type; a change is of the oldest of this type.
    pub kind: String,
    pub members: Map<String, Value>,
    /// What it has where it is new and nothing else was sent.
    pub defaults: Map<String, Value>,
}

/// What becomes of the code that a trial takes in the place of one that is sent.
pub enum DemoCode {
    Unchanged,
    Set(String),
    /// A new one, unless there is one.
    Needed,
}

/// A project that was made or changed.
pub struct ProjectDone {
    pub id: String,
    pub flow: Option<String>,
}

impl App {
    /// Makes a project of this client with its flow: both or neither.
    pub async fn create_project(
        &self,
        client: &str,
        order: ProjectOrder,
        origin: &Origin,
    ) -> Result<ProjectDone, StoreError> {
        let (id, now) = (self.new_id(), self.clock.now());
        let mut record = body_record(&PROJECTS, &id, client, order.members)?;
        let mut batch = Batch::default();
        let entry = self.entry(EventKind::of(&PROJECTS, Effect::Created), origin);
        batch.insert_record(record.made_at(now), now, entry);
        let flow = match order.flow {
            Some(flow) => Some(self.add_flow(&mut batch, (client, &id), flow, now, origin)?),
            None => None,
        };
        if let Some(code) = self.demo_code(None, order.demo_code) {
            batch.set_demo_otp(client, &id, &code);
        }
        self.database.commit(batch).await?;
        Ok(ProjectDone { id, flow })
    }

    /// Changes a project of this client and a flow of it, which is made where there is none of its type.
    ///
    /// # Errors
    /// `Gone` when the client has no such project, somebody has changed it since it was read, or the flow is
    /// deleted at this moment.
    pub async fn change_project(
        &self,
        client: &str,
        id: &str,
        order: ProjectOrder,
        origin: &Origin,
    ) -> Result<ProjectDone, RecordError> {
        let now = self.clock.now();
        let mut batch = Batch::default();
        let entry = self.entry(EventKind::of(&PROJECTS, Effect::Changed), origin);
        let record = body_record(&PROJECTS, id, client, order.members)?;
        batch.change_if(&record, order.last_changed, now, entry);
        let flow = match order.flow {
            Some(flow) => match self.flow_of(client, id, &flow.kind).await? {
                Some(known) => {
                    let record = body_record(&PROJECT_FLOWS, &known, client, flow.members)?;
                    let entry = self.entry(EventKind::of(&PROJECT_FLOWS, Effect::Changed), origin);
                    batch.change(&record, now, entry);
                    Some(known)
                }
                None => Some(self.add_flow(&mut batch, (client, id), flow, now, origin)?),
            },
            None => None,
        };
        let known = self.database.demo_otp(client, id).await?;
        if let Some(code) = self.demo_code(known, order.demo_code) {
            batch.set_demo_otp(client, id, &code);
        }
        self.database.commit(batch).await?;
        Ok(ProjectDone { id: id.to_owned(), flow })
    }

    /// The flows of a project of this client, the oldest first, as a retrieve shows them.
    pub async fn flows_of_project(
        &self,
        client: &str,
        project: &str,
    ) -> Result<Vec<Value>, StoreError> {
        let fields: Vec<_> = PROJECT_FLOWS.fields.iter().collect();
        let query = Query::of(&PROJECT_FLOWS)
            .equal(project_flow::PROJECT, project)
            .oldest_first()
            .at_most(FLOWS_MAX)
            .showing(&fields);
        let page = self.page(&query, &Tenant::Client(client.to_owned())).await?;
        let rows = [b"[", &page.rows[..], b"]"].concat();
        serde_json::from_slice(&rows).map_err(|error| StoreError::Statement(error.to_string()))
    }

    /// The code of a project's trials, if it has one.
    pub async fn demo_otp(
        &self,
        client: &str,
        project: &str,
    ) -> Result<Option<String>, StoreError> {
        self.database.demo_otp(client, project).await
    }

    fn add_flow(
        &self,
        batch: &mut Batch,
        (client, project): (&str, &str),
        order: FlowOrder,
        now: Timestamp,
        origin: &Origin,
    ) -> Result<String, StoreError> {
        let id = self.new_id();
        let mut members = order.defaults;
        members.extend(order.members);
        let mut record = body_record(&PROJECT_FLOWS, &id, client, members)?;
        record.set(project_flow::PROJECT, Some(project));
        record.set(project_flow::KIND, Some(order.kind.as_str()));
        let entry = self.entry(EventKind::of(&PROJECT_FLOWS, Effect::Created), origin);
        batch.insert_record(record.made_at(now), now, entry);
        Ok(id)
    }

    async fn flow_of(
        &self,
        client: &str,
        project: &str,
        kind: &str,
    ) -> Result<Option<String>, StoreError> {
        let oldest = Query::of(&PROJECT_FLOWS)
            .equal(project_flow::PROJECT, project)
            .equal(project_flow::KIND, kind)
            .oldest_first();
        self.database.first_id(oldest, &Tenant::Client(client.to_owned())).await
    }

    /// The code that is to be stored.
    fn demo_code(&self, known: Option<String>, order: DemoCode) -> Option<String> {
        match order {
            DemoCode::Set(code) => Some(code),
            DemoCode::Needed if known.is_none() => {
                Some(format!("{:06}", self.random.number() % 1_000_000))
            }
            DemoCode::Needed | DemoCode::Unchanged => None,
        }
    }
}
