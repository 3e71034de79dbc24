//! Whether an image has colour: what a grey copy and a grey file are.

use crate::document_findings::ColourFindings;

/// Chroma of the document beside that of the light (CIE Lab, 90th percentile) below which it counts
/// as a grey copy.
pub const GREY_COPY_CHROMA: f32 = 3.0;
/// Share of pixels with equal channels from which a file counts as grey.
pub const GREY_FILE_SHARE: f32 = 0.99;

/// A file without colour, or a document without: where none was found, nothing is said of a table.
pub fn is_colourless(colour: &ColourFindings) -> bool {
    is_grey_file(colour) || colour.chroma_residual_p90.is_some_and(|most| most < GREY_COPY_CHROMA)
}

/// Whether anything can be said of the document's colour.
pub fn is_colour_checked(colour: &ColourFindings) -> bool {
    is_grey_file(colour) || colour.chroma_residual_p90.is_some()
}

pub(super) fn is_grey_file(colour: &ColourFindings) -> bool {
    colour.grey_share >= GREY_FILE_SHARE
}
