//! What the database holds for all nodes: read, set and left to each node again.

use verax_store::{Batch, StoreError};

use crate::app::App;
use crate::app::journal::Origin;

/// Why a setting is not changed.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// Names the setting that all nodes cannot share, or what its value must be.
    #[error("{0}")]
    Invalid(String),
    #[error("{0} is not set for all nodes")]
    NotSet(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

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

    /// Sets a setting for all nodes. The log says who did; a value may be secret.
    ///
    /// # Errors
    /// `Invalid`, `Store`.
    pub async fn set_setting(
        &self,
        name: &str,
        value: &str,
        origin: &Origin,
    ) -> Result<(), SettingError> {
        let invalid = |error: anyhow::Error| SettingError::Invalid(error.to_string());
        self.config.now().with(name, value).map_err(invalid)?;
        let mut batch = Batch::default();
        batch.set_setting(name, value, self.clock.now());
        self.database.commit(batch).await?;
        let (actor, request) = (origin.actor(), origin.request());
        tracing::info!(actor, request, name, "a setting was set for all nodes");
        Ok(())
    }

    /// Leaves a setting to each node again. The log says who did.
    ///
    /// # Errors
    /// `NotSet`, `Store`.
    pub async fn unset_setting(&self, name: &str, origin: &Origin) -> Result<(), SettingError> {
        let mut batch = Batch::default();
        batch.unset_setting(name);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => return Err(SettingError::NotSet(name.to_owned())),
            done => done?,
        }
        let (actor, request) = (origin.actor(), origin.request());
        tracing::info!(actor, request, name, "a setting was left to each node");
        Ok(())
    }
}
