//! `verax eval reviews`: how often the checks were wrong on the operator's own traffic, as reviewers decided.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use verax_domain::flow_settings::reviews::OpenedBecause;
use verax_domain::lifecycle::Decision;
use verax_domain::records::review::Review;
use verax_domain::review_reasons::ReviewReason;
use verax_lab::metrics::Rate;

use super::locations::Locations;
use super::output::Output;

/// Error rates of the checks, with 95 % intervals, from reviews that were decided.
#[derive(Debug, Args)]
pub struct EvalReviews {
    /// Only the reviews of this client
    #[arg(long, value_name = "ID")]
    pub client: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

pub async fn run(locations: &Locations, arguments: &EvalReviews) -> Result<ExitCode> {
    let app = locations.open().await?;
    let mut rates = ReviewRates::default();
    app.decided_reviews(arguments.client.as_deref(), |review| rates.count(&review)).await?;
    let printed = if arguments.json {
        format!("{}\n", serde_json::to_string_pretty(&rates.to_json())?)
    } else {
        rates.to_string()
    };
    Output.write_all(printed.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// What reviewers said of what the checks of each kind of record had found.
#[derive(Debug, Default)]
pub struct ReviewRates {
    of_resources: BTreeMap<String, Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    /// Approved or declined, of those that had passed and were drawn.
    sampled: usize,
    sampled_and_declined: usize,
    /// The same by the check that should have found it.
    missed: BTreeMap<&'static str, usize>,
    /// Of those that a check did not pass: approved or declined, and approved.
    flagged: BTreeMap<String, (usize, usize)>,
}

impl ReviewRates {
    /// Counts a review that was decided. Who had to show something once more was neither right nor wrong.
    pub fn count(&mut self, review: &Review) {
        let is_declined = match review.decision {
            Some(Decision::Approve) => false,
            Some(Decision::Decline) => true,
            Some(Decision::Resubmit) | None => return,
        };
        let counted = self.of_resources.entry(review.subject.resource.clone()).or_default();
        if review.is_sample() {
            counted.sampled += 1;
            if is_declined {
                counted.sampled_and_declined += 1;
                let reasons = review.reasons.iter().filter_map(|it| ReviewReason::from_code(it));
                for check in reasons.filter_map(|reason| reason.check) {
                    *counted.missed.entry(check).or_default() += 1;
                }
            }
        }
        for because in &review.opened_because {
            let OpenedBecause::FailedCheck(check) = because else { continue };
            let (flagged, approved) = counted.flagged.entry(check.clone()).or_default();
            *flagged += 1;
            *approved += usize::from(!is_declined);
        }
    }

    pub fn to_json(&self) -> Value {
        let of = |(resource, counted): (&String, &Counted)| {
            let missed = counted.missed.iter().map(|(check, errors)| {
                let rate = Rate { errors: *errors, trials: counted.sampled };
                ((*check).to_owned(), rate_json(rate))
            });
            let flagged = counted.flagged.iter().map(|(check, (trials, errors))| {
                (check.clone(), rate_json(Rate { errors: *errors, trials: *trials }))
            });
            let accepts = Rate { errors: counted.sampled_and_declined, trials: counted.sampled };
            let rates = json!({
                "falseAccepts": rate_json(accepts),
                "falseAcceptsByCheck": Value::Object(missed.collect()),
                "falseRejectsByCheck": Value::Object(flagged.collect()),
            });
            (resource.clone(), rates)
        };
        Value::Object(self.of_resources.iter().map(of).collect())
    }
}

impl std::fmt::Display for ReviewRates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.of_resources.is_empty() {
            writeln!(f, "no review was decided")?;
        }
        for (resource, counted) in &self.of_resources {
            writeln!(f, "{resource}")?;
            let trials = counted.sampled;
            line(f, "passed, and declined", Rate { errors: counted.sampled_and_declined, trials })?;
            for (check, errors) in &counted.missed {
                line(f, &format!("  missed by {check}"), Rate { errors: *errors, trials })?;
            }
            for (check, (trials, errors)) in &counted.flagged {
                let rate = Rate { errors: *errors, trials: *trials };
                line(f, &format!("failed {check}, and approved"), rate)?;
            }
        }
        Ok(())
    }
}

fn line(f: &mut std::fmt::Formatter<'_>, name: &str, rate: Rate) -> std::fmt::Result {
    let Rate { errors, trials } = rate;
    match (rate.value(), rate.interval_95()) {
        (Some(value), Some(interval)) => writeln!(
            f,
            "  {name:44} {errors:>6} of {trials:<6} {value:.4}   [{:.4}, {:.4}]",
            interval.low, interval.high
        ),
        _ => writeln!(f, "  {name:44}      - of 0"),
    }
}

fn rate_json(rate: Rate) -> Value {
    let interval = rate.interval_95().map(|it| [it.low, it.high]);
    json!({
        "errors": rate.errors,
        "trials": rate.trials,
        "rate": rate.value(),
        "interval95": interval,
    })
}

#[cfg(test)]
mod tests {
    use verax_domain::Timestamp;
    use verax_domain::records::StoredRecord as _;
    use verax_domain::records::review::{ReviewSubject, Verdict};

    use super::*;

    fn decided(because: &[OpenedBecause], decision: Decision, reasons: &[&str]) -> Review {
        let subject = ReviewSubject {
            resource: "document-liveness".to_owned(),
            id: "d1".to_owned(),
            registration: None,
            project: None,
            flow: None,
        };
        let now = Timestamp(0);
        let record = Review::opened(("r1", "acme"), &subject, because, now);
        let review = Review::read(&record.to_values()).expect("a review");
        let review = review.claim("member:m1", "00", now).expect("open").after;
        let reasons = reasons.iter().map(|&code| code.to_owned()).collect();
        let verdict = Verdict { decision, reasons, note: None };
        review.decide(&verdict, "member:m1", now).expect("claimed").after
    }

    #[test]
    fn rates_are_what_reviewers_said_of_what_the_checks_found() {
        let (sample, mut rates) = ([OpenedBecause::Sample], ReviewRates::default());
        for _ in 0..3 {
            rates.count(&decided(&sample, Decision::Approve, &[]));
        }
        rates.count(&decided(&sample, Decision::Decline, &["document_screen", "other"]));
        rates.count(&decided(&sample, Decision::Resubmit, &["document_screen"]));
        let flagged = [OpenedBecause::FailedCheck("printedCopy".to_owned())];
        rates.count(&decided(&flagged, Decision::Approve, &[]));
        rates.count(&decided(&flagged, Decision::Decline, &["document_copy"]));
        let all = rates.to_json();
        let of_documents = &all["document-liveness"];
        let rate = |of: &Value| (of["errors"].as_u64(), of["trials"].as_u64());
        assert_eq!(rate(&of_documents["falseAccepts"]), (Some(1), Some(4)));
        assert_eq!(rate(&of_documents["falseAcceptsByCheck"]["screenReplay"]), (Some(1), Some(4)));
        assert_eq!(rate(&of_documents["falseRejectsByCheck"]["printedCopy"]), (Some(1), Some(2)));
        // Clopper and Pearson, 1 of 4.
        let low = of_documents["falseAccepts"]["interval95"][0].as_f64().expect("a number");
        assert!((low - 0.0063).abs() < 0.0001, "{low}");
        let printed = rates.to_string();
        assert!(printed.contains("failed printedCopy, and approved"), "{printed}");
        assert_eq!(ReviewRates::default().to_string(), "no review was decided\n");
    }
}
