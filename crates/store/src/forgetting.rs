//! What goes with a record that is deleted: the rows that are nothing without it, and what other
//! records say of it. Only ids connect records here: an email address that two of them hold is not
//! followed.

use verax_domain::resources;
use verax_query::{Arg, Sql, fold};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;

/// Tables of clients that hold no records.
static OTHER_TABLES_OF_CLIENTS: [(&str, &str); 22] = [
    ("person_templates", "client"),
    ("gallery_changes", "client"),
    ("galleries", "client"),
    ("validation_persons", "client"),
    ("jobs", "client"),
    ("tokens", "client"),
    ("idempotency", "client"),
    ("login_attempts", "client"),
    ("member_invitations", "client"),
    ("views", "client"),
    ("review_notes", "client"),
    ("accepted_images", "client"),
    ("rate_counters", "client"),
    ("deletions", "client"),
    ("webhook_attempts", "client"),
    ("webhook_bodies", "client"),
    // Events without a number, and the numbers. Positions over all clients are not given again.
    ("journal_new", "client"),
    ("journal_leaves", "client"),
    ("journal_heads", "client"),
    // Deletions are counted in the one and folded into the other before both go.
    (TALLY_CHANGES, "client"),
    (TALLIES, "scope"),
    (CLIENTS, "id"),
];

/// Every table that holds rows of clients, those of records first, and the column that says whose they
/// are. A table that is not here is in [`TABLES_OF_NO_CLIENT`]: a test compares both with the schema.
pub fn tables_of_clients() -> impl Iterator<Item = (&'static str, &'static str)> {
    let records = resources::ALL.iter().map(|resource| (resource.table, resource.tenant_column));
    records.filter(|(table, _)| *table != CLIENTS).chain(OTHER_TABLES_OF_CLIENTS)
}

/// Tables without anything of a client.
pub static TABLES_OF_NO_CLIENT: [&str; 7] = [
    "fingerprints",
    "heartbeats",
    "journal_tree",
    "refinery_schema_history",
    "settings",
    "tally_versions",
    "text_folding",
];

const TALLY_CHANGES: &str = "tally_changes";
const TALLIES: &str = "tallies";
const CLIENTS: &str = "clients";

/// A validation whose response names a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamingValidation {
    pub id: String,
    /// JSON text.
    pub response: String,
}

/// A registration that is deleted, as far as other records know of it.
#[derive(Clone, Copy, Debug)]
pub struct ForgottenRegistration<'a> {
    pub id: &'a str,
    pub person: Option<&'a str>,
    pub email: &'a str,
    pub phone: &'a str,
    pub country_code: &'a str,
}

impl Database {
    /// Validations of this client whose response names the person, `limit` at most.
    pub async fn validations_naming(
        &self,
        client: &str,
        person: &str,
        limit: u32,
    ) -> Result<Vec<NamingValidation>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT v.id, v.response FROM validation_persons AS named ");
        sql.push("JOIN biometric_validations AS v ");
        sql.push("ON v.client = named.client AND v.id = named.validation");
        sql.push(" WHERE named.client = ").bind(text(client));
        sql.push(" AND named.person = ").bind(text(person));
        sql.push(" ORDER BY named.validation LIMIT ").bind(Arg::Integer(limit.into()));
        self.fetch_rows(sql, |row| {
            Ok(NamingValidation { id: row.string(0)?, response: row.string(1)? })
        })
        .await
    }
}

impl Batch {
    /// Deletes all that is a client's, but the client itself and what its records are counted in.
    pub fn empty_client(&mut self, client: &str) -> &mut Batch {
        self.erases = true;
        let later = [TALLY_CHANGES, TALLIES, CLIENTS];
        for (table, column) in tables_of_clients().filter(|(name, _)| !later.contains(name)) {
            let mut sql = Sql::default();
            sql.push("DELETE FROM ").push(table).push(" WHERE ").push(column).push(" = ");
            self.push(bound(sql, client), Rows::Any);
        }
        self
    }

    /// Deletes the counts of a client, when its deletions are folded into them.
    pub fn delete_tallies(&mut self, client: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM tallies WHERE scope = ");
        self.push(bound(sql, client), Rows::Any)
    }

    /// Deletes the stored answers about a record. That the requests were made is still known.
    pub fn forget_answers(&mut self, client: &str, record: &str) -> &mut Batch {
        self.forget_answers_about(client, |sql| {
            sql.push(" = ").bind(text(record));
        })
    }

    /// The same for the flows of a project.
    pub fn forget_answers_of_flows(&mut self, client: &str, project: &str) -> &mut Batch {
        self.forget_answers_about(client, |sql| {
            sql.push(" IN (SELECT id FROM project_flows WHERE client = $1 AND project = ");
            sql.bind(text(project)).push(")");
        })
    }

