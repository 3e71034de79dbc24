//! Registrations: persons on their way through a project.

use verax_domain::contact::{email_key, phone_key};
use verax_domain::events::{Certainty, Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_domain::lifecycle::RegistrationStatus;
use verax_domain::records::app_registration::ContactDetails;
use verax_domain::resources::APP_REGISTRATIONS;
use verax_domain::{Record, Timestamp};
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::tables::records::push_record_key;

/// What a registration is compared with others by: the keys of its address and of its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// Which contact another registration holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldContact {
    Email,
    Phone,
}

/// What becomes of a registration's contact with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// No other registration of the project is completed with it.
    Taken,
    Free,
}

/// A step that a registration takes.
#[derive(Clone, Debug)]
pub struct RegistrationStep {
    pub id: String,
    pub client: String,
    pub before: RegistrationStatus,
    pub after: RegistrationStatus,
    /// Where it stands now; `None`: where it stood.
    pub step: Option<String>,
    /// The whole log of reviews, as JSON text; `None`: nothing was reviewed.
    pub review_log: Option<String>,
    pub hold: Hold,
    /// The checks on which the step was decided: of the face, of the document, of its image, of the address
    /// and of the number; `None`: on none.
    pub decided_on: Option<[Option<String>; 5]>,
}

/// A number as it is dialled: an imported one may have been typed in any way.
const DIALLED: &str = "replace(replace(replace(replace(replace(replace(replace( \
     NULLIF(phone, ''), '(0)', ''), ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', '')";
const COUNTRY: &str = "ltrim(replace(replace(NULLIF(country_code, ''), '+', ''), ' ', ''), '0')";
pub(crate) const EMAIL_KEY: &str = "NULLIF(email_folded, '')";

/// What an import completes counts as completed by its client.
const OVER_WITH_CONTACT: &str = "status IN ('COMPLETED', 'completed', 'COMPLETED_WITHOUT_KYC')";

impl Database {
    /// Whether a registration of this project, but the one with this id, holds one of these contacts;
    /// the address comes first.
    pub async fn contact_holder(
        &self,
        client: &str,
        project: &str,
        contacts: Contacts,
        but: &str,
    ) -> Result<Option<HeldContact>, StoreError> {
        const IN_PROJECT: &str = " FROM app_registrations WHERE client = ";
        let key = |key: Option<String>| Arg::Text(key.unwrap_or_default());
        let mut sql = Sql::default();
        sql.push("SELECT 'email'").push(IN_PROJECT).bind(Arg::Text(client.to_owned()));
        sql.push(" AND project = ").bind(Arg::Text(project.to_owned()));
        sql.push(" AND id <> ").bind(Arg::Text(but.to_owned()));
        sql.push(" AND held_email = ").bind(key(contacts.email));
        sql.push(" UNION ALL SELECT 'phone'").push(IN_PROJECT).again(1);
        sql.push(" AND project = ").again(2).push(" AND id <> ").again(3);
        sql.push(" AND held_phone = ").bind(key(contacts.phone));
        let held = self.fetch_rows(sql, |row| row.string(0)).await?;
        Ok(match held.iter().any(|contact| contact == "email") {
            true => Some(HeldContact::Email),
            false => held.first().map(|_| HeldContact::Phone),
        })
    }

    /// The one person who completed a registration in this project and is called so: by an address or a
    /// number that the registration holds, by its id, or by the person's. A contact that a registration
    /// on its way says of itself is nobody's: whoever typed it would be taken for its owner.
    pub async fn person_by_identifier(
        &self,
        client: &str,
        project: &str,
        identifier: &str,
    ) -> Result<Option<String>, StoreError> {
        const IN_PROJECT: &str = "SELECT person FROM app_registrations WHERE person IS NOT NULL \
                                  AND status = 'COMPLETED' AND client = ";
        // Each is found by an index of its own: with OR all of the project would be read.
        let mut sql = Sql::default();
        sql.push(IN_PROJECT).bind(Arg::Text(client.to_owned()));
        sql.push(" AND project = ").bind(Arg::Text(project.to_owned()));
        sql.push(" AND held_email = ").bind(Arg::Text(email_key(identifier)));
        sql.push(" UNION ").push(IN_PROJECT).again(1).push(" AND project = ").again(2);
        sql.push(" AND held_phone = ").bind(Arg::Text(phone_key(identifier).unwrap_or_default()));
        sql.push(" UNION ").push(IN_PROJECT).again(1).push(" AND project = ").again(2);
        sql.push(" AND id = ").bind(Arg::Text(identifier.to_owned()));
        sql.push(" UNION ").push(IN_PROJECT).again(1).push(" AND project = ").again(2);
        sql.push(" AND person = ").again(5);
        // Two are as good as none: nobody may be taken for the other.
        let mut persons = self.fetch_rows(sql, |row| row.string(0)).await?;
        Ok(if persons.len() == 1 { persons.pop() } else { None })
    }
}

