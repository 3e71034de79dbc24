//! Given weights on given pictures, as the server would judge them.

use verax_domain::document_findings::DocumentFindings;
use verax_domain::document_verdict::{is_colourless, is_cropped, judge_document};
use verax_vision::document::DocumentRequest;
use verax_vision::document::rates::Judged;
use verax_vision::document::training::in_parallel;
use verax_vision::document::training_set::LabelledPicture;
use verax_vision::image::DecodeLimits;

use super::{
    CHECKS, Calibration, EvalDocuments, JudgedByCheck, LEVELS, Refusal, Report, attacks_of, fails,
    load_engine, policy, rates, refusal_rates,
};

pub fn measure(
    args: &EvalDocuments,
    pictures: &[LabelledPicture],
) -> Result<(Report, JudgedByCheck), String> {
    let engine = load_engine(args.weights.as_deref())?;
    let points = engine.operating_points();
    let findings: Vec<Option<DocumentFindings>> =
        in_parallel(args.threads, pictures.len(), |index| {
            let bytes = &pictures[index].bytes;
            engine.check(bytes, &DocumentRequest::ALL, &DecodeLimits::default()).ok()
        });
    let mut judged: JudgedByCheck = CHECKS.map(|check| (check, Vec::new())).to_vec();
    let (mut by_any, mut cropped, mut colourless) = (Vec::new(), Vec::new(), Vec::new());
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
            let source = picture.source.clone();
            cropped.push(Refusal::always(&source, is_cropped(&findings.placement)));
            colourless.push(Refusal::always(&source, is_colourless(&findings.colour)));
            let refused =
                LEVELS.map(|(_, level)| fails(&judge_document(findings, &policy(&points, level))));
            by_any.push(Refusal { source, refused });
        }
    }
    let mut report = Report {
        pictures: pictures.len(),
        unreadable: findings.iter().filter(|f| f.is_none()).count(),
        ..Report::default()
    };
    for ((check, judged), weights) in judged.iter().zip(engine.weights()) {
        report.add(*check, rates(judged, &weights.thresholds));
    }
    report.add("genuine pictures that a check refuses", refusal_rates(&by_any));
    report.add("genuine pictures called cropped", refusal_rates(&cropped));
    report.add("genuine pictures called colourless", refusal_rates(&colourless));
    Ok((report, judged))
}
