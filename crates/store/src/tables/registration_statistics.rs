//! How many registrations stand where, and on what their checks failed.

use verax_domain::document_check::DocumentCheck;
use verax_query::{Arg, Sql, Tenant};

use crate::StoreError;
use crate::connection::Connection;
use crate::database::Database;
use crate::row::Cells;

/// How far the registrations of a project have come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistrationFunnel {
    pub by_status: Vec<LabelCount>,
    pub by_step: Vec<LabelCount>,
    /// Document checks that found something, by what they looked for.
    pub document_failures: Vec<LabelCount>,
    /// Face checks that were not passed.
    pub liveness_failures: Vec<LabelCount>,
}

/// So many of what has this label; an empty one: of what has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelCount {
    pub label: String,
    pub count: u64,
}

/// Registrations of which clients and of which project; `None`: of all projects.
struct Whose<'a> {
    tenant: &'a Tenant,
    project: Option<&'a str>,
}

impl Database {
    /// The statistics of the registrations of a project, or of all projects of a client.
    pub async fn registration_funnel(
        &self,
        tenant: &Tenant,
        project: Option<&str>,
    ) -> Result<RegistrationFunnel, StoreError> {
        let (own, project) = (tenant.clone(), project.map(str::to_owned));
        let work = async move |connection: &mut Connection| {
            let whose = Whose { tenant: &own, project: project.as_deref() };
            funnel(connection, &whose).await
        };
        self.read_replica(tenant, work).await
    }
}

async fn funnel(
    connection: &mut Connection,
    whose: &Whose<'_>,
) -> Result<RegistrationFunnel, StoreError> {
    let (registrations, faces) = ("app_registrations", "biometric_validations");
    let by_status = whose.grouped(registrations, "COALESCE(status, '')", "");
    let by_step = whose.grouped(registrations, "COALESCE(current_step, '')", "");
    let failures = whose.grouped(faces, LIVENESS_FAILURE, OF_FAILED);
    let mut document_failures = Vec::new();
    for check in DocumentCheck::ALL {
        let label = check.entry().wire_name;
        let count = connection.fetch_number(&whose.failed_documents(label)).await?;
        let count = u64::try_from(count).unwrap_or(0);
        let counted = LabelCount { label: label.to_owned(), count };
        document_failures.extend((count > 0).then_some(counted));
    }
    let rejected = whose.grouped("document_validations", "status", OF_REJECTED);
    document_failures.extend(connection.fetch_rows(&rejected, label_count).await?);
    Ok(RegistrationFunnel {
        by_status: connection.fetch_rows(&by_status, label_count).await?,
        by_step: connection.fetch_rows(&by_step, label_count).await?,
        document_failures,
        liveness_failures: connection.fetch_rows(&failures, label_count).await?,
    })
}

/// In the words of the rejections that capture pages are told.
const LIVENESS_FAILURE: &str = "CASE WHEN verification_results LIKE '%\"livenessDetection\":\"failed\"%' \
                                THEN 'liveness_failed' ELSE 'failed' END";
const OF_REJECTED: &str =
    " AND status IN ('NOT_FOUND', 'FAILED', 'EXPIRED') AND app_registration IS NOT NULL";
const OF_FAILED: &str = " AND status = 'failed' AND app_registration IS NOT NULL";

impl Whose<'_> {
    fn grouped(&self, table: &'static str, label: &'static str, more: &'static str) -> Sql {
        let mut sql = Sql::default();
        sql.push("SELECT ").push(label).push(", count(*) FROM ").push(table);
        sql.push(" WHERE 1 = 1").push(more);
        self.push(&mut sql);
        sql.push(" GROUP BY 1 ORDER BY 2 DESC, 1");
        sql
    }

    /// How many checks of documents of these registrations have found what this one looks for.
    fn failed_documents(&self, check: &str) -> Sql {
        let mut sql = Sql::default();
        sql.push("SELECT count(*) FROM document_liveness WHERE validation_results LIKE ");
        sql.bind(Arg::Text(format!("%\"{check}\":{{\"passed\":false%")));
        sql.push(" AND app_registration IN (SELECT id FROM app_registrations WHERE 1 = 1");
        self.push(&mut sql);
        sql.push(")");
        self.push_tenant(&mut sql);
        sql
    }

    fn push(&self, sql: &mut Sql) {
        self.push_tenant(sql);
        if let Some(project) = self.project {
            sql.push(" AND project = ").bind(Arg::Text(project.to_owned()));
        }
    }

    fn push_tenant(&self, sql: &mut Sql) {
        if let Tenant::Client(client) = self.tenant {
            sql.push(" AND client = ").bind(Arg::Text(client.clone()));
        }
    }
}

fn label_count(row: &dyn Cells) -> Result<LabelCount, StoreError> {
    let count = row.integer(1)?.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
    Ok(LabelCount { label: row.string(0)?, count })
}
