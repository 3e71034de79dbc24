//! A batch: changes that hold together or not at all.

use verax_domain::Timestamp;
use verax_domain::events::{Certainty, Entry, Event};
use verax_query::Sql;

/// Statements that are committed together, each with the number of rows it must touch.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(crate) statements: Vec<(Sql, Rows)>,
    /// Personal data goes: nothing of it may be left in a log.
    pub(crate) erases: bool,
    /// What its changes are to those who are told: see [`Batch::journal`].
    pub(crate) events: Vec<Event>,
}

/// How many rows a statement must touch; another number rolls the whole batch back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    Exactly(u64),
    Any,
}

impl Batch {
    pub fn push(&mut self, sql: Sql, rows: Rows) -> &mut Batch {
        self.statements.push((sql, rows));
        self
    }

    /// Adds the statements of another batch after its own.
    pub fn append(&mut self, mut other: Batch) -> &mut Batch {
        self.statements.append(&mut other.statements);
        self.erases |= other.erases;
        self.events.append(&mut other.events);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// What a change of this record is to those who are told. Every method that changes a record calls it.
    pub(crate) fn journal(
        &mut self,
        entry: Entry,
        (client, record): (&str, &str),
        certainty: Certainty,
        at: Timestamp,
    ) -> &mut Batch {
        if let Entry::Event(kind, stamp) = entry {
            let (client, record) = (client.to_owned(), record.to_owned());
            self.events.push(Event { kind, client, record, at, certainty, stamp });
        }
        self
    }

    /// What happens when it is committed.
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}
