//! Given weights on given images, as the server would judge them.

use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_findings::{DocumentEvidence, DocumentFindings};
use verax_domain::document_verdict::{Calibration, is_colourless, is_cropped, judge_document};
use verax_lab::rates::{Judged, measured_share};
use verax_lab::training::in_parallel;
use verax_lab::training_set::LabelledImage;
use verax_vision::document::DocumentRequest;
use verax_vision::image::DecodeLimits;

use super::arguments::EvalDocuments;
use super::engine::{load_engine, policy};
use super::report::{
    JudgedByCheck, LEVELS, Rejection, Report, attacks_of, fails, rates, rejection_rates,
};
use crate::cli::progress::Progress;

pub fn measure(
    args: &EvalDocuments,
    images: &[LabelledImage],
) -> Result<(Report, JudgedByCheck), String> {
    let engine = load_engine(args.weights.as_deref())?;
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
    let mut by_any = Vec::new();
    for (image, findings) in images.iter().zip(&findings) {
        let Some(findings) = findings else { continue };
        let verdict = judge_document(findings, &policy(&points, Calibration::Regular));
        let genuine = image.label == "genuine";
        for (check, verdict) in verdict.results.iter() {
            let attack = attacks_of(check).contains(&image.label.as_str());
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
        if genuine {
            let rejected =
                LEVELS.map(|(_, level)| fails(&judge_document(findings, &policy(&points, level))));
            by_any.push(Rejection { source: image.source.clone(), rejected });
        }
    }
    let mut report = Report { images: images.len(), ..Report::default() };
    for (check, judged) in judged.iter() {
        let thresholds = &engine.weights()[check].thresholds;
        report.add(check.entry().wire_name, rates(judged, thresholds));
    }
    report.add("genuine images that a check rejects", rejection_rates(&by_any));
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
