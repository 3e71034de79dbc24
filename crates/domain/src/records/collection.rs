//! A set that persons are in.

use verax_query::{Key, Resource};

use crate::resources::COLLECTIONS;

const TABLE: &Resource = &COLLECTIONS;
/// Its other name, taken wherever its id is.
pub const CODE: Key<str> = Key::text(TABLE, "code");
