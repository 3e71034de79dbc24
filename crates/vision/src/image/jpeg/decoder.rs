//! What the segments before a scan have said: the frame, the tables, how colours are stored.

use super::colour::Colour;
use super::frame::Frame;
use super::huffman::HuffmanCode;
use super::idct::NATURAL_ORDER;
use super::segments::Segment;
use crate::image::ImageError;

/// The frame and the tables in force.
#[derive(Default)]
pub(super) struct Decoder {
    pub frame: Option<Frame>,
    pub quantisation: [Option<[u16; 64]>; 4],
    pub dc: [Option<HuffmanCode>; 4],
    pub ac: [Option<HuffmanCode>; 4],
    /// MCUs between restart markers; 0: there are none.
    pub restart_interval: usize,
    jfif: bool,
    adobe_transform: Option<u8>,
}

impl Decoder {
    pub fn read_segment(&mut self, segment: &Segment) -> Result<(), ImageError> {
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
            for (value, at) in values.chunks(bytes_each).zip(NATURAL_ORDER) {
                table[at] = value.iter().fold(0, |all, byte| all << 8 | u16::from(*byte));
            }
            *slot = Some(table);
            payload = rest;
        }
        Ok(())
    }

    /// libjpeg's rule.
    pub fn colour(&self) -> Colour {
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
}
