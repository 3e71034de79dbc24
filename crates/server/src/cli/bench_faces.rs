//! `verax bench faces`: how long a selfie takes, stage by stage, and how many go through.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use verax_vision::faces::{FaceEngine, FaceRequest, Gallery, ModelBytes, StageTimings, Template};
use verax_vision::workers::{Waiting, WorkerSettings, Workers};

use super::bench_face_grid;
use crate::metrics::process::{memory_bytes, processor_time};

#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct BenchFacesArgs {
    /// The image to measure (a portrait of 1920 x 1080 pixels if left out)
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,
    /// How long each number of threads is measured
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub seconds: u64,
    /// Numbers of threads to try
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 2])]
    pub threads: Vec<usize>,
    /// Time the Python reference too, with this interpreter (tools/reference/README.md)
    #[arg(long, value_name = "PROGRAM")]
    pub python: Option<PathBuf>,
    /// Measure so many images on two threads, and print how memory grows
    #[arg(long, value_name = "N")]
    pub requests: Option<usize>,
    /// Measure no time: whether the portrait's face stays the same and live, at this many places for each
    /// size and tilt, and cut at several margins
    #[arg(long, value_name = "PLACES", num_args = 0..=1, default_missing_value = "10")]
    pub grid: Option<usize>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// NASA's portrait of Eileen Collins (public domain) on a blurred background.
pub static PORTRAIT_1080P: &[u8] = include_bytes!("../../assets/portrait-1080p.jpg");

const SEARCHED_TEMPLATES: usize = 100_000;