    /// The same for the reviews of a record, or of the checks of a registration.
    pub fn forget_answers_of_reviews(&mut self, client: &str, record: &str) -> &mut Batch {
        self.forget_answers_about(client, |sql| {
            sql.push(" IN (SELECT id FROM reviews WHERE client = $1 AND (subject_id = ");
            let parameter = sql.bind(text(record)).args().len();
            sql.push(" OR app_registration = ").again(parameter).push("))");
        })
    }

    /// Deletes the tokens that are for this record alone.
    pub fn delete_tokens_for(&mut self, subject: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM tokens WHERE subject = ");
        self.push(bound(sql, subject), Rows::Any)
    }

    /// What other records say of a person who is deleted. Responses are [`Batch::redact_response`]'s.
    pub fn redact_person(&mut self, client: &str, person: &str) -> &mut Batch {
        self.redact_validations(client, |sql| {
            sql.push(" IN (SELECT biometric_validation FROM app_logins WHERE client = $1 AND ");
            sql.push("person = ").bind(text(person)).push(")");
        });
        for select in [
            " IN (SELECT id FROM app_logins WHERE client = $1 AND person = ",
            " IN (SELECT id FROM app_registrations WHERE client = $1 AND person = ",
        ] {
            self.forget_answers_about(client, |sql| {
                sql.push(select).bind(text(person)).push(")");
            });
        }
        for update in [
            "UPDATE app_logins SET name = NULL, name_folded = NULL, person = NULL WHERE client = ",
            "UPDATE app_registrations SET person = NULL, compare_face_verification = NULL, \
             compare_face_until = NULL WHERE client = ",
        ] {
            let mut sql = Sql::default();
            sql.push(update).bind(text(client)).push(" AND person = ").bind(text(person));
            self.push(sql, Rows::Any);
        }
        self
    }

    /// Takes a person out of a validation that names them: `after` is its response without them, and
    /// by what they were looked for goes too.
    pub fn redact_response(
        &mut self,
        client: &str,
        person: &str,
        naming: &NamingValidation,
        after: Option<String>,
    ) -> &mut Batch {
        self.redact_validations(client, |sql| {
            sql.push(" = ").bind(text(&naming.id));
        });
        let mut sql = Sql::default();
        sql.push("UPDATE biometric_validations SET response = ");
        sql.bind(after.map_or(Arg::Null, Arg::Text)).push(" WHERE client = ").bind(text(client));
        sql.push(" AND id = ").bind(text(&naming.id));
        sql.push(" AND response = ").bind(text(&naming.response));
        self.push(sql, Rows::Any);
        // Whom it enrolled is in no response.
        let mut sql = Sql::default();
        sql.push("DELETE FROM validation_persons WHERE client = ").bind(text(client));
        sql.push(" AND person = ").bind(text(person));
        sql.push(" AND validation = ").bind(text(&naming.id));
        self.push(sql, Rows::Any)
    }

