//! What checks leave with the registration that they were made for. Each statement holds only while
//! the registration stands as it was read.

use verax_domain::Timestamp;
use verax_domain::events::{Certainty, Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_domain::lifecycle::Actor;
use verax_domain::resources::APP_REGISTRATIONS;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::tables::records::push_record_key;
use crate::tables::registrations::IS_OPEN;

/// A face check that was passed for a registration.
#[derive(Clone, Copy, Debug)]
pub struct PassedFace<'a> {
    pub client: &'a str,
    pub registration: &'a str,
    pub validation: &'a str,
    pub person: &'a str,
    /// Whom the registration had when the check began: nobody else is replaced.
    pub replaces: Option<&'a str>,
    /// A person's check counts while the registration is open, a client's always.
    pub actor: Actor,
}

/// A comparison of a registration's face with the one on its document.
#[derive(Clone, Copy, Debug)]
pub struct KeptComparison<'a> {
    pub client: &'a str,
    pub registration: &'a str,
    /// Whose face was compared.
    pub person: &'a str,
    /// JSON text.
    pub comparison: &'a str,
    pub until: Timestamp,
}

/// What the device of a registration has done with documents, or may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentCounts {
    /// Checks that were begun.
    pub checks: i64,
    /// Those of them whose image was to be stored.
    pub saved_images: i64,
}

/// Sets the failed face checks to those that the row has and one more, whose id comes between.
const WITH_FAILED: &str = ", failed_biometric_validations = CASE \
     WHEN COALESCE(failed_biometric_validations, '[]') = '[]' THEN '[' \
     ELSE substr(failed_biometric_validations, 1, length(failed_biometric_validations) - 1) \
     || ',' END || '\"' || CAST(";
pub(crate) const FAILED_END: &str = " AS text) || '\"]'";

/// Another face, or another document: what was compared are not these.
pub(crate) const WITHOUT_COMPARISON: &str =
    ", compare_face_verification = NULL, compare_face_until = NULL";

impl Database {
    /// What the device of a registration has done with documents; `None`: there is no such
    /// registration, or it is over.
    pub async fn document_counts(
        &self,
        client: &str,
        registration: &str,
    ) -> Result<Option<DocumentCounts>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT document_checks, saved_images FROM app_registrations");
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        sql.push(IS_OPEN);
        self.fetch_row(sql, |row| {
            let [checks, saved_images] = [row.integer(0)?, row.integer(1)?];
            let (checks, saved_images) = (checks.unwrap_or(0), saved_images.unwrap_or(0));
            Ok(DocumentCounts { checks, saved_images })
        })
        .await
    }
}

impl Batch {
    /// The registration has this check and this person.
    pub fn pass_face(
        &mut self,
        passed: &PassedFace<'_>,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = changed(now);
        sql.push(", biometric_validation = ").bind(text(passed.validation));
        sql.push(", person = ").bind(text(passed.person)).push(WITHOUT_COMPARISON);
        push_record_key(&mut sql, &APP_REGISTRATIONS, passed.client, passed.registration);
        sql.push(" AND COALESCE(person, '') = ").bind(text(passed.replaces.unwrap_or_default()));
        if passed.actor == Actor::Person {
            sql.push(IS_OPEN);
        }
        self.push(sql, Rows::Exactly(1));
        let (client, registration) = (passed.client, passed.registration);
        self.registration_updated(client, registration, Certainty::Changed, now, stamp)
    }

    /// A person begins the passed face check again: it stays, among those that do not count, and
    /// whom it enrolled is not the registration's any more.
    pub fn set_aside_face(
        &mut self,
        client: &str,
        registration: &str,
        validation: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = changed(now);
        sql.push(", biometric_validation = NULL, person = CASE WHEN person = ");
        // Whom a validation enrols has its id.
        sql.bind(text(validation)).push(" THEN NULL ELSE person END");
        sql.push(WITHOUT_COMPARISON).push(WITH_FAILED).again(2).push(FAILED_END);
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        sql.push(" AND biometric_validation = ").again(2).push(IS_OPEN);
        self.push(sql, Rows::Exactly(1));
        self.registration_updated(client, registration, Certainty::Changed, now, stamp)
    }

    /// A face check of the registration was failed.
    pub fn fail_face(
        &mut self,
        client: &str,
        registration: &str,
        validation: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = changed(now);
        sql.push(WITH_FAILED).bind(text(validation)).push(FAILED_END);
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        self.push(sql, Rows::Exactly(1));
        self.registration_updated(client, registration, Certainty::Changed, now, stamp)
    }

    /// Counts a document check that a registration's device begins, and the image that it asks to
    /// store; the batch is a `Conflict` when the registration is over, or has begun or stored as many.
    pub fn count_document(
        &mut self,
        client: &str,
        registration: &str,
        save_image: bool,
        max: DocumentCounts,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = changed(now);
        sql.push(", document_checks = document_checks + 1");
        sql.push(if save_image { ", saved_images = saved_images + 1" } else { "" });
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        sql.push(" AND document_checks < ").bind(Arg::Integer(max.checks));
        if save_image {
            sql.push(" AND saved_images < ").bind(Arg::Integer(max.saved_images));
        }
        sql.push(IS_OPEN);
        self.push(sql, Rows::Exactly(1))
    }

    /// The newest document whose image passed is the registration's, while that is open.
    pub fn pass_document(
        &mut self,
        client: &str,
        registration: &str,
        document: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = changed(now);
        sql.push(", document_liveness = ").bind(text(document)).push(WITHOUT_COMPARISON);
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        sql.push(IS_OPEN);
        self.push(sql, Rows::Any);
        self.registration_updated(client, registration, Certainty::ChangedIfOpen, now, stamp)
    }

    /// Keeps a comparison with an open registration whose person is still this one.
    pub fn keep_comparison(
        &mut self,
        kept: &KeptComparison<'_>,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let (client, registration) = (kept.client, kept.registration);
        let mut sql = changed(now);
        sql.push(", compare_face_verification = ").bind(text(kept.comparison));
        sql.push(", compare_face_until = ").bind(Arg::Integer(kept.until.0));
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        sql.push(" AND person = ").bind(text(kept.person)).push(IS_OPEN);
        self.push(sql, Rows::Any);
        self.registration_updated(client, registration, Certainty::ChangedIfOpen, now, stamp)
    }

    /// Comparisons are kept for a while. Nobody is told that one has gone.
    pub fn forget_comparisons(&mut self, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET compare_face_verification = NULL");
        sql.push(", compare_face_until = NULL WHERE compare_face_until <= ");
        sql.bind(Arg::Integer(now.0));
        self.push(sql, Rows::Any)
    }

    fn registration_updated(
        &mut self,
        client: &str,
        registration: &str,
        certainty: Certainty,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let entry = Entry::Event(EventKind::RegistrationUpdated, stamp);
        self.journal(entry, (client, registration), certainty, now)
    }

    /// Nothing points to a document check that is deleted.
    pub fn forget_document(&mut self, client: &str, document: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET document_liveness = NULL");
        sql.push(WITHOUT_COMPARISON).push(" WHERE client = ");
        sql.bind(text(client)).push(" AND document_liveness = ").bind(text(document));
        self.push(sql, Rows::Any)
    }
}

fn changed(now: Timestamp) -> Sql {
    let mut sql = Sql::default();
    sql.push("UPDATE app_registrations SET updated_at = ").bind(Arg::Integer(now.0));
    sql
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