impl Database {
    /// Whether a person may be logged in by their face alone: nobody's registration is on its way, or has
    /// failed, under which they were enrolled.
    pub async fn may_be_identified(&self, client: &str, person: &str) -> Result<bool, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT status FROM app_registrations WHERE client = ");
        sql.bind(Arg::Text(client.to_owned()));
        sql.push(" AND person = ").bind(Arg::Text(person.to_owned()));
        let statuses = self.fetch_rows(sql, |row| row.optional_string(0)).await?;
        let completed = RegistrationStatus::Completed.word();
        Ok(statuses.is_empty() || statuses.iter().any(|it| it.as_deref() == Some(completed)))
    }
}

impl Batch {
    /// Moves a registration, if it stands where it is believed to stand. The batch is a `Conflict`
    /// when it is to hold a contact that another holds.
    pub fn sync_registration(
        &mut self,
        step: &RegistrationStep,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET updated_at = ").bind(Arg::Integer(now.0));
        sql.push(", status = ").bind(Arg::Text(step.after.word().to_owned()));
        if let Some(name) = &step.step {
            sql.push(", current_step = ").bind(Arg::Text(name.clone()));
        }
        if let Some(log) = &step.review_log {
            sql.push(", manual_review_log = ").bind(Arg::Text(log.clone()));
        }
        match step.hold {
            Hold::Taken => push_hold(&mut sql),
            Hold::Free => {
                sql.push(", held_email = NULL, held_phone = NULL");
            }
        }
        push_record_key(&mut sql, &APP_REGISTRATIONS, &step.client, &step.id);
        // What an import left open has not begun.
        sql.push(" AND COALESCE(status, 'STARTED') = ");
        sql.bind(Arg::Text(step.before.word().to_owned()));
        if let Some([face, document, image, email, phone]) = &step.decided_on {
            let text = |id: &Option<String>| Arg::Text(id.clone().unwrap_or_default());
            sql.push(" AND COALESCE(biometric_validation, '') = ").bind(text(face));
            sql.push(" AND COALESCE(document_validation, '') = ").bind(text(document));
            sql.push(" AND COALESCE(document_liveness, '') = ").bind(text(image));
            sql.push(" AND COALESCE(email_validation, '') = ").bind(text(email));
            sql.push(" AND COALESCE(phone_validation, '') = ").bind(text(phone));
        }
        self.push(sql, Rows::Exactly(1));
        let entry = Entry::Event(EventKind::of_sync(step.step.as_deref(), step.after), stamp);
        self.journal(entry, (&step.client, &step.id), Certainty::Changed, now)
    }

