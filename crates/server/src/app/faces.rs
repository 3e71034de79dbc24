//! Measuring faces for whoever waits: the loaded models, and what a call asks of them.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use verax_domain::face_call::best_score;
use verax_domain::face_findings::{AttackFindings, DetectedFace, FaceFindings};
use verax_domain::face_verdict::{
    FacePolicy, FaceRefusal, QualityLevel, attack_refusal, judge, subject,
};
use verax_vision::faces::{
    FaceEngine, FaceError, FaceRequest, MeasuredFace, ModelBytes, Template, Wanted, thumbnail,
};
use verax_vision::image::{DecodeLimits, Image, ImageError};
use verax_vision::model_catalogue::MODELS;
use verax_vision::workers::{Overloaded, Waiting};

use super::App;
use super::measuring::MeasuringError;
use crate::installed_models::sha256_hex;
use crate::metrics::{Measured, Score, Subject};
use crate::shares::Share;

const DETECTOR: &str = "face-detector";
const TEMPLATE: &str = "face-template";
const ATTACK: &str = "face-attack";

/// What measures faces; nothing until models are loaded. It is run on the threads of
/// [`Measuring`](super::measuring::Measuring).
#[derive(Clone, Default)]
pub struct Faces {
    loaded: Option<Loaded>,
}

#[derive(Clone)]
struct Loaded {
    engine: Arc<dyn MeasureFaces>,
    /// Which model makes the templates, and which edition of it.
    template_model: Arc<str>,
    /// The loaded models themselves, if it is they that measure.
    models: Option<Arc<FaceEngine>>,
}

/// What measures a decoded picture: the loaded models, or what a test gives.
pub trait MeasureFaces: Send + Sync {
    /// The models of the catalogue that it stands for.
    fn models(&self) -> Vec<&'static str>;

    /// What an image may cost.
    fn limits(&self) -> DecodeLimits {
        DecodeLimits::default()
    }

    /// The faces of a picture, and what is wanted of the largest.
    ///
    /// # Errors
    /// Nobody waits any more, or a model does not do what it should.
    fn measure_image(
        &self,
        image: &Image,
        request: &FaceRequest,
        waiting: &Waiting,
    ) -> Result<MeasuredFace, FaceError>;

    /// The presentation-attack score alone; none when it cannot be measured.
    ///
    /// # Errors
    /// The model does not do what it should.
    fn measure_attack(
        &self,
        image: &Image,
        subject: &DetectedFace,
    ) -> Result<Option<AttackFindings>, FaceError>;

    /// The template of any face of a picture; none when it cannot be measured.
    ///
    /// # Errors
    /// The model does not do what it should.
    fn template_of(
        &self,
        image: &Image,
        face: &DetectedFace,
    ) -> Result<Option<Template>, FaceError>;
}

impl MeasureFaces for FaceEngine {
    fn models(&self) -> Vec<&'static str> {
        self.runtimes().into_iter().map(|(name, _)| name).collect()
    }

    fn limits(&self) -> DecodeLimits {
        FaceEngine::limits(self)
    }

    fn measure_image(
        &self,
        image: &Image,
        request: &FaceRequest,
        waiting: &Waiting,
    ) -> Result<MeasuredFace, FaceError> {
        FaceEngine::measure_image(self, image, request, waiting)
    }

    fn measure_attack(
        &self,
        image: &Image,
        subject: &DetectedFace,
    ) -> Result<Option<AttackFindings>, FaceError> {
        FaceEngine::measure_attack(self, image, subject)
    }

    fn template_of(
        &self,
        image: &Image,
        face: &DetectedFace,
    ) -> Result<Option<Template>, FaceError> {
        FaceEngine::template_of(self, image, face)
    }
}

/// A picture as it was sent: base64 without a prefix, and the parameter that it came in.
pub struct SentImage {
    pub parameter: String,
    pub base64: ImageText,
}

/// The text of a picture: a part of the body that it came in, not copied, and what is held for it
/// until it was measured.
#[derive(Clone, Default)]
pub struct ImageText {
    text: Bytes,
    place: Option<Arc<Share>>,
}

