//! Given weights on given images, as the server would judge them.

use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_findings::{DocumentEvidence, DocumentFindings};
use verax_domain::document_verdict::{
    ColourlessRule, DocumentPolicy, is_colourless, is_cropped, judge_document,
};
use verax_lab::plans::attack_labels;
use verax_lab::rates::{Judged, measured_share};
use verax_lab::training::in_parallel;
use verax_lab::training_set::LabelledImage;
use verax_vision::backbone::Backbone;
use verax_vision::document::DocumentRequest;
use verax_vision::image::DecodeLimits;

use super::arguments::EvalDocuments;
use super::engine::{self, policy};
use super::report::{JudgedByCheck, LEVELS, Outcome, Report, outcome_rates, rates};
use crate::cli::progress::Progress;

pub fn measure(
    args: &EvalDocuments,
    images: &[LabelledImage],
    backbone: Option<Backbone>,
) -> Result<(Report, JudgedByCheck), String> {
    let engine = engine::engine(args.weights.as_deref(), backbone).map_err(|e| format!("{e:#}"))?;
    let points = engine.operating_points();
    let progress = Progress::of_items("measuring", images.len());
    let findings: Vec<Option<DocumentFindings>> =
        in_parallel(args.threads, images.len(), |index| {
            progress.add(1);
            let bytes = &images[index].bytes;
            engine.check(bytes, &DocumentRequest::ALL, &DecodeLimits::default()).ok()
        });
    drop(progress);
    let mut judged = PerCheck::<Vec<Judged>>::default();
    let mut outcomes = Vec::new();
    for (image, findings) in images.iter().zip(&findings) {
        let Some(findings) = findings else { continue };
        let judge = |level| {
            let rules =
                DocumentPolicy { colourless: ColourlessRule::Fails, ..policy(&points, level) };
            judge_document(findings, &rules)
        };
        let verdicts = LEVELS.map(|(_, level)| judge(level));
        let genuine = image.label == "genuine";
        for (check, verdict) in verdicts[1].results.iter() {
            let attack = attack_labels(check).contains(&image.label.as_str());
            if let Some(judgement) = verdict.as_ref().and_then(|verdict| verdict.judgement)
                && (attack || genuine)
            {
                judged[check].push(Judged {
                    source: image.source.clone(),
                    kind: image.label.clone(),
                    attack,
                    score: judgement.score,
                });
            }
        }
        outcomes.push(Outcome::new(&image.source, &image.label, &verdicts));
    }
    let mut report = Report { images: images.len(), ..Report::default() };
    report.add("all checks", outcome_rates(&outcomes));
    let thresholds = engine.thresholds();
    for (check, judged) in judged.iter() {
        report.add(check.entry().wire_name, rates(judged, &thresholds[check]));
    }
    let genuine = |name: &str, found: fn(&DocumentFindings) -> bool| {
        let read = images.iter().zip(&findings).filter(|(image, _)| image.label == "genuine");
        let shares = read.filter_map(|(p, f)| Some((p.source.as_str(), found(f.as_ref()?))));
        measured_share(name, shares)
    };
    let rules = [
        genuine("no outline found", |found| found.placement.corners.is_none()),
        genuine("called cropped", |found| is_cropped(&found.placement)),
        genuine("called colourless", |found| is_colourless(&found.colour)),
        genuine("rejected by the file's rules", rejected_by_file),
    ];
    report.add("genuine images", rules.into_iter().flatten().collect());
    let judged = DocumentCheck::ALL.into_iter().zip(judged.into_values());
    Ok((report, judged.map(|(check, judged)| (check.entry().wire_name, judged)).collect()))
}

fn rejected_by_file(findings: &DocumentFindings) -> bool {
    let evidence = findings.checks[DocumentCheck::DigitalManipulation]
        .iter()
        .flat_map(|digital| &digital.evidence);
    evidence.map(DocumentEvidence::score_cap).any(|cap| cap <= 0.25)
}
