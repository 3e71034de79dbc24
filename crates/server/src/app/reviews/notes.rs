//! What reviewers write down about a case. It may be about a person: it is shown to reviewers alone, and goes
//! when they say so, or with what it is about.

use verax_domain::records::review::Review;
use verax_store::{Batch, ReviewNote};

use super::{ReviewActor, ReviewError};
use crate::app::App;

impl App {
    /// The notes of a case, the oldest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn review_notes(
        &self,
        actor: &ReviewActor,
        id: &str,
    ) -> Result<Vec<ReviewNote>, ReviewError> {
        let Review { client, id, .. } = self.review(actor, id).await?;
        Ok(self.database.review_notes(&client, &id).await?)
    }

    /// Adds a note to a case, whoever is at it.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn add_review_note(
        &self,
        actor: &ReviewActor,
        id: &str,
        note: &str,
    ) -> Result<ReviewNote, ReviewError> {
        let Review { client, id, .. } = self.review(actor, id).await?;
        let note = self.new_note(actor, note);
        let mut batch = Batch::default();
        batch.insert_review_note((&client, &id), &note);
        self.database.commit(batch).await?;
        Ok(note)
    }

    /// Erases the notes of a case, and what was noted of its decision.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn erase_review_notes(
        &self,
        actor: &ReviewActor,
        id: &str,
    ) -> Result<(), ReviewError> {
        let Review { client, id, .. } = self.review(actor, id).await?;
        let mut batch = Batch::default();
        batch.erase_review_notes(&client, &id);
        // A stored answer holds what it said.
        batch.forget_answers(&client, &id);
        self.database.commit(batch).await?;
        Ok(self.destroy_answers(&client, &id).await?)
    }

    pub(super) fn new_note(&self, actor: &ReviewActor, note: &str) -> ReviewNote {
        ReviewNote {
            id: self.new_id(),
            author: actor.name(),
            note: note.to_owned(),
            created_at: self.clock.now(),
        }
    }
}
