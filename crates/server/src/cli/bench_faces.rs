//! `verax bench faces`: how long a selfie takes, stage by stage, and how many go through.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use verax_vision::faces::{FaceEngine, FaceRequest, Gallery, StageTimings, Template};
use verax_vision::workers::Waiting;

use crate::installed_models::read_face_models;

#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct BenchFacesArgs {
    /// The picture to measure (a portrait of 1920 x 1080 pixels if left out)
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,
    /// How long each number of threads is measured
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub seconds: u64,
    /// Numbers of threads to try
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 2])]
    pub threads: Vec<usize>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

// NASA's portrait of Eileen Collins (public domain) on a blurred background.
static PORTRAIT_1080P: &[u8] = include_bytes!("../../assets/portrait-1080p.jpg");

const SEARCHED_TEMPLATES: usize = 100_000;

pub fn run(args: &BenchFacesArgs, models_dir: &Path, out: &mut dyn Write) -> Result<()> {
    let engine =
        FaceEngine::load(read_face_models(models_dir)).context("cannot load the models")?;
    ensure!(
        engine.can_compare() && engine.can_check_attacks(),
        "the models are not installed: verax models install"
    );
    let image = match &args.image {
        Some(path) => {
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?
        }
        None => PORTRAIT_1080P.to_vec(),
    };
    let request = FaceRequest::default();
    let first = engine.measure(&image, &request, &Waiting::always())?;
    let Some(template) = first.template else {
        anyhow::bail!("the picture has no face to measure")
    };
    let gallery = gallery(&template);
    let mut lanes = Vec::new();
    for threads in &args.threads {
        ensure!((1..=256).contains(threads), "the number of threads must be 1 to 256");
        lanes.push(measure(&engine, &image, *threads, Duration::from_secs(args.seconds))?);
    }
    let search = search_time(&gallery, &template);
    if args.json {
        let value = json!({
            "lanes": lanes.iter().map(Lane::json).collect::<Vec<_>>(),
            "search": { "templates": SEARCHED_TEMPLATES, "medianMs": ms(search) },
        });
        serde_json::to_writer_pretty(&mut *out, &value)?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(out, "milliseconds, median and 95th percentile, of one picture")?;
    writeln!(
        out,
        "{:<8} {:>9} {}",
        "threads",
        "images/s",
        STAGE_NAMES.map(|name| format!("{name:>15}")).concat()
    )?;
    for lane in &lanes {
        let stages = lane.stages.map(|stage| format!("{:>8.1} {:>6.1}", ms(stage.0), ms(stage.1)));
        writeln!(out, "{:<8} {:>9.2} {}", lane.threads, lane.images_per_second, stages.concat())?;
    }
    writeln!(out, "search of {SEARCHED_TEMPLATES} templates on one core: {:.2} ms", ms(search))?;
    if let Some(bytes) = resident_bytes("VmHWM:") {
        writeln!(out, "memory at most {} MB, search's templates included", bytes / 1_000_000)?;
    }
    Ok(())
}

const STAGE_NAMES: [&str; 6] = ["decode", "detect", "quality", "attack", "template", "all"];

struct Lane {
    threads: usize,
    images_per_second: f64,
    /// Median and 95th percentile, in the order of `STAGE_NAMES`.
    stages: [(Duration, Duration); 6],
    resident_bytes: Option<u64>,
}

impl Lane {
    fn json(&self) -> Value {
        let stages: serde_json::Map<String, Value> = STAGE_NAMES
            .iter()
            .zip(self.stages)
            .map(|(name, (median, p95))| {
                ((*name).to_owned(), json!({ "medianMs": ms(median), "p95Ms": ms(p95) }))
            })
            .collect();
        json!({
            "threads": self.threads,
            "imagesPerSecond": self.images_per_second,
            "stages": stages,
            "residentBytes": self.resident_bytes,
        })
    }
}

fn measure(engine: &FaceEngine, image: &[u8], threads: usize, time: Duration) -> Result<Lane> {
    let start = Instant::now();
    let timings: Result<Vec<Vec<StageTimings>>> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<StageTimings>> {
                    let mut timings = Vec::new();
                    while start.elapsed() < time || timings.is_empty() {
                        let request = FaceRequest::default();
                        timings.push(engine.measure(image, &request, &Waiting::always())?.timings);
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
    let timings: Vec<StageTimings> = timings?.concat();
    let stage =
        |of: fn(&StageTimings) -> Duration| median_and_p95(timings.iter().map(of).collect());
    Ok(Lane {
        threads,
        images_per_second: timings.len() as f64 / elapsed.as_secs_f64(),
        stages: [
            stage(|t| t.decode),
            stage(|t| t.detect),
            stage(|t| t.quality),
            stage(|t| t.attack),
            stage(|t| t.template),
            stage(StageTimings::total),
        ],
        resident_bytes: resident_bytes("VmRSS:"),
    })
}

pub(super) fn median_and_p95(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |share: f64| {
        let index = (times.len() as f64 * share) as usize;
        times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    (at(0.5), at(0.95))
}

// Templates that differ from the probe, made without chance so that every run searches the same.
fn gallery(probe: &Template) -> Gallery {
    let mut gallery = Gallery::with_capacity(SEARCHED_TEMPLATES);
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..SEARCHED_TEMPLATES {
        let values = probe.values().map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        });
        if let Some(template) = Template::normalised(&values) {
            gallery.push(&template);
        }
    }
    gallery
}

fn search_time(gallery: &Gallery, probe: &Template) -> Duration {
    let times = (0..21)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(gallery.search(std::hint::black_box(probe), 10, 0.0));
            start.elapsed()
        })
        .collect();
    median_and_p95(times).0
}

pub(super) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

// Linux tells; elsewhere the figure is left out.
pub(super) fn resident_bytes(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
