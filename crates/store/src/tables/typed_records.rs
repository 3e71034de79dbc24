//! Records read as their types, alone or several in one statement.

use std::sync::Arc;

use verax_domain::records::app_login::AppLogin;
use verax_domain::records::biometric_validation::BiometricValidation;
use verax_domain::records::liveness_session::LivenessSession;
use verax_domain::records::project::Project;
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::records::{IllegalTransition, StoredRecord, UnreadableRecord, Values};
use verax_query::{Arg, Kind, Query, Resource, Retrieval, Sql, Tenant, Timestamp, Value};

use crate::StoreError;
use crate::connection::Connection;
use crate::database::Database;
use crate::row::Cells;

/// A session with all that its image is judged by.
#[derive(Clone, Debug)]
pub struct OpenedSession {
    pub session: LivenessSession,
    pub validation: BiometricValidation,
    pub project: Option<Project>,
    pub flow: Option<ProjectFlow>,
    pub second_factor: SecondFactor,
}

/// Whose second factor a validation is.
#[derive(Clone, Debug)]
pub enum SecondFactor {
    OfNone,
    Of(Box<AppLogin>),
    /// Of a login that was deleted since.
    OfDeleted,
}

impl Database {
    /// The record with this id, if the tenant has it.
    pub async fn find<R: StoredRecord>(
        &self,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<R>, StoreError> {
        let statement = Retrieval::whole(R::RESOURCE).record_sql(tenant, id);
        Ok(self.read_records(tenant, statement.sql).await?.pop())
    }

    /// The first record of the tenant that a look-up finds.
    pub async fn first<R: StoredRecord>(
        &self,
        query: Query,
        tenant: &Tenant,
    ) -> Result<Option<R>, StoreError> {
        let statement = query.at_most(1).records_sql(self.dialect(), tenant);
        Ok(self.read_records(tenant, statement.sql).await?.pop())
    }

    /// The id of the first record of the tenant that a look-up finds.
    pub async fn first_id(
        &self,
        query: Query,
        tenant: &Tenant,
    ) -> Result<Option<String>, StoreError> {
        let sql = query.first().page_sql(self.dialect(), tenant).sql;
        Ok(self.look_up(tenant, sql, |row| row.string(0)).await?.pop())
    }

    /// The next records after the id `after` that match, by their ids. Sort and page of the query do not
    /// matter.
    pub async fn walk_records<R: StoredRecord>(
        &self,
        query: &Query,
        tenant: &Tenant,
        after: &str,
        limit: u32,
    ) -> Result<Vec<R>, StoreError> {
        let statement = query.walk_sql(self.dialect(), tenant, after, limit);
        self.read_records(tenant, statement.sql).await
    }

    /// A session of this client, with its validation; `None`: there is none, or no validation.
    pub async fn opened_session(
        &self,
        client: &str,
        session: &str,
    ) -> Result<Option<OpenedSession>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT ");
        LivenessSession::RESOURCE.push_columns(&mut sql, "session");
        sql.push(", ");
        BiometricValidation::RESOURCE.push_columns(&mut sql, "validation");
        sql.push(", ");
        Project::RESOURCE.push_columns(&mut sql, "project");
        sql.push(", ");
        ProjectFlow::RESOURCE.push_columns(&mut sql, "flow");
        sql.push(", ");
        AppLogin::RESOURCE.push_columns(&mut sql, "login");
        sql.push(", validation.second_factor_of FROM liveness_sessions AS session");
        sql.push(" JOIN biometric_validations AS validation ON validation.client = session.client");
        sql.push(" AND validation.liveness_session = session.id");
        sql.push(" LEFT JOIN projects AS project ON project.client = session.client");
        sql.push(" AND project.id = validation.project");
        sql.push(" LEFT JOIN project_flows AS flow ON flow.client = session.client");
        sql.push(" AND flow.id = validation.project_flow");
        sql.push(" LEFT JOIN app_logins AS login ON login.client = session.client");
        sql.push(" AND login.id = validation.second_factor_of");
        sql.push(" WHERE session.client = ").bind(Arg::Text(client.to_owned()));
        sql.push(" AND session.id = ").bind(Arg::Text(session.to_owned()));
        sql.push(" ORDER BY validation.created_at DESC, validation.id DESC LIMIT 1");
        let read = |row: &dyn Cells| {
            let mut first = 0;
            let session = take(row, &mut first)?;
            let validation = take(row, &mut first)?;
            let (project, flow) = (take(row, &mut first)?, take(row, &mut first)?);
            let login: Option<AppLogin> = take(row, &mut first)?;
            let second_factor = match (login, row.text(first)?) {
                (Some(login), _) => SecondFactor::Of(Box::new(login)),
                (None, Some(_)) => SecondFactor::OfDeleted,
                (None, None) => SecondFactor::OfNone,
            };
            let both = Option::zip(session, validation);
            Ok(both.map(|(session, validation)| OpenedSession {
                session,
                validation,
                project,
                flow,
                second_factor,
            }))
        };
        let tenant = Tenant::Client(client.to_owned());
        Ok(self.look_up(&tenant, sql, read).await?.pop().flatten())
    }

