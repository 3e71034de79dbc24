//! One value of a record, as a page shows it.

use askama::Template;
use askama::filters::HtmlSafe;
use serde_json::{Map, Value};
use verax_domain::resources;
use verax_domain::role::SERVER_WIDE;
use verax_query::{Field, Kind, Relation, Resource};

use crate::ROOT;
use crate::names::{self, Tone};
use crate::texts::Texts;

/// Letters of a text that a list shows, and a record.
const LIST_LETTERS: usize = 80;
const RECORD_LETTERS: usize = 2_000;
/// What a record shows of an array, and how deep it goes.
const ITEMS: usize = 50;
const DEPTH: usize = 5;

#[derive(Clone, Debug, Template)]
#[template(path = "cell.html")]
pub enum Cell {
    Nothing,
    Text { text: String, more: Option<String> },
    Word { label: String, tone: Tone },
    Time { machine: String, shown: String },
    Link { href: String, label: String, is_id: bool },
    Tree(Vec<(String, Cell)>),
    Items(Vec<Cell>),
}

// Its template escapes what is in it.
impl HtmlSafe for Cell {}

/// How much of a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Row,
    Record,
}

/// For whom values are shown: in which language, and which resources they may open.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub texts: Texts,
    pub may_open: &'a (dyn Fn(&Resource) -> bool + 'a),
}

impl Reader<'_> {
    /// The value of a field in a record.
    pub fn cell(&self, field: &Field, record: &Value, room: Room) -> Cell {
        let value = record.get(field.name).unwrap_or(&Value::Null);
        if let (Kind::Text, Some(link)) = (&field.kind, self.subject(field, record, room)) {
            return link;
        }
        match (&field.kind, value) {
            (_, Value::Null) => Cell::Nothing,
            (Kind::Relation(relation), value) => self.related(relation, value, room),
            (Kind::Relations(relation), Value::Array(all)) => {
                Cell::Items(all.iter().map(|one| self.related(relation, one, room)).collect())
            }
            (Kind::Word(_), Value::String(word)) => self.word(word),
            (Kind::Set(_), Value::Array(all)) => {
                let words = all.iter().filter_map(Value::as_str);
                let named = words.map(|word| self.text(&names::field(self.texts, word), room));
                Cell::Items(named.collect())
            }
            (Kind::Texts, Value::Array(all)) => {
                let texts = all.iter().filter_map(Value::as_str);
                Cell::Items(texts.map(|text| self.text(text, room)).collect())
            }
            (Kind::Time, Value::String(time)) if is_moment(time) => moment(time),
            (Kind::Id, Value::String(id)) => self.text(id, room),
            (_, value) => self.any(value, room, 0),
        }
    }

    pub fn word(&self, word: &str) -> Cell {
        Cell::Word { label: names::word(self.texts, word), tone: Tone::of(word) }
    }

    /// A value of any shape, on the page of a record.
    pub fn json(&self, value: &Value) -> Cell {
        self.any(value, Room::Record, 0)
    }

    fn text(&self, text: &str, room: Room) -> Cell {
        let most = if room == Room::Row { LIST_LETTERS } else { RECORD_LETTERS };
        match text.char_indices().nth(most) {
            None => Cell::Text { text: text.to_owned(), more: None },
            Some((end, _)) => {
                let letters = text.chars().count() as u64;
                let more = (room == Room::Record).then(|| self.texts.count("text-cut", letters));
                Cell::Text { text: format!("{}…", &text[..end]), more }
            }
        }
    }

    /// A field that names the record that something happened to, with its resource beside it.
    fn subject(&self, field: &Field, record: &Value, room: Room) -> Option<Cell> {
        let id = record.get(field.name)?.as_str()?;
        let resource = match field.name {
            "record" => resources::by_name(record.get("resource")?.as_str()?)?,
            "event" => &resources::EVENTS,
            _ => return None,
        };
        let href = self.href(resource, id)?;
        let Cell::Text { text, .. } = self.text(id, room) else { return None };
        Some(Cell::Link { href, label: text, is_id: true })
    }

    /// A related record: its id, or what is shown of it.
    fn related(&self, relation: &Relation, value: &Value, room: Room) -> Cell {
        let (id, name) = match value {
            Value::String(id) => (id.as_str(), None),
            Value::Object(members) => {
                let id = members.get("_id").and_then(Value::as_str).unwrap_or_default();
                (id, called(members))
            }
            _ => return Cell::Nothing,
        };
        if id == SERVER_WIDE {
            return self.text(&self.texts.get("clients-all"), room);
        }
        let is_id = name.is_none();
        let label = name.unwrap_or(id);
        match (self.href(relation.resource, id), self.text(label, Room::Row)) {
            (Some(href), Cell::Text { text, .. }) => Cell::Link { href, label: text, is_id },
            _ => self.text(label, room),
        }
    }

    /// The page of a record, where there is one that the reader may open.
    fn href(&self, resource: &Resource, id: &str) -> Option<String> {
        let opens = !id.is_empty() && !resource.versions.is_empty() && (self.may_open)(resource);
        opens.then(|| record_href(resource, id))
    }

    /// A value of any shape.
    fn any(&self, value: &Value, room: Room, depth: usize) -> Cell {
        match value {
            Value::Null => Cell::Nothing,
            Value::Bool(is_so) => self.flag(*is_so),
            Value::Number(number) => Cell::Text { text: number.to_string(), more: None },
            Value::String(text) if is_moment(text) => moment(text),
            Value::String(text) => self.text(text, room),
            nested if room == Room::Row || depth >= DEPTH => self.text(&nested.to_string(), room),
            Value::Array(items) => {
                let shown = items.iter().take(ITEMS).map(|item| self.any(item, room, depth + 1));
                let mut shown: Vec<Cell> = shown.collect();
                if items.len() > ITEMS {
                    let more = self.texts.count("items-cut", items.len() as u64);
                    shown.push(Cell::Text { text: more, more: None });
                }
                Cell::Items(shown)
            }
            Value::Object(members) => Cell::Tree(
                members.iter().map(|(name, value)| self.member(name, value, room, depth)).collect(),
            ),
        }
    }

    fn member(&self, name: &str, value: &Value, room: Room, depth: usize) -> (String, Cell) {
        let cell = match value {
            Value::String(word) if Tone::of(word) != Tone::Plain => self.word(word),
            value => self.any(value, room, depth + 1),
        };
        (names::field(self.texts, name), cell)
    }

    fn flag(&self, is_so: bool) -> Cell {
        let id = if is_so { "yes" } else { "no" };
        Cell::Text { text: self.texts.get(id), more: None }
    }
}

