//! Tallies of records that were written past them.

use verax_domain::resources;
use verax_store::{Database, StoreError, Upkeep};

/// Counts all records again, after rows were copied past the tallies.
pub async fn rebuild_tallies(database: &Database) -> Result<(), StoreError> {
    for resource in resources::ALL.into_iter().filter(|it| it.tally.is_some()) {
        database.upkeep(Upkeep::Rebuild, resource).await?;
    }
    Ok(())
}
