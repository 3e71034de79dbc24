//! What the database holds for all nodes: read, set and left to each node again.

use anyhow::{Result, bail};
use verax_store::{Batch, StoreError};

use crate::app::App;

impl App {
    /// Uses what the database holds for all nodes.
    pub async fn read_settings(&self) -> Result<(), StoreError> {
        self.config.share(self.database.settings().await?);
        Ok(())
    }

    /// The names of those that are set for all nodes.
    pub async fn settings_of_all_nodes(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.database.settings().await?.into_iter().map(|(name, _)| name).collect())
    }

    /// Sets a setting for all nodes.
    ///
    /// # Errors
    /// Names the setting that all nodes cannot share, or what its value must be.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        self.config.now().with(name, value)?;
        let mut batch = Batch::default();
        batch.set_setting(name, value, self.clock.now());
        Ok(self.database.commit(batch).await?)
    }

    /// Leaves a setting to each node again.
    pub async fn unset_setting(&self, name: &str) -> Result<()> {
        let mut batch = Batch::default();
        batch.unset_setting(name);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => bail!("{name} is not set for all nodes"),
            done => Ok(done?),
        }
    }
}
