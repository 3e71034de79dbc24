//! Checking a photographed document: a record first, then the work, then what was found.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use verax_domain::Timestamp;
use verax_domain::document_findings::DocumentFindings;
use verax_domain::document_verdict::{
    Calibration, CheckVerdict, ColourlessRule, CroppedRule, DocumentPolicy, DocumentVerdict,
    judge_document,
};
use verax_domain::records::document_check::{
    DocumentCheckRecord, DocumentOutcome, DocumentSettings, StoredImage,
};
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_query::Tenant;
use verax_store::{Batch, DocumentCounts, Job, JobKind, StoreError};
use verax_vision::document::{
    Checks, DocumentEngine, DocumentOperatingPoints, DocumentRequest, EvidenceMap, evidence,
    with_portraits,
};
use verax_vision::faces::FaceEngine;
use verax_vision::image::{DecodeLimits, Image, ImageError};
use verax_vision::workers::Permit;
use zeroize::Zeroizing;

use super::App;
use crate::metrics::{CheckEnd, CheckFound, CheckKind, Measured, Score, Subject};
use crate::vault::VaultError;

/// What is to be checked, and how strictly. All but the picture is kept with the job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DocumentOrder {
    /// The encoded file.
    #[serde(skip)]
    pub picture: Vec<u8>,
    pub checks: Checks,
    pub screen: Calibration,
    pub print: Calibration,
    pub portrait: Calibration,
    pub cropped: CroppedRule,
    pub colourless: ColourlessRule,
    /// Whether the picture stays when the check has ended.
    pub save_image: bool,
    /// Whose document it is, where the call was made with the token of an app registration.
    pub app_registration: Option<String>,
}

impl DocumentOrder {
    /// Whether everything is checked, as strictly as when nothing is said. A device chooses what it asks
    /// for: less than this does not do for the document of a registration.
    fn is_whole(&self) -> bool {
        let strict = [self.screen, self.print, self.portrait];
        self.checks == Checks::ALL
            && !strict.contains(&Calibration::Soft)
            && self.cropped == CroppedRule::Fails
            && self.colourless == ColourlessRule::Fails
    }
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
    #[error("the registration is over, or is not there")]
    RegistrationOver,
    #[error("the registration's device has begun {0} document checks")]
    ChecksLimit(u32),
    #[error("the registration's device has kept {0} pictures")]
    ImagesLimit(u32),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The record is `failed`, or its job will be taken up.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Where the vault has the picture of a record.
pub(super) const PICTURE: &str = "picture";
const INTERRUPTED: &str = "interrupted: the server stopped before the checks were made";
const NOT_KEPT: &str = "the picture could not be kept while it was checked";
const STOPPED: &str = "the measurement stopped before its end";

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

