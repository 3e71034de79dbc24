//! Barcodes that are drawn onto cards, as they are and as cameras see them.

use rxing::{BarcodeFormat as Format, Writer as _};
use verax_domain::document_reading::{BarcodeFormat, BarcodeReading, DocumentSide};
use verax_reading::barcodes::read_barcodes;
use verax_vision::document::Quad;
use verax_vision::document::seeded::Seeded;
use verax_vision::image::Image;

/// As long as the contents of a licence.
const LICENCE: &str = "@\n\x1e\rANSI 636000100002DL00410278ZV03190008DLDAQT64235789\nDCSSAMPLE\nDDEN\n\
    DACMICHAEL\nDDFN\nDADJOHN\nDDGN\nDCUJR\nDCAD\nDCBK\nDCDPH\nDBD06062019\nDBB06061986\nDBA12102024\n\
    DBC1\nDAU068 in\nDAYBRO\nDAG2300 WEST BROAD STREET\nDAIRICHMOND\nDAJVA\nDAK232690000  \n";

/// The modules of a symbol, row by row; true is dark.
pub fn modules(format: Format, text: &str) -> Vec<Vec<bool>> {
    let bits = match format {
        Format::PDF_417 => rxing::pdf417::PDF417Writer.encode(text, &format, 1, 1),
        _ => rxing::qrcode::QRCodeWriter.encode(text, &format, 1, 1),
    };
    let bits = bits.expect("a symbol");
    let row = |y| (0..bits.width()).map(|x| bits.get(x, y)).collect();
    (0..bits.height()).map(row).collect()
}

/// A card of this size with a symbol at `at`, each module `module_px` wide.
pub fn card(size: (u32, u32), modules: &[Vec<bool>], at: (u32, u32), module_px: u32) -> Image {
    let mut rgb = vec![225_u8; (size.0 * size.1 * 3) as usize];
    for y in 0..size.1 {
        for x in 0..size.0 {
            let module = |v: u32, from: u32| Some(v.checked_sub(from)? / module_px);
            let dark = module(x, at.0)
                .zip(module(y, at.1))
                .and_then(|(x, y)| modules.get(y as usize)?.get(x as usize).copied());
            if dark == Some(true) {
                let start = ((y * size.0 + x) * 3) as usize;
                rgb[start..start + 3].fill(35);
            }
        }
    }
    Image { width: size.0, height: size.1, rgb }
}

/// Turned clockwise by a quarter.
fn turned(image: &Image) -> Image {
    let pixels = image.rgb.as_chunks::<3>().0;
    let (width, height) = (image.height, image.width);
    let rgb = (0..width * height)
        .flat_map(|at| {
            let (x, y) = (at % width, at / width);
            pixels[((image.height - 1 - x) * image.width + y) as usize]
        })
        .collect();
    Image { width, height, rgb }
}

fn back(image: &Image) -> Vec<BarcodeReading> {
    read_barcodes(image, None, DocumentSide::Back)
}

fn near(a: (f32, f32), b: (f32, f32), room: f32) -> bool {
    (a.0 - b.0).hypot(a.1 - b.1) <= room
}

#[test]
fn a_pdf417_is_read_with_its_corners_whichever_way_up_the_card_lies() {
    let modules = modules(Format::PDF_417, LICENCE);
    let (wide, high) = (modules[0].len() as u32 * 3, modules.len() as u32 * 3);
    let mut image = card((wide + 260, high + 240), &modules, (120, 150), 3);
    // The quiet zone is part of the symbol as it is written.
    let quiet =
        modules.iter().position(|row| row.contains(&true)).expect("a dark row") as f32 * 3.0;
    let (left, top) = (120.0 + quiet, 150.0 + quiet);
    let (right, bottom) = (120.0 + wide as f32 - quiet, 150.0 + high as f32 - quiet);
    let mut corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
    for turns in 0..4 {
        let found = back(&image);
        assert_eq!(found.len(), 1, "{turns}");
        assert_eq!(found[0].format, BarcodeFormat::Pdf417);
        assert_eq!(found[0].text, LICENCE, "{turns}");
        for (seen, expected) in found[0].corners.into_iter().zip(corners) {
            assert!(near(seen, expected, 16.0), "{turns}: {:?} {corners:?}", found[0].corners);
        }
        corners = corners.map(|(x, y)| (image.height as f32 - y, x));
        image = turned(&image);
    }
}

