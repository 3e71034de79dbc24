//! `verax eval faces` and `verax eval attacks`: error rates on the operator's own images.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use verax_domain::face_verdict::FacePolicy;
use verax_lab::labelled_files::{files_of, folders_of};
use verax_lab::metrics::{PlotSeries, Rate, ScoredSet, error_tradeoff_svg};
use verax_vision::faces::{FaceEngine, FaceRequest, MATCH, ModelBytes, Template, Wanted};
use verax_vision::workers::Waiting;

use super::progress::Progress;

#[derive(Debug, Clone, PartialEq, clap::Args)]
pub struct EvalFacesArgs {
    /// A CSV file with the columns probe, gallery and same (1 or 0); paths are relative to it
    #[arg(long, value_name = "FILE")]
    pub pairs: PathBuf,
    #[command(flatten)]
    pub output: EvalOutputArgs,
}

#[derive(Debug, Clone, PartialEq, clap::Args)]
pub struct EvalAttacksArgs {
    /// A folder with genuine/ and one or more attack*/ folders of images, or of folders of images
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub output: EvalOutputArgs,
}

#[derive(Debug, Clone, PartialEq, clap::Args)]
pub struct EvalOutputArgs {
    /// The score from which on an image is accepted, 0 to 1 (the protocol's default if left out)
    #[arg(long, value_name = "SCORE")]
    pub threshold: Option<f64>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Draw the error trade-off and the scores
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
}

/// Compares every pair and reports false matches and false non-matches.
pub fn run_faces(args: &EvalFacesArgs, models: ModelBytes, out: &mut dyn Write) -> Result<()> {
    let threshold = threshold_of(&args.output, FacePolicy::default().match_score_min)?;
    let engine = engine(models)?;
    ensure!(
        engine.can_compare(),
        "the models for comparing faces are not installed: verax models install"
    );
    let pairs = read_pairs(&args.pairs)?;
    let folder = args.pairs.parent().unwrap_or(Path::new("."));
    let mut templates = BTreeMap::new();
    let progress = Progress::of_items("measuring", pairs.len() * 2);
    for path in pairs.iter().flat_map(|pair| [&pair.probe, &pair.gallery]) {
        progress.add(1);
        if !templates.contains_key(path) {
            templates.insert(path.clone(), template_of(&engine, &folder.join(path))?);
        }
    }
    drop(progress);
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for pair in &pairs {
        if let (Some(probe), Some(gallery)) = (&templates[&pair.probe], &templates[&pair.gallery]) {
            let scores = if pair.same { &mut wanted } else { &mut unwanted };
            scores.push(probe.compare(gallery).match_score);
        }
    }
    let failed: Vec<&String> =
        templates.iter().filter(|(_, template)| template.is_none()).map(|(path, _)| path).collect();
    let set = ScoredSet::new(wanted, unwanted);
    let point = set.at(threshold);
    if let Some(plot) = &args.output.plot {
        let series = [PlotSeries { name: "pairs", scores: &set, threshold: Some(threshold) }];
        draw(plot, "Face comparison", ["false match rate", "false non-match rate"], &series)?;
    }
    let equal = set.equal_error();
    let right = set.wanted().len() + set.unwanted().len()
        - point.false_accepts.errors
        - point.false_rejects.errors;
    if args.output.json {
        return print_json(
            out,
            &json!({
                "pairs": pairs.len(),
                "right": right,
                "notMeasured": failed,
                "threshold": threshold,
                "thresholdCosine": MATCH.output(threshold),
                "calibration": MATCH.version,
                "fmr": point.false_accepts.value(),
                "fmrDetail": rate_json(point.false_accepts),
                "fnmr": point.false_rejects.value(),
                "fnmrDetail": rate_json(point.false_rejects),
                "eer": equal.map(|equal| equal.rate),
                "eerThreshold": equal.map(|equal| equal.threshold),
                "areaUnderRoc": set.area_under_roc(),
                "lowestMatedScore": set.wanted().first(),
                "highestNonMatedScore": set.unwanted().last(),
            }),
        );
    }
    writeln!(out, "{right} of {} pairs right at a match score of {threshold}", pairs.len())?;
    writeln!(out, "(cosine {:.3}, calibration {})", MATCH.output(threshold), MATCH.version)?;
    print_rate(out, "false match rate (FMR)", point.false_accepts)?;
    print_rate(out, "false non-match rate (FNMR)", point.false_rejects)?;
    print_equal(out, &set)?;
    print_not_measured(out, failed.iter().map(|path| path.as_str()))
}

