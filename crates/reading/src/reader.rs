//! One side of a document, read: where it lies, its text, its machine-readable zone and its barcodes.

use verax_domain::document_reading::{
    BarcodeReading, DocumentSide, ReadValue, SideReading, TextLine, TextState,
};
use verax_vision::document::{Locator, Quad};
use verax_vision::image::Image;
use verax_vision::network::NetworkError;

use crate::aamva;
use crate::barcode_texts;
use crate::barcodes::read_barcodes;
use crate::mrz::{self, FoundMrz};
use crate::reading_order::in_reading_order;
use crate::text::TextReader;
use crate::zone_part::zone_part;

/// The models of text, as `verax models install --for reading` installs them.
#[derive(Default)]
pub struct ReadingModels {
    pub text_boxes: Option<Vec<u8>>,
    pub text_lines: Option<Vec<u8>>,
}

/// What is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingRequest {
    /// Lines of text, and with them the machine-readable zone.
    pub text: bool,
    pub barcodes: bool,
    /// The current year, four digits: it decides the centuries of dates that have two.
    pub today_year: u16,
}

impl ReadingRequest {
    pub fn all(today_year: u16) -> ReadingRequest {
        ReadingRequest { text: true, barcodes: true, today_year }
    }
}

/// Reads images; shared between threads. It works on the thread that calls it.
pub struct Reader {
    text: Option<TextReader>,
    locator: &'static Locator,
}

/// Longer side of the document on which lines are sought first, and of the zone alone the second time.
const FIRST_SIDE_PX: usize = 736;
const ZONE_SIDE_PX: usize = 960;
/// Lines of a zone are read so many times wider the second time.
const ZONE_STRETCH: f32 = 1.25;
/// An outline is widened by this share of the document: text that stands at its edge is not cut.
const OUTLINE_ROOM: f32 = 0.02;

impl Reader {
    /// Without both models there is no text: barcodes alone are read.
    ///
    /// # Errors
    /// A model cannot be read.
    pub fn load(models: ReadingModels) -> Result<Reader, NetworkError> {
        let text = match (models.text_boxes, models.text_lines) {
            (Some(boxes), Some(lines)) => Some(TextReader::load(boxes, lines)?),
            _ => None,
        };
        Ok(Reader { text, locator: Locator::shipped() })
    }

    pub fn reads_text(&self) -> bool {
        self.text.is_some()
    }

    /// Reads one side. Where a network fails, its text counts as not checked.
    pub fn read(&self, image: &Image, side: DocumentSide, request: ReadingRequest) -> SideReading {
        if image.pixels() == 0 {
            return nothing(side);
        }
        let document = self.locator.locate(image).map(|located| located.quad);
        let mut barcodes: Vec<BarcodeReading> = match request.barcodes {
            true => read_barcodes(image, document.as_ref(), side),
            false => Vec::new(),
        };
        let text = self.text.as_ref().filter(|_| request.text);
        let read = text.and_then(|text| {
            read_text(text, image, document.as_ref(), side, request.today_year).ok()
        });
        let text_state = if read.is_some() { TextState::Read } else { TextState::NotChecked };
        let (lines, zone) = read.unwrap_or_default();
        let (mrz, mut values) = match zone {
            Some(zone) => (Some(zone.reading), zone.values),
            None => (None, Vec::new()),
        };
        values.extend(barcode_values(&mut barcodes, side));
        let document = document.map(|quad| quad.corners);
        SideReading { side, text_state, document, mrz, barcodes, lines, values }
    }
}

fn nothing(side: DocumentSide) -> SideReading {
    SideReading {
        side,
        text_state: TextState::NotChecked,
        document: None,
        mrz: None,
        barcodes: Vec::new(),
        lines: Vec::new(),
        values: Vec::new(),
    }
}

type LinesAndZone = (Vec<TextLine>, Option<FoundMrz>);

fn read_text(
    text: &TextReader,
    image: &Image,
    document: Option<&Quad>,
    side: DocumentSide,
    today_year: u16,
) -> Result<LinesAndZone, NetworkError> {
    let whole = Quad::whole(image.width as f32, image.height as f32);
    let part = document.map_or(whole, |quad| widened(quad, OUTLINE_ROOM));
    let boxes = text.boxes(image, &part, FIRST_SIDE_PX)?;
    let mut lines = text.read_upright(image, &boxes)?;
    let mut zone = mrz::find(&lines, side, today_year);
    // Where a check digit is wrong, a character or state is none, or a line of a zone stands alone, its part is
    // inspected again, larger.
    let rank = |zone: &Option<FoundMrz>| {
        zone.as_ref().map(|zone| (zone.reading.is_valid(), !zone.is_doubtful))
    };
    if rank(&zone) != Some((true, true))
        && let Some(part) = zone_part(&lines)
    {
        let boxes = text.boxes(image, &part, ZONE_SIDE_PX)?;
        let again = text.read_stretched(image, &boxes, ZONE_STRETCH)?;
        let found = mrz::find(&again, side, today_year);
        let is_better = found.as_ref().is_some_and(|found| found.reading.is_valid());
        if rank(&found) > rank(&zone) && (is_better || zone.is_none()) {
            lines.retain(|line| !is_inside(&part, line));
            lines.extend(again);
            zone = found;
        }
    }
    in_reading_order(&mut lines);
    Ok((lines, zone))
}

fn is_inside(part: &Quad, line: &TextLine) -> bool {
    let sum = line.corners.iter().fold((0.0, 0.0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
    part.contains(sum.0 / 4.0, sum.1 / 4.0)
}

/// The values that barcodes hold, by the grammar that each of them follows; its version is noted where it has one.
fn barcode_values(barcodes: &mut [BarcodeReading], side: DocumentSide) -> Vec<ReadValue> {
    let mut values = Vec::new();
    for barcode in barcodes {
        if let Some(licence) = aamva::parse(&barcode.text, side) {
            barcode.aamva_version = Some(licence.version);
            barcode.impossible_dates = licence.impossible_dates();
            values.extend(licence.values);
        } else if let Some(card) = barcode_texts::parse(&barcode.text, side) {
            values.extend(card.values);
        }
    }
    values
}

/// A quad whose corners lie further from its middle.
fn widened(quad: &Quad, by: f32) -> Quad {
    let sum = quad.corners.iter().fold((0.0, 0.0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
    let (x, y) = (sum.0 / 4.0, sum.1 / 4.0);
    let scale = 1.0 + 2.0 * by;
    Quad { corners: quad.corners.map(|c| (x + (c.0 - x) * scale, y + (c.1 - y) * scale)) }
}
