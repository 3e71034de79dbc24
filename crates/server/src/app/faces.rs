//! Measuring faces for whoever waits: the loaded models, their threads, and what a call asks of them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use verax_domain::face_call::best_score;
use verax_domain::face_findings::DetectedFace;
use verax_domain::face_verdict::{FacePolicy, FaceRefusal, subject};
use verax_vision::faces::{
    FaceEngine, FaceError, FaceRequest, MeasuredFace, Template, Wanted, thumbnail,
};
use verax_vision::image::{Image, ImageError};
use verax_vision::model_catalogue::MODELS;
use verax_vision::workers::{Overloaded, Waiting, WorkerSettings, Workers};

use super::App;
use crate::config;
use crate::installed_models::read_face_models;

const DETECTOR: &str = "face-detector";
const TEMPLATE: &str = "face-template";
const ATTACK: &str = "face-attack";

/// The models and the threads that run them; nothing of both until models are loaded.
#[derive(Clone, Default)]
pub struct Faces {
    measuring: Option<Arc<Measuring>>,
}

struct Measuring {
    engine: Arc<FaceEngine>,
    workers: Workers,
}

/// A picture as it was sent: base64 without a prefix, and the parameter that it came in.
pub struct SentImage {
    pub parameter: String,
    pub base64: String,
}

/// A face of a picture, with a small JPEG of it.
pub struct FoundFace {
    pub face: DetectedFace,
    pub thumbnail: Vec<u8>,
}

/// What was measured on the probes and the gallery of a comparison.
pub struct Compared {
    /// The match score of the most alike pair.
    pub score: f64,
    /// The liveness score of the first probe; none when it was not asked for, or not any more.
    pub liveness_score: Option<f64>,
}

/// Whether a comparison looks for presentation attacks too.
#[derive(Clone, Copy, PartialEq)]
pub enum ProbeLiveness {
    NotAsked,
    Always,
    /// Only when the match score reaches this: what fails already costs nothing more.
    IfScoreReaches(f64),
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    #[error("models are not installed")]
    ModelsMissing(Vec<&'static str>),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    #[error("{parameter}: {problem}")]
    Image { parameter: String, problem: ImageProblem },
    /// A defect: a model does not do what it should, or the work panicked.
    #[error("the measurement failed: {0}")]
    Failed(String),
}

/// What is wrong with a picture.
#[derive(Debug, thiserror::Error)]
pub enum ImageProblem {
    #[error("the text is not base64")]
    NotBase64,
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error(transparent)]
    Face(#[from] FaceRefusal),
    #[error("the face cannot be measured: show it whole and straight")]
    NotMeasurable,
}

impl Faces {
    /// Loads what is installed in the folder, and starts the threads when that is anything.
    ///
    /// # Errors
    /// An installed model does not load, or the system has no threads to give.
    pub fn load(models_dir: &Path, settings: &config::Faces) -> Result<Faces> {
        let engine =
            FaceEngine::load(read_face_models(models_dir)).context("a model cannot be loaded")?;
        if engine.runtimes().is_empty() {
            return Ok(Faces::default());
        }
        let threads = match settings.threads {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            threads => threads,
        };
        let workers =
            Workers::start(WorkerSettings { threads, waiting_max: settings.waiting_max })?;
        let measuring = Measuring { engine: Arc::new(engine), workers };
        Ok(Faces { measuring: Some(Arc::new(measuring)) })
    }

    /// The loaded models, for work that has a thread of its own already.
    pub fn engine(&self) -> Option<Arc<FaceEngine>> {
        self.measuring.as_ref().map(|measuring| Arc::clone(&measuring.engine))
    }

    /// The models of the catalogue that are not loaded.
    pub fn missing(&self) -> Vec<&'static str> {
        let loaded: Vec<&str> = match &self.measuring {
            Some(measuring) => {
                measuring.engine.runtimes().into_iter().map(|(name, _)| name).collect()
            }
            None => Vec::new(),
        };
        MODELS.iter().map(|model| model.name).filter(|name| !loaded.contains(name)).collect()
    }

    /// Refuses while there is no room, so that a call is not even parsed. The permit that counts is
    /// taken later: a slow sender must not hold one.
    pub fn refuse_when_full(&self) -> Result<(), MeasureError> {
        match &self.measuring {
            Some(measuring) if measuring.workers.is_full() => Err(Overloaded.into()),
            _ => Ok(()),
        }
    }

    // The permit comes before anything is decoded. When the caller goes, this future is dropped,
    // the interest with it, and the work stops at its next stage.
    async fn measure<T: Send + 'static>(
        &self,
        needed: &[&'static str],
        work: impl FnOnce(&FaceEngine, &Waiting) -> Result<T, MeasureError> + Send + 'static,
    ) -> Result<T, MeasureError> {
        let missing = self.missing();
        let missing: Vec<&str> =
            needed.iter().copied().filter(|name| missing.contains(name)).collect();
        let Some(measuring) = self.measuring.as_ref().filter(|_| missing.is_empty()) else {
            return Err(MeasureError::ModelsMissing(missing));
        };
        let permit = measuring.workers.try_permit()?;
        let engine = Arc::clone(&measuring.engine);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let interest = permit.run(
            move |waiting| work(&engine, waiting),
            // Nobody receives it when the caller has gone.
            move |made| drop(sender.send(made)),
        );
        let made = receiver.await;
        drop(interest);
        made.unwrap_or_else(|_| Err(MeasureError::Failed("the work panicked".to_owned())))
    }
}

