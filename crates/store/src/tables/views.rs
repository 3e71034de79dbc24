//! Views: lists that members have saved under a name, for themselves or for their colleagues.

use verax_domain::Timestamp;
use verax_domain::resources::PROJECT_MEMBERS;
use verax_query::{Arg, Sql};

use super::members::MemberKey;
use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;

/// A saved list of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub id: String,
    /// Whose it is: a member of the same client.
    pub member: String,
    pub name: String,
    /// The list's query string, as it was printed.
    pub query: String,
    /// Whether the member's colleagues see it, too.
    pub is_shared: bool,
}

/// A list that is saved.
#[derive(Clone, Copy, Debug)]
pub struct NewView<'a> {
    pub id: &'a str,
    pub resource: &'a str,
    pub name: &'a str,
    pub query: &'a str,
    pub is_shared: bool,
}

/// How many views there may be.
#[derive(Clone, Copy, Debug)]
pub struct ViewLimits {
    /// Of one member and one resource.
    pub of_member: i64,
    /// Shared by all members of one client, of all resources.
    pub shared: i64,
}

/// How many views there are, of those that [`ViewLimits`] limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewCounts {
    pub of_member: i64,
    pub shared: i64,
}

/// Which views somebody may delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletableViews {
    Own,
    /// Also those that colleagues have shared.
    OwnAndShared,
}

const COLUMNS: &str = "SELECT id, member, name, query, shared FROM views WHERE client = ";

impl Database {
    /// The member's own views of this resource, and those that colleagues have shared.
    pub async fn views(
        &self,
        (client, member): MemberKey<'_>,
        resource: &str,
    ) -> Result<Vec<View>, StoreError> {
        let mut sql = Sql::default();
        sql.push(COLUMNS).bind(text(client)).push(" AND member = ").bind(text(member));
        sql.push(" AND resource = ").bind(text(resource)).push(" UNION ALL ").push(COLUMNS);
        sql.again(1).push(" AND member <> ").again(2).push(" AND resource = ").again(3);
        sql.push(" AND shared");
        self.fetch_rows(sql, |row| {
            Ok(View {
                id: row.string(0)?,
                member: row.string(1)?,
                name: row.string(2)?,
                query: row.string(3)?,
                is_shared: row.boolean(4)?.unwrap_or(false),
            })
        })
        .await
    }

    /// Whether the member has a view of this resource with this name.
    pub async fn has_view(
        &self,
        (client, member): MemberKey<'_>,
        resource: &str,
        name: &str,
    ) -> Result<bool, StoreError> {
        let mut sql = Sql::default();
        sql.push(COLUMNS).bind(text(client)).push(" AND member = ").bind(text(member));
        sql.push(" AND resource = ").bind(text(resource)).push(" AND name = ").bind(text(name));
        self.has_rows(sql).await
    }

    pub async fn view_counts(
        &self,
        (client, member): MemberKey<'_>,
        resource: &str,
    ) -> Result<ViewCounts, StoreError> {
        let mut of_member = Sql::default();
        of_member.push("SELECT count(*) FROM views WHERE client = ").bind(text(client));
        of_member.push(" AND member = ").bind(text(member));
        of_member.push(" AND resource = ").bind(text(resource));
        let mut shared = Sql::default();
        shared.push("SELECT count(*) FROM views WHERE shared AND client = ").bind(text(client));
        Ok(ViewCounts {
            of_member: self.fetch_number(of_member).await?,
            shared: self.fetch_number(shared).await?,
        })
    }
}

impl Batch {
    /// Saves a view; a `Conflict` when the member is gone, has a view of this resource and name, or there
    /// are as many as there may be. Saves of one member wait for each other; of shared views there may be
    /// one more for each colleague who shares at the same moment.
    pub fn insert_view(
        &mut self,
        (client, member): MemberKey<'_>,
        view: &NewView<'_>,
        limits: ViewLimits,
        now: Timestamp,
    ) -> &mut Batch {
        self.hold_record(&PROJECT_MEMBERS, client, member);
        let mut sql = Sql::default();
        sql.push("INSERT INTO views (id, client, member, resource, name, query, shared, ");
        sql.push("created_at) VALUES (").bind(text(view.id)).push(", ").bind(text(client));
        sql.push(", ").bind(text(member)).push(", ").bind(text(view.resource)).push(", ");
        sql.bind(text(view.name)).push(", ").bind(text(view.query)).push(", ");
        sql.bind(Arg::Bool(view.is_shared)).push(", ").bind(Arg::Integer(now.0));
        sql.push(") ON CONFLICT DO NOTHING");
        self.push(sql, Rows::Exactly(1));
        let mut sql = Sql::default();
        sql.push("UPDATE views SET shared = shared WHERE client = ").bind(text(client));
        sql.push(" AND id = ").bind(text(view.id));
        sql.push(" AND (SELECT count(*) FROM views AS other WHERE other.client = ").again(1);
        sql.push(" AND other.member = ").bind(text(member));
        sql.push(" AND other.resource = ").bind(text(view.resource)).push(") <= ");
        sql.bind(Arg::Integer(limits.of_member));
        sql.push(" AND (NOT shared OR (SELECT count(*) FROM views AS other WHERE other.client = ");
        sql.again(1).push(" AND other.shared) <= ").bind(Arg::Integer(limits.shared)).push(")");
        self.push(sql, Rows::Exactly(1))
    }

    /// Deletes the member's own view of this name, if there is one.
    pub fn delete_view_named(
        &mut self,
        key: MemberKey<'_>,
        resource: &str,
        name: &str,
    ) -> &mut Batch {
        // What a list is searched for may name a person.
        self.erases = true;
        let mut sql = delete_of(key);
        sql.push(" AND resource = ").bind(text(resource)).push(" AND name = ").bind(text(name));
        self.push(sql, Rows::Any)
    }

    /// Deletes a view of this resource; a `Conflict` when there is none that the member may delete.
    pub fn delete_view(
        &mut self,
        (client, member): MemberKey<'_>,
        (resource, id): (&str, &str),
        deletable: DeletableViews,
    ) -> &mut Batch {
        self.erases = true;
        let mut sql = Sql::default();
        sql.push("DELETE FROM views WHERE client = ").bind(text(client));
        sql.push(" AND id = ").bind(text(id)).push(" AND resource = ").bind(text(resource));
        sql.push(" AND (member = ").bind(text(member)).push(match deletable {
            DeletableViews::Own => ")",
            DeletableViews::OwnAndShared => " OR shared)",
        });
        self.push(sql, Rows::Exactly(1))
    }

    pub(super) fn delete_views_of(&mut self, key: MemberKey<'_>) -> &mut Batch {
        self.erases = true;
        self.push(delete_of(key), Rows::Any)
    }
}

fn delete_of((client, member): MemberKey<'_>) -> Sql {
    let mut sql = Sql::default();
    sql.push("DELETE FROM views WHERE client = ").bind(text(client));
    sql.push(" AND member = ").bind(text(member));
    sql
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