impl ImageText {
    /// What is not UTF-8 counts as no text.
    pub fn new(text: Bytes) -> ImageText {
        ImageText { text, place: None }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// A part of this text.
    pub fn part(&self, text: &str) -> ImageText {
        ImageText { text: self.text.slice_ref(text.as_bytes()), place: self.place.clone() }
    }

    /// The same, holding a place among what is measured.
    pub fn holding(self, place: Option<Arc<Share>>) -> ImageText {
        ImageText { place, ..self }
    }
}

impl From<String> for ImageText {
    fn from(text: String) -> ImageText {
        ImageText::new(text.into())
    }
}

/// Everything that is measured on a selfie at once.
pub struct Selfie {
    /// For [`judge`], with a comparison where one is made.
    pub findings: FaceFindings,
    /// None when the model of presentation attacks is not installed: nothing was measured then.
    pub liveness_score: Option<f64>,
    pub quality: QualityLevel,
    /// 0..=1; the reasons are in what [`judge`] answers.
    pub quality_score: f64,
    /// A secret of its owner.
    pub template: Template,
    /// The encoded file, decoded from base64 and otherwise as it was sent.
    pub image_bytes: Vec<u8>,
    /// A digest of the file, and one of its decoded pixels.
    pub image_digests: [Sha256Digest; 2],
}

/// A SHA-256.
pub type Sha256Digest = [u8; 32];

/// A face of a picture, with a small JPEG of it.
pub struct FoundFace {
    pub face: DetectedFace,
    pub thumbnail: Vec<u8>,
    /// None when none was wanted, or this face cannot be measured.
    pub template: Option<Template>,
}

/// The one face of a picture, as persons are enrolled and searched with.
#[derive(Clone, Debug)]
pub struct Portrait {
    pub template: Template,
    /// A small JPEG of the face, if one was made.
    pub thumbnail: Option<Vec<u8>>,
    /// 0..=1; none when it was not wanted.
    pub liveness_score: Option<f64>,
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

impl From<MeasuringError> for MeasureError {
    fn from(error: MeasuringError) -> MeasureError {
        match error {
            MeasuringError::Overloaded(overloaded) => MeasureError::Overloaded(overloaded),
            error => MeasureError::Failed(error.to_string()),
        }
    }
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
    /// Loads what there is.
    ///
    /// # Errors
    /// A model does not load.
    pub fn load(models: ModelBytes) -> Result<Faces> {
        Faces::load_within(models, DecodeLimits::default())
    }

    /// The same, for images within these limits.
    ///
    /// # Errors
    /// A model does not load.
    pub fn load_within(models: ModelBytes, limits: DecodeLimits) -> Result<Faces> {
        let template_model = models.face_template.as_deref().map(sha256_hex);
        let template_model = template_model.map(|digest| format!("{TEMPLATE}:{digest}"));
        let engine = FaceEngine::load(models).context("a model cannot be loaded")?.within(limits);
        if engine.runtimes().is_empty() {
            return Ok(Faces::default());
        }
        let engine = Arc::new(engine);
        let mut faces = Faces::with(engine.clone(), &template_model.unwrap_or_default());
        if let Some(loaded) = &mut faces.loaded {
            loaded.models = Some(engine);
        }
        Ok(faces)
    }

    /// Measures with this engine. Templates of two models are never compared: `template_model` says
    /// which one it is.
    pub fn with(engine: Arc<dyn MeasureFaces>, template_model: &str) -> Faces {
        let template_model = template_model.into();
        Faces { loaded: Some(Loaded { engine, template_model, models: None }) }
    }

    /// The loaded models, for work that has a thread of its own already.
    pub fn engine(&self) -> Option<Arc<FaceEngine>> {
        self.loaded.as_ref().and_then(|loaded| loaded.models.clone())
    }

    /// The models of the catalogue that are not loaded.
    pub fn missing(&self) -> Vec<&'static str> {
        let loaded = self.loaded.as_ref().map(|loaded| loaded.engine.models()).unwrap_or_default();
        MODELS.iter().map(|model| model.name).filter(|name| !loaded.contains(name)).collect()
    }

