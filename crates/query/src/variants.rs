//! Queries near a query: another page of it, another order, one condition less. What the links and forms
//! of a page are made of.

use crate::parse::include::populated;
use crate::query::{Condition, Included, Page, Query, Retrieval, SortKey};
use crate::{Field, Kind, Relation, Resource};

impl Query {
    /// The same matches, beginning after so many.
    pub fn at(mut self, skip: u64) -> Query {
        self.page = Page { skip, ..self.page };
        self
    }

    /// The same list from its beginning: neither a later page of it, nor a walk by cursors, nor a mere
    /// count.
    pub fn from_the_beginning(self) -> Query {
        Query { cursor: None, count_only: false, skip_total: false, ..self }.at(0)
    }

    /// The first page in the order of this field alone.
    pub fn sorted_by(self, field: &'static Field, descending: bool) -> Query {
        Query { sort: vec![SortKey { field, descending }], ..self }.at(0)
    }

    /// The first page of what the conditions leave that pass, of those that must all hold.
    pub fn keeping(mut self, passes: impl Fn(&Condition) -> bool) -> Query {
        self.conditions.retain(passes);
        self.at(0)
    }

    /// The same for the conditions of which one must hold.
    pub fn keeping_alternatives(mut self, passes: impl Fn(&Condition) -> bool) -> Query {
        self.any.retain(passes);
        self.at(0)
    }

    /// The first page of what is left without the search.
    pub fn without_search(self) -> Query {
        Query { search: None, ..self }.at(0)
    }

    /// What one of the searchable texts contains.
    pub fn search(&self) -> Option<&str> {
        self.search.as_deref()
    }

    /// Of these at least one holds, if there are any.
    pub fn alternatives(&self) -> &[Condition] {
        &self.any
    }

    /// Whether the request names the fields that are shown.
    pub fn names_columns(&self) -> bool {
        self.included.columns.is_some()
    }

    /// The same, not saying which fields are shown.
    pub fn with_all_columns(mut self) -> Query {
        self.included.columns = None;
        self
    }

    /// The same with these relations of a row as records, too.
    pub fn populating(mut self, shows: impl Fn(&Field, &Relation) -> bool) -> Query {
        self.included.populate(self.resource, shows);
        self
    }
}

impl Retrieval {
    /// The same with these relations as records, too.
    pub fn populating(mut self, shows: impl Fn(&Field, &Relation) -> bool) -> Retrieval {
        self.included.populate(self.resource, shows);
        self
    }
}

impl Included {
    fn populate(&mut self, resource: &'static Resource, shows: impl Fn(&Field, &Relation) -> bool) {
        for field in resource.fields {
            let (Kind::Relation(relation) | Kind::Relations(relation)) = &field.kind else {
                continue;
            };
            let is_there = self.populates.iter().any(|known| known.field == field);
            if !is_there && shows(field, relation) {
                self.populates.push(populated(field, relation));
            }
        }
    }
}
