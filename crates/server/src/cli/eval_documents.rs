//! `verax eval documents DIR`: error rates of the four document checks on labelled pictures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use verax_domain::document_findings::DocumentFindings;
use verax_domain::document_verdict::{Calibration, DocumentPolicy, judge_document};
use verax_vision::document::boosting::Row;
use verax_vision::document::calibration::Thresholds;
use verax_vision::document::rates::{Judged, measured_rates, rates_by_kind, scored_set};
use verax_vision::document::training::{in_parallel, train_check};
use verax_vision::document::training_set::{
    LabelledPicture, digital_settings, feature_names, photographed_rows, plans, portrait_settings,
    print_settings, screen_settings, simulated_rows,
};
use verax_vision::document::weights::MeasuredRate;
use verax_vision::document::{
    DocumentEngine, DocumentOperatingPoints, DocumentRequest, DocumentWeights,
};
use verax_vision::image::DecodeLimits;
use verax_vision::metrics::{PlotSeries, error_tradeoff_svg};

use crate::app::document_checks;

/// Error rates of the document checks on pictures sorted by source and label.
#[derive(Debug, Args)]
pub struct EvalDocuments {
    /// Folder of `<source>/<label>/picture`; labels are genuine, screen, print, tampered, forged.
    pub folder: PathBuf,
    /// One JSON object instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Writes an error trade-off figure.
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
    /// Trains each check once per source without it, and judges that source. Checks whose attacks
    /// come from fewer than two sources are left out.
    #[arg(long)]
    pub leave_one_source_out: bool,
    /// Adds so many simulated captures (each shown, printed, edited and left alone) of the genuine
    /// pictures and of drawn cards; without leaving sources out, they alone are judged.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub simulated: usize,
    /// Folder of screen.json, print.json, portrait.json and digital.json instead of the shipped ones.
    #[arg(long, value_name = "DIR")]
    pub weights: Option<PathBuf>,
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Serialize)]
struct Report {
    pictures: usize,
    unreadable: usize,
    checks: BTreeMap<&'static str, Vec<MeasuredRate>>,
    /// Share of genuine pictures that at least one of the four checks refuses.
    refused_by_any: Vec<MeasuredRate>,
}

