//! What was measured on a photographed identity document: numbers with units, no opinions.

use serde::{Deserialize, Serialize, Serializer};

use crate::document_check::PerCheck;
pub use crate::document_evidence::{DocumentEvidence, ImageBox};

/// Everything measured on one image. A check that was not asked for, or could not be made, is
/// `None`: it is never a pass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DocumentFindings {
    pub quality: ImageQuality,
    pub colour: ColourFindings,
    pub placement: PlacementFindings,
    /// Members beside the others, by their short names.
    #[serde(flatten, serialize_with = "by_short_name")]
    pub checks: PerCheck<Option<CheckFinding>>,
}

fn by_short_name<S: Serializer>(
    checks: &PerCheck<Option<CheckFinding>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    checks.each_ref().map(Some).serialize_by(|entry| entry.short_name, to)
}

/// A model's answer for one check, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckFinding {
    /// Calibrated probability that the image is genuine in this respect, 0..=1; none when
    /// the image offers nothing to measure.
    pub score: Option<f64>,
    /// Most telling first.
    pub evidence: Vec<DocumentEvidence>,
    /// The check could be made on a part of what it needs only (no portrait found, grey file …).
    pub limits: Vec<CheckLimit>,
}

/// Why an answer is worth less than usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckLimit {
    /// The portrait's place was assumed, not found.
    PortraitPlaceAssumed,
    /// Colour could not be used.
    NoColour,
    /// The image was made small or compressed again, which hides what this check looks for.
    TracesLost,
    /// The file holds a signed manifest (C2PA), and the server was built without their reader.
    ManifestNotRead,
    /// Grey copies are told, prints in colour are not.
    ColourPrintsNotChecked,
    /// What the file states was read, and its pixels were not judged.
    EditedPixelsNotChecked,
    /// The backbone is not installed: trees on features of our own scored this, which tell less.
    WithoutBackbone,
}

impl DocumentEvidence {
    /// The highest score that this evidence leaves, 1.0 when it only explains.
    pub fn score_cap(&self) -> f64 {
        match self {
            Self::ProvenanceEdited { .. }
            | Self::ProvenanceGenerated { .. }
            | Self::ProvenanceBroken { .. }
            | Self::EditorTag { generator: true, .. }
            | Self::GhostPortraitDiffers { .. } => 0.05,
            Self::EditorTag { .. } | Self::EditorTables { .. } | Self::ThumbnailDiffers { .. } => {
                0.25
            }
            // A gallery that turns an image, or an app that makes it small, does this too.
            Self::SizeDisagrees { .. }
            | Self::ModifiedAfterCapture { .. }
            | Self::UnknownTables => 0.6,
            _ => 1.0,
        }
    }
}

/// What limits the worth of any measurement on the image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImageQuality {
    pub width: u32,
    pub height: u32,
    /// Width of the document in pixels; of the image when it was not found.
    pub document_width_px: f32,
    /// Variance of the Laplacian of luma at a longest side of 1000 px.
    pub sharpness: f32,
    /// Share of pixels where all channels are above 250.
    pub glare_share: f32,
    /// Estimated JPEG quality 1..=100; none for other formats.
    pub jpeg_quality: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ColourFindings {
    /// Share of pixels whose channels differ by at most 2 levels.
    pub grey_share: f32,
    /// Median and 95th percentile of CIE Lab chroma after white balance.
    pub chroma_p50: f32,
    pub chroma_p95: f32,
    /// 90th percentile of the document's chroma once the light's cast is accounted for, in CIE Lab
    /// units; none when no document was found.
    pub chroma_residual_p90: Option<f32>,
}

/// Where the document lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlacementFindings {
    /// Corners in pixels, clockwise from the top left; none when no outline was found.
    pub corners: Option<[(f32, f32); 4]>,
    /// Corners at least 1 % of the side inside the image; meaningless without corners.
    pub corners_inside: u8,
    /// Share of the outline's area that lies in the image.
    pub visible_share: f32,
}
