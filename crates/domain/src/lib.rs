//! What the product means: resources, states, findings and verdicts. Pure.

pub mod face_findings;
pub mod face_verdict;
