//! `verax eval reading DIR`: how well the text of documents is read, on the operator's own images.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::json;
use verax_domain::document_reading::DocumentSide;
use verax_lab::reading_rates::{MeasuredSide, SideTruth, reading_rates};
use verax_reading::reader::{Reader, ReadingRequest};
use verax_vision::document::weights::MeasuredRate;
use verax_vision::image::{DecodeLimits, Image};

use super::progress::Progress;

/// Error rates of reading, with 95 % intervals.
#[derive(Debug, Args)]
pub struct EvalReading {
    /// A folder with images and truths.csv: the columns file, and of side (front or back), source, mrz_line1,
    /// mrz_line2, mrz_line3, barcode_text and text those that are known
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `today_year`: the current year.
pub fn run(
    args: &EvalReading,
    reader: &Reader,
    today_year: u16,
    out: &mut dyn Write,
) -> Result<()> {
    ensure!(
        reader.reads_text(),
        "the models for reading are not installed: verax models install --for reading"
    );
    let truths = read_truths(&args.folder.join("truths.csv"))?;
    let request = ReadingRequest::all(today_year);
    let (mut sides, mut unreadable) = (Vec::new(), Vec::new());
    let progress = Progress::of_items("reading", truths.len());
    for Truth { file, side, truth } in truths {
        progress.add(1);
        let path = args.folder.join(&file);
        let bytes =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        match Image::decode(&bytes, &DecodeLimits::default()) {
            Ok(image) => {
                sides.push(MeasuredSide { truth, reading: reader.read(&image, side, request) });
            }
            Err(error) => unreadable.push((file, error.to_string())),
        }
    }
    drop(progress);
    let rates = reading_rates(&sides);
    if args.json {
        let unreadable: Vec<_> =
            unreadable.iter().map(|(file, why)| json!({ "file": file, "why": why })).collect();
        let all = json!({ "images": sides.len(), "unreadable": unreadable, "rates": rates });
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        return Ok(());
    }
    writeln!(out, "{} images", sides.len())?;
    for MeasuredRate { name, value, low, high } in &rates {
        writeln!(out, "  {name:44} {value:.4}   [{low:.4}, {high:.4}]")?;
    }
    for (file, why) in &unreadable {
        writeln!(out, "not read: {file}: {why}")?;
    }
    Ok(())
}

struct Truth {
    file: String,
    side: DocumentSide,
    truth: SideTruth,
}

fn read_truths(path: &Path) -> Result<Vec<Truth>> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_path(path).with_context(|| {
            format!("cannot read {}: a CSV file with a column file is needed", path.display())
        })?;
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|title| title.trim() == name);
    let file = column("file").with_context(|| format!("{} has no column file", path.display()))?;
    let columns = ["side", "source", "barcode_text", "text"].map(column);
    let zone = ["mrz_line1", "mrz_line2", "mrz_line3"].map(column);
    let mut truths = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record?;
        let cell = |column: Option<usize>| {
            let cell = record.get(column?)?;
            (!cell.trim().is_empty()).then(|| cell.to_owned())
        };
        let file = cell(Some(file))
            .with_context(|| format!("{}, row {}: it names no file", path.display(), row + 1))?;
        let [side, source, barcode, text] = columns.map(cell);
        let side = match side.as_deref().map(str::trim) {
            Some("back") => DocumentSide::Back,
            Some("front") | None => DocumentSide::Front,
            Some(other) => anyhow::bail!(
                "{}, row {}: side is {other:?}, not front or back",
                path.display(),
                row + 1
            ),
        };
        let zone = zone.into_iter().filter_map(cell).map(|line| line.trim().to_owned()).collect();
        let source = source.unwrap_or_else(|| file.clone());
        truths.push(Truth { file, side, truth: SideTruth { source, zone, barcode, text } });
    }
    Ok(truths)
}
