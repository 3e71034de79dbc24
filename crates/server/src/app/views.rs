//! Views: lists of the console that members save under a name, for themselves or for their colleagues. A view
//! is a query and nothing that was found by it: each who opens it sees what they may see.

use verax_query::{Query, Resource, fold, nfc};
use verax_store::{Batch, MemberKey, NewView, StoreError, ViewLimits};
pub use verax_store::{DeletableViews, View};

use super::App;

pub const NAME_CHARS_MAX: usize = 60;
/// Of the printed query.
pub const QUERY_BYTES_MAX: usize = 2048;
pub const LIMITS: ViewLimits = ViewLimits { of_member: 50, shared: 200 };

/// A list that a member saves.
#[derive(Clone, Copy, Debug)]
pub struct SaveView<'a> {
    pub name: &'a str,
    pub query: &'a Query,
    pub is_shared: bool,
    /// What happens where the member has a view of this name.
    pub existing: ExistingView,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExistingView {
    Keep,
    Replace,
}

/// Why a view is not saved, or not deleted.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    #[error("must be 1 to {} characters", NAME_CHARS_MAX)]
    NameInvalid,
    #[error("the query must be at most {} bytes", QUERY_BYTES_MAX)]
    QueryTooLong,
    #[error("the member has a view of this name")]
    NameTaken,
    /// Of this member and resource.
    #[error("at most {} views of one list", LIMITS.of_member)]
    TooMany,
    /// By all members of the client.
    #[error("at most {} shared views", LIMITS.shared)]
    TooManyShared,
    #[error("there is no such view")]
    Gone,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// The member's own views of this resource, and behind them those that colleagues have shared: members
    /// of the same client, or of the whole server. Each of both in the order of their names.
    pub async fn views(
        &self,
        key: MemberKey<'_>,
        resource: &Resource,
    ) -> Result<Vec<View>, StoreError> {
        let mut views = self.database.views(key, resource.name).await?;
        views.sort_by_cached_key(|it| (it.member != key.1, fold(&it.name), it.id.clone()));
        Ok(views)
    }

    /// Saves the list that a query asks for, from its beginning.
    ///
    /// # Errors
    /// `NameInvalid`, `QueryTooLong`, `NameTaken`, `TooMany`, `TooManyShared`, `Gone` (the member is).
    pub async fn save_view(&self, key: MemberKey<'_>, save: SaveView<'_>) -> Result<(), ViewError> {
        let name = checked_name(save.name)?;
        let resource = save.query.resource().name;
        let query = save.query.clone().from_the_beginning().to_query_string();
        if query.len() > QUERY_BYTES_MAX {
            return Err(ViewError::QueryTooLong);
        }
        let id = self.new_id();
        let view =
            NewView { id: &id, resource, name: &name, query: &query, is_shared: save.is_shared };
        let mut batch = Batch::default();
        if save.existing == ExistingView::Replace {
            batch.delete_view_named(key, resource, &name);
        }
        batch.insert_view(key, &view, LIMITS, self.clock.now());
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => Err(self.why_not_saved(key, &view, save.existing).await?),
            saved => Ok(saved?),
        }
    }

    async fn why_not_saved(
        &self,
        key: MemberKey<'_>,
        view: &NewView<'_>,
        existing: ExistingView,
    ) -> Result<ViewError, StoreError> {
        let has_it = self.database.has_view(key, view.resource, view.name).await?;
        if has_it && existing == ExistingView::Keep {
            return Ok(ViewError::NameTaken);
        }
        let counts = self.database.view_counts(key, view.resource).await?;
        if !has_it && counts.of_member >= LIMITS.of_member {
            return Ok(ViewError::TooMany);
        }
        Ok(match view.is_shared && counts.shared >= LIMITS.shared {
            true => ViewError::TooManyShared,
            false => ViewError::Gone,
        })
    }

    /// Deletes a view of this resource.
    ///
    /// # Errors
    /// `Gone`: there is none that the member may delete.
    pub async fn delete_view(
        &self,
        key: MemberKey<'_>,
        (resource, id): (&Resource, &str),
        deletable: DeletableViews,
    ) -> Result<(), ViewError> {
        let mut batch = Batch::default();
        batch.delete_view(key, (resource.name, id), deletable);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => Err(ViewError::Gone),
            deleted => Ok(deleted?),
        }
    }
}

fn checked_name(name: &str) -> Result<String, ViewError> {
    let name = nfc(name.trim()).into_owned();
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
    if fits && !name.contains(char::is_control) { Ok(name) } else { Err(ViewError::NameInvalid) }
}
