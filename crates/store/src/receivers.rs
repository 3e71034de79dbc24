//! Who is told of events. A receiver adds its statements to the batch that makes the change, so that
//! both are committed or neither. It is a file in `receivers/` and its line in [`RECEIVERS`].

mod deliveries;
mod journal;

use verax_domain::events::Event;

use crate::batch::Batch;

/// Adds to a batch what this event is to one receiver.
pub type Receiver = fn(&mut Batch, &Event);

/// All of them.
pub static RECEIVERS: &[Receiver] = &[journal::write, deliveries::queue];

/// Tells the receivers of all events of a batch, in their order.
pub fn tell(batch: &mut Batch, receivers: &[Receiver]) {
    for event in std::mem::take(&mut batch.events) {
        for receiver in receivers {
            receiver(batch, &event);
        }
    }
}

#[cfg(test)]
mod tests {
    use verax_domain::Timestamp;
    use verax_domain::events::EventKind;
    use verax_domain::journal::{Principal, Stamp};
    use verax_domain::records::document_check::DocumentCheckRecord;
    use verax_query::Sql;

    use super::*;
    use crate::Rows;

    fn failed_check() -> Batch {
        let mut batch = Batch::default();
        let check = DocumentCheckRecord::resumed("d1".to_owned(), "acme".to_owned(), None);
        let (id, salt, request) = ("e1".to_owned(), "00".to_owned(), None);
        let stamp = Stamp { id, salt, actor: Principal::System, request };
        let failed = check.fail("no image", Timestamp(7)).expect("it runs");
        batch.transition(&failed, Timestamp(7), stamp);
        batch
    }

    #[test]
    fn nothing_is_written_where_nobody_is_told() {
        let mut batch = failed_check();
        tell(&mut batch, &[]);
        assert_eq!(batch.len(), 1, "the change alone");
    }

    #[test]
    fn every_receiver_is_told_in_the_batch_of_the_change() {
        fn receiver(batch: &mut Batch, event: &Event) {
            assert_eq!(event.kind, EventKind::DocumentCheckFailed);
            assert_eq!((event.client.as_str(), event.record.as_str()), ("acme", "d1"));
            assert_eq!(event.at, Timestamp(7));
            let mut sql = Sql::default();
            sql.push("INSERT");
            batch.push(sql, Rows::Exactly(1));
        }
        let mut batch = failed_check();
        tell(&mut batch, &[receiver, receiver]);
        assert_eq!(batch.len(), 3);
    }
}
