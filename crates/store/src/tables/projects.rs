//! Projects and their flows.

use verax_domain::resources::PROJECTS;
use verax_query::{Arg, Sql, Tenant};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::tables::records::push_record_key;

/// As many collections are looked at.
const COLLECTIONS_MAX: i64 = 100;

impl Database {
    /// The collections of the projects that have a flow of this type: those that the projects are
    /// assigned, and those that name them; a hundred at most.
    pub async fn collections_of_flows(
        &self,
        tenant: &Tenant,
        flow_type: &str,
    ) -> Result<Vec<String>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT DISTINCT c.id FROM collections c JOIN projects p ON p.client = c.client ");
        sql.push("AND (p.assigned_collection = c.id OR c.project = p.id) JOIN project_flows f ");
        sql.push("ON f.project = p.id AND f.client = p.client WHERE f.type = ");
        sql.bind(Arg::Text(flow_type.to_owned()));
        if let Tenant::Client(client) = tenant {
            sql.push(" AND c.client = ").bind(Arg::Text(client.clone()));
        }
        sql.push(" ORDER BY c.id LIMIT ").bind(Arg::Integer(COLLECTIONS_MAX));
        self.fetch_rows(sql, |row| row.string(0)).await
    }

    /// The code that a trial of this project takes in the place of one that is sent, if it has one.
    pub async fn demo_otp(
        &self,
        client: &str,
        project: &str,
    ) -> Result<Option<String>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT demo_otp FROM projects");
        push_record_key(&mut sql, &PROJECTS, client, project);
        sql.push(" AND demo_otp IS NOT NULL");
        self.fetch_row(sql, |row| row.string(0)).await
    }
}

impl Batch {
    /// Sets that code, in the batch that changes the project.
    pub fn set_demo_otp(&mut self, client: &str, project: &str, code: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE projects SET demo_otp = ").bind(Arg::Text(code.to_owned()));
        push_record_key(&mut sql, &PROJECTS, client, project);
        self.push(sql, Rows::Exactly(1))
    }

    /// The flows of a project that goes go with it.
    pub fn delete_flows_of(&mut self, client: &str, project: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM project_flows WHERE project = ").bind(Arg::Text(project.to_owned()));
        sql.push(" AND client = ").bind(Arg::Text(client.to_owned()));
        self.push(sql, Rows::Any)
    }
}
