//! A check: the record first, then the work, then what was found.

use std::sync::Arc;

use tokio::task::JoinHandle;
use verax_domain::Timestamp;
use verax_domain::document_findings::DocumentFindings;
use verax_domain::document_verdict::{DocumentPolicy, DocumentVerdict, judge_document};
use verax_domain::flow_settings::reviews::CheckedSubject;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::document_check::{
    DocumentCheckRecord, DocumentOutcome, DocumentSettings,
};
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::records::review::ReviewSubject;
use verax_query::Tenant;
use verax_store::{Batch, DocumentCounts, StoreError};
use verax_vision::document::{DocumentEngine, DocumentRequest};
use verax_vision::image::ImageError;
use verax_vision::workers::Permit;

use super::measurement::{CheckMade, find, inspect, made_checks, policy};
use super::recovery::ImageFate;
use super::{DocumentCheckError, DocumentOrder, IMAGE};
use crate::app::App;
use crate::app::journal::Origin;
use crate::metrics::{CheckEnd, CheckKind, CheckOutcome, Measured, Score, Subject};

const NOT_STORED: &str = "the image could not be stored while it was checked";

const STOPPED: &str = "the measurement stopped before its end";

impl App {
    /// Begins a check and answers the record's id and the work under way. Neither stops when its
    /// caller does: a record that was begun reaches its end.
    pub async fn check_document(
        &self,
        client: &str,
        order: DocumentOrder,
        permit: (Permit, Arc<DocumentEngine>),
        origin: &Origin,
    ) -> Result<(String, JoinHandle<Result<(), DocumentCheckError>>), DocumentCheckError> {
        let (app, client, origin) = (self.clone(), client.to_owned(), origin.clone());
        let beginning = tokio::spawn(async move {
            let id = app.begin_document_check(&client, &order, &origin).await?;
            let work = app.finish_document_check((id.clone(), client), order, permit, origin);
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

    /// Commits the record as `new`, keeps its image for whoever may have to take the check up,
    /// and answers its id. Nothing is decoded yet.
    pub async fn begin_document_check(
        &self,
        client: &str,
        order: &DocumentOrder,
        origin: &Origin,
    ) -> Result<String, DocumentCheckError> {
        let now = self.clock.now();
        let id = self.new_id();
        let settings = DocumentSettings {
            calibrations: order.calibrations,
            cropped: order.cropped,
            colourless: order.colourless,
        };
        let registration = order.app_registration.clone();
        let check = DocumentCheckRecord::open(id, client.to_owned(), registration);
        let record = check.to_record(settings, now);
        let detail = serde_json::to_string(order)
            .map_err(|error| StoreError::Statement(error.to_string()))?;
        let mut batch = Batch::default();
        let (lease, stamp) = (self.document_lease(), self.stamp(origin));
        batch.begin_document_check(&record, now, lease, detail, stamp);
        if let Some(registration) = &order.app_registration {
            let max = self.document_counts_max();
            batch.count_document(client, registration, order.save_image, max, now);
        }
        match (self.database.commit(batch).await, &order.app_registration) {
            (Err(StoreError::Conflict), Some(registration)) => {
                return Err(self.document_rejection(client, registration).await?);
            }
            (begun, _) => begun?,
        }
        if let Err(error) = self.vault.keep(client, &check.id, IMAGE, &order.image).await {
            self.abandon_document_check(&check.id, client, NOT_STORED).await?;
            return Err(error.into());
        }
        Ok(check.id)
    }

    fn document_counts_max(&self) -> DocumentCounts {
        let config = self.config.now();
        DocumentCounts {
            checks: i64::from(config.documents.checks_per_registration_max),
            saved_images: i64::from(config.documents.saved_images_max),
        }
    }

    /// Why the device of a registration could not begin a check.
    async fn document_rejection(
        &self,
        client: &str,
        registration: &str,
    ) -> Result<DocumentCheckError, StoreError> {
        let counts = self.database.document_counts(client, registration).await?;
        let documents = &self.config.now().documents;
        Ok(match counts {
            None => DocumentCheckError::RegistrationOver,
            Some(counts) if counts.checks >= self.document_counts_max().checks => {
                DocumentCheckError::ChecksLimit(documents.checks_per_registration_max)
            }
            Some(_) => DocumentCheckError::ImagesLimit(documents.saved_images_max),
        })
    }

    /// Makes the checks of a record that has begun and commits what was found. It must run to its
    /// end although nobody waits: the record would stay `processing` until its lease runs out.
    pub async fn finish_document_check(
        self,
        (id, client): (String, String),
        order: DocumentOrder,
        permit: (Permit, Arc<DocumentEngine>),
        origin: Origin,
    ) -> Result<(), DocumentCheckError> {
        let now = self.clock.now();
        let check = DocumentCheckRecord::open(id, client, order.app_registration.clone());
        let started = check.start(now).map_err(StoreError::from)?;
        let mut batch = Batch::default();
        batch.transition(&started, now, self.stamp(&origin));
        if let Err(error) = self.database.commit(batch).await {
            if self
                .document_record(&Tenant::Client(check.client.clone()), &check.id)
                .await?
                .is_none()
            {
                // Deleted before its image was stored.
                self.vault.destroy(&check.client, &check.id).await?;
            }
            return Err(error.into());
        }
        self.analyse_document(started.after, order, permit, origin).await
    }

    pub(super) async fn analyse_document(
        self,
        check: DocumentCheckRecord,
        order: DocumentOrder,
        (permit, engine): (Permit, Arc<DocumentEngine>),
        origin: Origin,
    ) -> Result<(), DocumentCheckError> {
        let points = engine.operating_points();
        let is_whole = order.is_whole();
        let DocumentOrder { image, save_image, .. } = order;
        let request = DocumentRequest { checks: order.checks, ..DocumentRequest::ALL };
        let faces = self.faces.engine();
        let measured = inspect(
            permit,
            image,
            self.config.now().images.decode_limits(),
            move |bytes, image| find(&engine, faces.as_deref(), bytes, image, request),
        )
        .await;
        let rules = policy(&points, &order.calibrations);
        let rules =
            DocumentPolicy { cropped: order.cropped, colourless: order.colourless, ..rules };

        let reviewed = self.registration_of_check(&check).await?;
        let now = self.clock.now();
        let mut batch = Batch::default();
        self.count_document(&measured);
        let outcome = match measured {
            Some(Ok(findings)) => {
                let verdict = judge_document(&findings, &rules);
                self.count_verdict(&verdict);
                let outcome =
                    DocumentOutcome { rules: &rules, findings: &findings, verdict: &verdict };
                let completed = check.complete(&verdict, &outcome.flags(), save_image, now);
                batch.transition(&completed.map_err(StoreError::from)?, now, self.stamp(&origin));
                if let Some((registration, flow)) = &reviewed {
                    let subject = ReviewSubject::of_document_check(&check, registration);
                    let checked = CheckedSubject::of_document_check(&verdict);
                    let of = (check.client.as_str(), &subject);
                    self.add_review(&mut batch, of, &flow.review, &checked, &origin);
                }
                if let Some(registration) = &check.registration
                    && is_whole
                    && verdict.has_passed()
                {
                    let (client, stamp) = (&check.client, self.stamp(&origin));
                    batch.pass_document(client, registration, &check.id, now, stamp);
                }
                Ok(())
            }
            Some(Err(error)) => {
                let failed = check.fail(&error.to_string(), now).map_err(StoreError::from)?;
                batch.transition(&failed, now, self.stamp(&origin));
                Err(DocumentCheckError::Image(error))
            }
            None => {
                let failed = check.fail(STOPPED, now).map_err(StoreError::from)?;
                batch.transition(&failed, now, self.stamp(&origin));
                Err(DocumentCheckError::Stopped)
            }
        };
        self.database.commit(batch).await?;
        let kept = save_image && outcome.is_ok();
        let image = if kept { ImageFate::Stored } else { ImageFate::Destroyed };
        self.close_document_check(&check.id, &check.client, image).await?;
        outcome
    }

    /// Whose document it is, and by which flow: that says whether somebody looks at it.
    async fn registration_of_check(
        &self,
        check: &DocumentCheckRecord,
    ) -> Result<Option<(AppRegistration, ProjectFlow)>, StoreError> {
        let Some(registration) = &check.registration else { return Ok(None) };
        let tenant = Tenant::Client(check.client.clone());
        let found: Option<AppRegistration> = self.database.find(&tenant, registration).await?;
        let Some(found) = found else { return Ok(None) };
        let flow = found.flow.as_deref().unwrap_or_default();
        let flow: Option<ProjectFlow> = self.database.find(&tenant, flow).await?;
        Ok(flow.map(|flow| (found, flow)))
    }

    fn count_document(&self, measured: &Option<Result<DocumentFindings, ImageError>>) {
        let (how, end) = match measured {
            Some(Ok(_)) => (Measured::Done, None),
            Some(Err(_)) => (Measured::ImageRejected, Some(CheckEnd::ImageRejected)),
            None => (Measured::Failed, Some(CheckEnd::Error)),
        };
        self.metrics.measured(Subject::Document, how);
        if let Some(end) = end {
            self.metrics.check_ended(CheckKind::Document, end);
        }
    }

    fn count_verdict(&self, verdict: &DocumentVerdict) {
        for (check, found) in made_checks(verdict) {
            let score = Score::Document(check);
            match found {
                CheckMade::NotAsked => {}
                CheckMade::NotChecked(_) => {
                    self.metrics.document_check(score, CheckOutcome::NotChecked);
                }
                CheckMade::Judged(judgement, _) => {
                    let result =
                        if judgement.passed { CheckOutcome::Passed } else { CheckOutcome::Failed };
                    self.metrics.document_check(score, result);
                    self.metrics.score(score, judgement.score);
                }
            }
        }
        if let Some(risk) = verdict.risk_score {
            self.metrics.score(Score::DocumentRisk, risk);
        }
        self.metrics.check_decided(CheckKind::Document, verdict.has_passed());
    }

    /// When a check that begins now counts as left behind.
    /// Until when a check that begins now is this node's.
    pub fn document_lease(&self) -> Timestamp {
        let lease_ms = i64::from(self.config.now().documents.lease_seconds) * 1000;
        Timestamp(self.clock.now().0.saturating_add(lease_ms))
    }
}
