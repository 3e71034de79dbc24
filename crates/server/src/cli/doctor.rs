//! `verax doctor` and `verax migrate`.

mod findings;
mod machine;
mod security;
mod vault;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use verax_store::Location;
use verax_vision::document::READS_PROVENANCE;
use verax_vision::model_catalogue::{MODELS, ModelSet};

use self::findings::{Finding, State, bad, good, unchecked};
use super::locations::Locations;
use super::output::{print_line, takes_colour};
use crate::app::App;
use crate::installed_models::{
    ModelState, read_backbone, read_face_models, read_models, read_reading_models,
};
use crate::keys::SigningKeys;

#[derive(Args)]
pub struct Arguments {
    /// Compare the tallies with the records, and make them anew where they differ. Writers wait
    /// meanwhile.
    #[arg(long)]
    check_tallies: bool,
    /// Look as well at what makes it easier to steal from: transport, files, keys, limits.
    #[arg(long)]
    security: bool,
    #[command(flatten)]
    served: security::Served,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Migrate {
    /// Fold all searched text again: after an update, when the last node of the older version has
    /// stopped.
    #[arg(long)]
    refold: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(locations: &Locations, arguments: &Arguments) -> Result<ExitCode> {
    let mut findings = Vec::new();
    let config = locations.config();
    findings.push(match &config {
        Ok(_) => good("settings", "read"),
        Err(error) => bad("settings", format!("{error:#}")),
    });
    let folder = locations.data.display();
    let exists = locations.data.is_dir();
    findings.push(if exists {
        good("data folder", format!("{folder}"))
    } else {
        bad("data folder", format!("{folder} is not there yet: `verax serve` makes it"))
    });
    if let (true, Ok(mut config)) = (exists, config) {
        let file = locations.keys_file(&config);
        findings.push(match SigningKeys::open_existing(&file) {
            Ok(_) => good("signing keys", "readable by their owner alone"),
            Err(error) => bad("signing keys", format!("{error:#}")),
        });
        findings.push(vault::master_keys(locations, &config));
        findings.extend(vault::folders(locations, &config));
        let kind = match locations.location() {
            Location::File(path) => format!("SQLite in {}", path.display()),
            Location::Postgres(_) => "PostgreSQL".to_owned(),
        };
        match locations.open_app().await {
            Ok(app) => {
                findings.push(good("database", format!("{kind} answers")));
                findings.push(machine::writes(&app).await);
                let clients = app.database.clients().await?;
                findings.push(if clients.is_empty() {
                    bad("clients", "none: `verax client create --name … --email …` makes one")
                } else {
                    good("clients", clients.len().to_string())
                });
                let tokens = app.database.tokens(None).await?;
                let now = app.clock.now();
                let valid = tokens.iter().filter(|token| token.is_valid(now)).count();
                findings.push(if valid == 0 {
                    bad("tokens", "none is valid: `verax token create --client ID` makes one")
                } else {
                    good("tokens", format!("{valid} valid"))
                });
                findings.push(last_backup(&app).await?);
                findings.push(machine::clock(&app).await);
                findings.extend(machine::replica(&app).await);
                config = app.config.now().as_ref().clone();
                findings.extend(vault::inspect(locations, &config, app).await);
            }
            Err(error) => findings.push(bad("database", format!("{kind}: {error:#}"))),
        }
        findings.push(machine::space(locations, &config));
        findings
            .extend(arguments.served.certificate(&config).map(|file| machine::certificate(&file)));
        if arguments.security {
            findings.extend(security::inspect(locations, &config, &arguments.served).await);
        }
        if arguments.check_tallies {
            for (name, wrong) in locations.open().await?.check_tallies().await? {
                findings.push(match wrong {
                    0 => good("tallies", format!("those of {name} agree with the records")),
                    wrong => bad("tallies", format!("{wrong} of {name} were wrong: rebuilt")),
                });
            }
        }
    }
    findings.push(models(locations));
    findings.push(match READS_PROVENANCE {
        true => good("provenance", "signed manifests (C2PA) are read"),
        false => unchecked(
            "provenance",
            "signed manifests (C2PA) are not read: build verax with `--features release`",
        ),
    });
    let well = findings.iter().all(|finding| finding.state != State::Bad);
    if arguments.json {
        let list: Vec<_> = findings
            .iter()
            .map(|found| {
                let is_good = found.state == State::Good;
                let state = found.state.word();
                json!({ "what": found.what, "ok": is_good, "state": state, "says": found.says })
            })
            .collect();
        print_line(json!({ "ok": well, "findings": list }))?;
    } else {
        let in_colour = takes_colour(&std::io::stdout());
        for found in &findings {
            let mark = if in_colour { found.state.colour() } else { found.state.mark() };
            print_line(format_args!("{mark}  {}: {}", found.what, found.says))?;
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn last_backup(app: &App) -> Result<Finding> {
    const WHAT: &str = "last backup";
    let every_hours = i64::from(app.config.now().backup.every_hours);
    if every_hours == 0 {
        return Ok(good(WHAT, "none is scheduled: the setting backup.every_hours does it"));
    }
    let Some(last) = app.last_backup().await? else {
        return Ok(bad(WHAT, "none was made yet: the log of the server says why"));
    };
    let hours = (app.clock.now().0 - last.made_at) / (60 * 60 * 1000);
    let verified = if last.verified { "restored on trial" } else { "not verified" };
    let report = format!("{} {hours} hours ago, {verified}", last.name);
    Ok(match hours > 2 * every_hours {
        true => {
            bad(WHAT, format!("{report}: the log of the server says why there is no newer one"))
        }
        false => good(WHAT, report),
    })
}

/// Opening a database brings it up to date; this does nothing else.
pub async fn migrate(locations: &Locations, arguments: &Migrate) -> Result<ExitCode> {
    let app = locations.open_or_make().await?;
    if arguments.refold {
        app.database.refold_again().await?;
    }
    if arguments.json {
        print_line(json!({ "migrated": true }))?;
    } else {
        print_line("the schema is up to date")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Missing models are no fault: a server may keep records alone.
fn models(locations: &Locations) -> Finding {
    let settings = match locations.config() {
        Ok(config) => config.models,
        Err(error) => return bad("models", format!("{error:#}")),
    };
    let folder = locations.models();
    let read = || -> Result<_> {
        let faces = read_face_models(&folder, &settings)?;
        Ok((faces, read_backbone(&folder, &settings)?, read_reading_models(&folder, &settings)?))
    };
    let (faces, backbone, text) = match read() {
        Ok(read) => read,
        Err(error) => return bad("models", format!("{error:#}")),
    };
    let there = [
        &faces.face_detector,
        &faces.face_template,
        &faces.face_attack,
        &backbone,
        &text.text_boxes,
        &text.text_lines,
    ];
    let (mut usable, mut missing, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    let mut missing_of_reading = Vec::new();
    let of_reading = |name| MODELS.iter().any(|it| it.name == name && it.set == ModelSet::Reading);
    for ((name, state, _), bytes) in read_models(&folder).into_iter().zip(there) {
        match (bytes, state) {
            _ if name == "face-attack" && faces.attack_head.is_some() => {
                usable.push("face-attack by the setting models.face_attack_head");
            }
            (Some(_), _) => usable.push(name),
            (None, ModelState::Changed) => changed.push(name),
            (None, _) if of_reading(name) => missing_of_reading.push(name),
            (None, _) => missing.push(name),
        }
    }
    let cure =
        "`verax models install` installs them; face calls answer 503 without the face models";
    // Not asked for by everybody: named, and no more.
    let reading = match missing_of_reading.is_empty() {
        true => String::new(),
        false => format!(
            "; text is not read without {}: `verax models install --for reading`",
            missing_of_reading.join(" and ")
        ),
    };
    if !changed.is_empty() {
        return bad("models", format!("not what was installed: {}: {cure}", changed.join(", ")));
    }
    if !missing.is_empty() {
        return good("models", format!("not installed: {}: {cure}{reading}", missing.join(", ")));
    }
    good("models", format!("{} installed{reading}", usable.join(", ")))
}
