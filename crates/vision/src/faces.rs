//! Faces: from image bytes to findings and a template.
//!
//! Everything a caller needs is here: [`FaceEngine::load`] takes the models, [`FaceEngine::measure`]
//! a photograph. A measurement whose model is not loaded is `None`; no number is ever made up.

mod align;
mod attack;
mod attack_head;
mod calibration;
mod detect;
mod detector;
mod gallery;
mod quality;
mod resample;
mod template;
mod thumbnail;
mod upright;

use std::time::{Duration, Instant};

use verax_domain::face_findings::{AttackFindings, DetectedFace, FaceFindings};

pub use align::{ALIGNED_POINTS, ALIGNED_SIDE_PX, Similarity};
pub use attack::{CROP_SCALES, CropBox};
pub use attack_head::AttackHead;
pub use calibration::{Calibration, LIVENESS, MATCH};
pub use detect::{detect, detect_closely};
pub use detector::{DETECTOR_OUTPUTS, Letterbox, See, decode_outputs, suppress_overlapping};
pub use gallery::{Candidate, Gallery};
pub use quality::{measure_quality, pose_degrees};
pub use template::{TEMPLATE_LEN, Template, TemplateViews};
pub use thumbnail::{THUMBNAIL_SIDE_PX_MAX, thumbnail};

use self::template::Templates;
use crate::backbone::Backbone;
use crate::image::{DecodeLimits, Image, ImageError};
use crate::network::{NchwTensor, Network, NetworkError, Runtime};
use crate::workers::Waiting;

/// The bytes of the models, folded (see `onnx_fold`). What is `None` is not measured.
#[derive(Default, Clone)]
pub struct ModelBytes {
    /// YuNet. Without it nothing can be measured on a face.
    pub face_detector: Option<Vec<u8>>,
    /// SFace.
    pub face_template: Option<Vec<u8>>,
    pub template_views: TemplateViews,
    /// Presentation-attack detection.
    pub face_attack: Option<Vec<u8>>,
    /// A detector of the operator's own, used instead of `face_attack`.
    pub attack_head: Option<AttackHead>,
}

/// What is wanted of a photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaceRequest {
    pub limits: DecodeLimits,
    /// A second look at the subject: at its own size, turned upright. Without it a small or tilted face is
    /// hardly alike to itself.
    pub second_look: Wanted,
    pub attack: Wanted,
    pub template: Wanted,
}

/// Whether a part of the work is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Yes,
    No,
}

impl Default for FaceRequest {
    fn default() -> Self {
        FaceRequest {
            limits: DecodeLimits::default(),
            second_look: Wanted::Yes,
            attack: Wanted::Yes,
            template: Wanted::Yes,
        }
    }
}

/// Findings, and the subject's template, which is not a finding: it is a secret.
#[derive(Debug, Clone)]
pub struct MeasuredFace {
    pub findings: FaceFindings,
    pub template: Option<Template>,
    pub timings: StageTimings,
}

/// How long each stage took. A stage that was not run took no time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageTimings {
    pub decode: Duration,
    pub detect: Duration,
    pub quality: Duration,
    pub attack: Duration,
    pub template: Duration,
}

impl StageTimings {
    pub fn total(&self) -> Duration {
        self.decode + self.detect + self.quality + self.attack + self.template
    }
}

/// Why a photograph was not measured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaceError {
    /// The caller sent something that cannot be read.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The operator has not installed the face detector.
    #[error("the face detector is not installed")]
    NoDetector,
    /// A model does not do what it should.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Nobody waits for the answer any more.
    #[error("nobody waits for the measurement any more")]
    Abandoned,
}

/// The loaded models. Shared between threads; a measurement runs on the thread that asks for it.
pub struct FaceEngine {
    detector: Option<Network>,
    template: Option<Templates>,
    attack: Option<AttackDetector>,
    limits: DecodeLimits,
}

enum AttackDetector {
    Network(Network),
    Head(AttackHead),
}

impl FaceEngine {
    /// Loads what there is; without any model it loads too, and every measurement is rejected.
    pub fn load(models: ModelBytes) -> Result<FaceEngine, NetworkError> {
        let load = |role, bytes: Option<Vec<u8>>, outputs: &[&str], probe_side_px| {
            bytes
                .map(|bytes| {
                    Network::load(
                        role,
                        bytes,
                        outputs,
                        &NchwTensor::noise(probe_side_px, probe_side_px),
                    )
                })
                .transpose()
        };
        let attack = match models.attack_head {
            Some(head) => Some(AttackDetector::Head(head)),
            None => load("presentation attack", models.face_attack, &["output"], 128)?
                .map(AttackDetector::Network),
        };
        Ok(FaceEngine {
            detector: load("face detector", models.face_detector, &DETECTOR_OUTPUTS, 64)?,
            template: load("face template", models.face_template, &["fc1"], ALIGNED_SIDE_PX)?
                .map(|network| Templates::new(network, models.template_views)),
            attack,
            limits: DecodeLimits::default(),
        })
    }

    /// The same, for images that cost at most this.
    pub fn within(self, limits: DecodeLimits) -> FaceEngine {
        FaceEngine { limits, ..self }
    }

    /// What an image may cost.
    pub fn limits(&self) -> DecodeLimits {
        self.limits
    }

    /// Which runtime each loaded model runs on.
    pub fn runtimes(&self) -> Vec<(&'static str, Runtime)> {
        let attack = self.attack.as_ref().map(|detector| match detector {
            AttackDetector::Network(network) => network.runtime(),
            AttackDetector::Head(head) => head.runtime(),
        });
        [
            ("face-detector", self.detector.as_ref().map(Network::runtime)),
            ("face-template", self.template.as_ref().map(Templates::runtime)),
            ("face-attack", attack),
        ]
        .into_iter()
        .filter_map(|(name, runtime)| Some((name, runtime?)))
        .collect()
    }

