//! How a check ends that nobody has read first: one statement, and the event that it is to others.

use verax_domain::Timestamp;
use verax_domain::events::{Certainty, Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_query::{Arg, Sql};

use crate::batch::{Batch, Rows};
use crate::tables::records::push_record_key;

/// The end of one check.
#[derive(Clone, Debug)]
pub struct CheckEnd<'a> {
    pub event: EventKind,
    pub client: &'a str,
    pub id: &'a str,
    /// Columns of what was found, and their values.
    pub found: Vec<(&'static str, Arg)>,
    pub certainty: Certainty,
    pub stamp: Stamp,
}

impl Batch {
    /// The record moves to the state of the event, from one in which that can happen, and says what was
    /// found. With [`Certainty::Changed`] the batch is a `Conflict` where it stands elsewhere.
    pub fn end_check(&mut self, end: CheckEnd<'_>, now: Timestamp) -> &mut Batch {
        let CheckEnd { event, client, id, found, certainty, stamp } = end;
        let row = event.event_type();
        let resource = row.resource;
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(resource.table).push(" SET updated_at = ");
        sql.bind(Arg::Integer(now.0));
        sql.push(", status = ").bind(Arg::Text(row.to.unwrap_or_default().to_owned()));
        for (column, value) in found {
            sql.push(", ").push(column).push(" = ").bind(value);
        }
        push_record_key(&mut sql, resource, client, id);
        for (index, state) in row.from.iter().enumerate() {
            sql.push(if index > 0 { ", " } else { " AND status IN (" });
            sql.bind(Arg::Text((*state).to_owned()));
        }
        sql.push(")");
        self.push(
            sql,
            match certainty {
                Certainty::Changed => Rows::Exactly(1),
                Certainty::ChangedIfOpen => Rows::Any,
            },
        );
        self.journal(Entry::Event(event, stamp), (client, id), certainty, now)
    }
}
