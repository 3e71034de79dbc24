//! The frame of a JPEG: its size and its components.

use super::segments::Segment;
use crate::image::ImageError;

pub(super) struct Component {
    pub name: u8,
    /// Sampling factors.
    pub h: usize,
    pub v: usize,
    pub quantisation: usize,
}

pub(super) struct Frame {
    pub width: usize,
    pub height: usize,
    pub progressive: bool,
    pub components: Vec<Component>,
    /// The largest sampling factors.
    pub h_max: usize,
    pub v_max: usize,
}

impl Frame {
    /// `None` for a segment that is no frame header.
    pub fn of_segment(segment: &Segment) -> Result<Option<Frame>, ImageError> {
        let unsupported = |encoding| Err(ImageError::Unsupported { encoding });
        match segment.marker {
            0xC0..=0xC2 => Frame::read(segment.marker, segment.payload).map(Some),
            0xC3 => unsupported("a lossless JPEG"),
            0xC5..=0xC7 => unsupported("a hierarchical JPEG"),
            0xC9..=0xCF => unsupported("an arithmetic-coded JPEG"),
            0xF7 => unsupported("a JPEG-LS image"),
            0xDE | 0xDF => unsupported("a hierarchical JPEG"),
            _ => Ok(None),
        }
    }

    fn read(marker: u8, payload: &[u8]) -> Result<Frame, ImageError> {
        let unsupported = |encoding| Err(ImageError::Unsupported { encoding });
        let [precision, y1, y0, x1, x0, count, components @ ..] = payload else {
            return Err(ImageError::Corrupt);
        };
        if *precision != 8 {
            return unsupported("a JPEG of more than 8 bits a sample");
        }
        if components.len() != usize::from(*count) * 3 {
            return Err(ImageError::Corrupt);
        }
        match count {
            1 | 3 | 4 => {}
            _ => return unsupported("a JPEG of two colours, or of more than four"),
        }
        let width = usize::from(u16::from_be_bytes([*x1, *x0]));
        let height = usize::from(u16::from_be_bytes([*y1, *y0]));
        if width == 0 || height == 0 {
            return unsupported("a JPEG that does not begin with its size");
        }
        let components: Vec<Component> = components
            .chunks_exact(3)
            .map(|entry| Component {
                name: entry[0],
                h: usize::from(entry[1] >> 4),
                v: usize::from(entry[1] & 15),
                quantisation: usize::from(entry[2]),
            })
            .collect();
        let wrong = |c: &Component| {
            !(1..=4).contains(&c.h) || !(1..=4).contains(&c.v) || c.quantisation > 3
        };
        if components.iter().any(wrong) {
            return Err(ImageError::Corrupt);
        }
        let h_max = components.iter().map(|c| c.h).max().unwrap_or(1);
        let v_max = components.iter().map(|c| c.v).max().unwrap_or(1);
        if components.iter().any(|c| h_max % c.h != 0 || v_max % c.v != 0) {
            // A fraction of a sample for a pixel: libjpeg does not show it either.
            return Err(ImageError::Corrupt);
        }
        for (at, component) in components.iter().enumerate() {
            if components[..at].iter().any(|before| before.name == component.name) {
                return Err(ImageError::Corrupt);
            }
        }
        Ok(Frame { width, height, progressive: marker == 0xC2, components, h_max, v_max })
    }

    pub fn mcus(&self) -> (usize, usize) {
        (self.width.div_ceil(8 * self.h_max), self.height.div_ceil(8 * self.v_max))
    }

    /// Blocks of a component that hold samples of the image.
    pub fn blocks(&self, component: &Component) -> (usize, usize) {
        (
            (self.width * component.h).div_ceil(8 * self.h_max),
            (self.height * component.v).div_ceil(8 * self.v_max),
        )
    }

    /// Blocks of a component with those that fill up MCUs.
    pub fn padded_blocks(&self, component: &Component) -> (usize, usize) {
        let (across, down) = self.mcus();
        (across * component.h, down * component.v)
    }

    pub fn coefficient_bytes(&self) -> u64 {
        let blocks = |component| {
            let (across, down) = self.padded_blocks(component);
            across as u64 * down as u64
        };
        match self.progressive {
            true => self.components.iter().map(|component| blocks(component) * 128).sum(),
            false => 0,
        }
    }
}