    /// What makes templates here. Templates of another model are never compared with its own.
    ///
    /// # Errors
    /// It is not installed.
    pub fn template_model(&self) -> Result<&str, MeasureError> {
        match &self.loaded {
            Some(loaded) if !self.missing().contains(&TEMPLATE) => Ok(&loaded.template_model),
            _ => Err(MeasureError::ModelsMissing(vec![TEMPLATE])),
        }
    }
}

impl App {
    // The permit comes before anything is decoded. When the caller goes, this future is dropped,
    // the interest with it, and the work stops at its next stage.
    async fn measure_faces<T: Send + 'static>(
        &self,
        needed: &[&'static str],
        work: impl FnOnce(&dyn MeasureFaces, &Waiting) -> Result<T, MeasureError> + Send + 'static,
    ) -> Result<T, MeasureError> {
        let made = self.run_measurement(needed, work).await;
        let how = match &made {
            Ok(_) => Measured::Done,
            Err(MeasureError::Image { .. }) => Measured::ImageRejected,
            Err(MeasureError::Overloaded(_)) => Measured::Overloaded,
            Err(MeasureError::ModelsMissing(_)) => Measured::ModelsMissing,
            Err(MeasureError::Failed(_)) => Measured::Failed,
        };
        self.metrics.measured(Subject::Face, how);
        made
    }

    async fn run_measurement<T: Send + 'static>(
        &self,
        needed: &[&'static str],
        work: impl FnOnce(&dyn MeasureFaces, &Waiting) -> Result<T, MeasureError> + Send + 'static,
    ) -> Result<T, MeasureError> {
        let missing = self.faces.missing();
        let missing: Vec<&str> =
            needed.iter().copied().filter(|name| missing.contains(name)).collect();
        let Some(loaded) = self.faces.loaded.as_ref().filter(|_| missing.is_empty()) else {
            return Err(MeasureError::ModelsMissing(missing));
        };
        let permit = self.measuring.try_permit()?;
        let engine = Arc::clone(&loaded.engine);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let interest = permit.run(
            move |waiting| work(&*engine, waiting),
            // Nobody receives it when the caller has gone.
            move |made| drop(sender.send(made)),
        );
        let made = receiver.await;
        drop(interest);
        made.unwrap_or_else(|_| Err(MeasureError::Failed("the work panicked".to_owned())))
    }

    /// The liveness score of the one face of a picture.
    pub async fn score_liveness(&self, image: SentImage) -> Result<f64, MeasureError> {
        let work = move |engine: &dyn MeasureFaces, waiting: &Waiting| {
            liveness_of(engine, &image, waiting)
        };
        let score = self.measure_faces(&[DETECTOR, ATTACK], work).await?;
        self.metrics.score(Score::Liveness, score);
        Ok(score)
    }

    /// Measures attack, quality and template of the one face of a picture in one go. Only the models
    /// that find and compare faces must be installed.
    pub async fn measure_selfie(&self, image: SentImage) -> Result<Selfie, MeasureError> {
        let work =
            move |engine: &dyn MeasureFaces, waiting: &Waiting| selfie_of(engine, &image, waiting);
        let selfie = self.measure_faces(&[DETECTOR, TEMPLATE], work).await?;
        self.count_liveness(selfie.liveness_score);
        Ok(selfie)
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
        let work = move |engine: &dyn MeasureFaces, waiting: &Waiting| {
            compare(engine, &probes, &gallery, liveness, waiting)
        };
        let compared = self.measure_faces(needed, work).await?;
        self.metrics.score(Score::Match, compared.score);
        self.count_liveness(compared.liveness_score);
        Ok(compared)
    }

    /// Every face of a picture, the largest first.
    pub async fn detect_faces(
        &self,
        image: SentImage,
        templates: Wanted,
    ) -> Result<Vec<FoundFace>, MeasureError> {
        let needed: &[&str] =
            if templates == Wanted::Yes { &[DETECTOR, TEMPLATE] } else { &[DETECTOR] };
        let work = move |engine: &dyn MeasureFaces, waiting: &Waiting| {
            detect(engine, &image, templates, waiting)
        };
        self.measure_faces(needed, work).await
    }

