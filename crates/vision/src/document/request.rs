//! What is asked of an image, and what others have found on it.

use verax_domain::document_check::PerCheck;
use verax_domain::document_findings::ImageBox;

use super::quad::DocumentLocation;

/// The face comparison's answer about the main and the second portrait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GhostPortrait {
    pub similarity: f32,
    pub required: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DocumentRequest {
    /// Which checks to make.
    pub checks: PerCheck<bool>,
    /// The largest face that the face detector found, in pixels of the upright image.
    pub face: Option<ImageBox>,
    pub ghost: Option<GhostPortrait>,
    /// Where the document lies, when it was sought before; none has it sought.
    pub location: Option<DocumentLocation>,
}

impl DocumentRequest {
    pub const ALL: Self =
        Self { checks: PerCheck::all(true), face: None, ghost: None, location: None };
}
