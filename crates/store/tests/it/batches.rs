//! Batches on each database: all of one or nothing, in its order, and its first failure is its answer.

use serde_json::json;
use verax_domain::Timestamp;
use verax_domain::document_verdict::{DocumentVerdict, ValidationResults};
use verax_domain::events::EventKind;
use verax_domain::records::biometric_validation::{
    BiometricValidation, CheckResult, ValidationOrder, ValidationStatus,
};
use verax_domain::records::document_check::DocumentCheckRecord;
use verax_domain::records::project::{Project, ProjectStatus};
use verax_query::Sql;
use verax_store::{Batch, Job, JobKind, Rows, StoreError};

use crate::databases::{self, stamp};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
/// More than are under way together on PostgreSQL.
const MANY: usize = 150;

fn senseless(batch: &mut Batch) {
    let mut sql = Sql::default();
    sql.push("UPDATE there_is_no_such_table SET x = 1");
    batch.push(sql, Rows::Any);
}

fn missing(batch: &mut Batch) {
    batch.unset_setting("nobody has set it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_fails_anywhere_leaves_nothing_and_the_next_one_is_stored() {
    for fixture in databases::both().await {
        let database = fixture.open().await;
        for at in [0, 1, 62, 63, 64, 65, MANY - 1, MANY] {
            let mut batch = Batch::default();
            for number in 0..=MANY {
                if number == at {
                    missing(&mut batch);
                }
                batch.set_setting(&format!("s{number}"), "lost", NOW);
            }
            let failed = database.commit(batch).await;
            assert!(matches!(failed, Err(StoreError::Conflict)), "{at}: {failed:?}");
            assert_eq!(database.settings().await.expect("a look"), [], "{at}");
        }
        let mut batch = Batch::default();
        batch.set_setting("s", "stored", NOW);
        database.commit(batch).await.expect("a change");
        assert_eq!(database.settings().await.expect("a look").len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statements_of_a_batch_are_made_in_their_order() {
    for fixture in databases::both().await {
        let database = fixture.open().await;
        let mut batch = Batch::default();
        for number in 0..MANY {
            batch.set_setting("last", &number.to_string(), NOW);
            // Another text: it is prepared while others wait.
            if number % 40 == 0 {
                batch.unset_setting("last");
            }
        }
        database.commit(batch).await.expect("changes");
        let last = (MANY - 1).to_string();
        assert_eq!(database.settings().await.expect("a look"), [("last".to_owned(), last)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_failure_of_a_batch_is_its_answer() {
    for fixture in databases::both().await {
        let database = fixture.open().await;
        let mut conflict_first = Batch::default();
        missing(&mut conflict_first);
        conflict_first.insert_job(&job());
        conflict_first.insert_job(&job());
        let failed = database.commit(conflict_first).await;
        assert!(matches!(failed, Err(StoreError::Conflict)), "{failed:?}");
        let mut duplicate_first = Batch::default();
        duplicate_first.insert_job(&job());
        duplicate_first.insert_job(&job());
        // In a transaction that has failed everything fails: that is not told.
        duplicate_first.set_setting("s", "lost", NOW);
        let failed = database.commit(duplicate_first).await;
        assert!(matches!(failed, Err(StoreError::Conflict)), "{failed:?}");
        let mut defect = Batch::default();
        defect.set_setting("s", "lost", NOW);
        senseless(&mut defect);
        missing(&mut defect);
        let failed = database.commit(defect).await;
        assert!(matches!(failed, Err(StoreError::Statement(_))), "{failed:?}");
        assert_eq!(database.settings().await.expect("a look"), []);
        let taken = database.take_jobs(JobKind::Backup, Timestamp(i64::MAX), NOW, 9).await;
        assert_eq!(taken.expect("a look"), []);
    }
}

fn job() -> Job {
    Job {
        kind: JobKind::Backup,
        record: "one".to_owned(),
        client: "c".to_owned(),
        lease_until: NOW,
        detail: None,
        attempts: 0,
    }
}

fn project() -> Project {
    Project {
        name: None,
        allowed_countries: Vec::new(),
        id: "p".to_owned(),
        client: "c".to_owned(),
        status: ProjectStatus::Active,
        assigned_collection: None,
        collection_code: None,
        allows_anonymous: false,
    }
}

#[test]
fn each_end_of_a_check_has_one_event() {
    let whose = || ("r".to_owned(), "c".to_owned());
    let document = DocumentCheckRecord::resumed(whose().0, whose().1, None);
    let nothing = DocumentVerdict {
        results: ValidationResults::default(),
        cropped: false,
        colourless: false,
        risk_score: Some(0.0),
        confidence: 0.0,
        confidence_limits: Vec::new(),
    };
    let validation = BiometricValidation {
        status: ValidationStatus::Pending,
        ..BiometricValidation::open(whose(), None, ValidationOrder::default(), &project(), NOW)
    };
    let found = CheckResult::default;
    type End<'a> = &'a dyn Fn(&mut Batch);
    let ends: [(End<'_>, EventKind); 7] = [
        (
            &|it| {
                let end = document.complete(&nothing, &json!({}), false, NOW);
                it.transition(&end.expect("it runs"), NOW, stamp());
            },
            EventKind::DocumentCheckCompleted,
        ),
        (
            &|it| {
                it.transition(&document.fail("x", NOW).expect("it runs"), NOW, stamp());
            },
            EventKind::DocumentCheckFailed,
        ),
        (
            &|it| {
                it.abandon_document_check("c", "r", "x", NOW, stamp());
            },
            EventKind::DocumentCheckFailed,
        ),
        (
            &|it| {
                let end = validation.complete(found(), NOW).expect("it is pending");
                it.end_validation(&end, NOW, stamp());
            },
            EventKind::ValidationCompleted,
        ),
        (
            &|it| {
                let end = validation.fail(found(), NOW).expect("it is pending");
                it.end_validation(&end, NOW, stamp());
            },
            EventKind::ValidationFailed,
        ),
        (
            &|it| {
                it.abandon_validation("c", "r", "[]", NOW, stamp());
            },
            EventKind::ValidationFailed,
        ),
        (
            &|it| {
                it.expire(JobKind::ValidationExpiry, ("c", "r"), NOW, stamp());
            },
            EventKind::ValidationExpired,
        ),
    ];
    for (end, kind) in ends {
        let mut batch = Batch::default();
        end(&mut batch);
        let [event] = batch.events() else { panic!("{kind:?}: {:?}", batch.events()) };
        assert_eq!((event.kind, event.client.as_str(), event.record.as_str()), (kind, "c", "r"));
        assert_eq!(event.at, NOW);
    }
    let mut batch = Batch::default();
    batch.expire(JobKind::SessionExpiry, ("c", "r"), NOW, stamp());
    assert_eq!(batch.events(), [], "of a session nobody is told");
}
