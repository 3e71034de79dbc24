//! What fields are made of: a function for each kind, with its name, its column and its words.

use verax_query::{
    Audience, Field, Kind, Member, MemberKind, Relation, Shown, WordSet, Words, fold_address,
};

use crate::contact::{typed_country, typed_email, typed_identifier, typed_phone};

pub(super) const fn id() -> Field {
    Field::new("_id", "id", Kind::Id, "The record's id.").required().on_devices()
}

pub(super) const fn related(
    name: &'static str,
    column: &'static str,
    relation: &'static Relation,
    doc: &'static str,
) -> Field {
    Field::new(name, column, Kind::Relation(relation), doc)
}

/// Text that is compared whole; where [`Field::folded`] names a column for it, it can be searched too.
pub(super) const fn text(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Text, doc)
}

/// An address that people type.
pub(super) const fn email(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    text(name, column, doc).typed_as(typed_email).folded_by(fold_address)
}

/// A phone number that people type.
pub(super) const fn phone(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    text(name, column, doc).typed_as(typed_phone)
}

/// The code of a country in front of a phone number.
pub(super) const fn country_code(doc: &'static str) -> Field {
    text("countryCode", "country_code", doc).typed_as(typed_country)
}

/// Who somebody is: an address, a number or a name.
pub(super) const fn identifier(doc: &'static str) -> Field {
    text("identifier", "identifier", doc).folded("identifier_folded").typed_as(typed_identifier)
}

pub(super) const fn word(
    name: &'static str,
    column: &'static str,
    words: &'static Words,
    doc: &'static str,
) -> Field {
    Field::new(name, column, Kind::Word(words), doc)
}

/// The checks that the record failed.
pub(super) const fn failed_checks(checks: &'static WordSet) -> Field {
    Field::new(
        "failedChecks",
        "failed_checks",
        Kind::Set(checks),
        "The checks that failed: an empty list where those that were made passed, absent where none was made.",
    )
    .on_retrieve()
}

pub(super) const fn flag(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Bool, doc)
}

pub(super) const fn integer(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Integer, doc)
}

pub(super) const fn number(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Number, doc)
}

pub(super) const fn time(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Time, doc)
}

/// Several texts, found by each of them.
pub(super) const fn texts(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Texts, doc)
}

pub(super) const fn json(
    name: &'static str,
    column: &'static str,
    members: &'static [Member],
    doc: &'static str,
) -> Field {
    Field::new(name, column, Kind::Json(members), doc)
}

pub(super) const fn member(name: &'static str, kind: MemberKind) -> Member {
    Member { name, kind, nullable: false, shown: Shown::List, audience: Audience::Client }
}

/// Devices see it too.
pub(super) const fn on_devices(member: Member) -> Member {
    Member { audience: Audience::Device, ..member }
}
