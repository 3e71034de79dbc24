//! What a call asks of the loaded models: the permit first, then decoding and measuring on the threads.

use std::sync::Arc;

use anyhow::Result;
use sha2::{Digest as _, Sha256};
use verax_domain::face_call::best_score;
use verax_domain::face_findings::FaceFindings;
use verax_domain::face_verdict::{FacePolicy, attack_rejection, judge, subject};
use verax_vision::faces::{FaceError, FaceRequest, MeasuredFace, Wanted, thumbnail};
use verax_vision::image::Image;
use verax_vision::workers::Waiting;

use super::{
    ATTACK, AnalyseFaces, AnalysisError, Compared, DETECTOR, FoundFace, ImageProblem, Portrait,
    ProbeLiveness, Selfie, SentImage, Sha256Digest, TEMPLATE, decode_base64,
};
use crate::app::App;
use crate::metrics::{Measured, Score, Subject};

impl App {
    // The permit comes before anything is decoded. When the caller goes, this future is dropped,
    // the interest with it, and the work stops at its next stage.
    async fn analyse_faces<T: Send + 'static>(
        &self,
        needed: &[&'static str],
        work: impl FnOnce(&dyn AnalyseFaces, &Waiting) -> Result<T, AnalysisError> + Send + 'static,
    ) -> Result<T, AnalysisError> {
        let made = self.run_measurement(needed, work).await;
        let how = match &made {
            Ok(_) => Measured::Done,
            Err(AnalysisError::Image { .. }) => Measured::ImageRejected,
            Err(AnalysisError::Overloaded(_)) => Measured::Overloaded,
            Err(AnalysisError::ModelsMissing(_)) => Measured::ModelsMissing,
            Err(AnalysisError::Failed(_)) => Measured::Failed,
        };
        self.metrics.measured(Subject::Face, how);
        made
    }

    async fn run_measurement<T: Send + 'static>(
        &self,
        needed: &[&'static str],
        work: impl FnOnce(&dyn AnalyseFaces, &Waiting) -> Result<T, AnalysisError> + Send + 'static,
    ) -> Result<T, AnalysisError> {
        let missing = self.faces.missing();
        let missing: Vec<&str> =
            needed.iter().copied().filter(|name| missing.contains(name)).collect();
        let Some(loaded) = self.faces.loaded.as_ref().filter(|_| missing.is_empty()) else {
            return Err(AnalysisError::ModelsMissing(missing));
        };
        let permit = self.admission.try_permit()?;
        let engine = Arc::clone(&loaded.engine);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let interest = permit.run(
            move |waiting| work(&*engine, waiting),
            // Nobody receives it when the caller has gone.
            move |made| drop(sender.send(made)),
        );
        let made = receiver.await;
        drop(interest);
        made.unwrap_or_else(|_| Err(AnalysisError::Failed("the work panicked".to_owned())))
    }

    /// The liveness score of the one face of an image.
    pub async fn score_liveness(&self, image: SentImage) -> Result<f64, AnalysisError> {
        let work = move |engine: &dyn AnalyseFaces, waiting: &Waiting| {
            liveness_of(engine, &image, waiting)
        };
        let score = self.analyse_faces(&[DETECTOR, ATTACK], work).await?;
        self.metrics.score(Score::Liveness, score);
        Ok(score)
    }

    /// Measures attack, quality and template of the one face of an image in one go. Only the models
    /// that find and compare faces must be installed.
    pub async fn analyse_selfie(&self, image: SentImage) -> Result<Selfie, AnalysisError> {
        let work =
            move |engine: &dyn AnalyseFaces, waiting: &Waiting| selfie_of(engine, &image, waiting);
        let selfie = self.analyse_faces(&[DETECTOR, TEMPLATE], work).await?;
        self.count_liveness(selfie.liveness_score);
        Ok(selfie)
    }

