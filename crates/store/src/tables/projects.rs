//! Projects and their flows.

use verax_query::{Arg, Sql};

use crate::batch::{Batch, Rows};

impl Batch {
    /// The flows of a project that goes go with it.
    pub fn delete_flows_of(&mut self, client: &str, project: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM project_flows WHERE project = ").bind(Arg::Text(project.to_owned()));
        sql.push(" AND client = ").bind(Arg::Text(client.to_owned()));
        self.push(sql, Rows::Any)
    }
}
