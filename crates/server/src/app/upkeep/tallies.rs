//! Keeping the tallies that totals and deep pages are read from.

use verax_domain::resources;
use verax_query::Resource;
use verax_store::{StoreError, Upkeep};

use crate::app::App;

/// More changes than come between two looks when nothing is imported.
const MANY: u64 = 1_000;
/// So many changes are folded one after the other more slowly than all records are counted again.
const REBUILD_ABOVE: u64 = 100_000;

impl App {
    /// Folds all changes there are, after an import.
    pub async fn fold_tallies(&self) -> Result<(), StoreError> {
        for resource in tallied() {
            if self.database.unfolded(resource).await? > REBUILD_ABOVE {
                self.database.upkeep(Upkeep::Rebuild, resource).await?;
            }
            while self.database.upkeep(Upkeep::Fold, resource).await? > 0 {}
        }
        Ok(())
    }

    /// Compares the tallies with the records; wrong ones are rebuilt. Answers how many buckets
    /// of each resource were wrong.
    pub async fn check_tallies(&self) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let mut found = Vec::new();
        for resource in tallied() {
            let wrong = self.database.upkeep(Upkeep::Check, resource).await?;
            if wrong > 0 {
                self.database.upkeep(Upkeep::Rebuild, resource).await?;
            }
            found.push((resource.name, wrong));
        }
        Ok(found)
    }

    /// Folds the changes of each resource, as far as they are few enough to do it often. One that fails
    /// does not keep the others waiting.
    ///
    /// # Errors
    /// The last resource's that failed.
    pub async fn fold_changes(&self) -> Result<(), StoreError> {
        let mut failed = Ok(());
        for resource in tallied() {
            failed = self.fold_if_changed(resource).await.and(failed);
        }
        failed
    }

    async fn fold_if_changed(&self, resource: &'static Resource) -> Result<(), StoreError> {
        if self.database.unfolded(resource).await? > 0 {
            // One transaction at a time: other writers come in between. After a large one, as an import
            // leaves them, there is the next at once.
            while self.database.upkeep(Upkeep::Fold, resource).await? > MANY {}
        }
        Ok(())
    }
}

fn tallied() -> impl Iterator<Item = &'static Resource> {
    resources::ALL.into_iter().filter(|resource| resource.tally.is_some())
}
