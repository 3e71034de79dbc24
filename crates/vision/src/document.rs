//! Photographs of identity documents: what they show of screens, prints, swaps and edits.

mod blocks;
pub mod calibration;
mod colour;
mod copymove;
mod digital;
mod engine;
mod forensics;
mod heat;
mod measured;
mod outline;
pub mod planes;
mod portrait;
mod portraits;
mod print;
mod screen;
pub mod seeded;
mod spectrum;
mod texture;
pub mod trees;
pub mod weights;

pub use engine::{
    Checks, DocumentEngine, DocumentOperatingPoints, DocumentRequest, DocumentWeights,
    GhostPortrait,
};
pub use forensics::{FileForensics, READS_PROVENANCE, file_forensics, ijg_table};
pub use heat::{DocumentCheck, EvidenceMap, evidence};
pub use measured::{FeatureExtractor, MeasuredDocument, feature_names, features_version};
pub use portraits::with_portraits;
