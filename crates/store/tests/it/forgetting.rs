//! What a deletion must leave nothing in: every table of the schema is one of a client's or of none.

use std::collections::BTreeMap;

use rusqlite::Connection;
use verax_domain::Timestamp;
use verax_domain::events::Entry;
use verax_store::{Batch, Database, Location, TABLES_OF_NO_CLIENT, tables_of_clients};

use crate::databases::{self, Fixture, file};

/// A column, its type, and whether a row must say something for it.
pub type Column = (String, String, bool);
pub type Schema = BTreeMap<String, Vec<Column>>;

pub async fn schema(fixture: &Fixture) -> Schema {
    let mut tables = Schema::new();
    if let Location::Postgres(url) = &fixture.location {
        let client = databases::connect(url).await;
        let rows = client
            .query(
                "SELECT table_name::text, column_name::text, data_type::text, \
                 is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' \
                 FROM information_schema.columns WHERE table_schema = 'public'",
                &[],
            )
            .await
            .expect("the columns");
        for row in rows {
            let column = (row.get(1), row.get(2), row.get(3));
            tables.entry(row.get(0)).or_default().push(column);
        }
        return tables;
    }
    let connection = Connection::open(file(fixture)).expect("the same file");
    let mut statement = connection
        .prepare(
            "SELECT m.name, c.name, lower(c.type), c.\"notnull\" AND c.dflt_value IS NULL \
             FROM sqlite_schema AS m, pragma_table_info(m.name) AS c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
        )
        .expect("a statement");
    let mut rows = statement.query([]).expect("the columns");
    while let Some(row) = rows.next().expect("a row") {
        let column = (row.get_unwrap(1), row.get_unwrap(2), row.get_unwrap(3));
        tables.entry(row.get_unwrap(0)).or_default().push(column);
    }
    tables
}

/// Runs statements that the store does not have.
pub async fn execute(fixture: &Fixture, statements: &str) {
    match &fixture.location {
        Location::Postgres(url) => {
            databases::connect(url).await.batch_execute(statements).await.expect("statements");
        }
        Location::File(path) => {
            let connection = Connection::open(path).expect("the same file");
            connection.execute_batch(statements).expect("statements");
        }
    }
}

