//! Documents that were read: what the database keeps of each besides its record, and what it is to its
//! registration.

use verax_domain::events::{Certainty, Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_domain::lifecycle::Actor;
use verax_domain::resources::{APP_REGISTRATIONS, DOCUMENT_VALIDATIONS};
use verax_domain::{Record, Timestamp};
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::tables::jobs::{Job, JobKind};
use crate::tables::records::push_record_key;
use crate::tables::registration_checks::{FAILED_END, WITHOUT_COMPARISON};
use crate::tables::registrations::IS_OPEN;

/// What is kept of a document that was read, and is no field of its record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptReading {
    /// All that it was judged by, as JSON text.
    pub reading: Option<String>,
    /// What the template of its portrait was made by, if one is in the vault.
    pub portrait_model: Option<String>,
}

/// A document that begins to be read for a registration.
#[derive(Clone, Copy, Debug)]
pub struct BegunDocument<'a> {
    pub client: &'a str,
    pub registration: &'a str,
    pub document: &'a str,
    /// The one that it replaces: the registration has this at this moment, or none.
    pub replaces: Option<&'a str>,
    /// So many are begun at most; `None`: a client's own call, which is not counted.
    pub readings_max: Option<i64>,
}

/// Whose number is looked for among others'.
#[derive(Clone, Copy, Debug)]
pub struct NumberOf<'a> {
    pub client: &'a str,
    pub registration: &'a str,
    pub document: &'a str,
    /// Of the number, under the client's key.
    pub digest: &'a str,
}

/// Work that waits for the back of a document, instead of reading one.
const WAITS_FOR_BACK: &str = "back";

impl Job {
    /// Whether nothing is being read: the back of a document is waited for.
    pub fn waits_for_back(&self) -> bool {
        self.detail.as_deref() == Some(WAITS_FOR_BACK)
    }
}

impl Database {
    /// What is kept of a document; `None`: there is no such record.
    pub async fn kept_reading(
        &self,
        client: &str,
        document: &str,
    ) -> Result<Option<KeptReading>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT reading, portrait_model FROM document_validations");
        push_record_key(&mut sql, &DOCUMENT_VALIDATIONS, client, document);
        self.fetch_row(sql, |row| {
            let [reading, portrait_model] = [row.optional_string(0)?, row.optional_string(1)?];
            Ok(KeptReading { reading, portrait_model })
        })
        .await
    }

    /// Whether a document with this number, which was not rejected, is another registration's of this
    /// client, and not of the same person.
    pub async fn is_number_of_another(&self, of: NumberOf<'_>) -> Result<bool, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT 1 FROM document_validations AS other");
        sql.push(" JOIN app_registrations AS theirs ON theirs.client = other.client");
        sql.push(" AND theirs.id = other.app_registration");
        sql.push(" LEFT JOIN app_registrations AS own ON own.client = other.client AND own.id = ");
        sql.bind(text(of.registration)).push(" WHERE other.client = ").bind(text(of.client));
        sql.push(" AND other.number_digest = ").bind(text(of.digest));
        sql.push(" AND other.id <> ").bind(text(of.document));
        sql.push(" AND other.app_registration <> ").again(1);
        sql.push(" AND other.status IN ('ACTIVE', 'ACTIVE_BUT_UNVERIFIED', ");
        sql.push("'NEEDS_MANUAL_VERIFICATION')");
        sql.push(
            " AND (own.person IS NULL OR theirs.person IS NULL OR own.person <> theirs.person)",
        );
        sql.push(" LIMIT 1");
        Ok(self.fetch_row(sql, |_| Ok(())).await?.is_some())
    }

    /// How many documents the device of an open registration has begun to have read; `None`: there is no
    /// such registration, or it is over.
    pub async fn document_readings(
        &self,
        client: &str,
        registration: &str,
    ) -> Result<Option<i64>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT document_readings FROM app_registrations");
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        sql.push(IS_OPEN);
        self.fetch_row(sql, |row| Ok(row.integer(0)?.unwrap_or(0))).await
    }

    /// The ids of the documents that were read for a registration.
    pub async fn documents_of_registration(
        &self,
        client: &str,
        registration: &str,
    ) -> Result<Vec<String>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT id FROM document_validations WHERE client = ").bind(text(client));
        sql.push(" AND app_registration = ").bind(text(registration)).push(" ORDER BY id");
        self.fetch_rows(sql, |row| row.string(0)).await
    }
}

