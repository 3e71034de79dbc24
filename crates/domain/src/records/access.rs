//! Somebody has looked at an image.

use verax_query::{Key, Resource};

use crate::journal::Stamp;
use crate::resources::ACCESSES;
use crate::{Record, Timestamp};

const TABLE: &Resource = &ACCESSES;
const RESOURCE: Key<str> = Key::text(TABLE, "resource");
const RECORD: Key<str> = Key::text(TABLE, "record");
const PART: Key<str> = Key::text(TABLE, "part");
const ACTOR: Key<str> = Key::text(TABLE, "actor");
const PURPOSE: Key<str> = Key::text(TABLE, "purpose");
const REQUEST: Key<str> = Key::text(TABLE, "request");
const CREATED_AT: Key<Timestamp> = Key::time(TABLE, "createdAt");

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub resource: &'static Resource,
    pub record: &'a str,
    /// `image`, `back-image`, `face`, `evidence` or `evidence/<check>`.
    pub part: &'a str,
}

impl Seen<'_> {
    /// The record of it: among whose records, by whom, and what for.
    pub fn access(
        &self,
        client: &str,
        purpose: Option<&str>,
        by: &Stamp,
        now: Timestamp,
    ) -> Record {
        let mut record = Record::of(TABLE, &by.id, client);
        record
            .set(RESOURCE, Some(self.resource.name))
            .set(RECORD, Some(self.record))
            .set(PART, Some(self.part))
            .set(ACTOR, Some(by.actor.text().as_str()))
            .set(PURPOSE, purpose)
            .set(REQUEST, by.request.as_deref())
            .set(CREATED_AT, Some(&now));
        record
    }
}
