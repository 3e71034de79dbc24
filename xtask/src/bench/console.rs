//! The pages of the console, beside the records of `bench lists`: lists, the queue, and one case.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::plain::Database;
use super::{LOAD_CORE, SERVER_CORE, load, mebibytes, milliseconds, pin, records};
use crate::http::{Answer, Connection};
use crate::running::{Server, Site};

const CONNECTIONS: usize = 4;
const PASSWORD: &str = "sextant-harbour-willow";

/// Reviews of every registration and of every failed validation: most are decided, as they are where people
/// work. The case that is measured has a document check, a face check, events and accesses. Both databases
/// take these statements.
fn statements() -> [String; 6] {
    let review = |resource: &str, table: &str, registration: &str, which: &str| {
        format!(
            "INSERT INTO reviews (id, client, subject, subject_resource, subject_id, app_registration, \
             project, opened_because, priority, status, decision, decided_by, created_at) \
             SELECT id, client, '{{\"resource\":\"{resource}\",\"id\":\"' || id || '\"}}', '{resource}', id, \
             {registration}, project, '[\"manualVerification\"]', 1, \
             CASE WHEN created_at % 20 = 0 THEN 'open' ELSE 'decided' END, \
             CASE WHEN created_at % 20 = 0 THEN NULL ELSE 'decline' END, \
             CASE WHEN created_at % 20 = 0 THEN NULL ELSE 'member:m' END, created_at \
             FROM {table} WHERE {which} ON CONFLICT DO NOTHING;"
        )
    };
    [
        review("app-registrations", "app_registrations", "id", "status = 'COMPLETED'"),
        review("biometric-validations", "biometric_validations", "NULL", "status = 'failed'"),
        "UPDATE app_registrations SET biometric_validation = (SELECT id FROM biometric_validations \
         WHERE biometric_validations.client = app_registrations.client LIMIT 1);"
            .to_owned(),
        // As many events as there are validations, and one access of each.
        "INSERT INTO events (id, client, type, resource, record, sequence, status, actor, created_at) \
         SELECT id, client, 'biometric_validation.completed', 'biometric-validations', id, 1, status, \
         'system', created_at FROM biometric_validations WHERE true ON CONFLICT DO NOTHING;"
            .to_owned(),
        "INSERT INTO events (id, client, type, resource, record, sequence, status, actor, created_at) \
         SELECT id, client, 'review.opened', 'reviews', id, 2, 'open', 'system', created_at \
         FROM reviews WHERE subject_resource = 'app-registrations' ON CONFLICT DO NOTHING;"
            .to_owned(),
        "INSERT INTO accesses (id, client, resource, record, part, actor, created_at) \
         SELECT id, client, 'biometric-validations', id, 'image', 'member:m', created_at \
         FROM biometric_validations WHERE true ON CONFLICT DO NOTHING;"
            .to_owned(),
    ]
}

/// What is asked beside one case.
const PAGES: [(&str, &str); 7] = [
    ("overview", "/console/"),
    ("list", "/console/biometric-validations"),
    (
        "list, failed ones, newest first",
        "/console/biometric-validations?where_status=failed&sort=-createdAt",
    ),
    ("list, page at half", "/console/biometric-validations?page=5000"),
    ("list of registrations", "/console/app-registrations"),
    ("list of cases", "/console/reviews"),
    ("queue", "/console/queue"),
];

pub fn prepare(database: &Database) -> Result<()> {
    for statement in statements() {
        database.run(&statement, LOAD_CORE)?;
    }
    Ok(())
}

/// Each page, of a member of the largest client and of a member of the whole server.
pub fn measure(site: &Site, server: &Server, only: &str, duration: Duration) -> Result<()> {
    println!(
        "| page | member of | bytes | alone p50 ms | alone p99 ms | 4 at once p50 ms | pages/s | RSS MiB |"
    );
    println!("| --- | --- | --: | --: | --: | --: | --: | --: |");
    // Of the first registration of the client with the most records.
    let case = format!("/console/reviews/{}", records::registration_id(1, 0));
    for client in [Some(records::client_id(1)), None] {
        let cookie = sign_in(site, server.address, client.as_deref())?;
        let of = client.map_or("the server", |_| "a client");
        let pages = PAGES.into_iter().chain([("case", case.as_str())]);
        for (name, path) in pages.filter(|(name, _)| name.contains(only)) {
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: verax.test\r\nAccept: text/html\r\nCookie: {cookie}\r\n\r\n"
            );
            let bytes = first(server.address, &request).with_context(|| path.to_owned())?;
            pin(std::process::id(), LOAD_CORE)?;
            let alone = load::drive(server.address, request.as_bytes(), 1, duration);
            let loaded = load::drive(server.address, request.as_bytes(), CONNECTIONS, duration);
            pin(std::process::id(), &format!("{SERVER_CORE},{LOAD_CORE}"))?;
            let (alone, loaded) = (alone?, loaded?);
            println!(
                "| {name} | {of} | {bytes} | {:.2} | {:.2} | {:.2} | {:.0} | {:.1} |",
                milliseconds(alone.p50),
                milliseconds(alone.p99),
                milliseconds(loaded.p50),
                loaded.requests_per_second,
                mebibytes(server.resident_bytes()?),
            );
        }
    }
    Ok(())
}

/// How long the page is, if it is one.
fn first(address: SocketAddr, request: &str) -> Result<usize> {
    let mut answer = Answer::default();
    Connection::open(address)?.exchange(request.as_bytes(), &mut answer)?;
    ensure!(answer.status == 200, "{} {}", answer.status, String::from_utf8_lossy(&answer.body));
    Ok(answer.body.len())
}

/// Invites an owner, and joins as they would. Answers their cookie.
fn sign_in(site: &Site, address: SocketAddr, client: Option<&str>) -> Result<String> {
    let member = client.unwrap_or("everybody");
    let email = format!("{member}-{}@example.com", std::process::id());
    let mut words = vec!["member", "invite", &email, "--role", "owner"];
    words.extend(client.iter().flat_map(|client| ["--client", client]));
    let printed = site.verax(&words)?;
    let link = printed.trim().split_once("/console/join/").context("no link")?.1;
    let form = format!("name=Bench&email={email}&password={PASSWORD}");
    let request = format!(
        "POST /console/join/{link} HTTP/1.1\r\nHost: verax.test\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut answer = Answer::default();
    Connection::open(address)?.exchange(request.as_bytes(), &mut answer)?;
    let cookie = answer.cookie.context("nobody was signed in")?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}
