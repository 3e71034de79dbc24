//! What a listed thing is: the one table entry that parsing, SQL, JSON, OpenAPI and docs read.

use std::borrow::Cow;

use crate::{Compat, WordSet, fold};

/// A listed thing. Everything that a list, a retrieve, an import or a page of documentation knows
/// about it is in this value; what is not a field here cannot be shown, filtered or sorted.
pub struct Resource {
    /// The path segment and the name on the command line: `biometric-validations`.
    pub name: &'static str,
    /// One record, as a sentence begins with it: `Biometric validation`.
    pub title: &'static str,
    pub doc: &'static str,
    pub table: &'static str,
    /// In the order of the wire. The first is `_id`.
    pub fields: &'static [Field],
    /// Relations that point here from elsewhere, shown by `with[]`.
    pub reverse: &'static [Reverse],
    /// The column that holds the owning client; the clients' own table answers with its id.
    pub tenant_column: &'static str,
    pub page_size: PageSize,
    /// Whether the envelope ends with `signature`.
    pub signed: bool,
    /// Prefixes under which it is served (`v2`, `v3`); none: it has no list of its own.
    pub versions: &'static [&'static str],
    /// A token with any one of these scopes may read it.
    pub scopes: &'static [&'static str],
    /// Which tokens for one record open one of these too.
    pub opened_by: &'static [Opener],
    /// How one is deleted; `None`: it goes with what it belongs to.
    pub deletion: Option<Deletion>,
    pub not_found: NotFound,
    /// What is counted ahead, so that totals and deep pages cost the same at any size.
    pub tally: Option<&'static Tally>,
    /// What clients of the protocol expect of it in particular.
    pub compat: Compat,
}

#[derive(Debug)]
pub struct PageSize {
    /// Its native name on the wire, echoed in `pagination`: `perPage` or `limit`.
    pub name: &'static str,
    pub default: u32,
}

/// How a record is deleted.
#[derive(Debug)]
pub struct Deletion {
    /// Prefixes under which one is deleted by its id; none: its family has a call of its own.
    pub under: &'static [&'static str],
    pub takes: Takes,
}

/// What a deletion takes with the record, besides its tokens and the answers about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    /// Records that are nothing without it.
    Parts,
    /// What says who somebody is, in other records too.
    Identity,
    /// The image that was stored of a face, and the session it was taken in.
    FaceImage,
    /// The image that was stored of a document, and the work that waits for it.
    DocumentImage,
    /// The images of both sides of a document that was read, and its portrait.
    ReadDocument,
    /// The faces of whoever it is, and that others name them.
    Faces,
    /// That others are in it.
    Memberships,
}

/// The token for one record that opens another, or that record itself.
#[derive(Debug)]
pub struct Opener {
    /// What the token is for, in the word that it has in it: `registration`.
    pub scope: &'static str,
    /// The field that names the token's record; `_id`: it is that record.
    pub field: &'static str,
    /// Whether it may also set the record aside.
    pub may_delete: bool,
}

/// The 404 of this resource, in its family's words.
#[derive(Debug)]
pub struct NotFound {
    pub code: &'static str,
    pub error: &'static str,
}

pub struct Field {
    pub name: &'static str,
    pub column: &'static str,
    pub kind: Kind,
    pub shown: Shown,
    /// Present in every record: the column is NOT NULL, so sorting needs no `NULLS LAST`.
    pub required: bool,
    /// The column that holds the folded text for `like_` and `where-case-insensitive_`.
    pub folded: Option<&'static str>,
    /// JSON only: the column with the form that a retrieve shows, when it says more.
    pub full: Option<&'static str>,
    pub audience: Audience,
    /// Text that people type in several ways: the form in which it is looked for.
    pub typed: Option<fn(&str, Typed) -> String>,
    /// Whether a body may say it: all else is the server's to write.
    pub writable: bool,
    /// Whether lists of records that point here can be filtered by it. It is folded.
    pub filters_related: bool,
    /// What makes one of texts that are looked for alike.
    pub folding: fn(&str) -> String,
    pub doc: &'static str,
}

/// How much of a value was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    Whole,
    /// What the value may contain.
    Part,
}