    /// Commits the record as `new`, keeps its picture for whoever may have to take the check up,
    /// and answers its id. Nothing is decoded yet.
    pub async fn begin_document_check(
        &self,
        client: &str,
        order: &DocumentOrder,
    ) -> Result<String, DocumentCheckError> {
        let now = self.clock.now();
        let id = self.new_id();
        let settings = DocumentSettings {
            screen: order.screen,
            print: order.print,
            portrait: order.portrait,
            cropped: order.cropped,
            colourless: order.colourless,
        };
        let registration = order.app_registration.clone();
        let check = DocumentCheckRecord::open(id, client.to_owned(), registration);
        let record = check.to_record(settings, now);
        let detail = serde_json::to_string(order)
            .map_err(|error| StoreError::Statement(error.to_string()))?;
        let mut batch = Batch::default();
        batch.begin_document_check(&record, now, self.document_lease(), detail);
        if let Some(registration) = &order.app_registration {
            let max = self.document_counts_max();
            batch.count_document(client, registration, order.save_image, max, now);
        }
        match (self.database.commit(batch).await, &order.app_registration) {
            (Err(StoreError::Conflict), Some(registration)) => {
                return Err(self.document_refusal(client, registration).await?);
            }
            (begun, _) => begun?,
        }
        if let Err(error) = self.vault.keep(client, &check.id, PICTURE, &order.picture).await {
            self.abandon_document_check(&check.id, client, NOT_KEPT).await?;
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
    async fn document_refusal(
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
        id: String,
        client: String,
        order: DocumentOrder,
        permit: (Permit, Arc<DocumentEngine>),
    ) -> Result<(), DocumentCheckError> {
        let now = self.clock.now();
        let check = DocumentCheckRecord::open(id, client, order.app_registration.clone());
        let started = check.start(now).map_err(StoreError::from)?;
        let mut batch = Batch::default();
        batch.transition(&started, now);
        if let Err(error) = self.database.commit(batch).await {
            if self
                .document_record(&Tenant::Client(check.client.clone()), &check.id)
                .await?
                .is_none()
            {
                // Deleted before its picture was stored.
                self.vault.destroy(&check.client, &check.id).await?;
            }
            return Err(error.into());
        }
        self.measure_document(started.after, order, permit).await
    }

    async fn measure_document(
        self,
        check: DocumentCheckRecord,
        order: DocumentOrder,
        (permit, engine): (Permit, Arc<DocumentEngine>),
    ) -> Result<(), DocumentCheckError> {
        let points = engine.operating_points();
        let is_whole = order.is_whole();
        let DocumentOrder { picture, save_image, .. } = order;
        let request = DocumentRequest { checks: order.checks, ..DocumentRequest::ALL };
        let faces = self.faces.engine();
        let measured = look_at(
            permit,
            picture,
            self.config.now().images.decode_limits(),
            move |picture, image| find(&engine, faces.as_deref(), picture, image, request),
        )
        .await;
        let rules = policy(&points, order.screen, order.print, order.portrait);
        let rules =
            DocumentPolicy { cropped: order.cropped, colourless: order.colourless, ..rules };

        let now = self.clock.now();
        let mut batch = Batch::default();
        self.count_document(&measured);
        let outcome = match measured {
            Some(Ok(findings)) => {
                let verdict = judge_document(&findings, &rules);
                self.count_verdict(&findings, &verdict);
                let outcome =
                    DocumentOutcome { rules: &rules, findings: &findings, verdict: &verdict };
                let completed = check.complete(&verdict, &outcome.flags(), save_image, now);
                batch.transition(&completed.map_err(StoreError::from)?, now);
                if let Some(registration) = &check.registration
                    && is_whole
                    && verdict.has_passed()
                {
                    batch.pass_document(&check.client, registration, &check.id, now);
                }
                Ok(())
            }
            Some(Err(error)) => {
                let failed = check.fail(&error.to_string(), now).map_err(StoreError::from)?;
                batch.transition(&failed, now);
                Err(DocumentCheckError::Picture(error))
            }
            None => {
                batch.transition(&check.fail(STOPPED, now).map_err(StoreError::from)?, now);
                Err(DocumentCheckError::Stopped)
            }
        };
        self.database.commit(batch).await?;
        let kept = save_image && outcome.is_ok();
        let picture = if kept { Picture::Kept } else { Picture::Destroyed };
        self.close_document_check(&check.id, &check.client, picture).await?;
        outcome
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

    fn count_verdict(&self, findings: &DocumentFindings, verdict: &DocumentVerdict) {
        for (score, found) in made_checks(findings, verdict) {
            match found {
                CheckMade::NotAsked => {}
                CheckMade::NotChecked(_) => {
                    self.metrics.document_check(score, CheckFound::NotChecked);
                }
                CheckMade::Judged(found) => {
                    let result = if found.passed { CheckFound::Passed } else { CheckFound::Failed };
                    self.metrics.document_check(score, result);
                    self.metrics.score(score, found.score);
                }
            }
        }
        self.metrics.score(Score::DocumentRisk, verdict.risk_score);
        self.metrics.check_decided(CheckKind::Document, verdict.has_passed());
    }

    /// Makes the check of a job that was claimed. What is wrong with the image is said in its record.
    pub async fn resume_document_check(
        &self,
        job: &Job,
        permit: (Permit, Arc<DocumentEngine>),
    ) -> Result<(), DocumentCheckError> {
        match self.try_document_check(job, permit).await {
            Err(DocumentCheckError::Picture(_)) => Ok(()),
            resumed => resumed,
        }
    }

    /// Ends a check that was tried too often: its record is `failed` and says so.
    pub async fn bury_document_check(&self, job: &Job) -> Result<(), DocumentCheckError> {
        self.abandon_document_check(&job.record, &job.client, INTERRUPTED).await
    }

    async fn try_document_check(
        &self,
        job: &Job,
        permit: (Permit, Arc<DocumentEngine>),
    ) -> Result<(), DocumentCheckError> {
        let (id, client) = (&job.record, &job.client);
        let order = job.detail.as_deref().and_then(|it| serde_json::from_str(it).ok());
        let picture = match self.vault.fetch(client, id, PICTURE).await {
            // Its key is gone, or was never made.
            Err(VaultError::NoKey) => None,
            fetched => fetched?,
        };
        let order: Option<DocumentOrder> = order;
        let (Some(order), Some(picture)) = (order, picture) else {
            return self.abandon_document_check(id, client, INTERRUPTED).await;
        };
        let mut batch = Batch::default();
        batch.resume_document_check(client, id, self.clock.now());
        match self.database.commit(batch).await {
            Ok(()) => {
                let order = DocumentOrder { picture: picture.to_vec(), ..order };
                let registration = order.app_registration.clone();
                let check = DocumentCheckRecord::resumed(id.clone(), client.clone(), registration);
                self.clone().measure_document(check, order, permit).await
            }
            // It has reached its end, or was deleted; only its picture was left to see to.
            Err(StoreError::Conflict) => {
                let owned = self.saves_image(id, client).await?;
                let fate = if owned { Picture::Kept } else { Picture::Destroyed };
                self.close_document_check(id, client, fate).await
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn saves_image(&self, id: &str, client: &str) -> Result<bool, StoreError> {
        let record = self.document_record(&Tenant::Client(client.to_owned()), id).await?;
        Ok(record.is_some_and(|record| record.image != StoredImage::NotKept))
    }

    async fn document_record(
        &self,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<DocumentCheckRecord>, StoreError> {
        self.database.find(tenant, id).await
    }

    async fn abandon_document_check(
        &self,
        id: &str,
        client: &str,
        reason: &str,
    ) -> Result<(), DocumentCheckError> {
        let mut batch = Batch::default();
        batch.abandon_document_check(client, id, reason, self.clock.now());
        self.database.commit(batch).await?;
        self.close_document_check(id, client, Picture::Destroyed).await
    }

    /// The job goes last: until then, whoever takes it up sees to the picture.
    async fn close_document_check(
        &self,
        id: &str,
        client: &str,
        picture: Picture,
    ) -> Result<(), DocumentCheckError> {
        if picture == Picture::Destroyed {
            self.vault.destroy(client, id).await?;
        }
        let mut batch = Batch::default();
        batch.delete_job(JobKind::DocumentCheck, id);
        match self.database.commit(batch).await {
            // The record was deleted in the meantime, and its job with it.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Looks at a kept picture again and answers where the checks that were made found what they
    /// name. `None` when the tenant has no such record, or its picture was not kept.
    pub async fn document_evidence(
        &self,
        tenant: &Tenant,
        id: &str,
        (permit, engine): (Permit, Arc<DocumentEngine>),
    ) -> Result<Option<Vec<EvidenceMap>>, DocumentCheckError> {
        let Some(record) = self.document_record(tenant, id).await? else { return Ok(None) };
        let Some((_, picture)) = self.kept_picture(id).await? else { return Ok(None) };
        let [screen_replay, printed_copy, portrait_substitution, digital_manipulation] =
            record.made;
        let checks =
            Checks { screen_replay, printed_copy, portrait_substitution, digital_manipulation };
        let request = DocumentRequest { checks, ..DocumentRequest::ALL };
        let faces = self.faces.engine();
        let maps = look_at(
            permit,
            picture.to_vec(),
            self.config.now().images.decode_limits(),
            move |picture, image| {
                evidence(&find(&engine, faces.as_deref(), picture, image, request), image)
            },
        );
        Ok(Some(maps.await.ok_or(DocumentCheckError::Stopped)??))
    }

    /// When a check that begins now counts as left behind.
    /// Until when a check that begins now is this node's.
    pub fn document_lease(&self) -> Timestamp {
        let lease_ms = i64::from(self.config.now().documents.lease_seconds) * 1000;
        Timestamp(self.clock.now().0.saturating_add(lease_ms))
    }

    /// The picture that was kept with a record, and whose it is; nothing when there is none.
    pub async fn kept_picture(
        &self,
        id: &str,
    ) -> Result<Option<(String, Zeroizing<Vec<u8>>)>, DocumentCheckError> {
        let mut owners = self.database.owners(&DOCUMENT_LIVENESS, vec![id.to_owned()]).await?;
        let Some(client) = owners.remove(id) else { return Ok(None) };
        // While it is checked, a picture that was not asked to be kept is nobody's to see.
        if !self.saves_image(id, &client).await? {
            return Ok(None);
        }
        match self.vault.fetch(&client, id, PICTURE).await {
            Ok(picture) => Ok(picture.map(|picture| (client, picture))),
            Err(VaultError::NoKey) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// What becomes of a picture when its check has ended.
#[derive(Clone, Copy, PartialEq)]
enum Picture {
    Kept,
    Destroyed,
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

/// Decodes a picture and looks at it on a thread that measures. `None` when the work panicked, or the
/// threads were stopped.
async fn look_at<T: Send + 'static>(
    permit: Permit,
    picture: Vec<u8>,
    limits: DecodeLimits,
    work: impl FnOnce(&[u8], &Image) -> T + Send + 'static,
) -> Option<Result<T, ImageError>> {
    let (sender, receiver) = oneshot::channel();
    let work = move |_: &_| {
        let image = Image::decode(&picture, &limits)?;
        Ok(work(&picture, &image))
    };
    // Nobody listens any more only when the process ends.
    let interest = permit.run(work, move |found| drop(sender.send(found)));
    let found = receiver.await.ok();
    drop(interest);
    found
}

fn find(
    engine: &DocumentEngine,
    faces: Option<&FaceEngine>,
    picture: &[u8],
    image: &Image,
    request: DocumentRequest,
) -> DocumentFindings {
    let request = match faces {
        Some(faces) => with_portraits(request, faces, image),
        None => request,
    };
    engine.check_decoded(picture, image, &request)
}

/// One of the four checks, and what the record says of it.
pub enum CheckMade<'a> {
    NotAsked,
    /// The image does not let anybody measure it.
    NotChecked(&'a CheckVerdict),
    Judged(&'a CheckVerdict),
}

/// The four checks in the order of the protocol.
pub fn made_checks<'a>(
    findings: &DocumentFindings,
    verdict: &'a DocumentVerdict,
) -> [(Score, CheckMade<'a>); 4] {
    let results = &verdict.results;
    [
        (Score::ScreenReplay, &findings.screen, &results.screen_replay, false),
        // An image without colour is judged by that alone.
        (Score::PrintedCopy, &findings.print, &results.printed_copy, verdict.colourless),
        (Score::PortraitSubstitution, &findings.portrait, &results.portrait_substitution, false),
        (Score::DigitalManipulation, &findings.digital, &results.digital_manipulation, false),
    ]
    .map(|(score, finding, result, is_ruled)| {
        let is_measured = finding.as_ref().is_some_and(|finding| finding.score.is_some());
        let made = match result {
            None => CheckMade::NotAsked,
            Some(result) if is_measured || is_ruled => CheckMade::Judged(result),
            Some(result) => CheckMade::NotChecked(result),
        };
        (score, made)
    })
}
