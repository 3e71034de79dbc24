//! Presentation-attack detection: three crops round the face, each judged, their mean.

use verax_domain::face_findings::{AttackFindings, DetectedFace};

use super::calibration::LIVENESS;
use super::network::{Network, NetworkError, Planes};
use super::resample::{View, resize_rows};
use crate::image::Image;

/// How much larger than the face's box the crops are.
pub const CROP_SCALES: [f64; 3] = [1.5, 2.0, 2.7];
const CROP_SIDE_PX: usize = 128;

/// None when the face has no area inside the picture.
pub(super) fn bona_fide(
    network: &Network,
    image: &Image,
    face: &DetectedFace,
) -> Result<Option<AttackFindings>, NetworkError> {
    let mut bona_fide_by_crop = [0.0; 3];
    for (score, scale) in bona_fide_by_crop.iter_mut().zip(CROP_SCALES) {
        let crop = CropBox::round(face, image.width, image.height, scale);
        let view =
            crop.and_then(|crop| View::part(image, crop.left, crop.top, crop.width, crop.height));
        let Some(view) = view else {
            return Ok(None);
        };
        let mut planes = Planes::black(CROP_SIDE_PX, CROP_SIDE_PX);
        resize_rows(view, CROP_SIDE_PX, CROP_SIDE_PX, |y, row| planes.set_row_bgr(y, row));
        *score = first_share(&network.run_one(&planes)?);
    }
    let bona_fide = bona_fide_by_crop.iter().sum::<f64>() / 3.0;
    // A network that gives no number has not measured anything.
    Ok(bona_fide.is_finite().then(|| AttackFindings {
        bona_fide_by_crop,
        bona_fide,
        liveness_score: LIVENESS.score(bona_fide),
    }))
}

/// A crop inside a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CropBox {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl CropBox {
    /// The face's box scaled about its centre by `scale` or by what the picture allows, then shifted
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