    /// A validation has enrolled this person: found again when the person is deleted.
    pub fn name_enrolled(&mut self, client: &str, person: &str, validation: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO validation_persons (client, person, validation) VALUES (");
        sql.bind(text(client)).push(", ").bind(text(person)).push(", ").bind(text(validation));
        sql.push(") ON CONFLICT DO NOTHING");
        self.push(sql, Rows::Any)
    }

    /// What other records say of a registration that is deleted.
    pub fn redact_registration(
        &mut self,
        client: &str,
        gone: ForgottenRegistration<'_>,
    ) -> &mut Batch {
        self.redact_validations(client, |sql| {
            sql.push(" IN (SELECT id FROM biometric_validations WHERE client = $1 AND ");
            sql.push("app_registration = ").bind(text(gone.id)).push(")");
        });
        let mut sql = Sql::default();
        sql.push("UPDATE app_logins SET name = NULL, name_folded = NULL, app_registration = NULL ");
        sql.push("WHERE client = ").bind(text(client)).push(" AND app_registration = ");
        self.push(bound(sql, gone.id), Rows::Any);
        for update in [
            "UPDATE email_validations SET email = NULL, email_folded = NULL, contact_key = NULL, \
             ip_address = NULL WHERE client = ",
            "UPDATE phone_validations SET phone = NULL, phone_folded = NULL, contact_key = NULL, \
             ip_address = NULL WHERE client = ",
        ] {
            let mut sql = Sql::default();
            sql.push(update).bind(text(client)).push(" AND app_registration = ");
            self.push(bound(sql, gone.id), Rows::Any);
        }
        for select in [
            " IN (SELECT id FROM email_validations WHERE client = $1 AND app_registration = ",
            " IN (SELECT id FROM phone_validations WHERE client = $1 AND app_registration = ",
        ] {
            self.forget_answers_about(client, |sql| {
                sql.push(select).bind(text(gone.id)).push(")");
            });
        }
        let Some(person) = gone.person else { return self };
        self.redact_validations(client, |sql| {
            sql.push(" IN (SELECT v.id FROM validation_persons AS named JOIN ");
            sql.push("biometric_validations AS v ON v.client = named.client AND ");
            sql.push("v.id = named.validation WHERE named.client = $1 AND named.person = ");
            sql.bind(text(person));
            push_named(sql, client, " AND (v.identifier_folded IN (", person, gone);
            sql.push(")");
        });
        // The answer to a login says whose registration it found.
        self.forget_answers_about(client, |sql| {
            sql.push(" IN (SELECT id FROM app_logins WHERE client = $1 AND person = ");
            sql.bind(text(person)).push(")");
        });
        let mut sql = Sql::default();
        sql.push("UPDATE app_logins SET name = NULL, name_folded = NULL WHERE client = ");
        sql.bind(text(client)).push(" AND person = ").bind(text(person));
        push_named(&mut sql, client, " AND (name_folded IN (", person, gone);
        self.push(sql, Rows::Any)
    }

    /// The logins that a validation has made were named by it.
    pub fn redact_logins_of_validation(&mut self, client: &str, validation: &str) -> &mut Batch {
        self.forget_answers_about(client, |sql| {
            sql.push(" IN (SELECT id FROM app_logins WHERE client = $1 AND ");
            sql.push("biometric_validation = ").bind(text(validation)).push(")");
        });
        let mut sql = Sql::default();
        sql.push("UPDATE app_logins SET name = NULL, name_folded = NULL, ");
        sql.push("biometric_validation = NULL WHERE client = ").bind(text(client));
        sql.push(" AND biometric_validation = ").bind(text(validation));
        self.push(sql, Rows::Any)
    }

    /// Who was validated is taken out of these validations and their sessions; what was found, and
    /// when, stays. `push_ids` follows `id`; `$1` in it is the client. Of a check that a person failed
    /// it is not known that the address is theirs: it stays.
    fn redact_validations(&mut self, client: &str, push_ids: impl Fn(&mut Sql)) -> &mut Batch {
        self.erases = true;
        let sessions = |sql: &mut Sql| {
            sql.push(" IN (SELECT liveness_session FROM biometric_validations WHERE client = $1 ");
            sql.push("AND id");
            push_ids(sql);
            sql.push(")");
        };
        self.forget_answers_about(client, &push_ids).forget_answers_about(client, sessions);
        for (update, ids) in [
            (
                "UPDATE liveness_sessions SET identifier = NULL, identifier_folded = NULL \
                 WHERE client = ",
                &sessions as &dyn Fn(&mut Sql),
            ),
            (
                "UPDATE biometric_validations SET identifier = NULL, identifier_folded = NULL, \
                 email = NULL, ip_address = CASE WHEN status = 'completed' OR \
                 app_registration IS NOT NULL THEN NULL ELSE ip_address END WHERE client = ",
                &push_ids,
            ),
        ] {
            let mut sql = Sql::default();
            sql.push(update).bind(text(client)).push(" AND id");
            ids(&mut sql);
            self.push(sql, Rows::Any);
        }
        self
    }

    fn forget_answers_about(&mut self, client: &str, push_ids: impl Fn(&mut Sql)) -> &mut Batch {
        self.erases = true;
        let mut sql = Sql::default();
        sql.push("UPDATE idempotency SET answer = NULL WHERE client = ").bind(text(client));
        sql.push(" AND answer IS NOT NULL AND record");
        push_ids(&mut sql);
        self.push(sql, Rows::Any)
    }
}

/// Whether a name is the registration's: one of its own, or any when the person has no other.
fn push_named(
    sql: &mut Sql,
    client: &str,
    begin: &'static str,
    person: &str,
    gone: ForgottenRegistration<'_>,
) {
    let whole_phone = format!("{}{}", gone.country_code, gone.phone);
    sql.push(begin);
    for (index, name) in [gone.id, gone.email, gone.phone, &whole_phone].into_iter().enumerate() {
        sql.push(if index > 0 { ", " } else { "" }).bind(Arg::Text(fold(name)));
    }
    sql.push(") OR NOT EXISTS (SELECT 1 FROM app_registrations AS other WHERE other.client = ");
    sql.bind(text(client)).push(" AND other.person = ").bind(text(person));
    sql.push(" AND other.id <> ").bind(text(gone.id)).push("))");
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}

fn bound(mut sql: Sql, value: &str) -> Sql {
    sql.bind(text(value));
    sql
}