impl Batch {
    /// The record as `ASSESSING`, and the job that it is for whoever is at it.
    pub fn begin_document_validation(
        &mut self,
        record: &Record,
        now: Timestamp,
        lease_until: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        self.insert_record(record, now, Entry::Event(EventKind::DocumentValidationCreated, stamp));
        self.insert_job(&Job {
            kind: JobKind::DocumentReading,
            record: record.id.clone(),
            client: record.client.clone(),
            lease_until,
            detail: None,
            attempts: 0,
        })
    }

    /// An open registration has this document from now on, in the place of the one before. The batch is a
    /// `Conflict` when it is over, has another by now, or its device has begun as many as it may.
    pub fn begin_document(
        &mut self,
        begun: &BegunDocument<'_>,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = changed(now);
        sql.push(", document_validation = ").bind(text(begun.document)).push(WITHOUT_COMPARISON);
        if begun.readings_max.is_some() {
            sql.push(", document_readings = document_readings + 1");
        }
        if let Some(replaced) = begun.replaces {
            sql.push(WITH_FAILED).bind(text(replaced)).push(FAILED_END);
        }
        push_record_key(&mut sql, &APP_REGISTRATIONS, begun.client, begun.registration);
        sql.push(" AND COALESCE(document_validation, '') = ");
        sql.bind(text(begun.replaces.unwrap_or_default())).push(IS_OPEN);
        if let Some(max) = begun.readings_max {
            sql.push(" AND document_readings < ").bind(Arg::Integer(max));
        }
        self.push(sql, Rows::Exactly(1));
        let entry = Entry::Event(EventKind::RegistrationUpdated, stamp);
        self.journal(entry, (begun.client, begun.registration), Certainty::Changed, now)
    }

    /// Keeps what a document was judged by, and the digest of its number.
    pub fn keep_reading(
        &mut self,
        (client, document): (&str, &str),
        reading: &str,
        number_digest: Option<&str>,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE document_validations SET reading = ").bind(text(reading));
        sql.push(", number_digest = ");
        sql.bind(number_digest.map_or(Arg::Null, text));
        push_record_key(&mut sql, &DOCUMENT_VALIDATIONS, client, document);
        self.push(sql, Rows::Exactly(1))
    }

    /// The same without another number.
    pub fn rekeep_reading(
        &mut self,
        (client, document): (&str, &str),
        reading: &str,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE document_validations SET reading = ").bind(text(reading));
        push_record_key(&mut sql, &DOCUMENT_VALIDATIONS, client, document);
        self.push(sql, Rows::Exactly(1))
    }

    /// A batch is a `Conflict` when what a document was judged by is not this any more.
    pub fn require_reading(&mut self, (client, document): (&str, &str), read: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE document_validations SET reading = reading");
        push_record_key(&mut sql, &DOCUMENT_VALIDATIONS, client, document);
        sql.push(" AND reading = ").bind(text(read));
        self.push(sql, Rows::Exactly(1))
    }

    /// The template of its portrait is in the vault, and was made by this model.
    pub fn keep_portrait(&mut self, (client, document): (&str, &str), model: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE document_validations SET portrait_model = ").bind(text(model));
        push_record_key(&mut sql, &DOCUMENT_VALIDATIONS, client, document);
        self.push(sql, Rows::Exactly(1))
    }

    /// Nothing of a document is in the vault any more.
    pub fn forget_read_images(&mut self, client: &str, document: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE document_validations SET url = NULL, back_url = NULL");
        sql.push(", portrait_model = NULL");
        push_record_key(&mut sql, &DOCUMENT_VALIDATIONS, client, document);
        self.push(sql, Rows::Any)
    }

    /// The work on a document waits until then for its back. The batch is a `Conflict` when somebody else
    /// has ended it.
    pub fn wait_for_back(&mut self, document: &str, until: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE jobs SET attempts = 0, detail = ").bind(text(WAITS_FOR_BACK));
        sql.push(", lease_until = ").bind(Arg::Integer(until.0));
        push_job(&mut sql, document);
        self.push(sql, Rows::Exactly(1))
    }