pub fn run(args: &EvalDocuments) -> Result<(), String> {
    let pictures = read_folder(&args.folder)?;
    if pictures.is_empty() {
        return Err(format!("{}: no pictures in <source>/<label>/", args.folder.display()));
    }
    let (report, judged) = if args.leave_one_source_out {
        leave_one_source_out(args, &pictures)?
    } else if args.simulated > 0 {
        on_simulation(args, &pictures)?
    } else {
        with_weights(args, &pictures)?
    };
    if let Some(path) = &args.plot {
        let sets: Vec<_> = judged.iter().map(|(name, j)| (*name, scored_set(j))).collect();
        let series: Vec<PlotSeries<'_>> = sets
            .iter()
            .map(|(name, scores)| PlotSeries { name, scores, threshold: None })
            .collect();
        let svg = error_tradeoff_svg("Document checks", "APCER", "BPCER", &series);
        std::fs::write(path, svg).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    if args.json {
        let json = serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?;
        println!("{json}");
    } else {
        print_table(&report);
    }
    Ok(())
}

type JudgedByCheck = Vec<(&'static str, Vec<Judged>)>;

const CHECKS: [&str; 4] =
    ["screenReplay", "printedCopy", "portraitSubstitution", "digitalManipulation"];

fn with_weights(
    args: &EvalDocuments,
    pictures: &[LabelledPicture],
) -> Result<(Report, JudgedByCheck), String> {
    let engine = load_engine(args.weights.as_deref())?;
    let points = engine.operating_points();
    let findings: Vec<Option<DocumentFindings>> =
        in_parallel(args.threads, pictures.len(), |index| {
            let bytes = &pictures[index].bytes;
            engine.check(bytes, &DocumentRequest::ALL, &DecodeLimits::default()).ok()
        });
    let mut judged: JudgedByCheck = CHECKS.map(|check| (check, Vec::new())).to_vec();
    let mut refused: BTreeMap<&str, Vec<Judged>> = BTreeMap::new();
    let levels = [
        ("SOFT", Calibration::Soft),
        ("REGULAR", Calibration::Regular),
        ("HARD", Calibration::Hard),
    ];
    for (picture, findings) in pictures.iter().zip(&findings) {
        let Some(findings) = findings else { continue };
        let verdict = judge_document(findings, &policy(&points, Calibration::Regular));
        let results = &verdict.results;
        let verdicts = [
            &results.screen_replay,
            &results.printed_copy,
            &results.portrait_substitution,
            &results.digital_manipulation,
        ];
        let one = |score: f64, attack: bool| Judged {
            source: picture.source.clone(),
            kind: picture.label.clone(),
            attack,
            score,
        };
        for (at, (list, verdict)) in judged.iter_mut().zip(verdicts).enumerate() {
            let concerns = attacks_of(at).contains(&picture.label.as_str());
            if let Some(verdict) = verdict
                && (concerns || picture.label == "genuine")
            {
                list.1.push(one(verdict.score, concerns));
            }
        }
        if picture.label == "genuine" {
            for (name, level) in levels {
                let verdict = judge_document(findings, &policy(&points, level));
                let results = &verdict.results;
                let passed = [
                    &results.screen_replay,
                    &results.printed_copy,
                    &results.portrait_substitution,
                    &results.digital_manipulation,
                ]
                .into_iter()
                .flatten()
                .all(|v| v.passed);
                refused.entry(name).or_default().push(one(f64::from(u8::from(passed)), false));
            }
        }
    }
    let checks = judged
        .iter()
        .zip(engine.weights())
        .map(|((check, judged), weights)| (*check, rates(judged, &weights.thresholds)))
        .collect();
    let refused_by_any = levels
        .iter()
        .filter_map(|(name, _)| {
            let all = measured_rates(refused.get(name)?, &[(name, 0.5)]);
            all.into_iter().find(|rate| rate.name.starts_with("BPCER"))
        })
        .collect();
    let unreadable = findings.iter().filter(|f| f.is_none()).count();
    Ok((Report { pictures: pictures.len(), unreadable, checks, refused_by_any }, judged))
}

fn leave_one_source_out(
    args: &EvalDocuments,
    pictures: &[LabelledPicture],
) -> Result<(Report, JudgedByCheck), String> {
    let mut rows = photographed_rows(pictures, args.seed, args.threads);
    rows.append(simulated_rows(pictures, args.simulated, args.seed, args.threads));
    let names = feature_names();
    let settings = [
        screen_settings(args.seed),
        print_settings(args.seed),
        portrait_settings(args.seed),
        digital_settings(args.seed),
    ];
    let mut checks = BTreeMap::new();
    let mut all = Vec::new();
    for ((check, plan), rows) in CHECKS.iter().zip(plans(&names, &settings)).zip(rows.by_check()) {
        let folds_of = |attack: bool| -> BTreeSet<&str> {
            rows.iter().filter(|r| r.attack == attack).map(|r| r.fold.as_str()).collect()
        };
        if folds_of(true).len() < 2 || folds_of(false).len() < 2 {
            continue;
        }
        let trained = train_check(&plan, rows, args.threads);
        let held = trained.held_out.iter().filter(|held| (plan.calibrates)(&rows[held.row]));
        let judged: Vec<Judged> = held
            .map(|held| judged_row(&rows[held.row], trained.weights.platt.score(held.logit)))
            .collect();
        checks.insert(*check, rates(&judged, &trained.weights.thresholds));
        all.push((*check, judged));
    }
    if all.is_empty() {
        return Err("leaving sources out needs genuine pictures and attacks of two sources".into());
    }
    let refused_by_any = Vec::new();
    let report =
        Report { pictures: pictures.len(), unreadable: rows.unreadable, checks, refused_by_any };
    Ok((report, all))
}

fn on_simulation(
    args: &EvalDocuments,
    pictures: &[LabelledPicture],
) -> Result<(Report, JudgedByCheck), String> {
    let engine = load_engine(args.weights.as_deref())?;
    let rows = simulated_rows(pictures, args.simulated, args.seed, args.threads);
    let mut checks = BTreeMap::new();
    let mut all = Vec::new();
    for ((check, weights), rows) in CHECKS.iter().zip(engine.weights()).zip(rows.by_check()) {
        let judged: Vec<Judged> =
            rows.iter().map(|row| judged_row(row, weights.score(&row.features))).collect();
        checks.insert(*check, rates(&judged, &weights.thresholds));
        all.push((*check, judged));
    }
    let refused_by_any = Vec::new();
    Ok((Report { pictures: args.simulated, unreadable: 0, checks, refused_by_any }, all))
}

fn judged_row(row: &Row, score: f64) -> Judged {
    Judged { source: row.fold.clone(), kind: row.kind.clone(), attack: row.attack, score }
}

fn rates(judged: &[Judged], thresholds: &Thresholds) -> Vec<MeasuredRate> {
    let named =
        [("SOFT", thresholds.soft), ("REGULAR", thresholds.regular), ("HARD", thresholds.hard)];
    let mut rates = measured_rates(judged, &named);
    rates.extend(rates_by_kind(judged));
    rates
}

fn attacks_of(check: usize) -> &'static [&'static str] {
    [&["screen"][..], &["print"], &["forged"], &["tampered", "forged"]][check]
}

/// One calibration for all checks; the cropped and colourless rules are judged apart.
pub(super) fn policy(points: &DocumentOperatingPoints, level: Calibration) -> DocumentPolicy {
    document_checks::policy(points, level, level, level)
}

pub(super) fn load_engine(folder: Option<&Path>) -> Result<DocumentEngine, String> {
    let Some(folder) = folder else {
        return DocumentEngine::load(DocumentWeights::shipped()).map_err(|e| e.to_string());
    };
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
    };
    let texts =
        [read("screen.json")?, read("print.json")?, read("portrait.json")?, read("digital.json")?];
    let weights = DocumentWeights {
        screen: &texts[0],
        print: &texts[1],
        portrait: &texts[2],
        digital: &texts[3],
    };
    DocumentEngine::load(weights).map_err(|e| e.to_string())
}

fn read_folder(folder: &Path) -> Result<Vec<LabelledPicture>, String> {
    let mut pictures = Vec::new();
    for source in listed(folder)?.into_iter().filter(|p| p.is_dir()) {
        for label in listed(&source)?.into_iter().filter(|p| p.is_dir()) {
            for file in listed(&label)?.into_iter().filter(|p| p.is_file()) {
                let bytes = std::fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
                pictures.push(LabelledPicture {
                    source: name(&source),
                    label: name(&label),
                    bytes,
                });
            }
        }
    }
    Ok(pictures)
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let problem = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(problem)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(problem)?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn print_table(report: &Report) {
    println!("{} pictures, {} unreadable", report.pictures, report.unreadable);
    for (check, rates) in &report.checks {
        println!("\n{check}");
        for rate in rates {
            println!("  {:28} {:.3}   [{:.3}, {:.3}]", rate.name, rate.value, rate.low, rate.high);
        }
    }
    if !report.refused_by_any.is_empty() {
        println!("\ngenuine pictures refused by any check");
    }
    for rate in &report.refused_by_any {
        println!("  {:28} {:.3}   [{:.3}, {:.3}]", rate.name, rate.value, rate.low, rate.high);
    }
}