#[test]
fn a_qr_code_is_read_with_its_corners() {
    let text = "https://example.org/verify?d=8f3a20";
    let modules = modules(Format::QR_CODE, text);
    let image = card((900, 560), &modules, (600, 200), 5);
    let found = read_barcodes(&image, None, DocumentSide::Front);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].format, found[0].text.as_str()), (BarcodeFormat::QrCode, text));
    let quiet = modules.iter().position(|row| row.contains(&true)).expect("a dark row") as f32;
    let side = modules.len() as f32;
    let corner = |u: f32, v: f32| (600.0 + 5.0 * u, 200.0 + 5.0 * v);
    let (near_end, far_end) = (quiet, side - quiet);
    let expected = [
        corner(near_end, near_end),
        corner(far_end, near_end),
        corner(far_end, far_end),
        corner(near_end, far_end),
    ];
    for (seen, expected) in found[0].corners.into_iter().zip(expected) {
        assert!(near(seen, expected, 6.0), "{:?}", found[0].corners);
    }
}

#[test]
fn corners_are_those_of_the_image_where_the_document_is_a_part_of_it() {
    let modules = modules(Format::QR_CODE, "A0123456789");
    let image = card((1200, 900), &modules, (700, 520), 6);
    let document =
        Quad { corners: [(500.0, 380.0), (1150.0, 400.0), (1140.0, 860.0), (490.0, 840.0)] };
    let found = read_barcodes(&image, Some(&document), DocumentSide::Back);
    assert_eq!(found.len(), 1);
    let quiet = modules.iter().position(|row| row.contains(&true)).expect("a dark row") as f32;
    let corner = (700.0 + 6.0 * quiet, 520.0 + 6.0 * quiet);
    assert!(near(found[0].corners[0], corner, 8.0), "{:?}", found[0].corners);
}

#[test]
fn an_outline_that_misses_the_barcode_does_not_hide_it() {
    let modules = modules(Format::QR_CODE, "A0123456789");
    let image = card((1200, 900), &modules, (100, 100), 6);
    let document =
        Quad { corners: [(700.0, 500.0), (1150.0, 500.0), (1150.0, 850.0), (700.0, 850.0)] };
    assert_eq!(read_barcodes(&image, Some(&document), DocumentSide::Back).len(), 1);
}

#[test]
fn noise_and_finder_patterns_without_end_are_read_as_nothing_without_hanging() {
    let mut random = Seeded::new(5);
    let (width, height) = (2000_u32, 1400_u32);
    let rgb =
        (0..width * height * 3).map(|_| if random.below(2) == 0 { 20 } else { 230 }).collect();
    assert_eq!(back(&Image { width, height, rgb }), []);
    // Finder patterns all over, each with room around it.
    let finder = |x: u32, y: u32| {
        let (x, y) = (x / 3 % 9, y / 3 % 9);
        let ring = x.abs_diff(3).max(y.abs_diff(3));
        x < 7 && y < 7 && ring != 2
    };
    let rgb = (0..width * height)
        .flat_map(|at| [if finder(at % width, at / width) { 20 } else { 230 }; 3])
        .collect();
    assert_eq!(back(&Image { width, height, rgb }), []);
    // Start patterns of PDF417 in every row.
    let start_pattern = |x: u32| b"11111111010101000"[(x / 2 % 17) as usize] == b'1';
    let rgb = (0..width * height)
        .flat_map(|at| [if start_pattern(at % width) { 20 } else { 230 }; 3])
        .collect();
    assert_eq!(back(&Image { width, height, rgb }), []);
}

#[test]
fn images_of_one_pixel_are_read_as_nothing() {
    for (width, height) in [(1, 1), (1, 300), (300, 1)] {
        let rgb = vec![128; (width * height * 3) as usize];
        assert_eq!(back(&Image { width, height, rgb }), []);
    }
}
