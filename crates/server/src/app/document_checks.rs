//! Checking a photographed document: a record first, then the work, then what was found.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use verax_domain::document_findings::DocumentFindings;
use verax_domain::document_verdict::{
    Calibration, ColourlessRule, CroppedRule, DocumentPolicy, DocumentVerdict, judge_document,
};
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_domain::{Record, Timestamp};
use verax_store::{Batch, JobKind, StoreError};
use verax_vision::document::{
    Checks, DocumentEngine, DocumentOperatingPoints, DocumentRequest, with_portraits,
};
use verax_vision::faces::FaceEngine;
use verax_vision::image::{DecodeLimits, Image, ImageError};
use verax_vision::workers::Permit;

use super::App;

/// What is to be checked, and how strictly.
#[derive(Clone, Debug)]
pub struct DocumentOrder {
    /// The encoded file.
    pub picture: Vec<u8>,
    pub checks: Checks,
    pub screen: Calibration,
    pub print: Calibration,
    pub portrait: Calibration,
    pub cropped: CroppedRule,
    pub colourless: ColourlessRule,
}

/// Why there is no completed record.
#[derive(Debug, thiserror::Error)]
pub enum DocumentCheckError {
    /// The record is `failed` and says so.
    #[error(transparent)]
    Picture(#[from] ImageError),
    /// The record is `failed` and says so.
    #[error("the measurement of a document stopped before its end")]
    Stopped,
    #[error(transparent)]
    Store(#[from] StoreError),
}

const INTERRUPTED: &str = "interrupted: the server stopped before the checks were made";
const STOPPED: &str = "the measurement stopped before its end";
const LOOK_EVERY: Duration = Duration::from_secs(5);

impl App {
    /// Begins a check and answers the record's id and the work under way. Neither stops when its
    /// caller does: a record that was begun reaches its end.
    pub async fn check_document(
        &self,
        client: &str,
        order: DocumentOrder,
        permit: (Permit, Arc<DocumentEngine>),
    ) -> Result<(String, JoinHandle<Result<(), DocumentCheckError>>), DocumentCheckError> {
        let (app, client) = (self.clone(), client.to_owned());
        let beginning = tokio::spawn(async move {
            let id = app.begin_document_check(&client, &order).await?;
            let work = app.finish_document_check(id.clone(), client, order, permit);
            let work = tokio::spawn(async move {
                let outcome = work.await;
                // Logged here, because nobody may be waiting any more.
                if let Err(error) = &outcome {
                    tracing::warn!(cause = %error, "a document check has failed");
                }
                outcome
            });
            Ok((id, work))
        });
        let begun = beginning.await.unwrap_or(Err(DocumentCheckError::Stopped));
        if let Err(error) = &begun {
            tracing::warn!(cause = %error, "a document check could not begin");
        }
        begun
    }

    /// Commits the record as `new` and answers its id. Nothing is decoded yet.
    pub async fn begin_document_check(
        &self,
        client: &str,
        order: &DocumentOrder,
    ) -> Result<String, StoreError> {
        let now = self.clock.now();
        let id = self.new_id();
        let record = record(json!({
            "_id": id,
            "client": client,
            "imageSaved": false,
            "status": "new",
            "calibrationSettings": {
                "screenReplayCalibration": order.screen,
                "printedCopyCalibration": order.print,
                "portraitSubstitutionCalibration": order.portrait,
            },
            "validationFlags": flags(order.cropped, order.colourless),
            "createdAt": now.to_string(),
            "updatedAt": now.to_string(),
        }))?;
        let lease_ms = i64::from(self.config.documents.lease_seconds) * 1000;
        let lease_until = Timestamp(now.0.saturating_add(lease_ms));
        let mut batch = Batch::default();
        batch.begin_document_check(&record, now, lease_until);
        self.database.commit(batch).await?;
        Ok(id)
    }

    /// Makes the checks of a record that has begun and commits what was found. It must run to its
    /// end although nobody waits: the record would stay `processing` until its lease runs out.
    pub async fn finish_document_check(
        self,
        id: String,
        client: String,
        order: DocumentOrder,
        (permit, engine): (Permit, Arc<DocumentEngine>),
    ) -> Result<(), DocumentCheckError> {
        let mut batch = Batch::default();
        batch.start_document_check(&id, self.clock.now());
        self.database.commit(batch).await?;

        let points = engine.operating_points();
        let DocumentOrder { picture, .. } = order;
        let request = DocumentRequest { checks: order.checks, ..DocumentRequest::ALL };
        let measured = measure(permit, engine, self.faces.engine(), picture, request).await;
        let rules = policy(&points, order.screen, order.print, order.portrait);
        let rules =
            DocumentPolicy { cropped: order.cropped, colourless: order.colourless, ..rules };

        let now = self.clock.now();
        let mut batch = Batch::default();
        let outcome = match measured {
            Some(Ok(findings)) => {
                let verdict = judge_document(&findings, &rules);
                let found = completed(&id, &client, &rules, &findings, &verdict)?;
                batch.complete_document_check(&found, now);
                Ok(())
            }
            Some(Err(error)) => {
                batch.fail_document_check(&id, &error.to_string(), now);
                Err(DocumentCheckError::Picture(error))
            }
            None => {
                batch.fail_document_check(&id, STOPPED, now);
                Err(DocumentCheckError::Stopped)
            }
        };
        self.database.commit(batch).await?;
        outcome
    }

    /// Ends what a crash left behind, for as long as the server runs.
    pub async fn keep_document_checks(self) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            match self.abandon_document_checks().await {
                Ok(0) => {}
                Ok(count) => tracing::warn!(count, "document checks were interrupted"),
                Err(error) => {
                    tracing::warn!(cause = %error, "interrupted document checks were not looked for");
                }
            }
        }
    }