pub fn list_href(resource: &Resource) -> String {
    format!("{ROOT}/{}", resource.name)
}

/// An id is letters, digits, `_` and `-`: it needs no encoding. Others lead nowhere.
pub fn record_href(resource: &Resource, id: &str) -> String {
    let id = if verax_query::is_id(id) { id } else { "-" };
    format!("{ROOT}/{}/{id}", resource.name)
}

/// A moment of the API: `2026-01-02T03:04:05.678Z`.
pub fn moment(machine: &str) -> Cell {
    match (is_moment(machine), machine.get(..10), machine.get(11..16)) {
        (true, Some(day), Some(minute)) => {
            Cell::Time { machine: machine.to_owned(), shown: format!("{day} {minute} UTC") }
        }
        _ => Cell::Text { text: machine.to_owned(), more: None },
    }
}

fn is_moment(text: &str) -> bool {
    let bytes = text.as_bytes();
    (20..=30).contains(&bytes.len())
        && bytes[10] == b'T'
        && bytes.ends_with(b"Z")
        && verax_query::Timestamp::parse(text).is_some()
}

/// What a record is called by people.
pub fn called(members: &Map<String, Value>) -> Option<&str> {
    const NAMES: [&str; 7] = ["name", "fullName", "identifier", "email", "code", "title", "url"];
    let mut texts = NAMES.iter().filter_map(|name| members.get(*name)?.as_str());
    texts.find(|text| !text.trim().is_empty())
}
