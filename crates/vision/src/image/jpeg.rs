//! A JPEG decoder whose pixels are those of libjpeg, or an error: it never guesses.
//!
//! ITU-T T.81, sequential and progressive with Huffman codes, 8 bits a sample. Where that leaves room
//! (the inverse DCT, upsampling, colour), it computes what libjpeg does by default, bit by bit,
//! because that is what people see. Where libjpeg warns and fills a gap, it returns an error.

mod bits;
mod colour;
mod frame;
mod huffman;
mod idct;
mod progressive;
mod scan;
mod segments;
mod sequential;
mod upsample;

use super::ImageError;
use frame::{Colour, Frame, Planes};
use huffman::HuffmanCode;
use scan::Scan;
use segments::Segments;

const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;

/// By how much each side is divided while decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reduction {
    Full,
    Half,
    Quarter,
}

impl Reduction {
    /// Side of what an 8 x 8 block becomes.
    fn block_px(self) -> usize {
        match self {
            Reduction::Full => 8,
            Reduction::Half => 4,
            Reduction::Quarter => 2,
        }
    }

    pub(super) fn divisor(self) -> u32 {
        8 / self.block_px() as u32
    }
}

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

pub(super) struct Pixels {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
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
                let planes = image.get_or_insert_with(|| frame.planes(reduction, colour));
                let scan = Scan::read(segment.payload, frame)?;
                planes.latch_tables(&scan, &decoder.quantisation)?;
                let end = decoder.decode_scan(&scan, planes, segments.rest())?;
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
    planes.into_pixels(frame)
}

/// The tables in force.
#[derive(Default)]
struct Decoder {
    frame: Option<Frame>,
    quantisation: [Option<[u16; 64]>; 4],
    dc: [Option<HuffmanCode>; 4],
    ac: [Option<HuffmanCode>; 4],
    /// MCUs between restart markers; 0: there are none.
    restart_interval: usize,
    jfif: bool,
    adobe_transform: Option<u8>,
}

impl Decoder {
    fn read_segment(&mut self, segment: &segments::Segment) -> Result<(), ImageError> {
        let payload = segment.payload;
        match segment.marker {
            0xC4 => self.read_huffman_tables(payload)?,
            0xDB => self.read_quantisation(payload)?,
            0xDD => {
                let interval = payload.try_into().map_err(|_| ImageError::Corrupt)?;
                self.restart_interval = usize::from(u16::from_be_bytes(interval));
            }
            0xE0 => self.jfif |= payload.len() >= 14 && payload.starts_with(b"JFIF\0"),
            0xEE if payload.len() >= 12 && payload.starts_with(b"Adobe") => {
                self.adobe_transform = Some(payload[11]);
            }
            // Applications' data, comments, and what means nothing between scans.
            0x01 | 0xD0..=0xD7 | 0xDC | 0xE0..=0xEF | 0xFE => {}
            _ => match Frame::of_segment(segment)? {
                Some(frame) if self.frame.is_none() => self.frame = Some(frame),
                _ => return Err(ImageError::Corrupt),
            },
        }
        Ok(())
    }

    fn read_huffman_tables(&mut self, mut payload: &[u8]) -> Result<(), ImageError> {
        while let [class_and_slot, rest @ ..] = payload {
            let (counts, rest) = rest.split_at_checked(16).ok_or(ImageError::Corrupt)?;
            let symbols: usize = counts.iter().map(|count| usize::from(*count)).sum();
            if symbols > 256 {
                return Err(ImageError::Corrupt);
            }
            let (symbols, rest) = rest.split_at_checked(symbols).ok_or(ImageError::Corrupt)?;
            let tables = match class_and_slot >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(ImageError::Corrupt),
            };
            let slot =
                tables.get_mut(usize::from(class_and_slot & 15)).ok_or(ImageError::Corrupt)?;
            *slot = Some(HuffmanCode { counts: counts.to_vec(), symbols: symbols.to_vec() });
            payload = rest;
        }
        Ok(())
    }

    fn read_quantisation(&mut self, mut payload: &[u8]) -> Result<(), ImageError> {
        while let [precision_and_slot, rest @ ..] = payload {
            let bytes_each = 1 + usize::from(precision_and_slot >> 4);
            if bytes_each > 2 {
                return Err(ImageError::Corrupt);
            }
            let (values, rest) =
                rest.split_at_checked(64 * bytes_each).ok_or(ImageError::Corrupt)?;
            let slot = usize::from(precision_and_slot & 15);
            let slot = self.quantisation.get_mut(slot).ok_or(ImageError::Corrupt)?;
            let mut table = [0; 64];
            for (value, at) in values.chunks(bytes_each).zip(idct::NATURAL_ORDER) {
                table[at] = value.iter().fold(0, |all, byte| all << 8 | u16::from(*byte));
            }
            *slot = Some(table);
            payload = rest;
        }
        Ok(())
    }

    /// libjpeg's rule.
    fn colour(&self) -> Colour {
        let components = self.frame.as_ref().map_or(&[][..], |frame| &frame.components);
        let names: Vec<u8> = components.iter().map(|component| component.name).collect();
        match (&names[..], self.jfif, self.adobe_transform) {
            ([_], ..) => Colour::Grey,
            ([_, _, _, _], _, None | Some(0)) => Colour::Cmyk,
            ([_, _, _, _], ..) => Colour::Ycck,
            (_, true, _) => Colour::YCbCr,
            (_, false, Some(0)) => Colour::Rgb,
            ([82, 71, 66], false, None) => Colour::Rgb,
            _ => Colour::YCbCr,
        }
    }

    fn decode_scan(
        &self,
        scan: &Scan,
        planes: &mut Planes,
        data: &[u8],
    ) -> Result<usize, ImageError> {
        if planes.is_progressive() {
            progressive::decode(self, scan, planes, data)
        } else {
            sequential::decode(self, scan, planes, data)
        }
    }
}
