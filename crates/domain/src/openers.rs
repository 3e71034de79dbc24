//! Which tokens for one record open a record of another resource, or that record itself.

use serde_json::Value;
use verax_query::Resource;

use crate::RecordTokenScope;

/// A kind of record whose token opens a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opener {
    pub kind: RecordTokenScope,
    /// Whether it may also set the record aside.
    pub may_delete: bool,
    field: &'static str,
}

impl Opener {
    /// The id of whose token opens this record; none: it belongs to no such record.
    pub fn subject_of<'a>(&self, record: &'a Value) -> Option<&'a str> {
        record.get(self.field)?.as_str()
    }
}

/// What the table of resources lists for this one.
pub fn openers(resource: &Resource) -> impl Iterator<Item = Opener> {
    resource.opened_by.iter().filter_map(|opener| {
        let kind = RecordTokenScope::from_word(opener.scope)?;
        Some(Opener { kind, may_delete: opener.may_delete, field: opener.field })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::ALL;

    #[test]
    fn every_opener_names_a_kind_of_token_and_a_field() {
        for resource in ALL {
            assert_eq!(openers(resource).count(), resource.opened_by.len(), "{}", resource.name);
            for opener in openers(resource) {
                assert!(resource.field(opener.field).is_some(), "{}: {opener:?}", resource.name);
            }
        }
    }
}
