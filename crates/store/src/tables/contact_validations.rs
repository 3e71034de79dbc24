//! Validations of email addresses and phone numbers: found by their contact, and what the database keeps
//! of their codes.

use verax_domain::Timestamp;
use verax_domain::events::{Certainty, Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_domain::records::contact_validation::{
    Channel, ContactPurpose, ContactValidation, EmailValidation, PhoneValidation,
};
use verax_domain::resources::APP_REGISTRATIONS;
use verax_query::{Arg, Sql, Tenant};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::tables::jobs::{Job, JobKind};
use crate::tables::records::push_record_key;
use crate::tables::registrations::{EMAIL_KEY, IS_OPEN, push_phone_key};

/// What a code is made from again, with a key that is not in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeSeed {
    /// The id of the key.
    pub key: String,
    /// Random, and another for each code.
    pub salt: String,
}

/// Whose validation is looked for.
#[derive(Clone, Copy, Debug)]
pub struct ContactOf<'a> {
    pub client: &'a str,
    pub flow: &'a str,
    pub registration: Option<&'a str>,
    /// [`verax_domain::records::contact_validation::Contact::key`].
    pub key: &'a str,
    /// `None`: for any.
    pub purpose: Option<ContactPurpose>,
}

impl Database {
    /// The validation with this id, if the tenant has it.
    pub async fn contact_validation(
        &self,
        channel: Channel,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<ContactValidation>, StoreError> {
        Ok(match channel {
            Channel::Email => self.find::<EmailValidation>(tenant, id).await?.map(|it| it.0),
            Channel::Phone => self.find::<PhoneValidation>(tenant, id).await?.map(|it| it.0),
        })
    }

    /// The newest validation of a contact in a flow; of a registration only its own, and without one only
    /// what belongs to none.
    pub async fn newest_contact_validation(
        &self,
        channel: Channel,
        of: ContactOf<'_>,
    ) -> Result<Option<ContactValidation>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT id FROM ").push(channel.resource().table).push(" WHERE client = ");
        sql.bind(text(of.client)).push(" AND project_flow = ").bind(text(of.flow));
        sql.push(" AND contact_key = ").bind(text(of.key));
        sql.push(" AND COALESCE(app_registration, '') = ");
        sql.bind(text(of.registration.unwrap_or_default()));
        if let Some(purpose) = of.purpose {
            sql.push(" AND type = ").bind(text(purpose.word()));
        }
        sql.push(" ORDER BY created_at DESC, id DESC LIMIT 1");
        let Some(id) = self.fetch_row(sql, |row| row.string(0)).await? else { return Ok(None) };
        self.contact_validation(channel, &Tenant::Client(of.client.to_owned()), &id).await
    }

