//! `verax eval documents DIR`: error rates of the document checks on labelled images.

mod held_out;
mod images;
mod simulation;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_verdict::{
    Calibration, DocumentPolicy, DocumentVerdict, OperatingPoints,
};
use verax_lab::boosting::Row;
use verax_lab::metrics::{PlotSeries, error_tradeoff_svg};
use verax_lab::plans::training_plan;
use verax_lab::rates::{Judged, measured_rates, measured_share, rates_by_kind, scored_set};
use verax_lab::training::in_parallel;
use verax_lab::training_set::LabelledImage;
use verax_vision::document::calibration::Thresholds;
use verax_vision::document::weights::MeasuredRate;
use verax_vision::document::{DocumentEngine, shipped_weights};
use verax_vision::image::{DecodeLimits, Image};

use super::eval_files::{UnreadableFile, files_of, folders_of};
use super::output::print_line;
use super::progress::Progress;
use crate::app::document_checks;

/// Error rates of the document checks on images sorted by source and label.
#[derive(Debug, Args)]
pub struct EvalDocuments {
    /// Folder of `<source>/<label>/image`; labels are genuine, screen, print, tampered, forged.
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
    /// images and of drawn cards; without leaving sources out, they alone are judged.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub simulated: usize,
    /// Folder of screen.json, print.json, portrait.json and digital.json instead of the shipped ones.
    #[arg(long, value_name = "DIR")]
    pub weights: Option<PathBuf>,
    /// Images that are read and measured at once.
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
    /// Where the random numbers of simulations begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    /// Images that could be read.
    images: usize,
    unreadable: usize,
    #[serde(rename = "unreadableFiles")]
    unreadable_files: Vec<UnreadableFile>,
    tables: Vec<Table>,
}

/// Rates of one check, or of all checks together on genuine images.
#[derive(Debug, Serialize)]
struct Table {
    what: String,
    rates: Vec<MeasuredRate>,
}

impl Report {
    fn add(&mut self, what: impl Into<String>, rates: Vec<MeasuredRate>) {
        if !rates.is_empty() {
            self.tables.push(Table { what: what.into(), rates });
        }
    }
}

pub fn run(args: &EvalDocuments) -> Result<()> {
    let report = evaluate(args).map_err(anyhow::Error::msg)?;
    if args.json {
        print_line(serde_json::to_string_pretty(&report)?)?;
        return Ok(());
    }
    print_table(&report)
}

fn evaluate(args: &EvalDocuments) -> Result<Report, String> {
    let (images, unreadable) = read_folder(&args.folder, args.threads)?;
    if images.is_empty() {
        let named: String = unreadable.iter().map(unreadable_line).collect();
        let folder = args.folder.display();
        return Err(format!("{folder}: no images in <source>/<label>/ that can be read{named}"));
    }
    let (mut report, judged) = if args.leave_one_source_out {
        held_out::measure(args, &images)?
    } else if args.simulated > 0 {
        simulation::measure(args, &images)?
    } else {
        images::measure(args, &images)?
    };
    report.unreadable += unreadable.len();
    report.unreadable_files = unreadable;
    if let Some(path) = &args.plot {
        let sets: Vec<_> = judged.iter().map(|(name, j)| (*name, scored_set(j))).collect();
        let series: Vec<PlotSeries<'_>> = sets
            .iter()
            .map(|(name, scores)| PlotSeries { name, scores, threshold: None })
            .collect();
        let svg = error_tradeoff_svg("Document checks", "APCER", "BPCER", &series);
        std::fs::write(path, svg)
            .map_err(|e| format!("cannot write {}: {e}: name a file of yours", path.display()))?;
    }
    Ok(report)
}

