//! What the product means: ids, resources, records, scopes, findings and verdicts. Pure: clock and
//! randomness are parameters.

pub mod capture_page;
pub mod contact;
pub mod countries;
pub mod device_view;
pub mod document_check;
pub mod document_cross_checks;
mod document_evidence;
pub mod document_findings;
pub mod document_layouts;
pub mod document_reading;
pub mod document_summary;
pub mod document_verdict;
pub mod email_templates;
pub mod events;
pub mod extended_json;
pub mod face_call;
pub mod face_findings;
pub mod face_verdict;
mod failed_checks;
pub mod flow_settings;
pub mod id;
pub mod identification;
pub mod journal;
pub mod known_error_rates;
pub mod label_reading;
pub mod lifecycle;
pub mod national_numbers;
pub mod openers;
mod phone_numbers;
pub mod record;
pub mod records;
pub mod resources;
pub mod review_reasons;
pub mod role;
pub mod scope;
pub mod stored_reading;
pub mod webhook;

pub use record::{Record, RecordProblem};
pub use scope::{RecordTokenScope, Scope};
pub use verax_query::{Timestamp, fold};
