//! Triggers that note every status that a record comes to, beside the journal: at the end of a test each
//! of them must have its event. Ids are noted in hexadecimal: a test that looks for what a deletion has left
//! must not find them here.

use std::fmt::Write as _;

use verax_query::Sql;
use verax_store::{Batch, Location, Rows};

use crate::world::connect;

/// Records whose changes have events, and have a status.
const TABLES: [&str; 10] = [
    "biometric_validations",
    "document_liveness",
    "document_validations",
    "app_registrations",
    "app_logins",
    "persons",
    "projects",
    "project_flows",
    "project_members",
    "reviews",
];

/// What was noted and has no event, but for what belongs to clients that are gone: their events are, too.
/// A flow may go with its project, whose event that is, and an import has one event for all its records.
const WITHOUT_EVENT: &str = "\
    SELECT noted.resource || ' ' || noted.record || ': ' || noted.status FROM \
    (SELECT resource, client, record, status, count(*) AS n FROM shadow_changes \
     GROUP BY resource, client, record, status) AS noted \
    WHERE EXISTS (SELECT 1 FROM clients WHERE hex(clients.id) = noted.client) AND noted.n > \
    (SELECT count(*) FROM events WHERE hex(events.client) = noted.client \
     AND hex(events.record) = noted.record AND replace(events.resource, '-', '_') = noted.resource \
     AND CASE WHEN noted.status = '(deleted)' THEN events.type LIKE '%.deleted' \
         ELSE COALESCE(events.status, '') = noted.status END) \
    AND NOT (noted.resource = 'project_flows' AND noted.status = '(deleted)') \
    AND NOT (EXISTS (SELECT 1 FROM events WHERE hex(events.client) = noted.client \
                     AND events.type = 'records.imported') \
         AND NOT EXISTS (SELECT 1 FROM events WHERE hex(events.client) = noted.client \
                         AND hex(events.record) = noted.record))";

/// The triggers of one database. Of SQLite they are read when it is dropped.
pub struct Shadow {
    file: Option<std::path::PathBuf>,
}

impl Shadow {
    pub async fn cast(location: &Location) -> Shadow {
        let mut statements = "CREATE TABLE shadow_paused (n INTEGER);".to_owned();
        match location {
            Location::Postgres(url) => {
                statements += "CREATE TABLE shadow_changes (resource text, client text, record text, \
                               status text);\
                               CREATE FUNCTION hex(bare text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ \
                               SELECT upper(encode(convert_to(bare, 'UTF8'), 'hex')) $$;\
                               CREATE FUNCTION shadow_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                               IF EXISTS (SELECT 1 FROM shadow_paused) THEN RETURN NULL; END IF; \
                               IF TG_OP = 'DELETE' THEN INSERT INTO shadow_changes VALUES \
                               (TG_TABLE_NAME, hex(OLD.client), hex(OLD.id), '(deleted)'); \
                               ELSIF TG_OP = 'INSERT' OR OLD.status IS DISTINCT FROM NEW.status THEN \
                               INSERT INTO shadow_changes VALUES (TG_TABLE_NAME, hex(NEW.client), hex(NEW.id), \
                               COALESCE(NEW.status, '')); END IF; RETURN NULL; END $$;";
                for table in TABLES {
                    // Writing to a String does not fail.
                    let _ = write!(
                        statements,
                        "CREATE TRIGGER shadow AFTER INSERT OR UPDATE OR DELETE ON {table} \
                         FOR EACH ROW EXECUTE FUNCTION shadow_note();"
                    );
                }
                connect(url).await.batch_execute(&statements).await.expect("triggers");
                Shadow { file: None }
            }
            Location::File(path) => {
                statements += "CREATE TABLE shadow_changes (resource TEXT, client TEXT, record TEXT, \
                               status TEXT);";
                for table in TABLES {
                    for (event, when, row, status) in [
                        ("INSERT", "", "NEW", "COALESCE(NEW.status, '')"),
                        (
                            "UPDATE OF status",
                            "OLD.status IS NOT NEW.status AND",
                            "NEW",
                            "COALESCE(NEW.status, '')",
                        ),
                        ("DELETE", "", "OLD", "'(deleted)'"),
                    ] {
                        let name = event.split(' ').next().unwrap_or_default();
                        let _ = write!(
                            statements,
                            "CREATE TRIGGER shadow_{table}_{name} AFTER {event} ON {table} \
                             WHEN {when} NOT EXISTS (SELECT 1 FROM shadow_paused) BEGIN \
                             INSERT INTO shadow_changes VALUES \
                             ('{table}', hex({row}.client), hex({row}.id), {status}); END;"
                        );
                    }
                }
                let connection = rusqlite::Connection::open(path).expect("the same file");
                connection.execute_batch(&statements).expect("triggers");
                Shadow { file: Some(path.clone()) }
            }
        }
    }

    /// Fails where a status on PostgreSQL has no event.
    pub async fn compare(url: &str) {
        let rows = connect(url).await.query(WITHOUT_EVENT, &[]).await.expect("what was noted");
        let without: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!(without.is_empty(), "no event (ids in hexadecimal): {without:?}");
    }
}

impl Drop for Shadow {
    fn drop(&mut self) {
        let Some(file) = self.file.take().filter(|_| !std::thread::panicking()) else { return };
        // A test may have taken the database away.
        let Ok(connection) = rusqlite::Connection::open(file) else { return };
        let Ok(mut statement) = connection.prepare(WITHOUT_EVENT) else { return };
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("what was noted");
        let without: Vec<String> = rows.map(|row| row.expect("a text")).collect();
        assert!(without.is_empty(), "no event (ids in hexadecimal): {without:?}");
    }
}

/// What follows until [`resume`] is no change of the server's: a test prepares it.
pub fn pause(batch: &mut Batch) {
    push(batch, "INSERT INTO shadow_paused VALUES (1)");
}

pub fn resume(batch: &mut Batch) {
    push(batch, "DELETE FROM shadow_paused");
}

fn push(batch: &mut Batch, statement: &'static str) {
    let mut sql = Sql::default();
    sql.push(statement);
    batch.push(sql, Rows::Any);
}
