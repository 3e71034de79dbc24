//! One record: its fields with what they mean, what has happened to it, and what belongs to it.

use askama::Template;
use serde_json::Value;
use verax_domain::events::EventKind;
use verax_domain::records::review::ReviewSubject;
use verax_domain::resources;
use verax_query::{Field, Kind, Resource};

use crate::cell::{Cell, Reader, Room, list_href, moment, record_href};
use crate::names::{self, Tone};
use crate::shell::Shell;
use crate::texts::Texts;

#[derive(Template)]
#[template(path = "record.html")]
pub struct Record {
    pub shell: Shell,
    pub list_title: String,
    pub list_href: String,
    pub id: String,
    /// Its status, where it has one.
    pub status: Option<Cell>,
    pub lines: Vec<Line>,
    /// The fields that hold nothing.
    pub empty: Vec<Line>,
    /// Lists of records that point here.
    pub related: Vec<(String, String)>,
    /// `None`: the reader may not see events.
    pub timeline: Option<Timeline>,
    pub actions: Vec<Action>,
    /// Stored images: what each shows, and its path.
    pub images: Vec<(String, String)>,
    /// What the API says of it besides.
    pub more: Option<(String, Cell)>,
    pub json_href: String,
    pub curl: String,
}

pub struct Line {
    pub label: String,
    pub name: &'static str,
    pub doc: String,
    pub cell: Cell,
}

/// What has happened to the record, the newest first.
pub struct Timeline {
    pub entries: Vec<Entry>,
    /// All of it, as a list.
    pub href: String,
}

pub struct Entry {
    pub time: Cell,
    pub kind: String,
    /// What such an event means, in the language of the page.
    pub meaning: String,
    pub tone: Tone,
    pub actor: String,
    pub href: String,
}

/// Something that may be done: a button beside the record, or a link above a list.
#[derive(Clone, Debug, Default)]
pub struct Action {
    pub href: String,
    pub label: String,
    /// What else the form asks: a menu.
    pub menu: Option<ActionMenu>,
    /// Whether it cannot be undone: it is asked again.
    pub asks: Option<String>,
    pub does: Does,
}

/// What a button does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Does {
    #[default]
    Change,
    /// It opens another page.
    Open,
}

impl Action {
    /// A link to a page where something may be done.
    pub fn open(href: String, label: String) -> Action {
        Action { href, label, does: Does::Open, ..Action::default() }
    }
}

#[derive(Clone, Debug)]
pub struct ActionMenu {
    pub name: &'static str,
    pub label: String,
    /// A value, what it is called, and whether it is chosen.
    pub choices: Vec<(&'static str, String, bool)>,
}

/// A record, as the database gave it.
pub struct Retrieved<'a> {
    pub resource: &'static Resource,
    /// With its relations as records, where there are such records.
    pub record: &'a Value,
    /// The same with their ids alone.
    pub bare: &'a Value,
    /// The newest of its events; `None`: the reader may not see them.
    pub events: Option<&'a [Value]>,
    /// What the API says of it besides, under a title.
    pub more: Option<(String, Value)>,
    /// Stored images that the reader may open: what each shows, and its path.
    pub images: Vec<(String, String)>,
    pub origin: &'a str,
}

