//! A list request that has met the schema.

use crate::{Field, Relation, Resource, Reverse, Timestamp, Typed, Unstored};

/// A list request whose every name is known and whose every value has its field's type. Made by
/// [`Query::parse`] from what somebody sent, and by [`Query::of`] for the server's own look-ups.
#[derive(Clone, Debug)]
pub struct Query {
    pub(crate) resource: &'static Resource,
    /// All of these hold.
    pub(crate) conditions: Vec<Condition>,
    /// At least one of these holds, if there are any: the keys that begin with `?`.
    pub(crate) any: Vec<Condition>,
    /// One of the searchable texts contains this.
    pub(crate) search: Option<String>,
    pub(crate) sort: Vec<SortKey>,
    pub(crate) page: Page,
    pub(crate) included: Included,
    /// Answer the number of matches instead of the page.
    pub(crate) count_only: bool,
    /// Walk by cursors: from the beginning when it is empty, else from where this one was handed
    /// out. Not checked here.
    pub(crate) cursor: Option<String>,
    /// Do not tell how many records match.
    pub(crate) skip_total: bool,
    /// What was sent and means nothing here.
    pub(crate) ignored: Vec<Ignored>,
}

/// What a retrieve by id may ask for.
#[derive(Clone, Debug)]
pub struct Retrieval {
    pub(crate) resource: &'static Resource,
    pub(crate) included: Included,
    pub(crate) ignored: Vec<Ignored>,
}

/// A parameter that was left out of account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// As it was sent, decoded.
    pub parameter: String,
    /// What may have been meant, or why it means nothing: `did you mean status`.
    pub hint: Option<String>,
}

/// Which fields are shown, and which relations are shown as records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Included {
    /// `None`: all that this answer normally shows.
    pub(crate) columns: Option<Vec<&'static Field>>,
    pub(crate) populates: Vec<Populate>,
    /// Relations that no table holds.
    pub(crate) unstored: Vec<&'static Unstored>,
    pub(crate) reverses: Vec<SelectedReverse>,
}

/// Records that point here, as a request asks for them.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectedReverse {
    pub reverse: &'static Reverse,
    /// Which of them; `None`: all.
    pub(crate) only: Option<Condition>,
}

#[derive(Clone, Debug)]
pub struct Populate {
    pub field: &'static Field,
    pub relation: &'static Relation,
    /// The fields shown, in order; always `_id` first.
    pub shown: Vec<&'static Field>,
    /// Relations of the related record that are populated too.
    pub nested: Vec<Populate>,
    /// Those of them that no table holds.
    pub unstored: Vec<&'static Unstored>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub field: &'static Field,
    pub test: Test,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    In(Vec<Value>),
    /// Also true of a record that has no such field.
    NotIn(Vec<Value>),
    Less(Value),
    LessOrEqual(Value),
    Greater(Value),
    GreaterOrEqual(Value),
    Absent,
    Present,
    /// The folded field equals one of these folded texts.
    FoldedIn(Vec<String>),
    /// This folded field of the related record equals one of these folded texts.
    RelatedIn(&'static Field, Vec<String>),
    /// The folded field contains this folded text.
    Contains(String),
    /// Also true of a record that has no such field.
    ContainsNot(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Bool(bool),
    Integer(i64),
    Number(f64),
    Time(Timestamp),
    /// All of the day that begins at this moment; only in `In` and `NotIn`.
    Day(Timestamp),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SortKey {
    pub field: &'static Field,
    pub descending: bool,
}

/// A window on the sorted matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Records per page: at least 1, and no more than the resource allows.
    pub size: u32,
    /// Records before the window.
    pub skip: u64,
}

impl Page {
    /// The page's number as the answer reports it, from 1.
    pub fn number(self) -> u64 {
        self.skip / u64::from(self.size) + 1
    }
}

/// Whose records may be seen. There is no default: a statement cannot be made without one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Tenant {
    Client(String),
    /// Staff: the records of all clients.
    All,
}

impl Query {
    pub fn resource(&self) -> &'static Resource {
        self.resource
    }

    pub fn page(&self) -> Page {
        self.page
    }

