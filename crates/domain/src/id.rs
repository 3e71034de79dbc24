//! Ids: 24 hexadecimal digits, time-ordered, as an ObjectId.

use std::fmt::Write;

use verax_query::Timestamp;

/// A new id: seconds since 1970 in 8 digits, the milliseconds of that second in 4, and 12 digits of
/// `random`. Ids made in a later millisecond sort later: the id breaks ties of `createdAt` in the order of
/// creation, and what is new is at the end of every index of ids, on pages that are in memory.
pub fn new_id(now: Timestamp, random: u64) -> String {
    let seconds = u32::try_from(now.0.div_euclid(1000)).unwrap_or(u32::MAX);
    let millis = now.0.rem_euclid(1000);
    let random = random & 0xffff_ffff_ffff;
    let mut id = String::with_capacity(24);
    // Writing to a String does not fail.
    let _ = write!(id, "{seconds:08x}{millis:04x}{random:012x}");
    id
}
