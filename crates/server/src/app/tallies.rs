//! Keeping the tallies that totals and deep pages are read from.

use std::time::Duration;

use verax_domain::resources;
use verax_query::Resource;
use verax_store::{StoreError, Upkeep};

use super::App;

/// Between two looks: requests read what is not folded yet record by record, so it must stay small.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// More changes than come between two looks when nothing is imported.
const MANY: u64 = 1_000;
/// So many changes are folded one after the other more slowly than all records are counted again.
const REBUILD_ABOVE: u64 = 100_000;

impl App {
    /// Folds changes into the tallies for as long as the server runs.
    pub async fn keep_tallies(self) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            for resource in tallied() {
                if let Err(error) = self.fold_if_changed(resource).await {
                    tracing::warn!(cause = %error, "the tallies could not be brought up to date");
                }
            }
        }
    }

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

    /// Compares the tallies with the records; wrong ones are made anew. Answers how many buckets
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