/// To whom a value is shown. A new one is for clients: devices see what is listed for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// Whoever has a client's token.
    #[default]
    Client,
    /// Also whoever has the token of one record, or none: the device of the person who is checked.
    Device,
}

#[derive(Debug)]
pub enum Kind {
    /// The record's own id.
    Id,
    /// Text; filters compare byte by byte.
    Text,
    Word(&'static Words),
    Bool,
    Integer,
    Number,
    /// A moment: milliseconds in the database, RFC 3339 on the wire.
    Time,
    /// A day of the calendar: the text `YYYY-MM-DD` in the database and on the wire.
    Date,
    /// The id of another record, or that record's projection when populated.
    Relation(&'static Relation),
    /// The ids of other records, stored as a JSON list; equal to a value when it is one of them.
    Relations(&'static Relation),
    /// Texts, stored as a JSON list; equal to a value when it is one of them.
    Texts,
    /// Several words, stored as a bit mask; equal to a value when it is one of them.
    Set(&'static WordSet),
    /// A nested object, stored as JSON text in the form that a list shows.
    Json(&'static [Member]),
}

/// The words of an enumeration.
#[derive(Debug)]
pub struct Words {
    pub words: &'static [&'static str],
    /// Words that mean another one when filtering and importing: `("validated", "completed")`.
    pub synonyms: &'static [(&'static str, &'static str)],
    /// An import keeps words that are not in the list (other systems have their own).
    pub open: bool,
}

/// Which fields of a resource its tally tells apart.
#[derive(Debug)]
pub struct Tally {
    pub status: &'static Words,
    /// `None`: the resource has no types.
    pub kind: Option<&'static Words>,
}

#[derive(Debug)]
pub struct Relation {
    pub resource: &'static Resource,
    /// What populating shows, in this order. Names of fields of `resource`.
    pub projection: &'static [&'static str],
}

/// A relation seen from its other end: `projects?with[]=projectFlows`.
#[derive(Debug)]
pub struct Reverse {
    pub name: &'static str,
    pub resource: &'static Resource,
    /// The field of `resource` that points back here.
    pub via: &'static str,
    /// Names of fields of `resource`; none: all of them.
    pub projection: &'static [&'static str],
    /// The parameter that says which of them are shown, and the field of `resource` that it is
    /// compared with.
    pub chosen_by: Option<(&'static str, &'static str)>,
}

/// A member of a nested object.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub name: &'static str,
    pub kind: MemberKind,
    /// Whether it may be null: what it says was not measured.
    pub nullable: bool,
    pub shown: Shown,
    pub audience: Audience,
}

#[derive(Clone, Copy, Debug)]
pub enum MemberKind {
    Text,
    Bool,
    Number,
    /// A number in 0..=1.
    Score,
    Word(&'static [&'static str]),
    Object(&'static [Member]),
    /// Kept as it came: its shape is another system's.
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// In a list and when retrieved.
    List,
    /// Only when one record is retrieved.
    Retrieve,
}

/// Which of a JSON field's two texts an answer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    List,
    Full,
}

impl Resource {
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Prefixes under which one is deleted by its id.
    pub fn deleted_under(&self) -> &'static [&'static str] {
        self.deletion.as_ref().map_or(&[], |deletion| deletion.under)
    }

    /// Fields that a list row shows, in the order of the wire.
    pub fn row_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.shown == Shown::List)
    }

    /// Relations of a record, as populating names them.
    pub fn relations(&self) -> impl Iterator<Item = (&Field, &'static Relation)> {
        self.fields.iter().filter_map(|field| match field.kind {
            Kind::Relation(relation) | Kind::Relations(relation) => Some((field, relation)),
            _ => None,
        })
    }
}

impl Relation {
    /// The fields of the related record by which a list can be filtered.
    pub fn filters(&self) -> impl Iterator<Item = &'static Field> {
        self.resource.fields.iter().filter(|field| field.filters_related)
    }

    /// The projection's fields, in its order.
    pub fn fields(&self) -> Vec<&'static Field> {
        projected(self.resource, self.projection)
    }
}

