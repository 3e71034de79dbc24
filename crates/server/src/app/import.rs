//! Records from elsewhere: the whole input is checked first, then stored in batches.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use verax_domain::{Record, extended_json};
use verax_query::Resource;
use verax_store::{ImportEntries, ImportEvent, Imported, StoreError};

use crate::app::App;
use crate::app::journal::Origin;

/// What an import did, or why it did nothing.
#[derive(Debug, Default)]
pub struct Report {
    pub imported: Imported,
    /// The first bad records; `bad_count` counts them all.
    pub bad: Vec<Bad>,
    pub bad_count: u64,
    /// Members that were left out: secret ones, and ones that are not known here.
    pub dropped: BTreeSet<String>,
    /// How many records of each client pass the check.
    clients: BTreeMap<String, u64>,
}

/// A record that cannot be stored.
#[derive(Debug, PartialEq, Eq)]
pub struct Bad {
    /// The line of the input, or the record's place in a page, from 1.
    pub number: u64,
    pub reason: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the input cannot be read: {0}")]
    Input(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub struct Import<'a> {
    pub resource: &'static Resource,
    /// The owner of records that do not name one.
    pub client: Option<&'a str>,
    /// Store the good records although there are bad ones.
    pub skip_bad: bool,
    /// Called with the number of bytes read so far, of twice the input's length.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

const CHUNK: usize = 1000;
const BAD_SHOWN: usize = 20;
const DROPPED_MAX: usize = 50;
const RECORD_BYTES_MAX: u64 = 16 * 1024 * 1024;

impl App {
    /// Imports NDJSON, or pages as the API answers them. Running it again is harmless: records are
    /// told apart by `_id`.
    pub async fn import<R: Read + Seek + Send>(
        &self,
        input: &mut R,
        import: &Import<'_>,
    ) -> Result<Report, ImportError> {
        let mut report = Report::default();
        self.pass(input, import, &mut Pass::Check, &mut report).await?;
        if report.bad_count > 0 && !import.skip_bad {
            return Ok(report);
        }
        let events = self.import_events(input, import, &report)?;
        input.seek(SeekFrom::Start(0))?;
        self.pass(input, import, &mut Pass::Store(events), &mut report).await?;
        self.fold_tallies().await?;
        Ok(report)
    }

    /// What the import is to the journal: an event for each client that has records in it.
    fn import_events<R: Read + Seek>(
        &self,
        input: &mut R,
        import: &Import<'_>,
        report: &Report,
    ) -> Result<Vec<ImportEvent>, ImportError> {
        input.seek(SeekFrom::Start(0))?;
        let (mut digest, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
        loop {
            match input.read(&mut buffer)? {
                0 => break,
                count => digest.update(&buffer[..count]),
            }
        }
        let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let event = |(client, count): (&String, &u64)| ImportEvent {
            client: client.clone(),
            resource: import.resource,
            count: *count,
            digest: digest.clone(),
            stamp: self.stamp(&Origin::command()),
        };
        Ok(report.clients.iter().map(event).collect())
    }

    async fn pass<R: Read + Seek + Send>(
        &self,
        input: &mut R,
        import: &Import<'_>,
        pass: &mut Pass,
        report: &mut Report,
    ) -> Result<(), ImportError> {
        let mut source = Source::open(input)?;
        let before = if pass.checks() { 0 } else { source.length };
        let mut chunk: Vec<(u64, Record)> = Vec::with_capacity(CHUNK);
        loop {
            let item = source.next()?;
            let end = item.is_none();
            match item {
                Some((number, Ok(json))) => {
                    let json = extended_json::plain(json);
                    match Record::from_json(import.resource, &json, import.client) {
                        Ok(record) => chunk.push((number, record)),
                        Err(problems) if pass.checks() => {
                            let reasons: Vec<String> =
                                problems.iter().map(ToString::to_string).collect();
                            report.bad(number, reasons.join("; "));
                        }
                        Err(_) => {}
                    }
                }
                Some((number, Err(reason))) if pass.checks() => report.bad(number, reason),
                Some((_, Err(_))) | None => {}
            }
            if chunk.len() >= CHUNK || (end && !chunk.is_empty()) {
                self.chunk(std::mem::take(&mut chunk), import.resource, pass, report).await?;
                (import.progress)(before + source.read);
            }
            if end {
                return Ok(());
            }
        }
    }

    async fn chunk(
        &self,
        chunk: Vec<(u64, Record)>,
        resource: &'static Resource,
        pass: &mut Pass,
        report: &mut Report,
    ) -> Result<(), ImportError> {
        let ids = chunk.iter().map(|(_, record)| record.id.clone()).collect();
        let mut owners = self.database.owners(resource, ids).await?;
        let mut records = Vec::with_capacity(chunk.len());
        for (number, record) in chunk {
            // The first record of an input that has the id owns it for those that follow.
            let owner = owners.entry(record.id.clone()).or_insert_with(|| record.client.clone());
            if *owner != record.client {
                // Two clients may share an id far apart in one input: the first is stored by now.
                if pass.checks() || !report.bad.iter().any(|bad| bad.number == number) {
                    let reason = format!("_id: {} is another client's record", record.id);
                    report.bad(number, reason);
                }
                continue;
            }
            if report.dropped.len() < DROPPED_MAX {
                report.dropped.extend(record.dropped.iter().cloned());
            }
            records.push(record);
        }
        match pass {
            Pass::Check => {
                for record in &records {
                    *report.clients.entry(record.client.clone()).or_default() += 1;
                }
            }
            Pass::Store(events) => {
                // With the first records: an import that is interrupted has its event.
                let entries = match std::mem::take(events) {
                    none if none.is_empty() => ImportEntries::Quiet("the first records have them"),
                    events => ImportEntries::Events(events),
                };
                let imported = self.database.import(&records, self.clock.now(), entries).await?;
                report.imported.records += imported.records;
                report.imported.related += imported.related;
            }
        }
        Ok(())
    }
}

enum Pass {
    Check,
    /// With the events of the import that are not written yet.
    Store(Vec<ImportEvent>),
}

impl Pass {
    fn checks(&self) -> bool {
        matches!(self, Pass::Check)
    }
}

impl Report {
    fn bad(&mut self, number: u64, reason: String) {
        self.bad_count += 1;
        if self.bad.len() < BAD_SHOWN {
            self.bad.push(Bad { number, reason });
        }
    }
}

/// Records of an input, one after the other.
struct Source<'a> {
    input: BufReader<&'a mut (dyn Read + Send)>,
    /// Records of a page that are still to come, in reverse.
    pending: Vec<Value>,
    by_line: bool,
    number: u64,
    read: u64,
    length: u64,
}

type Item = (u64, Result<Value, String>);

impl<'a> Source<'a> {
    fn open<R: Read + Seek + Send>(input: &'a mut R) -> std::io::Result<Source<'a>> {
        let length = input.seek(SeekFrom::End(0))?;
        input.seek(SeekFrom::Start(0))?;
        let by_line = has_a_record_per_line(input)?;
        input.seek(SeekFrom::Start(0))?;
        let mut input = BufReader::new(input as &mut (dyn Read + Send));
        // What some editors put in front of a text in UTF-8.
        let marked = input.fill_buf()?.starts_with(BYTE_ORDER_MARK);
        let read = if marked { BYTE_ORDER_MARK.len() } else { 0 };
        input.consume(read);
        Ok(Source { input, pending: Vec::new(), by_line, number: 0, read: read as u64, length })
    }

    fn next(&mut self) -> std::io::Result<Option<Item>> {
        loop {
            if let Some(record) = self.pending.pop() {
                if !self.by_line {
                    self.number += 1;
                }
                return Ok(Some((self.number, Ok(record))));
            }
            let value = if self.by_line { self.line()? } else { self.document()? };
            match value {
                None => return Ok(None),
                Some(Err(reason)) => return Ok(Some((self.number, Err(reason)))),
                Some(Ok(value)) => match answered_error(&value) {
                    Some(reason) => {
                        self.number += u64::from(!self.by_line);
                        return Ok(Some((self.number, Err(reason))));
                    }
                    None => self.pending = records_of(value),
                },
            }
        }
    }

    fn line(&mut self) -> std::io::Result<Option<Result<Value, String>>> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut self.input).take(RECORD_BYTES_MAX).read_until(b'\n', &mut line)?;
            self.read += read as u64;
            self.number += 1;
            if read == 0 {
                return Ok(None);
            }
            let text = line.trim_ascii();
            if !text.is_empty() {
                let value = serde_json::from_slice(text);
                return Ok(Some(value.map_err(|error| no_json(text, &error))));
            }
        }
    }

