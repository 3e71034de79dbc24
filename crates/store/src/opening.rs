//! Opening a database: its schema is brought up to date, and its text folded again where it must be.

use crate::database::Database;
use crate::{Location, Options, Schema, StoreError};

impl Database {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// `Missing` when there is none and `schema` says not to make one, `Newer` when a newer server made it, `Address` when the address makes no sense,
    /// `Unavailable` when it does not answer. A replica that does not answer is no error.
    pub async fn open(location: &Location, options: &Options) -> Result<Database, StoreError> {
        let database = Database::connect(location, options).await?;
        if matches!(options.schema, Schema::BringUpToDate | Schema::BringExistingUpToDate) {
            database.refold().await?;
        }
        Ok(database)
    }
}