async fn count(fixture: &Fixture, table: &str, column: &str, client: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table} WHERE {column} = '{client}'");
    match &fixture.location {
        Location::Postgres(url) => {
            databases::connect(url).await.query_one(&sql, &[]).await.expect("a number").get(0)
        }
        Location::File(path) => {
            let connection = Connection::open(path).expect("the same file");
            connection.query_row(&sql, [], |row| row.get(0)).expect("a number")
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_one_of_clients_or_of_none() {
    for fixture in databases::both().await {
        fixture.open().await;
        let schema = schema(&fixture).await;
        for (table, columns) in &schema {
            let has = |name: &str| columns.iter().any(|(column, ..)| column == name);
            let known = tables_of_clients().find(|(name, _)| name == table);
            match known {
                Some((_, column)) => assert!(has(column), "{table} has no column {column}"),
                None => {
                    assert!(
                        TABLES_OF_NO_CLIENT.contains(&table.as_str()),
                        "{table}: add it to OTHER_TABLES_OF_CLIENTS, or to TABLES_OF_NO_CLIENT"
                    );
                    assert!(!has("client"), "{table} has rows of clients");
                }
            }
        }
        for (table, _) in tables_of_clients() {
            assert!(schema.contains_key(table), "there is no table {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_client_leaves_no_row_in_any_table_and_others_keep_theirs() {
    for fixture in databases::both().await {
        let database: Database = fixture.open().await;
        let mut rows = String::new();
        for (table, columns) in schema(&fixture).await {
            let Some((_, owner)) = tables_of_clients().find(|(name, _)| *name == table) else {
                continue;
            };
            for client in ["goes", "stays"] {
                let text: Vec<(&str, String)> = columns
                    .iter()
                    .filter(|(column, _, required)| *required || column == owner)
                    .map(|(column, kind, _)| {
                        let value = match kind.as_str() {
                            _ if column == owner => format!("'{client}'"),
                            "text" => format!("'{client}-{column}'"),
                            "boolean" => "FALSE".to_owned(),
                            _ => "1".to_owned(),
                        };
                        (column.as_str(), value)
                    })
                    // SQLite numbers these by itself.
                    .filter(|(column, _)| table != "tally_changes" || *column != "id")
                    .collect();
                let names: Vec<&str> = text.iter().map(|(name, _)| *name).collect();
                let values: Vec<&str> = text.iter().map(|(_, value)| value.as_str()).collect();
                rows += &format!(
                    "INSERT INTO {table} ({}) VALUES ({});\n",
                    names.join(", "),
                    values.join(", ")
                );
            }
        }
        execute(&fixture, &rows).await;
        // Drawn rows have statuses that nothing is counted by.
        execute(&fixture, "DELETE FROM tally_changes").await;
        let before = counts(&fixture, "stays").await;
        assert!(before.values().filter(|count| **count > 0).count() >= 17, "{before:?}");
        let mut batch = Batch::default();
        batch.delete_client("goes").delete_tallies("goes");
        database.commit(batch).await.expect("a deletion");
        execute(&fixture, "DELETE FROM tally_changes").await;
        let left = counts(&fixture, "goes").await;
        assert!(left.values().all(|count| *count == 0), "{left:?}");
        assert_eq!(counts(&fixture, "stays").await, before);
    }
}

async fn counts(fixture: &Fixture, client: &str) -> BTreeMap<&'static str, i64> {
    let mut counts = BTreeMap::new();
    for (table, column) in tables_of_clients() {
        counts.insert(table, count(fixture, table, column, client).await);
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_response_names_is_found_whatever_came_by_import() {
    use serde_json::json;
    use verax_domain::Record;
    use verax_domain::resources::BIOMETRIC_VALIDATIONS;
    let now = Timestamp(1_700_000_000_000);
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let store = async |id: &str, response: serde_json::Value| {
            let json =
                json!({ "_id": id, "client": "c1", "status": "completed", "response": response });
            let record = Record::from_json(&BIOMETRIC_VALIDATIONS, &json, None).expect("a record");
            database.import(&[record], now, databases::QUIET).await.expect("an import");
        };
        store("v1", json!({ "persons": [{ "id": "p1", "name": "Jo" }, { "_id": "p2" }] })).await;
        store("v2", json!({ "persons": [{ "id": 7 }, { "id": "p1" }, { "id": "p1" }] })).await;
        store("v3", json!({ "persons": [{ "name": "x\u{0}" }, "p1", null, ["p1"]] })).await;
        store("v4", json!({ "persons": { "id": "p1" } })).await;
        store("v5", json!({ "persons": [{ "id": null }], "other": "p1" })).await;
        store("v6", json!("persons")).await;
        let naming = async |person: &str| {
            let found = database.validations_naming("c1", person, 10).await.expect("a look");
            found.into_iter().map(|it| it.id).collect::<Vec<_>>()
        };
        assert_eq!(naming("p1").await, ["v1", "v2"]);
        assert_eq!(naming("p2").await, ["v1"]);
        assert_eq!(naming("7").await, ["v2"]);
        assert!(database.validations_naming("c2", "p1", 10).await.expect("a look").is_empty());
        store("v2", json!({ "persons": [{ "id": "p3" }] })).await;
        assert_eq!(naming("p1").await, ["v1"]);
        assert_eq!(naming("p3").await, ["v2"]);
        let mut batch = Batch::default();
        batch.delete(&BIOMETRIC_VALIDATIONS, ("c1", "v1"), now, Entry::quiet("a test"));
        database.commit(batch).await.expect("a deletion");
        assert_eq!(naming("p1").await, [""; 0]);
    }
}