    /// What the code of a validation is made from.
    pub async fn code_seed(
        &self,
        channel: Channel,
        client: &str,
        id: &str,
    ) -> Result<Option<CodeSeed>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT code_key, code_salt FROM ").push(channel.resource().table);
        push_record_key(&mut sql, channel.resource(), client, id);
        let read = |row: &dyn crate::row::Cells| {
            let both = row.optional_string(0)?.zip(row.optional_string(1)?);
            Ok(both.map(|(key, salt)| CodeSeed { key, salt }))
        };
        Ok(self.fetch_row(sql, read).await?.flatten())
    }

    /// Validations whose code was not taken in time, as client and id, `limit` at most.
    pub async fn overdue_contact_validations(
        &self,
        channel: Channel,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT client, id FROM ").push(channel.resource().table);
        sql.push(" WHERE status IN ('new', 'sent') AND expires_at <= ").bind(Arg::Integer(now.0));
        sql.push(" ORDER BY expires_at LIMIT ").bind(Arg::Integer(limit.into()));
        self.fetch_rows(sql, |row| Ok((row.string(0)?, row.string(1)?))).await
    }

    /// The completed registration of a project that holds this contact and has proved it: whoever only
    /// typed it is nobody's.
    pub async fn registration_holding(
        &self,
        client: &str,
        project: &str,
        channel: Channel,
        key: &str,
    ) -> Result<Option<String>, StoreError> {
        let held = match channel {
            Channel::Email => "held_email",
            Channel::Phone => "held_phone",
        };
        let mut sql = Sql::default();
        sql.push("SELECT id FROM app_registrations WHERE client = ").bind(text(client));
        sql.push(" AND project = ").bind(text(project));
        sql.push(" AND ").push(held).push(" = ").bind(text(key));
        sql.push(" AND ").push(registration_column(channel)).push(" IS NOT NULL");
        if channel == Channel::Email {
            sql.push(IS_TYPED_IN_ASCII);
        }
        self.fetch_row(sql, |row| row.string(0)).await
    }

    /// The open registration of a flow whose contact was validated before and is this one; the newest.
    pub async fn registration_to_resume(
        &self,
        channel: Channel,
        of: ContactOf<'_>,
    ) -> Result<Option<String>, StoreError> {
        let column = registration_column(channel);
        let mut sql = Sql::default();
        sql.push("SELECT r.id FROM app_registrations AS r JOIN ").push(channel.resource().table);
        sql.push(" AS v ON v.client = r.client AND v.id = r.").push(column);
        sql.push(" WHERE v.status = 'validated' AND v.client = ").bind(text(of.client));
        sql.push(" AND v.project_flow = ").bind(text(of.flow));
        sql.push(" AND v.contact_key = ").bind(text(of.key));
        sql.push(" AND r.project_flow = ").again(2);
        sql.push(" AND COALESCE(r.status, 'STARTED') IN ('STARTED', 'ONGOING')");
        if channel == Channel::Email {
            sql.push(" AND octet_length(r.email) = length(r.email)");
        }
        sql.push(" ORDER BY r.created_at DESC, r.id DESC LIMIT 1");
        self.fetch_row(sql, |row| row.string(0)).await
    }
}

impl Batch {
    /// Says what the code of a new validation is made from, and leaves the sending to a job.
    pub fn set_code(
        &mut self,
        validation: &ContactValidation,
        seed: &CodeSeed,
        now: Timestamp,
    ) -> &mut Batch {
        let resource = validation.channel().resource();
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(resource.table).push(" SET contact_key = ");
        sql.bind(text(&validation.contact.key())).push(", code_key = ").bind(text(&seed.key));
        sql.push(", code_salt = ").bind(text(&seed.salt));
        push_record_key(&mut sql, resource, &validation.client, &validation.id);
        self.push(sql, Rows::Exactly(1)).queue_code(validation, now)
    }

    /// A validation that is open gets a new code: the old one is not taken any more. The batch is a
    /// `Conflict` when it is not open.
    pub fn renew_code(
        &mut self,
        validation: &ContactValidation,
        seed: &CodeSeed,
        expires_at: Timestamp,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let channel = validation.channel();
        let resource = channel.resource();
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(resource.table).push(" SET code_key = ").bind(text(&seed.key));
        sql.push(", code_salt = ").bind(text(&seed.salt));
        sql.push(", attempts = 0, status = 'new', updated_at = ").bind(Arg::Integer(now.0));
        sql.push(", expires_at = ").bind(Arg::Integer(expires_at.0));
        push_record_key(&mut sql, resource, &validation.client, &validation.id);
        sql.push(" AND status IN ('new', 'sent')");
        self.push(sql, Rows::Exactly(1)).queue_code(validation, now);
        let kind =
            channel.event(EventKind::EmailValidationResent, EventKind::PhoneValidationResent);
        let record = (validation.client.as_str(), validation.id.as_str());
        self.journal(Entry::Event(kind, stamp), record, Certainty::Changed, now)
    }

    /// A validation that is open ends, as another one's code comes in the place of its own. The batch is a
    /// `Conflict` when it is not open.
    pub fn replace_code(
        &mut self,
        validation: &ContactValidation,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let channel = validation.channel();
        let record = (validation.client.as_str(), validation.id.as_str());
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(channel.resource().table).push(" SET status = 'expired'");
        sql.push(", updated_at = ").bind(Arg::Integer(now.0));
        push_record_key(&mut sql, channel.resource(), record.0, record.1);
        sql.push(" AND status IN ('new', 'sent')");
        self.push(sql, Rows::Exactly(1));
        self.delete_any_job(JobKind::of_code(channel), record.1);
        let kind =
            channel.event(EventKind::EmailValidationExpired, EventKind::PhoneValidationExpired);
        self.journal(Entry::Event(kind, stamp), record, Certainty::Changed, now)
    }