    fn document(&mut self) -> std::io::Result<Option<Result<Value, String>>> {
        let mut values = serde_json::Deserializer::from_reader(&mut self.input).into_iter();
        let value = values.next();
        self.read += values.byte_offset() as u64;
        match value {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(Ok(value))),
            // Nothing after a broken document can be told apart: this is the end.
            Some(Err(error)) if self.read >= self.length => {
                drop(error);
                Ok(None)
            }
            Some(Err(error)) => {
                self.read = self.length;
                self.number += 1;
                std::io::copy(&mut self.input, &mut std::io::sink())?;
                Ok(Some(Err(no_json(b"", &error))))
            }
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Why a text is no JSON, and what it may be instead.
fn no_json(text: &[u8], error: &serde_json::Error) -> String {
    let has = |part: &[u8]| memchr::memmem::find(text, part).is_some();
    // The Latin letters of UTF-16 have a zero before them, or behind.
    let is_utf16 = text.starts_with(&[0xff, 0xfe])
        || text.starts_with(&[0xfe, 0xff])
        || matches!(text, [0, b'{' | b'[', ..] | [b'{' | b'[', 0, ..]);
    let hint = if is_utf16 {
        "; it is UTF-16: save it as UTF-8"
    } else if text.starts_with(&[0x1f, 0x8b]) {
        "; it is compressed (gzip): unpack it first"
    } else if text.starts_with(b"PK\x03\x04") {
        "; it is an archive (ZIP): unpack it first"
    } else if text.get(4).is_some_and(|kind| (1..0x14).contains(kind)) && has(&[0]) {
        "; it may be BSON, as mongodump writes it: export with mongoexport"
    } else if std::str::from_utf8(text).is_err() {
        "; it is not in UTF-8 (ISO-8859-1 or Windows-1252?): save it as UTF-8"
    } else if text.starts_with(b"<") {
        "; it is HTML or XML, perhaps the page of an error"
    } else if [&b"ObjectId("[..], b"ISODate(", b"NumberLong("].into_iter().any(has) {
        "; the mongo shell writes this: export with mongoexport"
    } else if text.starts_with(b"_id,") || text.starts_with(b"_id;") {
        "; it is CSV: export it as JSON"
    } else {
        ""
    };
    format!("is not JSON: {error}{hint}")
}

/// An error that an API has answered, where a page was meant to be saved.
fn answered_error(value: &Value) -> Option<String> {
    let object = value.as_object()?;
    // Some put all that they say into an object of its own.
    let inner = object.get("error").and_then(Value::as_object);
    let text = |name: &str| inner.unwrap_or(object).get(name).and_then(Value::as_str);
    let has_status = ["status", "statusCode"]
        .iter()
        .any(|name| object.get(*name).and_then(Value::as_u64).is_some_and(|it| it >= 400));
    let is_told = text("message").is_some() || text("error").is_some();
    let has_code = text("code").or(text("name")).is_some() && text("message").is_some();
    let is_error = object.get("success") == Some(&Value::Bool(false))
        || (!object.contains_key("data") && (has_code || (has_status && is_told)));
    if object.contains_key("_id") || !is_error {
        return None;
    }
    let code = text("code").or(inner.and(text("name")));
    let parts = [code, text("error").or(text("message"))].into_iter().flatten();
    let answered: Vec<String> = parts.map(|part| part.chars().take(100).collect()).collect();
    let answered = answered.join(": ");
    Some(format!(
        "is no record but an error that an API answered ({answered}): fetch the page again"
    ))
}

/// A page's rows in reverse, or the record itself.
fn records_of(value: Value) -> Vec<Value> {
    match value {
        Value::Array(mut rows) => {
            rows.reverse();
            rows
        }
        Value::Object(mut object) if !object.contains_key("_id") => match object.remove("data") {
            Some(Value::Array(mut rows)) => {
                rows.reverse();
                rows
            }
            // As a paginator of MongoDB answers.
            Some(Value::Object(mut page)) if page.get("docs").is_some_and(Value::is_array) => {
                page.remove("docs").map(records_of).unwrap_or_default()
            }
            Some(row @ Value::Object(_)) => vec![row],
            Some(other) => {
                object.insert("data".to_owned(), other);
                vec![Value::Object(object)]
            }
            // The same paginator, without what an API puts around it.
            None if object.get("docs").is_some_and(Value::is_array) => {
                object.remove("docs").map(records_of).unwrap_or_default()
            }
            None => vec![Value::Object(object)],
        },
        value => vec![value],
    }
}

/// Whether the first line is a whole JSON value, or a broken one: then each line is taken by itself,
/// and a bad one can be told from its neighbours. A document over several lines begins with a line
/// that only ends too early.
fn has_a_record_per_line(input: &mut impl Read) -> std::io::Result<bool> {
    let mut lines = BufReader::new(input);
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut lines).take(RECORD_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            return Ok(true);
        }
        let text = line.trim_ascii();
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        if !text.is_empty() {
            let whole = serde_json::from_slice::<serde::de::IgnoredAny>(text);
            return Ok(whole.map_or_else(|error| !error.is_eof(), |_| true));
        }
    }
}
