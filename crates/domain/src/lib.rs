//! What the product means: resources, states, findings and verdicts. Pure.
pub mod document_findings;
pub mod document_verdict;
