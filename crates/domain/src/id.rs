//! Ids: 24 hexadecimal digits, time-ordered, as an ObjectId.

use std::fmt::Write;

use verax_query::Timestamp;

/// A new id: seconds since 1970 in 8 digits, then 16 digits of `random`. Ids made in a later
/// second sort later, so the id breaks ties of `createdAt` in the order of creation.
pub fn new_id(now: Timestamp, random: u64) -> String {
    let seconds = u32::try_from(now.0.div_euclid(1000)).unwrap_or(u32::MAX);
    let mut id = String::with_capacity(24);
    // Writing to a String does not fail.
    let _ = write!(id, "{seconds:08x}{random:016x}");
    id
}
