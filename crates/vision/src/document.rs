//! Photographs of identity documents: what they show of screens, prints, swaps and edits.

mod blocks;
pub mod boosting;
pub mod calibration;
pub mod captures;
mod colour;
mod copymove;
mod digital;
mod engine;
mod forensics;
mod heat;
mod outline;
mod planes;
mod portrait;
mod portraits;
mod print;
pub mod rates;
mod screen;
pub mod seeded;
pub mod simulator;
mod spectrum;
mod texture;
pub mod training;
pub mod training_set;
pub mod trees;
pub mod weights;

pub use engine::{
    Checks, DocumentEngine, DocumentOperatingPoints, DocumentRequest, DocumentWeights,
    GhostPortrait,
};
pub use forensics::{FileForensics, file_forensics, ijg_table};
pub use heat::{DocumentCheck, EvidenceMap, evidence};
pub use portraits::with_portraits;
