//! What was measured on a photographed identity document: numbers with units, no opinions.

use serde::{Deserialize, Serialize, Serializer};

use crate::document_check::PerCheck;

/// Everything measured on one picture. A check that was not asked for, or could not be made, is
/// `None`: it is never a pass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DocumentFindings {
    pub quality: PictureQuality,
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
    /// Calibrated probability that the picture is genuine in this respect, 0..=1; none when
    /// the picture offers nothing to measure.
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
    /// The picture was made small or compressed again, which hides what this check looks for.
    TracesLost,
    /// The file holds a signed manifest (C2PA), and the server was built without their reader.
    ManifestNotRead,
}

/// A box on the picture as it was sent (upright), in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PictureBox {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DocumentEvidence {
    /// A periodic pattern: `frequency` in cycles per pixel, standing out by `z` robust deviations,
    /// in `tiles` of `tiles_tried` windows.
    MoirePeak {
        frequency: f32,
        z: f32,
        tiles: usize,
        tiles_tried: usize,
        region: PictureBox,
    },
    /// The picture gets darker towards its edges: correlation of luma and distance.
    EdgeFalloff {
        correlation: f32,
    },
    /// Residuals of the colour channels hardly agree.
    ChannelDecorrelation {
        correlation: f32,
        region: PictureBox,
    },
    /// The 95th percentile of chroma after white balance, in CIE Lab units.
    GreyCopy {
        chroma_p95: f32,
    },
    /// Dots of the same structure in the portrait and in the background.
    UniformDots {
        similarity: f32,
    },
    /// The noise or compression of a region differs from its surroundings.
    InconsistentRegion {
        measure: String,
        z: f32,
        region: PictureBox,
    },
    /// Two places hold the same pixels.
    CopiedRegion {
        matches: usize,
        from: PictureBox,
        to: PictureBox,
    },
    /// The portrait and the small second portrait are different people, by the face comparison.
    GhostPortraitDiffers {
        similarity: f32,
        required: f32,
    },
    /// Quantisation tables that only this editor writes.
    EditorTables {
        editor: String,
    },
    /// A field that names an editor or a generator.
    EditorTag {
        field: String,
        value: String,
        generator: bool,
    },
    /// The file was modified so many seconds after it was taken.
    ModifiedAfterCapture {
        seconds: i64,
    },
    /// The file says it has another size than it has.
    SizeDisagrees {
        stated: (u32, u32),
        actual: (u32, u32),
    },
    /// The embedded preview shows something else.
    ThumbnailDiffers {
        correlation: f32,
    },
    /// Unknown quantisation tables in a file whose camera fields contradict each other.
    UnknownTables,
    /// A signed manifest states an edit, a generator, or does not fit the bytes.
    ProvenanceEdited {
        action: String,
    },
    ProvenanceGenerated {
        source_type: String,
    },
    ProvenanceBroken {
        status: String,
    },
    /// A valid signed manifest of a camera.
    ProvenanceCamera {
        claim_generator: String,
    },
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
            // A gallery that turns a picture, or an app that makes it small, does this too.
            Self::SizeDisagrees { .. }
            | Self::ModifiedAfterCapture { .. }
            | Self::UnknownTables => 0.6,
            _ => 1.0,
        }
    }
}

/// What limits the worth of any measurement on the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PictureQuality {
    pub width: u32,
    pub height: u32,
    /// Width of the document in pixels; of the picture when it was not found.
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
}

/// Where the document lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlacementFindings {
    /// Corners in pixels, clockwise from the top left; none when no outline was found.
    pub corners: Option<[(f32, f32); 4]>,
    /// Corners at least 1 % of the side inside the picture; meaningless without corners.
    pub corners_inside: u8,
    /// Share of the outline's area that lies in the picture.
    pub visible_share: f32,
}