    /// A project of this client, and a flow that it has, of whichever project.
    pub async fn project_and_flow(
        &self,
        client: &str,
        project: &str,
        flow: &str,
    ) -> Result<Option<(Project, ProjectFlow)>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT ");
        Project::RESOURCE.push_columns(&mut sql, "project");
        sql.push(", ");
        ProjectFlow::RESOURCE.push_columns(&mut sql, "flow");
        sql.push(" FROM projects AS project JOIN project_flows AS flow");
        sql.push(" ON flow.client = project.client AND flow.id = ");
        sql.bind(Arg::Text(flow.to_owned()));
        sql.push(" WHERE project.client = ").bind(Arg::Text(client.to_owned()));
        sql.push(" AND project.id = ").bind(Arg::Text(project.to_owned()));
        let read = |row: &dyn Cells| {
            let mut first = 0;
            let (project, flow) = (take(row, &mut first)?, take(row, &mut first)?);
            Ok(Option::zip(project, flow))
        };
        let tenant = Tenant::Client(client.to_owned());
        Ok(self.look_up(&tenant, sql, read).await?.pop().flatten())
    }

    async fn read_records<R: StoredRecord>(
        &self,
        tenant: &Tenant,
        sql: Sql,
    ) -> Result<Vec<R>, StoreError> {
        let rows = self.look_up(tenant, sql, |row| take(row, &mut 0)).await?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// The rows of a statement that reads records of this tenant, each as `read` reads it.
    async fn look_up<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        sql: Sql,
        read: impl Fn(&dyn Cells) -> Result<T, StoreError> + Clone + Send + Sync + 'static,
    ) -> Result<Vec<T>, StoreError> {
        let sql = Arc::new(sql);
        let work = async move |connection: &mut Connection| connection.fetch_rows(&sql, read).await;
        self.read_replica(tenant, work).await
    }
}

/// The record whose columns begin at `first`, which is the first column after them then; `None`: a join
/// has found none.
fn take<R: StoredRecord>(row: &dyn Cells, first: &mut usize) -> Result<Option<R>, StoreError> {
    let resource = R::RESOURCE;
    let begin = *first;
    *first += resource.fields.len();
    // The first field is the id.
    if row.text(begin)?.is_none() {
        return Ok(None);
    }
    Ok(Some(R::read(&values(row, begin, resource)?)?))
}

fn values(
    row: &dyn Cells,
    first: usize,
    resource: &'static Resource,
) -> Result<Values, StoreError> {
    let mut values = Vec::with_capacity(resource.fields.len());
    for (index, field) in resource.fields.iter().enumerate() {
        let column = first + index;
        values.push(match field.kind {
            Kind::Bool => row.boolean(column)?.map(Value::Bool),
            Kind::Integer | Kind::Set(_) => row.integer(column)?.map(Value::Integer),
            Kind::Number => row.number(column)?.map(Value::Number),
            Kind::Time => row.integer(column)?.map(|time| Value::Time(Timestamp(time))),
            _ => row.text(column)?.map(|text| Value::Text(text.to_owned())),
        });
    }
    Ok(Values::new(resource, values))
}

impl From<UnreadableRecord> for StoreError {
    fn from(error: UnreadableRecord) -> StoreError {
        StoreError::Statement(error.to_string())
    }
}

// The record is not in the state that the step expects.
impl From<IllegalTransition> for StoreError {
    fn from(_: IllegalTransition) -> StoreError {
        StoreError::Conflict
    }
}
