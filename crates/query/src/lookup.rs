//! Look-ups that the server makes for itself. They name fields by constants and carry typed values: no
//! text of the wire is made, so none has to be escaped or parsed.

use std::marker::PhantomData;

use crate::query::{Condition, Page, Query, Test, Value};
use crate::statements::select;
use crate::{
    After, Dialect, Field, Form, Kind, Resource, Sql, Statement, Tenant, Timestamp, Window,
};

/// A field of a resource whose values are `T`. Its name and its kind are checked when the program is
/// compiled, if the key is a constant:
///
/// ```compile_fail
/// # use verax_query::{Compat, Field, Key, Kind, NotFound, PageSize, Resource};
/// # static THINGS: Resource = Resource {
/// #     name: "things", title: "", doc: "", table: "things",
/// #     fields: &[Field::new("_id", "id", Kind::Id, "")],
/// #     reverse: &[], tenant_column: "client", page_size: PageSize { name: "limit", default: 10 },
/// #     signed: false, versions: &[], scopes: &[], opened_by: &[], deletion: None,
/// #     not_found: NotFound { code: "", error: "" }, tally: None, compat: Compat::NONE,
/// # };
/// const MISSPELT: Key<str> = Key::text(&THINGS, "id");
/// # println!("{:?}", MISSPELT.field());
/// ```
pub struct Key<T: ?Sized> {
    resource: &'static Resource,
    index: usize,
    values: PhantomData<fn(&T)>,
}

/// What a look-up can be equal to.
pub trait Comparable {
    fn to_value(&self) -> Value;
}

impl Key<str> {
    /// An id, a text, a word, a day or the id of a related record.
    pub const fn text(resource: &'static Resource, name: &str) -> Key<str> {
        let key = Key::find(resource, name);
        let kind = &resource.fields[key.index].kind;
        let is_text =
            matches!(kind, Kind::Id | Kind::Text | Kind::Word(_) | Kind::Date | Kind::Relation(_));
        assert!(is_text, "the field holds no text");
        key
    }
}

impl Key<bool> {
    pub const fn flag(resource: &'static Resource, name: &str) -> Key<bool> {
        let key = Key::find(resource, name);
        assert!(matches!(resource.fields[key.index].kind, Kind::Bool), "the field is no flag");
        key
    }
}

impl Key<i64> {
    pub const fn integer(resource: &'static Resource, name: &str) -> Key<i64> {
        let key = Key::find(resource, name);
        assert!(matches!(resource.fields[key.index].kind, Kind::Integer), "no whole number");
        key
    }
}

impl Key<f64> {
    pub const fn number(resource: &'static Resource, name: &str) -> Key<f64> {
        let key = Key::find(resource, name);
        assert!(matches!(resource.fields[key.index].kind, Kind::Number), "the field is no number");
        key
    }
}

impl Key<Timestamp> {
    pub const fn time(resource: &'static Resource, name: &str) -> Key<Timestamp> {
        let key = Key::find(resource, name);
        assert!(matches!(resource.fields[key.index].kind, Kind::Time), "the field is no time");
        key
    }
}

impl Key<[String]> {
    /// The ids of related records.
    pub const fn ids(resource: &'static Resource, name: &str) -> Key<[String]> {
        let key = Key::find(resource, name);
        let is_list = matches!(resource.fields[key.index].kind, Kind::Relations(_));
        assert!(is_list, "the field holds no list of ids");
        key
    }

    /// A list of texts.
    pub const fn texts(resource: &'static Resource, name: &str) -> Key<[String]> {
        let key = Key::find(resource, name);
        let is_list = matches!(resource.fields[key.index].kind, Kind::Texts);
        assert!(is_list, "the field holds no list of texts");
        key
    }
}

impl Key<serde_json::Value> {
    /// A nested object.
    pub const fn json(resource: &'static Resource, name: &str) -> Key<serde_json::Value> {
        let key = Key::find(resource, name);
        assert!(matches!(resource.fields[key.index].kind, Kind::Json(_)), "no nested object");
        key
    }
}

