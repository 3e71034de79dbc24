//! A face as 128 numbers of length one, and how alike two of them are.

use verax_domain::face_findings::FaceComparison;

use super::calibration::MATCH;
use crate::image::Image;
use crate::network::{NchwTensor, Network, NetworkError, Runtime};

/// The numbers of a template.
pub const TEMPLATE_LEN: usize = 128;

/// A biometric template. Never shown, listed or logged; it leaves only as bytes to be encrypted.
#[derive(Clone, PartialEq)]
pub struct Template([f32; TEMPLATE_LEN]);

impl Template {
    /// Scales `values` to length one. None when they are not 128 finite numbers of some length.
    pub fn normalised(values: &[f32]) -> Option<Template> {
        let values: &[f32; TEMPLATE_LEN] = values.try_into().ok()?;
        let length = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        let usable = length.is_finite() && length > 1e-6;
        usable.then(|| Template(values.map(|value| (f64::from(value) / length) as f32)))
    }

    pub fn values(&self) -> &[f32; TEMPLATE_LEN] {
        &self.0
    }

    /// 512 bytes: the numbers in order, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// What [`Template::to_bytes`] made; none for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Template> {
        let (words, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return None;
        }
        let values: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
        let values: [f32; TEMPLATE_LEN] = values.try_into().ok()?;
        let square: f32 = values.iter().map(|value| value * value).sum();
        ((square - 1.0).abs() < 1e-3).then_some(Template(values))
    }

    /// The cosine, -1..=1, and the protocol's score for it.
    pub fn compare(&self, other: &Template) -> FaceComparison {
        let dot: f64 =
            self.0.iter().zip(&other.0).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        let cosine = dot.clamp(-1.0, 1.0);
        FaceComparison { cosine, match_score: MATCH.score(cosine) }
    }
}

// A template is a secret of its owner: a debug print must never show it.
impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template(..)")
    }
}

/// What a template is made of. Templates of the two kinds are never compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TemplateViews {
    /// The aligned face.
    #[default]
    Face,
    /// The mean of the aligned face and of its mirror image, for twice the time.
    FaceAndMirrorImage,
}

/// Makes templates of aligned faces.
pub(super) struct Templates {
    network: Network,
    views: TemplateViews,
}

impl Templates {
    pub(super) fn new(network: Network, views: TemplateViews) -> Templates {
        Templates { network, views }
    }

    pub(super) fn runtime(&self) -> Runtime {
        self.network.runtime()
    }

    /// None when the network gives nothing usable.
    pub(super) fn of(&self, aligned: &Image) -> Result<Option<Template>, NetworkError> {
        let face = template_of(&self.network, aligned)?;
        let (TemplateViews::FaceAndMirrorImage, Some(face)) = (self.views, &face) else {
            return Ok(face);
        };
        let Some(mirrored) = template_of(&self.network, &aligned.mirrored())? else {
            return Ok(None);
        };
        let sum: Vec<f32> = face.0.iter().zip(&mirrored.0).map(|(a, b)| a + b).collect();
        Ok(Template::normalised(&sum))
    }
}

fn template_of(network: &Network, aligned: &Image) -> Result<Option<Template>, NetworkError> {
    let (width, height) = (aligned.width as usize, aligned.height as usize);
    let mut planes = NchwTensor::black(width, height);
    let plane = width * height;
    for (at, pixel) in aligned.rgb.as_chunks::<3>().0.iter().enumerate() {
        for (channel, level) in pixel.iter().enumerate() {
            planes.values[channel * plane + at] = f32::from(*level);
        }
    }
    Ok(Template::normalised(&network.run_one(&planes)?))
}
