//! `verax-lab train DIR…`: weights of the document checks from folders of
//! `<source>/<label>/image` and from simulation.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use verax_lab::boosting::Row;
use verax_lab::labelled_files::{LabelledFile, labelled_files};
use verax_lab::plans::training_plan;
use verax_lab::rates::{Judged, measured_rates};
use verax_lab::training::{HeldOut, train_check};
use verax_lab::training_set::{LabelledImage, photographed_rows, simulated_rows};
use verax_vision::document::weights::CheckWeights;

const USAGE: &str = "verax-lab train DIR… [--seed N] [--simulated N] [--out DIR] [--threads N] \
                     [--only screen,portrait]";

struct Arguments {
    folders: Vec<PathBuf>,
    seed: u64,
    simulated: usize,
    out: PathBuf,
    threads: usize,
    only: Option<Vec<String>>,
}

pub fn run(args: &[&str]) -> Result<(), String> {
    let arguments = parse(args)?;
    let started = Instant::now();
    let images = read_folders(&arguments.folders)?;
    println!("{} images", images.len());
    let mut rows = photographed_rows(&images, arguments.threads);
    println!("photographs measured after {:.0} s", started.elapsed().as_secs_f64());
    let simulated = simulated_rows(&images, arguments.simulated, arguments.seed, arguments.threads);
    println!("simulation measured after {:.0} s", started.elapsed().as_secs_f64());
    rows.append(simulated);
    if rows.unreadable > 0 {
        println!("{} images could not be read and are left out", rows.unreadable);
    }
    fs::create_dir_all(&arguments.out).map_err(|e| format!("{}: {e}", arguments.out.display()))?;
    for (check, rows) in rows.by_check.iter() {
        let name = check.entry().short_name;
        if arguments.only.as_ref().is_some_and(|only| !only.iter().any(|o| o == name)) {
            continue;
        }
        let Some(plan) = training_plan(check) else { continue };
        let rows: Vec<Row> = rows.iter().filter(|row| (plan.teaches)(row)).cloned().collect();
        let rows = &rows[..];
        let both = rows.iter().any(|r| r.attack) && rows.iter().any(|r| !r.attack);
        if !both {
            return Err(format!("the {name} check has images of one class only"));
        }
        let mut trained = train_check(plan, arguments.seed, rows, arguments.threads);
        let judged = judged(&trained.weights, rows, &trained.held_out, plan.calibrates);
        let thresholds = trained.weights.thresholds;
        trained.weights.manifest.measured = measured_rates(
            &judged,
            &[
                ("SOFT", thresholds.soft),
                ("REGULAR", thresholds.regular),
                ("HARD", thresholds.hard),
            ],
        );
        let path = arguments.out.join(format!("{name}.json"));
        let json = trained.weights.to_json().map_err(|e| e.to_string())?;
        fs::write(&path, json).map_err(|e| format!("{}: {e}", path.display()))?;
        println!("{name}: {} rows, {}", rows.len(), path.display());
        for rate in &trained.weights.manifest.measured {
            println!("  {:32} {:.3}  [{:.3}, {:.3}]", rate.name, rate.value, rate.low, rate.high);
        }
    }
    println!("done after {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn judged(
    weights: &CheckWeights,
    rows: &[Row],
    held_out: &[HeldOut],
    counts: fn(&Row) -> bool,
) -> Vec<Judged> {
    held_out
        .iter()
        .filter(|held| counts(&rows[held.row]))
        .map(|held| {
            let row = &rows[held.row];
            Judged {
                source: row.fold.clone(),
                kind: row.kind.clone(),
                attack: row.attack,
                score: weights.platt.score(held.logit),
            }
        })
        .collect()
}

fn parse(args: &[&str]) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        folders: Vec::new(),
        seed: 1,
        simulated: 200,
        out: PathBuf::from(super::WEIGHTS),
        threads: 2,
        only: None,
    };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().copied().ok_or(format!("{arg} needs a value\n{USAGE}"));
        let number = |text: &str| text.parse().map_err(|_| format!("{text} is no number"));
        match *arg {
            "--seed" => arguments.seed = number(value()?)?,
            "--simulated" => arguments.simulated = number(value()?)? as usize,
            "--threads" => arguments.threads = number(value()?)? as usize,
            "--out" => arguments.out = PathBuf::from(value()?),
            "--only" => {
                arguments.only = Some(value()?.split(',').map(str::to_owned).collect());
            }
            flag if flag.starts_with('-') => return Err(format!("unknown {flag}\n{USAGE}")),
            folder => arguments.folders.push(PathBuf::from(folder)),
        }
    }
    if arguments.folders.is_empty() {
        return Err(USAGE.to_owned());
    }
    Ok(arguments)
}

/// Every image of these folders.
fn read_folders(folders: &[PathBuf]) -> Result<Vec<LabelledImage>, String> {
    let mut images = Vec::new();
    for folder in folders {
        for LabelledFile { source, label, path } in labelled_files(folder)? {
            let bytes = fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            images.push(LabelledImage { source, label, bytes });
        }
    }
    Ok(images)
}