impl Reverse {
    pub fn fields(&self) -> Vec<&'static Field> {
        match self.projection {
            [] => self.resource.fields.iter().collect(),
            names => projected(self.resource, names),
        }
    }

    /// The field that the parameter of this name is compared with.
    pub(crate) fn chosen_field(&self) -> Option<&'static Field> {
        self.resource.field(self.chosen_by?.1)
    }
}

fn projected(resource: &'static Resource, names: &[&str]) -> Vec<&'static Field> {
    names.iter().filter_map(|name| resource.field(name)).collect()
}

impl Field {
    pub const fn new(
        name: &'static str,
        column: &'static str,
        kind: Kind,
        doc: &'static str,
    ) -> Field {
        Field {
            name,
            column,
            kind,
            shown: Shown::List,
            required: false,
            folded: None,
            full: None,
            audience: Audience::Client,
            typed: None,
            writable: false,
            filters_related: false,
            folding: fold,
            doc,
        }
    }

    pub const fn required(mut self) -> Field {
        self.required = true;
        self
    }

    pub const fn on_retrieve(mut self) -> Field {
        self.shown = Shown::Retrieve;
        self
    }

    pub const fn folded(mut self, column: &'static str) -> Field {
        self.folded = Some(column);
        self
    }

    pub const fn with_full(mut self, column: &'static str) -> Field {
        self.full = Some(column);
        self
    }

    /// Folded by this instead of [`fold`].
    pub const fn folded_by(mut self, folding: fn(&str) -> String) -> Field {
        self.folding = folding;
        self
    }

    /// Typed in several ways: this gives the form in which it is looked for.
    pub const fn typed_as(mut self, typed: fn(&str, Typed) -> String) -> Field {
        self.typed = Some(typed);
        self
    }

    /// A body may say it.
    pub const fn writable(mut self) -> Field {
        self.writable = true;
        self
    }

    /// Lists of records that point here can be filtered by it; an index begins with the folded column and the
    /// client.
    pub const fn filters_related(mut self) -> Field {
        self.filters_related = true;
        self
    }

    /// Devices see it too.
    pub const fn on_devices(mut self) -> Field {
        self.audience = Audience::Device;
        self
    }

    /// Whether a filter may name it. Nested objects can only be tested for presence.
    pub fn is_scalar(&self) -> bool {
        !matches!(self.kind, Kind::Json(_))
    }

    /// What the folded column holds of a value.
    pub fn fold(&self, text: &str) -> String {
        (self.folding)(&self.typed(text, Typed::Whole))
    }

    /// A value, or a part of one, in the form in which it is looked for.
    pub(crate) fn typed<'a>(&self, text: &'a str, typed: Typed) -> Cow<'a, str> {
        self.typed.map_or(Cow::Borrowed(text), |form| Cow::Owned(form(text, typed)))
    }

    /// Folded and in the form in which it is looked for. Doing both again changes nothing.
    pub(crate) fn settled(&self, text: &str, typed: Typed) -> String {
        const ROUNDS_MAX: usize = 4;
        let mut settled = (self.folding)(text);
        for _ in 0..ROUNDS_MAX {
            let again = (self.folding)(&self.typed(&settled, typed));
            if again == settled {
                break;
            }
            settled = again;
        }
        settled
    }

    /// Whether it holds several ids, texts or words.
    pub fn is_list(&self) -> bool {
        matches!(self.kind, Kind::Relations(_) | Kind::Texts | Kind::Set(_))
    }

    /// Whether a list may be sorted by it: every scalar field of a row.
    pub fn sorts(&self) -> bool {
        self.shown == Shown::List && self.is_scalar() && !self.is_list()
    }
}

// Resources point at each other in circles: a debug print says their names and stops there.
impl std::fmt::Debug for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resource({})", self.name)
    }
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Field({})", self.name)
    }
}

// A field is a position in a static table: two are the same when they are the same position.
impl PartialEq for Field {
    fn eq(&self, other: &Field) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Words {
    /// The stored word that `word` means: itself, or what it is a synonym of.
    pub fn canonical(&self, word: &str) -> Option<&'static str> {
        let direct = self.words.iter().find(|known| **known == word).copied();
        direct.or_else(|| {
            self.synonyms.iter().find(|(synonym, _)| *synonym == word).map(|(_, meaning)| *meaning)
        })
    }
}
