//! `verax read FILE`: the text, the machine-readable zone and the barcodes of a document.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;
use verax_domain::document_reading::{
    BarcodeFormat, CheckDigit, DocumentSide, MrzReading, SideReading, TextState,
};
use verax_reading::reader::{Reader, ReadingRequest};
use verax_vision::image::{DecodeLimits, Image};

/// What is read of one document.
#[derive(Debug, Args)]
pub struct ReadDocument {
    /// The image of its front, or of its one page.
    pub file: PathBuf,
    /// The image of its back.
    #[arg(long, value_name = "FILE")]
    pub back: Option<PathBuf>,
    /// Print JSON: one object for each image.
    #[arg(long)]
    pub json: bool,
}

/// `today_year`: the current year.
pub fn run(
    args: &ReadDocument,
    reader: &Reader,
    today_year: u16,
    out: &mut dyn Write,
) -> Result<()> {
    let request = ReadingRequest::all(today_year);
    let mut sides = vec![reader.read(&image(&args.file)?, DocumentSide::Front, request)];
    if let Some(back) = &args.back {
        sides.push(reader.read(&image(back)?, DocumentSide::Back, request));
    }
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&json!(sides))?)?;
        return Ok(());
    }
    for side in &sides {
        write!(out, "{}", described(side))?;
    }
    Ok(())
}

fn image(path: &Path) -> Result<Image> {
    let bytes = std::fs::read(path).with_context(|| {
        format!("cannot read {}: name a JPEG, PNG or WebP of a document", path.display())
    })?;
    Image::decode(&bytes, &DecodeLimits::default()).with_context(|| path.display().to_string())
}

fn described(side: &SideReading) -> String {
    let mut text = String::new();
    let mut line = |words: std::fmt::Arguments<'_>| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{words}");
    };
    line(format_args!("{}", side_name(side.side)));
    match (&side.mrz, side.text_state) {
        (Some(zone), _) => describe_zone(zone, &mut line),
        (None, TextState::Read) => line(format_args!("  no machine-readable zone")),
        (None, TextState::NotChecked) => line(format_args!(
            "  text not checked: `verax models install --for reading` installs its models"
        )),
    }
    for value in &side.values {
        let name = serde_json::to_value(value.field).unwrap_or_default();
        let name = name.as_str().unwrap_or_default();
        line(format_args!("  {name:<16} {}", printable(&value.value)));
    }
    for barcode in &side.barcodes {
        let format = match barcode.format {
            BarcodeFormat::Pdf417 => "PDF417",
            BarcodeFormat::QrCode => "QR code",
        };
        line(format_args!("  {format}"));
        barcode.text.lines().for_each(|row| line(format_args!("    {}", printable(row))));
    }
    for read in &side.lines {
        line(format_args!("  {:.2}  {}", read.confidence, printable(&read.text)));
    }
    text
}

fn describe_zone(zone: &MrzReading, line: &mut impl FnMut(std::fmt::Arguments<'_>)) {
    let word = match (zone.is_valid(), zone.is_wrong()) {
        (true, _) => "every check digit right",
        (_, false) => "right after a repair, which is likely and not proven",
        _ => "a check digit is WRONG",
    };
    line(format_args!("  {} zone, {word}", zone_name(zone)));
    zone.lines.iter().for_each(|row| line(format_args!("    {row}")));
    for digit in &zone.check_digits {
        let name = digit.field.and_then(|field| serde_json::to_value(field).ok());
        let name = name.as_ref().and_then(|name| name.as_str()).unwrap_or("composite");
        let word = match digit.result {
            CheckDigit::Right => "right",
            CheckDigit::Repaired => "right after a repair",
            CheckDigit::Wrong => "WRONG",
        };
        line(format_args!("    check digit {name:<16} {word}"));
    }
}

fn zone_name(zone: &MrzReading) -> String {
    let format = serde_json::to_value(zone.format).unwrap_or_default();
    format.as_str().unwrap_or_default().to_owned()
}

fn side_name(side: DocumentSide) -> &'static str {
    match side {
        DocumentSide::Front => "front",
        DocumentSide::Back => "back",
    }
}

/// A document's text is not ours: what would steer a terminal, or turn the direction of a line, is shown as a
/// dot.
fn printable(text: &str) -> String {
    let steers = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|letter| if steers(letter) { '·' } else { letter }).collect()
}
