//! One life on each database, its second half after reopening.

use std::time::Duration;

use serde_json::json;
use verax_domain::{Record, Timestamp, resources};
use verax_query::{Query, Retrieval, Tenant};
use verax_store::{Batch, Database, NewClient, StoreError, Token};

use crate::databases;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn token(id: &str, client: &str) -> Token {
    Token {
        id: id.to_owned(),
        client: client.to_owned(),
        scopes: "write".to_owned(),
        subject: None,
        mode: "live".to_owned(),
        created_at: NOW,
        expires_at: Timestamp(NOW.0 + 1000),
        revoked_at: None,
        renewable_until: None,
        renewal_of: None,
        sandbox_of: None,
        member: None,
    }
}

fn client(id: &str) -> NewClient {
    NewClient {
        id: id.to_owned(),
        name: "One".to_owned(),
        email: "one@example.com".to_owned(),
        scopes: None,
        created_at: NOW,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_tokens_and_records_live_through_a_restart() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let mut batch = Batch::default();
        batch.insert_client(&client("c1"));
        batch.insert_token(&token("t1", "c1")).insert_token(&token("t2", "c1"));
        database.commit(batch).await.expect("a client and two tokens");
        let json = json!({ "_id": "v1", "client": "c1", "status": "new" });
        let record = Record::from_json(&resources::BIOMETRIC_VALIDATIONS, &json, None);
        database
            .import(&[record.expect("a record")], NOW, databases::QUIET)
            .await
            .expect("an import");
        drop(database);

        let database = fixture.open().await;
        assert_eq!(database.token("t1").await.expect("a look"), Some(token("t1", "c1")));
        let mut batch = Batch::default();
        batch.revoke_token("t1", NOW);
        database.commit(batch.clone()).await.expect("a revocation");
        let revoked = database.token("t1").await.expect("a look").expect("it is known");
        assert_eq!(revoked.revoked_at, Some(NOW));
        assert!(matches!(database.commit(batch).await, Err(StoreError::Conflict)));
        assert_eq!(database.token("t9").await.expect("a look"), None);
        assert_eq!(database.tokens(Some("c1")).await.expect("a look").len(), 2);

        let whole = Retrieval::whole(&resources::BIOMETRIC_VALIDATIONS);
        let own = Tenant::Client("c1".to_owned());
        let other = Tenant::Client("c2".to_owned());
        assert!(database.record(&whole, &own, "v1").await.expect("a look").is_some());
        assert!(database.record(&whole, &other, "v1").await.expect("a look").is_none());

        let mut batch = Batch::default();
        batch.delete_client("c1");
        database.commit(batch).await.expect("the end");
        assert_eq!(database.token("t2").await.expect("a look"), None);
        assert!(database.record(&whole, &own, "v1").await.expect("a look").is_none());
        assert_eq!(database.clients().await.expect("a look"), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_misses_takes_nothing_with_it_and_its_neighbours_stay() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let mut missing = Batch::default();
        missing.insert_client(&client("lost")).revoke_token("nobody", NOW);
        let writers = (0..40).map(|number| {
            let database = database.clone();
            let missing = missing.clone();
            tokio::spawn(async move {
                if number % 4 == 0 {
                    return database.commit(missing).await;
                }
                let mut batch = Batch::default();
                batch.insert_client(&client(&format!("c{number:02}")));
                database.commit(batch).await
            })
        });
        let writers: Vec<_> = writers.collect();
        for (number, writer) in writers.into_iter().enumerate() {
            let result = writer.await.expect("a writer");
            let missed = matches!(result, Err(StoreError::Conflict));
            assert_eq!(missed, number % 4 == 0, "{number}: {result:?}");
        }
        let clients = database.clients().await.expect("a look");
        assert_eq!(clients.len(), 30);
        assert!(clients.iter().all(|client| client.id != "lost"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_stopped() {
    let fixture = databases::sqlite();
    let mut options = databases::options();
    options.statement_limit = Duration::ZERO;
    let database = Database::open(&fixture.location, &options).await.expect("it opens");
    let rows: Vec<Record> = (0..2000)
        .map(|number| {
            let json = json!({ "_id": format!("p{number}"), "client": "c", "name": "x" });
            Record::from_json(&resources::PROJECTS, &json, None).expect("a record")
        })
        .collect();
    database.import(&rows, NOW, databases::QUIET).await.expect("an import");
    let query = Query::parse(&resources::PROJECTS, "like_name=y").expect("a request");
    let stopped = database.page(&query, &Tenant::All).await;
    assert!(matches!(stopped, Err(StoreError::Busy(_))), "{stopped:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restores_to_the_same_records() {
    let (from, to) = (databases::sqlite(), databases::sqlite());
    let database = from.open().await;
    let mut batch = Batch::default();
    batch.insert_client(&client("c1"));
    database.commit(batch).await.expect("a client");
    let copy = databases::file(&from).with_extension("copy");
    assert_eq!(Database::backup(databases::file(&from), &copy).expect("a backup"), 1);
    let other = to.open().await;
    assert_eq!(Database::restore(&copy, databases::file(&to)).expect("a restore"), 1);
    assert_eq!(other.clients().await.expect("a look").len(), 1);
    std::fs::write(&copy, b"not a database").expect("a file");
    Database::restore(&copy, databases::file(&to)).expect_err("it is rejected");
    assert_eq!(other.clients().await.expect("a look").len(), 1);
}