    /// How the presentation-attack detector's output becomes a liveness score.
    pub fn liveness_calibration(&self) -> &Calibration {
        match &self.attack {
            Some(AttackDetector::Head(head)) => head.calibration(),
            Some(AttackDetector::Network(_)) | None => &LIVENESS,
        }
    }

    pub fn can_detect(&self) -> bool {
        self.detector.is_some()
    }

    pub fn can_compare(&self) -> bool {
        self.detector.is_some() && self.template.is_some()
    }

    pub fn can_check_attacks(&self) -> bool {
        self.detector.is_some() && self.attack.is_some()
    }

    /// Decodes and measures. `waiting` is asked between the stages whether anybody still waits.
    pub fn measure(
        &self,
        bytes: &[u8],
        request: &FaceRequest,
        waiting: &Waiting,
    ) -> Result<MeasuredFace, FaceError> {
        if self.detector.is_none() {
            return Err(FaceError::NoDetector);
        }
        let mut timings = StageTimings::default();
        let image = timed(&mut timings.decode, || Image::decode(bytes, &request.limits))?;
        if waiting.is_over() {
            return Err(FaceError::Abandoned);
        }
        let measured = self.analyse_image(&image, request, waiting)?;
        let timings = StageTimings { decode: timings.decode, ..measured.timings };
        Ok(MeasuredFace { timings, ..measured })
    }

    /// Measures an image that is already decoded.
    pub fn analyse_image(
        &self,
        image: &Image,
        request: &FaceRequest,
        waiting: &Waiting,
    ) -> Result<MeasuredFace, FaceError> {
        let detector = self.detector.as_ref().ok_or(FaceError::NoDetector)?;
        let mut timings = StageTimings::default();
        let faces = timed(&mut timings.detect, || match request.second_look {
            Wanted::Yes => detect_closely(&detector::by(detector), image),
            Wanted::No => detect(&detector::by(detector), image),
        })?;
        let subject = faces.first().copied();
        let mut measured = MeasuredFace {
            findings: FaceFindings {
                width_px: image.width,
                height_px: image.height,
                faces,
                quality: None,
                attack: None,
            },
            template: None,
            timings,
        };
        if let Some(subject) = subject {
            self.measure_subject(image, &subject, request, waiting, &mut measured)?;
        }
        Ok(measured)
    }

    /// The template of any face of an image, with the points of a second look; none when it lies too
    /// oddly to be measured, or no model makes templates.
    pub fn template_of(
        &self,
        image: &Image,
        face: &DetectedFace,
    ) -> Result<Option<Template>, FaceError> {
        let face = match &self.detector {
            Some(detector) => detect::look_closely(&detector::by(detector), image, *face)?.face,
            None => *face,
        };
        let to_aligned = Similarity::between(&face.points, &ALIGNED_POINTS);
        let (Some(templates), Some(to_aligned)) = (&self.template, to_aligned) else {
            return Ok(None);
        };
        Ok(templates.of(&align::align(image, &to_aligned))?)
    }

    /// The presentation-attack score alone, of a face that was found before. None without the model,
    /// and where none can be given: see `verax_domain::face_verdict::attack_rejection`.
    pub fn analyse_attack(
        &self,
        image: &Image,
        subject: &DetectedFace,
    ) -> Result<Option<AttackFindings>, FaceError> {
        Ok(match &self.attack {
            Some(AttackDetector::Network(network)) => attack::bona_fide(network, image, subject)?,
            Some(AttackDetector::Head(head)) => head.bona_fide(image, subject)?,
            None => None,
        })
    }

    /// What a head for presentation attacks is trained on: the backbone's features of the subject, 3072 numbers.
    /// None without a face, and where no attack check can be made of it.
    ///
    /// # Errors
    /// There is no detector, or a model does not do what it should.
    pub fn attack_features(
        &self,
        backbone: &Backbone,
        image: &Image,
    ) -> Result<Option<Vec<f32>>, FaceError> {
        let detector = self.detector.as_ref().ok_or(FaceError::NoDetector)?;
        let faces = detect_closely(&detector::by(detector), image)?;
        let Some(subject) = faces.first() else { return Ok(None) };
        Ok(attack_head::attack_features(backbone, image, subject)?)
    }

    fn measure_subject(
        &self,
        image: &Image,
        subject: &DetectedFace,
        request: &FaceRequest,
        waiting: &Waiting,
        measured: &mut MeasuredFace,
    ) -> Result<(), FaceError> {
        let timings = &mut measured.timings;
        let aligned = timed(&mut timings.quality, || {
            let to_aligned = Similarity::between(&subject.points, &ALIGNED_POINTS)?;
            Some(align::align(image, &to_aligned))
        });
        if let Some(aligned) = &aligned {
            measured.findings.quality =
                Some(timed(&mut timings.quality, || measure_quality(image, subject, aligned)));
        }
        if request.attack == Wanted::Yes {
            if waiting.is_over() {
                return Err(FaceError::Abandoned);
            }
            measured.findings.attack =
                timed(&mut timings.attack, || self.analyse_attack(image, subject))?;
        }
        if let (Some(templates), Some(aligned), Wanted::Yes) =
            (&self.template, &aligned, request.template)
        {
            if waiting.is_over() {
                return Err(FaceError::Abandoned);
            }
            measured.template = timed(&mut timings.template, || templates.of(aligned))?;
        }
        Ok(())
    }
}

fn timed<T>(spent: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let made = work();
    *spent += start.elapsed();
    made
}
