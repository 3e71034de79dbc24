//! Whether an image has colour: what a grey copy and a grey file are.

use crate::document_findings::ColourFindings;

/// Chroma (CIE Lab, 95th percentile, after white balance) below which a copy counts as grey.
pub const GREY_COPY_CHROMA_P95: f32 = 9.0;
/// Share of pixels with equal channels from which a file counts as grey.
pub const GREY_FILE_SHARE: f32 = 0.99;

pub fn is_colourless(colour: &ColourFindings) -> bool {
    colour.grey_share >= GREY_FILE_SHARE || colour.chroma_p95 < GREY_COPY_CHROMA_P95
}
