//! The states of a document check: each step is made only where the one before it stands. Its job
//! outlives it until its image is where it belongs.
use verax_domain::events::{Certainty, Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_domain::{Record, Timestamp};
use verax_query::{Arg, Sql};

use crate::batch::{Batch, Rows};
use crate::tables::check_ends::CheckEnd;
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
        stamp: Stamp,
    ) -> &mut Batch {
        self.insert_record(record, now, Entry::Event(EventKind::DocumentCheckCreated, stamp));
        self.insert_job(&Job {
            kind: JobKind::DocumentCheck,
            record: record.id.clone(),
            client: record.client.clone(),
            lease_until,
            detail: Some(detail),
            attempts: 0,
        })
    }

    /// Whoever has taken up its job goes on with it.
    pub fn resume_document_check(
        &mut self,
        client: &str,
        id: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE document_liveness SET status = 'processing', updated_at = ");
        sql.bind(Arg::Integer(now.0));
        push_record_key(&mut sql, &DOCUMENT_LIVENESS, client, id);
        sql.push(" AND status IN ('new', 'processing')");
        self.push(sql, Rows::Exactly(1));
        let entry = Entry::Event(EventKind::DocumentCheckStarted, stamp);
        self.journal(entry, (client, id), Certainty::Changed, now)
    }

    /// Ends a check that cannot be resumed. A record that has reached its end, or is gone, stays as it
    /// is.
    pub fn abandon_document_check(
        &mut self,
        client: &str,
        id: &str,
        reason: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let (event, certainty) = (EventKind::DocumentCheckFailed, Certainty::ChangedIfOpen);
        let found = vec![("failure_reason", Arg::Text(reason.to_owned()))];
        self.end_check(CheckEnd { event, client, id, found, certainty, stamp }, now)
    }
}
