//! After an update that folds text in another way, every row is found by it.

use serde_json::{Value as Json, json};
use verax_domain::{Record, Timestamp, resources};
use verax_query::{Arg, Query, Resource, Sql, Tenant};
use verax_store::{Batch, Contacts, Database, HeldContact, Rows};

use crate::databases;

/// More than are folded at once.
const MANY: usize = 5_300;

fn record(resource: &'static Resource, json: &Json) -> Record {
    Record::from_json(resource, json, None).expect("a record")
}

/// Runs a statement that no use case has; each `?` is one of the texts.
async fn execute(database: &Database, statement: &'static str, args: &[&str]) {
    let mut batch = Batch::default();
    let mut sql = Sql::default();
    for (index, part) in statement.split('?').enumerate() {
        sql.push(part);
        if let Some(arg) = args.get(index) {
            sql.bind(Arg::Text((*arg).to_owned()));
        }
    }
    batch.push(sql, Rows::Any);
    database.commit(batch).await.expect("a statement");
}

/// A row as a server before the update has written it.
async fn age(database: &Database, id: &str, text: &str) {
    let statement = "UPDATE projects SET name = ?, name_folded = ? WHERE id = ?";
    execute(database, statement, &[text, &text.to_lowercase(), id]).await;
}

async fn age_folding(database: &Database) {
    execute(database, "UPDATE text_folding SET version = 1, place = ''", &[]).await;
}

async fn found(database: &Database, resource: &'static Resource, raw: &str) -> Vec<String> {
    let query = Query::parse(resource, &format!("{raw}&sort=_id")).expect("a request");
    let page = database.page(&query, &Tenant::All).await.expect("a page");
    let rows: Vec<Json> =
        serde_json::from_slice(&[b"[", &page.rows[..], b"]"].concat()).expect("rows");
    rows.iter().map(|row| row["_id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_older_server_are_folded_when_a_newer_one_opens_them() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let names = [
            ("a", "ΟΔΥΣΣΕΥΣ"),
            ("b", "Jose\u{301}"),
            ("c", "José"),
            ("d", "Straße"),
            ("e", "plain"),
        ];
        let records: Vec<Record> = names
            .iter()
            .map(|(id, name)| {
                let json = json!({ "_id": id, "client": format!("c-{id}"), "name": name });
                record(&resources::PROJECTS, &json)
            })
            .collect();
        database.import(&records, Timestamp(0), databases::QUIET).await.expect("an import");
        for (id, name) in names {
            age(&database, id, name).await;
        }
        assert_eq!(found(&database, &resources::PROJECTS, "like_name=strasse").await, [""; 0]);
        // Once all is folded nothing is looked at again.
        drop(fixture.open().await);
        assert_eq!(found(&database, &resources::PROJECTS, "like_name=strasse").await, [""; 0]);
        age_folding(&database).await;
        drop(fixture.open().await);
        for (raw, ids) in [
            ("like_name=jose", &["b", "c"][..]),
            ("where_name=José", &["b", "c"]),
            ("like_name=οδυσσ", &["a"]),
            ("where-case-insensitive_name=STRASSE", &["d"]),
            ("like_name=plain", &["e"]),
        ] {
            assert_eq!(found(&database, &resources::PROJECTS, raw).await, ids, "{raw}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_fold_many_rows_once_and_a_walk_goes_on_where_it_was() {
    for fixture in databases::both().await {
        let database = fixture.open().await;
        let row = |number: usize| {
            let json = json!({ "_id": format!("v{number:05}"), "client": "acme", "status": "new",
                "identifier": format!("é{number}"), "createdAt": "2026-01-01T00:00:00Z" });
            record(&resources::BIOMETRIC_VALIDATIONS, &json)
        };
        let records: Vec<Record> = (0..MANY).map(row).collect();
        database.import(&records, Timestamp(0), databases::QUIET).await.expect("an import");
        let spoil = "UPDATE biometric_validations SET identifier_folded = 'old'";
        let folded = "where-case-insensitive_identifier=e5299";
        let validations = &resources::BIOMETRIC_VALIDATIONS;
        execute(&database, spoil, &[]).await;
        age_folding(&database).await;
        let _ = tokio::join!(fixture.open(), fixture.open());
        assert_eq!(found(&database, validations, folded).await, ["v05299"]);
        let left = "where-case-insensitive_identifier=old&count=1";
        let query = Query::parse(validations, left).expect("a request");
        assert_eq!(database.count(&query, &Tenant::All).await.expect("a count"), 0);

        // Interrupted before the last hundred.
        execute(&database, spoil, &[]).await;
        let at = resources::ALL.iter().position(|it| it.name == validations.name);
        let begun = format!("{} 4 acmev05199", at.expect("a resource"));
        execute(&database, "UPDATE text_folding SET version = 1, place = ?", &[&begun]).await;
        drop(fixture.open().await);
        assert_eq!(found(&database, validations, folded).await, ["v05299"]);
        assert_eq!(database.count(&query, &Tenant::All).await.expect("a count"), 5200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_completed_with_one_address_the_older_holds_it() {
    for fixture in databases::both().await {
        let database = fixture.open().await;
        let registration = |id: &str, day: u32| {
            let json = json!({ "_id": id, "client": "acme", "project": "p", "status": "COMPLETED",
                "email": format!("{id}@example.com"), "createdAt": format!("2026-01-{day:02}T00:00:00Z") });
            record(&resources::APP_REGISTRATIONS, &json)
        };
        // The walk comes to the younger one first, and to the older one first.
        let ids = [("a", 2), ("b", 1), ("c", 3), ("d", 4)];
        let records: Vec<Record> = ids.iter().map(|(id, day)| registration(id, *day)).collect();
        database.import(&records, Timestamp(0), databases::QUIET).await.expect("an import");
        let old =
            "UPDATE app_registrations SET email = ?, email_folded = ?, held_email = ? WHERE id = ?";
        for (id, email) in [
            ("a", "josé@example.com"),
            ("b", "jose\u{301}@example.com"),
            ("c", "straße@example.com"),
            ("d", "STRASSE@example.com"),
        ] {
            let folded = email.to_lowercase();
            execute(&database, old, &[email, &folded, &folded, id]).await;
        }
        age_folding(&database).await;
        drop(fixture.open().await);
        for (address, holder) in [("josé@example.com", "b"), ("strasse@example.com", "c")] {
            let contacts = Contacts { email: Some(address.to_owned()), phone: None };
            let held =
                |but: &'static str| database.contact_holder("acme", "p", contacts.clone(), but);
            assert_eq!(held("").await.expect("a look"), Some(HeldContact::Email), "{address}");
            let but = if holder == "b" { held("b").await } else { held("c").await };
            assert_eq!(but.expect("a look"), None, "{address} is held by {holder} alone");
        }
    }
}