impl<T: ?Sized> Key<T> {
    const fn find(resource: &'static Resource, name: &str) -> Key<T> {
        let mut index = 0;
        while index < resource.fields.len() {
            if same(resource.fields[index].name.as_bytes(), name.as_bytes()) {
                return Key { resource, index, values: PhantomData };
            }
            index += 1;
        }
        panic!("the resource has no such field");
    }

    pub fn field(self) -> &'static Field {
        &self.resource.fields[self.index]
    }

    pub fn resource(self) -> &'static Resource {
        self.resource
    }

    /// The field's position among those of its resource, from 0.
    pub fn index(self) -> usize {
        self.index
    }
}

/// A constant function cannot compare with `==`.
const fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}

impl Query {
    /// The records of a resource, the newest first, without their total. Conditions follow.
    pub fn of(resource: &'static Resource) -> Query {
        Query::whole(resource).without_total()
    }

    /// Only records whose field equals the value, byte for byte.
    pub fn equal<T: Comparable + ?Sized>(self, key: Key<T>, value: &T) -> Query {
        self.with(key, Test::In(vec![value.to_value()]))
    }

    /// Only records whose field equals one of these.
    pub fn one_of(self, key: Key<str>, values: impl IntoIterator<Item = String>) -> Query {
        let values = values.into_iter().map(Value::Text).collect();
        self.with(key, Test::In(values))
    }

    /// The oldest first.
    pub fn oldest_first(mut self) -> Query {
        for key in &mut self.sort {
            key.descending = false;
        }
        self
    }

    /// The first record alone, by its id.
    pub fn first(self) -> Query {
        self.at_most(1).showing(&[])
    }

    /// So many records at most.
    pub fn at_most(mut self, size: u32) -> Query {
        self.page = Page { size, skip: 0 };
        self
    }

    /// Only these fields of them, and their ids.
    pub fn showing(mut self, fields: &[&'static Field]) -> Query {
        self.included.columns = Some(fields.to_vec());
        self
    }

    /// The whole records of the page, as a retrieve reads them.
    pub fn records_sql(&self, dialect: Dialect, tenant: &Tenant) -> Statement {
        let fields: Vec<&'static Field> = self.resource.fields.iter().collect();
        let mut sql = select(&fields, Form::Full, self.resource);
        let window = Window { skip: self.page.skip, ..Window::default() };
        let after = After { position: None, limit: self.page.size };
        self.push_rows(&mut sql, dialect, tenant, after, &window);
        Statement { sql, fields }
    }

    fn with<T: ?Sized>(mut self, key: Key<T>, test: Test) -> Query {
        debug_assert!(std::ptr::eq(key.resource, self.resource), "a field of another resource");
        self.conditions.push(Condition { field: key.field(), test });
        self
    }
}

impl Resource {
    /// Appends what a retrieve reads of a record, for a statement that joins several: the columns of the
    /// table under this alias, in the order of the fields.
    pub fn push_columns(&self, sql: &mut Sql, alias: &'static str) {
        for (index, field) in self.fields.iter().enumerate() {
            sql.push(if index > 0 { ", " } else { "" });
            if let Some(full) = field.full {
                sql.push("COALESCE(").push(alias).push(".").push(full).push(", ");
                sql.push(alias).push(".").push(field.column).push(")");
            } else {
                sql.push(alias).push(".").push(field.column);
            }
        }
    }
}

impl Comparable for str {
    fn to_value(&self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl Comparable for bool {
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Comparable for i64 {
    fn to_value(&self) -> Value {
        Value::Integer(*self)
    }
}

impl Comparable for Timestamp {
    fn to_value(&self) -> Value {
        Value::Time(*self)
    }
}

impl<T: ?Sized> Clone for Key<T> {
    fn clone(&self) -> Key<T> {
        *self
    }
}

impl<T: ?Sized> Copy for Key<T> {}

impl<T: ?Sized> std::fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({}.{})", self.resource.name, self.field().name)
    }
}
