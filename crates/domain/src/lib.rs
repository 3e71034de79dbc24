//! What the product means: ids, resources, records, scopes, findings and verdicts. Pure: clock and
//! randomness are parameters.

pub mod contact;
pub mod device_view;
pub mod document_check;
mod document_evidence;
pub mod document_findings;
pub mod document_verdict;
pub mod events;
pub mod extended_json;
pub mod face_call;
pub mod face_findings;
pub mod face_verdict;
pub mod id;
pub mod journal;
pub mod lifecycle;
pub mod openers;
pub mod record;
pub mod records;
pub mod resources;
pub mod scope;

pub use record::{Record, RecordProblem};
pub use scope::{RecordTokenScope, Scope};
pub use verax_query::Timestamp;
