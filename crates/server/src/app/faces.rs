//! Measuring faces for whoever waits: the loaded models, and what a call asks of them.

mod measurement;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use verax_domain::face_findings::{AttackFindings, DetectedFace, FaceFindings};
use verax_domain::face_verdict::{FaceRejection, QualityLevel};
use verax_vision::faces::{
    FaceEngine, FaceError, FaceRequest, MeasuredFace, ModelBytes, Template, TemplateViews,
};
use verax_vision::image::{DecodeLimits, Image, ImageError};
use verax_vision::workers::{Overloaded, Waiting};

use crate::app::admission::AdmissionError;
use crate::installed_models::sha256_hex;
use crate::shares::Share;

const DETECTOR: &str = "face-detector";

const TEMPLATE: &str = "face-template";

const ATTACK: &str = "face-attack";

/// What measures faces; nothing until models are loaded. It is run on the threads of
/// [`Admission`](crate::app::admission::Admission).
#[derive(Clone, Default)]
pub struct Faces {
    loaded: Option<Loaded>,
}

#[derive(Clone)]
struct Loaded {
    engine: Arc<dyn AnalyseFaces>,
    /// Which model makes the templates, and which edition of it.
    template_model: Arc<str>,
    /// The loaded models themselves, if it is they that measure.
    models: Option<Arc<FaceEngine>>,
}

/// What measures a decoded image: the loaded models, or what a test gives.
pub trait AnalyseFaces: Send + Sync {
    /// The models of the catalogue that it stands for.
    fn models(&self) -> Vec<&'static str>;

    /// What an image may cost.
    fn limits(&self) -> DecodeLimits {
        DecodeLimits::default()
    }

    /// The faces of an image, and what is wanted of the largest.
    ///
    /// # Errors
    /// Nobody waits any more, or a model does not do what it should.
    fn analyse_image(
        &self,
        image: &Image,
        request: &FaceRequest,
        waiting: &Waiting,
    ) -> Result<MeasuredFace, FaceError>;

    /// The presentation-attack score alone; none when it cannot be measured.
    ///
    /// # Errors
    /// The model does not do what it should.
    fn analyse_attack(
        &self,
        image: &Image,
        subject: &DetectedFace,
    ) -> Result<Option<AttackFindings>, FaceError>;

    /// The template of any face of an image; none when it cannot be measured.
    ///
    /// # Errors
    /// The model does not do what it should.
    fn template_of(
        &self,
        image: &Image,
        face: &DetectedFace,
    ) -> Result<Option<Template>, FaceError>;
}

impl AnalyseFaces for FaceEngine {
    fn models(&self) -> Vec<&'static str> {
        self.runtimes().into_iter().map(|(name, _)| name).collect()
    }

    fn limits(&self) -> DecodeLimits {
        FaceEngine::limits(self)
    }

    fn analyse_image(
        &self,
        image: &Image,
        request: &FaceRequest,
        waiting: &Waiting,
    ) -> Result<MeasuredFace, FaceError> {
        FaceEngine::analyse_image(self, image, request, waiting)
    }

    fn analyse_attack(
        &self,
        image: &Image,
        subject: &DetectedFace,
    ) -> Result<Option<AttackFindings>, FaceError> {
        FaceEngine::analyse_attack(self, image, subject)
    }

    fn template_of(
        &self,
        image: &Image,
        face: &DetectedFace,
    ) -> Result<Option<Template>, FaceError> {
        FaceEngine::template_of(self, image, face)
    }
}

/// An image as it was sent: base64 without a prefix, and the parameter that it came in.
pub struct SentImage {
    pub parameter: String,
    pub base64: ImageText,
}

/// The text of an image: a part of the body that it came in, not copied, and what is held for it
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
    /// For [`judge`](verax_domain::face_verdict::judge), with a comparison where one is made.
    pub findings: FaceFindings,
    /// None when the model of presentation attacks is not installed: nothing was measured then.
    pub liveness_score: Option<f64>,
    pub quality: QualityLevel,
    /// 0..=1; the reasons are in what [`judge`](verax_domain::face_verdict::judge) answers.
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

/// A face of an image, with a small JPEG of it.
pub struct FoundFace {
    pub face: DetectedFace,
    /// Width and height of the upright image that it is on, in pixels.
    pub image_px: (u32, u32),
    pub thumbnail: Vec<u8>,
    /// None when none was wanted, or this face cannot be measured.
    pub template: Option<Template>,
}

/// The one face of an image, as persons are enrolled and searched with.
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
pub enum AnalysisError {
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

impl From<AdmissionError> for AnalysisError {
    fn from(error: AdmissionError) -> AnalysisError {
        match error {
            AdmissionError::Overloaded(overloaded) => AnalysisError::Overloaded(overloaded),
            error => AnalysisError::Failed(error.to_string()),
        }
    }
}

/// What is wrong with an image.
#[derive(Debug, thiserror::Error)]
pub enum ImageProblem {
    #[error("the text is not base64")]
    NotBase64,
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error(transparent)]
    Face(#[from] FaceRejection),
    #[error("face not measurable: it must be fully visible and frontal")]
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
        let views = match models.template_views {
            TemplateViews::Face => "",
            TemplateViews::FaceAndMirrorImage => ":mirrored",
        };
        let template_model = template_model.map(|digest| format!("{TEMPLATE}:{digest}{views}"));
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
    pub fn with(engine: Arc<dyn AnalyseFaces>, template_model: &str) -> Faces {
        let template_model = template_model.into();
        Faces { loaded: Some(Loaded { engine, template_model, models: None }) }
    }

    /// The loaded models, for work that has a thread of its own already.
    pub fn engine(&self) -> Option<Arc<FaceEngine>> {
        self.loaded.as_ref().and_then(|loaded| loaded.models.clone())
    }

    /// What finds faces and makes their templates, for work that has a thread of its own already; `None` where
    /// a model of either is not loaded.
    pub fn analyser(&self) -> Option<Arc<dyn AnalyseFaces>> {
        let missing = self.missing();
        let loaded = self.loaded.as_ref();
        let loaded =
            loaded.filter(|_| !missing.contains(&DETECTOR) && !missing.contains(&TEMPLATE));
        loaded.map(|loaded| Arc::clone(&loaded.engine))
    }

    /// The face models that are not loaded.
    pub fn missing(&self) -> Vec<&'static str> {
        let loaded = self.loaded.as_ref().map(|loaded| loaded.engine.models()).unwrap_or_default();
        [DETECTOR, TEMPLATE, ATTACK].into_iter().filter(|name| !loaded.contains(name)).collect()
    }

    /// What makes templates here. Templates of another model are never compared with its own.
    ///
    /// # Errors
    /// It is not installed.
    pub fn template_model(&self) -> Result<&str, AnalysisError> {
        match &self.loaded {
            Some(loaded) if !self.missing().contains(&TEMPLATE) => Ok(&loaded.template_model),
            _ => Err(AnalysisError::ModelsMissing(vec![TEMPLATE])),
        }
    }
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
