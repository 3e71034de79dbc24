//! Lists and records of every resource: read, answered and described, for whichever family has them.

pub mod calls;
pub mod description;
pub mod filters;
pub mod streams;
