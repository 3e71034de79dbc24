//! Events get their numbers, at once after a commit of this node; other nodes' are looked for.

use std::time::Duration;

use verax_store::{NUMBERED_MAX, Numbered, StoreError, Unnumbered};

use crate::app::App;

/// How long events of other processes wait at most.
const AT_LATEST: Duration = Duration::from_millis(200);

impl App {
    /// Waits for a commit with events, for a moment at most, and gives numbers.
    pub async fn number_next_events(&self) -> Result<(), StoreError> {
        let _ = tokio::time::timeout(AT_LATEST, self.database.journaled().numbering()).await;
        let last = self.number_events().await?;
        tokio::time::sleep(last.rest()).await;
        Ok(())
    }

    /// Gives numbers until no event waits for one, or another node is at it; tells the feed. The last round.
    pub async fn number_events(&self) -> Result<Numbered, StoreError> {
        loop {
            let done = self.database.number_events(|| self.random_bits()).await?;
            self.feed.set_size(done.size);
            if done.count < NUMBERED_MAX {
                return Ok(done);
            }
        }
    }

    /// The events that have no number yet.
    pub async fn unnumbered_events(&self) -> Result<Unnumbered, StoreError> {
        self.database.unnumbered().await
    }
}
