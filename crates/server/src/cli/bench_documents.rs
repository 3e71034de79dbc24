//! `verax bench documents`: how long a photograph of a document takes, and how much memory.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use verax_domain::document_verdict::{Calibration, ColourlessRule, DocumentPolicy, judge_document};
use verax_lab::simulator::{cards::card, jpeg};
use verax_vision::document::seeded::Seeded;
use verax_vision::document::{DocumentEngine, DocumentRequest};
use verax_vision::image::{DecodeLimits, Image};

use super::bench_faces::{median_and_p95, ms};
use super::eval_documents::policy;
use crate::metrics::process::{memory_bytes, processor_time};

#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct BenchDocumentsArgs {
    /// The image to measure (a drawn card on a table, 4000 x 3000 pixels, if left out)
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,
    /// How long each number of threads is measured
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub seconds: u64,
    /// Numbers of threads to try
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 2])]
    pub threads: Vec<usize>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `engine` is that of the settings.
pub fn run(args: &BenchDocumentsArgs, engine: &DocumentEngine, out: &mut dyn Write) -> Result<()> {
    let image = match &args.image {
        Some(path) => {
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?
        }
        None => twelve_megapixels(),
    };
    let idle = memory_bytes("VmRSS:");
    let mut lanes = Vec::new();
    for threads in &args.threads {
        ensure!((1..=256).contains(threads), "the number of threads must be 1 to 256");
        lanes.push(measure(engine, &image, *threads, Duration::from_secs(args.seconds))?);
    }
    if args.json {
        let lane = |lane: &Lane| {
            json!({
                "threads": lane.threads,
                "imagesPerSecond": lane.images_per_second,
                "decode": { "medianMs": ms(lane.decode.0), "p95Ms": ms(lane.decode.1) },
                "all": { "medianMs": ms(lane.all.0), "p95Ms": ms(lane.all.1) },
                "processorMs": lane.processor.map(ms),
                "bytesAboveIdle": lane.above(idle),
            })
        };
        let value = json!({ "lanes": lanes.iter().map(lane).collect::<Vec<_>>() });
        writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?;
        return Ok(());
    }
    writeln!(out, "milliseconds, median and 95th percentile, of one image with all checks")?;
    writeln!(
        out,
        "{:<8} {:>9} {:>16} {:>16} {:>9} {:>14}",
        "threads", "images/s", "decode", "all", "cpu ms", "MB above idle"
    )?;
    for lane in &lanes {
        let pair = |(median, p95)| format!("{:>8.0} {:>7.0}", ms(median), ms(p95));
        let processor =
            lane.processor.map_or_else(|| "?".to_owned(), |time| format!("{:.0}", ms(time)));
        let memory = lane.above(idle).map_or_else(String::new, |b| (b / 1_000_000).to_string());
        writeln!(
            out,
            "{:<8} {:>9.2} {} {} {processor:>9} {memory:>14}",
            lane.threads,
            lane.images_per_second,
            pair(lane.decode),
            pair(lane.all)
        )?;
    }
    Ok(())
}

struct Lane {
    threads: usize,
    images_per_second: f64,
    /// Median and 95th percentile.
    decode: (Duration, Duration),
    all: (Duration, Duration),
    /// Of one image: a busy machine lengthens the times above, and this hardly.
    processor: Option<Duration>,
    /// The most memory that the process has held so far.
    peak_bytes: Option<u64>,
}

impl Lane {
    fn above(&self, idle: Option<u64>) -> Option<u64> {
        Some(self.peak_bytes?.saturating_sub(idle?))
    }
}

fn measure(engine: &DocumentEngine, bytes: &[u8], threads: usize, time: Duration) -> Result<Lane> {
    let rules = DocumentPolicy {
        colourless: ColourlessRule::Fails,
        ..policy(&engine.operating_points(), Calibration::Regular)
    };
    let (start, start_processor) = (Instant::now(), processor_time());
    let one = || -> Result<(Duration, Duration)> {
        let begun = Instant::now();
        let image = Image::decode(bytes, &DecodeLimits::default())?;
        let decoded = begun.elapsed();
        let findings = engine.check_decoded(bytes, &image, &DocumentRequest::ALL);
        let verdict = judge_document(&findings, &rules);
        let all_made = verdict.results.values().flatten().all(|check| check.judgement.is_some());
        ensure!(all_made, "not every check can be made on this image");
        Ok((decoded, begun.elapsed()))
    };
    let timings: Result<Vec<Vec<(Duration, Duration)>>> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<(Duration, Duration)>> {
                    let mut timings = Vec::new();
                    while start.elapsed() < time || timings.is_empty() {
                        timings.push(one()?);
                    }
                    Ok(timings)
                })
            })
            .collect();
        lanes
            .into_iter()
            .map(|lane| lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let elapsed = start.elapsed();
    let processor = start_processor.zip(processor_time());
    let timings: Vec<(Duration, Duration)> = timings?.concat();
    Ok(Lane {
        threads,
        images_per_second: timings.len() as f64 / elapsed.as_secs_f64(),
        decode: median_and_p95(timings.iter().map(|t| t.0).collect()),
        all: median_and_p95(timings.iter().map(|t| t.1).collect()),
        processor: processor.map(|(from, to)| (to - from) / timings.len() as u32),
        peak_bytes: memory_bytes("VmHWM:"),
    })
}

/// A drawn card enlarged to the size of a phone's photographs, with a sensor's noise: a JPEG
/// without it would decode faster than real ones do.
fn twelve_megapixels() -> Vec<u8> {
    const WIDTH: u32 = 4000;
    const HEIGHT: u32 = 3000;
    const CARD_WIDTH: u32 = 2600;
    const TABLE: [u8; 3] = [96, 70, 52];
    const NOISE: f32 = 4.0;
    let mut random = Seeded::new(7);
    let drawn = card(&mut random, None).image;
    let card_height = CARD_WIDTH * drawn.height / drawn.width;
    let (left, top) = ((WIDTH - CARD_WIDTH) / 2, (HEIGHT - card_height) / 2);
    let mut rgb = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let noise = NOISE * random.normal();
            let inside = (x.wrapping_sub(left), y.wrapping_sub(top));
            let pixel = if inside.0 < CARD_WIDTH && inside.1 < card_height {
                let (sx, sy) =
                    (inside.0 * drawn.width / CARD_WIDTH, inside.1 * drawn.height / card_height);
                let at = ((sy * drawn.width + sx) * 3) as usize;
                &drawn.rgb[at..at + 3]
            } else {
                &TABLE
            };
            rgb.extend(pixel.iter().map(|&v| (f32::from(v) + noise) as u8));
        }
    }
    jpeg(&Image { width: WIDTH, height: HEIGHT, rgb }, 90)
}
