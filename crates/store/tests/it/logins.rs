//! A login takes the steps of its second factors only as it was read.
use verax_domain::events::{Entry, EventKind};
use verax_domain::records::app_login::{AppLogin, LoginMethod, LoginStatus};
use verax_domain::{Record, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, StoreError};

use crate::databases;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn login() -> AppLogin {
    AppLogin {
        method: LoginMethod::Face,
        registration: None,
        id: "l1".to_owned(),
        client: "c1".to_owned(),
        name: Some("jo@example.com".to_owned()),
        project: None,
        flow: None,
        validation: Some("v1".to_owned()),
        person: None,
        status: LoginStatus::Completed,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_does_not_overwrite_what_another_has_decided() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        let read = async || {
            let tenant = Tenant::Client("c1".to_owned());
            let found: Option<AppLogin> = database.find(&tenant, "l1").await.expect("a look");
            found.expect("it is there")
        };
        let mut batch = Batch::default();
        let record: Record = login().to_record(NOW);
        let created = Entry::Event(EventKind::LoginCompleted, databases::stamp());
        batch.insert_record(&record, NOW, created);
        database.commit(batch).await.expect("a login");

        let mut batch = Batch::default();
        batch.transition(&read().await.ask_second_factor("v2"), NOW, databases::stamp());
        database.commit(batch).await.expect("a second factor");
        let asked = read().await;
        assert_eq!((asked.status, asked.validation.as_deref()), (LoginStatus::Pending, Some("v2")));

        let mut batch = Batch::default();
        batch.transition(&asked.second_factor_failed(), NOW, databases::stamp());
        database.commit(batch).await.expect("an end");
        // Of the same second factor, by whoever has read the login before it ended.
        let mut batch = Batch::default();
        batch.transition(&asked.second_factor_passed(Some("jo")), NOW, databases::stamp());
        let late = database.commit(batch).await;
        assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
        assert_eq!((read().await.status, read().await.person), (LoginStatus::Failed, None));

        // Any login may be asked for another.
        let mut batch = Batch::default();
        batch.transition(&read().await.ask_second_factor("v3"), NOW, databases::stamp());
        database.commit(batch).await.expect("another second factor");
        assert_eq!(read().await.status, LoginStatus::Pending);
    }
}
