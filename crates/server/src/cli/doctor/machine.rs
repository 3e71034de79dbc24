//! What `verax doctor` looks at of the machine: whether writes are taken, space, clocks, a replica, a
//! certificate.

use std::path::Path;
use std::time::{Duration, Instant};

use verax_store::Location;

use super::findings::{Finding, bad, good, unchecked};
use crate::app::App;
use crate::app::health::{APART_MS_MAX, Health};
use crate::cli::locations::Locations;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::certificate_expiry;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// So many days before its end a certificate should have been renewed.
const RENEWED_DAYS: i64 = 7;
/// A replica that follows is never behind for as long.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub async fn writes(app: &App) -> Finding {
    const WHAT: &str = "writes";
    match app.database.write_and_take_back(app.clock.now()).await {
        Ok(()) => good(WHAT, "a row was written and taken back"),
        Err(error) => bad(WHAT, format!("the database takes none: {error}")),
    }
}

/// PostgreSQL has a clock of its own. Beside SQLite there is only what was written before.
pub async fn clock(app: &App) -> Finding {
    const WHAT: &str = "clock";
    let now = app.clock.now();
    let cure = "set this machine's clock (NTP)";
    let theirs = match app.database.is_remote() {
        true => app.database.probe(now).await,
        false => app.database.newest_moment().await.map(Some),
    };
    match theirs {
        Err(error) => unchecked(WHAT, format!("the database does not say: {error}")),
        Ok(None) => unchecked(WHAT, "the database has none"),
        Ok(Some(theirs)) if app.database.is_remote() => {
            let apart_ms = now.0 - theirs.0;
            match apart_ms.abs() > APART_MS_MAX {
                true => bad(WHAT, format!("{apart_ms} ms from the database's: {cure}")),
                false => good(WHAT, format!("{apart_ms} ms from the database's")),
            }
        }
        Ok(Some(newest)) if newest.0 - now.0 > APART_MS_MAX => bad(
            WHAT,
            format!("it says {now}, and something was written at {newest} already: {cure}"),
        ),
        Ok(Some(_)) => good(WHAT, format!("{now}, and nothing was written later")),
    }
}

/// Nothing where there is none.
pub async fn replica(app: &App) -> Option<Finding> {
    const WHAT: &str = "replica";
    let begun = Instant::now();
    loop {
        let lag = app.database.replica_lag()?;
        if lag < begun.elapsed() {
            return Some(good(WHAT, "has all that the database has"));
        }
        if begun.elapsed() > FOLLOWS_WITHIN {
            let seconds = lag.as_secs();
            let why = "it is behind, does not answer, or is no standby of this database";
            return Some(bad(
                WHAT,
                format!("{why} ({seconds} s): lists are read from the primary"),
            ));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

pub fn space(locations: &Locations, config: &Config) -> Finding {
    const WHAT: &str = "space";
    let folders = locations.watched_folders(config);
    let count = folders.len();
    let free_bytes_min = config.disk.free_bytes_min;
    let health = Health::of(folders);
    let short: Vec<String> = health
        .too_full(free_bytes_min)
        .into_iter()
        .map(|(folder, free)| match free {
            Ok(free) => format!("{} has {free} bytes left", folder.display()),
            Err(error) => format!("{}: {error}", folder.display()),
        })
        .collect();
    if short.is_empty() {
        let beside = match locations.location() {
            Location::File(_) => "",
            Location::Postgres(_) => "; the database's own disk cannot be seen from here",
        };
        return good(WHAT, format!("{free_bytes_min} bytes and more in {count} folders{beside}"));
    }
    let cure = format!("fewer than {free_bytes_min} (disk.free_bytes_min): make room");
    bad(WHAT, format!("{}: {cure}", short.join("; ")))
}

pub fn certificate(file: &Path) -> Finding {
    const WHAT: &str = "certificate";
    let name = file.display();
    let until = match certificate_expiry(file) {
        Ok(until) => until,
        Err(error) => return bad(WHAT, format!("{error:#}")),
    };
    let left_ms = until.0 - Clock::System.now().0;
    if left_ms <= 0 {
        return bad(WHAT, format!("{name} has expired at {until}: renew it"));
    }
    match left_ms / DAY_MS {
        days if days < RENEWED_DAYS => {
            bad(WHAT, format!("{name} expires at {until}, in {days} days: renew it"))
        }
        days => good(WHAT, format!("valid until {until}, for {days} days")),
    }
}