type JudgedByCheck = Vec<(&'static str, Vec<Judged>)>;

const LEVELS: [(&str, Calibration); 3] =
    [("SOFT", Calibration::Soft), ("REGULAR", Calibration::Regular), ("HARD", Calibration::Hard)];

fn judged_row(row: &Row, score: f64) -> Judged {
    Judged { source: row.fold.clone(), kind: row.kind.clone(), attack: row.attack, score }
}

fn rates(judged: &[Judged], thresholds: &Thresholds) -> Vec<MeasuredRate> {
    let mut rates = measured_rates(judged, &named(thresholds));
    rates.extend(rates_by_kind(judged));
    rates
}

fn named(thresholds: &Thresholds) -> [(&'static str, f64); 3] {
    [("SOFT", thresholds.soft), ("REGULAR", thresholds.regular), ("HARD", thresholds.hard)]
}

/// A genuine image, and whether the checks together reject it at SOFT, REGULAR and HARD.
struct Rejection {
    source: String,
    rejected: [bool; 3],
}

/// The share of genuine images that are rejected, per calibration.
fn rejection_rates<'a>(genuine: impl IntoIterator<Item = &'a Rejection>) -> Vec<MeasuredRate> {
    let genuine: Vec<&Rejection> = genuine.into_iter().collect();
    let at = |level: usize| {
        let found = genuine.iter().map(|one| (one.source.as_str(), one.rejected[level]));
        measured_share(&format!("rejected at {}", LEVELS[level].0), found)
    };
    (0..LEVELS.len()).filter_map(at).collect()
}

/// Whether one of the checks fails.
fn fails(verdict: &DocumentVerdict) -> bool {
    verdict.results.values().flatten().any(|check| !check.passed)
}

fn attacks_of(check: DocumentCheck) -> &'static [&'static str] {
    training_plan(check).map(|plan| plan.attack_labels).unwrap_or_default()
}

/// One calibration for all checks that have one; the cropped and colourless rules are judged apart.
pub(super) fn policy(points: &PerCheck<OperatingPoints>, level: Calibration) -> DocumentPolicy {
    document_checks::policy(points, &document_checks::calibrations(|_| level))
}

pub(super) fn load_engine(folder: Option<&Path>) -> Result<DocumentEngine, String> {
    let Some(folder) = folder else {
        return DocumentEngine::load(&shipped_weights()).map_err(|e| e.to_string());
    };
    let texts = PerCheck::try_from_fn(|check| {
        let path = folder.join(format!("{}.json", check.entry().short_name));
        std::fs::read_to_string(&path).map_err(|e| {
            format!("cannot read {}: {e}: name its folder by --weights", path.display())
        })
    })?;
    DocumentEngine::load(&texts.each_ref().map(String::as_str)).map_err(|e| e.to_string())
}

/// The images of `<source>/<label>/`, and the files there that are no image or a damaged one.
fn read_folder(
    folder: &Path,
    threads: usize,
) -> Result<(Vec<LabelledImage>, Vec<UnreadableFile>), String> {
    let mut files = Vec::new();
    let problem = |folder: &Path, e: std::io::Error| {
        format!("cannot read {}: {e}: name a folder of <source>/<label>/", folder.display())
    };
    for source in folders_of(folder).map_err(|e| problem(folder, e))? {
        for label in folders_of(&source).map_err(|e| problem(&source, e))? {
            for file in files_of(&label).map_err(|e| problem(&label, e))? {
                files.push((name(&source), name(&label), file));
            }
        }
    }
    let progress = Progress::of_items("reading", files.len());
    let read = in_parallel(threads, files.len(), |at| -> Result<LabelledImage, UnreadableFile> {
        progress.add(1);
        let (source, label, file) = &files[at];
        let bytes = std::fs::read(file).map_err(|e| UnreadableFile::new(file, e))?;
        Image::decode(&bytes, &DecodeLimits::default())
            .map_err(|e| UnreadableFile::new(file, e))?;
        Ok(LabelledImage { source: source.clone(), label: label.clone(), bytes })
    });
    let mut images = Vec::new();
    let mut unreadable = Vec::new();
    for one in read {
        match one {
            Ok(image) => images.push(image),
            Err(file) => unreadable.push(file),
        }
    }
    Ok((images, unreadable))
}

fn unreadable_line(unreadable: &UnreadableFile) -> String {
    format!("\n  {}: {}", unreadable.file, unreadable.reason)
}

fn name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn print_table(report: &Report) -> Result<()> {
    let named: String = report.unreadable_files.iter().map(unreadable_line).collect();
    let (read, unreadable) = (report.images, report.unreadable);
    print_line(format_args!("{read} images, {unreadable} files unreadable{named}"))?;
    for table in &report.tables {
        print_line(format_args!("\n{}", table.what))?;
        for rate in &table.rates {
            let MeasuredRate { name, value, low, high, .. } = rate;
            print_line(format_args!("  {name:36} {value:.3}   [{low:.3}, {high:.3}]"))?;
        }
    }
    Ok(())
}
