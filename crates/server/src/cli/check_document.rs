//! `verax check document FILE`: everything that is measured and judged on one picture.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use verax_domain::document_verdict::{
    Calibration, ColourlessRule, CroppedRule, DocumentPolicy, judge_document,
};
use verax_vision::document::{DocumentRequest, with_portraits};
use verax_vision::faces::{FaceEngine, ModelBytes};
use verax_vision::image::{DecodeLimits, Image};

use super::eval_documents::{load_engine, policy};

/// The whole result for one photograph of a document.
#[derive(Debug, Args)]
pub struct CheckDocument {
    pub file: PathBuf,
    /// One JSON object: the verdict as the API shows it, and the findings behind it.
    #[arg(long)]
    pub json: bool,
    /// Folder of the four weights files instead of the shipped ones.
    #[arg(long, value_name = "DIR")]
    pub weights: Option<PathBuf>,
}

pub fn run(args: &CheckDocument, models: ModelBytes) -> Result<(), String> {
    let bytes = std::fs::read(&args.file).map_err(|e| format!("{}: {e}", args.file.display()))?;
    let engine = load_engine(args.weights.as_deref())?;
    let image = Image::decode(&bytes, &DecodeLimits::default())
        .map_err(|e| format!("{}: {e}", args.file.display()))?;
    // As the server does: the models for faces tell where the portrait is, when they are installed.
    let faces = FaceEngine::load(models).map_err(|e| e.to_string())?;
    let request = with_portraits(DocumentRequest::ALL, &faces, &image);
    let findings = engine.check_decoded(&bytes, &image, &request);
    let points = engine.operating_points();
    let rules = DocumentPolicy {
        cropped: CroppedRule::Fails,
        colourless: ColourlessRule::Fails,
        ..policy(&points, Calibration::Regular)
    };
    let verdict = judge_document(&findings, &rules);
    if args.json {
        let whole = json!({ "verdict": verdict, "findings": findings });
        let text = serde_json::to_string_pretty(&whole).map_err(|e| e.to_string())?;
        println!("{text}");
        return Ok(());
    }
    let results = &verdict.results;
    for (name, check) in [
        ("screenReplay", &results.screen_replay),
        ("printedCopy", &results.printed_copy),
        ("portraitSubstitution", &results.portrait_substitution),
        ("digitalManipulation", &results.digital_manipulation),
    ] {
        let Some(check) = check else { continue };
        let word = if check.passed { "passed" } else { "FAILED" };
        println!("{name:22} {word}  {:.4}  {}", check.score, check.details);
    }
    println!("{:22} {}", "cropped", if verdict.cropped { "yes" } else { "no" });
    println!("{:22} {}", "colourless", if verdict.colourless { "yes" } else { "no" });
    println!("{:22} {:.4}", "riskScore", verdict.risk_score);
    println!("{:22} {:.4}", "confidence", verdict.confidence);
    Ok(())
}
