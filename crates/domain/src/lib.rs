//! What the product means: ids, resources, records, scopes. Pure: clock and randomness are
//! parameters.

pub mod id;
pub mod record;
pub mod resources;
pub mod scope;

pub use record::{Record, RecordProblem};
pub use scope::Scope;
pub use verax_query::Timestamp;