    pub fn included(&self) -> &Included {
        &self.included
    }

    pub fn is_count_only(&self) -> bool {
        self.count_only
    }

    /// The cursor that was sent, if the list is walked by cursors; empty at the beginning.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    pub fn skips_total(&self) -> bool {
        self.skip_total
    }

    /// The same, not telling how many records match.
    pub fn without_total(self) -> Query {
        Query { skip_total: true, ..self }
    }

    /// What a cursor is bound to: the filters and the sort, in their canonical spelling.
    pub fn walk_identity(&self) -> String {
        let bare = Query {
            page: Page { size: 1, skip: 0 },
            included: Included::default(),
            count_only: false,
            cursor: None,
            skip_total: false,
            ignored: Vec::new(),
            ..self.clone()
        };
        format!("{}?{}", self.resource.name, bare.to_query_string())
    }

    /// What was sent and means nothing here: names that are not known, filters without a value.
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Of each of these groups at least one holds.
    pub fn any_of(&self) -> Vec<Vec<Condition>> {
        let searched = self.search.iter().map(|text| {
            let searchable = self.resource.fields.iter().filter(|field| field.folded.is_some());
            searchable
                .map(|field| Condition {
                    field,
                    test: Test::Contains(field.settled(text, Typed::Part)),
                })
                .collect()
        });
        let any = (!self.any.is_empty()).then(|| self.any.clone());
        any.into_iter().chain(searched).filter(|group: &Vec<Condition>| !group.is_empty()).collect()
    }

    pub fn sort(&self) -> &[SortKey] {
        &self.sort
    }

    /// The fields of a row of this list, in the order of the wire.
    pub fn shown(&self) -> Vec<&'static Field> {
        self.included.shown(self.resource, |field| field.shown == crate::Shown::List)
    }
}

impl Retrieval {
    pub fn resource(&self) -> &'static Resource {
        self.resource
    }

    pub fn included(&self) -> &Included {
        &self.included
    }

    /// What was sent and means nothing anywhere.
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    /// The fields of the record, in the order of the wire.
    pub fn shown(&self) -> Vec<&'static Field> {
        self.included.shown(self.resource, |_| true)
    }

    /// Everything there is, relations as ids: what an export writes.
    pub fn whole(resource: &'static Resource) -> Retrieval {
        Retrieval { resource, included: Included::default(), ignored: Vec::new() }
    }
}

impl Included {
    /// All columns of a populated record, and what is populated inside it.
    pub fn of(populate: &Populate) -> Included {
        let (populates, unstored) = (populate.nested.clone(), populate.unstored.clone());
        Included { populates, unstored, ..Included::default() }
    }

    pub fn populates(&self) -> &[Populate] {
        &self.populates
    }

    pub fn reverses(&self) -> &[SelectedReverse] {
        &self.reverses
    }

    /// Relations that are shown as there being nothing.
    pub fn unstored(&self) -> &[&'static Unstored] {
        &self.unstored
    }

    fn shown(
        &self,
        resource: &'static Resource,
        by_default: impl Fn(&Field) -> bool,
    ) -> Vec<&'static Field> {
        let chosen = |field: &&'static Field| match &self.columns {
            None => by_default(field),
            Some(columns) => field.name == "_id" || columns.contains(field),
        };
        resource.fields.iter().filter(chosen).collect()
    }
}

impl PartialEq for Populate {
    fn eq(&self, other: &Populate) -> bool {
        self.field == other.field
            && self.shown == other.shown
            && self.nested == other.nested
            && self.unstored == other.unstored
    }
}

impl PartialEq for Query {
    fn eq(&self, other: &Query) -> bool {
        std::ptr::eq(self.resource, other.resource)
            && self.conditions == other.conditions
            && self.any == other.any
            && self.search == other.search
            && self.sort == other.sort
            && self.page == other.page
            && self.included == other.included
            && self.count_only == other.count_only
            && self.cursor == other.cursor
            && self.skip_total == other.skip_total
    }
}

impl PartialEq for Reverse {
    fn eq(&self, other: &Reverse) -> bool {
        std::ptr::eq(self, other)
    }
}
