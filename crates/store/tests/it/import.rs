//! Records from elsewhere.

use serde_json::{Value as Json, json};
use verax_domain::{Record, Timestamp, resources};
use verax_query::{Resource, Retrieval, Tenant};
use verax_store::{Database, StoreError};

use crate::databases;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn record(resource: &'static Resource, json: &Json) -> Record {
    Record::from_json(resource, json, None).unwrap_or_else(|it| panic!("{it:?}"))
}

async fn import(database: &Database, resource: &'static Resource, json: &Json) {
    database.import(&[record(resource, json)], NOW, databases::QUIET).await.expect("an import");
}

async fn retrieved(database: &Database, resource: &'static Resource, id: &str) -> Json {
    let retrieval = Retrieval::whole(resource);
    let bytes = database.record(&retrieval, &Tenant::All, id).await.expect("a look");
    serde_json::from_slice(&bytes.expect("a record")).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_fills_what_is_known_and_erases_nothing() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let validations = &resources::BIOMETRIC_VALIDATIONS;
        let first = json!({
            "_id": "v1", "status": "new", "createdAt": "2024-01-15T10:30:00Z",
            "client": { "_id": "c1", "name": "One", "email": "one@example.com" },
            "project": { "_id": "p1", "name": "Shop", "description": "Age checks" },
            "identifier": "ana", "riskScore": 0.5,
        });
        import(&database, validations, &first).await;
        let second = json!({
            "_id": "v1", "status": "validated", "client": "c1",
            "project": { "_id": "p1", "name": "Web shop" },
            "completedAt": "2024-01-15T10:32:00.5Z",
        });
        import(&database, validations, &second).await;
        import(&database, validations, &second).await;
        assert_eq!(
            retrieved(&database, validations, "v1").await,
            json!({
                "_id": "v1", "client": "c1", "project": "p1", "status": "completed",
                "identifier": "ana", "riskScore": 0.5, "createdAt": "2024-01-15T10:30:00Z",
                "completedAt": "2024-01-15T10:32:00.500Z",
            })
        );
        assert_eq!(
            retrieved(&database, &resources::PROJECTS, "p1").await,
            json!({ "_id": "p1", "client": "c1", "name": "Web shop", "description": "Age checks" })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_invents_nothing_but_the_moment_it_came() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let json = json!({ "_id": "d1", "client": "c1", "status": "completed" });
        import(&database, &resources::DOCUMENT_LIVENESS, &json).await;
        assert_eq!(
            retrieved(&database, &resources::DOCUMENT_LIVENESS, "d1").await,
            json!({
                "_id": "d1", "client": "c1", "imageSaved": false, "status": "completed",
                "createdAt": "2023-11-14T22:13:20Z",
            })
        );
        // Again, with less said: what is there stays.
        let saved = json!({ "_id": "d1", "client": "c1", "status": "failed", "imageSaved": true });
        import(&database, &resources::DOCUMENT_LIVENESS, &saved).await;
        import(&database, &resources::DOCUMENT_LIVENESS, &json).await;
        let kept = retrieved(&database, &resources::DOCUMENT_LIVENESS, "d1").await;
        assert_eq!(kept["imageSaved"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn details_are_shown_on_retrieval_and_survive_an_import_of_the_list() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let documents = &resources::DOCUMENT_LIVENESS;
        let check = |details| {
            let mut check = json!({ "passed": false, "score": 0.1 });
            if details {
                check["details"] = "moiré peak".into();
            }
            json!({
                "_id": "d1", "client": "c1", "status": "failed",
                "validationResults": { "screenReplay": check },
            })
        };
        import(&database, documents, &check(true)).await;
        import(&database, documents, &check(false)).await;
        let whole = retrieved(&database, documents, "d1").await;
        assert_eq!(whole["validationResults"]["screenReplay"]["details"], "moiré peak");
        let listed = verax_query::Query::parse(documents, "").expect("a request");
        let page = database.page(&listed, &Tenant::All).await.expect("a page");
        assert!(!String::from_utf8_lossy(&page.rows).contains("details"));
    }
}

// Full groups go into one statement; what is left over, or says too little, goes alone.
#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_end_as_one_by_one() {
    let documents = &resources::DOCUMENT_LIVENESS;
    let check = |details| {
        let mut check = json!({ "passed": false, "score": 0.1 });
        if details {
            check["details"] = "moiré peak".into();
        }
        json!({ "screenReplay": check })
    };
    let whole = |number: usize| {
        json!({
            "_id": format!("d{number}"), "client": "c1", "status": "failed", "imageSaved": true,
            "createdAt": "2024-01-15T10:30:00Z", "updatedAt": "2024-01-15T10:31:00Z",
            "appRegistration": { "_id": format!("r{}", number % 3), "fullName": "Ana" },
            "validationResults": check(true),
        })
    };
    let less = |number: usize| {
        let mut less = json!({
            "_id": format!("d{number}"), "client": "c1", "status": "completed",
            "imageSaved": number.is_multiple_of(2), "createdAt": "2024-01-16T10:30:00Z",
        });
        if number.is_multiple_of(3) {
            less["validationResults"] = check(false);
        }
        less
    };
    let first: Vec<Record> = (0..130).map(|number| record(documents, &whole(number))).collect();
    let second: Vec<Record> = (0..130).map(|number| record(documents, &less(number))).collect();
    let places = databases::both().await.into_iter().zip(databases::both().await);
    for (fixture, other) in places {
        let (together, alone) = (fixture.open().await, other.open().await);
        for records in [&first, &second] {
            together.import(records, NOW, databases::QUIET).await.expect("an import");
            for record in records {
                alone
                    .import(std::slice::from_ref(record), NOW, databases::QUIET)
                    .await
                    .expect("an import");
            }
        }
        for number in 0..130 {
            let id = format!("d{number}");
            let found = retrieved(&together, documents, &id).await;
            assert_eq!(found, retrieved(&alone, documents, &id).await);
            assert_eq!(found["validationResults"], check(true), "{id}");
        }
        // One of them is another client's: none is stored.
        let mut third: Vec<Record> = first.iter().take(50).cloned().collect();
        third[30] = record(documents, &json!({ "_id": "d30", "client": "c2", "status": "new" }));
        let rejected = together.import(&third, NOW, databases::QUIET).await;
        assert!(matches!(rejected, Err(StoreError::Conflict)), "{rejected:?}");
        let mut theirs = whole(30);
        theirs["client"] = "c2".into();
        third[30] = record(documents, &theirs);
        let rejected = together.import(&third, NOW, databases::QUIET).await;
        assert!(matches!(rejected, Err(StoreError::Conflict)), "{rejected:?}");
        assert_eq!(retrieved(&together, documents, "d1").await["status"], "completed");
        // The same record twice: the later one is what stays.
        let mut twice: Vec<Record> = first.iter().take(49).cloned().collect();
        twice.push(second[0].clone());
        together.import(&twice, NOW, databases::QUIET).await.expect("an import");
        assert_eq!(retrieved(&together, documents, "d0").await["status"], "completed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_clients_record_is_never_touched() {
    for fixture in databases::both().await {
        let database = fixture.open().await;
        let projects = &resources::PROJECTS;
        import(&database, projects, &json!({ "_id": "p1", "client": "c1", "name": "Mine" })).await;
        let theirs = record(projects, &json!({ "_id": "p1", "client": "c2", "name": "Theirs" }));
        let rejected = database.import(&[theirs], NOW, databases::QUIET).await;
        assert!(matches!(rejected, Err(StoreError::Conflict)), "{rejected:?}");
        // Populated inside a record of theirs it is left alone, and the record is stored.
        let around = json!({
            "_id": "f1", "client": "c2", "project": { "_id": "p1", "name": "Theirs" },
        });
        import(&database, &resources::PROJECT_FLOWS, &around).await;
        assert_eq!(retrieved(&database, projects, "p1").await["name"], "Mine");
    }
}

#[test]
fn templates_and_images_are_dropped_at_any_depth() {
    let json = json!({
        "_id": "v1", "client": "c1", "status": "completed", "otp": "canary",
        "biometricData": { "quality": "good", "template": "canary", "faceImage": "canary" },
        "response": {
            "persons": [{ "id": "x", "faceEncodings": ["canary"], "FACEIMAGE": "canary" }],
            "odd": "data:image/png;base64,canary", "vector": vec![0.5; 128],
        },
        "verificationResults": { "qualityScore": 1, "vector": ["canary"] },
    });
    let record = record(&resources::BIOMETRIC_VALIDATIONS, &json);
    assert!(!format!("{record:?}").contains("canary"));
    let mut dropped = record.dropped.clone();
    dropped.sort();
    assert_eq!(
        dropped,
        ["FACEIMAGE", "faceEncodings", "faceImage", "odd", "otp", "template", "vector", "vector"]
    );
}

#[test]
fn every_problem_of_a_record_is_said() {
    let json = json!({
        "_id": "v1", "client": "c1", "status": "done", "type": 5, "riskScore": "high",
        "createdAt": "yesterday", "verificationResults": { "qualityScore": 7 },
    });
    let problems = Record::from_json(&resources::BIOMETRIC_VALIDATIONS, &json, None).unwrap_err();
    let members: Vec<&str> = problems.iter().map(|problem| problem.member.as_str()).collect();
    assert_eq!(
        members,
        ["status", "type", "verificationResults.qualityScore", "riskScore", "createdAt"]
    );
    for bad in [json!([]), json!({}), json!({ "_id": "a b" }), json!({ "_id": "a" })] {
        Record::from_json(&resources::PROJECTS, &bad, None).unwrap_err();
    }
}
