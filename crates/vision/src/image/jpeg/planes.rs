//! The planes of a JPEG: what is known of each component while its scans come.

use super::colour::Colour;
use super::frame::{Component, Frame};
use super::idct;
use super::reduction::Reduction;
use super::scan::Scan;
use crate::image::ImageError;

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
    pub progressive: bool,
    pub reduction: Reduction,
    pub colour: Colour,
    pub planes: Vec<Plane>,
}

impl Planes {
    pub fn of(frame: &Frame, reduction: Reduction, colour: Colour) -> Planes {
        let block_px = reduction.block_px();
        let plane = |component: &Component| {
            let (across, down) = frame.padded_blocks(component);
            // What is sampled less is reduced less, as long as that is even.
            let mut side = block_px;
            while side < 8
                && (frame.h_max * block_px).is_multiple_of(component.h * side * 2)
                && (frame.v_max * block_px).is_multiple_of(component.v * side * 2)
            {
                side *= 2;
            }
            Plane {
                blocks_across: across,
                blocks_down: down,
                block_px: side,
                quantisation: None,
                samples: match frame.progressive {
                    true => Vec::new(),
                    false => vec![0; across * down * side * side],
                },
                coefficients: match frame.progressive {
                    true => vec![0; across * down * 64],
                    false => Vec::new(),
                },
                bits_missing: [NOT_SENT; 64],
            }
        };
        Planes {
            progressive: frame.progressive,
            reduction,
            colour,
            planes: frame.components.iter().map(plane).collect(),
        }
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
}
