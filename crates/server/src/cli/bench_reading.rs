//! `verax bench reading`: how long a document takes to read on one core, and how much memory.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use verax_domain::document_reading::DocumentSide;
use verax_reading::reader::{Reader, ReadingRequest};
use verax_vision::image::{DecodeLimits, Image};

use super::bench_faces::{median_and_p95, ms};
use crate::metrics::process::{memory_bytes, processor_time};

#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct BenchReadingArgs {
    /// The images to measure, each as the front of a document; what reading takes depends on how much text they hold
    #[arg(value_name = "FILE", required = true)]
    pub images: Vec<PathBuf>,
    /// They are backs
    #[arg(long)]
    pub back: bool,
    /// How long is measured; each image is read at least once
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub seconds: u64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `today_year`: the current year.
pub fn run(
    args: &BenchReadingArgs,
    reader: &Reader,
    today_year: u16,
    out: &mut dyn Write,
) -> Result<()> {
    ensure!(
        reader.reads_text(),
        "the models for reading are not installed: verax models install --for reading"
    );
    let side = if args.back { DocumentSide::Back } else { DocumentSide::Front };
    let request = ReadingRequest::all(today_year);
    let idle = memory_bytes("VmRSS:");
    let (start, start_processor) = (Instant::now(), processor_time());
    let mut timings = Vec::new();
    while timings.is_empty() || start.elapsed() < Duration::from_secs(args.seconds) {
        for path in &args.images {
            let bytes =
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            let begun = Instant::now();
            let image = Image::decode(&bytes, &DecodeLimits::default())
                .with_context(|| path.display().to_string())?;
            reader.read(&image, side, request);
            timings.push(begun.elapsed());
        }
    }
    let count = u32::try_from(timings.len()).unwrap_or(u32::MAX);
    let processor = start_processor.zip(processor_time()).map(|(from, to)| (to - from) / count);
    let above = memory_bytes("VmHWM:").zip(idle).map(|(peak, idle)| peak.saturating_sub(idle));
    let (median, p95) = median_and_p95(timings);
    if args.json {
        let value = json!({
            "images": count,
            "medianMs": ms(median),
            "p95Ms": ms(p95),
            "processorMs": processor.map(ms),
            "bytesAboveIdle": above,
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?;
        return Ok(());
    }
    writeln!(out, "{count} readings on one thread, each with decoding")?;
    writeln!(out, "  milliseconds, median      {:>8.0}", ms(median))?;
    writeln!(out, "  95th percentile           {:>8.0}", ms(p95))?;
    let processor = processor.map_or_else(|| "?".to_owned(), |time| format!("{:.0}", ms(time)));
    writeln!(out, "  of the processor, mean    {processor:>8}")?;
    let above = above.map_or_else(|| "?".to_owned(), |bytes| (bytes / 1_000_000).to_string());
    writeln!(out, "  MB above idle             {above:>8}")?;
    Ok(())
}