    /// Compares every probe with every image of the gallery.
    pub async fn compare_faces(
        &self,
        probes: Vec<SentImage>,
        gallery: Vec<SentImage>,
        liveness: ProbeLiveness,
    ) -> Result<Compared, AnalysisError> {
        let needed: &[&str] = match liveness {
            ProbeLiveness::NotAsked => &[DETECTOR, TEMPLATE],
            _ => &[DETECTOR, TEMPLATE, ATTACK],
        };
        let work = move |engine: &dyn AnalyseFaces, waiting: &Waiting| {
            compare(engine, &probes, &gallery, liveness, waiting)
        };
        let compared = self.analyse_faces(needed, work).await?;
        self.metrics.score(Score::Match, compared.score);
        self.count_liveness(compared.liveness_score);
        Ok(compared)
    }

    /// Every face of an image, the largest first.
    pub async fn detect_faces(
        &self,
        image: SentImage,
        templates: Wanted,
    ) -> Result<Vec<FoundFace>, AnalysisError> {
        let needed: &[&str] =
            if templates == Wanted::Yes { &[DETECTOR, TEMPLATE] } else { &[DETECTOR] };
        let work = move |engine: &dyn AnalyseFaces, waiting: &Waiting| {
            detect(engine, &image, templates, waiting)
        };
        self.analyse_faces(needed, work).await
    }