    /// A reviewer has decided something that leaves a registration where it stands: its log of reviews says
    /// so.
    pub fn log_review(
        &mut self,
        (client, id): (&str, &str),
        before: RegistrationStatus,
        review_log: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET updated_at = ").bind(Arg::Integer(now.0));
        sql.push(", manual_review_log = ").bind(Arg::Text(review_log.to_owned()));
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, id);
        sql.push(" AND COALESCE(status, 'STARTED') = ");
        sql.bind(Arg::Text(before.word().to_owned()));
        self.push(sql, Rows::Exactly(1));
        let entry = Entry::Event(EventKind::RegistrationUpdated, stamp);
        self.journal(entry, (client, id), Certainty::Changed, now)
    }

    /// Where a person goes on whose registration a reviewer has opened again: part of the reviewer's step.
    pub fn return_to_step(&mut self, client: &str, id: &str, step: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET current_step = ").bind(Arg::Text(step.to_owned()));
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, id);
        self.push(sql, Rows::Exactly(1))
    }

    /// Only while somebody is still on the way with it: a new token may be made.
    pub fn touch_open_registration(
        &mut self,
        client: &str,
        id: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET updated_at = ").bind(Arg::Integer(now.0));
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, id);
        sql.push(IS_OPEN);
        self.push(sql, Rows::Exactly(1))
    }

    /// Only while somebody is still on the way with it, and of the address and the number those that are
    /// to be new are not validated.
    pub fn require_changeable(
        &mut self,
        client: &str,
        id: &str,
        now: Timestamp,
        [new_email, new_phone]: [bool; 2],
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET updated_at = ").bind(Arg::Integer(now.0));
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, id);
        sql.push(IS_OPEN);
        sql.push(if new_email { " AND email_validation IS NULL" } else { "" });
        sql.push(if new_phone { " AND phone_validation IS NULL" } else { "" });
        self.push(sql, Rows::Exactly(1))
    }

    /// Only where its address and its number are still those that were read. What is to be new, and whether
    /// it was proved, is known of these alone: between the two somebody may have changed and proved others.
    pub fn require_contact(
        &mut self,
        client: &str,
        id: &str,
        read: &ContactDetails,
        now: Timestamp,
    ) -> &mut Batch {
        let text = |text: &Option<String>| Arg::Text(text.clone().unwrap_or_default());
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET updated_at = ").bind(Arg::Integer(now.0));
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, id);
        sql.push(" AND COALESCE(email, '') = ").bind(text(&read.email));
        sql.push(" AND COALESCE(phone, '') = ").bind(text(&read.phone));
        sql.push(" AND COALESCE(country_code, '') = ").bind(text(&read.country_code));
        self.push(sql, Rows::Exactly(1))
    }

    /// After its contact was changed: a completed registration holds the new one. The batch is a
    /// `Conflict` when another holds that.
    pub fn move_contact(&mut self, client: &str, id: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET updated_at = ").bind(Arg::Integer(now.0));
        push_hold(&mut sql);
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, id);
        sql.push(" AND ").push(OVER_WITH_CONTACT);
        self.push(sql, Rows::Any)
    }

    /// After an import: a completed registration holds its contact, unless another does.
    pub(crate) fn hold_imported(&mut self, record: &Record) -> &mut Batch {
        if record.resource.table != APP_REGISTRATIONS.table {
            return self;
        }
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET ");
        for (column, before) in [("held_email", ""), ("held_phone", ", ")] {
            sql.push(before).push(column).push(" = CASE WHEN ").push(OVER_WITH_CONTACT);
            sql.push(
                " AND NOT EXISTS (SELECT 1 FROM app_registrations AS other WHERE other.client",
            );
            sql.push(" = app_registrations.client AND other.project = app_registrations.project");
            sql.push(" AND other.id <> app_registrations.id AND other.").push(column);
            sql.push(" = mine.").push(column).push(") THEN mine.").push(column).push(" END");
        }
        sql.push(" FROM (SELECT ").push(EMAIL_KEY).push(" AS held_email, ");
        push_phone_key(&mut sql);
        sql.push(" AS held_phone FROM app_registrations");
        push_record_key(&mut sql, &APP_REGISTRATIONS, &record.client, &record.id);
        sql.push(") AS mine WHERE id = ").again(1).push(" AND client = ").again(2);
        self.push(sql, Rows::Any)
    }
}

/// Somebody is still on the way.
pub(crate) const IS_OPEN: &str = " AND COALESCE(status, 'STARTED') IN ('STARTED', 'ONGOING')";

fn push_hold(sql: &mut Sql) {
    sql.push(", held_email = ").push(EMAIL_KEY).push(", held_phone = ");
    push_phone_key(sql);
}

/// The key of a number, as `Phone::key` makes it.
pub(crate) fn push_phone_key(sql: &mut Sql) {
    sql.push("CASE WHEN ").push(DIALLED).push(" LIKE '+%' THEN substr(").push(DIALLED);
    sql.push(", 2) WHEN ").push(DIALLED).push(" LIKE '00%' THEN substr(").push(DIALLED);
    sql.push(", 3) ELSE ").push(COUNTRY).push(" || ltrim(").push(DIALLED).push(", '0') END");
}
