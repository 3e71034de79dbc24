//! PostgreSQL through a wire that can be cut, and a replica that is none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use verax_domain::{Timestamp, resources};
use verax_query::{Query, Tenant};
use verax_store::{Batch, Database, JobKind, Location, NewClient, Options, StoreError};

use crate::databases::{self, Fixture};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// What the wire does with each connection; a change ends those that it has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wire {
    Whole,
    /// Connections are accepted, and nothing is heard on them.
    Silent,
    Cut,
}

fn url(fixture: &Fixture) -> String {
    match &fixture.location {
        Location::Postgres(url) => url.clone(),
        Location::File(_) => panic!("not PostgreSQL"),
    }
}

/// The same database through a wire.
async fn wired(fixture: &Fixture) -> (Location, watch::Sender<Wire>) {
    let url = url(fixture);
    let (before, after) = url.split_once('@').expect("a user");
    let (server, name) = after.split_once('/').expect("a name");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let own = listener.local_addr().expect("an address");
    let (sender, wire) = watch::channel(Wire::Whole);
    let server = Arc::new(server.to_owned());
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (server, mut wire) = (Arc::clone(&server), wire.clone());
            tokio::spawn(async move {
                let state = *wire.borrow_and_update();
                match state {
                    Wire::Cut => {}
                    Wire::Silent => drop(wire.changed().await),
                    Wire::Whole => {
                        let mut far = TcpStream::connect(&*server).await.expect("PostgreSQL");
                        tokio::select! {
                            _ = copy_bidirectional(&mut near, &mut far) => return,
                            _ = wire.changed() => {}
                        }
                        // What was connected before stays so, and hears nothing any more.
                        if *wire.borrow() == Wire::Silent {
                            drop(wire.changed().await);
                        }
                    }
                }
            });
        }
    });
    (Location::Postgres(format!("{before}@{own}/{name}")), sender)
}

fn options() -> Options {
    Options { statement_limit: Duration::from_secs(1), ..databases::options() }
}

async fn ask(database: &Database) -> Result<(), StoreError> {
    database.token("").await.map(drop)
}

#[tokio::test]
async fn connections_that_a_failover_has_killed_are_replaced() {
    let fixture = databases::postgres().await;
    let (location, wire) = wired(&fixture).await;
    let database = Database::open(&location, &options()).await.expect("it opens");
    ask(&database).await.expect("an answer");
    wire.send_replace(Wire::Cut);
    let rejected = ask(&database).await;
    assert!(matches!(rejected, Err(StoreError::Unavailable(_))), "{rejected:?}");
    assert!(matches!(database.probe(NOW).await, Err(StoreError::Unavailable(_))));
    wire.send_replace(Wire::Whole);
    ask(&database).await.expect("an answer again");
    database.probe(NOW).await.expect("it takes writes again");
}

#[tokio::test]
async fn a_database_that_says_nothing_is_not_waited_for_long_and_its_connections_go() {
    let fixture = databases::postgres().await;
    let (location, wire) = wired(&fixture).await;
    let database = Database::open(&location, &options()).await.expect("it opens");
    ask(&database).await.expect("an answer");
    wire.send_replace(Wire::Silent);
    let begun = Instant::now();
    let unanswered = ask(&database).await;
    assert!(matches!(unanswered, Err(StoreError::Unavailable(_))), "{unanswered:?}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    wire.send_replace(Wire::Whole);
    ask(&database).await.expect("an answer again");
}

#[tokio::test]
async fn requests_beyond_those_that_may_wait_are_rejected_at_once() {
    let fixture = databases::postgres().await;
    let options = Options { connections: 1, ..options() };
    let database = Database::open(&fixture.location, &options).await.expect("it opens");
    let answers = join_all((0..100).map(|_| ask(&database))).await;
    let rejected = answers.iter().filter(|it| matches!(it, Err(StoreError::Busy(_)))).count();
    let answered = answers.iter().filter(|it| it.is_ok()).count();
    assert_eq!(rejected + answered, 100, "{answers:?}");
    assert!((16..=20).contains(&answered), "{answered}");
}

#[tokio::test]
async fn of_several_servers_the_one_that_answers_is_used() {
    let fixture = databases::postgres().await;
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed = gone.local_addr().expect("an address");
    drop(gone);
    let url = url(&fixture).replace('@', &format!("@{closed},"));
    let database = Database::open(&Location::Postgres(url), &options()).await.expect("it opens");
    ask(&database).await.expect("an answer");
}

#[tokio::test]
async fn a_replica_that_is_none_or_away_is_not_read_from() {
    let fixture = databases::postgres().await;
    let away = fixture.open().await;
    drop(away);
    let closed = Location::Postgres("postgres://nobody@127.0.0.1:1/none".to_owned());
    // A server that is no standby has another history, or none to wait for.
    for replica in [closed, fixture.location.clone()] {
        let options = Options { replica: Some(replica), ..options() };
        let database = Database::open(&fixture.location, &options).await.expect("it opens");
        let id = format!("c{}", Instant::now().elapsed().as_nanos());
        let mut batch = Batch::default();
        batch.ensure_client(&id);
        database.commit(batch).await.expect("a commit");
        let query = Query::whole(&resources::CLIENTS);
        assert!(database.count(&query, &Tenant::All).await.expect("a count") > 0);
    }
    let sqlite = databases::sqlite();
    let options = Options { replica: Some(fixture.location.clone()), ..options() };
    let rejected = Database::open(&sqlite.location, &options).await.err();
    assert!(matches!(rejected, Some(StoreError::Address(_))), "{rejected:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_job_is_taken_by_one_node() {
    for fixture in databases::all().await {
        let (one, two) = (fixture.open().await, fixture.open().await);
        let mut batch = Batch::default();
        batch.insert_client(&NewClient {
            id: "c1".to_owned(),
            name: "One".to_owned(),
            email: "one@example.com".to_owned(),
            scopes: None,
            created_at: NOW,
        });
        for number in 0..60 {
            batch.insert_job(&verax_store::Job {
                kind: JobKind::DocumentCheck,
                record: format!("d{number:02}"),
                client: "c1".to_owned(),
                lease_until: NOW,
                detail: None,
                attempts: 0,
            });
        }
        one.commit(batch).await.expect("jobs");
        let later = Timestamp(NOW.0 + 1);
        let take = async |database: Database| {
            let mut taken = Vec::new();
            loop {
                let lease = Timestamp(later.0 + 60_000);
                let jobs = database.take_jobs(JobKind::DocumentCheck, later, lease, 3).await;
                let jobs = jobs.expect("a look");
                if jobs.is_empty() {
                    return taken;
                }
                taken.extend(jobs.into_iter().map(|job| job.record));
            }
        };
        let (mut all, others) = tokio::join!(take(one), take(two));
        all.extend(others);
        all.sort();
        let expected: Vec<String> = (0..60).map(|number| format!("d{number:02}")).collect();
        assert_eq!(all, expected);
    }
}
