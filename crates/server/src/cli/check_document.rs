//! `verax check document FILE`: everything that is measured and judged on one image.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};
use verax_domain::document_verdict::{
    Calibration, CheckVerdict, ColourlessRule, CroppedRule, DocumentPolicy, Judgement,
    judge_document,
};
use verax_domain::records::document_check::DocumentOutcome;
use verax_vision::document::{DocumentEngine, DocumentRequest, with_portraits};
use verax_vision::faces::{FaceEngine, ModelBytes};
use verax_vision::image::{DecodeLimits, Image};

use super::eval_documents::policy;
use super::output::print_line;
use crate::app::documents::{CheckMade, made_checks};

/// The whole result for one photograph of a document.
#[derive(Debug, Args)]
pub struct CheckDocument {
    /// The image.
    pub file: PathBuf,
    /// One JSON object: the verdict as the API shows it, and the findings behind it.
    #[arg(long)]
    pub json: bool,
    /// Folder of weights (screen.json, portrait.json, screen-head.json, print-head.json) instead of the shipped ones;
    /// those that it lacks are the shipped ones.
    #[arg(long, value_name = "DIR")]
    pub weights: Option<PathBuf>,
}

/// `engine` is that of the settings.
pub fn run(args: &CheckDocument, models: ModelBytes, engine: &DocumentEngine) -> Result<()> {
    let file = args.file.display();
    let bytes = std::fs::read(&args.file)
        .with_context(|| format!("cannot read {file}: name a JPEG, PNG or WebP of a document"))?;
    let image =
        Image::decode(&bytes, &DecodeLimits::default()).with_context(|| file.to_string())?;
    // As the server does: the models for faces tell where the portrait is, when they are installed.
    let faces = FaceEngine::load(models)?;
    let request = with_portraits(DocumentRequest::ALL, &faces, &image);
    let findings = engine.check_decoded(&bytes, &image, &request);
    let points = engine.operating_points();
    let rules = DocumentPolicy {
        cropped: CroppedRule::Fails,
        colourless: ColourlessRule::Fails,
        ..policy(&points, Calibration::Regular)
    };
    let verdict = judge_document(&findings, &rules);
    let outcome = DocumentOutcome { rules: &rules, findings: &findings, verdict: &verdict };
    let flags = outcome.flags();
    if args.json {
        let all = json!({ "verdict": verdict, "validationFlags": flags, "findings": findings });
        print_line(serde_json::to_string_pretty(&all)?)?;
        return Ok(());
    }
    for (check, made) in made_checks(&verdict) {
        let name = check.entry().wire_name;
        match made {
            CheckMade::Judged(Judgement { passed, score }, CheckVerdict { details, .. }) => {
                let word = if passed { "passed" } else { "FAILED" };
                print_line(format_args!("{name:28} {word:11} {score:.4}  {details}"))?;
            }
            CheckMade::NotChecked(CheckVerdict { details, .. }) => {
                print_line(format_args!("{name:28} not_checked         {details}"))?;
            }
            CheckMade::NotAsked => {}
        }
    }
    for flag in ["documentCroppedValidation", "colourLessValidation"] {
        print_line(format_args!("{flag:28} {}", flags[flag].as_str().unwrap_or("not_checked")))?;
    }
    let risk = verdict.risk_score.map_or("not_checked".to_owned(), |risk| format!("{risk:.4}"));
    print_line(format_args!("{:28} {risk}", "riskScore"))?;
    let limits = serde_json::to_value(&verdict.confidence_limits)?;
    let limits: Vec<&str> =
        limits.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    print_line(format_args!(
        "{:28} {:.4}  {}",
        "confidence",
        verdict.confidence,
        limits.join(", ")
    ))?;
    Ok(())
}