impl App {
    /// The liveness score of the one face of a picture.
    pub async fn score_liveness(&self, image: SentImage) -> Result<f64, MeasureError> {
        let work =
            move |engine: &FaceEngine, waiting: &Waiting| liveness_of(engine, &image, waiting);
        self.faces.measure(&[DETECTOR, ATTACK], work).await
    }

    /// Compares every probe with every picture of the gallery.
    pub async fn compare_faces(
        &self,
        probes: Vec<SentImage>,
        gallery: Vec<SentImage>,
        liveness: ProbeLiveness,
    ) -> Result<Compared, MeasureError> {
        let needed: &[&str] = match liveness {
            ProbeLiveness::NotAsked => &[DETECTOR, TEMPLATE],
            _ => &[DETECTOR, TEMPLATE, ATTACK],
        };
        let work = move |engine: &FaceEngine, waiting: &Waiting| {
            compare(engine, &probes, &gallery, liveness, waiting)
        };
        self.faces.measure(needed, work).await
    }

    /// Every face of a picture, the largest first.
    pub async fn detect_faces(&self, image: SentImage) -> Result<Vec<FoundFace>, MeasureError> {
        let work = move |engine: &FaceEngine, waiting: &Waiting| detect(engine, &image, waiting);
        self.faces.measure(&[DETECTOR], work).await
    }
}

fn liveness_of(
    engine: &FaceEngine,
    image: &SentImage,
    waiting: &Waiting,
) -> Result<f64, MeasureError> {
    let measured = measure(engine, image, Wanted::Yes, Wanted::No, waiting)?;
    liveness_score(&measured, image)
}

fn compare(
    engine: &FaceEngine,
    probes: &[SentImage],
    gallery: &[SentImage],
    liveness: ProbeLiveness,
    waiting: &Waiting,
) -> Result<Compared, MeasureError> {
    let attack = if liveness == ProbeLiveness::Always { Wanted::Yes } else { Wanted::No };
    let (mut probe_templates, mut liveness_score_of_first) = (Vec::new(), None);
    for (index, probe) in probes.iter().enumerate() {
        let attack = if index == 0 { attack } else { Wanted::No };
        let measured = measure(engine, probe, attack, Wanted::Yes, waiting)?;
        if attack == Wanted::Yes {
            liveness_score_of_first = Some(liveness_score(&measured, probe)?);
        }
        probe_templates.push(template(measured, probe)?);
    }
    let mut scores = Vec::new();
    for picture in gallery {
        let measured = measure(engine, picture, Wanted::No, Wanted::Yes, waiting)?;
        let template = template(measured, picture)?;
        scores.extend(probe_templates.iter().map(|probe| probe.compare(&template).match_score));
    }
    let score = best_score(scores)
        .ok_or_else(|| MeasureError::Failed("a comparison gave no number".to_owned()))?;
    if let (ProbeLiveness::IfScoreReaches(min_score), Some(probe)) = (liveness, probes.first())
        && score >= min_score
    {
        liveness_score_of_first = Some(liveness_of(engine, probe, waiting)?);
    }
    Ok(Compared { score, liveness_score: liveness_score_of_first })
}

fn detect(
    engine: &FaceEngine,
    image: &SentImage,
    waiting: &Waiting,
) -> Result<Vec<FoundFace>, MeasureError> {
    let request = FaceRequest { attack: Wanted::No, template: Wanted::No, ..Default::default() };
    let pixels =
        Image::decode(&bytes(image)?, &request.limits).map_err(|error| refuse(image, error))?;
    let measured =
        engine.measure_image(&pixels, &request, waiting).map_err(|error| failed(image, error))?;
    let found = measured.findings.faces.into_iter().map(|face| {
        let thumbnail = thumbnail(&pixels, &face).ok_or_else(|| not_measurable(image))?;
        Ok(FoundFace { face, thumbnail })
    });
    found.collect()
}

/// Measures the one face of a picture; a picture without one clear face is refused.
fn measure(
    engine: &FaceEngine,
    image: &SentImage,
    attack: Wanted,
    template: Wanted,
    waiting: &Waiting,
) -> Result<MeasuredFace, MeasureError> {
    let request = FaceRequest { attack, template, ..Default::default() };
    let measured =
        engine.measure(&bytes(image)?, &request, waiting).map_err(|error| failed(image, error))?;
    subject(&measured.findings, &FacePolicy::default()).map_err(|error| refuse(image, error))?;
    Ok(measured)
}

fn liveness_score(measured: &MeasuredFace, image: &SentImage) -> Result<f64, MeasureError> {
    let attack = measured.findings.attack.as_ref();
    attack.map(|attack| attack.liveness_score).ok_or_else(|| not_measurable(image))
}

fn template(measured: MeasuredFace, image: &SentImage) -> Result<Template, MeasureError> {
    measured.template.ok_or_else(|| not_measurable(image))
}

/// Clients send base64 with and without padding, some with line ends in it.
fn bytes(image: &SentImage) -> Result<Vec<u8>, MeasureError> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&STANDARD, LENIENT);
    let text: Vec<u8> = image.base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    engine.decode(text).map_err(|_| refuse(image, ImageProblem::NotBase64))
}

fn failed(image: &SentImage, error: FaceError) -> MeasureError {
    match error {
        FaceError::Image(error) => refuse(image, error),
        error => MeasureError::Failed(error.to_string()),
    }
}

fn not_measurable(image: &SentImage) -> MeasureError {
    refuse(image, ImageProblem::NotMeasurable)
}

fn refuse(image: &SentImage, problem: impl Into<ImageProblem>) -> MeasureError {
    MeasureError::Image { parameter: image.parameter.clone(), problem: problem.into() }
}
