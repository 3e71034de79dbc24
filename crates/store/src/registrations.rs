//! Projects, and the registrations of persons in them.

use verax_domain::Timestamp;
use verax_domain::lifecycle::RegistrationStatus;
use verax_query::{Arg, Sql, fold};

use crate::StoreError;
use crate::cells::Reader;
use crate::write::{Batch, Rows};

/// By what a registration is found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    Email(String),
    Phone { country_code: String, number: String },
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
}

impl Batch {
    /// The flows of a project that goes go with it.
    pub fn delete_flows_of(&mut self, client: &str, project: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM project_flows WHERE project = ").bind(Arg::Text(project.to_owned()));
        sql.push(" AND client = ").bind(Arg::Text(client.to_owned()));
        self.push(sql, Rows::Any)
    }

    /// Moves a registration, if it stands where it is believed to stand.
    pub fn sync_registration(&mut self, step: &RegistrationStep, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET updated_at = ").bind(Arg::Integer(now.0));
        sql.push(", status = ").bind(Arg::Text(step.after.word().to_owned()));
        if let Some(name) = &step.step {
            sql.push(", current_step = ").bind(Arg::Text(name.clone()));
        }
        if let Some(log) = &step.review_log {
            sql.push(", manual_review_log = ").bind(Arg::Text(log.clone()));
        }
        sql.push(" WHERE id = ").bind(Arg::Text(step.id.clone()));
        sql.push(" AND client = ").bind(Arg::Text(step.client.clone()));
        // What an import left open has not begun.
        sql.push(" AND COALESCE(status, 'STARTED') = ");
        sql.bind(Arg::Text(step.before.word().to_owned()));
        self.push(sql, Rows::Exactly(1))
    }

    /// Somebody begins again: what was proved of the address and the number is proved anew.
    pub fn restart_registration(&mut self, client: &str, id: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET updated_at = ").bind(Arg::Integer(now.0));
        sql.push(", email_validation = NULL, phone_validation = NULL WHERE id = ");
        sql.bind(Arg::Text(id.to_owned()));
        sql.push(" AND client = ").bind(Arg::Text(client.to_owned()));
        self.push(sql, Rows::Exactly(1))
    }
}

/// The newest registration in a flow with this address or number.
pub async fn registration_by_contact(
    reader: &mut Reader,
    client: &str,
    project: &str,
    flow: &str,
    contact: &Contact,
) -> Result<Option<String>, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT id FROM app_registrations WHERE client = ").bind(Arg::Text(client.to_owned()));
    sql.push(" AND project = ").bind(Arg::Text(project.to_owned()));
    sql.push(" AND project_flow = ").bind(Arg::Text(flow.to_owned()));
    match contact {
        Contact::Email(email) => {
            sql.push(" AND email_folded = ").bind(Arg::Text(fold(email)));
        }
        Contact::Phone { country_code, number } => {
            sql.push(" AND phone = ").bind(Arg::Text(number.clone()));
            sql.push(" AND country_code = ").bind(Arg::Text(country_code.clone()));
        }
    }
    sql.push(" ORDER BY created_at DESC, id DESC LIMIT 1");
    first_text(reader, &sql).await
}

/// The person of whoever registered in this project under this name: the newest registration with
/// a person whose email, phone or id it is.
pub async fn person_by_identifier(
    reader: &mut Reader,
    client: &str,
    project: &str,
    identifier: &str,
) -> Result<Option<String>, StoreError> {
    const IN_PROJECT: &str = "SELECT person, created_at, id FROM app_registrations \
                              WHERE person IS NOT NULL AND client = ";
    let mut sql = Sql::default();
    sql.push("SELECT person FROM (").push(IN_PROJECT).bind(Arg::Text(client.to_owned()));
    sql.push(" AND project = ").bind(Arg::Text(project.to_owned()));
    sql.push(" AND email_folded = ").bind(Arg::Text(fold(identifier)));
    // Each is found by an index of its own: with OR all of the project would be read.
    for column in ["id", "person", "phone"] {
        sql.push(" UNION ALL ").push(IN_PROJECT).again(1).push(" AND project = ").again(2);
        sql.push(" AND ").push(column);
        match column {
            "id" => sql.push(" = ").bind(Arg::Text(identifier.to_owned())),
            "person" => sql.push(" = ").again(4),
            _ => {
                sql.member_of(reader.dialect(), Arg::TextList(endings(identifier)));
                sql.push(" AND ").again(4).push(" IN (phone, COALESCE(country_code, '') || phone)")
            }
        };
    }
    sql.push(") AS found ORDER BY created_at DESC, id DESC LIMIT 1");
    first_text(reader, &sql).await
}

/// The longest number with its country's code, with room for spaces (E.164 has 15 digits).
const PHONE_CHARS_MAX: usize = 32;

/// Every text that the identifier ends with: a phone number may begin with its country's code.
fn endings(identifier: &str) -> Vec<String> {
    match identifier.chars().count() {
        ..=PHONE_CHARS_MAX => {
            identifier.char_indices().map(|(at, _)| identifier[at..].to_owned()).collect()
        }
        _ => vec![identifier.to_owned()],
    }
}

async fn first_text(reader: &mut Reader, sql: &Sql) -> Result<Option<String>, StoreError> {
    let mut found = None;
    reader
        .fetch(sql, &mut |row| {
            found = row.text(0)?.map(str::to_owned);
            Ok(())
        })
        .await?;
    Ok(found)
}