    /// The back that was waited for has come, and is being read until then at most. The batch is a
    /// `Conflict` when it has come before.
    pub fn take_back(&mut self, document: &str, lease_until: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE jobs SET attempts = 0, detail = NULL, lease_until = ");
        sql.bind(Arg::Integer(lease_until.0));
        push_job(&mut sql, document);
        sql.push(" AND detail = ").bind(text(WAITS_FOR_BACK));
        self.push(sql, Rows::Exactly(1))
    }

    /// A document that was not rejected: the registration, if this is still its document, has come to the
    /// step of it.
    pub fn reach_document_step(
        &mut self,
        (client, registration): (&str, &str),
        document: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = changed(now);
        sql.push(", status = 'ONGOING', current_step = 'document'");
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        sql.push(" AND document_validation = ").bind(text(document)).push(IS_OPEN);
        self.push(sql, Rows::Any);
        let entry = Entry::Event(EventKind::RegistrationSyncDocument, stamp);
        self.journal(entry, (client, registration), Certainty::ChangedIfOpen, now)
    }

    /// A document that was rejected is not the registration's any more: it is among those that do not
    /// count. Of a registration that is over, nothing changes.
    pub fn reject_document(
        &mut self,
        (client, registration): (&str, &str),
        document: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = changed(now);
        sql.push(", document_validation = NULL").push(WITHOUT_COMPARISON);
        sql.push(WITH_FAILED).bind(text(document)).push(FAILED_END);
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        sql.push(" AND document_validation = ").bind(text(document)).push(IS_OPEN);
        self.push(sql, Rows::Any);
        let entry = Entry::Event(EventKind::RegistrationUpdated, stamp);
        self.journal(entry, (client, registration), Certainty::ChangedIfOpen, now)
    }

    /// A reviewer accepts a document that was rejected: it is the registration's again, where that is open
    /// and has none. Part of the reviewer's step, which has the event.
    pub fn accept_rejected_document(
        &mut self,
        (client, registration): (&str, &str),
        document: &str,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET document_validation = ").bind(text(document));
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        sql.push(" AND document_validation IS NULL").push(IS_OPEN);
        self.push(sql, Rows::Any)
    }

    /// Somebody asked for a reviewer: it is the registration's document, and the registration waits for the
    /// reviewer. The batch is a `Conflict` when a person asks whose registration is over, or has another
    /// document by now.
    pub fn ask_for_document_review(
        &mut self,
        (client, registration): (&str, &str),
        document: &str,
        actor: Actor,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = changed(now);
        sql.push(", status = 'NEEDS_MANUAL_VERIFICATION', document_validation = ");
        sql.bind(text(document));
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        sql.push(" AND COALESCE(document_validation, ").again(2).push(") = ").again(2);
        sql.push(IS_OPEN);
        let certainty = match actor {
            Actor::Person => Certainty::Changed,
            Actor::Reviewer => Certainty::ChangedIfOpen,
        };
        let rows = if actor == Actor::Person { Rows::Exactly(1) } else { Rows::Any };
        self.push(sql, rows);
        let entry = Entry::Event(EventKind::RegistrationNeedsManualVerification, stamp);
        self.journal(entry, (client, registration), certainty, now)
    }

    /// Nothing points to a document that is deleted.
    pub fn forget_read_document(&mut self, client: &str, document: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET document_validation = NULL");
        sql.push(WITHOUT_COMPARISON).push(" WHERE client = ").bind(text(client));
        sql.push(" AND document_validation = ").bind(text(document));
        self.push(sql, Rows::Any)
    }
}

/// Sets the rejected documents to those that the row has and one more, whose id comes between.
const WITH_FAILED: &str = ", failed_document_validations = CASE \
     WHEN COALESCE(failed_document_validations, '[]') = '[]' THEN '[' \
     ELSE substr(failed_document_validations, 1, length(failed_document_validations) - 1) \
     || ',' END || '\"' || CAST(";

fn push_job(sql: &mut Sql, document: &str) {
    sql.push(" WHERE kind = ").bind(JobKind::DocumentReading.word());
    sql.push(" AND record = ").bind(text(document));
}

fn changed(now: Timestamp) -> Sql {
    let mut sql = Sql::default();
    sql.push("UPDATE app_registrations SET updated_at = ").bind(Arg::Integer(now.0));
    sql
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
