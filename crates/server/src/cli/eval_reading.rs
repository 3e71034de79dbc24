//! `verax eval reading DIR`: how well the text of documents is read, on the operator's own images.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::json;
use verax_domain::document_reading::{DocumentField, DocumentSide};
use verax_lab::confusions::Confusion;
use verax_lab::reading_rates::{
    MeasuredSide, SideTruth, reading_confusions, reading_rates, values_of_zone,
};
use verax_reading::reader::{Reader, ReadingRequest};
use verax_vision::document::weights::MeasuredRate;
use verax_vision::image::{DecodeLimits, Image};

use super::progress::Progress;

/// Error rates of reading, with 95 % intervals, and which characters are misread.
#[derive(Debug, Args)]
pub struct EvalReading {
    /// A folder with images and truths.csv: the columns file, and of side (front or back), source, mrz_line1,
    /// mrz_line2, mrz_line3, barcode_text and text those that are known; values of the zone are known with it,
    /// and others have columns named as in the JSON of `verax read` (documentNumber, birthDate …)
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
    let truths = read_truths(&args.folder.join("truths.csv"), today_year)?;
    let request = ReadingRequest::all(today_year);
    let (mut files, mut sides, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    let progress = Progress::of_items("reading", truths.len());
    for Truth { file, side, truth } in truths {
        progress.add(1);
        let path = args.folder.join(&file);
        let bytes =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        match Image::decode(&bytes, &DecodeLimits::default()) {
            Ok(image) => {
                files.push(file);
                sides.push(MeasuredSide { truth, reading: reader.read(&image, side, request) });
            }
            Err(error) => unreadable.push((file, error.to_string())),
        }
    }
    drop(progress);
    if args.json {
        write_json(&sides, &unreadable, out)
    } else {
        write_text(&files, &sides, &unreadable, out)
    }
}

type Unreadable = [(String, String)];

fn write_json(sides: &[MeasuredSide], unreadable: &Unreadable, out: &mut dyn Write) -> Result<()> {
    let unreadable: Vec<_> =
        unreadable.iter().map(|(file, why)| json!({ "file": file, "why": why })).collect();
    let all = json!({
        "images": sides.len(),
        "unreadable": unreadable,
        "rates": reading_rates(sides),
        "confusions": reading_confusions(sides),
    });
    writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
    Ok(())
}

fn write_text(
    files: &[String],
    sides: &[MeasuredSide],
    unreadable: &Unreadable,
    out: &mut dyn Write,
) -> Result<()> {
    writeln!(out, "{} images", sides.len())?;
    for MeasuredRate { name, value, low, high } in &reading_rates(sides) {
        writeln!(out, "  {name:44} {value:.4}   [{low:.4}, {high:.4}]")?;
    }
    let confusions = reading_confusions(sides);
    write_confusions("zones", &confusions.zones, out)?;
    write_confusions("values", &confusions.values, out)?;
    for (file, side) in files.iter().zip(sides) {
        write_difference(file, side, out)?;
    }
    for (file, why) in unreadable {
        writeln!(out, "not read: {file}: {why}")?;
    }
    Ok(())
}

fn write_confusions(of: &str, confusions: &[Confusion], out: &mut dyn Write) -> Result<()> {
    if !confusions.is_empty() {
        writeln!(out, "characters of {of}, as they stand there and as they were read")?;
    }
    let shown = |it: Option<char>| it.map_or("nothing".to_owned(), String::from);
    for Confusion { truth, read, count } in confusions {
        writeln!(out, "  {count:4} times {} as {}", shown(*truth), shown(*read))?;
    }
    Ok(())
}

/// A zone that is not read as it stands, line by line.
fn write_difference(file: &str, side: &MeasuredSide, out: &mut dyn Write) -> Result<()> {
    let (truth, read) = (&side.truth.zone, side.zone_lines());
    if truth == read {
        return Ok(());
    }
    let called = match (read.is_empty(), side.is_called_valid()) {
        (true, _) => "not found",
        (_, true) => "called valid",
        _ => "not called valid",
    };
    writeln!(out, "zone misread, {called}: {file}")?;
    truth.iter().try_for_each(|line| writeln!(out, "  there {line}"))?;
    read.iter().try_for_each(|line| writeln!(out, "  read  {line}"))?;
    Ok(())
}

struct Truth {
    file: String,
    side: DocumentSide,
    truth: SideTruth,
}

fn read_truths(path: &Path, today_year: u16) -> Result<Vec<Truth>> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_path(path).with_context(|| {
            format!("cannot read {}: a CSV file with a column file is needed", path.display())
        })?;
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|title| title.trim() == name);
    let file = column("file").with_context(|| format!("{} has no column file", path.display()))?;
    let columns = ["side", "source", "barcode_text", "text"].map(column);
    let zone = ["mrz_line1", "mrz_line2", "mrz_line3"].map(column);
    let fields: Vec<(DocumentField, usize)> =
        header.iter().enumerate().filter_map(|(at, title)| Some((field(title)?, at))).collect();
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
        let zone: Vec<String> =
            zone.into_iter().filter_map(cell).map(|line| line.trim().to_owned()).collect();
        let source = source.unwrap_or_else(|| file.clone());
        let mut values = values_of_zone(&zone, side, today_year);
        values.extend(fields.iter().filter_map(|(field, at)| Some((*field, cell(Some(*at))?))));
        let truth = SideTruth { source, zone, values, barcode, text };
        truths.push(Truth { file, side, truth });
    }
    Ok(truths)
}

/// The field that a column is named after.
fn field(title: &str) -> Option<DocumentField> {
    serde_json::from_value(json!(title.trim())).ok()
}