    fn queue_code(&mut self, validation: &ContactValidation, now: Timestamp) -> &mut Batch {
        let kind = JobKind::of_code(validation.channel());
        self.delete_any_job(kind, &validation.id).insert_job(&Job {
            kind,
            record: validation.id.clone(),
            client: validation.client.clone(),
            // It is due at once.
            lease_until: Timestamp(now.0 - 1),
            detail: None,
            attempts: 0,
        })
    }

    /// A `Conflict` when a newer code was made.
    pub fn hold_code(&mut self, validation: &ContactValidation, seed: &CodeSeed) -> &mut Batch {
        let resource = validation.channel().resource();
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(resource.table).push(" SET code_salt = code_salt");
        push_record_key(&mut sql, resource, &validation.client, &validation.id);
        sql.push(" AND code_salt = ").bind(text(&seed.salt));
        self.push(sql, Rows::Exactly(1))
    }

    /// Counts a code that is tried, before it is looked at. The batch is a `Conflict` when no more may be.
    pub fn count_code(&mut self, validation: &ContactValidation, now: Timestamp) -> &mut Batch {
        let resource = validation.channel().resource();
        let mut sql = Sql::default();
        sql.push("UPDATE ")
            .push(resource.table)
            .push(" SET attempts = attempts + 1, updated_at = ");
        sql.bind(Arg::Integer(now.0));
        push_record_key(&mut sql, resource, &validation.client, &validation.id);
        sql.push(" AND status IN ('new', 'sent') AND attempts < attempts_max AND expires_at > ");
        sql.again(1);
        self.push(sql, Rows::Exactly(1))
    }

    /// A wrong code came.
    pub fn code_was_incorrect(
        &mut self,
        validation: &ContactValidation,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let kind = validation.channel().event(
            EventKind::EmailValidationCodeIncorrect,
            EventKind::PhoneValidationCodeIncorrect,
        );
        let record = (validation.client.as_str(), validation.id.as_str());
        self.hold_record(validation.channel().resource(), record.0, record.1);
        self.journal(Entry::Event(kind, stamp), record, Certainty::Changed, now)
    }

    /// A registration on its way has this validation of its contact. The batch is a `Conflict` when it is
    /// over, or its contact is another.
    pub fn bind_contact(
        &mut self,
        validation: &ContactValidation,
        registration: &str,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let client = validation.client.as_str();
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET ");
        sql.push(registration_column(validation.channel())).push(" = ").bind(text(&validation.id));
        sql.push(", updated_at = ").bind(Arg::Integer(now.0));
        push_record_key(&mut sql, &APP_REGISTRATIONS, client, registration);
        push_is_open_with(&mut sql, validation);
        self.push(sql, Rows::Exactly(1));
        let entry = Entry::Event(EventKind::RegistrationUpdated, stamp);
        self.journal(entry, (client, registration), Certainty::Changed, now)
    }

    /// Only while somebody is still on the way with the registration, and it has proved the contact that was
    /// validated: who has proved it again goes on with it.
    pub fn touch_proved_registration(
        &mut self,
        validation: &ContactValidation,
        registration: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET updated_at = ").bind(Arg::Integer(now.0));
        push_record_key(&mut sql, &APP_REGISTRATIONS, &validation.client, registration);
        push_is_open_with(&mut sql, validation);
        sql.push(" AND ").push(registration_column(validation.channel())).push(" IS NOT NULL");
        self.push(sql, Rows::Exactly(1))
    }
}

/// An address is compared by what its letters fold to. Of those that are typed in ASCII no two that are another
/// mailbox fold to the same.
const IS_TYPED_IN_ASCII: &str = " AND octet_length(email) = length(email)";

/// Only a registration on its way, whose contact is at this moment the one that was validated.
fn push_is_open_with(sql: &mut Sql, validation: &ContactValidation) {
    sql.push(IS_OPEN);
    match validation.channel() {
        Channel::Email => {
            sql.push(IS_TYPED_IN_ASCII).push(" AND ").push(EMAIL_KEY);
        }
        Channel::Phone => {
            sql.push(" AND ");
            push_phone_key(sql);
        }
    }
    sql.push(" = ").bind(text(&validation.contact.key()));
}

fn registration_column(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email_validation",
        Channel::Phone => "phone_validation",
    }
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