    /// The one face of each image.
    pub async fn analyse_portraits(
        &self,
        images: Vec<SentImage>,
        liveness: Wanted,
    ) -> Result<Vec<Portrait>, AnalysisError> {
        let needed: &[&str] = match liveness {
            Wanted::Yes => &[DETECTOR, TEMPLATE, ATTACK],
            Wanted::No => &[DETECTOR, TEMPLATE],
        };
        let work = move |engine: &dyn AnalyseFaces, waiting: &Waiting| {
            images.iter().map(|image| portrait(engine, image, liveness, waiting)).collect()
        };
        let portraits: Vec<Portrait> = self.analyse_faces(needed, work).await?;
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
    engine: &dyn AnalyseFaces,
    image: &SentImage,
    liveness: Wanted,
    waiting: &Waiting,
) -> Result<Portrait, AnalysisError> {
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
    engine: &dyn AnalyseFaces,
    image: &SentImage,
    waiting: &Waiting,
) -> Result<f64, AnalysisError> {
    let (_, measured) = measure(engine, image, Wanted::Yes, Wanted::No, waiting)?;
    liveness_score(&measured.findings, image)
}

fn selfie_of(
    engine: &dyn AnalyseFaces,
    image: &SentImage,
    waiting: &Waiting,
) -> Result<Selfie, AnalysisError> {
    let image_bytes = bytes(image)?;
    let request = FaceRequest { limits: engine.limits(), ..Default::default() };
    let (pixels, MeasuredFace { findings, template, .. }) =
        analyse_bytes(engine, image, &image_bytes, &request, waiting)?;
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
    engine: &dyn AnalyseFaces,
    probes: &[SentImage],
    gallery: &[SentImage],
    liveness: ProbeLiveness,
    waiting: &Waiting,
) -> Result<Compared, AnalysisError> {
    let (mut templates, mut first) = (Vec::new(), None);
    for probe in probes {
        let (pixels, measured) = measure(engine, probe, Wanted::No, Wanted::Yes, waiting)?;
        templates.push(measured.template.ok_or_else(|| not_measurable(probe))?);
        // Stored for its liveness, which is measured last: most of what fails then costs less.
        first.get_or_insert((probe, pixels, measured.findings));
    }
    let mut scores = Vec::new();
    for image in gallery {
        let (_, measured) = measure(engine, image, Wanted::No, Wanted::Yes, waiting)?;
        let template = measured.template.ok_or_else(|| not_measurable(image))?;
        scores.extend(templates.iter().map(|probe| probe.compare(&template).match_score));
    }
    let score = best_score(scores)
        .ok_or_else(|| AnalysisError::Failed("a comparison gave no number".to_owned()))?;
    let wanted = match liveness {
        ProbeLiveness::NotAsked => false,
        ProbeLiveness::Always => true,
        ProbeLiveness::IfScoreReaches(min_score) => score >= min_score,
    };
    let liveness_score = match first.filter(|_| wanted) {
        Some((probe, pixels, mut findings)) => {
            let subject = subject(&findings, &FacePolicy::default());
            let subject = subject.map_err(|error| reject(probe, error))?;
            let attack = engine.analyse_attack(&pixels, subject);
            findings.attack = attack.map_err(|error| failed(probe, error))?;
            Some(self::liveness_score(&findings, probe)?)
        }
        None => None,
    };
    Ok(Compared { score, liveness_score })
}

fn detect(
    engine: &dyn AnalyseFaces,
    image: &SentImage,
    templates: Wanted,
    waiting: &Waiting,
) -> Result<Vec<FoundFace>, AnalysisError> {
    let request = FaceRequest {
        limits: engine.limits(),
        attack: Wanted::No,
        template: Wanted::No,
        ..FaceRequest::default()
    };
    let pixels =
        Image::decode(&bytes(image)?, &request.limits).map_err(|error| reject(image, error))?;
    let measured =
        engine.analyse_image(&pixels, &request, waiting).map_err(|error| failed(image, error))?;
    let found = measured.findings.faces.into_iter().map(|face| {
        let thumbnail = thumbnail(&pixels, &face).ok_or_else(|| not_measurable(image))?;
        let template = match templates {
            Wanted::Yes => {
                engine.template_of(&pixels, &face).map_err(|error| failed(image, error))?
            }
            Wanted::No => None,
        };
        Ok(FoundFace { face, image_px: (pixels.width, pixels.height), thumbnail, template })
    });
    found.collect()
}

/// Measures the one face of an image; an image without one clear face is rejected.
pub(super) fn measure(
    engine: &dyn AnalyseFaces,
    image: &SentImage,
    attack: Wanted,
    template: Wanted,
    waiting: &Waiting,
) -> Result<(Image, MeasuredFace), AnalysisError> {
    let request =
        FaceRequest { limits: engine.limits(), attack, template, ..FaceRequest::default() };
    analyse_bytes(engine, image, &bytes(image)?, &request, waiting)
}

fn analyse_bytes(
    engine: &dyn AnalyseFaces,
    image: &SentImage,
    bytes: &[u8],
    request: &FaceRequest,
    waiting: &Waiting,
) -> Result<(Image, MeasuredFace), AnalysisError> {
    let pixels = Image::decode(bytes, &request.limits).map_err(|error| reject(image, error))?;
    if waiting.is_over() {
        return Err(failed(image, FaceError::Abandoned));
    }
    let measured =
        engine.analyse_image(&pixels, request, waiting).map_err(|error| failed(image, error))?;
    subject(&measured.findings, &FacePolicy::default()).map_err(|error| reject(image, error))?;
    Ok((pixels, measured))
}

pub(super) fn liveness_score(
    findings: &FaceFindings,
    image: &SentImage,
) -> Result<f64, AnalysisError> {
    let attack = findings.attack.as_ref();
    attack.map(|attack| attack.liveness_score).ok_or_else(|| not_scored(findings, image))
}

/// Why no liveness score could be given: that is never a score of zero.
fn not_scored(findings: &FaceFindings, image: &SentImage) -> AnalysisError {
    let subject = findings.faces.first();
    let rejection =
        subject.and_then(|face| attack_rejection(face, findings.width_px, findings.height_px));
    rejection.map_or_else(|| not_measurable(image), |rejection| reject(image, rejection))
}

fn bytes(image: &SentImage) -> Result<Vec<u8>, AnalysisError> {
    decode_base64(image.base64.as_str()).ok_or_else(|| reject(image, ImageProblem::NotBase64))
}

pub(super) fn failed(image: &SentImage, error: FaceError) -> AnalysisError {
    match error {
        FaceError::Image(error) => reject(image, error),
        error => AnalysisError::Failed(error.to_string()),
    }
}

fn not_measurable(image: &SentImage) -> AnalysisError {
    reject(image, ImageProblem::NotMeasurable)
}

fn reject(image: &SentImage, problem: impl Into<ImageProblem>) -> AnalysisError {
    AnalysisError::Image { parameter: image.parameter.clone(), problem: problem.into() }
}
