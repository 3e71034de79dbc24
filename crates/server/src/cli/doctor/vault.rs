//! What `verax doctor` looks at of keys and vault: whether they are there, the database's, and open what is
//! stored.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::findings::{Finding, bad, good, unchecked};
use crate::app::App;
use crate::app::upkeep::fingerprints::explain;
use crate::app::upkeep::unreadable::Inspected;
use crate::cli::locations::Locations;
use crate::clock::Random;
use crate::config::Config;
use crate::keys::MasterKeys;
use crate::vault::{KeyFound, Vault};

/// Each is opened: more take long. `verax vault check` looks at all.
const INSPECTED_MAX: u64 = 10_000;
const NAMED_MAX: usize = 5;

pub fn master_keys(locations: &Locations, config: &Config) -> Finding {
    const WHAT: &str = "master keys";
    let file = locations.master_keys_file(config);
    if !MasterKeys::are_given(&file) {
        let name = file.display();
        let cure = "put them back; for a new database `verax serve` makes them";
        return bad(WHAT, format!("{name} is not there: {cure}"));
    }
    match MasterKeys::open_existing(&file) {
        Ok(_) => good(WHAT, "readable by their owner alone"),
        Err(error) => bad(WHAT, format!("{error:#}")),
    }
}

/// Nothing of a bucket.
pub fn folders(locations: &Locations, config: &Config) -> Vec<Finding> {
    const WHAT: &str = "vault folders";
    let locations = locations.vault_locations(config);
    let folders = locations.iter().filter(|it| !it.starts_with("s3://"));
    folders
        .map(|folder| match std::fs::metadata(Path::new(folder)) {
            Err(error) => bad(WHAT, format!("{folder}: {error}")),
            Ok(found) if found.permissions().mode() & 0o077 != 0 => {
                bad(WHAT, format!("others can read {folder}: run chmod -R go= {folder}"))
            }
            Ok(_) => good(WHAT, format!("{folder}, its owner's alone")),
        })
        .collect()
}

/// The rest needs keys and folders, and says nothing of its own where these are missing.
pub async fn inspect(locations: &Locations, config: &Config, app: App) -> Vec<Finding> {
    const WHAT: &str = "vault";
    let Ok(master) = MasterKeys::open_existing(&locations.master_keys_file(config)) else {
        return vec![unchecked(WHAT, "without master keys nothing opens")];
    };
    let [keys, objects] = locations.vault_locations(config);
    let app = match Vault::open_existing(master, &keys, &objects, Random::System) {
        Ok(vault) => app.with_vault(vault),
        Err(error) => return vec![bad(WHAT, format!("{error:#}"))],
    };
    if let Err(error) = app.vault.location_fingerprints().await {
        // What does not answer is asked once.
        return vec![bad(WHAT, format!("it cannot be looked at: {error}"))];
    }
    let mut findings = vec![binding(&app).await];
    findings.push(match app.vault.write_and_take_back().await {
        Ok(()) => good(WHAT, "an object was written to both places and taken back"),
        Err((location, error)) => bad(WHAT, format!("{location} takes nothing: {error}")),
    });
    findings.push(client_keys(&app).await);
    findings.extend(unreadable(&app).await);
    findings
}

async fn binding(app: &App) -> Finding {
    const WHAT: &str = "keys and vault";
    match app.database.fingerprints().await {
        Ok(recorded) if recorded.is_empty() => {
            return unchecked(
                WHAT,
                "the database does not know them yet: the next start says so to it",
            );
        }
        Ok(_) => {}
        Err(error) => return unchecked(WHAT, format!("the database does not say: {error}")),
    }
    match app.differences().await {
        Ok(differences) if differences.is_empty() => good(WHAT, "those of this database"),
        Ok(differences) => bad(WHAT, explain(&differences)),
        Err(error) => bad(WHAT, format!("they cannot be compared: {error}")),
    }
}

/// One wrapped key of each client.
async fn client_keys(app: &App) -> Finding {
    const WHAT: &str = "client keys";
    let clients = match app.database.clients().await {
        Ok(clients) => clients,
        Err(error) => return unchecked(WHAT, format!("the database does not say: {error}")),
    };
    let (mut opened, mut closed) = (0, Vec::new());
    for client in clients.iter().map(|client| &client.id) {
        let key = match app.vault.look_at_client_key(client).await {
            Ok(key) => key,
            Err(error) => return bad(WHAT, format!("they cannot be read: {error}")),
        };
        let subject = match app.vault.look_at_a_subject_key(client).await {
            Ok(subject) => subject,
            Err(error) => return bad(WHAT, format!("they cannot be read: {error}")),
        };
        match (key, subject) {
            (KeyFound::Unreadable(error), _) | (_, Some(Err(error))) => {
                closed.push(format!("{client}: {error}"));
            }
            (KeyFound::Opens, _) => opened += 1,
            (KeyFound::Missing, _) => {}
        }
    }
    if closed.is_empty() {
        return good(WHAT, format!("one of each of {opened} clients opens"));
    }
    let count = closed.len();
    closed.truncate(NAMED_MAX);
    let cure = "put back keys and master keys of one moment";
    bad(WHAT, format!("of {count} clients they do not open: {}: {cure}", closed.join("; ")))
}

async fn unreadable(app: &App) -> Vec<Finding> {
    const FACES: &str = "faces";
    const IMAGES: &str = "images";
    let found = match app.find_unreadable(None, INSPECTED_MAX).await {
        Ok(found) => found,
        Err(error) => return vec![bad(FACES, format!("they cannot be looked at: {error}"))],
    };
    let more = if found.stopped_early { "; `verax vault check` looks at all" } else { "" };
    let about = |what, is_face: bool, count: u64, cost: &str| {
        let lost = named(&found, is_face);
        match lost.len() {
            0 => good(what, format!("{count} open{more}")),
            lost_count => bad(
                what,
                format!(
                    "{lost_count} of {count} do not open: {}: {cost}. Put back their keys, or give \
                     them up (`verax vault check --forget`){more}",
                    lost.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join("; ")
                ),
            ),
        }
    };
    vec![
        about(FACES, true, found.templates, "searches of these clients are answered 503"),
        about(IMAGES, false, found.images, "these records cannot be deleted"),
    ]
}

fn named(found: &Inspected, is_face: bool) -> Vec<String> {
    let lost = found.unreadable.iter().filter(|it| (it.resource == "persons") == is_face);
    lost.map(|it| format!("client {}, {} {} ({})", it.client, it.resource, it.record, it.why))
        .collect()
}
