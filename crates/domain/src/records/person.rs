//! A person who is enrolled.

use verax_query::{Key, Resource};

use super::{StoredRecord, UnreadableRecord, Values};
use crate::resources::PERSONS;
use crate::{Record, Timestamp};

const TABLE: &Resource = &PERSONS;
pub const ID: Key<str> = Key::text(TABLE, "_id");
const CLIENT: Key<str> = Key::text(TABLE, "client");
pub const NAME: Key<str> = Key::text(TABLE, "name");
pub const GENDER: Key<str> = Key::text(TABLE, "gender");
pub const DATE_OF_BIRTH: Key<str> = Key::text(TABLE, "date_of_birth");
pub const NATIONALITY: Key<str> = Key::text(TABLE, "nationality");
pub const COLLECTIONS: Key<[String]> = Key::ids(TABLE, "collections");
pub const NOTES: Key<str> = Key::text(TABLE, "notes");
const EMAIL: Key<str> = Key::text(TABLE, "email");
const PHONE: Key<str> = Key::text(TABLE, "phone");
const STATUS: Key<str> = Key::text(TABLE, "status");
pub const CREATED_AT: Key<Timestamp> = Key::time(TABLE, "createdAt");
pub const UPDATED_AT: Key<Timestamp> = Key::time(TABLE, "updatedAt");

/// Whoever is enrolled is in use from then on.
const IN_USE: &str = "active";

/// A person, as far as it makes them the same as another: two of one name and day of birth in one collection are one.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub id: String,
    pub client: String,
    pub name: String,
    /// `YYYY-MM-DD`.
    pub date_of_birth: Option<String>,
    /// Ids of collections.
    pub collections: Vec<String>,
}

/// What is said of a person; what is `None` is not said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonDetails {
    /// Digits are removed.
    pub name: Option<String>,
    /// `M` or `F`.
    pub gender: Option<String>,
    /// `YYYY-MM-DD`.
    pub date_of_birth: Option<String>,
    pub nationality: Option<String>,
    /// Ids of collections.
    pub collections: Option<Vec<String>>,
    pub notes: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// Whether the person is in use: `active`, `inactive` or `pending`.
    pub status: Option<String>,
}

impl StoredRecord for Person {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<Person, UnreadableRecord> {
        Ok(Person {
            id: values.required(ID, values.text(ID))?,
            client: values.required(CLIENT, values.text(CLIENT))?,
            name: values.text(NAME).unwrap_or_default(),
            date_of_birth: values.text(DATE_OF_BIRTH),
            collections: values.texts(COLLECTIONS),
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl PersonDetails {
    /// Whether they say something of what makes a person the same.
    pub fn identifies(&self) -> bool {
        self.name.is_some() || self.date_of_birth.is_some() || self.collections.is_some()
    }
}

impl Person {
    /// Somebody who is enrolled now, and the record of it.
    pub fn enrol(
        (id, client): (&str, &str),
        details: &PersonDetails,
        now: Timestamp,
    ) -> (Person, Record) {
        let (id, client) = (id.to_owned(), client.to_owned());
        let (name, date_of_birth, collections) = Default::default();
        let nobody = Person { id, client, name, date_of_birth, collections };
        let (person, mut record) = nobody.change(details);
        record
            .set(NAME, Some(person.name.as_str()))
            .set(COLLECTIONS, Some(person.collections.as_slice()))
            .set(STATUS, Some(IN_USE))
            .set(CREATED_AT, Some(&now))
            .set(UPDATED_AT, Some(&now));
        (person, record)
    }

    /// The person as they are with these details, and what changes.
    pub fn change(mut self, details: &PersonDetails) -> (Person, Record) {
        let mut changes = Record::of(TABLE, &self.id, &self.client);
        if let Some(name) = &details.name {
            self.name = without_digits(name);
            changes.set(NAME, Some(self.name.as_str()));
        }
        if let Some(day) = &details.date_of_birth {
            self.date_of_birth = Some(day.clone());
        }
        if let Some(collections) = &details.collections {
            self.collections = collections.clone();
        }
        changes
            .set(GENDER, details.gender.as_deref())
            .set(DATE_OF_BIRTH, details.date_of_birth.as_deref())
            .set(NATIONALITY, details.nationality.as_deref())
            .set(COLLECTIONS, details.collections.as_deref())
            .set(NOTES, details.notes.as_deref())
            .set(EMAIL, details.email.as_deref())
            .set(PHONE, details.phone.as_deref())
            .set(STATUS, details.status.as_deref());
        (self, changes)
    }
}

/// A name as it is kept: without digits, with one space between its words.
pub fn without_digits(name: &str) -> String {
    let name: String = name.chars().filter(|letter| !letter.is_numeric()).collect();
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
