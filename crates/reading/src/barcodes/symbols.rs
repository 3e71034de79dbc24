//! One scan through the decoders of `rxing`, each within bounds of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::common::{BitMatrix, DetectorRXingResult as _, HybridBinarizer};
use rxing::pdf417::PDF417Reader;
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{FindFinderPatterns, GenerateFinderPatternSets, SampleQR};
use rxing::{
    BinaryBitmap, DecodeHints, Luma8Source, Point, RXingResult, RXingResultMetadataType,
    RXingResultMetadataValue, Reader as _,
};
use verax_domain::document_reading::{BarcodeFormat, BarcodeReading, Corners};

use super::scan::Scan;

/// Finder patterns of an image beyond which it is no photograph of a document: each is tried with others.
const PATTERNS_MAX: usize = 60;
/// Triples of patterns that are tried as the corners of a QR code.
const TRIPLES_MAX: usize = 120;
/// QR codes of one scan.
const QR_CODES_MAX: usize = 4;

type Bitmap<'a> = BinaryBitmap<HybridBinarizer<Luma8Source<'a>>>;

fn bitmap(scan: &Scan) -> Option<Bitmap<'_>> {
    let (width, height) = (u32::try_from(scan.width).ok()?, u32::try_from(scan.height).ok()?);
    let source = Luma8Source::new_with_slice(&scan.levels, width, height).ok()?;
    Some(BinaryBitmap::new(HybridBinarizer::new(source)))
}

/// A decoder that panics on what an image makes it believe has read nothing.
fn without_panic<T>(decode: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(decode)).ok().flatten()
}

pub fn read_pdf417(scan: &Scan) -> Option<BarcodeReading> {
    without_panic(|| {
        let symbol = PDF417Reader::new()
            .decode_with_hints(&mut bitmap(scan)?, &DecodeHints::default())
            .ok()?;
        let corners = scan.to_photograph(pdf417_corners(&symbol, scan)?);
        let text = symbol.getText().to_owned();
        (!text.is_empty()).then(|| unparsed(BarcodeFormat::Pdf417, text, corners))
    })
}

pub fn read_qr(scan: &Scan) -> Vec<BarcodeReading> {
    without_panic(|| {
        let bitmap = bitmap(scan)?;
        Some(qr_codes(bitmap.get_black_matrix(), scan))
    })
    .unwrap_or_default()
}

fn qr_codes(bits: &BitMatrix, scan: &Scan) -> Vec<BarcodeReading> {
    let mut patterns = FindFinderPatterns(bits, false, 0);
    if patterns.len() > PATTERNS_MAX {
        return Vec::new();
    }
    let mut used: Vec<Point> = Vec::new();
    let mut found = Vec::new();
    for triple in GenerateFinderPatternSets(&mut patterns).into_iter().take(TRIPLES_MAX) {
        let points = [triple.bl.p, triple.tl.p, triple.tr.p];
        if used.iter().any(|point| points.contains(point)) {
            continue;
        }
        let Ok(sampled) = SampleQR(bits, &triple) else { continue };
        let Ok(decoded) = Decode(sampled.getBits()) else { continue };
        let text = decoded.text();
        let [a, b, d, c] = sampled.getPoints() else { continue };
        if !decoded.isValid() || text.is_empty() {
            continue;
        }
        used.extend(points);
        let corners = scan.to_photograph([a, b, c, d].map(|point| (point.x, point.y)));
        found.push(unparsed(BarcodeFormat::QrCode, text, corners));
        if found.len() == QR_CODES_MAX {
            break;
        }
    }
    found
}

fn unparsed(format: BarcodeFormat, text: String, corners: Corners) -> BarcodeReading {
    BarcodeReading { format, text, corners, aamva_version: None, impossible_dates: Vec::new() }
}

/// The corners of a symbol in pixels of the scan, clockwise from its own top left. The reader turns the
/// scan anticlockwise and gives points of the turned one.
fn pdf417_corners(symbol: &RXingResult, scan: &Scan) -> Option<Corners> {
    let turned = match symbol.getRXingResultMetadata().get(&RXingResultMetadataType::ORIENTATION) {
        Some(RXingResultMetadataValue::Orientation(degrees)) => *degrees,
        _ => 0,
    };
    let (width, height) = (scan.width as f32, scan.height as f32);
    let to_scan = |point: &Point| match turned {
        90 => (width - point.y, point.x),
        180 => (width - point.x, height - point.y),
        270 => (point.y, height - point.x),
        _ => (point.x, point.y),
    };
    let points = symbol.getPoints();
    // The outer four of eight: upper left, lower left, upper right, lower right.
    if let [a, b, c, d, _, _, _, _] = points {
        return Some([a, c, d, b].map(to_scan));
    }
    // One of its ends was not seen: what is between the points that were.
    let points: Vec<(f32, f32)> = points.iter().map(to_scan).collect();
    let least = |pick: fn(&(f32, f32)) -> f32| points.iter().map(pick).reduce(f32::min);
    let most = |pick: fn(&(f32, f32)) -> f32| points.iter().map(pick).reduce(f32::max);
    let (left, top) = (least(|p| p.0)?, least(|p| p.1)?);
    let (right, bottom) = (most(|p| p.0)?, most(|p| p.1)?);
    Some([(left, top), (right, top), (right, bottom), (left, bottom)])
}
