//! Persons deleted: keys first, then what others say of them, then all that was stored.

use verax_domain::records::biometric_validation::response_without;
use verax_domain::resources::PERSONS;
use verax_store::{Batch, StoreError};

use super::{ATTEMPTS, PersonError, run_detached};
use crate::app::App;
use crate::app::journal::Origin;
use crate::app::lists::records::RecordError;

/// Validations that a person is taken out of in one change: others must be able to come between.
const REDACTED_AT_ONCE: u32 = 100;

impl App {
    /// Deletes a person: first the keys that open their faces and the answers about them, then what
    /// other records say of them, then all that was stored. Interrupted in between, the person is
    /// still there and can be deleted again.
    ///
    /// # Errors
    /// `NotFound`; `Vault(NotHeld)` when the key that opens the faces is not in this vault.
    pub async fn delete_person(
        &self,
        client: &str,
        id: &str,
        origin: &Origin,
    ) -> Result<(), PersonError> {
        let (app, client, id) = (self.clone(), client.to_owned(), id.to_owned());
        let origin = origin.clone();
        run_detached(async move {
            app.membership(&client, &id).await?;
            let faces = app.database.templates(&client, vec![id.clone()]).await?;
            let subject = (!faces.is_empty()).then_some(id.as_str());
            match app.begin_deletion(&PERSONS, &client, &id, subject).await {
                Err(RecordError::Gone) => return Err(PersonError::NotFound),
                Err(RecordError::Store(error)) => return Err(error.into()),
                Err(RecordError::Vault(error)) => return Err(error.into()),
                Ok(()) => {}
            }
            app.vault.destroy(&client, &id).await?;
            app.destroy_answers(&client, &id).await?;
            app.redact_responses(&client, &id).await?;
            for _ in 0..ATTEMPTS {
                let seen = app.database.gallery_number(&client).await?;
                let now = app.clock.now();
                let mut batch = Batch::default();
                batch.change_gallery(&client, seen);
                batch.delete_person(&client, &id, now, app.stamp(&origin));
                batch.touch_person(&client, &id, now).forget_answers(&client, &id);
                batch.end_deletion(PERSONS.name, &client, &id);
                match app.database.commit(batch).await {
                    Err(StoreError::Conflict) => match app.membership(&client, &id).await {
                        Err(PersonError::NotFound) => {
                            // Somebody was faster, and nothing is left to resume.
                            let mut batch = Batch::default();
                            batch.end_deletion(PERSONS.name, &client, &id);
                            app.database.commit(batch).await?;
                            return Err(PersonError::NotFound);
                        }
                        found => found.map(drop)?,
                    },
                    committed => {
                        committed?;
                        // A check that named the person in between; from here on none does.
                        app.redact_responses(&client, &id).await?;
                        app.destroy_answers(&client, &id).await?;
                        app.forget_changed(&client).await;
                        return Ok(());
                    }
                }
            }
            Err(PersonError::Contended)
        })
        .await
    }

    /// Takes a person out of the responses of all validations that name them.
    async fn redact_responses(&self, client: &str, person: &str) -> Result<(), StoreError> {
        loop {
            let named = self.database.validations_naming(client, person, REDACTED_AT_ONCE).await?;
            let mut batch = Batch::default();
            for naming in &named {
                batch.redact_response(
                    client,
                    person,
                    naming,
                    response_without(&naming.response, person),
                );
            }
            match named.len() {
                0 => return Ok(()),
                _ => self.database.commit(batch).await?,
            }
        }
    }
}