pub fn run(args: &BenchFacesArgs, models: ModelBytes, out: &mut dyn Write) -> Result<()> {
    let engine = FaceEngine::load(models.clone());
    let engine = Arc::new(engine.context("cannot load the models")?);
    ensure!(
        engine.can_compare() && engine.can_check_attacks(),
        "the models are not installed: verax models install"
    );
    let image: Arc<[u8]> = match &args.image {
        Some(path) => {
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?.into()
        }
        None => PORTRAIT_1080P.into(),
    };
    if let Some(places) = args.grid {
        return bench_face_grid::run(&engine, &image, places, args.json, out);
    }
    let request = FaceRequest::default();
    let first = engine.measure(&image, &request, &Waiting::always())?;
    let Some(template) = first.template else { anyhow::bail!("the image has no face to measure") };
    let gallery = gallery(&template);
    let time = Duration::from_secs(args.seconds);
    let mut lanes = Vec::new();
    for threads in &args.threads {
        ensure!((1..=256).contains(threads), "the number of threads must be 1 to 256");
        lanes.push(measure(&engine, &image, [*threads, *threads], time)?);
        // At once, so that both meet the machine in the same mood.
        lanes.extend(reference(args, &models, &image, *threads)?);
    }
    // A server has a thread for each core, and more callers than that.
    lanes.push(measure(&engine, &image, [2, 8], time)?);
    lanes.extend(reference(args, &models, &image, 8)?);
    let (search_ms, search_processor_ms) = search_time(&gallery, &template);
    let growth = args.requests.map(|count| growth(&engine, &image, count)).transpose()?;
    if args.json {
        let value = json!({
            "lanes": lanes.iter().map(Lane::json).collect::<Vec<_>>(),
            "search": {
                "templates": SEARCHED_TEMPLATES,
                "medianMs": search_ms,
                "processorMs": search_processor_ms,
            },
            "residentBytesByImages": growth,
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?;
        return Ok(());
    }
    writeln!(out, "milliseconds, median and 95th percentile, of one image")?;
    writeln!(
        out,
        "{:<9} {:>8} {:>7} {:>9} {:>9} {}",
        "",
        "callers",
        "threads",
        "images/s",
        "cpu ms",
        STAGE_NAMES.map(|name| format!("{name:>15}")).concat()
    )?;
    for lane in &lanes {
        lane.print(out)?;
    }
    let processor = search_processor_ms.unwrap_or(f64::NAN);
    writeln!(
        out,
        "search of {SEARCHED_TEMPLATES} templates: {search_ms:.2} ms, processor time {processor:.2} ms"
    )?;
    for (images, bytes) in growth.iter().flatten() {
        writeln!(out, "memory after {images:>6} images: {:.1} MB", *bytes as f64 / 1e6)?;
    }
    if let Some(bytes) = memory_bytes("VmHWM:") {
        writeln!(out, "memory at most {} MB, search's templates included", bytes / 1_000_000)?;
    }
    Ok(())
}

const STAGE_NAMES: [&str; 6] = ["decode", "detect", "quality", "attack", "template", "all"];

struct Lane {
    program: &'static str,
    callers: usize,
    threads: usize,
    images_per_second: f64,
    /// Processor time of one image, all threads together; none where the system does not tell.
    processor_ms: Option<f64>,
    /// Median and 95th percentile, in the order of `STAGE_NAMES`; the reference tells only the last.
    stages: [Option<(f64, f64)>; 6],
    resident_bytes: Option<u64>,
}

impl Lane {
    fn json(&self) -> Value {
        let stages: serde_json::Map<String, Value> = STAGE_NAMES
            .iter()
            .zip(self.stages)
            .filter_map(|(name, stage)| Some((name, stage?)))
            .map(|(name, (median, p95))| {
                ((*name).to_owned(), json!({ "medianMs": median, "p95Ms": p95 }))
            })
            .collect();
        json!({
            "program": self.program,
            "callers": self.callers,
            "threads": self.threads,
            "imagesPerSecond": self.images_per_second,
            "processorMs": self.processor_ms,
            "stages": stages,
            "residentBytes": self.resident_bytes,
        })
    }

    fn print(&self, out: &mut dyn Write) -> Result<()> {
        let processor = self.processor_ms.map_or_else(|| "?".to_owned(), |ms| format!("{ms:.1}"));
        let stages = self.stages.map(|stage| match stage {
            Some((median, p95)) => format!("{median:>8.1} {p95:>6.1}"),
            None => format!("{:>15}", "-"),
        });
        writeln!(
            out,
            "{:<9} {:>8} {:>7} {:>9.2} {processor:>9} {}",
            self.program,
            self.callers,
            self.threads,
            self.images_per_second,
            stages.concat()
        )?;
        Ok(())
    }
}

/// So many threads measure for so many callers, each of whom asks again when it is answered.
fn measure(
    engine: &Arc<FaceEngine>,
    image: &Arc<[u8]>,
    [threads, callers]: [usize; 2],
    time: Duration,
) -> Result<Lane> {
    let workers = Workers::start(WorkerSettings { threads, waiting_max: callers })?;
    let (start, start_processor) = (Instant::now(), processor_time());
    let timings: Result<Vec<Vec<(StageTimings, Duration)>>> = std::thread::scope(|scope| {
        let calls = || -> Result<Vec<(StageTimings, Duration)>> {
            let mut timings = Vec::new();
            while start.elapsed() < time || timings.is_empty() {
                let called = Instant::now();
                let measured = call(&workers, engine, image)?;
                timings.push((measured, called.elapsed()));
            }
            Ok(timings)
        };
        let lanes: Vec<_> = (0..callers).map(|_| scope.spawn(calls)).collect();
        lanes
            .into_iter()
            .map(|lane| lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let timings: Vec<(StageTimings, Duration)> = timings?.concat();
    let elapsed = start.elapsed();
    let processor = start_processor.zip(processor_time());
    let stage = |of: fn(&(StageTimings, Duration)) -> Duration| {
        let (median, p95) = median_and_p95(timings.iter().map(of).collect());
        Some((ms(median), ms(p95)))
    };
    Ok(Lane {
        program: "verax",
        callers,
        threads,
        images_per_second: timings.len() as f64 / elapsed.as_secs_f64(),
        processor_ms: processor.map(|(from, to)| ms(to - from) / timings.len() as f64),
        stages: [
            stage(|(t, _)| t.decode),
            stage(|(t, _)| t.detect),
            stage(|(t, _)| t.quality),
            stage(|(t, _)| t.attack),
            stage(|(t, _)| t.template),
            // What the caller waits, so that waiting for a thread is in it.
            stage(|(_, called)| *called),
        ],
        resident_bytes: memory_bytes("VmRSS:"),
    })
}

// The selfie path of the server: a permit, the work on a thread of the workers, the comparison.
fn call(workers: &Workers, engine: &Arc<FaceEngine>, image: &Arc<[u8]>) -> Result<StageTimings> {
    let permit = workers.try_permit()?;
    let (engine, image) = (Arc::clone(engine), Arc::clone(image));
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let work = move |waiting: &Waiting| engine.measure(&image, &FaceRequest::default(), waiting);
    let interest = permit.run(work, move |made| drop(sender.send(made)));
    let measured = receiver.recv().context("the measurement has panicked")??;
    drop(interest);
    if let Some(template) = &measured.template {
        std::hint::black_box(template.compare(template));
    }
    Ok(measured.timings)
}

/// The Python reference with the same models, image and number of threads.
fn reference(
    args: &BenchFacesArgs,
    models: &ModelBytes,
    image: &[u8],
    threads: usize,
) -> Result<Option<Lane>> {
    let Some(python) = &args.python else { return Ok(None) };
    let folder = tempfile::tempdir()?;
    let (script, input) = (folder.path().join("faces.py"), folder.path().join("picture"));
    std::fs::write(&script, REFERENCE)?;
    std::fs::write(&input, image)?;
    for (name, model) in [
        ("face-detector", &models.face_detector),
        ("face-template", &models.face_template),
        ("face-attack", &models.face_attack),
    ] {
        let path = folder.path().join(name).with_extension("onnx");
        std::fs::write(path, model.as_deref().unwrap_or_default())?;
    }
    let output = Command::new(python)
        .arg(&script)
        .arg("--bench")
        .args([args.seconds.to_string(), threads.to_string()])
        .arg(folder.path())
        .arg(&input)
        .output()
        .with_context(|| format!("cannot run {}", python.display()))?;
    ensure!(
        output.status.success(),
        "the reference failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told: ReferenceTold = serde_json::from_slice(&output.stdout)?;
    Ok(Some(Lane {
        program: "reference",
        callers: threads,
        threads,
        images_per_second: told.images_per_second,
        processor_ms: Some(told.processor_ms),
        stages: [None, None, None, None, None, Some((told.median_ms, f64::NAN))],
        resident_bytes: None,
    }))
}

static REFERENCE: &str = include_str!("../../../../tools/reference/faces.py");

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReferenceTold {
    images_per_second: f64,
    median_ms: f64,
    processor_ms: f64,
}

/// Resident memory after a twentieth, two twentieths, … of so many images.
fn growth(engine: &Arc<FaceEngine>, image: &Arc<[u8]>, count: usize) -> Result<Vec<(usize, u64)>> {
    let workers = Workers::start(WorkerSettings { threads: 2, waiting_max: 2 })?;
    let mut grown = Vec::new();
    let step = (count / 20).max(2);
    for done in (step..=count).step_by(step) {
        std::thread::scope(|scope| -> Result<()> {
            let calls = || (0..step / 2).try_for_each(|_| call(&workers, engine, image).map(drop));
            let lanes = [scope.spawn(calls), scope.spawn(calls)];
            lanes.into_iter().try_for_each(|lane| {
                lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })?;
        grown.extend(memory_bytes("VmRSS:").map(|bytes| (done, bytes)));
    }
    Ok(grown)
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
fn gallery(probe: &Template) -> Gallery<usize> {
    let mut gallery = Gallery::new();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for number in 0..SEARCHED_TEMPLATES {
        let values = probe.values().map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        });
        if let Some(template) = Template::normalised(&values) {
            gallery.insert(number, &template);
        }
    }
    gallery
}

// The median, and the processor time of one search: a busy machine lengthens the first alone.
fn search_time(gallery: &Gallery<usize>, probe: &Template) -> (f64, Option<f64>) {
    const ROUNDS: u32 = 201;
    let start = processor_time();
    let times = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(gallery.search(std::hint::black_box(probe), 0.0, 10, |_| true));
            start.elapsed()
        })
        .collect();
    let processor = start.zip(processor_time()).map(|(from, to)| ms((to - from) / ROUNDS));
    (ms(median_and_p95(times).0), processor)
}

pub(super) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