/// Checks every image of the folders and reports attacks accepted and bona fide rejected.
pub fn run_attacks(args: &EvalAttacksArgs, models: ModelBytes, out: &mut dyn Write) -> Result<()> {
    let threshold = threshold_of(&args.output, FacePolicy::default().liveness_score_min)?;
    let engine = engine(models)?;
    ensure!(
        engine.can_check_attacks(),
        "the models for attack detection are not installed: verax models install"
    );
    let calibration = engine.liveness_calibration();
    let folders = attack_folders(&args.dir)?;
    let mut failed = Vec::new();
    let mut measure = |folder: &Path| -> Result<Vec<f64>> {
        let mut scores = Vec::new();
        let paths = images(folder)?;
        let progress = Progress::of_items("measuring", paths.len());
        for path in paths {
            progress.add(1);
            match liveness_of(&engine, &path)? {
                Some(score) => scores.push(score),
                None => failed.push(path.display().to_string()),
            }
        }
        Ok(scores)
    };
    let genuine = measure(&args.dir.join("genuine"))?;
    let mut types = Vec::new();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        types.push((name, ScoredSet::new(genuine.clone(), measure(&folder)?)));
    }
    let all = types.iter().flat_map(|(_, set)| set.unwanted()).copied().collect();
    let all = ScoredSet::new(genuine, all);
    // ISO/IEC 30107-3: the attack type with the highest rate counts.
    let worst = types
        .iter()
        .map(|(_, set)| set.at(threshold).false_accepts)
        .filter(|rate| rate.trials > 0)
        .max_by(|left, right| left.value().unwrap_or(0.0).total_cmp(&right.value().unwrap_or(0.0)));
    let bpcer = all.at(threshold).false_rejects;
    if let Some(plot) = &args.output.plot {
        let series: Vec<_> = types
            .iter()
            .map(|(name, set)| PlotSeries { name, scores: set, threshold: Some(threshold) })
            .collect();
        draw(plot, "Presentation-attack detection", ["APCER", "BPCER"], &series)?;
    }
    let equal = all.equal_error();
    let apcer = worst.and_then(Rate::value);
    let acer = apcer.zip(bpcer.value()).map(|(apcer, bpcer)| f64::midpoint(apcer, bpcer));
    if args.output.json {
        let by_type: serde_json::Map<String, Value> = types
            .iter()
            .map(|(name, set)| (name.clone(), rate_json(set.at(threshold).false_accepts)))
            .collect();
        return print_json(
            out,
            &json!({
                "notMeasured": failed,
                "threshold": threshold,
                "thresholdBonaFide": calibration.output(threshold),
                "calibration": calibration.version,
                "apcer": apcer,
                "apcerByType": by_type,
                "bpcer": bpcer.value(),
                "bpcerDetail": rate_json(bpcer),
                "acer": acer,
                "eer": equal.map(|equal| equal.rate),
                "eerThreshold": equal.map(|equal| equal.threshold),
                "lowestBonaFideScore": all.wanted().first(),
                "highestAttackScore": all.unwanted().last(),
            }),
        );
    }
    writeln!(
        out,
        "at a liveness score of {threshold} (bona fide share {:.3}, calibration {})",
        calibration.output(threshold),
        calibration.version
    )?;
    for (name, set) in &types {
        print_rate(out, &format!("APCER, {name}"), set.at(threshold).false_accepts)?;
    }
    print_rate(out, "BPCER", bpcer)?;
    if let Some(acer) = acer {
        writeln!(out, "{:<30} {:>8.2} %", "ACER (worst type)", acer * 100.0)?;
    }
    print_equal(out, &all)?;
    print_not_measured(out, failed.iter().map(String::as_str))
}

fn threshold_of(args: &EvalOutputArgs, default: f64) -> Result<f64> {
    let threshold = args.threshold.unwrap_or(default);
    ensure!((0.0..=1.0).contains(&threshold), "the threshold must be between 0 and 1");
    Ok(threshold)
}

fn engine(models: ModelBytes) -> Result<FaceEngine> {
    FaceEngine::load(models).context("cannot load the models")
}

struct Pair {
    probe: String,
    gallery: String,
    same: bool,
}

fn read_pairs(path: &Path) -> Result<Vec<Pair>> {
    let mut reader = csv::Reader::from_path(path).with_context(|| {
        format!(
            "cannot read {}: name a CSV file with the columns probe, gallery, same",
            path.display()
        )
    })?;
    let header = reader.headers()?.clone();
    let column = |name: &str| {
        header
            .iter()
            .position(|title| title.trim() == name)
            .with_context(|| format!("{} has no column {name}", path.display()))
    };
    let (probe, gallery, same) = (column("probe")?, column("gallery")?, column("same")?);
    let mut pairs = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record?;
        let field = |index: usize| record.get(index).unwrap_or_default().trim().to_owned();
        let same = match field(same).to_ascii_lowercase().as_str() {
            "1" | "true" => true,
            "0" | "false" => false,
            other => bail!("{}, row {}: same is {other:?}, not 1 or 0", path.display(), row + 1),
        };
        pairs.push(Pair { probe: field(probe), gallery: field(gallery), same });
    }
    Ok(pairs)
}

