//! Rows into JSON bytes, column by column, in the resource's field order.

mod csv;

use std::collections::{BTreeSet, HashMap};

use verax_query::{Field, Included, Kind, Timestamp, Unstored};

use crate::StoreError;
use crate::row::Cells;

/// JSON text with holes where related records will stand: they are fetched after the rows, one
/// statement per relation, and set in when all are known.
#[derive(Default)]
pub struct Draft {
    layout: Layout,
    bytes: Vec<u8>,
    holes: Vec<Hole>,
    rows: usize,
}

/// What is between rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Commas.
    #[default]
    Array,
    /// Line feeds, one after the last row too.
    Lines,
    /// CSV (RFC 4180): the fields' values in their order instead of objects.
    Csv,
}

/// A page of twenty validations is about as long.
const BYTES_EXPECTED: usize = 16 * 1024;

struct Hole {
    at: usize,
    relation: Slot,
    id: String,
}

/// Which relation a hole is for: an index into what the request includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    Populate(usize),
    Reverse(usize),
}

/// The rendered records of each relation, by id.
pub type Related = Vec<(Slot, HashMap<String, Vec<u8>>)>;

impl Draft {
    pub fn new(layout: Layout) -> Draft {
        Draft { layout, ..Draft::default() }
    }

    /// Appends a row as a JSON object. `first` is the row's first column among `row`'s.
    pub fn push_row(
        &mut self,
        row: &dyn Cells,
        first: usize,
        fields: &[&'static Field],
        included: &Included,
    ) -> Result<(), StoreError> {
        if self.rows > 0 && self.layout == Layout::Array {
            self.bytes.push(b',');
        }
        self.rows += 1;
        if self.layout == Layout::Csv {
            return self.push_cells(row, first, fields, included);
        }
        if self.rows == 1 {
            self.bytes.reserve(BYTES_EXPECTED);
        }
        self.bytes.push(b'{');
        let mut begun = false;
        let mut id = String::new();
        for (index, field) in fields.iter().enumerate() {
            let column = first + index;
            if field.name == "_id" && !included.reverses().is_empty() {
                id = row.text(column)?.unwrap_or_default().to_owned();
            }
            let populate =
                included.populates().iter().position(|populate| populate.field == *field);
            let mark = self.bytes.len();
            write_key(&mut self.bytes, begun, field.name);
            if let Some(unstored) = unstored_in(included, field.name) {
                self.bytes.extend_from_slice(unstored.json().as_bytes());
                begun = true;
                continue;
            }
            let written = match populate {
                Some(index) => match row.text(column)? {
                    Some(ids) if field.is_list() => {
                        self.list_of_holes(Slot::Populate(index), ids);
                        true
                    }
                    Some(id) => {
                        self.hole(Slot::Populate(index), id.to_owned());
                        true
                    }
                    None => false,
                },
                None => write_value(&mut self.bytes, field, row, column)?,
            };
            if written {
                begun = true;
            } else {
                self.bytes.truncate(mark);
            }
        }
        for (index, shown) in included.reverses().iter().enumerate() {
            write_key(&mut self.bytes, begun, shown.reverse.name);
            begun = true;
            self.hole(Slot::Reverse(index), id.clone());
        }
        let is_written = |name: &str| fields.iter().any(|field| field.name == name);
        for unstored in included.unstored().iter().filter(|it| !is_written(it.name)) {
            write_key(&mut self.bytes, begun, unstored.name);
            begun = true;
            self.bytes.extend_from_slice(unstored.json().as_bytes());
        }
        self.bytes.push(b'}');
        if self.layout == Layout::Lines {
            self.bytes.push(b'\n');
        }
        Ok(())
    }

    fn push_cells(
        &mut self,
        row: &dyn Cells,
        first: usize,
        fields: &[&'static Field],
        included: &Included,
    ) -> Result<(), StoreError> {
        let mut id = String::new();
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.bytes.push(b',');
            }
            let column = first + index;
            if field.name == "_id" {
                id = row.text(column)?.unwrap_or_default().to_owned();
            }
            if unstored_in(included, field.name).is_some() {
                continue;
            }
            let populate =
                included.populates().iter().position(|populate| populate.field == *field);
            match (populate, &field.kind) {
                (Some(index), _) => {
                    if let Some(id) = row.text(column)? {
                        self.hole(Slot::Populate(index), id.to_owned());
                    }
                }
                // An id of elsewhere may begin with a sign.
                (None, Kind::Text | Kind::Id | Kind::Relation(_)) => {
                    csv::write_text(&mut self.bytes, row.text(column)?);
                }
                (None, Kind::Word(_)) => {
                    csv::write_cell(&mut self.bytes, row.text(column)?.unwrap_or_default());
                }
                (None, Kind::Json(_)) => {
                    csv::write_json(&mut self.bytes, row.text(column)?.unwrap_or_default());
                }
                (None, Kind::Set(_)) => {
                    let mut words = Vec::new();
                    write_value(&mut words, field, row, column)?;
                    csv::write_json(&mut self.bytes, &String::from_utf8_lossy(&words));
                }
                // Numbers and flags read the same in JSON and in CSV; so do times in their quotes.
                _ => drop(write_value(&mut self.bytes, field, row, column)?),
            }
        }
        for (index, _) in included.reverses().iter().enumerate() {
            self.bytes.push(b',');
            self.hole(Slot::Reverse(index), id.clone());
        }
        self.bytes.extend_from_slice(b"\r\n");
        Ok(())
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The distinct ids that the rows name for one relation.
    pub fn ids(&self, slot: Slot) -> Vec<String> {
        let ids: BTreeSet<&String> =
            self.holes.iter().filter(|hole| hole.relation == slot).map(|hole| &hole.id).collect();
        ids.into_iter().cloned().collect()
    }

    /// The text with every hole filled. A related record that is not there (or is another
    /// client's: nobody can tell which) is `null`; with `keep_ids` it stays the id it was.
    pub fn finish(self, related: &Related, keep_ids: bool) -> Vec<u8> {
        if self.holes.is_empty() {
            return self.bytes;
        }
        let mut out = Vec::with_capacity(self.bytes.len() + self.holes.len() * 128);
        let mut from = 0;
        for hole in self.holes {
            out.extend_from_slice(&self.bytes[from..hole.at]);
            from = hole.at;
            let reverse = matches!(hole.relation, Slot::Reverse(_));
            let of_relation = related.iter().find(|(slot, _)| *slot == hole.relation);
            let text = of_relation.and_then(|(_, records)| records.get(&hole.id));
            let begin = out.len();
            match text {
                Some(text) if reverse => {
                    out.push(b'[');
                    out.extend_from_slice(text);
                    out.push(b']');
                }
                Some(text) => out.extend_from_slice(text),
                None if reverse => out.extend_from_slice(b"[]"),
                None if keep_ids => write_text(&mut out, &hole.id),
                None if self.layout == Layout::Csv => {}
                None => out.extend_from_slice(b"null"),
            }
            if self.layout == Layout::Csv {
                let cell = String::from_utf8_lossy(&out.split_off(begin)).into_owned();
                csv::write_json(&mut out, &cell);
            }
        }
        out.extend_from_slice(&self.bytes[from..]);
        out
    }

    /// A hole for each id of a JSON list.
    fn list_of_holes(&mut self, relation: Slot, ids: &str) {
        let ids: Vec<String> = serde_json::from_str(ids).unwrap_or_default();
        self.bytes.push(b'[');
        for (index, id) in ids.into_iter().enumerate() {
            if index > 0 {
                self.bytes.push(b',');
            }
            self.hole(relation, id);
        }
        self.bytes.push(b']');
    }

    fn hole(&mut self, relation: Slot, id: String) {
        self.holes.push(Hole { at: self.bytes.len(), relation, id });
    }
}

/// The relation of this name that a request populates and no table holds.
fn unstored_in(included: &Included, name: &str) -> Option<&'static Unstored> {
    included.unstored().iter().copied().find(|unstored| unstored.name == name)
}

