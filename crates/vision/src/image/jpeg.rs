//! A JPEG decoder whose pixels are those of libjpeg, or an error: it never guesses.
//!
//! ITU-T T.81, sequential and progressive with Huffman codes, 8 bits a sample. Where that leaves room
//! (the inverse DCT, upsampling, colour), it computes what libjpeg does by default, bit by bit,
//! because that is what people see. Where libjpeg warns and fills a gap, it returns an error.

mod bits;
mod colour;
mod decoder;
mod frame;
mod huffman;
mod idct;
mod pixels;
mod planes;
mod progressive;
mod reduction;
mod scan;
mod segments;
mod sequential;
mod upsample;

use super::error::ImageError;
use decoder::Decoder;
use frame::Frame;
use planes::Planes;
use scan::Scan;
use segments::Segments;

pub(super) use pixels::Pixels;
pub(super) use reduction::Reduction;

const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;

/// What the headers say, read without decoding.
pub(super) struct Header {
    pub width: u32,
    pub height: u32,
    pub scans: usize,
    /// Whether the end of the image is marked. Where it is not, only decoding tells whether it is whole.
    pub end_is_marked: bool,
    /// What decoding keeps beside the planes: all coefficients of a progressive file.
    pub coefficient_bytes: u64,
    pub exif: Option<Vec<u8>>,
    pub colour_profile: Option<Vec<u8>>,
}

/// Reads every marker up to the end of the image or of the bytes. Encodings that are not decoded are
/// rejected here, by name.
pub(super) fn read_header(bytes: &[u8]) -> Result<Header, ImageError> {
    let mut segments = Segments::new(bytes);
    let (mut frame, mut scans, mut exif) = (None, 0, None);
    let mut profile = Vec::new();
    let mut end_is_marked = false;
    loop {
        let segment = match segments.next() {
            Ok(Some(segment)) => segment,
            // Whether all pixels came before the bytes end, decoding tells.
            Ok(None) | Err(_) if scans > 0 => break,
            Ok(None) => return Err(ImageError::Truncated),
            Err(error) => return Err(error),
        };
        match segment.marker {
            END_OF_IMAGE => {
                end_is_marked = true;
                break;
            }
            START_OF_SCAN => scans += 1,
            _ if scans > 0 => {}
            0xE1 if exif.is_none() => {
                exif = segment.payload.strip_prefix(b"Exif\0\0").map(<[u8]>::to_vec);
            }
            0xE2 => profile.extend(segment.payload.strip_prefix(b"ICC_PROFILE\0")),
            _ => {
                if let Some(read) = Frame::of_segment(&segment)?
                    && frame.replace(read).is_some()
                {
                    return Err(ImageError::Corrupt);
                }
            }
        }
    }
    let frame = frame.filter(|_| scans > 0).ok_or(ImageError::Corrupt)?;
    Ok(Header {
        width: frame.width as u32,
        height: frame.height as u32,
        scans,
        end_is_marked,
        coefficient_bytes: frame.coefficient_bytes(),
        exif,
        colour_profile: joined_profile(profile),
    })
}

/// Profiles over 64 KiB come in numbered parts.
fn joined_profile(mut parts: Vec<&[u8]>) -> Option<Vec<u8>> {
    parts.retain(|part| part.len() > 2);
    parts.sort_by_key(|part| part[0]);
    (!parts.is_empty()).then(|| parts.iter().flat_map(|part| &part[2..]).copied().collect())
}

/// All pixels. The caller has checked the dimensions of [`read_header`].
pub(super) fn decode(bytes: &[u8], reduction: Reduction) -> Result<Pixels, ImageError> {
    let mut decoder = Decoder::default();
    let mut segments = Segments::new(bytes);
    let mut image: Option<Planes> = None;
    loop {
        let whole = image.as_ref().is_some_and(Planes::is_whole);
        let segment = match segments.next() {
            Ok(Some(segment)) => segment,
            Ok(None) => break,
            // What follows the last pixel is nothing to anybody.
            Err(_) if whole => break,
            Err(error) => return Err(error),
        };
        match segment.marker {
            END_OF_IMAGE => break,
            START_OF_SCAN => {
                let frame = decoder.frame.as_ref().ok_or(ImageError::Corrupt)?;
                // libjpeg decides on the colours with what it has read when the first scan begins.
                let colour = decoder.colour();
                let planes = image.get_or_insert_with(|| Planes::of(frame, reduction, colour));
                let scan = Scan::read(segment.payload, frame)?;
                planes.latch_tables(&scan, &decoder.quantisation)?;
                let end = decode_scan(&decoder, &scan, planes, segments.rest())?;
                // libjpeg reads no further than one scan that has everything.
                if !frame.progressive && scan.components.len() == frame.components.len() {
                    break;
                }
                segments.skip(end);
            }
            _ => match decoder.read_segment(&segment) {
                Err(_) if whole => break,
                read => read?,
            },
        }
    }
    let frame = decoder.frame.as_ref().ok_or(ImageError::Truncated)?;
    let planes = image.ok_or(ImageError::Truncated)?;
    pixels::pixels_of(planes, frame)
}

fn decode_scan(
    decoder: &Decoder,
    scan: &Scan,
    planes: &mut Planes,
    data: &[u8],
) -> Result<usize, ImageError> {
    if planes.progressive {
        progressive::decode(decoder, scan, planes, data)
    } else {
        sequential::decode(decoder, scan, planes, data)
    }
}
