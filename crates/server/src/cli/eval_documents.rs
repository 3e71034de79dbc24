//! `verax eval documents DIR`: error rates of the document checks on labelled images.

mod arguments;
mod corners;
mod engine;
mod held_out;
mod images;
mod report;
mod simulation;

use std::path::Path;

use anyhow::Result;
use verax_lab::labelled_files::{LabelledFile, labelled_files};
use verax_lab::metrics::{PlotSeries, error_tradeoff_svg};
use verax_lab::rates::scored_set;
use verax_lab::training::in_parallel;
use verax_lab::training_set::LabelledImage;
use verax_vision::backbone::Backbone;
use verax_vision::document::weights::MeasuredRate;
use verax_vision::image::{DecodeLimits, Image};

pub use self::arguments::EvalDocuments;
pub use self::engine::{load_engine, policy};
use self::report::{Report, UnreadableFile};
use super::output::print_line;
use super::progress::Progress;

pub fn run(args: &EvalDocuments, backbone: Option<Backbone>) -> Result<()> {
    let report = evaluate(args, backbone).map_err(anyhow::Error::msg)?;
    if args.json {
        print_line(serde_json::to_string_pretty(&report)?)?;
        return Ok(());
    }
    print_table(&report)
}

fn evaluate(args: &EvalDocuments, backbone: Option<Backbone>) -> Result<Report, String> {
    let (images, unreadable) = read_images(&args.folder, args.threads)?;
    if images.is_empty() {
        let named: String = unreadable.iter().map(unreadable_line).collect();
        let folder = args.folder.display();
        return Err(format!("{folder}: no images in <source>/<label>/ that can be read{named}"));
    }
    let (mut report, judged) = if args.leave_one_source_out {
        let backbone = backbone.ok_or(NO_BACKBONE)?;
        held_out::measure(args, &images, &backbone)?
    } else if args.simulated > 0 {
        simulation::measure(args, &images)?
    } else {
        images::measure(args, &images, backbone)?
    };
    report.unreadable += unreadable.len();
    report.unreadable_files = unreadable;
    let corners = corners::measure(&args.folder, args.threads)?;
    for (source, rates) in corners.by_source {
        report.add(format!("where the document lies, {source}"), rates);
    }
    for file in corners.unreadable {
        if report.unreadable_files.iter().all(|named| named.file != file.file) {
            report.unreadable += 1;
            report.unreadable_files.push(file);
        }
    }
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

const NO_BACKBONE: &str =
    "leaving sources out needs the backbone, which is not installed: `verax models install`";

/// The images of `<source>/<label>/`, and the files there that are no image or a damaged one.
pub fn read_images(
    folder: &Path,
    threads: usize,
) -> Result<(Vec<LabelledImage>, Vec<UnreadableFile>), String> {
    let files = labelled_files(folder)?;
    let progress = Progress::of_items("reading", files.len());
    let read = in_parallel(threads, files.len(), |at| -> Result<LabelledImage, UnreadableFile> {
        progress.add(1);
        let LabelledFile { source, label, path } = &files[at];
        let bytes = std::fs::read(path).map_err(|e| UnreadableFile::new(path, e))?;
        Image::decode(&bytes, &DecodeLimits::default())
            .map_err(|e| UnreadableFile::new(path, e))?;
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

fn print_table(report: &Report) -> Result<()> {
    let named: String = report.unreadable_files.iter().map(unreadable_line).collect();
    let (read, unreadable) = (report.images, report.unreadable);
    print_line(format_args!("{read} images, {unreadable} files unreadable{named}"))?;
    for table in &report.tables {
        print_line(format_args!("\n{}", table.what))?;
        print_rates(&table.rates)?;
    }
    Ok(())
}

/// A line for each rate: its name, its value and its 95 % interval.
pub fn print_rates(rates: &[MeasuredRate]) -> Result<()> {
    for MeasuredRate { name, value, low, high } in rates {
        print_line(format_args!("  {name:44} {value:.3}   [{low:.3}, {high:.3}]"))?;
    }
    Ok(())
}
