//! The tables have what the resources say, and what they say can be found without reading all.

use std::time::Duration;

use rusqlite::Connection;
use verax_domain::{record, resources};
use verax_query::{Dialect, Query, Tenant};
use verax_store::{Database, StoreError};

use crate::databases::{self, file};

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_have_a_column_for_everything_a_resource_says() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        for resource in resources::ALL {
            let columns: Vec<&str> = record::columns(resource).map(|(_, column)| column).collect();
            let names = resource.fields.iter().map(|field| field.name);
            let raw = format!("columns={}", names.collect::<Vec<_>>().join(","));
            let query = Query::parse(resource, &raw).expect("all are known");
            let page = database.page(&query, &Tenant::All).await;
            assert!(page.is_ok(), "{}: {columns:?}: {page:?}", resource.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_usual_requests_use_an_index() {
    let fixture = databases::sqlite();
    fixture.open().await;
    let connection = Connection::open(file(&fixture)).expect("the same file");
    let usual = [
        ("biometric-validations", "", true),
        ("biometric-validations", "where_status=completed", true),
        ("biometric-validations", "where_type=login", true),
        ("biometric-validations", "where_project=p&sort=createdAt", true),
        ("biometric-validations", "where_projectFlow=p", true),
        ("biometric-validations", "where_identifier=x", true),
        ("biometric-validations", "where_livenessSession=x", true),
        ("biometric-validations", "where_appRegistration=x", true),
        ("biometric-validations", "where>_createdAt=2024-01-01", true),
        ("document-liveness", "status=completed", true),
        ("document-liveness", "where_appRegistration=x", true),
        ("biometric-validations", "where_failedChecks=antiSpoofing", true),
        ("biometric-validations", "where_appRegistration.email=x", false),
        ("document-liveness", "where_failedChecks=screenReplay", true),
        ("document-liveness", "in_appRegistration.email=x&in_appRegistration.email=y", false),
        ("document-validations", "where_failedChecks=namesAgree", true),
        ("document-validations", "where_appRegistration.email=x", false),
        ("app-logins", "where_appRegistration.email=x", false),
        ("app-registrations", "where_email=x", false),
        ("app-registrations", "where_status=STARTED", true),
        ("persons", "", true),
        ("persons", "where_collections=c1", true),
        ("collections", "", true),
    ];
    for (name, raw, in_order) in usual {
        let resource = resources::by_name(name).expect("a resource");
        let query = Query::parse(resource, raw).expect("a right request");
        let tenant = Tenant::Client("c".to_owned());
        let sql = query.page_sql(Dialect::Sqlite, &tenant).sql;
        let mut statement = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {}", sql.text(Dialect::Sqlite)))
            .expect("a plan");
        // The plan does not depend on the values: nothing is bound.
        let mut rows = statement.raw_query();
        let mut plan = String::new();
        while let Some(row) = rows.next().expect("a row") {
            plan += &row.get::<_, String>(3).expect("text");
            plan += "; ";
        }
        assert!(plan.contains(" INDEX "), "{name}?{raw}: {plan}");
        // The few that an index has, and not all records of the client.
        let indexes: &[&str] = match raw {
            raw if raw.contains("failedChecks") => &["_client_failed "],
            raw if raw.contains("appRegistration.email") => &[
                "app_registrations_email_client ",
                "registration (client=? AND app_registration=?)",
            ],
            _ => &[],
        };
        assert!(indexes.iter().all(|it| plan.contains(it)), "{name}?{raw}: {plan}");
        if in_order {
            assert!(!plan.contains("TEMP B-TREE"), "{name}?{raw} is sorted by hand: {plan}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_server_is_rejected() {
    let fixture = databases::sqlite();
    fixture.open().await;
    let sql = "INSERT INTO refinery_schema_history VALUES (99, 'later', '2030-01-01T00:00:00Z', 1)";
    Connection::open(file(&fixture)).and_then(|it| it.execute(sql, [])).expect("one row");
    rejected(&fixture).await;

    let fixture = databases::postgres().await;
    fixture.open().await;
    let verax_store::Location::Postgres(url) = &fixture.location else { panic!("PostgreSQL") };
    databases::connect(url).await.batch_execute(sql).await.expect("one row");
    rejected(&fixture).await;
}

async fn rejected(fixture: &databases::Fixture) {
    let opened = Database::open(&fixture.location, &databases::options()).await;
    let error = opened.err().expect("it is rejected");
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_found_by_its_key_in_a_table_that_was_never_analyzed() {
    let fixture = databases::postgres().await;
    fixture.open().await;
    let verax_store::Location::Postgres(url) = &fixture.location else { panic!("PostgreSQL") };
    let client = databases::connect(url).await;
    client.batch_execute("SET plan_cache_mode = force_generic_plan").await.expect("a setting");
    for resource in resources::ALL {
        let (table, owner) = (resource.table, resource.tenant_column);
        // A client is its own owner.
        if owner == "id" {
            continue;
        }
        let prepare = format!(
            "PREPARE {table}_by_key (text, text) AS SELECT * FROM {table} WHERE {owner} = $1 AND id = $2"
        );
        client.batch_execute(&prepare).await.expect("a statement");
        let explain = format!("EXPLAIN (COSTS OFF) EXECUTE {table}_by_key ('c', 'i')");
        let plan = client.query(&explain, &[]).await.expect("a plan");
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        let index = |name: &str| plan.contains(&format!("using {table}_{name} on"));
        assert!(index("pkey") || index("id"), "{plan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_takes_longer_than_a_request_may() {
    let fixture = databases::postgres().await;
    let verax_store::Location::Postgres(url) = &fixture.location else { panic!("PostgreSQL") };
    let other = databases::connect(url).await;
    // Another node is at it.
    other.batch_execute("SELECT pg_advisory_lock(7305804385)").await.expect("the lock");
    let mut options = databases::options();
    options.statement_limit = Duration::from_millis(300);
    let opening = Database::open(&fixture.location, &options);
    let giving_way = async {
        tokio::time::sleep(Duration::from_millis(900)).await;
        other.batch_execute("SELECT pg_advisory_unlock(7305804385)").await.expect("given back");
    };
    let (opened, ()) = tokio::join!(opening, giving_way);
    let database = opened.expect("it waits for its turn");
    // Requests on the same connection have their limit again.
    other.batch_execute("BEGIN; LOCK TABLE projects").await.expect("a lock");
    let query = Query::parse(&resources::PROJECTS, "").expect("a request");
    let stopped = database.page(&query, &Tenant::All).await;
    assert!(matches!(stopped, Err(StoreError::Busy(_))), "{stopped:?}");
}
