//! The EXIF fields that tell where a file has been, and the embedded preview.

use std::io::Cursor;

use exif::{Exif, In, Reader, Tag, Value};

#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct ExifFields {
    pub make: Option<String>,
    pub model: Option<String>,
    pub software: Vec<(&'static str, String)>,
    /// Seconds on the camera's clock, and of the last change.
    pub taken: Option<i64>,
    pub modified: Option<i64>,
    pub stated_size: Option<(u32, u32)>,
    pub has_maker_note: bool,
    pub thumbnail: Option<Vec<u8>>,
}

const THUMBNAIL_BYTES_MAX: usize = 256 * 1024;

/// `tiff` is the block after `Exif\0\0`. Fields that cannot be read are left out.
pub(super) fn exif_fields(tiff: &[u8]) -> Option<ExifFields> {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    let parsed = match reader.read_raw(tiff.to_vec()) {
        Ok(parsed) => parsed,
        Err(error) => error.distill_partial_result(|_| {}).ok()?,
    };
    let text = |tag: Tag| ascii(&parsed, tag);
    // Descriptions, artists and comments are what people write: a name in them says nothing.
    let mut software = Vec::new();
    for (name, tag) in
        [("Software", Tag::Software), ("ProcessingSoftware", Tag(exif::Context::Tiff, 0x000B))]
    {
        if let Some(value) = text(tag) {
            software.push((name, value));
        }
    }
    let number = |tag: Tag, place: In| parsed.get_field(tag, place)?.value.get_uint(0);
    let stated_size = number(Tag::PixelXDimension, In::PRIMARY)
        .zip(number(Tag::PixelYDimension, In::PRIMARY))
        .filter(|&(w, h)| w > 0 && h > 0);
    let thumbnail = number(Tag::JPEGInterchangeFormat, In::THUMBNAIL)
        .zip(number(Tag::JPEGInterchangeFormatLength, In::THUMBNAIL))
        .and_then(|(from, length)| {
            let (from, length) = (from as usize, length as usize);
            let bytes = parsed.buf().get(from..from.checked_add(length)?)?;
            (length <= THUMBNAIL_BYTES_MAX).then(|| bytes.to_vec())
        });
    Some(ExifFields {
        make: text(Tag::Make),
        model: text(Tag::Model),
        software,
        taken: text(Tag::DateTimeOriginal).and_then(|t| seconds(&t)),
        modified: text(Tag::DateTime).and_then(|t| seconds(&t)),
        stated_size,
        has_maker_note: parsed.get_field(Tag::MakerNote, In::PRIMARY).is_some(),
        thumbnail,
    })
}

/// The TIFF block of a file in a container that the marker walker does not know (WebP).
pub(super) fn exif_in_container(bytes: &[u8]) -> Option<Vec<u8>> {
    let parsed = Reader::new().read_from_container(&mut Cursor::new(bytes)).ok()?;
    Some(parsed.buf().to_vec())
}

fn ascii(parsed: &Exif, tag: Tag) -> Option<String> {
    match &parsed.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(parts) => {
            let joined = parts.iter().map(|p| super::segments::readable(p)).collect::<Vec<_>>();
            let text = joined.join(" ").trim().to_owned();
            (!text.is_empty()).then_some(text)
        }
        _ => None,
    }
}

/// `YYYY:MM:DD HH:MM:SS` as seconds of a calendar without zones; only differences mean something.
fn seconds(text: &str) -> Option<i64> {
    let mut parts = text.split([':', ' ', '-', 'T']).filter(|p| !p.is_empty());
    let mut next = || parts.next()?.get(..)?.parse::<i64>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let (hour, minute, second) = (next()?, next()?, next()?);
    let sane = (1970..2200).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !sane {
        return None;
    }
    // Days of the civil calendar (Hinnant 2013).
    let y = if month <= 2 { year - 1 } else { year };
    let era_year = y.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days =
        y.div_euclid(400) * 146_097 + era_year * 365 + era_year / 4 - era_year / 100 + day_of_year;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}
