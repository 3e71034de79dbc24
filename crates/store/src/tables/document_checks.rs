//! The states of a document check: each step is made only where the one before it stands. Its job
//! outlives it until its picture is where it belongs.

use verax_domain::events::{Certainty, EventKind};
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_domain::{Record, Timestamp};
use verax_query::{Arg, Sql};

use crate::batch::{Batch, Rows};
use crate::tables::check_ends::{CheckEnd, found_of};
use crate::tables::jobs::{Job, JobKind};
use crate::tables::records::push_record_key;

impl Batch {
    /// The record as `new`, and the job that it is for whoever is at it.
    pub fn begin_document_check(
        &mut self,
        record: &Record,
        now: Timestamp,
        lease_until: Timestamp,
        detail: String,
    ) -> &mut Batch {
        self.upsert(record, now, Rows::Exactly(1));
        self.insert_job(&Job {
            kind: JobKind::DocumentCheck,
            record: record.id.clone(),
            client: record.client.clone(),
            lease_until,
            detail: Some(detail),
            attempts: 0,
        })
    }

    /// `new` becomes `processing`.
    pub fn start_document_check(&mut self, client: &str, id: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE document_liveness SET status = 'processing', updated_at = ");
        sql.bind(Arg::Integer(now.0));
        push_record_key(&mut sql, &DOCUMENT_LIVENESS, client, id);
        sql.push(" AND status = 'new'");
        self.push(sql, Rows::Exactly(1))
    }

    /// The same for whoever has taken up its job.
    pub fn resume_document_check(&mut self, client: &str, id: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE document_liveness SET status = 'processing', updated_at = ");
        sql.bind(Arg::Integer(now.0));
        push_record_key(&mut sql, &DOCUMENT_LIVENESS, client, id);
        sql.push(" AND status IN ('new', 'processing')");
        self.push(sql, Rows::Exactly(1))
    }

    /// `processing` becomes `completed`, with what `record` says was found.
    pub fn complete_document_check(&mut self, record: &Record, now: Timestamp) -> &mut Batch {
        let found = found_of(record, &FOUND);
        let end = CheckEnd {
            event: EventKind::DocumentCheckCompleted,
            client: &record.client,
            id: &record.id,
            found: found.map(|(column, value)| (column, value.unwrap_or(Arg::Null))).collect(),
            certainty: Certainty::Changed,
        };
        self.end_check(end, now)
    }

    /// `processing` becomes `failed`.
    pub fn fail_document_check(
        &mut self,
        client: &str,
        id: &str,
        reason: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let (event, certainty) = (EventKind::DocumentCheckFailed, Certainty::Changed);
        let found = because(reason);
        self.end_check(CheckEnd { event, client, id, found, certainty }, now)
    }

    /// Ends a check that cannot be resumed. A record that has reached its end, or is gone, stays as it
    /// is.
    pub fn abandon_document_check(
        &mut self,
        client: &str,
        id: &str,
        reason: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let (event, certainty) = (EventKind::DocumentCheckAbandoned, Certainty::ChangedIfOpen);
        let found = because(reason);
        self.end_check(CheckEnd { event, client, id, found, certainty }, now)
    }
}

/// What is found out about a document.
static FOUND: [&str; 7] = [
    "validation_results",
    "validation_results_full",
    "validation_flags",
    "risk_score",
    "image_saved",
    "image_url",
    "confidence",
];

fn because(reason: &str) -> Vec<(&'static str, Arg)> {
    vec![("failure_reason", Arg::Text(reason.to_owned()))]
}