    /// Checks whose lease has run out become `failed`: their pictures are gone. Answers how many.
    pub async fn abandon_document_checks(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut count = 0;
        for job in self.database.lapsed_jobs(JobKind::DocumentCheck, now).await? {
            let mut batch = Batch::default();
            batch.abandon_document_check(&job.record, INTERRUPTED, now);
            match self.database.commit(batch).await {
                Ok(()) => count += 1,
                // Its worker, or another node, has ended it in between.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }
}

/// The policy that the calibrations stand for, with both rules of the whole picture ignored.
pub fn policy(
    points: &DocumentOperatingPoints,
    screen: Calibration,
    print: Calibration,
    portrait: Calibration,
) -> DocumentPolicy {
    DocumentPolicy {
        screen: (points.screen, screen),
        print: (points.print, print),
        portrait: (points.portrait, portrait),
        digital: (points.digital, Calibration::Regular),
        cropped: CroppedRule::Ignored,
        colourless: ColourlessRule::Ignored,
    }
}

/// `None` when the work panicked, or the threads were stopped.
async fn measure(
    permit: Permit,
    engine: Arc<DocumentEngine>,
    faces: Option<Arc<FaceEngine>>,
    picture: Vec<u8>,
    request: DocumentRequest,
) -> Option<Result<DocumentFindings, ImageError>> {
    let (sender, receiver) = oneshot::channel();
    let work = move |_: &_| {
        let image = Image::decode(&picture, &DecodeLimits::default())?;
        let request = match &faces {
            Some(faces) => with_portraits(request, faces, &image),
            None => request,
        };
        Ok::<_, ImageError>(engine.check_decoded(&picture, &image, &request))
    };
    // Nobody listens any more only when the process ends.
    let interest = permit.run(work, move |found| drop(sender.send(found)));
    let found = receiver.await.ok();
    drop(interest);
    found
}

fn flags(cropped: CroppedRule, colourless: ColourlessRule) -> Value {
    json!({
        "ignoreDocumentCroppedValidation": cropped == CroppedRule::Ignored,
        "ignoreColourLessValidation": colourless == ColourlessRule::Ignored,
    })
}

fn completed(
    id: &str,
    client: &str,
    rules: &DocumentPolicy,
    findings: &DocumentFindings,
    verdict: &DocumentVerdict,
) -> Result<Record, StoreError> {
    let word = |failed| if failed { "failed" } else { "passed" };
    let mut flags = flags(rules.cropped, rules.colourless);
    if rules.cropped == CroppedRule::Fails {
        // Without an outline nobody knows where the document ends.
        let outline = findings.placement.corners;
        flags["documentCroppedValidation"] =
            outline.map_or("not_checked", |_| word(verdict.cropped)).into();
    }
    if rules.colourless == ColourlessRule::Fails {
        flags["colourLessValidation"] = word(verdict.colourless).into();
    }
    record(json!({
        "_id": id,
        "client": client,
        "status": "completed",
        "validationResults": verdict.results,
        "validationFlags": flags,
        "riskScore": verdict.risk_score,
        "confidence": verdict.confidence,
    }))
}

/// What the server itself says of a record always has the resource's shape.
fn record(said: Value) -> Result<Record, StoreError> {
    Record::from_json(&DOCUMENT_LIVENESS, &said, None).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        StoreError::Statement(problems.join("; "))
    })
}
