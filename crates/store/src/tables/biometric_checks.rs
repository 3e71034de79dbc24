//! The states of sessions and biometric validations: each step is made only where the one before
//! it stands, and what has to happen later has a job.
use verax_domain::events::{Certainty, Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_domain::records::Transition;
use verax_domain::records::biometric_validation::BiometricValidation;
use verax_domain::resources::BIOMETRIC_VALIDATIONS;
use verax_domain::{Record, Timestamp};
use verax_query::{Arg, Sql};

use crate::batch::{Batch, Rows};
use crate::tables::check_ends::CheckEnd;
use crate::tables::jobs::{Job, JobKind};
use crate::tables::records::push_record_key;

impl Batch {
    /// Makes a validation, and sees to its end when nobody comes.
    pub fn create_validation(
        &mut self,
        record: &Record,
        now: Timestamp,
        expires_at: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        self.insert_record(record, now, Entry::Event(EventKind::ValidationCreated, stamp));
        self.expire_later(JobKind::ValidationExpiry, &record.id, &record.client, expires_at)
    }

    /// The validation is the second factor of this login, for ever.
    pub fn bind_second_factor(
        &mut self,
        client: &str,
        validation: &str,
        login: &str,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE biometric_validations SET second_factor_of = ")
            .bind(Arg::Text(login.to_owned()));
        push_record_key(&mut sql, &BIOMETRIC_VALIDATIONS, client, validation);
        self.push(sql, Rows::Exactly(1))
    }

    pub fn create_session(
        &mut self,
        record: &Record,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> &mut Batch {
        self.insert_record(record, now, Entry::quiet("its validation has the event"));
        self.expire_later(JobKind::SessionExpiry, &record.id, &record.client, expires_at)
    }

    /// An image came: the validation is being measured by whoever holds the job. `person` is the id
    /// of whom it may enrol, so that what a crash leaves behind is found again.
    pub fn begin_validation(
        &mut self,
        begun: &Transition<BiometricValidation>,
        person: Option<&str>,
        now: Timestamp,
        lease_until: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        self.transition(begun, now, stamp).insert_job(&Job {
            kind: JobKind::BiometricCheck,
            record: begun.after.id.clone(),
            client: begun.after.client.clone(),
            lease_until,
            detail: person.map(str::to_owned),
            attempts: 0,
        })
    }

    /// The image could not be measured: another may come, until the validation expires.
    pub fn release_validation(
        &mut self,
        released: &Transition<BiometricValidation>,
        now: Timestamp,
        expires_at: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let BiometricValidation { id, client, .. } = &released.after;
        self.transition(released, now, stamp).delete_job(JobKind::BiometricCheck, id).expire_later(
            JobKind::ValidationExpiry,
            id,
            client,
            expires_at,
        )
    }

    /// The end of a validation; its job is over.
    pub fn end_validation(
        &mut self,
        ended: &Transition<BiometricValidation>,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        self.transition(ended, now, stamp).delete_job(JobKind::BiometricCheck, &ended.after.id)
    }

    /// Ends a validation whose lease has run out: its image is gone. One that has reached its
    /// end stays as it is. Its session is used up either way.
    /// The job stays: more may be left to tidy up.
    pub fn abandon_validation(
        &mut self,
        client: &str,
        id: &str,
        reasons: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let (event, certainty) = (EventKind::ValidationFailed, Certainty::ChangedIfOpen);
        let found = vec![("reasons", Arg::Text(reasons.to_owned()))];
        self.end_check(CheckEnd { event, client, id, found, certainty, stamp }, now);
        let mut sql = end_session("completed", client, now);
        sql.push(" IN (SELECT liveness_session FROM biometric_validations WHERE client = ");
        sql.again(3).push(" AND id = ").bind(Arg::Text(id.to_owned())).push(")");
        self.push(sql, Rows::Any)
    }

    /// What is due expires, unless something has become of it; its job is over.
    pub fn expire(
        &mut self,
        kind: JobKind,
        (client, id): (&str, &str),
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        if kind == JobKind::SessionExpiry {
            let mut sql = end_session("expired", client, now);
            sql.push(" = ").bind(Arg::Text(id.to_owned()));
            self.push(sql, Rows::Any);
        } else {
            let (event, certainty) = (EventKind::ValidationExpired, Certainty::ChangedIfOpen);
            let found = Vec::new();
            self.end_check(CheckEnd { event, client, id, found, certainty, stamp }, now);
        }
        self.delete_job(kind, id)
    }

    /// What is nothing without its validation, and what points to it.
    pub fn delete_validation_rests(&mut self, client: &str, id: &str, session: &str) -> &mut Batch {
        for (statement, key) in [
            (
                "DELETE FROM jobs WHERE kind IN ('biometric_check', 'validation_expiry') \
                 AND record = ",
                id,
            ),
            ("DELETE FROM jobs WHERE kind = 'session_expiry' AND record = ", session),
            ("DELETE FROM liveness_sessions WHERE id = ", session),
            (
                // What was compared names its image, and where the face stands on it.
                "UPDATE app_registrations SET biometric_validation = NULL, \
                 compare_face_verification = NULL, compare_face_until = NULL \
                 WHERE biometric_validation = ",
                id,
            ),
        ] {
            let mut sql = Sql::default();
            sql.push(statement).bind(Arg::Text(key.to_owned()));
            sql.push(" AND client = ").bind(Arg::Text(client.to_owned()));
            self.push(sql, Rows::Any);
        }
        self.redact_logins_of_validation(client, id)
    }

    fn expire_later(
        &mut self,
        kind: JobKind,
        id: &str,
        client: &str,
        expires_at: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO jobs (kind, record, client, lease_until) VALUES (");
        sql.bind(kind.word()).push(", ").bind(Arg::Text(id.to_owned())).push(", ");
        sql.bind(Arg::Text(client.to_owned())).push(", ");
        // A job has lapsed after its moment, a record has expired at its moment.
        sql.bind(Arg::Integer(expires_at.0.saturating_sub(1)));
        sql.push(") ON CONFLICT (kind, record) DO NOTHING");
        self.push(sql, Rows::Any)
    }
}

/// The end of an active session of this client whose id … follows. The third argument is the client.
fn end_session(status: &'static str, client: &str, now: Timestamp) -> Sql {
    let mut sql = Sql::default();
    sql.push("UPDATE liveness_sessions SET status = ").bind(Arg::Text(status.to_owned()));
    sql.push(", updated_at = ").bind(Arg::Integer(now.0));
    sql.push(" WHERE status = 'active' AND client = ").bind(Arg::Text(client.to_owned()));
    sql.push(" AND id");
    sql
}
