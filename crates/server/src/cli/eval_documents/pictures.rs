//! Given weights on given pictures, as the server would judge them.

use verax_domain::document_findings::{DocumentEvidence, DocumentFindings};
use verax_domain::document_verdict::{is_colourless, is_cropped, judge_document};
use verax_lab::rates::{Judged, measured_share};
use verax_lab::training::in_parallel;
use verax_lab::training_set::LabelledPicture;
use verax_vision::document::DocumentRequest;
use verax_vision::image::DecodeLimits;

use super::{
    CHECKS, Calibration, EvalDocuments, JudgedByCheck, LEVELS, Refusal, Report, attacks_of, fails,
    load_engine, policy, rates, refusal_rates,
};
use crate::cli::progress::Progress;

pub fn measure(
    args: &EvalDocuments,
    pictures: &[LabelledPicture],
) -> Result<(Report, JudgedByCheck), String> {
    let engine = load_engine(args.weights.as_deref())?;
    let points = engine.operating_points();
    let progress = Progress::of_items("measuring", pictures.len());
    let findings: Vec<Option<DocumentFindings>> =
        in_parallel(args.threads, pictures.len(), |index| {
            progress.add(1);
            let bytes = &pictures[index].bytes;
            engine.check(bytes, &DocumentRequest::ALL, &DecodeLimits::default()).ok()
        });
    drop(progress);
    let mut judged: JudgedByCheck = CHECKS.map(|check| (check, Vec::new())).to_vec();
    let mut by_any = Vec::new();
    for (picture, findings) in pictures.iter().zip(&findings) {
        let Some(findings) = findings else { continue };
        let verdict = judge_document(findings, &policy(&points, Calibration::Regular));
        let results = &verdict.results;
        let verdicts = [
            &results.screen_replay,
            &results.printed_copy,
            &results.portrait_substitution,
            &results.digital_manipulation,
        ];
        let genuine = picture.label == "genuine";
        for (at, (list, verdict)) in judged.iter_mut().zip(verdicts).enumerate() {
            let attack = attacks_of(at).contains(&picture.label.as_str());
            if let Some(verdict) = verdict
                && (attack || genuine)
            {
                list.1.push(Judged {
                    source: picture.source.clone(),
                    kind: picture.label.clone(),
                    attack,
                    score: verdict.score,
                });
            }
        }
        if genuine {
            let refused =
                LEVELS.map(|(_, level)| fails(&judge_document(findings, &policy(&points, level))));
            by_any.push(Refusal { source: picture.source.clone(), refused });
        }
    }
    let mut report = Report { pictures: pictures.len(), ..Report::default() };
    for ((check, judged), weights) in judged.iter().zip(engine.weights()) {
        report.add(*check, rates(judged, &weights.thresholds));
    }
    report.add("genuine pictures that a check refuses", refusal_rates(&by_any));
    let genuine = |name: &str, found: fn(&DocumentFindings) -> bool| {
        let read = pictures.iter().zip(&findings).filter(|(picture, _)| picture.label == "genuine");
        let shares = read.filter_map(|(p, f)| Some((p.source.as_str(), found(f.as_ref()?))));
        measured_share(name, shares)
    };
    let rules = [
        genuine("no outline found", |found| found.placement.corners.is_none()),
        genuine("called cropped", |found| is_cropped(&found.placement)),
        genuine("called colourless", |found| is_colourless(&found.colour)),
        genuine("refused by the file's rules", told_by_the_file),
    ];
    report.add("genuine pictures", rules.into_iter().flatten().collect());
    Ok((report, judged))
}

fn told_by_the_file(findings: &DocumentFindings) -> bool {
    let evidence = findings.digital.iter().flat_map(|digital| &digital.evidence);
    evidence.map(DocumentEvidence::score_cap).any(|cap| cap <= 0.25)
}
