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
    /// APP14 `Adobe`.
    pub adobe_marker: bool,
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
    let Some(mut rest) = body.strip_prefix(b"Photoshop 3.0\0") else { return false };
    // Walked, not searched: a caption may hold the four letters.
    while let Some((id, after)) = photoshop_resource(rest) {
        if !matches!(id, 0x0404 | 0x0425) {
            return true;
        }
        rest = after;
    }
    false
}

/// `8BIM`, an id, a name, a length and as many bytes; name and bytes fill even lengths. What goes
/// on in another segment ends here.
fn photoshop_resource(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let rest = bytes.strip_prefix(b"8BIM")?;
    let id = u16::from_be_bytes([*rest.first()?, *rest.get(1)?]);
    let named = 1 + usize::from(*rest.get(2)?);
    let at = 2 + named.next_multiple_of(2);
    let length = rest.get(at..at + 4)?;
    let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
    let after = at.checked_add(4)?.checked_add(length.checked_next_multiple_of(2)?)?;
    Some((id, rest.get(after..).unwrap_or_default()))
}

/// The textual chunks of a PNG, keyword and text, and its EXIF. Compressed texts are left out:
/// nobody signs in one.
#[derive(Debug, Default)]
pub(super) struct PngChunks<'a> {
    pub texts: Vec<(String, &'a [u8])>,
    pub exif: Option<&'a [u8]>,
}

const TEXT_BYTES_MAX: usize = 4096;

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
            b"tEXt" => found.texts.extend(keyword_and_rest(body)),
            b"iTXt" => found.texts.extend(international_text(body)),
            b"eXIf" => found.exif = Some(body),
            b"IEND" => break,
            _ => {}
        }
        at += 12 + length;
    }
    found
}

fn keyword_and_rest(body: &[u8]) -> Option<(String, &[u8])> {
    let split = body.iter().position(|&b| b == 0)?;
    Some((readable(&body[..split]), &body[split + 1..]))
}

/// Keyword, compression flag and method, language, translated keyword, text.
fn international_text(body: &[u8]) -> Option<(String, &[u8])> {
    let (keyword, rest) = keyword_and_rest(body)?;
    let [0, _, rest @ ..] = rest else { return None };
    let (_, rest) = keyword_and_rest(rest)?;
    let (_, text) = keyword_and_rest(rest)?;
    Some((keyword, text))
}

/// The body of the first chunk of a WebP that has this name.
pub(super) fn webp_chunk<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let mut at = 12usize;
    while let Some(head) = bytes.get(at..at.checked_add(8)?) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if &head[..4] == name {
            return Some(bytes.get(at + 8..at + 8 + length).unwrap_or_default());
        }
        // Chunks are padded to an even length.
        at = at.checked_add(8)?.checked_add(length.checked_next_multiple_of(2)?)?;
    }
    None
}

/// The file says that it holds a C2PA manifest: in APP11 of a JPEG, chunks `caBX` of a PNG and
/// `C2PA` of a WebP.
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
        ImageFormat::WebP => webp_chunk(bytes, b"C2PA").is_some(),
    }
}

/// Text of a foreign file, shortened and without control characters.
pub(super) fn readable(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(TEXT_BYTES_MAX)];
    String::from_utf8_lossy(cut)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}
