//! A backup of a vault in buckets, to a bucket: restored into an empty folder and into other buckets, it
//! shows the same image, and knows the same face.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Customer;
use crate::exec;
use crate::running::{Binary, Server, Site};

const PERSONS: &str = "/v2/face-recognition/persons";
const SEARCH: &str = "/v2/face-recognition/search";
const BACKUP: &str = "s3://backups/nightly/one.backup";
/// Where the restored vault lies: in the data folder, and in buckets beside the first.
const PLACES: [(&str, &[(&str, &str)]); 2] = [
    ("an empty folder", &[]),
    (
        "other buckets",
        &[("VERAX__VAULT__KEYS", "s3://keys/w"), ("VERAX__VAULT__OBJECTS", "s3://objects/w")],
    ),
];

/// `environment` reaches the buckets. Without models there is no face to know.
pub fn run(
    binary: &Binary,
    site: &Site,
    server: &Server,
    environment: &[(&str, &str)],
    models: Option<&Path>,
) -> Result<()> {
    let customer = Customer::new(site, server)?;
    customer.make(2)?;
    let portrait = exec::root().join("crates/server/assets/portrait-1080p.jpg");
    let portrait = models.map(|_| fs::read(portrait).map(|bytes| STANDARD.encode(bytes)));
    let portrait = portrait.transpose()?;
    if let Some(portrait) = &portrait {
        let person = json!({ "name": "Jo Roe", "images": [portrait], "force": true });
        let answer = customer.ask("POST", PERSONS, &person.to_string())?;
        ensure!(answer.status == 200, "s3: enrolling: {}", super::shown(&answer));
    }
    let known = portrait.as_deref().map(|it| found(&customer, it)).transpose()?;
    let folder = tempfile::Builder::new().prefix("verax-s3-backup-").tempdir()?;
    let key = folder.path().join("key");
    fs::write(&key, [7; 32])?;
    fs::set_permissions(&key, Permissions::from_mode(0o600))?;
    let key = key.to_str().context("a path of UTF-8")?;
    let encrypted = ["--key-file", key];
    site.verax(&[&["backup", BACKUP, "--with-keys"], &encrypted[..]].concat())?;
    let again = site.verax(&[&["backup", BACKUP, "--with-keys"], &encrypted[..]].concat());
    let Err(error) = again else { bail!("s3: a backup was overwritten") };
    ensure!(format!("{error:#}").contains("exists already"), "s3: it says {error:#}");
    for (what, place) in PLACES {
        let restored =
            Site::new(binary, None)?.with_environment(environment).with_environment(place);
        restored.verax(&[&["restore", BACKUP], &encrypted[..]].concat())?;
        if let Some(models) = models {
            restored.add_models(models)?;
        }
        let server = restored.serve(&[])?;
        let same = customer.at(&server);
        same.check().with_context(|| format!("s3: restored into {what}"))?;
        let found = portrait.as_deref().map(|it| found(&same, it)).transpose()?;
        ensure!(found == known, "s3: restored into {what}: {found:?} is found, not {known:?}");
        let checked = restored.verax(&["vault", "check"])?;
        println!("s3: restored into {what}: {}", checked.trim().replace('\n', "; "));
    }
    match known {
        Some(_) => println!("s3: images are shown and a face is found after a restore"),
        None => println!("s3: images are shown after a restore; faces: not_checked, no models"),
    }
    Ok(())
}

/// The person whose face this is.
fn found(customer: &Customer, portrait: &str) -> Result<Value> {
    let search = json!({ "images": [portrait], "min_score": 0.85, "search_mode": "FAST" });
    let answer = customer.ask("POST", SEARCH, &search.to_string())?;
    ensure!(answer.status == 200, "s3: searching: {}", super::shown(&answer));
    let body: Value = serde_json::from_slice(&answer.body)?;
    let person = &body["data"][0]["id"];
    ensure!(person.is_string(), "s3: nobody is found: {body}");
    Ok(person.clone())
}
