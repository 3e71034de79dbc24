//! Photographs of identity documents: what they show of screens, prints, swaps and edits.

mod blocks;
pub mod calibration;
mod check_method;
mod checks;
mod colour;
mod copymove;
mod engine;
mod forensics;
mod grey_copy;
pub(crate) mod head;
mod heat;
mod locator;
mod measured;
pub mod planes;
mod portraits;
mod quad;
mod request;
pub mod seeded;
mod spectrum;
mod texture;
pub mod trees;
pub mod weights;

pub use checks::{SHIPPED_SCREEN_HEAD, feature_names, features_version, shipped_trees};
pub use engine::{DocumentEngine, DocumentModels};
pub use forensics::{FileForensics, READS_PROVENANCE, file_forensics, ijg_table};
pub use grey_copy::chroma_residual;
pub use head::Head;
pub use heat::{EvidenceMap, evidence};
pub use locator::{LocatedDocument, Locator};
pub use measured::{FeatureExtractor, MeasuredDocument};
pub use portraits::with_portraits;
pub use quad::{DocumentLocation, Quad, rectified, rectified_to, square_to_quad};
pub use request::{DocumentRequest, GhostPortrait};
