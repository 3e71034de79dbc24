//! Barcodes: PDF417, which cards of many countries carry on their back, and QR.

mod scan;
mod symbols;

use verax_domain::document_reading::{BarcodeReading, DocumentSide};
use verax_vision::document::Quad;
use verax_vision::image::Image;

use scan::Scan;
use symbols::{read_pdf417, read_qr};

/// Longer side of what is scanned first: 350 modules, as licences have, are 5 px each then.
const SCAN_SIDE_PX: f32 = 2000.0;
/// Blur and moire that hide modules at full size vanish at this part of it.
const REDUCED: f32 = 2.0 / 3.0;

/// By how much a side is turned for further tries.
const TILTS_DEGREES: [f32; 2] = [-4.0, 4.0];

/// Reads the PDF417 and the QR codes of one side. `document` is where it lies in the image, where that is
/// known. The image is scanned a few times, each at a bounded size.
pub fn read_barcodes(
    image: &Image,
    document: Option<&Quad>,
    side: DocumentSide,
) -> Vec<BarcodeReading> {
    let mut found: Vec<BarcodeReading> = Vec::new();
    for part in parts(image, document, side) {
        let scan = Scan::of(image, &part.quad, SCAN_SIDE_PX * part.scale);
        for barcode in read_pdf417(&scan).into_iter().chain(read_qr(&scan)) {
            let again =
                found.iter().any(|it| it.format == barcode.format && it.text == barcode.text);
            if !again {
                found.push(barcode);
            }
        }
        // A side carries one; what else it shows of them stands in the same scan.
        if !found.is_empty() {
            break;
        }
    }
    found
}

/// A part of the image to scan.
struct Part {
    quad: Quad,
    /// Of the longer side of a scan.
    scale: f32,
}

/// What is tried one after the other.
fn parts(image: &Image, document: Option<&Quad>, side: DocumentSide) -> Vec<Part> {
    let whole = Quad::whole(image.width as f32, image.height as f32);
    let first = document.copied().unwrap_or(whole);
    let mut parts = vec![Part { quad: first, scale: 1.0 }, Part { quad: first, scale: REDUCED }];
    if side == DocumentSide::Back {
        parts.push(Part { quad: lower_half(&first), scale: 1.0 });
        // A symbol that lies askew is only found where its rows run along those of the scan.
        for degrees in TILTS_DEGREES {
            parts.push(Part { quad: tilted(&first, degrees), scale: 1.0 });
        }
        // An outline that is wrong must not hide a barcode.
        if document.is_some() {
            parts.push(Part { quad: whole, scale: 1.0 });
        }
    }
    parts
}

/// The lower half of a document as a camera sees it.
fn lower_half(quad: &Quad) -> Quad {
    let [top_left, top_right, bottom_right, bottom_left] = quad.corners;
    let middle = |a: (f32, f32), b: (f32, f32)| (f32::midpoint(a.0, b.0), f32::midpoint(a.1, b.1));
    Quad {
        corners: [
            middle(top_left, bottom_left),
            middle(top_right, bottom_right),
            bottom_right,
            bottom_left,
        ],
    }
}

/// Turned around its middle: what is seen in it turns the other way.
fn tilted(quad: &Quad, degrees: f32) -> Quad {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let sum = quad.corners.iter().fold((0.0, 0.0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
    let (x, y) = (sum.0 / 4.0, sum.1 / 4.0);
    let turn = |(px, py): (f32, f32)| {
        let (u, v) = (px - x, py - y);
        (x + u * cos - v * sin, y + u * sin + v * cos)
    };
    Quad { corners: quad.corners.map(turn) }
}