impl Record {
    pub fn of(
        shell: Shell,
        reader: &Reader<'_>,
        retrieved: &Retrieved<'_>,
        actions: Vec<Action>,
    ) -> Record {
        let (resource, texts) = (retrieved.resource, shell.texts);
        let id = retrieved.record.get("_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let lines = resource.fields.iter().map(|field| Line::of(texts, reader, retrieved, field));
        let (empty, lines) = lines.partition(|line| matches!(line.cell, Cell::Nothing));
        let href = record_href(resource, &id);
        let status = ["status", "state"]
            .iter()
            .find_map(|name| retrieved.record.get(*name)?.as_str().map(|word| reader.word(word)));
        Record {
            list_title: names::plural(texts, resource),
            list_href: list_href(resource),
            status,
            lines,
            empty,
            related: related(texts, reader, resource, &id),
            timeline: retrieved.events.map(|events| Timeline::of(texts, resource, &id, events)),
            actions,
            images: retrieved.images.clone(),
            more: retrieved.more.as_ref().map(|(title, it)| (title.clone(), reader.json(it))),
            json_href: format!("{href}/json"),
            curl: curl(resource, &id, retrieved.origin),
            id,
            shell,
        }
    }
}

impl Record {
    fn empty_words(&self) -> String {
        self.shell.texts.count("fields-empty", self.empty.len() as u64)
    }
}

impl Line {
    fn of(
        texts: Texts,
        reader: &Reader<'_>,
        retrieved: &Retrieved<'_>,
        field: &'static Field,
    ) -> Line {
        let cell = match reader.cell(field, retrieved.record, Room::Record) {
            // There is no such record here, but the field names one.
            Cell::Nothing => reader.cell(field, retrieved.bare, Room::Record),
            cell => cell,
        };
        Line { label: names::of_field(texts, field), name: field.name, doc: plain(field.doc), cell }
    }
}

/// A text of the reference without its marks.
pub fn plain(doc: &str) -> String {
    doc.replace('`', "")
}

impl Timeline {
    fn of(texts: Texts, resource: &Resource, id: &str, events: &[Value]) -> Timeline {
        let list = list_href(&resources::EVENTS);
        let href = format!("{list}?where_record={id}&where_resource={}", resource.name);
        Timeline { entries: Entry::all(texts, events), href }
    }
}

impl Entry {
    pub fn all(texts: Texts, events: &[Value]) -> Vec<Entry> {
        events.iter().map(|event| Entry::of(texts, event)).collect()
    }

    fn of(texts: Texts, event: &Value) -> Entry {
        let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
        let kind = text("type");
        let row = EventKind::all().find(|row| row.name == kind);
        Entry {
            time: moment(text("createdAt")),
            meaning: row.map(|row| names::event(texts, row)).unwrap_or_default(),
            tone: Tone::of(kind.rsplit('.').next().unwrap_or_default()),
            kind: kind.to_owned(),
            actor: text("actor").to_owned(),
            href: record_href(&resources::EVENTS, text("_id")),
        }
    }
}

/// The lists of records that point to this one, of resources that the reader may open.
fn related(
    texts: Texts,
    reader: &Reader<'_>,
    resource: &Resource,
    id: &str,
) -> Vec<(String, String)> {
    let mut all = Vec::new();
    if ReviewSubject::RESOURCES.iter().any(|it| it.name == resource.name)
        && (reader.may_open)(&resources::REVIEWS)
    {
        let href = format!("{}?where_subjectId={id}", list_href(&resources::REVIEWS));
        all.push((href, names::plural(texts, &resources::REVIEWS)));
    }
    for other in resources::ALL {
        if other.versions.is_empty() || !(reader.may_open)(other) {
            continue;
        }
        for field in other.fields {
            let (Kind::Relation(relation) | Kind::Relations(relation)) = &field.kind else {
                continue;
            };
            if relation.resource.name == resource.name {
                let label = match other.fields.iter().filter(|it| points_to(it, resource)).count() {
                    1 => names::plural(texts, other),
                    _ => {
                        let (list, name) =
                            (names::plural(texts, other), names::of_field(texts, field));
                        format!("{list} ({name})")
                    }
                };
                all.push((format!("{}?where_{}={id}", list_href(other), field.name), label));
            }
        }
    }
    all
}

fn points_to(field: &Field, resource: &Resource) -> bool {
    match &field.kind {
        Kind::Relation(relation) | Kind::Relations(relation) => {
            relation.resource.name == resource.name
        }
        _ => false,
    }
}

fn curl(resource: &Resource, id: &str, origin: &str) -> String {
    let version = resource.versions.first().copied().unwrap_or("v2");
    format!(
        "curl -H \"Authorization: Bearer $VERAX_TOKEN\" '{origin}/{version}/{}/{id}'",
        resource.name
    )
}

/// The record as the API answers it.
#[derive(Template)]
#[template(path = "json.html")]
pub struct Json {
    pub shell: Shell,
    pub list_title: String,
    pub list_href: String,
    pub record_href: String,
    pub id: String,
    pub json: String,
}
