//! Presentation-attack detection: three crops round the face, each judged, their mean.

use verax_domain::face_findings::{AttackFindings, DetectedFace};
use verax_domain::face_verdict::attack_rejection;

use super::calibration::LIVENESS;
use super::resample::{View, resize};
use crate::image::Image;
use crate::network::{NchwTensor, Network, NetworkError};

/// How much larger than the face's box the crops are.
pub const CROP_SCALES: [f64; 3] = [1.5, 2.0, 2.7];
const CROP_SIDE_PX: usize = 128;

/// None when the face fills the image, is tilted too far ([`attack_rejection`]) or has no area inside it.
pub(super) fn bona_fide(
    network: &Network,
    image: &Image,
    face: &DetectedFace,
) -> Result<Option<AttackFindings>, NetworkError> {
    if attack_rejection(face, image.width, image.height).is_some() {
        return Ok(None);
    }
    let mut bona_fide_by_crop = [0.0; 3];
    let mut before: Option<(CropBox, f64)> = None;
    for (score, scale) in bona_fide_by_crop.iter_mut().zip(CROP_SCALES) {
        let Some(crop) = CropBox::round(face, image.width, image.height, scale) else {
            return Ok(None);
        };
        // Where the image ends, the next larger crop is the same one.
        *score = match before.filter(|(same, _)| *same == crop) {
            Some((_, same)) => same,
            None => match judge(network, image, crop, face.quarter_turns())? {
                Some(judged) => judged,
                None => return Ok(None),
            },
        };
        before = Some((crop, *score));
    }
    let bona_fide = bona_fide_by_crop.iter().sum::<f64>() / 3.0;
    // A network that gives no number has not measured anything.
    Ok(bona_fide.is_finite().then(|| AttackFindings {
        bona_fide_by_crop: Some(bona_fide_by_crop),
        bona_fide,
        liveness_score: LIVENESS.score(bona_fide),
    }))
}

// None when the crop is not inside the image.
fn judge(
    network: &Network,
    image: &Image,
    crop: CropBox,
    quarter_turns: u8,
) -> Result<Option<f64>, NetworkError> {
    let view = View::part(image, crop.left, crop.top, crop.width, crop.height);
    let Some(view) = view else { return Ok(None) };
    let upright = resize(view, CROP_SIDE_PX, CROP_SIDE_PX).turned_back(quarter_turns);
    Ok(Some(first_share(&network.run_one(&NchwTensor::of_bgr(&upright))?)))
}

/// A crop inside an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CropBox {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl CropBox {
    /// The face's box scaled about its centre by `scale` or by what the image allows, then shifted
    /// inside. The arithmetic is that of Minivision's Silent-Face-Anti-Spoofing.
    pub fn round(
        face: &DetectedFace,
        image_width: u32,
        image_height: u32,
        scale: f64,
    ) -> Option<CropBox> {
        let (last_x, last_y) = (f64::from(image_width) - 1.0, f64::from(image_height) - 1.0);
        let scale = scale.min(last_x / face.width_px).min(last_y / face.height_px);
        if scale.is_nan() || scale <= 0.0 || last_x < 1.0 || last_y < 1.0 {
            return None;
        }
        let span = |origin: f64, length: f64, last: f64| {
            let centre = origin + length / 2.0;
            let half = length * scale / 2.0;
            let (mut low, mut high) = (centre - half, centre + half);
            if low < 0.0 {
                high -= low;
                low = 0.0;
            }
            if high > last {
                low -= high - last;
                high = last;
            }
            (low.max(0.0) as usize, high.clamp(0.0, last) as usize)
        };
        let (left, right) = span(face.origin.x, face.width_px, last_x);
        let (top, bottom) = span(face.origin.y, face.height_px, last_y);
        let (width, height) = ((right + 1).checked_sub(left)?, (bottom + 1).checked_sub(top)?);
        (width > 0 && height > 0).then_some(CropBox { left, top, width, height })
    }
}

// The softmax of the first class.
fn first_share(logits: &[f32]) -> f64 {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shares: Vec<f64> = logits.iter().map(|logit| f64::from(logit - highest).exp()).collect();
    let first = shares.first().copied().unwrap_or(f64::NAN);
    first / shares.iter().sum::<f64>()
}