fn write_key(out: &mut Vec<u8>, begun: bool, name: &str) {
    if begun {
        out.push(b',');
    }
    out.push(b'"');
    // Names on the wire are letters and digits: they need no escaping.
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Writes the value; `false` when the record has none.
fn write_value(
    out: &mut Vec<u8>,
    field: &Field,
    row: &dyn Cells,
    column: usize,
) -> Result<bool, StoreError> {
    match field.kind {
        Kind::Id | Kind::Text | Kind::Word(_) | Kind::Date | Kind::Relation(_) => {
            let Some(text) = row.text(column)? else { return Ok(false) };
            write_text(out, text);
        }
        // Stored as the JSON text that is shown.
        Kind::Json(_) | Kind::Relations(_) | Kind::Texts => {
            let Some(text) = row.text(column)? else { return Ok(false) };
            out.extend_from_slice(text.as_bytes());
        }
        Kind::Bool => {
            let Some(value) = row.boolean(column)? else { return Ok(false) };
            out.extend_from_slice(if value { b"true" } else { b"false" });
        }
        Kind::Set(set) => {
            let Some(mask) = row.integer(column)? else { return Ok(false) };
            let words: Vec<&str> = set.words_of(mask).collect();
            // Writing a list of texts to a Vec does not fail.
            let _ = serde_json::to_writer(out, &words);
        }
        Kind::Integer => {
            let Some(value) = row.integer(column)? else { return Ok(false) };
            out.extend_from_slice(value.to_string().as_bytes());
        }
        Kind::Number => {
            let Some(value) = row.number(column)? else { return Ok(false) };
            write_number(out, value);
        }
        Kind::Time => {
            let Some(value) = row.integer(column)? else { return Ok(false) };
            out.push(b'"');
            Timestamp(value).write_to(out);
            out.push(b'"');
        }
    }
    Ok(true)
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    // Writing a string to a Vec does not fail.
    let _ = serde_json::to_writer(out, text);
}

/// The shortest text that reads back as the same number; whole numbers without `.0`, as
/// JavaScript writes them.
fn write_number(out: &mut Vec<u8>, value: f64) {
    let written = if value.fract() == 0.0 && value.abs() < 1e15 {
        serde_json::to_writer(out, &(value as i64))
    } else {
        serde_json::to_writer(out, &value)
    };
    // Writing a number to a Vec does not fail.
    let _ = written;
}
