//! One document check on each database, cut off in the middle and found again after reopening.

use serde_json::json;
use verax_domain::document_check::DocumentCheck;
use verax_domain::document_verdict::{CheckVerdict, DocumentVerdict, Judgement, ValidationResults};
use verax_domain::records::Transition;
use verax_domain::records::document_check::DocumentCheckRecord;
use verax_domain::{Record, Timestamp, resources};
use verax_query::{Retrieval, Tenant};
use verax_store::{Batch, Database, Job, JobKind, NewClient, StoreError};

use crate::databases::{self, stamp};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const LEASE: Timestamp = Timestamp(NOW.0 + 120_000);
const LATER: Timestamp = Timestamp(LEASE.0 + 1);

fn record(id: &str) -> Record {
    let json = json!({ "_id": id, "client": "c1", "status": "new", "imageSaved": false });
    Record::from_json(&resources::DOCUMENT_LIVENESS, &json, None).expect("a record")
}

fn new(id: &str) -> DocumentCheckRecord {
    DocumentCheckRecord::open(id.to_owned(), "c1".to_owned(), None)
}

fn started(id: &str) -> Transition<DocumentCheckRecord> {
    new(id).start(NOW).expect("it is new")
}

/// The end of a check whose maker believes that it is running, with what was found.
fn completed(id: &str, now: Timestamp) -> Transition<DocumentCheckRecord> {
    let finding = CheckVerdict {
        judgement: Some(Judgement { passed: true, score: 0.5 }),
        details: "x".to_owned(),
    };
    let mut results = ValidationResults::default();
    results[DocumentCheck::PrintedCopy] = Some(finding);
    let verdict = DocumentVerdict {
        results,
        cropped: false,
        colourless: false,
        risk_score: Some(0.5),
        confidence: 1.0,
        confidence_limits: Vec::new(),
    };
    started(id).after.complete(&verdict, &json!({}), false, now).expect("it runs")
}

fn failed(id: &str, now: Timestamp) -> Transition<DocumentCheckRecord> {
    started(id).after.fail("again", now).expect("it runs")
}

async fn commit(
    database: &Database,
    fill: impl FnOnce(&mut Batch) -> &mut Batch,
) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    fill(&mut batch);
    database.commit(batch).await
}

async fn shown(database: &Database, id: &str) -> serde_json::Value {
    let whole = Retrieval::whole(&resources::DOCUMENT_LIVENESS);
    let found = database.record(&whole, &Tenant::All, id).await.expect("a look");
    serde_json::from_slice(&found.expect("it is there")).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_ends_once_whoever_ends_it() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        for id in ["d1", "d2"] {
            commit(&database, |batch| {
                batch.begin_document_check(&record(id), NOW, LEASE, "how".to_owned(), stamp())
            })
            .await
            .expect("a beginning");
            commit(&database, |batch| batch.transition(&started(id), NOW, stamp()))
                .await
                .expect("a start");
        }
        let early = commit(&database, |batch| batch.transition(&started("d1"), NOW, stamp())).await;
        assert!(matches!(early, Err(StoreError::Conflict)), "{early:?}");
        commit(&database, |batch| batch.transition(&completed("d1", NOW), NOW, stamp()))
            .await
            .expect("an end");
        drop(database);

        let database = fixture.open().await;
        let kind = JobKind::DocumentCheck;
        let longer = Timestamp(LATER.0 + 1);
        let take = async |now, limit| {
            let mut jobs = database.take_jobs(kind, now, longer, limit).await.expect("a look");
            jobs.sort_by(|one, other| one.record.cmp(&other.record));
            jobs
        };
        let taken = |record: &str, attempts| Job {
            kind,
            record: record.to_owned(),
            client: "c1".to_owned(),
            lease_until: longer,
            detail: Some("how".to_owned()),
            attempts,
        };
        assert_eq!(take(LEASE, 9).await, []);
        // The first has reached its end; its image may still be there.
        assert_eq!(take(LATER, 1).await, [taken("d1", 0)]);
        assert_eq!(take(LATER, 9).await, [taken("d2", 0)]);
        assert_eq!(take(LATER, 9).await, []);
        assert_eq!(take(Timestamp(longer.0 + 1), 9).await, [taken("d1", 1), taken("d2", 1)]);
        let resumed =
            commit(&database, |batch| batch.resume_document_check("c1", "d1", LATER, stamp()))
                .await;
        assert!(matches!(resumed, Err(StoreError::Conflict)), "{resumed:?}");
        commit(&database, |batch| batch.resume_document_check("c1", "d2", LATER, stamp()))
            .await
            .expect("it is");
        commit(&database, |batch| {
            batch.abandon_document_check("c1", "d2", "interrupted", LATER, stamp())
        })
        .await
        .expect("an end");
        for id in ["d1", "d2"] {
            commit(&database, |batch| batch.delete_job(kind, id)).await.expect("a job");
        }
        for id in ["d1", "d2"] {
            let twice = [
                commit(&database, |batch| batch.delete_job(kind, id)).await,
                commit(&database, |batch| batch.transition(&completed(id, LATER), LATER, stamp()))
                    .await,
                commit(&database, |batch| batch.transition(&failed(id, LATER), LATER, stamp()))
                    .await,
            ];
            assert!(twice.iter().all(|it| matches!(it, Err(StoreError::Conflict))), "{twice:?}");
        }
        let (done, left) = (shown(&database, "d1").await, shown(&database, "d2").await);
        assert_eq!((&done["status"], &left["status"]), (&json!("completed"), &json!("failed")));
        assert_eq!(done["validationResults"]["printedCopy"]["details"], "x");
        assert_eq!(
            (&done["failureReason"], &left["failureReason"]),
            (&json!(null), &json!("interrupted"))
        );
        assert_eq!(done["completedAt"], done["updatedAt"]);
        assert_eq!(left["completedAt"], json!(null));
        assert_eq!(take(Timestamp(i64::MAX), 9).await, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_work_of_a_deleted_client_writes_nothing() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let client = NewClient {
            id: "c1".to_owned(),
            name: "One".to_owned(),
            email: "one@example.com".to_owned(),
            scopes: None,
            created_at: NOW,
        };
        commit(&database, |batch| batch.insert_client(&client)).await.expect("a client");
        commit(&database, |batch| {
            batch.begin_document_check(&record("d1"), NOW, LEASE, "how".to_owned(), stamp())
        })
        .await
        .expect("a beginning");
        commit(&database, |batch| batch.delete_client("c1")).await.expect("it goes");
        let late = commit(&database, |batch| batch.transition(&started("d1"), NOW, stamp())).await;
        assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
        let kind = JobKind::DocumentCheck;
        let left = database.take_jobs(kind, Timestamp(i64::MAX), LATER, 9).await.expect("a look");
        assert_eq!(left, []);
    }
}
