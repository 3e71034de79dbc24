//! Reviews: each step is made only where the one before it stands, and by whom it was read to be.

use verax_domain::events::{Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_domain::lifecycle::ReviewState;
use verax_domain::records::Transition;
use verax_domain::records::review::Review;
use verax_domain::resources::REVIEWS;
use verax_domain::{Record, Timestamp};
use verax_query::{Arg, Resource, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::tables::records::push_record_key;

/// What a reviewer has written down about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewNote {
    pub id: String,
    /// As the journal writes who does something.
    pub author: String,
    pub note: String,
    pub created_at: Timestamp,
}

/// What one step of a review forgets of those before.
const WITHOUT_CLAIM: &str = "claimed_by = NULL, claimed_until = NULL";
const WITHOUT_PROPOSAL: &str = "claimed_by = NULL, claimed_until = NULL, proposal = NULL, \
     reasons = NULL, note = NULL, decided_by = NULL, evidence_digest = NULL";

impl Database {
    /// The notes of a review, the oldest first.
    pub async fn review_notes(
        &self,
        client: &str,
        review: &str,
    ) -> Result<Vec<ReviewNote>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT id, author, note, created_at FROM review_notes WHERE client = ");
        sql.bind(text(client)).push(" AND review = ").bind(text(review));
        sql.push(" ORDER BY created_at, id");
        self.fetch_rows(sql, |row| {
            Ok(ReviewNote {
                id: row.string(0)?,
                author: row.string(1)?,
                note: row.string(2)?,
                created_at: Timestamp(row.integer(3)?.unwrap_or(0)),
            })
        })
        .await
    }

    /// Client and id of reviews whose claim has run out, `limit` at most.
    pub async fn lapsed_reviews(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT client, id FROM reviews WHERE status = 'claimed' AND claimed_until <= ");
        sql.bind(Arg::Integer(now.0)).push(" ORDER BY claimed_until, id LIMIT ");
        sql.bind(Arg::Integer(limit.into()));
        self.fetch_rows(sql, |row| Ok((row.string(0)?, row.string(1)?))).await
    }

    /// How often a registration's person has had documents read, and has failed face checks.
    pub async fn registration_attempts(
        &self,
        client: &str,
        registration: &str,
    ) -> Result<(i64, i64), StoreError> {
        let mut sql = Sql::default();
        sql.push(
            "SELECT document_readings, failed_attempts FROM app_registrations WHERE client = ",
        );
        sql.bind(text(client)).push(" AND id = ").bind(text(registration));
        let counts = self
            .fetch_row(sql, |row| Ok((row.integer(0)?.unwrap_or(0), row.integer(1)?.unwrap_or(0))));
        Ok(counts.await?.unwrap_or_default())
    }
}

impl Batch {
    /// Opens a review; a `Conflict` when its subject has one that is not decided.
    pub fn open_review(&mut self, record: &Record, now: Timestamp, stamp: Stamp) -> &mut Batch {
        self.insert_record(record, now, Entry::Event(EventKind::ReviewOpened, stamp))
    }

    /// Takes a step of a review; a `Conflict` when it stands elsewhere than it was read to, or is another
    /// reviewer's by now.
    pub fn step_review(
        &mut self,
        before: &Review,
        step: &Transition<Review>,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE reviews SET ").push(match step.after.state {
            ReviewState::Claimed | ReviewState::Open => WITHOUT_PROPOSAL,
            _ => WITHOUT_CLAIM,
        });
        push_record_key(&mut sql, &REVIEWS, &before.client, &before.id);
        sql.push(" AND COALESCE(claimed_by, '') = ");
        sql.bind(text(before.claimed_by.as_deref().unwrap_or_default()));
        sql.push(" AND COALESCE(claimed_until, 0) = ");
        sql.bind(Arg::Integer(before.claimed_until.map_or(0, |until| until.0)));
        self.push(sql, Rows::Exactly(1)).transition(step, now, stamp)
    }

    /// A `Conflict` when the record has changed since; nobody changes it until this is committed.
    pub fn require_unchanged(
        &mut self,
        resource: &'static Resource,
        (client, id): (&str, &str),
        updated_at: Option<Timestamp>,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(resource.table).push(" SET updated_at = updated_at");
        push_record_key(&mut sql, resource, client, id);
        sql.push(" AND COALESCE(updated_at, 0) = ");
        sql.bind(Arg::Integer(updated_at.map_or(0, |at| at.0)));
        self.push(sql, Rows::Exactly(1))
    }

    pub fn insert_review_note(
        &mut self,
        (client, review): (&str, &str),
        note: &ReviewNote,
    ) -> &mut Batch {
        // Only while the review is there.
        self.hold_record(&REVIEWS, client, review);
        let mut sql = Sql::default();
        sql.push(
            "INSERT INTO review_notes (id, client, review, author, note, created_at) VALUES (",
        );
        sql.bind(text(&note.id)).push(", ").bind(text(client)).push(", ").bind(text(review));
        sql.push(", ").bind(text(&note.author)).push(", ").bind(text(&note.note));
        sql.push(", ").bind(Arg::Integer(note.created_at.0)).push(")");
        self.push(sql, Rows::Exactly(1))
    }

    /// Erases what reviewers have written about one case.
    pub fn erase_review_notes(&mut self, client: &str, review: &str) -> &mut Batch {
        self.erase_notes(client, " AND id = ", review)
    }

    /// Erases what reviewers have written about a record that is deleted, or about the checks of a
    /// registration that is.
    pub fn erase_notes_about(&mut self, client: &str, record: &str) -> &mut Batch {
        self.erase_notes(client, " AND subject_id = ", record);
        self.erase_notes(client, " AND app_registration = ", record)
    }

    fn erase_notes(&mut self, client: &str, which: &'static str, value: &str) -> &mut Batch {
        self.erases = true;
        let mut sql = Sql::default();
        sql.push("DELETE FROM review_notes WHERE client = ").bind(text(client));
        sql.push(" AND review IN (SELECT id FROM reviews WHERE client = ").again(1);
        sql.push(which).bind(text(value)).push(")");
        self.push(sql, Rows::Any);
        let mut sql = Sql::default();
        sql.push("UPDATE reviews SET note = NULL WHERE note IS NOT NULL AND client = ");
        sql.bind(text(client)).push(which).bind(text(value));
        self.push(sql, Rows::Any)
    }
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
