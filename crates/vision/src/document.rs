//! Photographs of identity documents: what they show of screens, prints, swaps and edits.

pub mod boosting;
pub mod calibration;
pub mod forensics;
pub mod planes;
pub mod screen;
pub mod seeded;
pub mod simulator;
pub mod spectrum;
pub mod texture;
pub mod training;
pub mod trees;
pub mod weights;
