//! The marker segments of a JPEG and the chunks of a PNG, walked without decoding. Anything that
//! does not fit ends the walk: what was read until there counts.

/// What the walk found in a JPEG.
#[derive(Debug, Default)]
pub(super) struct JpegSegments<'a> {
    /// By table number, values row by row.
    pub tables: [Option<[u16; 64]>; 4],
    /// Number of table that the first (luma) and second (chroma) component use.
    pub luma_table: usize,
    pub chroma_table: Option<usize>,
    pub size: Option<(u32, u32)>,
    /// The TIFF block of APP1 `Exif`.
    pub exif: Option<&'a [u8]>,
    /// The packet of APP1 XMP.
    pub xmp: Option<&'a [u8]>,
    /// APP13 holds Photoshop resources, and not only the captions that messengers put there.
    pub photoshop_resources: bool,
    pub adobe_marker: bool,
    pub comments: Vec<&'a [u8]>,
}

const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

pub(super) fn jpeg_segments(bytes: &[u8]) -> JpegSegments<'_> {
    let mut found = JpegSegments::default();
    let mut at = 2;
    while let Some((marker, body, next)) = segment(bytes, at) {
        match marker {
            0xDB => read_tables(body, &mut found),
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => read_frame(body, &mut found),
            0xE1 => {
                if let Some(tiff) = body.strip_prefix(b"Exif\0\0") {
                    found.exif.get_or_insert(tiff);
                } else if let Some(xmp) = body.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0") {
                    found.xmp.get_or_insert(xmp);
                }
            }
            0xED => found.photoshop_resources |= holds_photoshop_resources(body),
            0xEE => found.adobe_marker |= body.starts_with(b"Adobe"),
            0xFE => found.comments.push(body),
            0xDA | 0xD9 => break,
            _ => {}
        }
        at = next;
    }
    found
}

/// The marker at `at`, its body, and where the next one starts.
fn segment(bytes: &[u8], mut at: usize) -> Option<(u8, &[u8], usize)> {
    if *bytes.get(at)? != 0xFF {
        return None;
    }
    while *bytes.get(at)? == 0xFF {
        at += 1;
    }
    let marker = *bytes.get(at)?;
    at += 1;
    if matches!(marker, 0x01 | 0xD0..=0xD8) {
        return Some((marker, &[], at));
    }
    if marker == 0xD9 {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let body = bytes.get(at + 2..at + length)?;
    Some((marker, body, at + length))
}

fn read_tables(mut body: &[u8], found: &mut JpegSegments<'_>) {
    while let [head, rest @ ..] = body {
        let wide = head >> 4 != 0;
        let bytes_per_value = 1 + usize::from(wide);
        let Some(values) = rest.get(..64 * bytes_per_value) else { return };
        let mut table = [0u16; 64];
        for (k, &place) in ZIGZAG.iter().enumerate() {
            table[place] = if wide {
                u16::from_be_bytes([values[2 * k], values[2 * k + 1]])
            } else {
                u16::from(values[k])
            };
        }
        found.tables[usize::from(head & 3)] = Some(table);
        body = &rest[64 * bytes_per_value..];
    }
}

fn read_frame(body: &[u8], found: &mut JpegSegments<'_>) {
    let [_, h1, h0, w1, w0, components, rest @ ..] = body else { return };
    let side = |high: &u8, low: &u8| u32::from(u16::from_be_bytes([*high, *low]));
    found.size = Some((side(w1, w0), side(h1, h0)));
    let table_of = |index: usize| rest.get(index * 3 + 2).map(|&t| usize::from(t & 3));
    found.luma_table = table_of(0).unwrap_or(0);
    found.chroma_table = if *components >= 3 { table_of(1) } else { None };
}

/// IPTC captions (0x0404) and their digest (0x0425) alone do not count.
fn holds_photoshop_resources(body: &[u8]) -> bool {
    let Some(resources) = body.strip_prefix(b"Photoshop 3.0\0") else { return false };
    let mut ids = resources
        .windows(6)
        .filter(|w| w.starts_with(b"8BIM"))
        .map(|w| u16::from_be_bytes([w[4], w[5]]))
        .peekable();
    ids.peek().is_none() || ids.any(|id| !matches!(id, 0x0404 | 0x0425))
}

/// The textual chunks of a PNG: keyword and text (compressed ones by keyword only), and its EXIF.
#[derive(Debug, Default)]
pub(super) struct PngChunks<'a> {
    pub texts: Vec<(String, String)>,
    pub exif: Option<&'a [u8]>,
}

const TEXT_CHARS_MAX: usize = 4096;

pub(super) fn png_chunks(bytes: &[u8]) -> PngChunks<'_> {
    let mut found = PngChunks::default();
    let mut at = 8;
    while let Some(head) = bytes.get(at..).and_then(|rest| rest.get(..8)) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(body) =
            at.checked_add(8).and_then(|from| bytes.get(from..from.checked_add(length)?))
        else {
            break;
        };
        match &head[4..8] {
            b"tEXt" | b"zTXt" | b"iTXt" => {
                let split = body.iter().position(|&b| b == 0).unwrap_or(body.len());
                let text = body.get(split + 1..).unwrap_or_default();
                found.texts.push((readable(&body[..split]), readable(text)));
            }
            b"eXIf" => found.exif = Some(body),
            b"IEND" => break,
            _ => {}
        }
        at += 12 + length;
    }
    found
}

/// The file says that it holds a C2PA manifest: in APP11 of a JPEG, chunks `caBX` of a PNG and
/// `C2PA` of a WebP.
#[cfg(feature = "provenance")]
pub(super) fn holds_manifest(bytes: &[u8], format: crate::image::ImageFormat) -> bool {
    use crate::image::ImageFormat;
    match format {
        ImageFormat::Jpeg => {
            let mut at = 2;
            while let Some((marker, body, next)) = segment(bytes, at) {
                match marker {
                    0xEB if body.windows(4).take(64).any(|w| w == b"jumb") => return true,
                    0xDA => return false,
                    _ => at = next,
                }
            }
            false
        }
        ImageFormat::Png => {
            let mut at = 8;
            while let Some(head) = bytes.get(at..at + 8) {
                if &head[4..8] == b"caBX" {
                    return true;
                }
                let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
                let Some(next) = at.checked_add(12).and_then(|at| at.checked_add(length)) else {
                    return false;
                };
                at = next;
            }
            false
        }
        ImageFormat::WebP => {
            let mut at = 12;
            while let Some(head) = bytes.get(at..at + 8) {
                if &head[..4] == b"C2PA" {
                    return true;
                }
                let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
                // Chunks are padded to an even length.
                at += 8 + length + length % 2;
            }
            false
        }
    }
}

/// Text of a foreign file, shortened and without control characters.
pub(super) fn readable(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(TEXT_CHARS_MAX)];
    String::from_utf8_lossy(cut)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}
