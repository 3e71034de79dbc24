//! What a check of a document found: kinds, numbers and places, no opinions.

use serde::{Deserialize, Serialize};

/// A box on the image as it was sent (upright), in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImageBox {
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
        region: ImageBox,
    },
    /// The image gets darker towards its edges: correlation of luma and distance.
    EdgeFalloff {
        correlation: f32,
    },
    /// Residuals of the colour channels hardly agree.
    ChannelDecorrelation {
        correlation: f32,
        region: ImageBox,
    },
    /// The noise or compression of a region differs from its surroundings.
    InconsistentRegion {
        measure: String,
        z: f32,
        region: ImageBox,
    },
    /// Two places hold the same pixels.
    CopiedRegion {
        matches: usize,
        from: ImageBox,
        to: ImageBox,
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
