//! Presentation-attack detection learned by the operator: a linear head on the backbone's features of two crops.

use std::sync::Arc;

use verax_domain::face_findings::{AttackFindings, DetectedFace};
use verax_domain::face_verdict::attack_rejection;

use super::attack::CropBox;
use super::calibration::Calibration;
use super::resample::{View, resize};
use crate::backbone::Backbone;
use crate::document::head::Head;
use crate::document::planes::Colours;
use crate::document::weights::WeightsError;
use crate::image::Image;
use crate::network::{NetworkError, Runtime};

/// How much larger than the face's box the two crops are: the face itself, and what is round it.
const SCALES: [f64; 2] = [1.5, 2.7];
const CROP_SIDE_PX: usize = 224;

/// A trained head with the backbone that it was trained on. Cloning it copies no weights.
#[derive(Clone)]
pub struct AttackHead {
    backbone: Arc<Backbone>,
    head: Arc<Head>,
    calibration: Calibration,
}

impl AttackHead {
    /// Its name in a head's file.
    pub const CHECK: &'static str = "attack";

    /// `json`: what `verax train attacks` writes. `version` names it in reports.
    ///
    /// # Errors
    /// It cannot be read, is for something else, belongs to another backbone, or its threshold is no share between 0
    /// and 1.
    pub fn read(
        backbone: Arc<Backbone>,
        json: &str,
        version: String,
    ) -> Result<Self, WeightsError> {
        let head = Head::read(Self::CHECK, backbone.digest(), json)?;
        let threshold = head.thresholds.regular;
        if !(threshold > 0.0 && threshold < 1.0) {
            let reason = "their threshold REGULAR must be above 0 and below 1".to_owned();
            return Err(WeightsError::Unfit { check: Self::CHECK, reason });
        }
        let calibration = Calibration::of_liveness(version, threshold);
        Ok(Self { backbone, head: Arc::new(head), calibration })
    }

    /// Its threshold REGULAR gets the protocol's default score.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    pub fn runtime(&self) -> Runtime {
        self.backbone.runtime()
    }

    /// None where [`attack_features`] gives none.
    pub(super) fn bona_fide(
        &self,
        image: &Image,
        face: &DetectedFace,
    ) -> Result<Option<AttackFindings>, NetworkError> {
        let Some(features) = attack_features(&self.backbone, image, face)? else { return Ok(None) };
        let bona_fide = self.head.score(&features);
        // A network that gives no number has not measured anything.
        Ok(bona_fide.is_finite().then(|| AttackFindings {
            bona_fide_by_crop: None,
            bona_fide,
            liveness_score: self.calibration.score(bona_fide),
        }))
    }
}

/// 3072 numbers: those of the tight crop, then those of the wide one. None when the face fills the image, is tilted
/// too far ([`attack_rejection`]) or has no area inside it.
pub(super) fn attack_features(
    backbone: &Backbone,
    image: &Image,
    face: &DetectedFace,
) -> Result<Option<Vec<f32>>, NetworkError> {
    if attack_rejection(face, image.width, image.height).is_some() {
        return Ok(None);
    }
    let mut features = Vec::new();
    for scale in SCALES {
        let Some(crop) = upright_crop(image, face, scale) else { return Ok(None) };
        features.extend(backbone.view(&crop)?);
    }
    Ok(Some(features))
}

fn upright_crop(image: &Image, face: &DetectedFace, scale: f64) -> Option<Colours> {
    let CropBox { left, top, width, height } =
        CropBox::round(face, image.width, image.height, scale)?;
    let view = View::part(image, left, top, width, height)?;
    // Enlarged between pixels, made smaller by the mean of areas: neither adds an edge or a pattern.
    let crop = resize(view, width.max(CROP_SIDE_PX), height.max(CROP_SIDE_PX));
    let upright = crop.turned_back(face.quarter_turns());
    Some(Colours::exactly(&upright, CROP_SIDE_PX, CROP_SIDE_PX))
}