    /// The one face of each picture.
    pub async fn measure_portraits(
        &self,
        images: Vec<SentImage>,
        liveness: Wanted,
    ) -> Result<Vec<Portrait>, MeasureError> {
        let needed: &[&str] = match liveness {
            Wanted::Yes => &[DETECTOR, TEMPLATE, ATTACK],
            Wanted::No => &[DETECTOR, TEMPLATE],
        };
        let work = move |engine: &dyn MeasureFaces, waiting: &Waiting| {
            images.iter().map(|image| portrait(engine, image, liveness, waiting)).collect()
        };
        let portraits: Vec<Portrait> = self.measure_faces(needed, work).await?;
        portraits.iter().for_each(|portrait| self.count_liveness(portrait.liveness_score));
        Ok(portraits)
    }

    fn count_liveness(&self, score: Option<f64>) {
        if let Some(score) = score {
            self.metrics.score(Score::Liveness, score);
        }
    }
}

fn portrait(
    engine: &dyn MeasureFaces,
    image: &SentImage,
    liveness: Wanted,
    waiting: &Waiting,
) -> Result<Portrait, MeasureError> {
    let (pixels, measured) = measure(engine, image, liveness, Wanted::Yes, waiting)?;
    let liveness_score = match liveness {
        Wanted::Yes => Some(liveness_score(&measured.findings, image)?),
        Wanted::No => None,
    };
    let subject = measured.findings.faces.first();
    let thumbnail = subject.and_then(|face| thumbnail(&pixels, face));
    let thumbnail = thumbnail.ok_or_else(|| not_measurable(image))?;
    let template = measured.template.ok_or_else(|| not_measurable(image))?;
    Ok(Portrait { template, thumbnail: Some(thumbnail), liveness_score })
}

fn liveness_of(
    engine: &dyn MeasureFaces,
    image: &SentImage,
    waiting: &Waiting,
) -> Result<f64, MeasureError> {
    let (_, measured) = measure(engine, image, Wanted::Yes, Wanted::No, waiting)?;
    liveness_score(&measured.findings, image)
}

fn selfie_of(
    engine: &dyn MeasureFaces,
    image: &SentImage,
    waiting: &Waiting,
) -> Result<Selfie, MeasureError> {
    let image_bytes = bytes(image)?;
    let request = FaceRequest { limits: engine.limits(), ..Default::default() };
    let (pixels, MeasuredFace { findings, template, .. }) =
        measure_bytes(engine, image, &image_bytes, &request, waiting)?;
    let verdict = judge(&findings, None, &FacePolicy::default());
    let (Some(quality), Some(quality_score)) = (verdict.quality, verdict.quality_score) else {
        return Err(not_measurable(image));
    };
    let template = template.ok_or_else(|| not_measurable(image))?;
    let liveness_score = verdict.liveness_score;
    if liveness_score.is_none() && engine.models().contains(&ATTACK) {
        return Err(not_scored(&findings, image));
    }
    let image_digests = [Sha256::digest(&image_bytes).into(), pixel_digest(&pixels)];
    Ok(Selfie {
        findings,
        liveness_score,
        quality,
        quality_score,
        template,
        image_bytes,
        image_digests,
    })
}

/// The same for every encoding that loses nothing.
fn pixel_digest(image: &Image) -> Sha256Digest {
    let mut hash = Sha256::new();
    hash.update(image.width.to_be_bytes());
    hash.update(image.height.to_be_bytes());
    hash.update(&image.rgb);
    hash.finalize().into()
}

fn compare(
    engine: &dyn MeasureFaces,
    probes: &[SentImage],
    gallery: &[SentImage],
    liveness: ProbeLiveness,
    waiting: &Waiting,
) -> Result<Compared, MeasureError> {
    let (mut templates, mut first) = (Vec::new(), None);
    for probe in probes {
        let (pixels, measured) = measure(engine, probe, Wanted::No, Wanted::Yes, waiting)?;
        templates.push(measured.template.ok_or_else(|| not_measurable(probe))?);
        // Kept for its liveness, which is measured last: most of what fails then costs less.
        first.get_or_insert((probe, pixels, measured.findings));
    }
    let mut scores = Vec::new();
    for picture in gallery {
        let (_, measured) = measure(engine, picture, Wanted::No, Wanted::Yes, waiting)?;
        let template = measured.template.ok_or_else(|| not_measurable(picture))?;
        scores.extend(templates.iter().map(|probe| probe.compare(&template).match_score));
    }
    let score = best_score(scores)
        .ok_or_else(|| MeasureError::Failed("a comparison gave no number".to_owned()))?;
    let wanted = match liveness {
        ProbeLiveness::NotAsked => false,
        ProbeLiveness::Always => true,
        ProbeLiveness::IfScoreReaches(min_score) => score >= min_score,
    };
    let liveness_score = match first.filter(|_| wanted) {
        Some((probe, pixels, mut findings)) => {
            let subject = subject(&findings, &FacePolicy::default());
            let subject = subject.map_err(|error| refuse(probe, error))?;
            let attack = engine.measure_attack(&pixels, subject);
            findings.attack = attack.map_err(|error| failed(probe, error))?;
            Some(self::liveness_score(&findings, probe)?)
        }
        None => None,
    };
    Ok(Compared { score, liveness_score })
}

fn detect(
    engine: &dyn MeasureFaces,
    image: &SentImage,
    templates: Wanted,
    waiting: &Waiting,
) -> Result<Vec<FoundFace>, MeasureError> {
    let request = FaceRequest {
        limits: engine.limits(),
        attack: Wanted::No,
        template: Wanted::No,
        ..FaceRequest::default()
    };
    let pixels =
        Image::decode(&bytes(image)?, &request.limits).map_err(|error| refuse(image, error))?;
    let measured =
        engine.measure_image(&pixels, &request, waiting).map_err(|error| failed(image, error))?;
    let found = measured.findings.faces.into_iter().map(|face| {
        let thumbnail = thumbnail(&pixels, &face).ok_or_else(|| not_measurable(image))?;
        let template = match templates {
            Wanted::Yes => {
                engine.template_of(&pixels, &face).map_err(|error| failed(image, error))?
            }
            Wanted::No => None,
        };
        Ok(FoundFace { face, thumbnail, template })
    });
    found.collect()
}

/// Measures the one face of a picture; a picture without one clear face is refused.
fn measure(
    engine: &dyn MeasureFaces,
    image: &SentImage,
    attack: Wanted,
    template: Wanted,
    waiting: &Waiting,
) -> Result<(Image, MeasuredFace), MeasureError> {
    let request =
        FaceRequest { limits: engine.limits(), attack, template, ..FaceRequest::default() };
    measure_bytes(engine, image, &bytes(image)?, &request, waiting)
}

fn measure_bytes(
    engine: &dyn MeasureFaces,
    image: &SentImage,
    bytes: &[u8],
    request: &FaceRequest,
    waiting: &Waiting,
) -> Result<(Image, MeasuredFace), MeasureError> {
    let pixels = Image::decode(bytes, &request.limits).map_err(|error| refuse(image, error))?;
    if waiting.is_over() {
        return Err(failed(image, FaceError::Abandoned));
    }
    let measured =
        engine.measure_image(&pixels, request, waiting).map_err(|error| failed(image, error))?;
    subject(&measured.findings, &FacePolicy::default()).map_err(|error| refuse(image, error))?;
    Ok((pixels, measured))
}

fn liveness_score(findings: &FaceFindings, image: &SentImage) -> Result<f64, MeasureError> {
    let attack = findings.attack.as_ref();
    attack.map(|attack| attack.liveness_score).ok_or_else(|| not_scored(findings, image))
}

/// Why no liveness score could be given: that is never a score of zero.
fn not_scored(findings: &FaceFindings, image: &SentImage) -> MeasureError {
    let subject = findings.faces.first();
    let refusal =
        subject.and_then(|face| attack_refusal(face, findings.width_px, findings.height_px));
    refusal.map_or_else(|| not_measurable(image), |refusal| refuse(image, refusal))
}

fn bytes(image: &SentImage) -> Result<Vec<u8>, MeasureError> {
    decode_base64(image.base64.as_str()).ok_or_else(|| refuse(image, ImageProblem::NotBase64))
}

/// Base64 in either alphabet, padded or not, broken into lines or not: clients send all of them.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    let engine = GeneralPurpose::new(alphabet, LENIENT);
    if text.contains(|letter: char| letter.is_ascii_whitespace()) {
        let joined: String = text.split_ascii_whitespace().collect();
        return engine.decode(joined).ok();
    }
    engine.decode(text).ok()
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
