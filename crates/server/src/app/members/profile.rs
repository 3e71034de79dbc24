//! What members say of themselves.

use verax_store::{Batch, MemberKey, StoreError};

use super::errors::MemberError;
use super::invitations::checked_name;
use crate::app::App;
use crate::app::journal::Origin;

impl App {
    /// What a member is called, and the language that they read, a code of two letters.
    ///
    /// # Errors
    /// `NameInvalid`, `Gone` (deleted, or disabled at this moment).
    pub async fn change_profile(
        &self,
        key: MemberKey<'_>,
        (name, language): (&str, Option<&str>),
        origin: &Origin,
    ) -> Result<(), MemberError> {
        let name = checked_name(name)?;
        let mut batch = Batch::default();
        batch.set_profile(key, (&name, language), self.clock.now(), self.stamp(origin));
        let committed = self.database.commit(batch).await;
        self.forget_tokens();
        match committed {
            Err(StoreError::Conflict) => Err(MemberError::Gone),
            committed => Ok(committed?),
        }
    }
}
