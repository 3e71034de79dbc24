//! How selective the indexes are: the planner chooses among them by it.

use std::path::Path;

use super::file::{Access, connect};
use crate::StoreError;

/// So many rows of an index are looked at: it takes milliseconds, however many there are.
const ROWS_SAMPLED: u32 = 400;
/// Smaller tables are left to what the planner assumes: they may have grown a hundredfold when it is asked.
const ROWS_MIN: u32 = 10_000;

/// Measures them. Connections that are open already do not see it.
pub fn measure(path: &Path) -> Result<(), StoreError> {
    let connection = connect(path, Access::Write)?;
    connection.execute_batch(&format!(
        "PRAGMA analysis_limit = {ROWS_SAMPLED}; BEGIN IMMEDIATE; ANALYZE; \
         DELETE FROM sqlite_stat1 WHERE CAST(stat AS INTEGER) < {ROWS_MIN}; COMMIT"
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Schema, migrate};

    fn plan(path: &Path, statement: &str) -> String {
        let connection = connect(path, Access::Read).expect("a connection");
        let explained = format!("EXPLAIN QUERY PLAN {statement}");
        let mut lines = connection.prepare(&explained).expect("a statement");
        let lines = lines.query_map([], |row| row.get::<_, String>(3)).expect("a plan");
        lines.map(|line| line.expect("a line")).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn the_events_of_a_record_are_found_by_it_and_not_among_all_of_the_client() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("verax.db");
        let mut writer = connect(&path, Access::Write).expect("a connection");
        migrate::sqlite(&mut writer, Schema::BringUpToDate).expect("migrated");
        measure(&path).expect("measured while there is nothing");
        writer
            .execute_batch(
                "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
                 INSERT INTO events (id, client, type, resource, record, sequence, actor, created_at) \
                 SELECT 'e' || i, 'acme', 't', 'persons', 'p' || i, 1, 'system', i FROM n;
                 INSERT INTO projects (id, client, created_at) VALUES ('one', 'acme', 1);",
            )
            .expect("stored");
        let newest = "SELECT id FROM events WHERE client = 'acme' AND record IN ('p1', 'p2') \
                      ORDER BY created_at DESC, id DESC LIMIT 20";
        assert!(plan(&path, newest).contains("events_client_created"), "{}", plan(&path, newest));
        measure(&path).expect("measured");
        assert!(plan(&path, newest).contains("events_sequence"), "{}", plan(&path, newest));
        let known = "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'projects'";
        let small: u32 = writer.query_row(known, [], |row| row.get(0)).expect("a count");
        assert_eq!(small, 0, "a table of one record is left out");
    }
}
