//! Which format the bytes are of, also where it is not read: people do not know what they sent.

/// The encodings that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    Jpeg,
    Png,
    WebP,
}

impl ImageFormat {
    /// Tells the encoding from the first bytes; what a name or a header claims is not asked.
    pub fn of(bytes: &[u8]) -> Option<ImageFormat> {
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Some(ImageFormat::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(ImageFormat::Png);
        }
        if bytes.len() >= 12 && bytes.starts_with(b"RIFF") && &bytes[8..12] == b"WEBP" {
            return Some(ImageFormat::WebP);
        }
        None
    }

    pub fn media_type(self) -> &'static str {
        match self {
            ImageFormat::Jpeg => "image/jpeg",
            ImageFormat::Png => "image/png",
            ImageFormat::WebP => "image/webp",
        }
    }
}

/// Beginnings of files that are not read.
const OTHERS: &[(&[u8], &str)] = &[
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF or raw camera image"),
    (b"MM\0*", "a TIFF or raw camera image"),
    (b"II+\0", "a TIFF or raw camera image"),
    (b"MM\0+", "a TIFF or raw camera image"),
    (b"II\xBC\x01", "a JPEG XR image"),
    (b"IIU\0", "a raw camera image"),
    (b"FUJIFILMCCD-RAW", "a raw camera image"),
    (b"%PDF", "a PDF document"),
    (b"\xFF\x0A", "a JPEG XL image"),
    (b"\0\0\0\x0CJXL ", "a JPEG XL image"),
    (b"\0\0\0\x0CjP  ", "a JPEG 2000 image"),
    (b"\xFF\x4F\xFF\x51", "a JPEG 2000 image"),
    (b"8BPS", "a Photoshop document"),
    (b"\0\0\x01\0", "a Windows icon"),
    (b"\x8AMNG", "an MNG animation"),
    (b"\x8BJNG", "a JNG image"),
    (b"qoif", "a QOI image"),
    (b"FLIF", "a FLIF image"),
    (b"BPG\xFB", "a BPG image"),
    (b"\x76\x2F\x31\x01", "an OpenEXR image"),
    (b"#?RADIANCE", "a Radiance image"),
    (b"#?RGBE", "a Radiance image"),
    (b"DDS ", "a DirectDraw image"),
    (b"P1\n", "a Netpbm image"),
    (b"P2\n", "a Netpbm image"),
    (b"P3\n", "a Netpbm image"),
    (b"P4\n", "a Netpbm image"),
    (b"P5\n", "a Netpbm image"),
    (b"P6\n", "a Netpbm image"),
    (b"P7\n", "a Netpbm image"),
    (b"\x1A\x45\xDF\xA3", "a video"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1F\x8B", "compressed with gzip"),
    (b"<svg", "an SVG drawing"),
    (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an SVG drawing or another XML document"),
    (b"data:image/", "a data URI, encoded in base64 once more"),
    (b"/9j/", "a JPEG, but encoded in base64 twice"),
    (b"iVBORw0KGgo", "a PNG, but encoded in base64 twice"),
    (b"UklGR", "a WebP, but encoded in base64 twice"),
];

/// What the bytes are, where that is known: "a HEIC image".
pub(super) fn other_format(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.trim_ascii_start();
    let known = OTHERS.iter().find(|(start, _)| match start.first() {
        Some(b'<') => text.starts_with(start),
        _ => bytes.starts_with(start),
    });
    if let Some((_, name)) = known {
        return Some(name);
    }
    match bytes.get(4..8) {
        Some(b"ftyp") => return Some(of_brands(bytes)),
        Some(b"moov" | b"mdat" | b"wide") => return Some("a video"),
        _ => {}
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"AVI ") {
        return Some("a video");
    }
    if bytes.get(128..132) == Some(b"DICM") {
        return Some("a DICOM image");
    }
    // Two letters alone are too few: the reserved bytes of a bitmap are zero.
    if bytes.starts_with(b"BM") && bytes.get(6..10) == Some(&[0; 4]) {
        return Some("a BMP image");
    }
    None
}

/// ISO 14496-12: the brand of a file, and those that it is compatible with.
fn of_brands(bytes: &[u8]) -> &'static str {
    let length = bytes.first_chunk().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    let brands = &bytes[8..length.clamp(12, 256).min(bytes.len()).max(8)];
    for brand in brands.chunks_exact(4) {
        match brand {
            b"avif" | b"avis" => return "an AVIF image",
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => return "a HEIC image",
            b"jxl " => return "a JPEG XL image",
            b"jp2 " | b"jpx " | b"jph " => return "a JPEG 2000 image",
            b"crx " => return "a raw camera image",
            _ => {}
        }
    }
    match brands.get(..4) {
        Some(b"mif1" | b"msf1" | b"mif2") => "a HEIF image",
        _ => "a video",
    }
}
