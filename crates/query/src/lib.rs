//! List requests as checked values, and their SQL. Pure: no I/O, no clock, no driver.
//!
//! ```text
//! raw string ──Query::parse(resource)──> Query ──page_sql(dialect, tenant)──> Sql {static text, args}
//! ```

mod compat;
mod lookup;
mod names;
mod nearest;
mod parse;
mod position;
mod print;
mod query;
mod resource;
mod sql;
mod statements;
pub mod tally;
mod text;
mod time;
mod variants;
mod word_set;

pub use compat::{Compat, Count, Totals, Unstored};
pub use lookup::{Comparable, Key};
pub use parse::{Compared, Handling, OwnFilter, Problem, QUERY_BYTES_MAX};
pub use position::Position;
pub use query::{
    Condition, Ignored, Included, Page, Populate, Query, Retrieval, SelectedReverse, SortKey,
    Tenant, Test, Value,
};
pub use resource::{
    Audience, Deletion, Field, Form, Kind, Member, MemberKind, NotFound, Opener, PageSize,
    Relation, Resource, Reverse, Shown, Takes, Typed, Words,
};
pub use sql::{Arg, Dialect, Sql};
pub use statements::{After, Statement, Window};
pub use tally::{Slice, Tally};
pub use text::{fold, fold_address, is_id, is_invisible, nfc};
pub use time::{Timestamp, date};
pub use word_set::WordSet;
