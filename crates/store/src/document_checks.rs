//! The states of a document check: each step is made only where the one before it stands. Its job
//! outlives it until its picture is where it belongs.

use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_domain::{Record, Timestamp};
use verax_query::{Arg, Sql};

use crate::jobs::{Job, JobKind};
use crate::write::{Batch, Rows, own};

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
        own(&mut sql, &DOCUMENT_LIVENESS, client, id);
        sql.push(" AND status = 'new'");
        self.push(sql, Rows::Exactly(1))
    }

    /// The same for whoever has taken up its job.
    pub fn resume_document_check(&mut self, client: &str, id: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE document_liveness SET status = 'processing', updated_at = ");
        sql.bind(Arg::Integer(now.0));
        own(&mut sql, &DOCUMENT_LIVENESS, client, id);
        sql.push(" AND status IN ('new', 'processing')");
        self.push(sql, Rows::Exactly(1))
    }

    /// `processing` becomes `completed`, with what `record` says was found.
    pub fn complete_document_check(&mut self, record: &Record, now: Timestamp) -> &mut Batch {
        let said = |column| record.value(column).cloned().unwrap_or(Arg::Null);
        let mut sql = Sql::default();
        sql.push("UPDATE document_liveness SET status = 'completed', updated_at = ");
        sql.bind(Arg::Integer(now.0)).push(", completed_at = ").again(1);
        sql.push(", validation_results = ").bind(said("validation_results"));
        sql.push(", validation_results_full = ").bind(said("validation_results_full"));
        sql.push(", validation_flags = ").bind(said("validation_flags"));
        sql.push(", risk_score = ").bind(said("risk_score"));
        sql.push(", image_saved = ").bind(said("image_saved"));
        sql.push(", image_url = ").bind(said("image_url"));
        sql.push(", confidence = ").bind(said("confidence"));
        own(&mut sql, &DOCUMENT_LIVENESS, &record.client, &record.id);
        sql.push(" AND status = 'processing'");
        self.push(sql, Rows::Exactly(1))
    }

    /// `processing` becomes `failed`.
    pub fn fail_document_check(
        &mut self,
        client: &str,
        id: &str,
        reason: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = failure(reason, now);
        own(&mut sql, &DOCUMENT_LIVENESS, client, id);
        sql.push(" AND status = 'processing'");
        self.push(sql, Rows::Exactly(1))
    }

    /// Ends a check that cannot be taken up. A record that has reached its end, or is gone, stays
    /// as it is.
    pub fn abandon_document_check(
        &mut self,
        client: &str,
        id: &str,
        reason: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = failure(reason, now);
        own(&mut sql, &DOCUMENT_LIVENESS, client, id);
        sql.push(" AND status IN ('new', 'processing')");
        self.push(sql, Rows::Any)
    }
}

fn failure(reason: &str, now: Timestamp) -> Sql {
    let mut sql = Sql::default();
    sql.push("UPDATE document_liveness SET status = 'failed', updated_at = ");
    sql.bind(Arg::Integer(now.0));
    sql.push(", failure_reason = ").bind(Arg::Text(reason.to_owned()));
    sql
}
