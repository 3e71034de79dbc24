//! The frame of a JPEG: its size, its components and their planes.

use super::scan::Scan;
use super::segments::Segment;
use super::{Pixels, Reduction, colour, idct, progressive, upsample};
use crate::image::ImageError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    YCbCr,
    Rgb,
    /// Inks, stored inverted: so do all who write them, and viewers know.
    Cmyk,
    /// The same, with the first three as YCbCr.
    Ycck,
}

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
    fn padded_blocks(&self, component: &Component) -> (usize, usize) {
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

    pub fn planes(&self, reduction: Reduction, colour: Colour) -> Planes {
        let block_px = reduction.block_px();
        let plane = |component: &Component| {
            let (across, down) = self.padded_blocks(component);
            // What is sampled less is reduced less, as long as that is even.
            let mut side = block_px;
            while side < 8
                && (self.h_max * block_px).is_multiple_of(component.h * side * 2)
                && (self.v_max * block_px).is_multiple_of(component.v * side * 2)
            {
                side *= 2;
            }
            Plane {
                blocks_across: across,
                blocks_down: down,
                block_px: side,
                quantisation: None,
                samples: match self.progressive {
                    true => Vec::new(),
                    false => vec![0; across * down * side * side],
                },
                coefficients: match self.progressive {
                    true => vec![0; across * down * 64],
                    false => Vec::new(),
                },
                bits_missing: [NOT_SENT; 64],
            }
        };
        Planes {
            progressive: self.progressive,
            reduction,
            colour,
            planes: self.components.iter().map(plane).collect(),
        }
    }
}

pub(super) const NOT_SENT: u8 = u8::MAX;

/// What is known of a component.
pub(super) struct Plane {
    pub blocks_across: usize,
    pub blocks_down: usize,
    /// Side of a decoded block.
    pub block_px: usize,
    pub quantisation: Option<[u16; 64]>,
    /// Rows of `blocks_across * block_px` samples.
    pub samples: Vec<u8>,
    /// Of a progressive JPEG: blocks from the left and the top, in natural order.
    pub coefficients: Vec<i16>,
    /// For each coefficient in zigzag order: how many of its lowest bits are still to come. A
    /// sequential scan sends all at once.
    pub bits_missing: [u8; 64],
}

impl Plane {
    pub fn stride(&self) -> usize {
        self.blocks_across * self.block_px
    }

    /// Transforms a block of dequantised coefficients into samples.
    #[inline]
    pub fn put_block(
        &mut self,
        (across, down): (usize, usize),
        block: &[i16; 64],
        last: usize,
    ) -> Result<(), ImageError> {
        let (stride, side) = (self.stride(), self.block_px);
        let at = down * side * stride + across * side;
        idct::transform(block, last, side, &mut self.samples[at..], stride)
    }
}

pub(super) struct Planes {
    progressive: bool,
    reduction: Reduction,
    colour: Colour,
    pub planes: Vec<Plane>,
}

impl Planes {
    pub fn is_progressive(&self) -> bool {
        self.progressive
    }

    /// Every bit of every coefficient came.
    pub fn is_whole(&self) -> bool {
        self.planes.iter().all(|plane| plane.bits_missing == [0; 64])
    }

    /// A component keeps the table that was in force when its first scan began.
    pub fn latch_tables(
        &mut self,
        scan: &Scan,
        tables: &[Option<[u16; 64]>; 4],
    ) -> Result<(), ImageError> {
        for component in &scan.components {
            let plane = &mut self.planes[component.index];
            if plane.quantisation.is_none() {
                plane.quantisation = tables[component.quantisation];
            }
            if plane.quantisation.is_none() {
                return Err(ImageError::Corrupt);
            }
        }
        Ok(())
    }

    pub fn into_pixels(mut self, frame: &Frame) -> Result<Pixels, ImageError> {
        if !self.is_whole() {
            return Err(ImageError::Truncated);
        }
        if self.progressive {
            for (plane, component) in self.planes.iter_mut().zip(&frame.components) {
                progressive::transform(plane, frame.blocks(component))?;
            }
        }
        let block_px = self.reduction.block_px();
        let reduced = |side: usize| (side * block_px).div_ceil(8);
        let (width, height) = (reduced(frame.width), reduced(frame.height));
        let upsampled: Vec<upsample::Upsampler> = self
            .planes
            .iter()
            .zip(&frame.components)
            .map(|(plane, c)| upsample::Upsampler::new(plane, c, frame, block_px))
            .collect();
        let mut rgb = vec![0; width * height * 3];
        let mut rows = vec![vec![0; width + upsample::SPARE]; upsampled.len()];
        for (y, out) in rgb.chunks_exact_mut(width * 3).enumerate() {
            for (upsampler, row) in upsampled.iter().zip(&mut rows) {
                upsampler.row(y, row);
            }
            match (self.colour, &rows[..]) {
                (Colour::YCbCr, [y, cb, cr]) => colour::from_ycbcr(y, cb, cr, out),
                (Colour::Ycck, [y, cb, cr, k]) => {
                    colour::from_ycbcr(y, cb, cr, out);
                    out.iter_mut().for_each(|sample| *sample = 255 - *sample);
                    colour::with_black(k, out);
                }
                (Colour::Cmyk, [c, m, y, k]) => {
                    colour::interleave(c, m, y, out);
                    colour::with_black(k, out);
                }
                (_, [r, g, b]) => colour::interleave(r, g, b, out),
                (_, rows) => colour::interleave(&rows[0], &rows[0], &rows[0], out),
            }
        }
        Ok(Pixels { width: width as u32, height: height as u32, rgb })
    }
}
