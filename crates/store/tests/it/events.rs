//! Every change of a record has its row in the journal, in the change's own commit, or neither is there.

use serde_json::{Value, json};
use verax_domain::events::{Entry, EventKind};
use verax_domain::records::document_check::DocumentCheckRecord;
use verax_domain::{Record, Timestamp, resources};
use verax_query::{Query, Tenant};
use verax_store::{Batch, Database, StoreError};

use crate::databases::{self, stamp};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const WRITERS: usize = 16;
const ROUNDS: usize = 5;

fn project(id: &str, name: &str) -> Record {
    let json = json!({ "_id": id, "client": "c1", "name": name, "status": "active" });
    Record::from_json(&resources::PROJECTS, &json, None).expect("a record")
}

/// The events of a record in their order.
async fn events(database: &Database, record: &str) -> Vec<Value> {
    let raw = format!("where_record={record}&sort=sequence&limit=100");
    let query = Query::parse(&resources::EVENTS, &raw).expect("a right request");
    let page = database.page(&query, &Tenant::Client("c1".to_owned())).await.expect("a page");
    let rows = [b"[".as_slice(), &page.rows, b"]"].concat();
    serde_json::from_slice::<Value>(&rows).expect("JSON").as_array().expect("a list").clone()
}

fn named(events: &[Value]) -> Vec<(&str, i64)> {
    let name = |event: &'_ Value| event["sequence"].as_i64().expect("a number");
    events.iter().map(|it| (it["type"].as_str().expect("a text"), name(it))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_once_number_the_events_of_a_record_without_a_gap() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let mut batch = Batch::default();
        let created = Entry::Event(EventKind::ProjectCreated, stamp());
        batch.insert_record(&project("p", "first"), NOW, created);
        database.commit(batch).await.expect("a project");
        let writers = (0..WRITERS).map(|writer| {
            let database = database.clone();
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    let mut batch = Batch::default();
                    let entry = Entry::Event(EventKind::ProjectUpdated, stamp());
                    batch.change(&project("p", &format!("{writer}-{round}")), NOW, entry);
                    database.commit(batch).await.expect("a change");
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.expect("a writer");
        }
        let events = events(&database, "p").await;
        let numbers: Vec<i64> = named(&events).iter().map(|(_, number)| *number).collect();
        let all = i64::try_from(WRITERS * ROUNDS + 1).expect("a small number");
        assert_eq!(numbers, (1..=all).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_made_has_no_event() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let mut batch = Batch::default();
        let created = Entry::Event(EventKind::ProjectCreated, stamp());
        batch.insert_record(&project("p", "One"), NOW, created);
        // The batch fails at its end: nobody has such a record.
        let updated = Entry::Event(EventKind::ProjectUpdated, stamp());
        batch.change(&project("q", "Two"), NOW, updated);
        let failed = database.commit(batch).await;
        assert!(matches!(failed, Err(StoreError::Conflict)), "{failed:?}");
        assert_eq!(events(&database, "p").await, [] as [Value; 0]);
        assert_eq!(events(&database, "q").await, [] as [Value; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_came_before_is_not_told_of_again() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let check = DocumentCheckRecord::open("d".to_owned(), "c1".to_owned(), None);
        let json = json!({ "_id": "d", "client": "c1", "status": "new", "imageSaved": false });
        let record = Record::from_json(&resources::DOCUMENT_LIVENESS, &json, None);
        let mut batch = Batch::default();
        let record = record.expect("a record");
        batch.begin_document_check(&record, NOW, NOW, "how".to_owned(), stamp());
        let started = check.start(NOW).expect("it is new");
        let failed = started.after.fail("no image", NOW).expect("it runs");
        batch.transition(&started, NOW, stamp()).transition(&failed, NOW, stamp());
        database.commit(batch).await.expect("a check");
        for later in [0, 1, 2] {
            let mut batch = Batch::default();
            let now = Timestamp(NOW.0 + later);
            batch.abandon_document_check("c1", "d", "left behind", now, stamp());
            batch.abandon_document_check("c1", "gone", "left behind", now, stamp());
            database.commit(batch).await.expect("nothing to do");
        }
        let told = events(&database, "d").await;
        let names = ["created", "started", "failed"].map(|it| format!("document_liveness.{it}"));
        assert_eq!(named(&told).iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
        assert_eq!(events(&database, "gone").await, [] as [Value; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_record_counts_on_and_keeps_what_it_belonged_to() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let json = json!({
            "_id": "l", "client": "c1", "status": "completed", "projectFlow": "f",
            "appRegistration": "r",
        });
        let login = Record::from_json(&resources::APP_LOGINS, &json, None).expect("a record");
        let mut batch = Batch::default();
        batch.insert_record(&login, NOW, Entry::Event(EventKind::LoginCompleted, stamp()));
        database.commit(batch).await.expect("a login");
        let mut batch = Batch::default();
        let gone = Entry::Event(EventKind::LoginDeleted, stamp());
        batch.delete(&resources::APP_LOGINS, ("c1", "l"), NOW, gone);
        database.commit(batch).await.expect("a deletion");
        let told = events(&database, "l").await;
        assert_eq!(named(&told), [("app_login.completed", 1), ("app_login.deleted", 2)]);
        for event in &told {
            assert_eq!(
                (&event["projectFlow"], &event["appRegistration"]),
                (&json!("f"), &json!("r"))
            );
        }
    }
}