fn template_of(engine: &FaceEngine, path: &Path) -> Result<Option<Template>> {
    let bytes = std::fs::read(path).with_context(|| {
        format!("cannot read {}: its path is relative to the file of --pairs", path.display())
    })?;
    let request = FaceRequest { attack: Wanted::No, ..FaceRequest::default() };
    Ok(measured(engine, (path, &bytes), &request)?.and_then(|measured| measured.template))
}

// A file of a folder that cannot be opened is named with the others that were not measured.
fn liveness_of(engine: &FaceEngine, path: &Path) -> Result<Option<f64>> {
    let Ok(bytes) = std::fs::read(path) else { return Ok(None) };
    let request = FaceRequest { template: Wanted::No, ..FaceRequest::default() };
    let measured = measured(engine, (path, &bytes), &request)?;
    Ok(measured.and_then(|measured| measured.findings.attack).map(|attack| attack.liveness_score))
}

// None when the image itself cannot be read: that is a failure to acquire, and is counted.
fn measured(
    engine: &FaceEngine,
    (path, bytes): (&Path, &[u8]),
    request: &FaceRequest,
) -> Result<Option<verax_vision::faces::MeasuredFace>> {
    match engine.measure(bytes, request, &Waiting::always()) {
        Ok(measured) => Ok(Some(measured)),
        Err(verax_vision::faces::FaceError::Image(_)) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot measure {}", path.display())),
    }
}

fn attack_folders(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = folders_of(dir).with_context(|| {
        format!("cannot read the folder {}: name one with genuine/ and attack*/", dir.display())
    })?;
    folders.retain(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("attack"))
    });
    ensure!(!folders.is_empty(), "{} has no folder attack*", dir.display());
    ensure!(dir.join("genuine").is_dir(), "{} has no folder genuine", dir.display());
    Ok(folders)
}

/// All files, and those of its folders (a person's, a session's): one that is no image, or of a format that is not
/// read, is named and not left out.
fn images(dir: &Path) -> Result<Vec<PathBuf>> {
    let read = |folder: &Path| {
        files_of(folder).with_context(|| format!("cannot read the folder {}", folder.display()))
    };
    let mut files = read(dir)?;
    let folders = folders_of(dir);
    for folder in folders.with_context(|| format!("cannot read the folder {}", dir.display()))? {
        files.extend(read(&folder)?);
    }
    Ok(files)
}

fn draw(path: &Path, title: &str, axes: [&str; 2], series: &[PlotSeries<'_>]) -> Result<()> {
    std::fs::write(path, error_tradeoff_svg(title, axes[0], axes[1], series))
        .with_context(|| format!("cannot write {}: name a file of yours", path.display()))
}

fn rate_json(rate: Rate) -> Value {
    let interval = rate.interval_95();
    json!({
        "errors": rate.errors,
        "trials": rate.trials,
        "rate": rate.value(),
        "low95": interval.map(|interval| interval.low),
        "high95": interval.map(|interval| interval.high),
    })
}

fn print_json(out: &mut dyn Write, value: &Value) -> Result<()> {
    writeln!(out, "{}", serde_json::to_string_pretty(value)?)?;
    Ok(())
}

fn print_rate(out: &mut dyn Write, name: &str, rate: Rate) -> Result<()> {
    match (rate.value(), rate.interval_95()) {
        (Some(value), Some(interval)) => writeln!(
            out,
            "{name:<30} {:>8.2} %   {} of {}, 95 % interval {:.2} % to {:.2} %",
            value * 100.0,
            rate.errors,
            rate.trials,
            interval.low * 100.0,
            interval.high * 100.0,
        )?,
        _ => writeln!(out, "{name:<30} not measured: no images")?,
    }
    Ok(())
}

fn print_equal(out: &mut dyn Write, set: &ScoredSet) -> Result<()> {
    if let Some(equal) = set.equal_error() {
        let (rate, at) = (equal.rate * 100.0, equal.threshold);
        writeln!(out, "{:<30} {rate:>8.2} %   at a score of {at:.3}", "equal error rate (EER)")?;
    }
    Ok(())
}

fn print_not_measured<'a>(
    out: &mut dyn Write,
    paths: impl ExactSizeIterator<Item = &'a str>,
) -> Result<()> {
    if paths.len() > 0 {
        writeln!(out, "not measured (no face, or not readable): {}", paths.len())?;
        for path in paths {
            writeln!(out, "  {path}")?;
        }
    }
    Ok(())
}
